SELECT state, severity, code, name, coalesce(record_id, path) AS record, pointer, message
FROM moved_findings(of_domain := $domain, of_tier := $tier)
ORDER BY state = 'fixed', list_position(['error', 'warning', 'info'], severity), code, record, pointer, message, number
