-- One slice of what the record stage wrote, as a table with explicit types, and what it says of rejected records.
-- Variables: slice, longest (line), shape, errors (their codes).

CREATE OR REPLACE TEMP TABLE staged AS
SELECT * EXCLUDE (r), r.*
FROM (SELECT * EXCLUDE (raw), from_base64(raw) AS raw, from_json(doc, getvariable('shape')) AS r,
    doc IS NOT NULL AND (path, position) NOT IN (SELECT path, position FROM demoted) AS stays
FROM read_json(getvariable('slice'), format = 'newline_delimited', maximum_object_size = getvariable('longest'),
    columns = {path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', digest: 'VARCHAR', record_id: 'VARCHAR',
        findings: 'VARCHAR[][]', changes: 'VARCHAR[][]', content: 'VARCHAR', doc: 'VARCHAR', raw: 'VARCHAR',
        withdrawn: 'BOOLEAN', match_keys: 'STRUCT(form VARCHAR, text VARCHAR, bands UINTEGER[], required_literals VARCHAR[], terms UBIGINT[][], codes UBIGINT[])'}));

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
