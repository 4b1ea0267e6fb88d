SELECT
    code, any_value(name) AS name, any_value(severity) AS severity,
    count(*) AS findings,
    count(DISTINCT (path, position)) AS records,
    count(*) FILTER (repaired) AS repaired
FROM judgements(of_domain := $domain, of_tier := $tier)
GROUP BY code
ORDER BY findings DESC, code
