"""Which record an error is: an index of what all records print, ranked, with "none" where none is near enough. Pure."""
