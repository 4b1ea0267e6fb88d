-- The records of one slice that stay, into the tables of the store. Variables: days, product, longest_version, own.

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

INSERT INTO versions BY NAME
SELECT
    record_id, position, e.version,
    CASE WHEN carries THEN trim(regexp_extract(spelt, getvariable('product'), 1)) END AS product,
    CASE WHEN carries THEN regexp_extract(spelt, getvariable('product'), 2) ELSE e.version END AS number,
    e.introduced, e.deprecated, e.removed, e.behavior_change, e.status
FROM (
    SELECT record_id, position, e, trim(e.version) AS spelt,
        length(spelt) <= getvariable('longest_version') AND regexp_full_match(spelt, getvariable('product')) AS carries
    FROM (SELECT record_id, unnest(versions) AS e, generate_subscripts(versions, 1) - 1 AS position FROM slice));

INSERT INTO transitions BY NAME
SELECT record_id, kind, position, e.error_id, e.probability, e.condition, e.distinction
FROM (
    SELECT record_id, 'leads_to' AS kind, unnest(transition_graph.leads_to) AS e,
        generate_subscripts(transition_graph.leads_to, 1) - 1 AS position FROM slice
    UNION ALL
    SELECT record_id, 'preceded_by', unnest(transition_graph.preceded_by),
        generate_subscripts(transition_graph.preceded_by, 1) - 1 FROM slice
    UNION ALL
    SELECT record_id, 'frequently_confused_with', unnest(transition_graph.frequently_confused_with),
        generate_subscripts(transition_graph.frequently_confused_with, 1) - 1 FROM slice);

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

INSERT INTO changes BY NAME
SELECT record_id, path, position, c[1] AS code, c[2] AS pointer, CAST(c[3] AS JSON) AS before, CAST(c[4] AS JSON) AS after, seq
FROM (
    SELECT record_id, path, position, unnest(changes) AS c, generate_subscripts(changes, 1) - 1 AS seq FROM slice);
