"""Records judged, and where in the files a person finds what was found in them."""
