WITH asked AS (
    SELECT last_confirmed + time_to_live AS due FROM records
    WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)
), months AS (
    SELECT CAST(CAST($as_of AS DATE) + to_months(CAST(month AS INTEGER)) AS DATE) AS day FROM range(13) AS months(month)
), counted AS (
    SELECT day, count(*) FILTER (due IS NULL OR due < day) AS stale, count(*) AS records
    FROM months LEFT JOIN asked ON true
    GROUP BY day
)
SELECT
    day,
    CASE WHEN (SELECT count(*) FROM asked) = 0 THEN 0 ELSE stale END AS stale,
    coalesce(stale - lag(stale) OVER (ORDER BY day), 0) AS more,
    CASE WHEN (SELECT count(*) FROM asked) > 0 THEN round(stale / records, 4) END AS stale_share
FROM counted
ORDER BY day
