-- Every record that claims an id which a staged one claims, in the order in which they have a right to it.
CREATE OR REPLACE TEMP TABLE candidates AS
WITH claims AS (
    SELECT r.id AS id, path, position, line, digest, content, r.last_updated AS last_updated, true AS staged
    FROM staged_records
    UNION ALL
    SELECT id, path, position, line, digest, content, last_updated, false
    FROM records
    WHERE id IN (SELECT r.id FROM staged_records)
)
SELECT
    *,
    row_number() OVER ranking AS place,
    first_value(path || CASE WHEN line IS NULL THEN '' ELSE ':' || line END) OVER ranking AS winner,
    content = first_value(content) OVER ranking AS same_content
FROM claims
WINDOW ranking AS (
    PARTITION BY id ORDER BY last_updated DESC NULLS LAST, path, position
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
);
