-- How many records of each domain are stale as of a day?
-- columns: domain, records, stale, oldest
SELECT domain, count(*) AS records, count(*) FILTER (freshness = 'stale') AS stale, max(age) AS oldest
FROM staleness(DATE '2026-11-22')
GROUP BY domain
HAVING stale > 0
ORDER BY stale DESC, domain
