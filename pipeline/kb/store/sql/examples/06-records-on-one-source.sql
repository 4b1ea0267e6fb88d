-- Which records rest on one source alone, or on none?
-- columns: id, distinct_sources, confidence, evidence_ceiling
SELECT id, distinct_sources, confidence, evidence_ceiling
FROM records
WHERE distinct_sources <= 1
ORDER BY confidence DESC, id
