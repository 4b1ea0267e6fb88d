"""How a store is opened, and the messages where that fails."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from kb.errors import KbError
from kb.store.interrupts import stopped_by_signals
from kb.store.limits import STOPPED
from kb.words import first_line

OFFLINE: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


class BrokenStoreError(KbError):
    """A store that cannot be opened, or not be read to its end."""


@contextmanager
def connected(path: str, config: dict[str, Any], *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection, closed in the end; what a disk or another process can cause is one line.

    Raises:
        KbError: it cannot be opened, or the disk or the memory is full.
        KeyboardInterrupt: a person stopped a query.
    """
    with (
        _interrupted(),
        _within_reach(path, read_only=read_only) as reachable,
        _opened(reachable, config, read_only=read_only) as connection,
    ):
        yield connection


@contextmanager
def _interrupted() -> Iterator[None]:
    """Let an interrupted query be what it is, whichever it is: the first one attaches the store."""
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        if str(error) == STOPPED:
            raise KeyboardInterrupt from None
        raise


@contextmanager
def _within_reach(path: str, *, read_only: bool) -> Iterator[str]:
    """Where DuckDB finds a store: in the name of a folder it takes what follows a `?` for options."""
    if "?" not in path:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        copy = Path(folder) / Path(path).name
        if Path(path).exists():
            shutil.copyfile(path, copy)
        yield str(copy)
        if not read_only:
            shutil.copyfile(copy, path)


@contextmanager
def _opened(path: str, config: dict[str, Any], *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    name = Path(path).name
    if "\\" in path:
        raise KbError(f"{path}: DuckDB reads no path with a backslash; rename the folder")
    try:
        path.encode()
        connection = duckdb.connect(path, read_only=True, config=config) if read_only else _attached(path, config)
    except UnicodeEncodeError:
        raise KbError(f"{name}: lies in a folder whose name is not valid UTF-8; rename that") from None
    except duckdb.Error as error:
        raise _unopened(name, str(error)) from None
    try:
        if not read_only:
            connection.execute("SET TimeZone = 'UTC'")
        with stopped_by_signals(connection):
            yield connection
    except duckdb.Error as error:
        fault = _fault(name, error)
        if fault is None:
            raise
        raise fault from None
    finally:
        connection.close()


def _unopened(name: str, reason: str) -> KbError:
    if "lock" in reason and "block" not in reason:
        return KbError(f"{name}: cannot be opened; another program has it open for writing; close that first")
    if "version number" in reason:
        return BrokenStoreError(
            f"{name}: cannot be opened, for a newer DuckDB wrote it; use the kb that did, or {_MOVE}"
        )
    return BrokenStoreError(f"{name}: cannot be opened ({' '.join(reason.split())[:_MOST]}); {_MOVE}")


def _fault(name: str, error: duckdb.Error) -> KbError | None:
    """What a disk, the memory or a store that others changed can cause; None where it is another thing."""
    reason = first_line(error)
    checksum_failed = "checksum" in reason.lower() or "corrupt" in reason.lower()
    if isinstance(error, duckdb.SerializationException | duckdb.FatalException) or (
        checksum_failed and (isinstance(error, duckdb.IOException) or type(error) is duckdb.Error)
    ):
        return BrokenStoreError(f"{name}: is damaged ({reason[:_MOST]}); {_MOVE}")
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return KbError(f"{name}: {reason}; free some disk or memory, nothing was published")
    return None


_MOVE = "move it away, then run `kb ingest`"


_MOST = 160
"""So many characters of what DuckDB says are shown."""


BASE_NAME = "kb"


_ROW_GROUP = 4096
"""Rows that are written together, and compressed by one thread. DuckDB's own figure, 122,880, is made for narrow rows: of
records that is 700 MB, and a slice of them would be no work for two threads."""


def _attached(path: str, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=config)
    if path != ":memory:":
        file = path.replace("'", "''")
        # no log of writes: a store in the making that is not finished is thrown away
        options = f"ROW_GROUP_SIZE {_ROW_GROUP}, RECOVERY_MODE no_wal_writes"
        connection.execute(f"ATTACH '{file}' AS {BASE_NAME} ({options}); USE {BASE_NAME}")
    return connection
