"""What commands share of what can be typed: arguments, options, what completes them, and the workspace they are about."""

import datetime as dt
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kb.settings import Sql
    from kb.store import Store
    from kb.workspace import Workspace


class Chosen:
    """What was said before the command."""

    root: Path | None = None


def examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def current_workspace() -> "Workspace":
    from kb import workspace

    return workspace.find(Chosen.root)


def parse_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Files and folders, - for standard input; default: raw/.", show_default=False),
]


AsOf = Annotated[
    dt.date | None,
    typer.Option(
        "--as-of",
        parser=parse_day,
        metavar="YYYY-MM-DD",
        help="The day that age is counted to; default: as_of in kb.toml, else today.",
    ),
]


Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        min=0,
        max=1024,
        metavar="N",
        show_default=False,
        help="Processes; 0, the default: one for each core.",
    ),
]


def free_output(context: typer.Context, output: Path | None) -> Path | None:
    """Where to write: nowhere that kb itself reads from or writes to, but for the place of the reports."""
    from kb.workspace import real

    if output is None or output == STDIN:
        return None if context.info_name != "export" else output
    workspace = current_workspace()
    reserved = workspace.part(output)
    if reserved is None or (context.info_name == "report" and real(output).is_relative_to(real(workspace.reports))):
        return output
    raise typer.BadParameter(f"{output}: {reserved} is what kb itself reads or writes; name another place")


def parse_release(released: str | None) -> str | None:
    """A product and its version, as in docker=30."""
    if released is None:
        return None
    product, _, version = (part.strip() for part in released.partition("="))
    if not re.fullmatch(r"[\w .+-]+", product) or not re.match(r"[0-9]", version):
        raise typer.BadParameter(f"{released!r}: write PRODUCT=VERSION, as in docker=30")
    return f"{product.lower()}={version}"


Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", callback=free_output, help="Write there instead of to standard output."
    ),
]


TextOrJson = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")]


AnyTable = Annotated[str, typer.Option("--format", metavar="FORMAT", help="table, json, ndjson, csv or md.")]


def complete_reports() -> list[str]:
    from kb.reports import NAMES

    return list(NAMES)


def complete_codes() -> list[str]:
    from kb.rules import catalogue

    return list(catalogue())


def complete_formats(ctx: typer.Context, incomplete: str) -> list[str]:
    """The names of the formats of the workspace; whatever is wrong with one, completion says nothing."""
    from kb import workspace
    from kb.jobs.mapping_list import names

    with suppress(Exception):
        root = ctx.parent and ctx.parent.params.get("root")
        return [name for name in names(workspace.find(Path(root) if root else None)) if name.startswith(incomplete)]
    return []


FormatOfRecords = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FORMAT",
        help="{forms_of_records}; default: each record's is recognised.",
        autocompletion=complete_formats,
    ),
]


def complete_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """The ids that go on after what is typed; whatever is wrong with the base, completion says nothing."""
    from kb import workspace
    from kb.jobs.show import ids
    from kb.publish import swap

    with suppress(Exception):
        root = ctx.parent and ctx.parent.params.get("root")
        with swap.reading(workspace.find(Path(root) if root else None)) as base:
            return ids(base, incomplete)
    return []


def complete_severities() -> list[str]:
    from kb.model import Severity

    return [*Severity]


def complete_groups() -> list[str]:
    from kb.render.listing import GROUPS

    return list(GROUPS)


STDIN = Path("-")


def opened_base(workspace: "Workspace", limits: "Sql | None" = None) -> "AbstractContextManager[Store]":
    """The base of a workspace, to be read; `limits` hold for what is asked of it."""
    from kb.publish import swap

    check_started(workspace)
    return swap.reading(workspace, limits=limits)


def check_started(workspace: "Workspace") -> None:
    """Where there is nothing to ingest either, `kb ingest` would be no advice."""
    from kb.errors import KbError

    if not (workspace.store.exists() or workspace.configured or workspace.raw.is_dir()):
        raise KbError(
            f"{workspace.store.name}: there is no knowledge base here yet, and no kb.toml here or above; see `kb init`"
        )


def check_choice(option: str, word: str, choices: tuple[str, ...]) -> None:
    """Refuse a word that is none of the choices of an option."""
    if word not in choices:
        from kb.words import did_you_mean

        raise typer.BadParameter(f"{word!r}; {did_you_mean(word.lower(), choices)}", param_hint=option)
