-- What the record stage found in the inputs of one slice.

INSERT INTO findings BY NAME
SELECT record_id, path, position, line, code, name, severity, f[2] AS pointer, f[3] AS message, fixable,
    f[4] AS fingerprint, f[5] AS suppressed, seq
FROM (SELECT *, f[1] AS code FROM (
    SELECT record_id, path, position, line, unnest(findings) AS f, generate_subscripts(findings, 1) - 1 AS seq FROM staged))
JOIN rule_meta USING (code);
