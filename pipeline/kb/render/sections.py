"""What a report says to people in whatever form: its heading, its sections as they are shown, its totals."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from kb.model import Table
from kb.render.text import count
from kb.reports import Answer, Options, Part, Section


def heading(answer: Answer) -> str:
    """What a report, or its only section here, is about, of which part of the base, on which day."""
    options = answer.options
    only = title(answer.parts[0].section, options) if len(answer.parts) == 1 else ""
    parts = [only or answer.report.title, f"as of {options.as_of}"]
    parts += [f"{name} {word}" for name, word in (("domain", options.domain), ("tier", options.tier)) if word]
    return ", ".join(parts)


def title(section: Section, options: Options) -> str:
    """The title of a section, with the days that were asked for."""
    return section.title.format(due=options.due, spread=options.spread, released=options.released)


def totals(figures: dict[str, Any]) -> Iterator[str]:
    """How many records a report is about, and what they are worth."""
    t = figures
    yield (
        f"{count(t['records'], 'record')}: {t['fresh']:,} fresh, {t['aging']:,} aging, {t['stale']:,} stale,"
        f" {t['unknown']:,} never confirmed"
    )
    if t["records"]:
        yield f"mean confidence: {t['declared']:.2f} declared, {t['effective']:.2f} effective"


def people(part: Part, options: Options) -> Table:
    """The rows of a section as people read them: no more than are asked for, or shown at first, and numbers cut short."""
    section = part.section
    if section.single:
        values = part.rows.records()[0]
        rows: list[tuple[Any, ...]] = [
            (name, _figure(v, 4), section.columns[name].meaning) for name, v in values.items()
        ]
        return Table(("figure", "value", "meaning"), rows)
    first = section.first if options.limit is None else options.limit if section.ranked else None
    digits = 4 if section.exact else 2
    names = part.rows.columns
    return Table(
        names,
        [
            tuple(
                section.absent.get(name) if value is None else _figure(value, digits)
                for name, value in zip(names, row, strict=True)
            )
            for row in _unfolded(part)[:first]
        ],
    )


def _unfolded(part: Part) -> Sequence[tuple[Any, ...]]:
    """The rows of a section, but for those of rules that are reported once."""
    if not part.common:
        return part.rows.rows
    folded = {rule.code for rule in part.common}
    code_at = part.rows.columns.index("code")
    return [row for row in part.rows.rows if row[code_at] not in folded]


def bars(part: Part, shown: Table) -> list[float]:
    """For each row that is shown, its share of the largest."""
    if part.section.chart is None:
        return []
    charted = shown.columns.index(part.section.chart)
    most = max((row[charted] for row in shown.rows), default=0) or 1
    return [row[charted] / most for row in shown.rows]


def cut(part: Part, shown: Table, options: Options) -> Iterator[str]:
    """Where a section has more rows than are shown, how many; and what is reported once in place of its rows."""
    total = len(_unfolded(part)) if part.common else part.found
    if not part.section.single and len(shown.rows) < total:
        hint = "; --limit shows more" if options.limit is None else " (--limit)"
        yield f"… {len(shown.rows):,} of {total:,} rows{hint}"
    for code, name, severity, records, among in part.common:
        yield f"{severity} {code} {name} concerns {records:,} of {among:,} records; `kb validate --select {code}` lists them"


def _figure(value: Any, digits: int) -> Any:  # noqa: ANN401 - any value of DuckDB
    return Decimal(f"{value:.{digits}f}") if isinstance(value, float) else value
