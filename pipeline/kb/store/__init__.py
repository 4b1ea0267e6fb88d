"""The DuckDB store, and the only importer of duckdb: what can be asked of it. What fills it is in draft.py."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb

from kb.model import KbError, Table
from kb.store import exact
from kb.store.interrupts import stopped_by_signals
from kb.store.layout import script, tables, working_tables
from kb.store.limits import STOPPED, within
from kb.words import brief
from kb.workspace import Sql

T = TypeVar("T")

_LIMITS = Sql()

PUBLISHED = ("records", "dead_ends", "workarounds", "versions", "transitions", "sources", "findings", "changes",
             "quarantine", "copies", "finding_changes", "files", "runs", "figures")  # fmt: skip

Error = duckdb.Error
"""What DuckDB says against a store that others changed."""

OFFLINE: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


class KnownFile(NamedTuple):
    """A file as the base last saw it."""

    path: str
    root: str
    size: int
    modified: int
    inode: int
    form: str | None
    digest: str
    records: int


class Store:
    """An open store: a file, or memory. Use as a context manager, so that it is closed before the process ends."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    # ---- queries -------------------------------------------------------------------------------------------------

    def query(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None) -> Table:
        """Run one statement and fetch its answer."""
        cursor = self.connection.execute(sql, parameters)
        columns = tuple(column[0] for column in cursor.description or ())
        return Table(columns, cursor.fetchall())

    def value(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None) -> Any:  # noqa: ANN401
        """The first value of the first row."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def frame(self, sql: str) -> Any:  # noqa: ANN401 - a pandas.DataFrame; pandas stays out of most commands
        """The answer as a pandas frame."""
        return self.connection.execute(sql).df()

    def head(self, sql: str, parameters: Mapping[str, object], limit: int) -> tuple[Table, int]:
        """The first rows of an answer, and how many there are; the last line of the query is its ORDER BY.

        With a limit of 0 they are only counted, and the table has no columns.
        """
        columns, rows = self.query(f"FROM ({sql}) LIMIT {limit + 1}", parameters) if limit else Table((), [])
        if limit and len(rows) <= limit:
            return Table(columns, rows), len(rows)
        unordered = sql.rstrip().rpartition("\nORDER BY ")[0] or sql
        return Table(columns, rows[:limit]), self.value(f"SELECT count(*) FROM ({unordered})", parameters)

    def stream(
        self, sql: str, parameters: Mapping[str, object] | None = None, size: int = 4096
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of an answer, never all in memory at once."""
        with self.cursor() as cursor:
            cursor.execute(sql, parameters)
            while rows := cursor.fetchmany(size):
                yield from rows

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Another connection to the same tables, which sees no temporary one and no variable."""
        with self.connection.cursor() as cursor:
            if self.value("SELECT current_database()") == _NAME:
                cursor.execute(f"USE {_NAME}")  # a cursor does not know what its connection uses
            yield cursor

    def insert(self, table: str, types: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add rows to a table, in one statement for all of them."""
        if rows:
            lists = ", ".join(f"unnest(${i}::{kind}[])" for i, kind in enumerate(types, start=1))
            self.connection.execute(
                f"INSERT INTO {table} SELECT {lists}", [list(column) for column in zip(*rows, strict=True)]
            )

    def documents(self, where: str = "true") -> Iterator[tuple[str, str]]:
        """Id and document of the records that an SQL condition picks, in the order of ids.

        Part by part, for to put documents in order at once takes more memory than they do.
        """
        parts = self.query(
            f"""SELECT min(id), max(id), min(place), max(place) FROM (
                SELECT id, rowid AS place, (row_number() OVER (ORDER BY id) - 1) // {_PART} AS part
                FROM records WHERE ({where}\n)) GROUP BY part ORDER BY part"""
        ).rows
        with self.cursor() as cursor:  # so that the store can be asked other things between two parts
            for part in parts:
                yield from cursor.execute(
                    f"""SELECT id, doc FROM records
                    WHERE id BETWEEN $1 AND $2 AND rowid BETWEEN $3 AND $4 AND ({where}\n) ORDER BY id""",
                    part,
                ).fetchall()

    def copy_to(self, sql: str, path: Path, options: str) -> None:
        """Write the answer to a file; not for a store that was opened without access to files."""
        target = str(path).replace("'", "''")
        self.connection.execute(f"COPY ({sql}) TO '{target}' ({options})")

    def write_lines(self, sql: str, path: Path) -> None:
        """Write an answer of one text column as lines, in its order; the texts hold no control characters."""
        self.copy_to(sql, path, "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'")

    # ---- what the base knows ---------------------------------------------------------------------------------------

    def known_files(self) -> dict[str, KnownFile]:
        """The files that the base was made from, by path."""
        rows = self.query("SELECT path, root, size, epoch_ns(modified), inode, form, digest, records FROM files").rows
        return {row[0]: KnownFile(*row) for row in rows}

    def roots(self) -> list[str]:
        """The paths that were ingested; also of a store of another layout, as far as it tells."""
        try:
            return [row[0] for row in self.query("SELECT DISTINCT root FROM files ORDER BY root").rows]
        except duckdb.Error:
            return []

    def inputs_with(self, codes: Iterable[str]) -> list[tuple[str, int]]:
        """Path and position of every input with a finding of one of some codes."""
        return self.query(
            """SELECT DISTINCT path, position FROM (FROM findings UNION ALL FROM withheld)
            WHERE code IN (SELECT unnest($1::VARCHAR[])) ORDER BY ALL""",
            [list(codes)],
        ).rows

    def last_run(self) -> dict[str, Any] | None:
        """The newest row of `runs`."""
        runs = self.query("SELECT * FROM runs ORDER BY run DESC LIMIT 1").records()
        return runs[0] if runs else None

    def unlike_declared(self) -> str | None:
        """The first column of a table of ours that is not as the scripts declare it, or None."""
        for table, (_, columns) in (tables() | working_tables()).items():
            declared, found = {column.name: column.type for column in columns}, self._columns(table)
            odd = next((name for name in [*declared, *found] if declared.get(name) != found.get(name)), None)
            if odd:
                return f"{table}.{odd}"
        return next((name for name, odd in self._macros_apart() if odd), None)

    def _columns(self, table: str) -> dict[str, str]:
        try:
            cursor = self.connection.execute(f"FROM {table} LIMIT 0")
        except duckdb.Error:  # there is none, or a view that does not hold
            return {}
        return {name: str(kind) for name, kind, *_ in cursor.description or ()}

    def _macros_apart(self) -> Iterator[tuple[str, bool]]:
        """Of each macro of ours, whether it is not what the script says: a query that calls another is silently wrong."""
        with duckdb.connect(config=OFFLINE) as fresh:
            for name in ("schema.sql", "working.sql", "macros.sql"):
                fresh.execute(script(name))
            declared = fresh.execute(_DEFINED).fetchall()
        found = set(self.query(_DEFINED).rows)
        return ((row[0], row not in found) for row in declared)

    def history(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the base alone knows: which runs there were, and what the figures were after each."""
        return {table: self.query(f"FROM {table} ORDER BY ALL").rows for table in HISTORY}


HISTORY = ("runs", "figures")
"""The tables that cannot be made anew from raw/."""

_DEFINED = """
    SELECT function_name, function_type, parameters::VARCHAR, macro_definition FROM duckdb_functions()
    WHERE NOT internal AND schema_name = 'main' ORDER BY ALL
"""


@contextmanager
def read(path: Path, *, files: bool = False, any_layout: bool = False, limits: Sql | None = None) -> Iterator[Store]:
    """An existing store, read-only, without access to the network, and without access to files but for `files`.

    With `limits`, what a stranger asks takes no more than their memory, and no disk.

    Raises:
        KbError: there is none, or it cannot be opened, or (but for `any_layout`) its tables are not those of this kb.
    """
    check_kind(path)
    locked = OFFLINE | {"enable_external_access": files, "lock_configuration": True}
    if limits is not None:
        locked |= {"memory_limit": f"{max(limits.memory, 0.01):.0%}", "temp_directory": ""}
    with connected(str(path), locked, read_only=True) as connection:
        store = Store(connection)
        odd = None if any_layout else store.unlike_declared()
        if odd:
            raise KbError(_of_another(path, store) or f"{path.name}: {odd} is not as this kb makes it; {_ANEW}")
        yield store


_ANEW = "run `kb ingest` to make it anew"


def check_kind(path: Path) -> None:
    """Make sure that a file is there, and can be read, before anything waits for it.

    Raises:
        KbError: nothing, or no file, is there; or it may not be read.
    """
    if path.is_file():
        try:
            path.open("rb").close()
        except OSError as error:
            raise KbError(
                f"{path.name}: cannot be read: {error.strerror}; give yourself leave to (chmod u+rw), or move it away and"
                " run `kb ingest`"
            ) from None
    elif path.exists():
        what = "a folder" if path.is_dir() else "no file"
        raise KbError(f"{path.name}: is {what}, so kb did not make it; move it away, then run `kb ingest`")
    else:
        raise KbError(f"{path.name}: there is no knowledge base here yet; run `kb ingest`")


def check_own(path: Path, *, is_same: bool, is_as_large: bool) -> None:
    """Make sure that a file may be replaced: that it is a base, or what became of one; never overwrite what others made.

    `is_same` tells that it is, by its first header, the database that kb left; `is_as_large`, of a file that cannot be
    opened, that it may be.

    Raises:
        KbError: it is another program's, or cannot be told from that; or another program has it open.
    """
    check_kind(path)
    if path.stat().st_size == 0:
        return
    try:
        other = _of_another_in(path)
    except (BrokenStoreError, duckdb.Error) as error:
        if not (is_same or is_as_large):
            raise KbError(f"{str(error).split(';')[0]}, and it cannot be told to be kb's; {_MOVE}") from None
    else:
        if other and not is_same:
            raise KbError(other)


_MOVE = "move it away, then run `kb ingest`"


def _of_another_in(path: Path) -> str | None:
    with path.open("rb") as file:
        if file.read(12)[8:] != b"DUCK":
            raise BrokenStoreError(f"{path.name}: is no DuckDB database")
    with connected(str(path), OFFLINE, read_only=True) as connection:
        return _of_another(path, Store(connection))


def _of_another(path: Path, store: Store) -> str | None:
    """What to say of a database that holds tables, but most of ours are not among them."""
    found = {row[0] for row in store.query("SELECT table_name FROM duckdb_tables() WHERE NOT internal").rows}
    if not found or len(found.intersection(PUBLISHED)) >= len(PUBLISHED) / 2:
        return None
    strange = min(found - tables().keys() - working_tables().keys(), default=min(found))
    return f"{path.name}: is another program's database (it has the table {brief(strange)}); {_MOVE}"


class BrokenStoreError(KbError):
    """A store that cannot be opened, or not be read to its end."""


@contextmanager
def connected(path: str, config: dict[str, Any], *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection, closed in the end; what a disk or another process can cause is one line.

    Raises:
        KbError: it cannot be opened, or the disk or the memory is full.
        KeyboardInterrupt: a person stopped a query.
    """
    with _within_reach(path, read_only=read_only) as place, _opened(place, config, read_only=read_only) as connection:
        yield connection


@contextmanager
def _within_reach(path: str, *, read_only: bool) -> Iterator[str]:
    """Where DuckDB finds a store: of the name of a folder it takes what follows a `?` for options."""
    if "?" not in path:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        place = Path(folder) / Path(path).name
        if Path(path).exists():
            shutil.copyfile(path, place)
        yield str(place)
        if not read_only:
            shutil.copyfile(place, path)


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
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        if str(error) == STOPPED:
            raise KeyboardInterrupt from None
        raise
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
            f"{name}: cannot be opened, for a newer DuckDB wrote it; use the kb that did, or {_DELETE}"
        )
    return BrokenStoreError(f"{name}: cannot be opened ({' '.join(reason.split())[:_MOST]}); {_DELETE}")


