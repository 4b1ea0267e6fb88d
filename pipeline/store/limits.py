"""What a statement that a person wrote may cost: time, and memory."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import duckdb

from pipeline.model import KbError
from pipeline.workspace import FILE, Sql

STOPPED = "Query interrupted"
"""What DuckDB's Python client says, as a RuntimeError, when a query is stopped."""

_BESIDE = 1 << 30
"""Address space for all that is no memory of a query, in bytes: threads, libraries, what is only reserved."""


@contextmanager
def within(connection: duckdb.DuckDBPyConnection, limits: Sql) -> Iterator[None]:
    """Stop what a connection does meanwhile where it takes longer, or more memory, than the limits allow.

    Raises:
        KbError: it did.
    """
    late = threading.Event()

    def stop() -> None:
        late.set()
        connection.interrupt()

    timer = threading.Timer(limits.seconds, stop)
    timer.daemon = True
    if limits.seconds:
        timer.start()
    try:
        with _memory(limits.memory):
            yield
    except (duckdb.InterruptException, RuntimeError) as error:
        if late.is_set() and (isinstance(error, duckdb.InterruptException) or str(error) == STOPPED):
            raise KbError(
                f"takes longer than {limits.seconds:g} s; ask for less, or raise `sql.seconds` in {FILE}"
            ) from None
        raise
    except (duckdb.OutOfMemoryException, MemoryError):
        raise KbError(
            f"takes more than {limits.memory:.0%} of the memory; ask for less, or raise `sql.memory` in {FILE}"
        ) from None
    finally:
        timer.cancel()


@contextmanager
def _memory(share: float) -> Iterator[None]:
    """Let this process grow by no more than a share of the machine's memory, where the system can say so.

    DuckDB's own limit does not count the texts that a function makes, nor the rows that are handed over.
    """
    used = Path("/proc/self/statm")
    if not used.exists():
        yield
        return
    resource = import_module("resource")
    page = os.sysconf("SC_PAGE_SIZE")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = int(used.read_text(encoding="ascii").split()[0]) * page + _BESIDE
    most += int(os.sysconf("SC_PHYS_PAGES") * page * share)
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
