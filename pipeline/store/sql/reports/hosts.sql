WITH asked AS (
    SELECT id FROM records WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)
), cited AS (
    SELECT record_id, host, url FROM sources WHERE host IS NOT NULL AND record_id IN (FROM asked)
), alone AS (
    SELECT any_value(host) AS host FROM cited GROUP BY record_id HAVING count(DISTINCT host) = 1
)
SELECT
    host, count(DISTINCT record_id) AS records, round(count(DISTINCT record_id) / (SELECT count(*) FROM asked), 4) AS share,
    count(DISTINCT url) AS pages,
    coalesce(any_value(n), 0) AS alone
FROM cited LEFT JOIN (SELECT host, count(*) AS n FROM alone GROUP BY host) USING (host)
GROUP BY host
ORDER BY records DESC, host
