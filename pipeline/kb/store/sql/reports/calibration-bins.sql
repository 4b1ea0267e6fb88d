SELECT
    printf('%.1f–%.1f', bin / 10, (bin + 1) / 10) AS range,
    count(*) FILTER (effective IS NOT NULL) AS outcomes,
    mean(effective) AS predicted,
    mean(CASE WHEN held THEN 1 WHEN NOT held THEN 0 END) AS observed
FROM (SELECT unnest(range(10)) AS bin, count(*) AS total FROM predictions($as_of, $domain, $tier)) b
LEFT JOIN (
    SELECT least(floor(effective * 10), 9) AS bin, effective, held FROM predictions($as_of, $domain, $tier)
) p USING (bin)
WHERE total > 0
GROUP BY bin
ORDER BY bin
