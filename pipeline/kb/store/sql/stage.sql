-- One slice of what the record stage wrote, as temporary tables with explicit types. Variables: slice,
-- longest (line), shape, errors (their codes), days, product, longest_version.

CREATE OR REPLACE TEMP TABLE staged AS
SELECT * EXCLUDE (r), r.*
FROM (SELECT * EXCLUDE (raw), from_base64(raw) AS raw, from_json(doc, getvariable('shape')) AS r,
    doc IS NOT NULL AND (path, position) NOT IN (SELECT path, position FROM demoted) AS stays
FROM read_json(getvariable('slice'), format = 'newline_delimited', maximum_object_size = getvariable('longest'),
    columns = {path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', digest: 'VARCHAR', record_id: 'VARCHAR',
        findings: 'VARCHAR[][]', changes: 'VARCHAR[][]', content: 'VARCHAR', doc: 'VARCHAR', raw: 'VARCHAR',
        withdrawn: 'BOOLEAN', match_keys: 'STRUCT(form VARCHAR, text VARCHAR, bands UINTEGER[], required_literals VARCHAR[])'}));

INSERT INTO findings BY NAME
SELECT record_id, path, position, line, code, name, severity, f[2] AS pointer, f[3] AS message, fixable,
    f[4] AS fingerprint, f[5] AS suppressed, seq
FROM (SELECT *, f[1] AS code FROM (
    SELECT record_id, path, position, line, unnest(findings) AS f, generate_subscripts(findings, 1) - 1 AS seq FROM staged))
JOIN rule_meta USING (code);

INSERT INTO quarantine BY NAME
SELECT record_id, path, position, line, digest,
    list_sort(list_distinct([f[1] FOR f IN findings IF f[5] IS NULL AND list_contains(getvariable('errors'), f[1])])) AS codes,
    false AS by_corpus, raw
FROM staged WHERE doc IS NULL AND withdrawn IS NULL;

INSERT INTO withdrawn BY NAME
SELECT record_id, path, position, line, digest FROM staged WHERE withdrawn;

-- What stays, in ranges that are worked on side by side: DuckDB gives a table of one row group to one thread. A few
-- records are one range, so that the rows of a small base lie in the order of the ids.
SET VARIABLE quarter = (SELECT greatest(count(*) // 4 + 1, 4096) FROM staged);
CREATE OR REPLACE TEMP VIEW slice AS
FROM staged WHERE stays AND rowid < getvariable('quarter')
UNION ALL FROM staged WHERE stays AND rowid >= getvariable('quarter') AND rowid < 2 * getvariable('quarter')
UNION ALL FROM staged WHERE stays AND rowid >= 2 * getvariable('quarter') AND rowid < 3 * getvariable('quarter')
UNION ALL FROM staged WHERE stays AND rowid >= 3 * getvariable('quarter');

INSERT INTO touched SELECT record_id FROM slice;

INSERT INTO records BY NAME
SELECT
    id, signature, signature_zh, regex, domain, category, subcategory, root_cause, root_cause_type,
    root_cause_zh, official_doc_url, official_doc_section, error_code, verification_tier, confidence,
    fix_success_rate, resolvable, first_seen, last_confirmed, last_updated, evidence_count, tags, locale,
    aliases, os_specific, extensions,
    curation.distinct_sources AS distinct_sources,
    curation.evidence_ceiling AS evidence_ceiling,
    coalesce(d.days, t.days, getvariable('days')) AS time_to_live,
    path, position, line, digest, content, doc
FROM slice
LEFT JOIN days_by_domain d ON d.name = domain
LEFT JOIN days_by_tier t ON t.name = verification_tier;

INSERT INTO dead_ends BY NAME
SELECT record_id, position, e.action, e.why_fails, e.fail_rate, e.condition
FROM (SELECT record_id, unnest(dead_ends) AS e, generate_subscripts(dead_ends, 1) - 1 AS position FROM slice);

INSERT INTO workarounds BY NAME
SELECT record_id, position, e.action, zh[position + 1] AS action_zh, e.how, e.success_rate, e.condition
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
