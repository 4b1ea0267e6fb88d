"""Answers for agents, by the Model Context Protocol. Only `kb serve` imports what is in here."""
