"""`kb propose`: a draft for the inbox."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kb.cli.failures import interrupted_after
from kb.cli.options import STDIN, AsOf, TextOrJson, check_choice, check_started, current_workspace, examples
from kb.cli.output import is_coloured, print_json, print_prose


def _propose(
    draft: Annotated[
        Path, typer.Argument(metavar="FILE", help="One record, in a form that kb reads; - for standard input.")
    ],
    as_of: AsOf = None,
    format_name: TextOrJson = "text",
) -> None:
    """Put a draft into raw/inbox and say what it lacks.

    It is judged as `kb validate` would in this base: what is missing until it could be published, what would be better, and
    which records of the base may be the same error. It is named by its content, so the same draft twice is one file, and
    nothing is overwritten. What holds a credential, or is no record, is refused. Nothing is published: `kb ingest` does that.
    Exits with 1 if it could not be published as it is.
    """
    from kb.jobs.propose import propose
    from kb.judging.request import Request
    from kb.render import proposals

    check_choice("--format", format_name, ("text", "json"))
    workspace = current_workspace()
    check_started(workspace)
    stream = sys.stdin.buffer if draft == STDIN else None
    with interrupted_after("the draft may be in raw/inbox/, nothing was published"):
        proposal = propose(workspace, draft, Request(workspace.as_of(as_of), jobs=1), stream)
    print_json(proposal.document()) if format_name == "json" else print_prose(
        proposals.lines(proposal, colour=is_coloured(None))
    )
    if not proposal.is_publishable:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("propose", epilog=examples("kb propose draft.json", "kb propose - --format json < draft.yaml"))(
        _propose
    )
