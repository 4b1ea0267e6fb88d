SELECT code, any_value(name) AS name, any_value(severity) AS severity, count(DISTINCT (path, position)) AS records, whole.records AS among
FROM judgements(of_domain := $domain, of_tier := $tier), (
    SELECT count(*) AS records FROM records
    WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)) whole
WHERE published AND severity <> 'error'
GROUP BY code, whole.records
ORDER BY list_position(['warning', 'info'], any_value(severity)), 4 DESC, code
