"""Lists in the help that other modules hold: `{reports}` stands there for the names of all reports, and so on.

They are filled in when a command is called: that imports those modules anyway, and `kb --help` does without.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any


def fill(command: Any, root: Path | None = None) -> None:  # noqa: ANN401 - Typer's commands have no public type
    """Put the lists into the help of a command and of its parameters, as they are in the workspace of `root`."""
    for part in (command, *command.params):
        if part.help:
            part.help = _PLACE.sub(
                lambda found: _forms_of_records(root) if found[1] == "forms_of_records" else _LISTS[found[1]](),
                part.help,
            )


def _and(words: Iterable[str], last: str = "or") -> str:
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final


def _reports() -> str:
    from kb.reports import REPORTS

    return _and(REPORTS)


def _what_reports_say() -> str:
    from kb.reports import REPORTS

    return " ".join(f"{report.name}: {report.brief}." for report in REPORTS.values())


def _reports_of_runs() -> str:
    from kb.reports import REPORTS

    return _and((name for name, report in REPORTS.items() if report.of_runs), "and")


def _sql_seconds() -> str:
    from kb.settings import Sql

    return f"{Sql().seconds:g}"


def _forms_of_findings() -> str:
    from kb.render import validations

    return _and(f"{name} ({form.note})" if form.note else name for name, form in validations.FORMS.items())


def _forms_of_reports() -> str:
    from kb.render.answers import FORMATS

    return _and([*FORMATS, "ids"])


def _forms_of_exports() -> str:
    from kb.jobs.export import FORMATS

    return _and(FORMATS)


def _exports_in_one_file() -> str:
    from kb.jobs.export import IN_ONE_FILE

    return _and(IN_ONE_FILE, "and")


def _forms_of_records(root: Path | None = None) -> str:
    from kb import workspace
    from kb.errors import KbError
    from kb.sources.formats import NAMES

    own: list[str] = []
    with suppress(KbError, OSError):  # the command itself will say what is wrong
        own = [Path(file).stem for file in workspace.find(root).format_files()]
    return _and(dict.fromkeys([*NAMES, *own]))


def _groups() -> str:
    from kb.render.listing import GROUPS

    default, *others = GROUPS
    return _and([f"{default} (default)", *others])


_LISTS: dict[str, Callable[[], str]] = {
    "reports": _reports,
    "what_reports_say": _what_reports_say,
    "reports_of_runs": _reports_of_runs,
    "sql_seconds": _sql_seconds,
    "forms_of_findings": _forms_of_findings,
    "forms_of_reports": _forms_of_reports,
    "forms_of_exports": _forms_of_exports,
    "exports_in_one_file": _exports_in_one_file,
    "forms_of_records": _forms_of_records,
    "groups": _groups,
}

_PLACE = re.compile(rf"\{{({'|'.join(_LISTS)})\}}")
