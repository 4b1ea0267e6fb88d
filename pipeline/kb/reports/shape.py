"""What a report is made of, and what one comes to: declarations in declared.py, queries in store/sql/reports/."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from kb import settings
from kb.model import Table
from kb.reports.kinds import Column


class Options(NamedTuple):
    """What a report is asked for: the day, which part of the base, and how many rows of its ranked sections.

    `due` and `spread` are numbers of days, `released` is a product and its new version (`docker=30`), `uses` what was found
    by `kb match`, as JSON (jobs/uses.py). Without `history`,
    what earlier runs say is left out: so the reports in `curated/` follow from the base alone. `common` is given where
    people read it: when a rule is reported once.
    """

    as_of: dt.date
    domain: str | None = None
    tier: str | None = None
    limit: int | None = None
    due: int | None = None
    spread: int | None = None
    released: str | None = None
    uses: str | None = None
    history: bool = True
    common: settings.ReportSettings | None = None


class Section(NamedTuple):
    """One table of a report: `sql` names its query in store/sql/reports/, `columns` says what each column means and holds.

    The query takes any of the parameters $as_of, $domain, $tier, $due, $spread, $released and $uses.
    """

    name: str
    sql: str
    columns: Mapping[str, Column]
    title: str = ""
    """What people read above it; the first section of a report may do without."""
    ranked: bool = False
    """A list, the most important first, that may be long: `--limit` cuts it."""
    of_each_record: bool = False
    """Whether there is a row for each record that is asked for: those are counted then, and not the rows."""
    first: int | None = None
    """How many rows of a ranked section people are shown without `--limit`; programs get all."""
    length: int | None = None
    """How many rows it has, where that is always the same."""
    single: bool = False
    """One row: an object in JSON, and for people a line for each column."""
    exact: bool = False
    """Counts and rates side by side: whole numbers are shown whole, others to four digits."""
    chart: str | None = None
    """A column of numbers that is drawn as bars beside the rows."""
    plotted: bool = False
    """Whether it also lies in `curated/reports/` as CSV, for DVC to plot."""
    absent: Mapping[str, str] = MappingProxyType({})
    """What people read where a column has no value."""
    nothing: str = "none"
    """What people read where there are no rows."""
    earlier: str | None = None
    """A condition in SQL: whether the state that rows are held against is known. Where it is not, people read so."""
    needs: str | None = None
    """The option without which it is left out: `due`, `spread`, `released`, `uses` or `history`."""
    finish: Callable[[Table], Table] | None = None
    """What Python makes of the rows of the query, where SQL cannot; no condition can be asked of such a section."""
    optional: bool = False
    """Whether it is left out where it has no rows."""
    whole: bool = False
    """Whether it is about the whole base, and left out of a report on a domain or a tier."""
    folds: bool = False
    """Whether rules that concern most records are reported to people below it, in place of their rows: `code` says which."""

    def fits(self, options: Options) -> bool:
        """Whether it is part of a report that is asked for so."""
        if self.whole and (options.domain is not None or options.tier is not None):
            return False
        if self.needs == "history":
            return options.history
        return self.needs is None or getattr(options, self.needs) is not None


class Report(NamedTuple):
    """A report: its sections, the first of which is what `--format csv` and `--fail-on` are about by default."""

    name: str
    title: str
    brief: str
    """What it tells, in the words of `kb report --help`."""
    sections: tuple[Section, ...]
    totals: bool = True
    """Whether it ends with how many records it is about, and what they are worth."""
    kept: int | None = None
    """How many rows of its ranked sections `curated/reports/` holds, where that is not all of them."""

    @property
    def of_runs(self) -> bool:
        """Whether all of it depends on earlier runs, so that `curated/` does not hold it."""
        return all(section.needs == "history" for section in self.sections)

    def asked(self, options: Options) -> tuple[Section, ...]:
        """The sections that it has for these options."""
        return tuple(section for section in self.sections if section.fits(options))


class Common(NamedTuple):
    """A rule that concerns so many records, among so many, that it is reported once."""

    code: str
    name: str
    severity: str
    records: int
    among: int


class Part(NamedTuple):
    """The outcome of a section: its rows, cut to the limit, how many there were, and what to say where there are none.

    Where rows are folded, all of them are here; the rules whose rows people are not shown are `common`.
    """

    section: Section
    rows: Table
    found: int
    nothing: str
    common: tuple[Common, ...] = ()


class Answer(NamedTuple):
    """The outcome of a report."""

    report: Report
    options: Options
    parts: tuple[Part, ...]
    totals: dict[str, Any] | None

    def part(self, name: str) -> Part:
        """The section of a name."""
        return next(part for part in self.parts if part.section.name == name)

    def document(self) -> dict[str, Any]:
        """The report as JSON; its schema is `schemas/report.<name>.v1.json`."""
        document: dict[str, Any] = {
            "report": self.report.name,
            "as_of": self.options.as_of,
            "domain": self.options.domain,
            "tier": self.options.tier,
        }
        row_counts = {part.section.name: part.found for part in self.parts if part.section.ranked}
        if row_counts:
            document["found"] = row_counts
        if self.totals is not None:
            document["totals"] = self.totals
        for part in self.parts:
            rows = part.rows.records()
            document[part.section.name] = rows[0] if part.section.single else rows
        return document
