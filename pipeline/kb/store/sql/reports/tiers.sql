SELECT
    tier,
    domain,
    count(*) AS records,
    round(count(*) / sum(count(*)) FILTER (GROUPING(domain) = 0) OVER (), 4) AS share,
    mean(declared) AS declared,
    mean(effective) AS effective,
    round(avg(distinct_sources), 2) AS sources,
    stale_share(freshness) AS stale_share
FROM trust($as_of)
WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
GROUP BY GROUPING SETS ((tier), (tier, domain))
ORDER BY sum(count(*)) OVER (PARTITION BY tier) DESC, tier, GROUPING(domain) DESC, records DESC, domain
