"""REF: references between records."""
