"""The reports: asked of a store as they are declared."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from kb.errors import KbError
from kb.model import Table
from kb.reports.declared import NAMES, REPORTS, named
from kb.reports.shape import Answer, Common, Options, Part, Report, Section
from kb.settings import Sql
from kb.store import Store
from kb.store.layout import script
from kb.store.statements import condition as one_condition
from kb.store.statements import measured
from kb.words import did_you_mean

__all__ = [
    "NAMES", "REPORTS", "Answer", "Common", "Options", "Part", "Report", "Section",
    "breaking", "check_scope", "check_use", "common", "figures", "named", "new_errors", "run", "section", "stream", "totals",
]  # fmt: skip

_LIMITS = Sql()


def check_use(report: Report, options: Options) -> None:
    """Make sure that no option is given in vain.

    Raises:
        KbError: the report has no use for one; it is said which has.
    """
    for option in ("due", "spread", "released"):
        users = [name for name, other in REPORTS.items() if any(section.needs == option for section in other.sections)]
        if getattr(options, option) is not None and report.name not in users:
            raise KbError(f"kb report {report.name} knows no --{option}; kb report {' and '.join(users)} does")


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


def section(report: Report, options: Options, name: str | None) -> Section:
    """The section of a name, else the first.

    Raises:
        KbError: the report has none of that name for these options.
    """
    sections = {section.name: section for section in report.asked(options)}
    if name is None:
        return next(iter(sections.values()))
    if name not in sections:
        missing = next((section for section in report.sections if section.name == name), None)
        hint = _wanting(missing) if missing else did_you_mean(name, sections)
        raise KbError(f"kb report {report.name} has no section {name} here; {hint}")
    return sections[name]


def _wanting(section: Section) -> str:
    """What to say so that a report has a section."""
    if section.whole:
        return "it is about the whole base, so leave out --domain and --tier"
    if section.needs == "uses":
        return "no use is recorded; name a file for it as match.record in kb.toml"
    return f"add --{section.needs} {'PRODUCT=VERSION' if section.needs == 'released' else 'DAYS'}"


def run(
    store: Store,
    report: Report,
    options: Options,
    only: Section | None = None,
    sums: dict[str, Any] | None = None,
) -> Answer:
    """Ask a store for a report, or for one section of it. `sums` are its `totals`, where they are known."""
    sections = report.asked(options) if only is None else (only,)
    asked = (_part(store, section, options) for section in sections)
    parts = tuple(part for part in asked if part.found or only or not part.section.optional)
    return Answer(report, options, parts, (sums or totals(store, options)) if report.totals else None)


def totals(store: Store, options: Options) -> dict[str, Any]:
    """How many records there are, how fresh they are, and what their confidence is worth on average."""
    return _one(store, "totals", options)


def figures(store: Store, options: Options) -> dict[str, Any]:
    """The figures of the base, or of a part of it, as the report `quality` gives them."""
    return _one(store, "figures", options)


def new_errors(store: Store, options: Options) -> dict[str, Any]:
    """How many more errors there are than in the state that was published before, and how many there were; None: not known."""
    return _one(store, "new-errors", options)


def breaking(store: Store, section: Section, options: Options, condition: str, limits: Sql = _LIMITS) -> int:
    """How many rows of a section meet a condition: `any`, or SQL over its columns such as `age > 730`.

    Raises:
        KbError: the rows are no SQL, the condition is not SQL over the section's columns, or it takes more than the limits allow.
    """
    if section.finish:
        raise KbError(f"--fail-on: the rows of {section.name} are no SQL; name another --section")
    test = "true" if condition == "any" else one_condition(condition)
    sql = f"SELECT count(*) FROM ({_sql(section.sql)}) WHERE {test}"  # noqa: S608 - the store is open for reading only
    found: int = measured(store, sql, limits, _parameters(sql, options))
    return found


def common(store: Store, options: Options) -> tuple[Common, ...]:
    """The rules that concern so many records of the base, or of a part of it, that they are reported to people once."""
    if options.common is None:
        return ()
    sql = _sql("common")
    rules = (Common(*row) for row in store.query(sql, _parameters(sql, options)).rows)
    return tuple(rule for rule in rules if options.common.is_common(rule.records, rule.among))


def _present_in(table: Table, rules: Sequence[Common]) -> tuple[Common, ...]:
    if not rules:
        return ()
    code_at = table.columns.index("code")
    codes = {row[code_at] for row in table.rows}
    return tuple(rule for rule in rules if rule.code in codes)


def _part(store: Store, section: Section, options: Options) -> Part:
    sql = _sql(section.sql)
    parameters = _parameters(sql, options)
    folded = common(store, options) if section.folds else ()
    if section.ranked and options.limit is not None and not folded:
        counted = (lambda: _number_of_records(store, options)) if section.of_each_record else None
        table, total = store.head(sql, parameters, options.limit, counted)
    else:
        table = store.query(sql, parameters)
        total = len(table.rows)
    if section.finish:
        table = section.finish(table)
    if section.exact:
        table = table._replace(rows=[tuple(map(_whole, row)) for row in table.rows])
    known = total or section.earlier is None or store.value(f"SELECT {section.earlier}")
    nothing = section.nothing if known else "no earlier state is known"
    return Part(section, table, total, nothing, _present_in(table, folded))


def _number_of_records(store: Store, options: Options) -> int:
    """How many records a report with these options is about."""
    sql = _sql("records-asked")
    number: int = store.value(sql, _parameters(sql, options))
    return number


def stream(store: Store, section: Section, options: Options, size: int = 4096) -> Iterator[list[dict[str, Any]]]:
    """All rows of a section as objects, never all in memory at once."""
    sql = _sql(section.sql)
    rows = store.stream(sql, _parameters(sql, options), size)
    while batch := list(islice(rows, size)):
        yield [dict(zip(section.columns, row, strict=True)) for row in batch]


def _one(store: Store, name: str, options: Options) -> dict[str, Any]:
    sql = _sql(name)
    return store.query(sql, _parameters(sql, options)).records()[0]


def _whole(value: Any) -> Any:  # noqa: ANN401 - any value of DuckDB
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _parameters(sql: str, options: Options) -> dict[str, Any]:
    """Those of the options that a query names; DuckDB takes no others."""
    names = ("as_of", "domain", "tier", "due", "spread", "released", "uses")
    return {name: getattr(options, name) for name in names if f"${name}" in sql}


def _sql(name: str) -> str:
    return script(f"reports/{name}.sql")
