"""What runs in Spark's workers: functions from batches of Arrow to batches of Arrow, pure but for the files that they read.

Each gets the rules as `Given`, and makes them ready once a process. What the scripts of the store say of single records they
say here, in a DuckDB of the worker's own, which nothing is left in from one batch to the next.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pyarrow as pa

from kb import __version__, sources
from kb.curate.batch import curate_batch
from kb.engine import CHUNK_BYTES
from kb.errors import KbError
from kb.model import Incoming
from kb.rules.ruleset import RuleSet
from kb.sources import LineSpan, SourceFile
from kb.store import corpus
from kb.store.build import Demoted, Draft, create, with_fingerprint
from kb.store.layout import tables, working_tables
from kb.store.parquet_tables import stored

if TYPE_CHECKING:
    from pyspark.broadcast import Broadcast

Batches = Iterator[pa.RecordBatch]


class Given(NamedTuple):
    """What a worker makes the rules of; `key` says whether it has made them, `version` is that of the kb that asks."""

    key: str
    version: str
    parts: "Broadcast[tuple[Any, ...]]"


_MADE: dict[str, RuleSet] = {}


def _rules(given: Given) -> RuleSet:
    if given.version != __version__:
        raise KbError(f"a worker has kb {__version__}, and this is {given.version}; install the same everywhere")
    if given.key not in _MADE:
        _MADE.clear()
        _MADE[given.key] = RuleSet(*given.parts.value)
    return _MADE[given.key]


# ---- the record stage ------------------------------------------------------------------------------------------------

OUTCOMES = pa.schema(
    [
        ("kind", pa.string()),
        ("path", pa.string()),
        ("position", pa.int64()),
        ("line", pa.int64()),
        ("digest", pa.string()),
        ("id", pa.string()),
        ("content", pa.string()),
        ("last_updated", pa.string()),
        ("raw", pa.binary()),
        ("outcome", pa.binary()),
    ]
)
"""A row of kind `record` for each record, `file` for each file or span of one, `error` for what cannot be read.

`id`, `content` and `last_updated` are the claim of a record that is fit to publish; of a file `outcome` is JSON.
"""


def surveyed(given: Given, size: int, batches: Batches) -> Batches:
    """Of each file of lines its digest, how many records it holds, and its spans."""
    rules = _rules(given)
    for batch in batches:
        rows = []
        for work in batch.to_pylist():
            file = _file(work, rules)
            try:
                found = sources.survey(file, size)
                facts = {**found._asdict(), "spans": [*map(list, found.spans)]}
                rows.append(_row("file", path=file.name, outcome=orjson.dumps(facts)))
            except KbError as error:
                rows.append(_row("error", path=file.name, outcome=str(error).encode()))
        yield from _batches(rows)


def judged(given: Given, batches: Batches) -> Batches:
    """The record stage: the records of the files and spans that are named, each with what became of it."""
    rules = _rules(given)
    for batch in batches:
        for work in batch.to_pylist():
            try:
                yield from _judged_file(work, rules)
            except KbError as error:
                yield from _batches([_row("error", path=work["name"], outcome=str(error).encode())])


def _judged_file(work: Mapping[str, Any], rules: RuleSet) -> Batches:
    file = _file(work, rules)
    noted: list[dict[str, Any]] = []

    def done(reading: sources.Reading) -> None:
        noted.append({"digest": reading.digest, "note": reading.note, "alien": reading.alien})

    def done_span(remark: str | None, fits: bool) -> None:  # noqa: FBT001 - as `read_span` calls it
        noted.append({"digest": None, "note": remark and f"{file.name}: {remark}", "alien": not fits})

    if work["begin"] < 0:
        incoming = sources.read(file, done)
    else:
        incoming = sources.read_span(
            file, LineSpan(work["begin"], work["end"], work["lines"], work["records"]), done_span
        )
    count = 0
    for chunk in _chunks(incoming):
        count += len(chunk)
        yield from _batches(list(_judged(chunk, rules)))
    facts = {key: work[key] for key in ("name", "size", "modified", "form", "begin")}
    entry = {**facts, "inode": int(work["inode"]), **noted[0], "records": count}
    yield from _batches([_row("file", path=file.name, outcome=orjson.dumps(entry))])


def judged_texts(given: Given, batches: Batches) -> Batches:
    """The record stage over rows of `path`, `position` and `text`, as of a table of Parquet: each text is a record."""
    rules = _rules(given)
    limit = rules.settings.limits.record_bytes
    for batch in batches:
        chunk = [
            sources.of_text(row["path"], row["position"], row["text"] or b"", limit, row["form"])
            for row in batch.to_pylist()
        ]
        for some in _chunks(iter(chunk)):
            yield from _batches(list(_judged(some, rules)))


def _file(work: Mapping[str, Any], rules: RuleSet) -> SourceFile:
    limits = rules.settings.limits
    return SourceFile(
        work["name"], work["path"], work["size"], work["modified"], int(work["inode"]), work["form"], limits=limits,
        formats=rules.formats,
    )  # fmt: skip


def _chunks(incoming: Iterator[Incoming]) -> Iterator[list[Incoming]]:
    chunk: list[Incoming] = []
    size = 0
    for record in incoming:
        chunk.append(record)
        size += len(record.raw)
        if size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _judged(chunk: Sequence[Incoming], rules: RuleSet) -> Iterator[dict[str, Any]]:
    batch = curate_batch(chunk, rules)
    claims = {(c["path"], c["position"]): c for c in map(orjson.loads, batch.claims.splitlines()) if c}
    for incoming, outcome in zip(chunk, batch.outcomes.splitlines(), strict=True):
        path, position, line, digest = incoming.origin
        claim = claims.get((path, position), {})
        yield _row(
            "record", path=path, position=position, line=line, digest=digest, id=claim.get("id"),
            content=claim.get("content"), last_updated=claim.get("last_updated"), raw=incoming.raw, outcome=outcome,
        )  # fmt: skip


def _row(kind: str, **values: object) -> dict[str, Any]:
    return {"kind": kind, **values}


def _batches(rows: list[dict[str, Any]], schema: pa.Schema = OUTCOMES) -> Batches:
    if rows:
        columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


# ---- the tables ------------------------------------------------------------------------------------------------------

FROM_DOCUMENTS = (
    "records", "dead_ends", "workarounds", "versions", "transitions", "sources", "findings", "changes", "quarantine",
    "copies", "withdrawn", "match_keys",
)  # fmt: skip
"""The tables that the outcomes of single records fill."""

_KINDS: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "JSON": pa.string(),
    "BIGINT": pa.int64(),
    "UBIGINT": pa.int64(),
    "UINTEGER": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "BLOB": pa.binary(),
    "TIMESTAMP": pa.timestamp("us"),
}


def arrow_type(kind: str) -> pa.DataType:
    """The type of Arrow in which a column of a type of DuckDB is kept; see `stored`."""
    return pa.list_(arrow_type(kind[:-2])) if kind.endswith("[]") else _KINDS[kind]


def arrow_struct(table: str) -> pa.StructType:
    """A row of a table."""
    return pa.struct([(column.name, arrow_type(column.type)) for column in all_tables()[table]])


def all_tables() -> dict[str, tuple[Any, ...]]:
    """The columns of every table, published or kb's own."""
    return {name: columns for name, (_, columns) in (tables() | working_tables()).items()}


