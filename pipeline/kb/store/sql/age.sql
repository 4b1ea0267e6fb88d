-- The time to live of records that came before the settings changed. Variable: days.

UPDATE records SET time_to_live = n.days
FROM (
    SELECT id, coalesce(d.days, t.days, getvariable('days')) AS days
    FROM records r
    LEFT JOIN days_by_domain d ON d.name = r.domain
    LEFT JOIN days_by_tier t ON t.name = r.verification_tier
) n
WHERE n.id = records.id AND records.time_to_live <> n.days;
