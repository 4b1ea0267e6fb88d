"""The DuckDB store, and the only importer of duckdb: what can be asked of it. What fills it is in build.py."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
import orjson

from kb.errors import KbError
from kb.model import Document, Table
from kb.settings import Sql
from kb.store.connection import BASE_NAME, OFFLINE, BrokenStoreError, connected
from kb.store.layout import script, tables, working_tables
from kb.words import brief

T = TypeVar("T")


PUBLISHED = tuple(tables())
"""The tables that users may ask."""

Error = duckdb.Error
"""What DuckDB raises for a store that others changed."""


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

    numbered = ""
    """What stands before the name of a table where its rows are numbered, by `rowid`."""

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

    def holds(self, rows: str) -> bool:
        """Whether there is any row of a table, perhaps under a condition: to ask costs less than to plan what has no answer."""
        return self.connection.execute(f"SELECT true FROM {rows} LIMIT 1").fetchone() is not None

    def frame(self, sql: str) -> Any:  # noqa: ANN401 - a pandas.DataFrame; pandas stays out of most commands
        """The answer as a pandas frame."""
        return self.connection.execute(sql).df()

    def arrays(self, sql: str) -> dict[str, Any]:
        """The columns of an answer as arrays of numpy; for numbers that are never null."""
        return self.connection.execute(sql).fetchnumpy()

    def head(
        self,
        sql: str,
        parameters: Mapping[str, object],
        limit: int,
        counted: Callable[[], int] | None = None,
    ) -> tuple[Table, int]:
        """The first rows of an answer, and how many there are; the last line of the query is its ORDER BY.

        With a limit of 0 they are only counted, and the table has no columns. `counted` says how many there are, where that is
        known sooner than by asking for all of them.
        """
        columns, rows = self.first(sql, parameters, limit + 1) if limit else Table((), [])
        if limit and len(rows) <= limit:
            return Table(columns, rows), len(rows)
        return Table(columns, rows[:limit]), counted() if counted else self.count(sql, parameters)

    def first(self, sql: str, parameters: Mapping[str, object], number: int) -> Table:
        """The first rows of an answer."""
        return self.query(f"FROM ({sql}) LIMIT {number}", parameters)

    def count(self, sql: str, parameters: Mapping[str, object]) -> int:
        """How many rows an answer has; the last line of the query is its ORDER BY."""
        unordered = sql.rstrip().rpartition("\nORDER BY ")[0] or sql
        number: int = self.value(f"SELECT count(*) FROM ({unordered})", parameters)
        return number

    def stream(
        self, sql: str, parameters: Mapping[str, object] | None = None, size: int = 4096, *, beside: str | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of an answer, never all in memory at once; `beside` is for `cursor`."""
        with self.cursor(beside) as cursor:
            yield from _taken(cursor.execute(sql, parameters), size)

    def some_at_a_time(self, sql: str, size: int = 4096) -> Iterator[tuple[Any, ...]]:
        """The like over temporary tables too; until the last row is taken, nothing else may be asked."""
        yield from _taken(self.connection.execute(sql), size)

    @contextmanager
    def cursor(self, beside: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Another connection to the same tables, which sees no temporary one and no variable.

        Tables of a database `beside` the store are found by their names too.
        """
        with self.connection.cursor() as cursor:
            name = self.value("SELECT current_database()")  # a cursor does not know what its connection uses
            if beside:
                cursor.execute(f"SET search_path = '{name}.main,{beside}.main'")
            elif name == BASE_NAME:
                cursor.execute(f"USE {BASE_NAME}")
            yield cursor

    def insert(self, table: str, types: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add rows to a table, in one statement for all of them."""
        if rows:
            lists = ", ".join(f"unnest(${i}::{kind}[])" for i, kind in enumerate(types, start=1))
            self.connection.execute(
                f"INSERT INTO {table} SELECT {lists}", [list(column) for column in zip(*rows, strict=True)]
            )

    def lay_out(self, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
        """Make a temporary table of some rows, in one statement for all of them."""
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({declared})")
        self.insert(table, list(columns.values()), rows)

    def documents(self, where: str = "true") -> Iterator[tuple[str, str]]:
        """Id and document of the records that an SQL condition picks, in the order of ids.

        Range by range: sorting all documents at once takes more memory than they do.
        """
        ranges = self.query(
            f"""SELECT min(id), max(id), min(place), max(place) FROM (
                SELECT id, rowid AS place, (row_number() OVER (ORDER BY id) - 1) // {_PART} AS part
                FROM records WHERE ({where}\n)) GROUP BY part ORDER BY part"""
        ).rows
        with self.cursor() as cursor:  # so that the store can be asked other things between two ranges
            for id_range in ranges:
                yield from cursor.execute(
                    f"""SELECT id, doc FROM records
                    WHERE id BETWEEN $1 AND $2 AND rowid BETWEEN $3 AND $4 AND ({where}\n) ORDER BY id""",
                    id_range,
                ).fetchall()

    def published(self, names: Iterable[str]) -> dict[str, Document]:
        """The published records of some ids, by id; what is not published is left out."""
        asked = {"names": list(names)}
        rows = self.query("SELECT id, doc FROM records WHERE id IN (SELECT unnest($names::VARCHAR[]))", asked).rows
        return {name: orjson.loads(doc) for name, doc in rows}

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

    def domains(self) -> list[str]:
        """The domains of the records, published and rejected."""
        rows = self.query("SELECT domain FROM judgements() UNION SELECT domain FROM records ORDER BY domain").rows
        return [name for (name,) in rows if name is not None]

    def roots(self) -> list[str]:
        """The paths that were ingested; also of a store of another layout, as far as it can be read."""
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

    def events_by_record(self) -> dict[str, set[str]]:
        """The digests of the events that the base was made with, by the record that they are about."""
        rows = self.query("SELECT record_id, list(digest) FROM events GROUP BY record_id").rows
        return {name: set(digests) for name, digests in rows}

    def inputs_called(self, names: Iterable[str]) -> list[tuple[str, int]]:
        """Path and position of every input with one of some ids, published or not."""
        return self.query(
            """SELECT path, position FROM (
                SELECT id AS record_id, path, position FROM records
                UNION ALL SELECT record_id, path, position FROM quarantine WHERE NOT by_corpus
                UNION ALL SELECT record_id, path, position FROM withdrawn)
            WHERE record_id IN (SELECT unnest($1::VARCHAR[])) ORDER BY ALL""",
            [list(names)],
        ).rows

    def last_run(self) -> dict[str, Any] | None:
        """The newest row of `runs`."""
        runs = self.query("SELECT * FROM runs ORDER BY run DESC LIMIT 1").records()
        return runs[0] if runs else None

    def unlike_declared(self) -> str | None:
        """The first column of a table of ours that is not as the scripts declare it, or None."""
        there = self._columns()
        for table, (_, columns) in (tables() | working_tables()).items():
            declared, present = {column.name: column.type for column in columns}, there.get(table, {})
            odd = next((name for name in [*declared, *present] if declared.get(name) != present.get(name)), None)
            if odd:
                return f"{table}.{odd}"
        return next((name for name, odd in self._macros_apart() if odd), None)

    def _columns(self) -> dict[str, dict[str, str]]:
        """The columns of each table, with their types; a view is none of ours, whatever it shows."""
        columns: dict[str, dict[str, str]] = {}
        for table, name, kind in self.query(_COLUMNS).rows:
            columns.setdefault(table, {})[name] = kind
        return columns

    def _macros_apart(self) -> Iterator[tuple[str, bool]]:
        """Of each macro of ours, whether it is not what the script says: a query that calls another is silently wrong."""
        present = set(self.query(_DEFINED).rows)
        return ((row[0], row not in present) for row in _declared_macros())

    def history(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the base alone knows: which runs there were, and what the figures were after each."""
        return {table: self.query(f"FROM {table} ORDER BY ALL").rows for table in HISTORY}


HISTORY = ("runs", "figures")
"""The tables that cannot be made anew from raw/."""

_COLUMNS = """
    SELECT table_name, column_name, data_type FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = 'main'
        AND table_oid IN (SELECT table_oid FROM duckdb_tables() WHERE database_name = current_database())
    ORDER BY table_oid, column_index
"""

_DEFINED = """
    SELECT function_name, function_type, parameters::VARCHAR, macro_definition FROM duckdb_functions()
    WHERE NOT internal AND schema_name = 'main' ORDER BY ALL
"""


def _taken(answer: duckdb.DuckDBPyConnection, size: int) -> Iterator[tuple[Any, ...]]:
    """The rows of an answer, so many at a time."""
    while rows := answer.fetchmany(size):
        yield from rows


@cache
def _declared_macros() -> list[tuple[str, str, str, str]]:
    """The macros of the scripts as DuckDB spells them."""
    with duckdb.connect(config=OFFLINE) as fresh:
        for name in ("schema.sql", "working.sql", "macros.sql"):
            fresh.execute(script(name))
        return fresh.execute(_DEFINED).fetchall()


@contextmanager
def read(path: Path, *, files: bool = False, any_layout: bool = False, limits: Sql | None = None) -> Iterator[Store]:
    """An existing store, read-only, without access to the network, and without access to files but for `files`.

    With `limits`, a query of a stranger uses no more than their memory, and no disk.

    Raises:
        KbError: there is none, or it cannot be opened, or (but for `any_layout`) its tables are not those of this kb.
    """
    check_kind(path)
    status = path.stat()
    state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    locked = OFFLINE | {"enable_external_access": files, "lock_configuration": True}
    if limits is not None:
        locked |= {"memory_limit": f"{max(limits.memory, 0.01):.0%}", "temp_directory": ""}
    with connected(str(path), locked, read_only=True) as connection:
        store = Store(connection)
        is_known = state in _AS_DECLARED and not path.with_name(f"{path.name}.wal").exists()
        if not any_layout and not is_known:
            odd = store.unlike_declared()
            if odd:
                raise KbError(_of_another(path, store) or f"{path.name}: {odd} has an outdated schema; {_ANEW}")
            _AS_DECLARED.add(state)
        yield store


_ANEW = "run `kb ingest` to make it anew"

_AS_DECLARED: set[tuple[int, int, int, int]] = set()
"""The states of files whose layout was looked at: what serves many questions looks once."""


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
                f"{path.name}: cannot be read: {error.strerror}; allow it (chmod u+rw), or move it away and"
                " run `kb ingest`"
            ) from None
    elif path.exists():
        what = "a folder" if path.is_dir() else "no file"
        raise KbError(f"{path.name}: is {what}, so kb did not make it; move it away, then run `kb ingest`")
    else:
        raise KbError(f"{path.name}: there is no knowledge base here yet; run `kb ingest`")


def check_own(path: Path, *, is_same: bool, is_as_large: bool) -> None:
    """Make sure that a file may be replaced: that it is a base, or what became of one; never overwrite what others made.

    `is_same`: it is, by its first header, the database that kb left; `is_as_large`: a file that cannot be
    opened may be.

    Raises:
        KbError: it is another program's, or cannot be distinguished from that; or another program has it open.
    """
    check_kind(path)
    if path.stat().st_size == 0:
        return
    try:
        other = _of_another_in(path)
    except (BrokenStoreError, duckdb.Error) as error:
        if not (is_same or is_as_large):
            raise KbError(f"{str(error).split(';')[0]}, and it may not be kb's; {_MOVE}") from None
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
    """The message for a database that holds tables, but few of ours; None for any other."""
    present = {row[0] for row in store.query("SELECT table_name FROM duckdb_tables() WHERE NOT internal").rows}
    if not present or len(present.intersection(PUBLISHED)) >= len(PUBLISHED) / 2:
        return None
    strange = min(present - tables().keys() - working_tables().keys(), default=min(present))
    return f"{path.name}: is another program's database (it has the table {brief(strange)}); {_MOVE}"


_PART = 8192


def as_pattern(path: Path) -> str:
    """What DuckDB's readers find this file by, and no other: they take a path for a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
