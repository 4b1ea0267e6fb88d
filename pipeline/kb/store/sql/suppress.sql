-- Mark the findings of corpus rules that `suppressions` covers; the record stage marks its own findings. The reason is
-- that of the first in rank.

UPDATE findings SET suppressed = NULL WHERE seq >= 1000000 AND suppressed IS NOT NULL;

UPDATE findings SET suppressed = found.reason
FROM (
    SELECT f.rowid AS row, arg_min(s.reason, s.rank) AS reason
    FROM findings f JOIN suppressions s ON s.code = f.code
    WHERE f.seq >= 1000000 AND s.holds AND regexp_full_match(f.record_id, s.pattern)
    GROUP BY ALL) found
WHERE findings.rowid = found.row;
