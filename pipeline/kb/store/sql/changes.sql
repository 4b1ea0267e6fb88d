-- Keep what came and went, in the place of what did with an earlier run.

DELETE FROM finding_changes;

INSERT INTO finding_changes BY NAME
SELECT state, record_id, path, code, name, severity, pointer, message, fingerprint, number
FROM came_and_went ORDER BY state, path, position, seq, code, number;
