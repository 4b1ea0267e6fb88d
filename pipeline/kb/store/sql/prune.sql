-- Take out what no longer stands where it stood, and move what does. `dropped` holds the inputs that are gone or to be
-- judged again, `kept` those whose file changed around them, with their old and new places.

DELETE FROM findings WHERE (path, position) IN (FROM dropped);
DELETE FROM quarantine WHERE (path, position) IN (FROM dropped);
DELETE FROM copies WHERE (path, position) IN (FROM dropped);
DELETE FROM withdrawn WHERE (path, position) IN (FROM dropped);

UPDATE records t SET position = k.position, line = k.line FROM kept k
WHERE t.path = k.path AND t.position = k.old_position AND (t.position, t.line) IS DISTINCT FROM (k.position, k.line);
UPDATE findings t SET position = k.position, line = k.line FROM kept k
WHERE t.path = k.path AND t.position = k.old_position AND (t.position, t.line) IS DISTINCT FROM (k.position, k.line);
UPDATE changes t SET position = k.position FROM kept k
WHERE t.path = k.path AND t.position = k.old_position AND t.position <> k.position;
UPDATE quarantine t SET position = k.position, line = k.line FROM kept k
WHERE t.path = k.path AND t.position = k.old_position AND (t.position, t.line) IS DISTINCT FROM (k.position, k.line);
UPDATE withdrawn t SET position = k.position, line = k.line FROM kept k
WHERE t.path = k.path AND t.position = k.old_position AND (t.position, t.line) IS DISTINCT FROM (k.position, k.line);
