"""How often the right record is found for a provoked failure, and none for what is no error."""
