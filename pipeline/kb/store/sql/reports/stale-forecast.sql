WITH asked AS (
    SELECT last_confirmed, last_confirmed + time_to_live AS due FROM records
    WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)
), months AS (
    SELECT month, CAST(CAST($as_of AS DATE) + to_months(CAST(month AS INTEGER)) AS DATE) AS day FROM range(13) AS months(month)
), counted AS (
    SELECT month, day, count(*) FILTER (found AND (due IS NULL OR due < day OR last_confirmed > day)) AS stale, count(*) FILTER (found) AS records
    FROM months LEFT JOIN (SELECT *, true AS found FROM asked) ON true
    GROUP BY month, day
)
SELECT
    month, day, stale,
    coalesce(stale - lag(stale) OVER (ORDER BY month), 0) AS more,
    round(stale / nullif(records, 0), 4) AS stale_share
FROM counted
ORDER BY month
