WITH worth AS (
    SELECT
        domain,
        count(*) AS records,
        round(count(*) / sum(count(*)) OVER (), 4) AS share,
        mean(declared) AS declared,
        mean(effective) AS effective,
        stale_share(freshness) AS stale_share
    FROM trust($as_of)
    WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
    GROUP BY domain
), flagged AS (
    SELECT domain, count(*) FILTER (published AND NOT repaired) AS flags, count(DISTINCT (path, position)) FILTER (NOT published) AS quarantined
    FROM judgements(of_domain := $domain, of_tier := $tier)
    GROUP BY domain
)
SELECT
    domain, coalesce(records, 0) AS records, coalesce(share, 0) AS share, declared, effective, stale_share,
    coalesce(flags, 0) AS flags, coalesce(quarantined, 0) AS quarantined
FROM worth FULL JOIN flagged USING (domain)
ORDER BY records DESC, domain
