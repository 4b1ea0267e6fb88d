SELECT r.doc
FROM records r
JOIN review_queue($as_of) q USING (id)
WHERE ($domain IS NULL OR r.domain = $domain) AND ($tier IS NULL OR q.tier = $tier)
ORDER BY q.place
OFFSET $limit
