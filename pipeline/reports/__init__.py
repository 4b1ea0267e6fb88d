"""The reports, one declaration each: a title, the SQL of its sections, and what its columns mean."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from pipeline.model import KbError, Table
from pipeline.store import Store, guarded
from pipeline.words import did_you_mean


@dataclass(frozen=True, slots=True)
class Options:
    """What a report is asked for: the day, and which part of the base."""

    as_of: dt.date
    domain: str | None = None
    tier: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report; its rows and its totals are queries in store/sql/reports/.

    `chart` is a column whose rows are counted by tenths, `absent` gives people a word where a column has no value.
    """

    name: str
    title: str
    columns: Mapping[str, str]
    chart: str | None = None
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A report as it came out: the rows (cut to the limit), how many there were, and one row of totals."""

    report: Report
    options: Options
    rows: Table
    found: int
    totals: dict[str, Any]
    chart: list[tuple[str, int]]

    def document(self) -> dict[str, Any]:
        """The report as JSON; its schema is `schemas/report.<name>.v1.json`."""
        document: dict[str, Any] = {
            "report": self.report.name,
            "as_of": self.options.as_of,
            "domain": self.options.domain,
            "tier": self.options.tier,
            "found": self.found,
            "totals": self.totals,
            "rows": self.rows.records(),
        }
        if self.report.chart:
            document["histogram"] = [{"range": label, "records": count} for label, count in self.chart]
        return document


REPORTS = {
    report.name: report
    for report in (
        Report(
            "stale",
            "Records that nobody confirmed within their time to live",
            {
                "id": "record",
                "tier": "verification tier",
                "last_confirmed": "day of the last confirmation",
                "age": "days since then",
                "time_to_live": "days it is good for",
                "why": "in words",
            },
            absent={"last_confirmed": "never"},
        ),
        Report(
            "confidence",
            "What declared confidence is worth",
            {
                "id": "record",
                "tier": "verification tier",
                "declared": "confidence as declared",
                "ceiling": "the most that evidence and tier bear",
                "factor": "what age leaves of it",
                "effective": "least(declared, ceiling) × factor",
                "why": "in words",
            },
            chart="effective",
        ),
        Report(
            "tiers",
            "Verification tiers, domain by domain",
            {
                "tier": "verification tier",
                "domain": "domain; empty: all domains of the tier",
                "records": "how many",
                "share": "of all records",
                "declared": "mean confidence as declared",
                "effective": "mean effective confidence",
                "sources": "mean distinct sources of a record",
                "stale_share": "share that is stale or was never confirmed",
            },
            absent={"domain": "(all)"},
        ),
    )
}


def named(name: str) -> Report:
    """The report of a name.

    Raises:
        KbError: there is none; the nearest is named.
    """
    if name not in REPORTS:
        raise KbError(f"no report {name}; {did_you_mean(name, REPORTS)}")
    return REPORTS[name]


def check_scope(store: Store, options: Options, ladder: Sequence[str]) -> None:
    """Make sure that the domain and the tier asked for exist, so that a misspelt one does not pass for a clean base.

    Raises:
        KbError: no published record has the domain, or the tier is neither in the ladder nor in the base.
    """
    for word, column, named_elsewhere in ((options.domain, "domain", ()), (options.tier, "verification_tier", ladder)):
        if word is None:
            continue
        rows = store.query(f"SELECT DISTINCT {column} FROM records ORDER BY ALL").rows  # noqa: S608 - a name of ours
        known = sorted({*named_elsewhere, *(row[0] for row in rows)})
        if word not in known:
            hint = did_you_mean(word, known, "the base is empty" if not known else None)
            raise KbError(f"no published record has the {column.replace('_', ' ')} {word}; {hint}")


def run(store: Store, report: Report, options: Options) -> Answer:
    """Ask a store for a report."""
    if options.limit is not None and not report.chart:
        shown, found = store.head(_sql(report.name), _scope(options), options.limit)
        return Answer(report, options, shown, found, store.query(_sql("totals"), _scope(options)).records()[0], [])
    rows = store.query(_sql(report.name), _scope(options))
    totals = store.query(_sql("totals"), _scope(options)).records()[0]
    chart = _histogram(rows, report.chart) if report.chart else []
    shown = rows if options.limit is None else Table(rows.columns, rows.rows[: options.limit])
    return Answer(report, options, shown, len(rows.rows), totals, chart)


def breaking(store: Store, report: Report, options: Options, condition: str) -> int:
    """How many rows of a report meet a condition: `any`, or SQL over its columns such as `age > 730`.

    Raises:
        KbError: the condition is not SQL over the report's columns.
    """
    test = "true" if condition == "any" else condition
    sql = f"SELECT count(*) FROM ({_sql(report.name)}) WHERE ({test}\n)"  # noqa: S608 - the store is open for reading only
    found: int = guarded(lambda: store.value(sql, _scope(options)))
    return found


def _scope(options: Options) -> dict[str, object]:
    return {"as_of": options.as_of, "domain": options.domain, "tier": options.tier}


@cache
def _sql(name: str) -> str:
    return resources.files("pipeline.store").joinpath(f"sql/reports/{name}.sql").read_text(encoding="utf-8")


def _histogram(rows: Table, column: str) -> list[tuple[str, int]]:
    """Tenths from 0 to 1; a value on a border belongs to the upper bin, 1 to the last."""
    values = [row[rows.columns.index(column)] for row in rows.rows]
    bins = [0] * 10
    for value in values:
        bins[min(int(value * 10 + 1e-9), 9)] += 1
    return [(f"{i / 10:.1f}–{(i + 1) / 10:.1f}", count) for i, count in enumerate(bins)]
