WITH asked AS (
    SELECT id FROM records WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)
), cited AS (
    SELECT record_id, host, url FROM sources WHERE host IS NOT NULL AND record_id IN (FROM asked)
), citing AS (
    SELECT host, record_id FROM cited GROUP BY host, record_id
), alone AS (
    SELECT host, count(*) AS alone
    FROM (SELECT min(host) AS host FROM citing GROUP BY record_id HAVING count(*) = 1)
    GROUP BY host
)
SELECT
    host, records, round(records / (SELECT count(*) FROM asked), 4) AS share, pages, coalesce(alone, 0) AS alone
FROM (SELECT host, count(*) AS records FROM citing GROUP BY host)
JOIN (SELECT host, count(DISTINCT url) AS pages FROM cited GROUP BY host) USING (host)
LEFT JOIN alone USING (host)
ORDER BY records DESC, host
