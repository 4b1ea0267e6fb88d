"""RGX: the matching pattern."""
