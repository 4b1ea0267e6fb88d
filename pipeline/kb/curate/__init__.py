"""One record: bytes → Curated | Rejected."""
