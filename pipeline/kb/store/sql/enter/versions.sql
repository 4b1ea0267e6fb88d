-- Likewise, where a record of the slice has any. Variables: product, longest_version.

INSERT INTO versions BY NAME
SELECT
    record_id, position, e.version,
    CASE WHEN carries THEN trim(regexp_extract(spelt, getvariable('product'), 1)) END AS product,
    CASE WHEN carries THEN regexp_extract(spelt, getvariable('product'), 2) ELSE e.version END AS number,
    e.introduced, e.deprecated, e.removed, e.behavior_change, e.status
FROM (
    SELECT record_id, position, e, trim(e.version) AS spelt,
        length(spelt) <= getvariable('longest_version') AND regexp_full_match(spelt, getvariable('product')) AS carries
    FROM (SELECT record_id, unnest(versions) AS e, generate_subscripts(versions, 1) - 1 AS position FROM slice));
