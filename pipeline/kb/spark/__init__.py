"""The same base on Apache Spark, and the only importer of pyspark, pyarrow and sqlglot; the extra `spark` brings them.

What looks at one record runs in Spark's workers as it is: the record stage, and the scripts of the store by a DuckDB of the
worker's own. What looks at many records runs as Spark's SQL, translated from the one text of the rule (dialect.py).
"""
