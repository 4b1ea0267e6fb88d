"""All or nothing: the next store and the next `curated/` are made ready aside, and take their places at once.

The next state lies in `.kb/next/`. When it is whole, `.kb/commit` names it; from then on it is carried through, by this
process or, after a crash, by the next that opens the workspace. Folders change places by one `renameat2` where the
system has it, so that a reader sees the old or the new `curated/`, never a part.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.aside import sync
from pipeline.model import KbError, StoppedError
from pipeline.workspace import LAYOUTS, Workspace

_NEXT, _COMMIT, _LOCK, _WRITER, _SEAL = "next", "commit", "lock", "writer", "seal"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_FICLONE = 0x40049409


class BusyError(KbError):
    """Another process writes to the workspace."""


@contextmanager
def writer(workspace: Workspace) -> Iterator[Path]:
    """Be the one writer of a workspace; yields an empty folder for the next state.

    Raises:
        KbError: another process writes, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - what only reads does without

    scratch = workspace.scratch
    try:
        scratch.mkdir(exist_ok=True)
        lock = FileLock(scratch / _LOCK, timeout=0)
        with lock:
            (scratch / _WRITER).write_text(str(os.getpid()), encoding="utf-8")
            _carry_through(workspace)
            folder = scratch / _NEXT
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                if not (scratch / _COMMIT).exists():
                    shutil.rmtree(folder, ignore_errors=True)
                (scratch / _WRITER).unlink(missing_ok=True)
    except Timeout:
        raise BusyError(
            f"{workspace.root.name}: another kb{_writer(scratch)} is writing kb.duckdb and curated/ here; wait for it to"
            " end, or stop it"
        ) from None
    except OSError as error:
        raise KbError(
            f"cannot write {error.filename or workspace.root}: {error.strerror}; nothing was published"
        ) from None


def _writer(scratch: Path) -> str:
    """The process that holds the lock, as far as it told."""
    try:
        return f" (process {int((scratch / _WRITER).read_text(encoding='utf-8'))})"
    except (OSError, ValueError):
        return ""


def recover(workspace: Workspace) -> None:
    """Carry through what a crash left half done; where another process writes, it is its own to carry through."""
    if (workspace.scratch / _COMMIT).exists():
        with suppress(BusyError), writer(workspace):
            pass


def clone(source: Path, target: Path) -> None:
    """Copy a file; where the file system can, only what is changed later takes time and room."""
    with suppress(ImportError, OSError), source.open("rb") as old, target.open("wb") as new:
        import fcntl  # noqa: PLC0415 - not on every system

        fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        return
    shutil.copyfile(source, target)


def commit(workspace: Workspace, token: str) -> None:
    """Put the next store and `curated/` in the places of the old ones; `token` is the digest in the new manifest."""
    if hasattr(os, "sync"):
        os.sync()  # every file of the next state, before anything says that it is whole
    draft = workspace.scratch / f"{_COMMIT}.draft"
    draft.write_text(token, encoding="utf-8")
    sync(draft)
    try:
        draft.replace(workspace.scratch / _COMMIT)
        _carry_through(workspace, _layout())
    except KeyboardInterrupt:
        raise StoppedError("what was made is published now, or by the next kb that runs here") from None


def _carry_through(workspace: Workspace, layout: str | None = None) -> None:
    """Publish what is whole; `layout` tells how its store is laid out, where that is known: not of what a crash left."""
    marker, folder = workspace.scratch / _COMMIT, workspace.scratch / _NEXT
    if not marker.exists():
        return
    token = marker.read_text(encoding="utf-8")
    ready = folder / "curated"
    if manifest(ready).get("digest") == token:
        _exchange(ready, workspace.curated)
    store = folder / "kb.duckdb"
    if store.exists():
        store.replace(workspace.store)
    seal = {"layout": layout, **_looks(workspace)}
    (workspace.scratch / _SEAL).write_text(json.dumps(seal), encoding="utf-8")
    sync(workspace.root)
    marker.unlink()
    shutil.rmtree(folder, ignore_errors=True)


class Sealed(NamedTuple):
    """Whether the store, and `records.ndjson`, look as they did when kb published them last."""

    store: bool
    records: bool


def sealed(workspace: Workspace) -> Sealed:
    """What is as kb left it, told by size, time and inode; what is not has to be looked through."""
    then, now = told(workspace.scratch / _SEAL), _looks(workspace)
    return Sealed(*(now[name] is not None and then.get(name) == now[name] for name in Sealed._fields))


def is_as_left(workspace: Workspace) -> bool:
    """Whether this kb laid the store out and nobody touched it since, so that its tables need not be looked through."""
    return sealed(workspace).store and told(workspace.scratch / _SEAL).get("layout") == _layout()


def _layout() -> str:
    from pipeline.store import layout  # noqa: PLC0415 - imports duckdb, which a record in a file does without

    return layout.digest()


def _looks(workspace: Workspace) -> dict[str, list[int] | None]:
    return {"store": _look(workspace.store), "records": _look(workspace.curated / LAYOUTS["ndjson"])}


def _look(path: Path) -> list[int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def manifest(curated: Path) -> dict[str, Any]:
    """What `curated/` says of itself; empty where there is none, or none that can be read."""
    return told(curated / "manifest.json")


def told(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none that can be read."""
    try:
        parsed = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _exchange(new: Path, old: Path) -> None:
    if not old.exists():
        new.rename(old)
        return
    import ctypes  # noqa: PLC0415 - what only reads does without

    try:
        libc = ctypes.CDLL(None, use_errno=True)
        swapped = libc.renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(old), _RENAME_EXCHANGE) == 0
    except (AttributeError, OSError):
        swapped = False
    if not swapped:  # two renames: for their length there is no curated/; a crash between them is carried through
        aside = new.with_name("curated.old")
        if old.exists():
            old.rename(aside)
        new.rename(old)
