-- `low` and `high` are still alpha and beta; reports/intervals.py makes the interval of them.
SELECT
    record_id AS id, item || ':' || (t.position + 1) AS action, t.declared, t.mean,
    t.alpha AS low, t.beta AS high, outcomes, worked
FROM rates($as_of) t JOIN records r ON r.id = record_id
WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)
ORDER BY id, item DESC, t.position
