-- What the record stage wrote, as temporary tables with explicit types. Variables: folder.

CREATE OR REPLACE TEMP TABLE staged_records AS
SELECT path, position, line, digest, content, doc, from_json(doc, getvariable('shape')) AS r
FROM read_json(getvariable('folder') || '/*.records.ndjson', format = 'newline_delimited', maximum_object_size = 67108864,
    columns = {path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', digest: 'VARCHAR', content: 'VARCHAR', doc: 'VARCHAR'});

CREATE OR REPLACE TEMP TABLE staged_findings AS
SELECT *
FROM read_json(getvariable('folder') || '/*.findings.ndjson', format = 'newline_delimited', maximum_object_size = 67108864,
    columns = {record_id: 'VARCHAR', path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', code: 'VARCHAR', pointer: 'VARCHAR',
        message: 'VARCHAR', seq: 'BIGINT'});

CREATE OR REPLACE TEMP TABLE staged_changes AS
SELECT *
FROM read_json(getvariable('folder') || '/*.changes.ndjson', format = 'newline_delimited', maximum_object_size = 67108864,
    columns = {record_id: 'VARCHAR', path: 'VARCHAR', position: 'BIGINT', code: 'VARCHAR', pointer: 'VARCHAR',
        before: 'VARCHAR', after: 'VARCHAR', seq: 'BIGINT'});

CREATE OR REPLACE TEMP TABLE staged_rejects AS
SELECT record_id, path, position, line, digest, from_base64(raw) AS raw
FROM read_json(getvariable('folder') || '/*.rejects.ndjson', format = 'newline_delimited', maximum_object_size = 67108864,
    columns = {record_id: 'VARCHAR', path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', digest: 'VARCHAR', raw: 'VARCHAR'});
