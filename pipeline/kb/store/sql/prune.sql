-- Take out what no longer stands where it stood, and move what does. `dropped` holds the inputs that are gone or to be
-- judged again, `kept` those whose file changed around them, with their old and new places.

CREATE OR REPLACE TEMP TABLE leaving AS
SELECT id, path, position, hash(doc) AS doc FROM records WHERE (path, position) IN (FROM dropped);

INSERT INTO departed SELECT id, doc FROM leaving;
INSERT INTO touched SELECT id FROM leaving;

DELETE FROM dead_ends WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM workarounds WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM versions WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM transitions WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM sources WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM match_keys WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM changes WHERE (path, position) IN (FROM dropped);
DELETE FROM records WHERE (path, position) IN (FROM dropped);
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