def tagged(names: Sequence[str]) -> pa.Schema:
    """Rows of several tables side by side: which table, the domain that its row is filed under, and the row in its column."""
    return pa.schema([("filed", pa.string()), ("domain", pa.string()), *((name, arrow_struct(name)) for name in names)])


LOADED = tagged(FROM_DOCUMENTS)


@contextmanager
def _draft(given: Given) -> Iterator[tuple[Draft, RuleSet]]:
    """A store in memory, empty, that forgets all that is put into it."""
    rules = _rules(given)
    with ExitStack() as stack:
        draft = stack.enter_context(create(None))
        draft.connection.execute("SET threads = 1")
        draft.begin(rules)
        yield draft, rules


@contextmanager
def _forgotten(draft: Draft) -> Iterator[None]:
    """Empty the tables in the end. Not by a rollback: rows of a table that is not committed are numbered otherwise."""
    try:
        yield
    finally:
        for table in (*FROM_DOCUMENTS, "withheld", "touched", "departed"):
            draft.connection.execute(f"DELETE FROM {table}")


def _as_rows(draft: Draft, table: str, schema: pa.Schema, where: str = "true") -> Batches:
    """The rows of a table of the draft."""
    columns = ", ".join(stored(column) for column in all_tables()[table])
    domain = "domain" if table == "records" else "domain_of(record_id)"
    frame = draft.connection.sql(f"SELECT {domain} AS filed_under, {columns} FROM {table} WHERE {where}")
    rows = frame.to_arrow_table()
    if not rows.num_rows:
        return
    domains = rows.column("filed_under").cast(pa.string())
    struct = arrow_struct(table)
    fields = [rows.column(field.name).cast(field.type).combine_chunks() for field in struct]
    whole = pa.StructArray.from_arrays(fields, fields=list(struct))
    nothing = {field.name: pa.nulls(rows.num_rows, field.type) for field in schema if field.name != table}
    arrays = {**nothing, "filed": pa.array([table] * rows.num_rows), "domain": domains.combine_chunks(), table: whole}
    batch = pa.RecordBatch.from_arrays([arrays[field.name] for field in schema], schema=schema)
    for start in range(0, batch.num_rows, _ROWS):
        yield batch.slice(start, _ROWS)


_ROWS = 4096


LOAD_BYTES = 32 << 20
"""So many bytes of outcomes are loaded at once."""


