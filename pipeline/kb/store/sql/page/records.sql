SELECT
    r.id,
    r.signature,
    r.signature_zh,
    r.regex,
    r.domain,
    r.category,
    t.tier,
    t.declared,
    t.ceiling,
    t.factor,
    t.effective,
    t.age,
    t.time_to_live,
    t.freshness,
    t.distinct_sources AS sources,
    t.why AS worth,
    q.why,
    q.pointing,
    q.risk,
    coalesce(f.codes, []) AS codes,
    coalesce(f.warnings, 0) AS warnings,
    coalesce(f.infos, 0) AS infos,
    coalesce(h.hosts, []) AS hosts
FROM records r
JOIN trust($as_of) t USING (id)
JOIN review_queue($as_of) q USING (id)
LEFT JOIN (
    SELECT
        path,
        position,
        list(DISTINCT code ORDER BY code) AS codes,
        count(*) FILTER (severity = 'warning' AND NOT list_contains($common::VARCHAR[], code)) AS warnings,
        count(*) FILTER (severity = 'info' AND NOT list_contains($common::VARCHAR[], code)) AS infos
    FROM judgements() WHERE published AND NOT repaired GROUP BY path, position) f USING (path, position)
LEFT JOIN (
    SELECT record_id, list(DISTINCT host ORDER BY host) AS hosts
    FROM sources WHERE host IS NOT NULL GROUP BY record_id) h ON h.record_id = r.id
WHERE ($domain IS NULL OR r.domain = $domain) AND ($tier IS NULL OR t.tier = $tier)
ORDER BY q.place
