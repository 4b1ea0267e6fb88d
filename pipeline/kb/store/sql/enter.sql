-- The records of one slice that stay, into the tables of the store. Variables: days, own.

INSERT INTO touched SELECT record_id FROM slice;

INSERT INTO records BY NAME
SELECT
    COLUMNS(lambda name: list_contains(getvariable('own'), name)),
    curation.distinct_sources AS distinct_sources,
    curation.evidence_ceiling AS evidence_ceiling,
    coalesce(d.days, t.days, getvariable('days')) AS time_to_live,
    path, position, line, digest, content, doc
FROM slice
LEFT JOIN days_by_domain d ON d.name = domain
LEFT JOIN days_by_tier t ON t.name = verification_tier;

INSERT INTO dead_ends BY NAME
SELECT record_id, position, e.action, e.why_fails, e.fail_rate, e.condition, e.quote
FROM (SELECT record_id, unnest(dead_ends) AS e, generate_subscripts(dead_ends, 1) - 1 AS position FROM slice);

INSERT INTO workarounds BY NAME
SELECT record_id, position, e.action, zh[position + 1] AS action_zh, e.how, e.success_rate, e.condition, e.quote
FROM (
    SELECT record_id, unnest(workarounds) AS e, generate_subscripts(workarounds, 1) - 1 AS position,
        CASE WHEN len(workarounds_zh) = len(workarounds) THEN workarounds_zh END AS zh
    FROM slice);

INSERT INTO sources BY NAME
SELECT record_id, item, item_position, position, url,
    CASE WHEN starts_with(url, 'https://') AND simple <> '' AND length(translate(simple, '@:?#[]', '')) = length(simple)
        THEN lower(simple) -- most are so, and to match an expression takes ten times as long
        ELSE nullif(lower(trim(regexp_extract(url, '^(?i:https?)://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)', 1), '[]')), '') END AS host
FROM (SELECT *, split_part(url, '/', 3) AS simple FROM (
    SELECT record_id, 'official' AS item, NULL AS item_position, 0 AS position, official_doc_url AS url
    FROM slice WHERE official_doc_url IS NOT NULL
    UNION ALL
    SELECT record_id, item, item_position, generate_subscripts(urls, 1) - 1, unnest(urls)
    FROM (
        SELECT record_id, 'dead_end' AS item, generate_subscripts(dead_ends, 1) - 1 AS item_position,
            unnest(dead_ends).sources AS urls FROM slice
        UNION ALL
        SELECT record_id, 'workaround', generate_subscripts(workarounds, 1) - 1, unnest(workarounds).sources FROM slice)));
