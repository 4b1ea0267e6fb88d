"""What an ingest has to do: upon which base, for which files, for which records."""
