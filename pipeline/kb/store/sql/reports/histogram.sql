-- Tenths from 0 to 1; a value on a border belongs to the upper one, 1 to the last.
SELECT printf('%.1f–%.1f', tenth / 10, (tenth + 1) / 10) AS range, count(id) AS records
FROM range(10) AS tenths(tenth)
LEFT JOIN (
    SELECT id, least(CAST(floor(effective * 10 + 1e-9) AS BIGINT), 9) AS tenth
    FROM trust($as_of)
    WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
) USING (tenth)
GROUP BY tenth ORDER BY tenth
