-- Put those that lost their id where they belong. `demoted` holds them with their bytes and, for the quarantine, the reason.

INSERT INTO quarantine BY NAME
SELECT record_id, path, position, line, digest, [code] AS codes, true AS by_corpus, raw FROM demoted WHERE code IS NOT NULL;

INSERT INTO findings BY NAME
SELECT record_id, path, position, line, code, name, severity, pointer, message, fixable, fingerprint, corpus_seq(0) AS seq
FROM demoted JOIN rule_meta USING (code) WHERE pointer IS NOT NULL;

INSERT INTO copies BY NAME
SELECT record_id, path, position, line, digest, raw FROM demoted WHERE code IS NULL;
