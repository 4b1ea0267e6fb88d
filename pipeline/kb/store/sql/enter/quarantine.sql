-- The inputs of one slice that are rejected. Variables: errors (their codes).

INSERT INTO quarantine BY NAME
SELECT record_id, path, position, line, digest,
    list_sort(list_distinct([f[1] FOR f IN findings IF f[5] IS NULL AND list_contains(getvariable('errors'), f[1])])) AS codes,
    false AS by_corpus, raw
FROM staged WHERE doc IS NULL AND withdrawn IS NULL;
