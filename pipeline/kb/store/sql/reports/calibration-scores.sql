SELECT predictor, count(*) AS outcomes, mean((p - CASE WHEN held THEN 1 ELSE 0 END) ** 2) AS brier, mean(log_loss(p, held)) AS log_loss
FROM (
    SELECT held, unnest(['declared', 'effective', 'constant']) AS predictor, unnest([declared, effective, constant]) AS p
    FROM predictions($as_of, $domain, $tier)
)
GROUP BY predictor
ORDER BY brier, predictor
