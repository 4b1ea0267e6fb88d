"""Curate knowledge bases of failures."""

__version__ = "0.1.0"
