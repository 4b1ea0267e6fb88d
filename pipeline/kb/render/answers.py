"""Reports in every form; as JSON the same bytes on the screen and in `curated/reports/`."""

import math
from collections.abc import Iterator
from typing import Any

from kb.errors import KbError
from kb.model import Table
from kb.render import tables
from kb.render.sections import bars, cut, heading, people, title, totals
from kb.reports import Answer, Options, Part, Report, run, stream
from kb.store import Store
from kb.words import did_you_mean, escaped

FORMATS = ("table", "json", "csv", "md", "html")


def render(answer: Answer, format_name: str, *, terminal: bool) -> str:
    """A report in one of FORMATS; as CSV its first section.

    Raises:
        KbError: there is no such format.
    """
    match format_name:
        case "table":
            return "".join(f"{line}\n" for line in text(answer, terminal=terminal))
        case "json":
            return escaped(document(answer)) if terminal else document(answer)
        case "csv":
            return tables.render(_listed(answer.parts[0]), "csv", terminal=terminal)
        case "md":
            return "".join(f"{line}\n" for line in markdown(answer))
        case "html":
            from kb.render.html import report_page  # noqa: PLC0415 - the other forms do without

            return report_page.document(answer)
        case _:
            raise KbError(f"--format {format_name}: {did_you_mean(format_name, FORMATS)}")


def document(answer: Answer) -> str:
    """A report as JSON for people and for git; its schema is `schemas/report.<name>.v1.json`."""
    import orjson  # noqa: PLC0415 - the other forms do without

    return orjson.dumps(answer.document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def document_in_parts(store: Store, report: Report, options: Options, sums: dict[str, Any] | None) -> Iterator[bytes]:
    """The bytes of `document`, one part after the other: a ranked section may have a row for each record of the base.

    `sums` are the `totals` of the base, where they are known.
    """
    import orjson  # noqa: PLC0415 - the other forms do without

    if options.limit is not None or not store.holds(f"(FROM records OFFSET {_AT_ONCE})"):
        yield document(run(store, report, options, sums=sums)).encode()
        return
    text = document(run(store, report, options._replace(limit=0), sums=sums))
    for section in report.asked(options):
        if section.ranked:
            before, mark, after = text.partition(f'\n  "{section.name}": []')
            yield f"{before}{mark[:-1]}".encode()
            gap = b""
            for rows in stream(store, section, options):
                listed = orjson.dumps(rows, option=orjson.OPT_INDENT_2).removeprefix(b"[").removesuffix(b"\n]")
                yield gap + listed.replace(b"\n", b"\n  ")
                gap = b","
            text = f"\n  ]{after}" if gap else f"]{after}"
    yield text.encode()


_AT_ONCE = 1_000
"""The rows of so many records are held at once: to count them first means to plan every query twice."""


def text(answer: Answer, *, terminal: bool) -> Iterator[str]:
    """A report as tables below each other, and its totals."""
    yield heading(answer)
    for number, part in enumerate(answer.parts):
        if number:
            yield ""
            yield title(part.section, answer.options)
        yield from _table(part, answer.options, terminal=terminal)
    if answer.totals is not None:
        if len(answer.parts) > 1:
            yield ""
        yield from totals(answer.totals)


def markdown(answer: Answer) -> Iterator[str]:
    """A report as GitHub-flavoured Markdown."""
    yield f"## {heading(answer)}"
    for number, part in enumerate(answer.parts):
        yield ""
        if number:
            yield from (f"### {title(part.section, answer.options)}", "")
        shown = people(part, answer.options)
        blocks = [tables.as_markdown(shown.columns, shown.rows).rstrip("\n")] if shown.rows else []
        blocks += [] if part.found else [part.nothing]
        yield "\n\n".join([*blocks, *cut(part, shown, answer.options)])
    if answer.totals is not None:
        yield ""
        yield from totals(answer.totals)


def _listed(part: Part) -> Table:
    """The rows of a section; of one row, a line for each of its figures."""
    if not part.section.single:
        return part.rows
    return Table(("figure", "value"), list(part.rows.records()[0].items()))


def _table(part: Part, options: Options, *, terminal: bool) -> Iterator[str]:
    shown = people(part, options)
    if not shown.rows and not part.found:
        yield part.nothing
    if shown.rows:
        columns, rows = shown.columns, shown.rows
        if part.section.chart:
            columns = (*columns, "")
            rows = [(*row, "█" * math.ceil(30 * bar)) for row, bar in zip(rows, bars(part, shown), strict=True)]
        yield tables.as_text(columns, rows, terminal=terminal).rstrip("\n")
    yield from cut(part, shown, options)
