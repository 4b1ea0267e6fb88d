-- Which references lead to a record that is not in the base?
-- columns: record_id, kind, error_id
SELECT record_id, kind, error_id
FROM transitions
WHERE error_id NOT IN (SELECT id FROM records)
ORDER BY ALL
