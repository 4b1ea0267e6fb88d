SELECT code, any_value(name) AS name, count(DISTINCT (path, position)) AS records
FROM judgements(of_domain := $domain, of_tier := $tier)
WHERE NOT published AND severity = 'error'
GROUP BY code
ORDER BY records DESC, code
