WITH standing AS (
    SELECT code, name, severity, CASE WHEN suppressed IS NULL THEN 'standing' ELSE 'suppressed' END AS what
    FROM judgements(of_domain := $domain, of_tier := $tier, everything := true)
), moved AS (
    SELECT code, name, severity, state AS what FROM moved_findings(of_domain := $domain, of_tier := $tier)
)
SELECT
    code,
    arg_max(name, what <> 'fixed') AS name,
    arg_max(severity, what <> 'fixed') AS severity,
    count(*) FILTER (what = 'standing') AS findings,
    count(*) FILTER (what = 'suppressed') AS suppressed,
    count(*) FILTER (what = 'new') AS new,
    count(*) FILTER (what = 'fixed') AS fixed
FROM (FROM standing UNION ALL FROM moved)
GROUP BY code
ORDER BY findings DESC, code
