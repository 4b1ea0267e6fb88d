WITH first AS (
    SELECT r.id, r.path, r.position, r.line, r.digest, r.doc, q.place
    FROM records r
    JOIN review_queue($as_of) q USING (id)
    WHERE ($domain IS NULL OR r.domain = $domain) AND ($tier IS NULL OR q.tier = $tier)
    ORDER BY q.place
    LIMIT $limit
)
SELECT
    i.id,
    i.path || CASE WHEN i.line IS NULL THEN '' ELSE ':' || i.line END AS origin,
    'sha256:' || i.digest AS digest,
    i.doc,
    coalesce(f.findings, []) AS findings,
    coalesce(c.changes, []) AS changes,
    coalesce(n.named_by, []) AS named_by
FROM first i
LEFT JOIN (
    SELECT path, position, list({code: code, severity: severity, pointer: pointer, message: message, suppressed: suppressed}
        ORDER BY seq, code, pointer, message) AS findings
    FROM judgements(everything := true) SEMI JOIN first USING (path, position)
    WHERE NOT repaired GROUP BY path, position) f USING (path, position)
LEFT JOIN (
    SELECT path, position, list({code: code, pointer: pointer, before: before::VARCHAR, after: after::VARCHAR}
        ORDER BY seq) AS changes
    FROM changes SEMI JOIN first USING (path, position) GROUP BY path, position) c USING (path, position)
LEFT JOIN (
    SELECT error_id, list({kind: kind, id: record_id} ORDER BY kind, record_id) AS named_by
    FROM (SELECT DISTINCT error_id, kind, record_id FROM transitions) GROUP BY error_id) n ON n.error_id = i.id
ORDER BY i.place
