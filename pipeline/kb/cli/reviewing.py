"""`kb review`: the queue as a session, one key a decision; what is decided is written at once."""

import os
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb.cli import streams
from kb.cli.deciding import By, DryRun, decision, wrote
from kb.cli.failures import interrupted_after
from kb.cli.options import AsOf, current_workspace, examples
from kb.cli.output import is_coloured, print_notes, print_prose

if TYPE_CHECKING:
    import datetime as dt

    from kb.workspace import Workspace

_KEYS = {
    "c": "confirm",
    "r": "refute",
    "d": "deprecate",
    "w": "withdraw",
    "s": "skip",
    "e": "edit",
    "q": "quit",
}

_REASONED = {"refute": "note", "deprecate": "reason", "withdraw": "reason"}
"""What has to be said, or may be, and under which name the event keeps it."""


def _review(
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="DOMAIN", help="Only records of this domain.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many records.")] = 20,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Go through the review queue, one record after the other.

    c confirms, r refutes, d deprecates, w withdraws, s skips, e opens the raw file in $EDITOR, q quits. Each decision is
    written at once. Answers may come from a pipe, a line each; a reason is the line that follows.
    """
    from kb.jobs.review import to_review
    from kb.render import text

    workspace = current_workspace()
    decided: Counter[str] = Counter()
    with interrupted_after("what was decided before is in ledger/; `kb log` shows it"):
        for number, details in enumerate(to_review(workspace, workspace.as_of(as_of), domain, limit), start=1):
            print(f"{number}. {details['why']}")
            print_prose(text.record(details, colour=is_coloured(None)))
            action = _settled(workspace, details, by, as_of, dry_run=dry_run)
            decided[action] += 1
            if action == "quit":
                break
    told = [f"{decided[kind]} {word}" for kind, word in _DONE.items() if decided[kind]]
    if told:
        print_notes([", ".join(told)])
        wrote(sum(decided[kind] for kind in _DONE), dry_run=dry_run)
    elif not decided:
        print_notes(["nothing is left to review; `kb ingest` lets the base follow what was decided"])


_DONE = {"confirm": "confirmed", "refute": "refuted", "deprecate": "deprecated", "withdraw": "withdrawn"}


def _settled(
    workspace: "Workspace", details: dict[str, Any], by: str | None, as_of: "dt.date | None", *, dry_run: bool
) -> str:
    """Ask until a record is decided about, skipped or left; what was done."""
    from kb.errors import KbError
    from kb.jobs import decide as job

    while True:
        action = _KEYS.get(_key())
        if action is None:
            print_notes(["c confirms, r refutes, d deprecates, w withdraws, s skips, e edits, q quits"])
        elif action == "edit":
            _edit(workspace.root / details["origin"]["path"])
        elif action in {"skip", "quit"}:
            return action
        else:
            name = _REASONED.get(action)
            said = _line(f"{name}: ") if name else None
            if name == "reason" and not said:
                print_notes(["without a reason nothing is decided"])
                continue
            try:
                values = {name: said} if name and said else {}
                asked = decision(workspace, action, by, as_of, **values)
                job.decide(workspace, [details["id"]], asked, dry_run=dry_run)
            except KbError as error:
                print_notes([str(error)])
                continue
            return action


def _key() -> str:
    """One key of a terminal, or the first letter of a line of a pipe; at its end, q."""
    prompt = "[c]onfirm [r]efute [d]eprecate [w]ithdraw [s]kip [e]dit [q]uit: "
    if not sys.stdin.isatty():
        line = _line(prompt)
        return "q" if line is None else line[:1].lower() or "?"
    try:
        import termios
        import tty
    except ImportError:  # not on Windows, where a line is read
        return (_line(prompt) or "q")[:1].lower()
    streams.say(prompt)
    before = termios.tcgetattr(sys.stdin.fileno())
    try:
        tty.setcbreak(sys.stdin.fileno())
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace").lower() or "q"
    finally:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)


def _line(prompt: str) -> str | None:
    """A line that is typed; None at the end of the input."""
    streams.say(prompt)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _edit(path: Path) -> None:
    """Open a raw file in the user's editor, and wait until that is closed."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        print_notes([f"no editor is set (VISUAL, EDITOR); edit {os.path.relpath(path)}, ingest, and review it then"])
        return
    words = [*shlex.split(editor), str(path)]
    try:
        code = os.spawnvp(os.P_WAIT, words[0], words)  # noqa: S606 - the user's own editor
    except OSError as error:
        code = error.errno or 1
    if code:
        print_notes([f"{words[0]}: ended with {code}"])
    else:
        print_notes(["what was edited has to be ingested before it can be confirmed; s skips it for now"])


def add_to(app: typer.Typer) -> None:
    """Let a program have the command."""
    app.command("review", epilog=examples("kb review", "kb review --domain docker --limit 5"))(_review)
