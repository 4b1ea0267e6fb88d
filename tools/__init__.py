"""What writes the generated docs; it is not part of what is installed."""
