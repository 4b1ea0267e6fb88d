"""The inbox of the ledger: outcomes that agents report. None counts until a person lets it in, by `kb outcome --from`."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import orjson

from kb import aside
from kb.errors import KbError
from kb.jobs.decide import Outcome, outcomes
from kb.workspace import Workspace

MOST = 1000
"""So many reports may wait; more than that nobody looks through."""


def leave(workspace: Workspace, reported: Outcome) -> str:
    """Put an outcome into the inbox, as a file of its own that `kb outcome --from` reads; returns its name below the workspace.

    It is held against the base and the rules as the event that it may become. The same report twice is one file.

    Raises:
        KbError: the ledger would not take it, too many wait, or it cannot be written.
    """
    (event,) = outcomes(workspace, [reported], dry_run=True)
    asked = reported.asked
    said = {
        "record": event.record, "target": reported.target, "worked": asked.worked, "with": dict(asked.used),
        "at": asked.at, "by": asked.by, "note": asked.note,
        "action": event.target and event.target.action,
    }  # fmt: skip
    line = orjson.dumps({key: value for key, value in said.items() if value not in (None, {})})
    name = f"{asked.at[:10]}-{hashlib.sha256(line).hexdigest()[:12]}.ndjson"
    path = workspace.inbox / name
    if not path.exists() and workspace.inbox.is_dir() and sum(1 for _ in workspace.inbox.iterdir()) >= MOST:
        raise KbError(f"the inbox holds {MOST:,} reports already; a person has to look through them first")
    shown = f"{workspace.inbox.name}/{name}"
    aside.put(path, line + b"\n", shown)
    return shown


def let_in(workspace: Workspace, files: Iterable[Path]) -> int:
    """Take away those of the files that lie in the inbox, for the ledger has them now; returns how many."""
    waiting = [file for file in files if file.resolve().parent == workspace.inbox]
    for file in waiting:
        with suppress(FileNotFoundError):
            file.unlink()
    return len(waiting)