def loaded(given: Given, batches: Batches) -> Batches:
    """The rows that outcomes come to, by the scripts of the store; those that lost their id are put where they belong."""
    with _draft(given) as (draft, _), tempfile.TemporaryDirectory(prefix="kb-") as folder:
        for rows in _gathered(batches, "outcome", LOAD_BYTES):
            with _forgotten(draft):
                draft.demote([(_demoted(row), row["raw"]) for row in rows if row["lost"]])
                path = Path(folder) / "slice.ndjson"
                path.write_bytes(b"".join(row["outcome"] + b"\n" for row in rows))
                draft.load([(path, max(len(row["outcome"]) for row in rows) + 1)])
                for table in FROM_DOCUMENTS:
                    yield from _as_rows(draft, table, LOADED)


def _demoted(row: Mapping[str, Any]) -> Demoted:
    return with_fingerprint(
        Demoted(
            row["path"],
            row["position"],
            row["line"],
            row["digest"],
            row["id"],
            row["code"],
            row["pointer"],
            row["message"],
        )
    )


def _gathered(batches: Batches, column: str, most: int) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    size = 0
    for batch in batches:
        for row in batch.to_pylist():
            rows.append(row)
            size += len(row[column]) + _A_ROW
            if size >= most:
                yield rows
                rows, size = [], 0
    if rows:
        yield rows


_A_ROW = 256


# ---- what corpus rules found -----------------------------------------------------------------------------------------

SETTLED = tagged(("findings", "withheld", "quarantine"))


def settled(given: Given, batches: Batches) -> Batches:
    """What the corpus rules found on some records, as their findings: placed, stamped, suppressed, and what they replace.

    A row holds a record's `id`, `path`, `position`, `line`, `form` and `doc`, what was `found`, and its `own` findings that
    have to do with it. Rows of `withheld` are to go from the findings; one of `quarantine` says that its record is rejected.
    """
    with _draft(given) as (draft, rules):
        for rows in _gathered(batches, "doc", LOAD_BYTES):
            with _forgotten(draft):
                _lay_out_records(draft, rows)
                found = [(f["code"], row["id"], f["pointer"], f["message"]) for row in rows for f in row["found"]]
                draft.lay_out("found", corpus.FOUND, found)
                own = [one for row in rows for one in row["own"] or ()]
                fill(draft, "findings", own)
                corpus.enter(draft, rules)
                rejected = draft.suppress_and_withhold(rules)
                for table in ("findings", "withheld"):
                    where = "is_of_corpus(seq)" if table == "findings" else "true"
                    yield from _as_rows(draft, table, SETTLED, where)
                places = [
                    {"record_id": d.record_id, "path": d.path, "position": d.position, "digest": d.digest,
                     "codes": [d.code], "by_corpus": True, "raw": b""}
                    for d in rejected
                ]  # fmt: skip
                fill(draft, "quarantine", places)
                yield from _as_rows(draft, "quarantine", SETTLED)


REJECTED = tagged(("quarantine", "findings"))


def rejected(given: Given, batches: Batches) -> Batches:
    """What the records come to that a corpus rule rejects, and the copies of them.

    A row is as in `loaded`, with the `copies` of the record and what corpus rules `said` of it. Rows of findings are about
    copies.
    """
    with _draft(given) as (draft, _):
        for rows in _gathered(batches, "raw", LOAD_BYTES):
            with _forgotten(draft):
                fill(draft, "copies", [copy for row in rows for copy in row["copies"] or ()])
                fill(draft, "findings", [one for row in rows for one in row["said"] or ()])
                draft.demote([(_demoted(row), row["raw"]) for row in rows])
                yield from _as_rows(draft, "quarantine", REJECTED)
                of_copies = "(path, position) NOT IN (SELECT path, position FROM demoted)"
                yield from _as_rows(draft, "findings", REJECTED, of_copies)


def _lay_out_records(draft: Draft, rows: Sequence[Mapping[str, Any]]) -> None:
    """The records of some rows, as far as the scripts look at them; what else has to be there is empty."""
    own = ("id", "path", "position", "line", "doc", "digest")
    fill(draft, "records", [{name: row[name] for name in own} for row in rows])
    fill(draft, "match_keys", [{"record_id": row["id"], "form": row["form"], "compared": True} for row in rows])


def fill(draft: Draft, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows into a table; a column that is not named and has to be filled is filled with nothing."""
    if not rows:
        return
    named = rows[0].keys()
    columns = all_tables()[table]
    given = [column for column in columns if column.name in named]
    empty = [column for column in columns if column.name not in named and not column.nullable]
    arrays = [pa.array([row[column.name] for row in rows], arrow_type(column.type)) for column in given]
    draft.connection.register("arriving_rows", pa.table(arrays, names=[column.name for column in given]))
    values = ", ".join(
        [f"CAST({column.name} AS {column.type}) AS {column.name}" for column in given]
        + [f"{_NOTHING.get(column.type, '[]')} AS {column.name}" for column in empty]
    )
    draft.connection.execute(f"INSERT INTO {table} BY NAME SELECT {values} FROM arriving_rows")
    draft.connection.unregister("arriving_rows")


_NOTHING = {"VARCHAR": "''", "DOUBLE": "0", "INTEGER": "0", "BIGINT": "0", "UBIGINT": "0", "BOOLEAN": "false"}


MadeOf = Callable[[Batches], Batches]
