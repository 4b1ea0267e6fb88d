"""The contracts of the published tables, in pandera: the last thing before anything is published.

What ingest makes keeps them; they are there for what it did not make (an UPDATE by hand) and for its own bugs.
pandas and pandera take half a second to import, so only a command that publishes or doctors loads this.
"""

from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pandas as pd
import pandera.pandas as pa

from pipeline.rules.ruleset import RuleSet
from pipeline.store import Store, tables
from pipeline.workspace import Settings


class Breach(NamedTuple):
    """One contract that a table does not keep: which column and check, how many rows, and the first of the values."""

    table: str
    column: str
    check: str
    rows: int
    example: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}: not {self.check} in {self.rows} rows, such as {self.example}"


_DTYPES = {
    "VARCHAR": "str",
    "DOUBLE": "float64",
    "BIGINT": "Int64",
    "INTEGER": "Int32",
    "BOOLEAN": "boolean",
    "DATE": "datetime64[us]",
    "TIMESTAMP_NS": "datetime64[ns]",
}

_KEYS = {
    "records": ["id"],
    "dead_ends": ["record_id", "position"],
    "workarounds": ["record_id", "position"],
    "versions": ["record_id", "position"],
    "transitions": ["record_id", "kind", "position"],
    "sources": ["record_id", "item", "item_position", "position"],
    "findings": ["path", "position", "seq", "code", "pointer", "message"],
    "changes": ["path", "position", "seq"],
    "quarantine": ["path", "position"],
    "copies": ["path", "position"],
    "files": ["path"],
    "runs": ["run"],
}

_OF_RECORDS = frozenset({"dead_ends", "workarounds", "versions", "transitions", "sources", "changes", "copies"})

_NO_DOCUMENTS = {"records": "* EXCLUDE (doc)", "quarantine": "* EXCLUDE (raw)", "copies": "* EXCLUDE (raw)"}


def check(store: Store, rules: RuleSet) -> list[Breach]:
    """Hold every published table against its contract; an empty list is a pass."""
    ids = pd.Index(store.frame("SELECT id FROM records")["id"])
    breaches = _disagreements(store, rules)
    for table, schema in contracts(rules.settings, ids).items():
        frame = store.frame(f"SELECT {_NO_DOCUMENTS.get(table, '*')} FROM {table}")
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as errors:
            breaches += _breaches(table, errors.failure_cases)
    return sorted(breaches)


def contracts(settings: Settings, ids: "pd.Index[Any]") -> dict[str, Any]:
    """One pandera schema for each table: types and nulls as the DDL declares them, ranges, keys, foreign keys, dates."""
    rate = pa.Check.in_range(0, 1, name="between 0 and 1")
    natural = pa.Check.ge(0, name="not negative")
    known = pa.Check.isin(ids, name="id of a published record")
    ranges: dict[tuple[str, str], list[Any]] = {
        ("records", "id"): [pa.Check.str_matches(r"^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,2}$", name="an id")],
        ("records", "confidence"): [rate],
        ("records", "fix_success_rate"): [rate],
        ("records", "evidence_ceiling"): [rate],
        ("records", "distinct_sources"): [natural],
        ("records", "evidence_count"): [natural],
        ("records", "time_to_live"): [pa.Check.gt(0, name="positive")],
        ("records", "resolvable"): [pa.Check.isin(["true", "partial", "false"], name="true, partial or false")],
        ("records", "verification_tier"): [pa.Check.isin(settings.trust.ladder, name="a tier of the ladder")],
        ("dead_ends", "fail_rate"): [rate],
        ("workarounds", "success_rate"): [rate],
        ("transitions", "probability"): [rate],
        ("transitions", "kind"): [
            pa.Check.isin(["leads_to", "preceded_by", "frequently_confused_with"], name="a kind of transition")
        ],
        ("sources", "item"): [pa.Check.isin(["official", "dead_end", "workaround"], name="an item")],
        ("findings", "severity"): [pa.Check.isin(["error", "warning", "info"], name="a severity")],
    }
    schemas = {}
    for table, (_, columns) in tables().items():
        described = {}
        for column in columns:
            if f"EXCLUDE ({column.name})" in _NO_DOCUMENTS.get(table, ""):
                continue
            checks = list(ranges.get((table, column.name), []))
            if column.name == "record_id" and table in _OF_RECORDS:
                checks.append(known)
            described[column.name] = pa.Column(
                _DTYPES.get(column.type), checks, nullable=column.nullable, coerce=column.type in _DTYPES
            )
        schemas[table] = pa.DataFrameSchema(described, unique=_KEYS[table], strict=True)
    return schemas


def _breaches(table: str, cases: "pd.DataFrame") -> list[Breach]:
    grouped = cases.fillna({"column": "*"}).groupby(["column", "check"], sort=True)
    return [
        Breach(table, str(column), str(check), len(rows), str(rows["failure_case"].iloc[0]))
        for (column, check), rows in grouped  # type: ignore[misc]
    ]


_AGREEMENT = """
    SELECT column_name, check_name, count(*), min(id || ': ' || value) FROM (
        SELECT id, 'confidence' AS column_name, 'as in doc' AS check_name, confidence::VARCHAR AS value FROM records
        WHERE confidence IS DISTINCT FROM (doc->>'$.confidence')::DOUBLE
        UNION ALL
        SELECT id, 'verification_tier', 'as in doc', verification_tier FROM records
        WHERE verification_tier IS DISTINCT FROM doc->>'$.verification_tier'
        UNION ALL
        SELECT id, 'last_confirmed', 'as in doc', last_confirmed::VARCHAR FROM records
        WHERE last_confirmed IS DISTINCT FROM TRY_CAST(doc->>'$.last_confirmed' AS DATE)
        UNION ALL
        SELECT id, 'first_seen', 'not after last_confirmed or last_updated, or flagged (DAT002)', first_seen::VARCHAR
        FROM records r
        WHERE (first_seen > last_confirmed OR first_seen > last_updated) AND $dates_judged
            AND NOT EXISTS (FROM findings f WHERE f.path = r.path AND f.position = r.position AND f.code = 'DAT002')
    ) GROUP BY ALL
"""


def _disagreements(store: Store, rules: RuleSet) -> list[Breach]:
    """What one frame cannot show: typed columns against the document, dates against their findings."""
    judged = "true" if "DAT002" in rules.rules else "false"
    return [Breach("records", *row) for row in store.query(_AGREEMENT.replace("$dates_judged", judged)).rows]


def check_files(store: Store, curated: Path) -> list[Breach]:
    """Hold the records in `curated/` against the store: each there, none besides, each with the same content."""
    wanted = {f"{name}.json": doc for name, doc in store.query("SELECT id, doc FROM records").rows}
    folder = curated / "records"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")}
    broken = sorted(name for name in wanted.keys() & found if _differs(folder / name, wanted[name]))
    named = (
        ("in curated/records", sorted(wanted.keys() - found)),
        ("a file of a published record", sorted(found - wanted.keys())),
        ("as in the store", broken),
    )
    return [Breach("curated", "records", check, len(names), names[0]) for check, names in named if names]


def _differs(path: Path, doc: str) -> bool:
    try:
        return bool(orjson.loads(path.read_bytes()) != orjson.loads(doc))
    except (OSError, orjson.JSONDecodeError):
        return True
