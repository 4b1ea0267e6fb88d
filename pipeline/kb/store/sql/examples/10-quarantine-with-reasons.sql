-- What is in quarantine, and why?
-- columns: path, line, record_id, code, pointer, message
SELECT q.path, q.line, q.record_id, f.code, f.pointer, f.message
FROM quarantine q JOIN findings f USING (path, position)
WHERE f.severity = 'error' AND f.suppressed IS NULL
ORDER BY q.path, q.position, f.seq
