-- One slice of what the record stage wrote, as a table with explicit types. Variables: slice, longest (line), shape.

CREATE OR REPLACE TEMP TABLE staged AS
SELECT * EXCLUDE (r), r.*
FROM (SELECT * EXCLUDE (raw), from_base64(raw) AS raw, from_json(doc, getvariable('shape')) AS r,
    doc IS NOT NULL AND (path, position) NOT IN (SELECT path, position FROM demoted) AS stays
FROM read_json(getvariable('slice'), format = 'newline_delimited', maximum_object_size = getvariable('longest'),
    columns = {path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', digest: 'VARCHAR', record_id: 'VARCHAR',
        findings: 'VARCHAR[][]', changes: 'VARCHAR[][]', content: 'VARCHAR', doc: 'VARCHAR', raw: 'VARCHAR',
        withdrawn: 'BOOLEAN', match_keys: 'STRUCT(form VARCHAR, text VARCHAR, bands UINTEGER[], required_literals VARCHAR[], terms UBIGINT[][], codes UBIGINT[])'}));
