-- Every record that claims an id which a staged one claims, in the order in which they have a right to it.

CREATE OR REPLACE TEMP TABLE candidates AS
WITH claims AS (
    SELECT id, path, position, line, digest, content, last_updated FROM staged_claims
    UNION ALL
    SELECT id, path, position, line, digest, content, last_updated FROM records
    WHERE id IN (SELECT id FROM staged_claims)
), contested AS (
    SELECT * FROM claims WHERE id IN (SELECT id FROM claims GROUP BY id HAVING count(*) > 1)
)
SELECT
    *,
    row_number() OVER ranking AS place,
    first_value(path || CASE WHEN line IS NULL THEN '' ELSE ':' || line END) OVER ranking AS winner,
    content = first_value(content) OVER ranking AS same_content
FROM contested
WINDOW ranking AS (
    PARTITION BY id ORDER BY last_updated DESC NULLS LAST, path, position
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
);
