SELECT
    s.id, s.tier, s.last_confirmed, c.version,
    'confirmed with ' || product || ' ' || c.version || ', ' || number || ' is out' AS why
FROM (SELECT split_part($released, '=', 1) AS product, split_part($released, '=', 2) AS number)
CROSS JOIN (
    SELECT e.record_id, e.used
    FROM events e JOIN match_keys k ON k.record_id = e.record_id AND k.text = e.text
    WHERE e.kind = 'confirm' AND e.stands AND e.item IS NULL
        AND json_exists(e.used, '$."' || split_part($released, '=', 1) || '"')
    QUALIFY row_number() OVER (PARTITION BY e.record_id ORDER BY e.decided_at DESC, e.event DESC) = 1
) e
CROSS JOIN LATERAL (SELECT json_extract_string(e.used, '$."' || product || '"') AS version) c
JOIN staleness($as_of) s ON s.id = e.record_id
WHERE release_parts(c.version) < release_parts(number)
    AND ($domain IS NULL OR s.domain = $domain) AND ($tier IS NULL OR s.tier = $tier)
ORDER BY release_parts(c.version), s.last_confirmed, s.id
