SELECT count(*) FROM records WHERE ($domain IS NULL OR domain = $domain) AND ($tier IS NULL OR verification_tier = $tier)
