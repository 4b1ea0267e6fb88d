"""The folder that Spark fills: made ready beside its place, and put there by one rename, or not at all."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kb import __version__
from kb.errors import GateError, KbError
from kb.judging.request import Request
from kb.planning.carrying import outcome
from kb.publish import curated_files, integrity, match_file, swap
from kb.reports import Options
from kb.results import IngestResult
from kb.rules.ruleset import RuleSet
from kb.settings import FILE, LAYOUTS
from kb.spark.stages import all_tables, arrow_struct, arrow_type
from kb.store import Store, parquet_tables, runs
from kb.store.build import Draft, create
from kb.store.counts import Counts
from kb.store.parquet_tables import stored
from kb.workspace import MANIFEST, MATCH_INDEX, METRICS, TABLES, Workspace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_OWN = (TABLES, "curated", ".kb", MANIFEST, FILE, "rules", "formats")
"""What kb writes there; it replaces nothing else."""

_WORK = ("outcomes", "loaded", "settled", "found", "pairs", "asked", "shared")

MOST_INDEXED = 5_000_000
"""With more records no index of `kb match` is made: one process holds it whole."""


@contextmanager
def writer(folder: Path) -> Iterator[Path]:
    """Be the one that fills a folder; yields an empty one beside it, which takes its place when all went well.

    Raises:
        KbError: the folder holds what kb did not make, another kb fills it, or the disk refuses; it is then as it was.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - what only reads does without

    folder = folder.absolute()
    _check_own(folder)
    work = folder.with_name(f".{folder.name}.next")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock"), timeout=0):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            try:
                yield work
                for name in _WORK:
                    shutil.rmtree(work / name, ignore_errors=True)
                if hasattr(os, "sync"):
                    os.sync()
                swap.exchange(work, folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except Timeout:
        raise KbError(f"{folder.name}: another kb fills this folder; wait for it to end, or stop it") from None
    except OSError as error:
        raise KbError(f"{folder.name}: cannot write {error.filename}: {error.strerror}; it is as it was") from None


def _check_own(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise KbError(f"{folder}: is no folder; name another place for the tables")
    strange = sorted(entry.name for entry in folder.iterdir() if entry.name not in _OWN)
    if strange or (any(folder.iterdir()) and not parquet_tables.is_one(folder)):
        other = strange[0] if strange else "no tables"
        raise KbError(
            f"{folder}: holds {other}, which `kb ingest --engine spark` did not make; name a folder of its own"
        )


def folder_of(work: Path, table: str) -> Path:
    """Where a table lies."""
    return work / TABLES / table


# ---- small tables, by this process -----------------------------------------------------------------------------------


def rows_of(draft: Draft, table: str, where: str = "true") -> pa.Table:
    """The rows of a table of the driver's, as they are kept."""
    columns = ", ".join(stored(column) for column in all_tables()[table])
    rows = draft.connection.sql(f"SELECT {columns} FROM {table} WHERE {where}").to_arrow_table()
    schema = pa.schema(list(arrow_struct(table)))
    return pa.table([rows.column(field.name).cast(field.type) for field in schema], schema=schema)


def write_few(draft: Draft, work: Path, table: str) -> None:
    """Write a table that is small whatever the base."""
    _write_table(work, table, rows_of(draft, table))


def _write_table(work: Path, table: str, rows: pa.Table) -> None:
    folder = folder_of(work, table)
    folder.mkdir(parents=True)
    if rows.num_rows:
        pq.write_table(rows, folder / "part-00000.parquet", compression="zstd")


def write_files(work: Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write what is known of the files that were read, in the order of the columns."""
    columns = all_tables()["files"]
    kinds = [pa.int64() if column.type == "TIMESTAMP_NS" else arrow_type(column.type) for column in columns]
    values = zip(*rows, strict=True) if rows else [[] for _ in columns]
    arrays = [
        pa.array([_signed(v) if column.type == "UBIGINT" else v for v in column_values], kind)
        for column, kind, column_values in zip(columns, kinds, values, strict=True)
    ]
    _write_table(work, "files", pa.table(arrays, names=[column.name for column in columns]))


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number


def insert(draft: Draft, table: str, rows: pa.Table) -> None:
    """Put rows, as they are kept, into a table of the driver's."""
    if not rows.num_rows:
        return
    draft.connection.register("kept_rows", rows)
    values = ", ".join(parquet_tables.brought_back(column) for column in all_tables()[table])
    draft.connection.execute(f"INSERT INTO {table} BY NAME SELECT {values} FROM kept_rows")
    draft.connection.unregister("kept_rows")


@contextmanager
def asked_in_place(spark: "SparkSession", work: Path) -> Iterator[Store]:
    """The tables as the session sees them now, for a DuckDB of this process."""
    folder = work / "asked"
    if not folder.exists():
        for table in parquet_tables.declared():
            if spark.catalog.tableExists(table):
                spark.table(table).write.parquet(str(folder / TABLES / table))
    with parquet_tables.read(folder, files=True) as base:
        yield base


# ---- the end ---------------------------------------------------------------------------------------------------------


class Beforehand(NamedTuple):
    """What the steps before tell: how many records were read, and what a DuckDB of this process answered, with the reason."""

    read: int
    elsewhere: Mapping[str, str]


def finish(
    base: Store, work: Path, workspace: Workspace, rules: RuleSet, request: Request, known: Beforehand
) -> IngestResult:
    """Hold the tables against their contracts, and write beside them what is published of them.

    Raises:
        GateError: a contract is broken.
    """
    breaches = integrity.check(base, rules)
    if breaches:
        raise GateError(f"the gate refuses to publish: {breaches[0]}; nothing was published")
    counts = Counts(base, [], whole=True)
    base.lay_out("departed", {"id": "VARCHAR", "doc": "UBIGINT"}, [])
    base.query("CREATE TEMP VIEW touched AS SELECT id FROM records")
    result = outcome(counts, known.read, rules, None, written=True)
    curated = work / "curated"
    curated.mkdir()
    parts = {LAYOUTS["ndjson"]: write_parts(base, curated / LAYOUTS["ndjson"])}
    written = curated_files.write(
        base, curated, curated / "nothing", Options(request.as_of), rules, curated_files.Known(elsewhere=parts)
    )
    _write_history(work, rules, request, result, orjson.loads((curated / METRICS).read_bytes()))
    scratch = work / ".kb"
    scratch.mkdir()
    if base.value("SELECT count(*) FROM records") <= MOST_INDEXED:
        noted = match_file.write_beside(base, scratch, rules.settings.own_lines)
        _write_table(work, "match_index", pa.table({name: [value] for name, value in noted.items()}))
    _copy_settings(workspace, work)
    manifest = {
        "engine": "spark",
        "kb_version": __version__,
        "as_of": request.as_of.isoformat(),
        "digest": written.digest,
        "files": written.files,
        "read": known.read,
        "answered_by_one_process": dict(sorted(known.elsewhere.items())),
        "not_run": {},
        "match_index": (scratch / MATCH_INDEX).exists(),
    }
    (work / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return result


PART_BYTES = 128 << 20


def write_parts(base: Store, folder: Path) -> str:
    """The published records as lines, in the order of ids, in parts; the digest of all of them, one behind the other."""
    folder.mkdir()
    digest, number, size = hashlib.sha256(), -1, PART_BYTES
    file: Any = None
    try:
        for _, doc in base.documents():
            if size >= PART_BYTES:
                if file is not None:
                    file.close()
                number, size = number + 1, 0
                file = (folder / f"part-{number:05d}.ndjson").open("wb")
            line = f"{doc}\n".encode()
            file.write(line)
            digest.update(line)
            size += len(line)
    finally:
        if file is not None:
            file.close()
    return digest.hexdigest()


def _write_history(
    work: Path, rules: RuleSet, request: Request, result: IngestResult, figures: Mapping[str, object]
) -> None:
    with create(None) as draft:
        runs.record_run(draft, rules, request.as_of, result, figures)
        for table in ("runs", "figures"):
            write_few(draft, work, table)


def _copy_settings(workspace: Workspace, work: Path) -> None:
    """Let the folder be read under the settings that it was made with."""
    (work / FILE).write_text(_NO_SETTINGS, encoding="utf-8")
    with suppress(FileNotFoundError):
        if workspace.configured:
            shutil.copyfile(workspace.root / FILE, work / FILE)
    for name, text in (*workspace.rule_files().items(), *workspace.format_files().items()):
        path = work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


_NO_SETTINGS = "# Made by `kb ingest --engine spark`, without settings.\n"
