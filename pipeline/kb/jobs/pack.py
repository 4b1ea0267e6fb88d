"""`kb ledger pack`: old events in one file, instead of one for each. The ledger says the same afterwards."""

import datetime as dt
from contextlib import suppress
from typing import NamedTuple

from kb import aside
from kb.errors import KbError
from kb.ledger.book import packed, read_all
from kb.workspace import Workspace


class Packing(NamedTuple):
    """How many events were packed, into which file below the ledger, and which files are gone for it."""

    events: int
    file: str | None
    gone: tuple[str, ...]


def pack(workspace: Workspace, before: dt.date, *, dry_run: bool = False) -> Packing:
    """Put the events of all days before one into a sorted file of lines, and take away the files that held them.

    The new file is complete before another goes, so that whatever interrupts this, no event is lost; one that stands in two
    files counts once.

    Raises:
        KbError: a file of the ledger is no valid event, cannot be read, or cannot be written.
    """
    ledger = read_all(workspace.ledger_files())
    if ledger.faults:
        fault = ledger.faults[0]
        raise KbError(f"ledger/{fault.file}: {fault.reason}; nothing was packed")
    old = [event for event in ledger.events if event.day < before.isoformat()]
    if not old:
        return Packing(0, None, ())
    name, data = packed(old)
    events_by_file: dict[str, list[bool]] = {}
    for file, raw in workspace.ledger_files():
        events_by_file[file] = [event.day < before.isoformat() for event in read_all([(file, raw)]).events]
    gone = tuple(sorted(file for file, are_old in events_by_file.items() if all(are_old) and file != name))
    if not gone:
        return Packing(0, None, ())
    if not dry_run:
        try:
            with aside.written(workspace.ledger / name) as draft:
                draft.write(data)
            for done in gone:
                (workspace.ledger / done).unlink()
                _drop_empty(workspace, done)
        except OSError as error:
            raise KbError(f"ledger/: cannot be packed: {error.strerror}; no event is lost, so run it again") from None
    return Packing(len(old), name, gone)


def _drop_empty(workspace: Workspace, name: str) -> None:
    """Take away the folders that a file was the last of."""
    for folder in (workspace.ledger / name).parents:
        if folder == workspace.ledger:
            return
        with suppress(OSError):
            folder.rmdir()
