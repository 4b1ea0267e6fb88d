"""Mutation testing: each small change of the code that matters has to make a narrow test fail. `make mutants` runs it.

Not collected by pytest but for `test_mutations.py`. Of the tools that exist, mutmut leaves decorated functions and tables
alone, which is what rules are made of, and cosmic-ray starts Python anew for each of thousands of mutants; neither knows
SQL. So this is one of our own: `mutations.py` makes them, `targets.py` says of what and which tests, `__main__.py` runs.
"""
