SELECT
    q.path || CASE WHEN q.line IS NULL THEN '' ELSE ':' || q.line END AS origin,
    q.record_id AS id,
    CASE WHEN row_number() OVER (ORDER BY q.path, q.position) <= $limit THEN any_value(q.raw[: $shown]) END AS raw,
    any_value(octet_length(q.raw)) AS size,
    list({code: f.code, severity: f.severity, pointer: f.pointer, message: f.message, suppressed: f.suppressed}
        ORDER BY f.seq, f.pointer, f.message) AS findings
FROM quarantine q JOIN findings f USING (path, position)
WHERE f.severity = 'error'
GROUP BY q.path, q.position, q.line, q.record_id
ORDER BY q.path, q.position
