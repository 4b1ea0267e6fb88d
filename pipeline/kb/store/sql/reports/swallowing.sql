WITH taken AS (
    SELECT record_id, count(*) AS others, list(other_id ORDER BY other_id)[1:3] AS such
    FROM pairs WHERE code = 'RGX005' GROUP BY record_id
)
SELECT r.id, r.verification_tier AS tier, others, array_to_string(such, ', ') AS such, r.regex
FROM taken JOIN records r ON r.id = record_id
WHERE ($domain IS NULL OR r.domain = $domain) AND ($tier IS NULL OR r.verification_tier = $tier)
ORDER BY others DESC, r.id
