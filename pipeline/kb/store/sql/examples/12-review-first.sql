-- What should a curator review first, as of a day?
-- columns: id, risk, overconfidence, freshness, pointing
SELECT id, risk, overconfidence, freshness, pointing
FROM review_queue(DATE '2026-11-22')
LIMIT 10
