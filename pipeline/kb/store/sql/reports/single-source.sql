SELECT
    id, tier, declared, effective, distinct_sources AS sources,
    CASE distinct_sources WHEN 1 THEN (SELECT min(url) FROM sources WHERE record_id = id AND NOT contains(url, ' ')) END AS url
FROM trust($as_of)
WHERE distinct_sources <= 1 AND ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR tier = $tier)
ORDER BY effective DESC, declared DESC, id
