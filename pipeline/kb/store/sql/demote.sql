-- Put those that lost their id where they belong. `demoted` holds them with their bytes and, for the quarantine, the reason.

CREATE OR REPLACE TEMP TABLE leaving AS
SELECT id, path, position, hash(doc) AS doc FROM records WHERE (path, position) IN (SELECT path, position FROM demoted);
INSERT INTO departed SELECT id, doc FROM leaving;
INSERT INTO touched SELECT id FROM leaving;

DELETE FROM dead_ends WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM workarounds WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM versions WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM transitions WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM sources WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM match_keys WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM changes WHERE (path, position) IN (SELECT path, position FROM leaving);
DELETE FROM records WHERE (path, position) IN (SELECT path, position FROM leaving);

INSERT INTO quarantine BY NAME
SELECT record_id, path, position, line, digest, [code] AS codes, true AS by_corpus, raw FROM demoted WHERE code IS NOT NULL;

INSERT INTO findings BY NAME
SELECT record_id, path, position, line, code, name, severity, pointer, message, fixable, fingerprint, corpus_seq(0) AS seq
FROM demoted JOIN rule_meta USING (code) WHERE pointer IS NOT NULL;

INSERT INTO copies BY NAME
SELECT record_id, path, position, line, digest, raw FROM demoted WHERE code IS NULL;
