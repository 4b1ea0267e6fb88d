"""The contracts of the published tables, in pandera: the last thing before anything is published.

What ingest makes keeps them; they are there for what it did not make (an UPDATE by hand) and for its own bugs.
pandas and pandera take half a second to import, so only a command that publishes or doctors loads this.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pandera.pandas as pa

from pipeline.rules.ruleset import RuleSet
from pipeline.store import Store
from pipeline.store.layout import tables
from pipeline.workspace import Settings

if TYPE_CHECKING:
    import pandas as pd


class Breach(NamedTuple):
    """One contract that a table does not keep: which column and check, how many rows, and the first of the values.

    `rows` is 0 where the table itself is at fault. Where a file of `curated/` is, `table` is its path and `column` empty.
    """

    table: str
    column: str
    check: str
    rows: int
    example: str

    def __str__(self) -> str:
        where = f" in {self.rows:,} {'row' if self.rows == 1 else 'rows'}, such as {self.example}" if self.rows else ""
        return f"{f'{self.table}.{self.column}' if self.column else self.table}: not {self.check}{where}"

    @property
    def remedy(self) -> str:
        """How to mend it: what earlier runs found lies in the store alone, so no more is thrown away than has to be."""
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

_KEYS = {
    "records": ["id"],
    "dead_ends": ["record_id", "position"],
    "workarounds": ["record_id", "position"],
    "versions": ["record_id", "position"],
    "transitions": ["record_id", "kind", "position"],
    "sources": ["record_id", "item", "item_position", "position"],
    "findings": ["path", "position", "seq", "code"],
    "changes": ["path", "position", "seq"],
    "quarantine": ["path", "position"],
    "copies": ["path", "position"],
    "finding_changes": ["state", "fingerprint", "number"],
    "files": ["path"],
    "runs": ["run"],
    "figures": ["run", "figure"],
}

_OF_RECORDS = frozenset({"dead_ends", "workarounds", "versions", "transitions", "sources", "changes", "copies"})

_UNREAD = frozenset({"doc", "raw"})
"""Columns that no contract looks into, and that are too large for a frame."""


def check(store: Store, rules: RuleSet, *, documents: str = "records") -> list[Breach]:
    """Hold every published table against its contract; an empty list is a pass.

    `documents` names the table of the ids whose documents are looked into: where the others were looked into when they
    were published, and nobody touched the store since, there is no need to do so again.

    A table is judged by its witnesses: the rows with the least and the greatest number, one row for each distinct word,
    and every row that lacks a value, shares a key or belongs to no record. If they keep the contract, all rows do; if
    not, all rows are judged, so that a breach tells how many there are. So the cost does not grow with the frames.
    """
    breaches = _disagreements(store, rules, documents)
    for table, schema in contracts(rules.settings).items():
        for sql in (_witnesses(table, schema), _rows(table, schema)):
            try:
                schema.validate(store.frame(sql), lazy=True)
                break
            except pa.errors.SchemaErrors as errors:
                found = list(_breaches(table, errors.failure_cases))
        else:
            breaches += found
    return sorted(breaches)


def _rows(table: str, schema: Any) -> str:  # noqa: ANN401 - a pandera schema
    columns = [
        "CASE WHEN record_id NOT IN (SELECT id FROM records) THEN record_id END AS orphan" if name == "orphan" else name
        for name in schema.columns
    ]
    return f"SELECT {', '.join(columns)} FROM {table}"


def _witnesses(table: str, schema: Any) -> str:  # noqa: ANN401 - a pandera schema
    keys = _KEYS[table]
    alike = " AND ".join(f"t.{key} IS NOT DISTINCT FROM k.{key}" for key in keys)
    twice = f"SELECT {', '.join(keys)} FROM {table} GROUP BY ALL HAVING count(*) > 1"
    picks = [f"SELECT t.rowid FROM {table} t JOIN ({twice}) k ON {alike}"]
    if "orphan" in schema.columns:
        picks.append(f"(SELECT rowid FROM {table} WHERE record_id NOT IN (SELECT id FROM records) LIMIT 9)")
    for column in tables()[table][1]:
        name = column.name
        checked = name in schema.columns and schema.columns[name].checks
        if not column.nullable:
            picks.append(f"(SELECT rowid FROM {table} WHERE {name} IS NULL LIMIT 9)")
        if checked and keys == [name]:
            picks.append(f"(SELECT rowid FROM {table} WHERE NOT regexp_full_match({name}, '{_ID}') LIMIT 9)")
        elif checked and column.type == "VARCHAR":
            picks.append(f"SELECT min(rowid) FROM {table} GROUP BY {name}")
        elif checked:
            picks.append(f"SELECT unnest([arg_min(rowid, {name}), arg_max(rowid, {name})]) FROM {table}")
    return f"{_rows(table, schema)} WHERE rowid IN ({' UNION '.join(picks)})"


_ID = "[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,2}"


def contracts(settings: Settings) -> dict[str, Any]:
    """One pandera schema for each table: types and nulls as the DDL declares them, ranges, keys, foreign keys."""
    rate = pa.Check.in_range(0, 1, error="between 0 and 1")
    natural = pa.Check.ge(0, error="at least 0")
    ranges: dict[tuple[str, str], list[Any]] = {
        ("records", "id"): [pa.Check.str_matches(f"^{_ID}$", error="an id")],
        ("records", "confidence"): [rate],
        ("records", "fix_success_rate"): [rate],
        ("records", "evidence_ceiling"): [rate],
        ("records", "distinct_sources"): [natural],
        ("records", "evidence_count"): [natural],
        ("records", "time_to_live"): [pa.Check.gt(0, error="positive")],
        ("records", "resolvable"): [pa.Check.isin(["true", "partial", "false"], error="true, partial or false")],
        ("records", "verification_tier"): [pa.Check.isin(settings.trust.ladder, error="a tier of the ladder")],
        ("dead_ends", "fail_rate"): [rate],
        ("workarounds", "success_rate"): [rate],
        ("transitions", "probability"): [rate],
        ("transitions", "kind"): [
            pa.Check.isin(["leads_to", "preceded_by", "frequently_confused_with"], error="a kind of transition")
        ],
        ("sources", "item"): [pa.Check.isin(["official", "dead_end", "workaround"], error="an item")],
        ("findings", "severity"): [pa.Check.isin(["error", "warning", "info"], error="a severity")],
        ("finding_changes", "severity"): [pa.Check.isin(["error", "warning", "info"], error="a severity")],
        ("finding_changes", "state"): [pa.Check.isin(["new", "fixed"], error="new or fixed")],
    }
    schemas = {}
    for table, (_, columns) in tables().items():
        described = {}
        for column in columns:
            if column.name in _UNREAD:
                continue
            checks = ranges.get((table, column.name), [])
            described[column.name] = pa.Column(
                _DTYPES.get(column.type), checks, nullable=column.nullable, coerce=column.type in _COERCED
            )
        if table in _OF_RECORDS:  # the record_id where it is no record's
            lost = pa.Check.isin([""], error="the id of a published record")
            described["orphan"] = pa.Column("str", [lost], nullable=True, coerce=True)
        schemas[table] = pa.DataFrameSchema(described, unique=_KEYS[table], strict=True)
    return schemas


def _breaches(table: str, cases: "pd.DataFrame") -> Iterator[Breach]:
    """What pandera found, in our words: one breach for each column and check."""
    for (check, column), rows in cases.fillna({"column": ""}).groupby(["check", "column"], sort=True):
        example = str(rows["failure_case"].iloc[0])
        if check in {"column_in_schema", "column_in_dataframe"}:
            yield from (Breach(table, str(name), "as kb made it", 0, "") for name in rows["failure_case"])
        elif check == "multiple_fields_uniqueness":
            if column == _KEYS[table][0]:
                yield Breach(table, " + ".join(_KEYS[table]), "unique", len(rows), example)
        else:
            column = "record_id" if column == "orphan" else column  # noqa: PLW2901 - as people know it
            yield Breach(table, str(column), "filled" if check == "not_nullable" else str(check), len(rows), example)


_AGREEMENT = """
    WITH told AS (
        SELECT *,
            json_extract_string(doc, ['$.confidence', '$.verification_tier', '$.last_confirmed']) AS said,
            json_array_length(doc, ['$.dead_ends', '$.workarounds', '$.versions']) AS lengths
        FROM records WHERE id IN (SELECT id FROM $documents)
    ), held AS (
        SELECT told.*, coalesce(d.n, 0) AS dead_ends, coalesce(w.n, 0) AS workarounds, coalesce(v.n, 0) AS versions
        FROM told
        LEFT JOIN (SELECT record_id, count(*) AS n FROM dead_ends GROUP BY ALL) d ON d.record_id = id
        LEFT JOIN (SELECT record_id, count(*) AS n FROM workarounds GROUP BY ALL) w ON w.record_id = id
        LEFT JOIN (SELECT record_id, count(*) AS n FROM versions GROUP BY ALL) v ON v.record_id = id
    )
    SELECT what, 'as in doc', count(*), min(id) FROM (
        SELECT id, unnest([
            CASE WHEN confidence IS DISTINCT FROM TRY_CAST(said[1] AS DOUBLE) THEN 'confidence' END,
            CASE WHEN verification_tier IS DISTINCT FROM said[2] THEN 'verification_tier' END,
            CASE WHEN last_confirmed IS DISTINCT FROM TRY_CAST(said[3] AS DATE) THEN 'last_confirmed' END,
            CASE WHEN dead_ends IS DISTINCT FROM lengths[1] THEN 'dead_ends' END,
            CASE WHEN workarounds IS DISTINCT FROM lengths[2] THEN 'workarounds' END,
            CASE WHEN versions IS DISTINCT FROM lengths[3] THEN 'versions' END]) AS what
        FROM held)
    WHERE what IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT 'first_seen', 'before last_confirmed and last_updated, or flagged (DAT002)', count(*), min(id)
    FROM records r
    WHERE (first_seen > last_confirmed OR first_seen > last_updated) AND $dates_judged
        AND NOT EXISTS (FROM findings f WHERE f.path = r.path AND f.position = r.position AND f.code = 'DAT002')
    HAVING count(*) > 0
"""


def _disagreements(store: Store, rules: RuleSet, documents: str) -> list[Breach]:
    """What one frame cannot show: typed columns against the document, dates against their findings."""
    judged = "true" if "DAT002" in rules.rules else "false"
    sql = _AGREEMENT.replace("$dates_judged", judged).replace("$documents", documents)
    disagreeing = [Breach("records", *row) for row in store.query(sql).rows]
    return [*disagreeing, *_not_numbers(store)]


def _not_numbers(store: Store) -> Iterator[Breach]:
    """Where NaN stands for a number: pandas takes it for a null."""
    for table, (_, columns) in tables().items():
        for column in (column.name for column in columns if column.type == "DOUBLE"):
            count = store.value(f"SELECT count(*) FROM {table} WHERE isnan({column})")
            if count:
                yield Breach(table, column, "a number", count, "nan")
