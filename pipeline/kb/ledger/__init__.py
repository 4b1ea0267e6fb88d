"""Decisions about records, one event each: read, checked and folded. Pure: no clock, no input or output, no store."""
