WITH present AS (
    SELECT *, row_number() OVER () AS place
    FROM (UNPIVOT (SELECT CAST(COLUMNS(*) AS DOUBLE) FROM quality($as_of)) ON COLUMNS(*) INTO NAME figure VALUE value)
), earlier AS (
    FROM figures WHERE run = (SELECT max(run) FROM figures WHERE run < (SELECT max(run) FROM figures))
)
SELECT figure, e.value AS before, p.value AS after, round(p.value - e.value, 4) AS change, e.as_of AS since
FROM present p JOIN earlier e USING (figure)
WHERE p.value <> e.value
ORDER BY place
