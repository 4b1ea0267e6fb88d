"""`curated/` and the store as they are published: what is written, sealed, checked, and put in place at once."""
