-- The inputs of one slice that the ledger withdrew.

INSERT INTO withdrawn BY NAME
SELECT record_id, path, position, line, digest FROM staged WHERE withdrawn;
