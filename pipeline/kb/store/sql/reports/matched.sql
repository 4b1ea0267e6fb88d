WITH used AS (
    SELECT unnest(from_json($uses::VARCHAR, '[{"id": "VARCHAR", "times": "BIGINT", "last": "DATE"}]'), recursive := true)
)
SELECT t.id, t.tier, t.declared, t.effective, u.times, u.last
FROM used u JOIN trust($as_of) t ON t.id = u.id
WHERE ($domain IS NULL OR t.domain = $domain) AND ($tier IS NULL OR t.tier = $tier)
ORDER BY u.times DESC, t.effective, t.id
