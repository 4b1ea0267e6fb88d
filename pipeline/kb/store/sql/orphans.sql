-- A copy of a record that a corpus rule rejects is rejected for the same reasons.

CREATE OR REPLACE TEMP TABLE orphans AS
SELECT c.*, q.path AS other_path, q.position AS other_position, q.codes
FROM copies c JOIN quarantine q ON q.record_id = c.record_id AND q.by_corpus AND NOT list_contains(q.codes, 'IDN003')
WHERE c.record_id NOT IN (SELECT id FROM records);

INSERT INTO findings BY NAME
SELECT o.record_id, o.path, o.position, o.line, f.code, f.name, f.severity, f.pointer, f.message, f.fixable, f.fingerprint,
    f.suppressed, f.seq
FROM orphans o JOIN findings f ON f.path = o.other_path AND f.position = o.other_position AND is_of_corpus(f.seq);

INSERT INTO quarantine BY NAME
SELECT record_id, path, position, line, digest, codes, true AS by_corpus, raw FROM orphans;

DELETE FROM copies WHERE (path, position) IN (SELECT path, position FROM orphans);
