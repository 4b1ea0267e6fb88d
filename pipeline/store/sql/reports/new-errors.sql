-- How many more errors there are than in the state that was published before; null where none is known.
SELECT CASE WHEN before IS NOT NULL THEN greatest(0, errors - before) END AS new_errors, before
FROM quality($as_of)
LEFT JOIN (
    SELECT CAST(value AS BIGINT) AS before FROM figures
    WHERE figure = 'errors' AND run = (SELECT max(run) FROM figures WHERE run < (SELECT max(run) FROM figures))
) ON true
