"""`curated/` and the store as they are published: what is written, sealed, checked, and put in place at once."""

import warnings

# pandera, which integrity.py imports, looks whether pyspark is there, and that warns of the pandas that is
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