def _fault(name: str, error: duckdb.Error) -> KbError | None:
    """What a disk, the memory or a store that others changed can cause; None where it is another thing."""
    reason = first_line(error)
    told_by_checksum = "checksum" in reason.lower() or "corrupt" in reason.lower()
    if isinstance(error, duckdb.SerializationException | duckdb.FatalException) or (
        told_by_checksum and (isinstance(error, duckdb.IOException) or type(error) is duckdb.Error)
    ):
        return BrokenStoreError(f"{name}: is damaged ({reason[:_MOST]}); {_DELETE}")
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return KbError(f"{name}: {reason}; free some disk or memory, nothing was published")
    return None


_DELETE = "delete it and run `kb ingest`"

_MOST = 160
"""So many characters of what DuckDB says are shown."""

_NAME = "kb"

_PART = 8192

_ROW_GROUP = 4096
"""Rows that are written together, and compressed by one thread. DuckDB's own figure, 122,880, is made for narrow rows: of
records that is 700 MB, and a slice of them would be no work for two threads."""


def _attached(path: str, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=config)
    if path != ":memory:":
        file = path.replace("'", "''")
        # no log of writes: a store in the making that is not finished is thrown away
        options = f"ROW_GROUP_SIZE {_ROW_GROUP}, RECOVERY_MODE no_wal_writes"
        connection.execute(f"ATTACH '{file}' AS {_NAME} ({options}); USE {_NAME}")
    return connection


