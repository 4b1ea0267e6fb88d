SELECT
    count(*) AS records,
    count(*) FILTER (freshness = 'fresh') AS fresh,
    count(*) FILTER (freshness = 'aging') AS aging,
    count(*) FILTER (freshness = 'stale') AS stale,
    count(*) FILTER (freshness = 'unknown') AS unknown,
    mean(declared) AS declared,
    mean(effective) AS effective
FROM trust($as_of)
WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
