WITH used AS (
    SELECT unnest(from_json($uses::VARCHAR, '[{"id": "VARCHAR", "times": "BIGINT", "last": "DATE"}]'), recursive := true)
)
SELECT t.id, t.tier, t.declared, t.effective, t.last_confirmed
FROM trust($as_of) t LEFT JOIN used u ON u.id = t.id
WHERE u.id IS NULL AND ($domain IS NULL OR t.domain = $domain) AND ($tier IS NULL OR t.tier = $tier)
ORDER BY t.effective, t.id
