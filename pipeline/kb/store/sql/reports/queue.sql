SELECT id, tier, declared, effective, age, pointing, risk, why
FROM review_queue($as_of)
WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
ORDER BY place
