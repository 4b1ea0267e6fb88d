-- What the record stage wrote, as temporary tables with explicit types. Variables: folder, shape.

CREATE OR REPLACE TEMP TABLE outcomes AS
SELECT *
FROM read_json(getvariable('folder') || '/*.ndjson', format = 'newline_delimited', maximum_object_size = 67108864,
    columns = {path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', digest: 'VARCHAR', record_id: 'VARCHAR',
        findings: 'VARCHAR[][]', changes: 'VARCHAR[][]', content: 'VARCHAR', doc: 'VARCHAR', raw: 'VARCHAR'});

CREATE OR REPLACE TEMP TABLE staged_records AS
SELECT path, position, line, digest, content, doc, from_json(doc, getvariable('shape')) AS r
FROM outcomes WHERE doc IS NOT NULL;

CREATE OR REPLACE TEMP TABLE staged_findings AS
SELECT record_id, path, position, line, f[1] AS code, f[2] AS pointer, f[3] AS message, i - 1 AS seq
FROM outcomes, unnest(findings) WITH ORDINALITY u(f, i);

CREATE OR REPLACE TEMP TABLE staged_changes AS
SELECT record_id, path, position, c[1] AS code, c[2] AS pointer, c[3] AS before, c[4] AS after, i - 1 AS seq
FROM outcomes, unnest(changes) WITH ORDINALITY u(c, i);

CREATE OR REPLACE TEMP TABLE staged_rejects AS
SELECT record_id, path, position, line, digest, from_base64(raw) AS raw
FROM outcomes WHERE raw IS NOT NULL;
