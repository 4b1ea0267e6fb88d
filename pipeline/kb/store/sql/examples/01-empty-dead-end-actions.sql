-- Which published tensorflow records have an empty dead-end action?
-- columns: id, position, why_fails
SELECT id, dead_ends.position, why_fails
FROM dead_ends JOIN records ON record_id = id
WHERE domain = 'tensorflow' AND action = ''
ORDER BY id, dead_ends.position
