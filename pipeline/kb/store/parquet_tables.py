"""A base as a folder of Parquet files, a folder for each table, as views that are asked as the tables of a store are.

Of some types of DuckDB Parquet, or who writes it, knows none: `stored` says how such a column is kept, the view brings it back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import KbError
from kb.settings import Sql
from kb.store import Store
from kb.store.connection import OFFLINE, connected
from kb.store.layout import TableColumn, script, tables, working_tables
from kb.workspace import TABLES

NUMBERED = "numbered"
"""The schema in which every table has a `rowid`, as those of a store have."""

_HALF, _WHOLE = 1 << 63, 1 << 64

_CHANGED = {"JSON": "VARCHAR", "UINTEGER": "BIGINT"}


def stored(column: TableColumn) -> str:
    """The expression that makes of a column what is kept, under its name: numbers without a sign wrap around."""
    return f"{_kept(column.name, column.type)} AS {column.name}"


def _kept(name: str, kind: str, depth: int = 0) -> str:
    if kind.endswith("[]"):
        inner = _kept(f"x{depth}", kind[:-2], depth + 1)
        return name if inner == f"x{depth}" else f"list_transform({name}, lambda x{depth}: {inner})"
    if kind == "UBIGINT":
        return f"CAST(CASE WHEN {name} >= {_HALF} THEN CAST({name} AS HUGEINT) - {_WHOLE} ELSE {name} END AS BIGINT)"
    if kind == "TIMESTAMP_NS":
        return f"epoch_ns({name})"
    return f"CAST({name} AS {_CHANGED[kind]})" if kind in _CHANGED else name


def brought_back(column: TableColumn) -> str:
    """The expression that makes of what is kept the column, under its name."""
    return f"{_brought_back(column.name, column.type)} AS {column.name}"


def _brought_back(name: str, kind: str, depth: int = 0) -> str:
    if kind.endswith("[]"):
        inner = _brought_back(f"x{depth}", kind[:-2], depth + 1)
        return f"CAST(list_transform({name}, lambda x{depth}: {inner}) AS {kind})"
    if kind == "UBIGINT":
        return f"CAST(CASE WHEN {name} < 0 THEN CAST({name} AS HUGEINT) + {_WHOLE} ELSE {name} END AS UBIGINT)"
    return f"make_timestamp_ns({name})" if kind == "TIMESTAMP_NS" else f"CAST({name} AS {kind})"


def is_one(folder: Path) -> bool:
    """Whether a folder holds the tables of a base."""
    return (folder / TABLES / "records").is_dir()


def declared() -> dict[str, tuple[TableColumn, ...]]:
    """Every table that is kept: those that are published, and those that kb has for itself."""
    return {name: columns for name, (_, columns) in (tables() | working_tables()).items()}


def views(folder: Path) -> Iterator[str]:
    """The statements that make a view of each table below a folder, and an empty table of each that has no file."""
    yield f"CREATE SCHEMA {NUMBERED}"
    for table, columns in declared().items():
        files = folder / table
        if not any(files.rglob("*.parquet")):
            yield f"CREATE TABLE {table} ({', '.join(f'{column.name} {column.type}' for column in columns)})"
            yield f"CREATE VIEW {NUMBERED}.{table} AS SELECT *, rowid FROM main.{table}"
            continue
        pattern = _quoted(f"{_as_pattern(files)}/**/*.parquet")
        filed = any(files.glob("domain=*"))
        by_folder = (
            "hive_partitioning = true, hive_types = {'domain': VARCHAR}" if filed else "hive_partitioning = false"
        )
        read = f"read_parquet({pattern}, {by_folder}, file_row_number = true, filename = true)"
        values = ", ".join(map(brought_back, columns))
        yield f"CREATE VIEW {table} AS SELECT {values} FROM {read}"
        yield (
            f"CREATE VIEW {NUMBERED}.{table} AS SELECT {values}, hash(filename, file_row_number) AS rowid FROM {read}"
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _as_pattern(path: Path) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


@contextmanager
def read(folder: Path, *, files: bool = False, limits: Sql | None = None) -> Iterator[Store]:
    """The base below a folder, read-only; DuckDB may read its tables, and nothing else but for `files`.

    Raises:
        KbError: there is none, or it cannot be read.
    """
    if not is_one(folder):
        raise KbError(f"{folder.name}: there is no base of Parquet tables here; see `kb ingest --engine spark`")
    config = dict(OFFLINE)
    if limits is not None:
        config |= {"memory_limit": f"{max(limits.memory, 0.01):.0%}", "temp_directory": ""}
    with connected(":memory:", config) as connection:
        for statement in views((folder / TABLES).absolute()):
            connection.execute(statement)
        connection.execute(script("macros.sql"))
        if not files:
            connection.execute(f"SET allowed_directories = [{_quoted(str((folder / TABLES).absolute()))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        yield ParquetStore(connection)


class ParquetStore(Store):
    """Tables in Parquet files, open for reading."""

    numbered = f"{NUMBERED}."

    def unlike_declared(self) -> str | None:
        """None: the views are made as the scripts declare the tables, and what does not fit cannot be read."""
        return None

    def documents(self, where: str = "true") -> Iterator[tuple[str, str]]:
        """Id and document of the records that an SQL condition picks, in the order of ids."""
        with self.cursor() as cursor:
            cursor.execute(f"SELECT id, doc FROM records WHERE ({where}\n) ORDER BY id")
            while rows := cursor.fetchmany(1024):
                yield from rows
