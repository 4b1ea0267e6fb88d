"""`kb serve`: the base for agents."""

import re
import signal
from typing import Annotated, NoReturn

import typer

from kb.cli.options import AsOf, current_workspace, examples, opened_base
from kb.cli.output import to_stderr

_PORT = 8629


def _serve(
    http: Annotated[
        bool, typer.Option("--http", help="Over HTTP, on this machine alone, instead of standard input and output.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, metavar="N", show_default=str(_PORT), help="0: any that is free."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="KB_SERVE_TOKEN",
            metavar="TOKEN",
            help="What HTTP requests have to give; default: one is made and printed.",
        ),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="WHO", help="Who reports outcomes: agent: or ci: and a name.")
    ] = "agent:mcp",
    as_of: AsOf = None,
) -> None:
    """Answer agents by the Model Context Protocol (MCP).

    They match an error, read a record, and report an outcome. What they report waits in ledger-inbox/;
    `kb outcome --from ledger-inbox` lets it into the ledger.
    """
    import secrets

    from kb.serve.agent_tools import server
    from kb.serve.held_base import HeldBase
    from kb.settings import is_actor

    if not (by.startswith(("agent:", "ci:")) and is_actor(by)):
        raise typer.BadParameter(
            f"{by!r}: write agent: or ci: and a name; what a person says, a person types", param_hint="--by"
        )
    if token is not None and not re.fullmatch(r"[!-~]{16,}", token):
        raise typer.BadParameter(
            "take 16 characters or more, no blanks; or leave it out, and one is made", param_hint="--token"
        )
    if port is not None and not http:
        raise typer.BadParameter("is for --http; add that, or leave it out", param_hint="--port")
    workspace = current_workspace()
    with opened_base(workspace):
        held = HeldBase(workspace, as_of)
    made = server(held, by)
    try:
        if http:
            from kb.serve import loopback

            secret = token or secrets.token_urlsafe(32)
            shown = [] if token else [f"token: {secret}"]
            loopback.serve(
                made, _PORT if port is None else port, secret, lambda address: to_stderr([f"serving {address}", *shown])
            )
        else:
            before = signal.signal(signal.SIGINT, _interrupt)  # else the loop would wait for the end of the input
            try:
                made.run("stdio")
            finally:
                signal.signal(signal.SIGINT, before)
    finally:
        held.close()


def _interrupt(_: int, __: object) -> NoReturn:
    raise KeyboardInterrupt


def add_to(app: typer.Typer) -> None:
    """Let a program have the command."""
    app.command("serve", epilog=examples("kb serve", "kb serve --http --port 8629"))(_serve)
