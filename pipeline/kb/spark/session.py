"""A session of Spark, and what is said where one cannot be had."""

import logging
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from kb.errors import KbError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MASTER = "local[*,4]"
"""All cores of this machine, and four tries for each task: with `local[*]` alone there is one."""

_PARTS = ("pyspark", "pyarrow", "sqlglot")

_OLDEST_JAVA = 17

_LOGGING = Path(__file__).with_name("log4j2.properties")

_DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
    "spark.sql.execution.arrow.maxBytesPerBatch": "32m",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.sources.partitionOverwriteMode": "static",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}

_ON_THIS_MACHINE = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}

_LEAST_MEMORY = 4096
"""Megabytes for a Spark on this machine, where a third of its memory is less."""


def check_installed() -> None:
    """Make sure that Spark can be started, before anything else takes time.

    Raises:
        KbError: a package of the extra is missing, or Java is, or it is too old; the message says how to get it.
    """
    missing = [name for name in _PARTS if find_spec(name) is None]
    if missing:
        raise KbError(f"--engine spark: {', '.join(missing)} not installed; run `pip install 'kb-curation[spark]'`")
    java = _java()
    if java is None:
        raise KbError(
            f"--engine spark: there is no Java here, and Spark runs on it; install Java {_OLDEST_JAVA} or newer (Debian:"
            " `apt-get install default-jre-headless`), or let JAVA_HOME name the folder that it lies in"
        )
    version = _version_of(java)
    if version is not None and version < _OLDEST_JAVA:
        raise KbError(
            f"--engine spark: {java} is Java {version}, and Spark needs {_OLDEST_JAVA} or newer; install that, or let"
            " JAVA_HOME name its folder"
        )


def _java() -> Path | None:
    """The program that Spark will start."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")
    return Path(os.path.realpath(found)) if found else None


def _version_of(java: Path) -> int | None:
    """The release of a Java, from the note beside it; None where there is none."""
    try:
        note = (java.parent.parent / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', note, re.MULTILINE)
    return int(found[1]) if found else None


@contextmanager
def started(master: str | None, conf: Mapping[str, str]) -> "Iterator[SparkSession]":
    """A session, stopped in the end unless it was there before. `conf` comes before what kb sets.

    Raises:
        KbError: Spark cannot be started.
    """
    check_installed()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    from pyspark.sql import SparkSession  # noqa: PLC0415 - once it is known to be there

    before = SparkSession.getActiveSession()
    if before is not None:
        yield before
        return
    chosen = master or _MASTER
    local = _ON_THIS_MACHINE | {"spark.driver.memory": _memory()} if chosen.startswith("local") else {}
    builder = SparkSession.builder.appName("kb").master(chosen)
    quiet = {"spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}"} if local else {}
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    for name, value in {**_DEFAULTS, **local, **quiet, **conf}.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # noqa: BLE001 - whatever Java or its gateway says
        raise KbError(f"--engine spark: Spark does not start: {first_of(error)}") from None
    try:
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
        session.sparkContext.setLogLevel(os.environ.get("KB_SPARK_LOG", "OFF"))
        yield session
    finally:
        session.stop()


def _memory() -> str:
    """A third of what this machine has: on it, one process is Spark as a whole, and the workers are beside it."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{max(_LEAST_MEMORY, pages * size // 3 >> 20)}m"


_GUESSED = "spark.sql.autoBroadcastJoinThreshold"


def send_by_size(session: "SparkSession") -> None:
    """Let Spark send a side of a join to all by its size once that is known.

    Its guess takes a text of 3 KB for 20 bytes. To wait for the size costs a third more time on a small base, so it is
    for bases whose documents are too much for each worker.
    """
    if not session.sparkContext.getConf().contains(_GUESSED):  # else it was chosen by who started it
        session.conf.set("spark.sql.adaptive.autoBroadcastJoinThreshold", "10m")
        session.conf.set(_GUESSED, "-1")


def first_of(error: Exception) -> str:
    """What an error of Spark says, in one line of bounded length."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [
        line for line in lines if re.match(r"[\w.]*(?:Error|Exception|Interrupt)\b: (?!An exception was thrown)", line)
    ]
    return (named[-1] if named else lines[0] if lines else type(error).__name__)[:300]
