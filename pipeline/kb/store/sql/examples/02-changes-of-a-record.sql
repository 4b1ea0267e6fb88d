-- What did ingest change in this record?
-- columns: code, pointer, before, after
SELECT code, pointer, before, after
FROM changes
WHERE record_id = 'tensorflow/optimizer-nan-loss'
ORDER BY seq
