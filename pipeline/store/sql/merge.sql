-- From the staged to the published tables. `ousted` holds the records that lost their id to another, with their bytes;
-- `rule_meta` what is to be known of a code. Variables: product, days.

-- Of the ousted, only those that were published have something to take out; the others were candidates.
CREATE OR REPLACE TEMP TABLE leaving AS
SELECT id, path, position FROM records WHERE (path, position) IN (SELECT path, position FROM ousted);
DELETE FROM dead_ends WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM workarounds WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM versions WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM transitions WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM sources WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM changes WHERE (path, position) IN (SELECT path, position FROM leaving);
DELETE FROM records WHERE (path, position) IN (SELECT path, position FROM leaving);

CREATE OR REPLACE TEMP TABLE winners AS
SELECT s.* FROM staged_records s JOIN candidates c USING (path, position) WHERE c.place = 1;

INSERT INTO records BY NAME
SELECT
    r.id, r.signature, r.signature_zh, r.regex, r.domain, r.category, r.subcategory, r.root_cause, r.root_cause_type,
    r.root_cause_zh, r.official_doc_url, r.official_doc_section, r.error_code, r.verification_tier, r.confidence,
    r.fix_success_rate, r.resolvable, r.first_seen, r.last_confirmed, r.last_updated, r.evidence_count, r.tags, r.locale,
    r.aliases, r.os_specific, r.extensions,
    r.curation.distinct_sources AS distinct_sources,
    r.curation.evidence_ceiling AS evidence_ceiling,
    coalesce(d.days, t.days, getvariable('days')) AS time_to_live,
    path, position, line, digest, content, doc
FROM winners
LEFT JOIN days_by_domain d ON d.name = r.domain
LEFT JOIN days_by_tier t ON t.name = r.verification_tier;

INSERT INTO dead_ends BY NAME
SELECT r.id AS record_id, i - 1 AS position, e.action, e.why_fails, e.fail_rate, e.condition
FROM winners, unnest(r.dead_ends) WITH ORDINALITY u(e, i);

INSERT INTO workarounds BY NAME
SELECT
    r.id AS record_id, i - 1 AS position, e.action,
    CASE WHEN len(r.workarounds_zh) = len(r.workarounds) THEN r.workarounds_zh[i] END AS action_zh,
    e.how, e.success_rate, e.condition
FROM winners, unnest(r.workarounds) WITH ORDINALITY u(e, i);

INSERT INTO versions BY NAME
SELECT
    r.id AS record_id, i - 1 AS position, e.version,
    CASE WHEN regexp_full_match(trim(e.version), getvariable('product'))
        THEN trim(regexp_extract(trim(e.version), getvariable('product'), 1)) END AS product,
    CASE WHEN regexp_full_match(trim(e.version), getvariable('product'))
        THEN regexp_extract(trim(e.version), getvariable('product'), 2) ELSE e.version END AS number,
    e.introduced, e.deprecated, e.removed, e.behavior_change, e.status
FROM winners, unnest(r.versions) WITH ORDINALITY u(e, i);

INSERT INTO transitions BY NAME
SELECT r.id AS record_id, kind, i - 1 AS position, e.error_id, e.probability, e.condition, e.distinction
FROM winners,
    (VALUES ('leads_to'), ('preceded_by'), ('frequently_confused_with')) kinds(kind),
    unnest(CASE kind
        WHEN 'leads_to' THEN r.transition_graph.leads_to
        WHEN 'preceded_by' THEN r.transition_graph.preceded_by
        ELSE r.transition_graph.frequently_confused_with END) WITH ORDINALITY u(e, i);

INSERT INTO sources BY NAME
SELECT record_id, item, item_position, position, url, nullif(lower(regexp_extract(url, '^(?i:https?)://(?:[^/?#@]*@)?([^/?#:]+)', 1)), '') AS host
FROM (
    SELECT r.id AS record_id, 'official' AS item, NULL AS item_position, 0 AS position, r.official_doc_url AS url
    FROM winners WHERE r.official_doc_url IS NOT NULL
    UNION ALL
    SELECT r.id, 'dead_end', i - 1, j - 1, url
    FROM winners, unnest(r.dead_ends) WITH ORDINALITY u(e, i), unnest(e.sources) WITH ORDINALITY w(url, j)
    UNION ALL
    SELECT r.id, 'workaround', i - 1, j - 1, url
    FROM winners, unnest(r.workarounds) WITH ORDINALITY u(e, i), unnest(e.sources) WITH ORDINALITY w(url, j)
);

INSERT INTO findings BY NAME
SELECT record_id, path, position, line, code, name, severity, pointer, message, fixable, seq
FROM staged_findings JOIN rule_meta USING (code);

INSERT INTO changes BY NAME
SELECT c.* REPLACE (CAST(before AS JSON) AS before, CAST(after AS JSON) AS after)
FROM staged_changes c WHERE (path, position) IN (SELECT path, position FROM winners);

INSERT INTO quarantine BY NAME
SELECT s.record_id, s.path, s.position, s.line, s.digest, f.codes, false AS by_corpus, s.raw
FROM staged_rejects s JOIN (
    SELECT path, position, list(DISTINCT code ORDER BY code) AS codes
    FROM staged_findings JOIN rule_meta USING (code)
    WHERE severity = 'error' GROUP BY ALL
) f USING (path, position);

INSERT INTO quarantine BY NAME
SELECT record_id, path, position, line, digest, [code] AS codes, true AS by_corpus, raw FROM ousted WHERE code IS NOT NULL;

INSERT INTO findings BY NAME
SELECT record_id, path, position, line, code, name, severity, pointer, message, fixable, 1000000 AS seq
FROM ousted JOIN rule_meta USING (code);

INSERT INTO copies BY NAME
SELECT record_id, path, position, line, digest, raw FROM ousted WHERE code IS NULL;
