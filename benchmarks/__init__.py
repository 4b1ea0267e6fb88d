"""Benchmarks: synthetic corpora, and ratios against yardsticks measured in the same run. `make bench` runs them."""
