"""A report as a page to read and to print: its tables below each other."""

from collections.abc import Mapping
from typing import Any

from kb.render.html import asset, page
from kb.render.sections import bars, cut, heading, people, title, totals
from kb.render.tables import cell, numeric
from kb.reports import Answer, Options, Part
from kb.words import visible


def document(answer: Answer) -> str:
    """A report as one HTML file."""
    return page(
        "report.html.j2",
        styles=(asset("style.css"), asset("report.css")),
        heading=heading(answer),
        sections=[_section(part, answer.options, alone=len(answer.parts) == 1) for part in answer.parts],
        totals=[] if answer.totals is None else list(totals(answer.totals)),
    )


def _section(part: Part, options: Options, *, alone: bool) -> Mapping[str, Any]:
    shown = people(part, options)
    meanings = {name: column.meaning for name, column in part.section.columns.items()}
    return {
        "title": "" if alone else title(part.section, options),
        "columns": [(name.replace("_", " "), meanings.get(name, "")) for name in shown.columns],
        "numeric": numeric(shown.columns, shown.rows),
        "rows": [[visible(cell(value)) for value in row] for row in shown.rows],
        "bars": bars(part, shown),
        "notes": [*([] if part.found else [part.nothing]), *cut(part, shown, options)],
    }
