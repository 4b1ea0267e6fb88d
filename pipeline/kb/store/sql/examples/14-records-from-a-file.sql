-- Which published records came from this file?
-- columns: id, line, verification_tier
SELECT id, line, verification_tier
FROM records
WHERE path = 'raw/inbox/2026-09-forum-scrape.ndjson'
ORDER BY position
