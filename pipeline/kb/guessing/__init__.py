"""A first mapping from samples: which of their keys, headings and values is which field of a record."""
