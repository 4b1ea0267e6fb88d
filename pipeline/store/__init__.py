"""The DuckDB store, and the only importer of duckdb: what can be asked of it. What fills it is in draft.py."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb

from pipeline.model import KbError, Table
from pipeline.store import exact
from pipeline.store.layout import macros, tables, working_tables

T = TypeVar("T")

PUBLISHED = ("records", "dead_ends", "workarounds", "versions", "transitions", "sources", "findings", "changes",
             "quarantine", "copies", "finding_changes", "files", "runs", "figures")  # fmt: skip

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
        """The first rows of an answer, and how many there are; the last line of the query is its ORDER BY."""
        columns, rows = self.query(f"FROM ({sql}) LIMIT {limit + 1}", parameters)
        if len(rows) <= limit:
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
        return self._missing_macro()

    def _columns(self, table: str) -> dict[str, str]:
        try:
            cursor = self.connection.execute(f"FROM {table} LIMIT 0")
        except duckdb.CatalogException:
            return {}
        return {name: str(kind) for name, kind, *_ in cursor.description or ()}

    def _missing_macro(self) -> str | None:
        calls = [
            f"(SELECT 1 FROM {call} LIMIT 0)" if is_table else call
            for name, (parameters, is_table, _) in macros().items()
            for call in [f"{name}({', '.join('NULL' for given in parameters.split(',') if ':=' not in given)})"]
        ]
        try:
            self.connection.execute(f"SELECT {', '.join(calls)} LIMIT 0")
        except duckdb.Error:  # the list of all functions takes longer than most questions, so it is made only now
            names = {
                row[0] for row in self.query("SELECT function_name FROM duckdb_functions() WHERE NOT internal").rows
            }
            return min(macros().keys() - names, default=None)
        return None


@contextmanager
def read(path: Path, *, files: bool = False, any_layout: bool = False) -> Iterator[Store]:
    """An existing store, read-only, without access to the network, and without access to files but for `files`.

    Raises:
        KbError: there is none, or it cannot be opened, or (but for `any_layout`) its tables are not those of this kb.
    """
    if not path.is_file():
        raise KbError(f"{path.name}: there is no knowledge base here yet; run `kb ingest`")
    locked = OFFLINE | {"enable_external_access": files, "lock_configuration": True}
    with connected(str(path), locked, read_only=True) as connection:
        store = Store(connection)
        odd = None if any_layout else store.unlike_declared()
        if odd:
            raise KbError(f"{path.name}: {odd} is not as this kb makes it; run `kb ingest` to make it anew")
        yield store


@contextmanager
def connected(path: str, config: dict[str, Any], *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection, closed in the end; what a disk or another process can cause is one line.

    Raises:
        KbError: it cannot be opened, or the disk or the memory is full.
        KeyboardInterrupt: a person stopped a query.
    """
    try:
        path.encode()
        connection = duckdb.connect(path, read_only=True, config=config) if read_only else _attached(path, config)
    except UnicodeEncodeError:
        raise KbError(f"{Path(path).name}: lies in a folder whose name is not valid UTF-8; rename that") from None
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        held = "lock" in reason
        hint = "another program has it open for writing; close that first" if held else "delete it and run `kb ingest`"
        raise KbError(f"{Path(path).name}: cannot be opened; {hint}") from None
    except duckdb.Error as error:
        raise KbError(
            f"{Path(path).name}: cannot be opened ({str(error).splitlines()[0]}); delete it and run `kb ingest`"
        ) from None
    try:
        if not read_only:
            connection.execute("SET TimeZone = 'UTC'")
        yield connection
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        if str(error) == _STOPPED:
            raise KeyboardInterrupt from None
        raise
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise KbError(
            f"{Path(path).name}: {first_line(error)}; free some disk or memory, nothing was published"
        ) from None
    finally:
        connection.close()


_STOPPED = "Query interrupted"
"""What DuckDB's Python client says, as a RuntimeError, when Ctrl-C stops a query."""

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


def select(store: Store, sql: str) -> Table:
    """Answer a question of a person: one statement that reads.

    Raises:
        KbError: it is none, or DuckDB refuses it; the first line of its reason is told.
    """

    def ask() -> Table:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1:
            raise KbError(f"kb sql takes one statement, this is {len(statements)}")
        if statements[0].type not in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}:
            raise KbError(
                "kb sql only reads: SELECT, DESCRIBE, SHOW, EXPLAIN; to change the base, change raw/ and run `kb ingest`"
            )
        return _whole(store, statements[0].query)

    return guarded(ask)


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
