-- The riskiest first, and on each day as many as on any other, give or take one.
SELECT CAST($as_of AS DATE) + CAST((turn - 1) * $spread // number AS INTEGER) AS review_on, id, tier, risk, why
FROM (
    SELECT *, row_number() OVER (ORDER BY place) AS turn, count(*) OVER () AS number
    FROM review_queue($as_of)
    WHERE freshness IN ('stale', 'unknown')
        AND ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
)
ORDER BY place
