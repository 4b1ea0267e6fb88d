SELECT
    tier,
    domain,
    count(*) AS records,
    round(count(*) / sum(count(*)) FILTER (GROUPING(domain) = 0) OVER (), 4) AS share,
    round(avg(declared), 4) AS declared,
    round(avg(effective), 4) AS effective,
    round(avg(distinct_sources), 2) AS sources,
    round(count(*) FILTER (freshness IN ('stale', 'unknown')) / count(*), 4) AS stale_share
FROM trust($as_of)
WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
GROUP BY GROUPING SETS ((tier), (tier, domain))
ORDER BY sum(count(*)) OVER (PARTITION BY tier) DESC, tier, GROUPING(domain) DESC, records DESC, domain
