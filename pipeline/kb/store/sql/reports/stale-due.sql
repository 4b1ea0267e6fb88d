SELECT
    id, tier, last_confirmed, due, time_to_live,
    CASE due_in WHEN 0 THEN 'on its last day' WHEN 1 THEN 'falls due in 1 day'
        ELSE 'falls due in ' || due_in || ' days' END AS why
FROM (SELECT *, last_confirmed + time_to_live AS due, -overdue AS due_in FROM staleness($as_of))
WHERE due_in BETWEEN 0 AND $due
    AND ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
ORDER BY due_in, id