def as_pattern(path: Path) -> str:
    """What DuckDB's readers find this file by, and no other: they take a path for a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def select(store: Store, sql: str, limits: Sql = _LIMITS) -> Table:
    """Answer a question of a person: one statement that reads, and keeps the limits.

    Raises:
        KbError: it is none, or DuckDB refuses it; the first line of its reason is told.
    """

    def ask() -> Table:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1:
            raise KbError(f"kb sql takes one statement, this is {len(statements)}")
        if not _reads(statements[0]):
            raise KbError(
                "kb sql only reads: SELECT, DESCRIBE, SHOW, EXPLAIN; to change the base, change raw/ and run `kb ingest`"
            )
        return _bounded(store, limits, lambda: _whole(store, statements[0].query))

    return guarded(ask)


def measured(store: Store, sql: str, limits: Sql = _LIMITS, parameters: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - as `value`
    """The first value of a query in which a condition stands that a person wrote; it keeps the limits.

    Raises:
        KbError: DuckDB refuses the condition, or it takes too much.
    """
    return guarded(lambda: _bounded(store, limits, lambda: store.value(sql, parameters)))


def _bounded(store: Store, limits: Sql, ask: Callable[[], T]) -> T:
    try:
        with within(store.connection, limits):
            return ask()
    except KbError as error:
        raise KbError(f"sql: {error}") from None


def _reads(statement: duckdb.Statement) -> bool:
    try:
        return statement.type in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
    except ValueError:  # a kind that the client has no word for
        return False


def _whole(store: Store, sql: str) -> Table:
    """The answer to a query, with what has no equal in Python as text."""
    sql = _without_its_end(sql)
    try:
        shape = store.connection.execute(f"FROM ({sql}\n) LIMIT 0").description
    except duckdb.InterruptException:
        raise
    except duckdb.Error:  # an EXPLAIN, or a mistake, of which DuckDB tells better where nothing stands around it
        return store.query(sql)
    retold = exact.columns([kind for _, kind, *_ in shape])
    if retold is None:
        return store.query(sql)
    names = tuple(name for (name,) in store.query(f"SELECT column_name FROM (DESCRIBE {sql}\n)").rows)
    return Table(names, store.query(f"SELECT {retold} FROM ({sql}\n)").rows)


def _without_its_end(sql: str) -> str:
    """A statement that can stand in brackets: what closes it is gone, whatever comments follow."""
    text = sql.encode()
    places = [at for at, kind in duckdb.tokenize(sql) if kind != duckdb.token_type.comment]  # in bytes
    while places and text[places[-1] : places[-1] + 1] == b";":
        text = text[: places.pop()]
    return text.decode()


def _number_of_statements(sql: str) -> int:
    return len(duckdb.extract_statements(sql))


def condition(text: str) -> str:
    """One condition that a person wrote, in brackets, so that it can stand anywhere in a query.

    Raises:
        KbError: it is none, or more: it closes a bracket, adds a clause or a statement.
    """
    for query in (f"FROM records WHERE {text}\n", f"FROM records WHERE ({text}\n)"):
        if guarded(partial(_number_of_statements, query)) != 1:
            raise KbError("sql: more than one condition; write one such as domain = 'git'")
    return f"({text}\n)"


def guarded(ask: Callable[[], T]) -> T:
    """Run SQL that a person wrote; what DuckDB says against it becomes one line."""
    try:
        return ask()
    except duckdb.InterruptException:
        raise
    except duckdb.PermissionException:
        raise KbError("sql: only the tables of the base can be read: no files, no network") from None
    except duckdb.Error as error:
        raise KbError(f"sql: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """What DuckDB says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    near = [line for line in lines[1:] if line.startswith(("Candidate", "Did you mean"))]
    return "; ".join([lines[0], *near[:1]])
