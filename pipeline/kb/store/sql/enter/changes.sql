-- Likewise, where a record of the slice has any.

INSERT INTO changes BY NAME
SELECT record_id, path, position, c[1] AS code, c[2] AS pointer, CAST(c[3] AS JSON) AS before, CAST(c[4] AS JSON) AS after, seq
FROM (
    SELECT record_id, path, position, unnest(changes) AS c, generate_subscripts(changes, 1) - 1 AS seq FROM slice);
