FROM quality($as_of, of_domain := $domain, of_tier := $tier)
