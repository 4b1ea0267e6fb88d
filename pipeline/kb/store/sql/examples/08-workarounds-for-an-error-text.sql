-- What works best against an error text?
-- columns: id, action, success_rate
SELECT id, action, success_rate
FROM workarounds JOIN records ON record_id = id
WHERE signature ILIKE '%port is already allocated%'
ORDER BY success_rate DESC NULLS LAST, id, workarounds.position
