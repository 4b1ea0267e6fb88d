-- Which dead ends fail almost always?
-- columns: record_id, action, fail_rate, why_fails
SELECT record_id, action, fail_rate, why_fails
FROM dead_ends
WHERE fail_rate >= 0.95 AND action <> ''
ORDER BY fail_rate DESC, record_id, position
