-- Which rules find most, and in which domain?
-- columns: code, name, severity, domain, findings
SELECT code, name, severity, split_part(record_id, '/', 1) AS domain, count(*) AS findings
FROM findings
GROUP BY ALL
ORDER BY findings DESC, code, domain
