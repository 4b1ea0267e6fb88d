-- How many errors are new since the state that was published before, one by one where the newest run compared them, else
-- how many more there are; null where no state before is known.
SELECT
    CASE
        WHEN before IS NULL THEN NULL
        WHEN compared THEN (
            SELECT count(*) FROM finding_changes c WHERE state = 'new' AND severity = 'error'
                AND EXISTS (FROM findings f WHERE f.fingerprint = c.fingerprint AND f.suppressed IS NULL))
        ELSE greatest(0, errors - before)
    END AS new_errors,
    before
FROM quality($as_of)
LEFT JOIN (
    SELECT CAST(value AS BIGINT) AS before FROM figures
    WHERE figure = 'errors' AND run = (SELECT max(run) FROM figures WHERE run < (SELECT max(run) FROM figures))
) ON true
LEFT JOIN (SELECT findings_new IS NOT NULL AS compared FROM runs ORDER BY run DESC LIMIT 1) ON true
