SELECT id, tier, last_confirmed, age, time_to_live, why
FROM staleness($as_of)
WHERE freshness IN ('stale', 'unknown')
    AND ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
ORDER BY overdue DESC NULLS FIRST, id
