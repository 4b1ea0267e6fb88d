"""How often the right record comes first, and nothing where there is none: kb, and three simpler ways beside it.

python -m benchmarks.matching.evaluate            # the table, of the half that nothing was tuned on
python -m benchmarks.matching.evaluate --tuning   # of the other half
"""
