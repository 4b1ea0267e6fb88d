SELECT freshness, count(id) AS records, round(count(id) / nullif(sum(count(id)) OVER (), 0), 4) AS share
FROM (SELECT unnest(['fresh', 'aging', 'stale', 'unknown']) AS freshness, generate_subscripts(['', '', '', ''], 1) AS place)
LEFT JOIN (
    SELECT id, freshness FROM trust($as_of)
    WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
) USING (freshness)
GROUP BY freshness, place ORDER BY place
