-- What claims an id in this run. Variables: claims.

CREATE OR REPLACE TEMP TABLE staged_claims AS
FROM read_json(getvariable('claims'), format = 'newline_delimited',
    columns = {path: 'VARCHAR', position: 'BIGINT', line: 'BIGINT', digest: 'VARCHAR', id: 'VARCHAR', content: 'VARCHAR',
        last_updated: 'DATE'});
