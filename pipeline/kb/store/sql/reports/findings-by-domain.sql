SELECT domain, code, any_value(name) AS name, count(*) AS findings, count(DISTINCT (path, position)) AS records
FROM judgements(of_domain := $domain, of_tier := $tier)
WHERE NOT repaired
GROUP BY domain, code
ORDER BY findings DESC, domain, code
