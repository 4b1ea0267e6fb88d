-- Which hosts do most records rest on?
-- columns: host, records, citations
SELECT host, count(DISTINCT record_id) AS records, count(*) AS citations
FROM sources
WHERE host IS NOT NULL
GROUP BY host
ORDER BY records DESC, host
LIMIT 10
