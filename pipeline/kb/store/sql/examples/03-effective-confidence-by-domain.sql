-- What is effective confidence, domain by domain, as of a day?
-- columns: domain, records, declared, effective
SELECT domain, count(*) AS records, round(avg(declared), 2) AS declared, round(avg(effective), 2) AS effective
FROM trust(DATE '2026-11-22')
GROUP BY domain
ORDER BY effective, domain
