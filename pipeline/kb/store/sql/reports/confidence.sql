SELECT id, tier, declared, ceiling, factor, effective, why
FROM trust($as_of)
WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
ORDER BY overconfidence DESC, id
