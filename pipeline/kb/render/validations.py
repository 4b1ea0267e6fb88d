"""What `kb validate` found, in every form that a person, a code host or an editor asks for."""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kb.errors import KbError
from kb.model import Document
from kb.render import text
from kb.render.listing import Look, listing
from kb.render.statistics import counted, document
from kb.render.tables import as_text, plain
from kb.results import ValidateResult
from kb.rules.base import Rule
from kb.settings import Settings
from kb.words import did_you_mean, escaped

WIDTH = 120
"""How wide lines of the source are shown where there is no terminal."""


class Answered(NamedTuple):
    """What was found, and how it is asked for."""

    result: ValidateResult
    settings: Settings
    added: Sequence[Rule]
    suppressed: bool
    look: Look


def _people(asked: Answered) -> str:
    return "".join(
        f"{line}\n" for line in listing(asked.result, asked.look, suppressed=asked.suppressed, added=asked.added)
    )


def _full(asked: Answered) -> str:
    return _people(asked._replace(look=asked.look._replace(source=asked.look.fit or WIDTH)))


def _concise(asked: Answered) -> str:
    return _people(asked._replace(look=asked.look._replace(fit=None)))


def _as_json(asked: Answered) -> str:
    return _json(asked.result.document(suppressed=asked.suppressed))


def _ndjson(asked: Answered) -> str:
    return "".join(f"{_line(finding.document())}\n" for finding in asked.result.listed(suppressed=asked.suppressed))


def _sarif(asked: Answered) -> str:
    from kb.render import sarif  # noqa: PLC0415 - most runs need none of the forms for machines

    return sarif.render(asked.result, asked.settings, asked.added)


def _github(asked: Answered) -> str:
    from kb.render import github  # noqa: PLC0415

    return github.render(asked.result)


def _gitlab(asked: Answered) -> str:
    from kb.render import gitlab  # noqa: PLC0415

    return gitlab.render(asked.result)


def _junit(asked: Answered) -> str:
    from kb.render import junit  # noqa: PLC0415

    return junit.render(asked.result, asked.settings)


class FindingsFormat(NamedTuple):
    """A form of what was found: its function, and what goes with it."""

    render: Callable[[Answered], str]
    note: str = ""
    """What the help says of it."""
    for_people: bool = False
    """People read it: findings can be hidden, grouped, and reported once."""
    on_a_host: bool = False
    """The host of a repository reads it, which knows its files from the top."""
    lists_suppressed: bool = False
    """It can list what is suppressed; SARIF always does, and says so of each."""
    counts: bool = False
    """It can show statistics."""


FORMS = {
    "full": FindingsFormat(_full, "default on a terminal", for_people=True, lists_suppressed=True, counts=True),
    "concise": FindingsFormat(_concise, "default elsewhere", for_people=True, lists_suppressed=True, counts=True),
    "json": FindingsFormat(_as_json, lists_suppressed=True, counts=True),
    "ndjson": FindingsFormat(_ndjson, lists_suppressed=True),
    "sarif": FindingsFormat(_sarif, on_a_host=True, lists_suppressed=True),
    "github": FindingsFormat(_github, on_a_host=True),
    "gitlab": FindingsFormat(_gitlab, on_a_host=True),
    "junit": FindingsFormat(_junit),
}
"""What `--format` of `kb validate` takes. The checks of options, the help and the tests of forms are derived from it."""

FORMATS = tuple(FORMS)
FOR_PEOPLE = tuple(name for name, form in FORMS.items() if form.for_people)
ON_A_HOST = tuple(name for name, form in FORMS.items() if form.on_a_host)
LISTED = tuple(name for name, form in FORMS.items() if form.lists_suppressed)
COUNTED = tuple(name for name, form in FORMS.items() if form.counts)


def render(
    result: ValidateResult,
    format_name: str,
    settings: Settings,
    *,
    added: Sequence[Rule] = (),
    suppressed: bool = False,
    look: Look | None = None,
) -> str:
    """A result in one of FORMATS; those FOR_PEOPLE as they are to look. `added` are custom rules.

    Raises:
        KbError: there is no such format.
    """
    if format_name not in FORMS:
        raise KbError(f"--format {format_name}: {did_you_mean(format_name, FORMATS)}")
    return FORMS[format_name].render(
        Answered(result, settings, added, suppressed, look or Look(common=settings.report))
    )


def statistics(result: ValidateResult, format_name: str, *, terminal: bool = False) -> str:
    """How often each rule speaks in a result, in one of COUNTED."""
    if format_name == "json":
        return _json(document(result))
    table = counted(result)
    shown = as_text(table.columns, table.rows, terminal=terminal) if table.rows else ""
    return f"{shown}{text.summary(result)}\n"


def _json(value: Document) -> str:
    return escaped(json.dumps(plain(value), ensure_ascii=False, indent=2)) + "\n"


def _line(value: Document) -> str:
    return escaped(json.dumps(plain(value), ensure_ascii=False))
