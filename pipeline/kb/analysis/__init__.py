"""What knows nothing of kb: it looks at text."""
