-- What corpus rules found anew, against what they found before: `found` holds code, id, pointer and message, `places`
-- where a pointer points to in a foreign format. What a rule says of a record is replaced only if any of it differs,
-- and waits in `arriving` for its fingerprint.

CREATE OR REPLACE TEMP TABLE judged AS
SELECT id AS record_id, path, position, line, code, name, m.severity AS severity, coalesce(p.place, pointer) AS pointer, message,
    pointer AS native, corpus_seq(row_number() OVER (PARTITION BY id, code ORDER BY pointer, message)) AS seq,
    hash(path, position, line, name, m.severity, coalesce(p.place, pointer), message) AS digest
FROM found JOIN records r USING (id) JOIN rule_meta m USING (code) JOIN match_keys t ON t.record_id = id
LEFT JOIN places p ON p.form = t.form AND p.native = pointer AND (p.only_of IS NULL OR p.only_of = t.record_id);

CREATE OR REPLACE TEMP TABLE judged_before AS
SELECT rowid AS row, record_id, code, hash(path, position, line, name, severity, pointer, message) AS digest
FROM findings WHERE is_of_corpus(seq) AND code <> 'IDN003' AND record_id IS NOT NULL;

CREATE OR REPLACE TEMP TABLE differing AS
SELECT record_id, code
FROM (SELECT record_id, code, count(*) AS total, sum(digest) AS digests FROM judged GROUP BY ALL) j
FULL JOIN (SELECT record_id, code, count(*) AS total, sum(digest) AS digests FROM judged_before GROUP BY ALL) b
    USING (record_id, code)
WHERE (j.total, j.digests) IS DISTINCT FROM (b.total, b.digests);

DELETE FROM findings WHERE rowid IN (SELECT row FROM judged_before SEMI JOIN differing USING (record_id, code));

CREATE OR REPLACE TEMP TABLE arriving AS
SELECT * EXCLUDE (digest), false AS fixable FROM judged SEMI JOIN differing USING (record_id, code);

-- The records that something arrives for, in batches of so many bytes and findings as are worked on at once.
CREATE OR REPLACE TEMP TABLE batches AS
SELECT record_id, sum(size) OVER (ORDER BY record_id) // 33554432 AS batch
FROM (
    SELECT record_id, any_value(length) + 256 * count(*) AS size
    FROM arriving JOIN (SELECT id AS record_id, strlen(doc) AS length FROM records) USING (record_id)
    GROUP BY record_id);

DROP TABLE judged;
DROP TABLE judged_before;
DROP TABLE differing;
