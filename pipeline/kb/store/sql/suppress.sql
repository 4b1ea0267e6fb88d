-- Mark the findings of corpus rules that `suppressions` covers; the record stage marks its own findings. The reason is
-- that of the first in rank.

UPDATE findings SET suppressed = NULL WHERE is_of_corpus(seq) AND suppressed IS NOT NULL;

UPDATE findings SET suppressed = found.reason
FROM (
    SELECT f.rowid AS row, arg_min(s.reason, s.rank) AS reason
    FROM findings f JOIN suppressions s ON s.code = f.code
    WHERE is_of_corpus(f.seq) AND s.holds AND regexp_full_match(f.record_id, s.pattern)
    GROUP BY ALL) found
WHERE findings.rowid = found.row;
