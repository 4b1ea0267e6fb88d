-- Why is a record worth less than it declares?
-- columns: id, declared, ceiling, factor, effective, why
SELECT id, declared, ceiling, factor, effective, why
FROM trust(DATE '2026-11-22')
WHERE overconfidence > 0
ORDER BY overconfidence DESC, id
LIMIT 10
