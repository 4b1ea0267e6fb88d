-- How many errors are new since the state that was published before, one by one where the newest run compared them, else
-- how many more there are in the whole base; null where no state before is known.
SELECT
    CASE
        WHEN compared THEN (
            SELECT count(*) FROM moved_findings(of_domain := $domain) m WHERE state = 'new' AND severity = 'error'
                AND EXISTS (FROM findings f WHERE f.fingerprint = m.fingerprint AND f.suppressed IS NULL))
        WHEN $domain IS NULL AND before IS NOT NULL THEN greatest(0, errors - before)
    END AS new_errors,
    CASE WHEN $domain IS NULL THEN before END AS before
FROM quality($as_of)
LEFT JOIN (
    SELECT CAST(value AS BIGINT) AS before FROM figures
    WHERE figure = 'errors' AND run = (SELECT max(run) FROM figures WHERE run < (SELECT max(run) FROM figures))
) ON true
LEFT JOIN (SELECT findings_new IS NOT NULL AS compared FROM runs ORDER BY run DESC LIMIT 1) ON true
