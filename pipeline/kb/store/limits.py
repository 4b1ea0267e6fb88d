"""What a statement that a person wrote may cost: time, and memory."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import duckdb

from kb.errors import KbError
from kb.settings import FILE, Sql

STOPPED = "Query interrupted"
"""What DuckDB's Python client says, as a RuntimeError, when a query is stopped."""

_EVERY = 0.01
"""So often, in seconds, it is looked at what a statement took."""

_SIZES = Path("/proc/self/statm")
"""What this process takes, in pages: of address space, and of memory. Only Linux shows it."""

_BESIDE = 1 << 30
"""Address space for all that is no memory of a statement, in bytes: threads, libraries, what is only reserved."""


@contextmanager
def within(connection: duckdb.DuckDBPyConnection, limits: Sql) -> Iterator[None]:
    """Stop what a connection does meanwhile where it takes longer, or more memory, than the limits allow.

    Raises:
        KbError: it did.
    """
    watch = _Watch(connection, limits)
    try:
        with watch, _address_space(limits.memory):
            yield
    except (duckdb.OutOfMemoryException, MemoryError):
        raise KbError(watch.too_large) from None
    except (duckdb.InterruptException, RuntimeError) as error:
        if watch.reason and (isinstance(error, duckdb.InterruptException) or str(error) == STOPPED):
            raise KbError(watch.reason) from None
        raise


class _Watch(threading.Thread):
    """Interrupts a connection, again and again, from when it takes too much until it is done; `reason` is what it took."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, limits: Sql) -> None:
        super().__init__(daemon=True)
        self.reason: str | None = None
        self.too_large = (
            f"takes more than {limits.memory:.0%} of the memory; ask for less, or raise `sql.memory` in {FILE}"
        )
        self._too_late = f"takes longer than {limits.seconds:g} s; ask for less, or raise `sql.seconds` in {FILE}"
        self._connection = connection
        self._deadline = time.monotonic() + limits.seconds if limits.seconds else float("inf")
        self._most = _taken()[1] + limits.memory * _memory()
        self._done = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        while not self._done.wait(_EVERY):
            if self.reason is None and time.monotonic() > self._deadline:
                self.reason = self._too_late
            elif self.reason is None and _taken()[1] > self._most:
                self.reason = self.too_large
            if self.reason:
                self._connection.interrupt()


def _taken() -> tuple[int, int]:
    """The address space and the memory that this process takes, in bytes."""
    if not _SIZES.exists():
        return 0, 0
    space, memory, *_ = map(int, _SIZES.read_text(encoding="ascii").split())
    return space * _page(), memory * _page()


def _page() -> int:
    return os.sysconf("SC_PAGE_SIZE")


def _memory() -> int:
    """What the machine has, in bytes."""
    return os.sysconf("SC_PHYS_PAGES") * _page() if _SIZES.exists() else 0


@contextmanager
def _address_space(share: float) -> Iterator[None]:
    """Let this process get no more address space than such a share of the memory, where the system can say so.

    One text that a function makes can be larger than all memory before anybody looks; DuckDB's own limit does not count it.
    """
    if not _SIZES.exists():
        yield
        return
    resource = import_module("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _taken()[0] + _BESIDE + int(share * _memory())
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
