"""What `kb validate` found, in every form that a person, a code host or an editor asks for."""

import json
from collections.abc import Sequence

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

FORMATS = ("full", "concise", "json", "ndjson", "sarif", "github", "gitlab", "junit")

WIDTH = 120
"""How wide lines of the source are shown where there is no terminal."""

FOR_PEOPLE = ("full", "concise")
"""The formats that people read: where findings can be hidden, grouped, and reported once."""

ON_A_HOST = ("sarif", "github", "gitlab")
"""The formats that the host of a repository reads, which knows its files from the top."""

LISTED = ("full", "concise", "json", "ndjson", "sarif")
"""The formats that can list what is suppressed; SARIF always does, and says so of each."""

COUNTED = ("full", "concise", "json")
"""The formats that can show statistics."""


def render(  # noqa: PLR0911 - a case for each format
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
    match format_name:
        case "full" | "concise":
            look = look or Look(common=settings.report)
            look = look._replace(source=look.fit or WIDTH) if format_name == "full" else look._replace(fit=None)
            return "".join(f"{line}\n" for line in listing(result, look, suppressed=suppressed, added=added))
        case "json":
            return _json(result.document(suppressed=suppressed))
        case "ndjson":
            return "".join(f"{_line(finding.document())}\n" for finding in result.listed(suppressed=suppressed))
        case "sarif":
            from kb.render import sarif  # noqa: PLC0415 - most runs need none of the forms for machines

            return sarif.render(result, settings, added)
        case "github":
            from kb.render import github  # noqa: PLC0415

            return github.render(result)
        case "gitlab":
            from kb.render import gitlab  # noqa: PLC0415

            return gitlab.render(result)
        case "junit":
            from kb.render import junit  # noqa: PLC0415

            return junit.render(result, settings)
        case _:
            raise KbError(f"--format {format_name}: {did_you_mean(format_name, FORMATS)}")


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
