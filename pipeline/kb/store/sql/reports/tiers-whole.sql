SELECT
    tier,
    count(*) AS records,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    mean(declared) AS declared,
    mean(effective) AS effective,
    stale_share(freshness) AS stale_share
FROM trust($as_of)
WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
GROUP BY tier
ORDER BY records DESC, tier
