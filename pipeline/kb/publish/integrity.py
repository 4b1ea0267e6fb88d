"""The contracts of the published tables, in pandera: the last thing before anything is published.

What ingest makes keeps them; they are there for what it did not make (an UPDATE by hand) and for its own bugs.
pandas and pandera take half a second to import, so only a command that publishes or doctors loads this.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pandera.pandas as pa

from kb import columns
from kb.ledger.event import KINDS
from kb.rules.ruleset import RuleSet
from kb.rules.sch import bug
from kb.store import Store
from kb.store.layout import keys, of_documents, of_records, tables

if TYPE_CHECKING:
    import pandas as pd


class Breach(NamedTuple):
    """One contract that a table does not keep: which column and check, how many rows, and the first of the values.

    `rows` is 0 where the table itself is at fault. `cases` are the published records that the rows are of, each with a value
    of its own. Where a file of `curated/` is at fault, `table` is its path and `column` empty.
    """

    table: str
    column: str
    check: str
    rows: int
    example: str
    cases: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        where = f" in {self.rows:,} {'row' if self.rows == 1 else 'rows'}, such as {self.example}" if self.rows else ""
        return f"{f'{self.table}.{self.column}' if self.column else self.table}: not {self.check}{where}"

    @property
    def remedy(self) -> str:
        """How to repair it: what earlier runs found lies in the store alone, so no more is thrown away than has to be."""
        if self.column or self.table == "kb.duckdb":
            return "delete kb.duckdb and run `kb ingest` to make it anew; what earlier runs found goes with it"
        return "delete curated/manifest.json and run `kb ingest`, which writes curated/ anew"


_DTYPES = {
    "VARCHAR": "str",
    "DOUBLE": "float64",
    "BIGINT": "Int64",
    "UBIGINT": "UInt64",
    "INTEGER": "Int32",
    "BOOLEAN": "boolean",
    "DATE": "datetime64[us]",
    "TIMESTAMP_NS": "datetime64[ns]",
}

_COERCED = _DTYPES.keys() - {"DATE", "TIMESTAMP_NS"}  # pandera coerces by way of nanoseconds, which end in 2262

_OWNERS = {"records": "id"} | {table: "record_id" for table in of_records() if table != "copies"}
"""The column that says of which published record a row is."""

_UNREAD = frozenset({"doc", "raw"})
"""Columns that no contract looks into, and that are too large for a frame."""


def check(store: Store, rules: RuleSet, *, documents: str = "records") -> list[Breach]:
    """Check every published table against its contract; an empty list is a pass.

    `documents` names the table of the ids whose documents, and the rows that come from them, are looked into: where the others
    were looked into when they were published, and nobody touched the store since, there is no need to do so again.

    A table is judged by sample rows: those with the least and the greatest number, one row for each distinct word,
    and every row that lacks a value, shares a key or belongs to no record. If they keep the contract, all rows do; if
    not, all rows are judged, so that a breach gives their number. So the cost does not grow with the frames.
    """
    breaches = _disagreements(store, rules, documents)
    for table, schema in contracts(rules.settings.trust.ladder).items():
        if not store.holds(table):
            continue  # no row could be at fault, and pandera takes 30 ms to say so
        for sql in (_sample_rows(store, table, schema, documents), _rows(table, schema)):
            frame = store.frame(sql)
            try:
                schema.validate(frame, lazy=True)
                break
            except pa.errors.SchemaErrors as errors:
                of_table = list(_breaches(table, errors.failure_cases, frame))
        else:
            breaches += of_table
    return sorted(breaches)


def _rows(table: str, schema: Any) -> str:  # noqa: ANN401 - a pandera schema
    columns = [
        "CASE WHEN record_id NOT IN (SELECT id FROM records) THEN record_id END AS orphan" if name == "orphan" else name
        for name in schema.columns
    ]
    return f"SELECT {', '.join(columns)} FROM {table}"


def _sample_rows(store: Store, table: str, schema: Any, documents: str) -> str:  # noqa: ANN401 - a pandera schema
    key = keys()[table]
    alike = " AND ".join(f"t.{column} IS NOT DISTINCT FROM k.{column}" for column in key)
    numbered, before = f"{store.numbered}{table}", ""
    if documents != "records" and table in of_documents():
        # rows of one record alone share a key, or lose their record
        before = f"WITH looked_at AS (SELECT rowid, * FROM {numbered} WHERE record_id IN (SELECT id FROM {documents})) "
        numbered = "looked_at"
    twice = f"SELECT {', '.join(key)} FROM {numbered if before else table} GROUP BY ALL HAVING count(*) > 1"
    picks = [f"SELECT t.rowid FROM {numbered} t JOIN ({twice}) k ON {alike}"]
    if "orphan" in schema.columns:
        picks.append(f"(SELECT rowid FROM {numbered} WHERE record_id NOT IN (SELECT id FROM records) LIMIT 9)")
    for column in tables()[table][1]:
        name = column.name
        checked = name in schema.columns and schema.columns[name].checks
        if not column.nullable:
            picks.append(f"(SELECT rowid FROM {numbered} WHERE {name} IS NULL LIMIT 9)")
        if checked and key == (name,):
            picks.append(f"(SELECT rowid FROM {numbered} WHERE NOT regexp_full_match({name}, '{columns.ID}') LIMIT 9)")
        elif checked and column.type == "VARCHAR":
            picks.append(f"SELECT min(rowid) FROM {numbered} GROUP BY {name}")
        elif checked:
            picks.append(f"SELECT unnest([arg_min(rowid, {name}), arg_max(rowid, {name})]) FROM {numbered}")
    return f"{before}{_rows(numbered, schema)} WHERE rowid IN ({' UNION '.join(picks)})"


@cache
def contracts(ladder: tuple[str, ...]) -> Mapping[str, Any]:
    """One pandera schema for each table: types and nulls as the DDL declares them, ranges, keys, foreign keys."""
    natural = pa.Check.ge(0, error="at least 0")
    ranges: dict[tuple[str, str], list[Any]] = {
        **{
            column: [pa.Check(check.holds, element_wise=True, error=check.words)]
            for column, check in columns.asked(ladder).items()
            if check is not columns.DAY  # as the type has it
        },
        ("records", "evidence_ceiling"): [pa.Check.in_range(0, 1, error="between 0 and 1")],
        ("records", "distinct_sources"): [natural],
        ("records", "time_to_live"): [pa.Check.gt(0, error="positive")],
        ("transitions", "kind"): [pa.Check.isin(columns.TRANSITIONS, error="a kind of transition")],
        ("sources", "item"): [pa.Check.isin(["official", "dead_end", "workaround"], error="an item")],
        ("findings", "severity"): [pa.Check.isin(["error", "warning", "info"], error="a severity")],
        ("finding_changes", "severity"): [pa.Check.isin(["error", "warning", "info"], error="a severity")],
        ("events", "kind"): [pa.Check.isin(KINDS, error="a kind of event")],
        ("tombstones", "status"): [pa.Check.isin(["withdrawn", "merged"], error="withdrawn or merged")],
        ("finding_changes", "state"): [pa.Check.isin(["new", "fixed"], error="new or fixed")],
    }
    schemas = {}
    for table, (_, declared) in tables().items():
        described = {}
        for column in declared:
            if column.name in _UNREAD:
                continue
            checks = ranges.get((table, column.name), [])
            if column.type == "VARCHAR" and column.nullable and not checks and column.name not in keys()[table]:
                continue  # any value is one; to say so takes pandera 2 ms
            described[column.name] = pa.Column(
                _DTYPES.get(column.type), checks, nullable=column.nullable, coerce=column.type in _COERCED
            )
        if table in of_records():  # the record_id where it is no record's
            lost = pa.Check.isin([""], error="the id of a published record")
            described["orphan"] = pa.Column("str", [lost], nullable=True, coerce=True)
        schemas[table] = pa.DataFrameSchema(described, unique=list(keys()[table]), strict=True)
    return schemas


def _breaches(table: str, failures: "pd.DataFrame", frame: "pd.DataFrame") -> Iterator[Breach]:
    """What pandera found, in our words: one breach for each column and check."""
    for (check, column), rows in failures.fillna({"column": ""}).groupby(["check", "column"], sort=True):
        example = str(rows["failure_case"].iloc[0])
        cases = _cases(table, rows, frame)
        if check in {"column_in_schema", "column_in_dataframe"}:
            yield from (Breach(table, str(name), "as kb made it", 0, "") for name in rows["failure_case"])
        elif check == "multiple_fields_uniqueness":
            if column == keys()[table][0]:
                yield Breach(table, " + ".join(keys()[table]), "unique", len(rows), example, cases)
        else:
            column = "record_id" if column == "orphan" else column  # noqa: PLW2901 - as people know it
            yield Breach(
                table, str(column), "filled" if check == "not_nullable" else str(check), len(rows), example, cases
            )


def _cases(table: str, failures: "pd.DataFrame", frame: "pd.DataFrame") -> tuple[tuple[str, str], ...]:
    """The records of the rows that failed, each with the first value of it that did."""
    if _OWNERS.get(table) not in frame.columns:
        return ()
    owners = frame[_OWNERS[table]]
    placed = failures.dropna(subset="index")
    values = zip(placed["index"], placed["failure_case"], strict=True)
    cases = [(owners.loc[row], str(value)) for row, value in values]
    return tuple({owner: (owner, value) for owner, value in reversed(cases) if isinstance(owner, str)}.values())[::-1]


def spoken_against(breaches: Iterable[Breach]) -> dict[str, str]:
    """Records that a breach is about, with the message for each."""
    messages: dict[str, str] = {}
    for breach in sorted(breaches, key=lambda breach: breach.check == _AS_IN_DOC):  # the more specific goes first
        for record, value in breach.cases:
            messages.setdefault(record, bug(value, breach.check, f"{breach.table}.{breach.column}"))
    return messages


_AS_IN_DOC = "as in doc"

_AGREEMENT = f"""
    WITH documents AS (
        SELECT *,
            json_extract_string(doc, ['$.confidence', '$.verification_tier', '$.last_confirmed']) AS declared,
            json_array_length(doc, ['$.dead_ends', '$.workarounds', '$.versions']) AS lengths
        FROM records WHERE id IN (SELECT id FROM $documents)
    ), held AS (
        SELECT documents.*, coalesce(d.n, 0) AS dead_ends, coalesce(w.n, 0) AS workarounds, coalesce(v.n, 0) AS versions
        FROM documents
        LEFT JOIN (SELECT record_id, count(*) AS n FROM dead_ends SEMI JOIN $documents x ON x.id = record_id GROUP BY ALL) d
            ON d.record_id = documents.id
        LEFT JOIN (SELECT record_id, count(*) AS n FROM workarounds SEMI JOIN $documents x ON x.id = record_id GROUP BY ALL) w
            ON w.record_id = documents.id
        LEFT JOIN (SELECT record_id, count(*) AS n FROM versions SEMI JOIN $documents x ON x.id = record_id GROUP BY ALL) v
            ON v.record_id = documents.id
    )
    SELECT what, '{_AS_IN_DOC}', count(*), min(id), list(id ORDER BY id) FROM (
        SELECT id, unnest([
            CASE WHEN confidence IS DISTINCT FROM TRY_CAST(declared[1] AS DOUBLE) THEN 'confidence' END,
            CASE WHEN verification_tier IS DISTINCT FROM declared[2] THEN 'verification_tier' END,
            CASE WHEN last_confirmed IS DISTINCT FROM TRY_CAST(declared[3] AS DATE) THEN 'last_confirmed' END,
            CASE WHEN dead_ends IS DISTINCT FROM lengths[1] THEN 'dead_ends' END,
            CASE WHEN workarounds IS DISTINCT FROM lengths[2] THEN 'workarounds' END,
            CASE WHEN versions IS DISTINCT FROM lengths[3] THEN 'versions' END]) AS what
        FROM held)
    WHERE what IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT 'first_seen', 'before last_confirmed and last_updated, or flagged (DAT002)', count(*), min(id),
        list(id ORDER BY id)
    FROM records
    WHERE (first_seen > last_confirmed OR first_seen > last_updated) AND $dates_judged
        AND (path, position) NOT IN (SELECT path, position FROM findings WHERE code = 'DAT002'
            UNION ALL SELECT path, position FROM withheld WHERE code = 'DAT002')
    HAVING count(*) > 0
"""


def _disagreements(store: Store, rules: RuleSet, documents: str) -> list[Breach]:
    """What a single frame cannot show: typed columns against the document, dates against their findings."""
    judged = "true" if "DAT002" in rules.rules else "false"
    sql = _AGREEMENT.replace("$dates_judged", judged).replace("$documents", documents)
    disagreeing = [
        Breach("records", column, check, rows, example, tuple((record, "what stands there") for record in ids))
        for column, check, rows, example, ids in store.query(sql).rows
    ]
    return [*disagreeing, *_not_numbers(store)]


def _not_numbers(store: Store) -> Iterator[Breach]:
    """Where NaN stands for a number: pandas takes it for a null."""
    for table, (_, declared) in tables().items():
        numbers = [column.name for column in declared if column.type == "DOUBLE"]
        for column in numbers if store.holds(table) else ():
            owners = store.query(f"SELECT {_OWNERS.get(table, 'NULL')} FROM {table} WHERE isnan({column})").rows
            if owners:
                cases = tuple((owner, "nan") for (owner,) in owners if owner is not None)
                yield Breach(table, column, "a number", len(owners), "nan", cases)
