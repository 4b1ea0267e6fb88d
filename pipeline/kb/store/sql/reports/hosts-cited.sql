WITH asked AS (
    SELECT id FROM records WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)
)
SELECT host, count(*) AS records, round(count(*) / (SELECT count(*) FROM asked), 4) AS share
FROM (SELECT host, record_id FROM sources WHERE host IS NOT NULL AND record_id IN (FROM asked) GROUP BY host, record_id)
GROUP BY host
ORDER BY records DESC, host
