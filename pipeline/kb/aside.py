"""Files that a command writes for its user: made aside, they take their place whole, by one rename, or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kb.errors import KbError


@contextmanager
def written(target: Path) -> Iterator[BinaryIO]:
    """A file to write into. A pipe or a device is written as it is, for it has no earlier state to keep."""
    if _is_stream(target):
        with target.open("wb") as file:
            yield file
    else:
        with drafted(target) as draft, draft.open("xb") as file:
            yield file


def put(target: Path, data: bytes, name: str) -> None:
    """Write a file whole, and the folders above it; `name` is what an error calls it.

    Raises:
        KbError: it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written(target) as file:
            file.write(data)
    except OSError as error:
        raise KbError(f"{name}: cannot be written: {error.strerror}") from None


@contextmanager
def drafted(target: Path) -> Iterator[Path]:
    """A path to make a file at; in the end that is `target`, which keeps its mode and owner, and stays a link if it is one.

    The name of the draft depends on the target alone, so that the next run takes away what a killed one left.
    """
    final = Path(os.path.realpath(target))
    draft = final.with_name(f".{final.name[:80]}.part")
    draft.unlink(missing_ok=True)  # never written through: it may be a link that somebody laid there
    try:
        yield draft
        _as_before(draft, final)
        sync(draft)
        draft.replace(final)
        sync(final.parent)
    finally:
        draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Let a file, or the names in a folder, reach the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_stream(target: Path) -> bool:
    return (target.exists() and not target.is_file()) or target.parts[1:2] in {("dev",), ("proc",)}


def _as_before(draft: Path, final: Path) -> None:
    with suppress(FileNotFoundError):
        status = final.stat()
        with suppress(PermissionError):  # another's file stays theirs where the system lets us give it
            os.chown(draft, status.st_uid, status.st_gid)
        draft.chmod(status.st_mode & 0o7777)


@contextmanager
def folder_drafted(target: Path) -> Iterator[Path]:
    """An empty folder to write files into; in the end they stand in `target`.

    Where there was nothing, they come there all at once. In a folder that is there each takes its place by a rename, those at
    the top last and in the order of names; others stay. Where the body fails, `target` is as it was.

    The name of the draft depends on the target alone, so that the next run takes away what a killed one left.
    """
    final = Path(os.path.realpath(target))
    draft = final.with_name(f".{final.name[:80]}.part")
    _take_away(draft)
    draft.mkdir(parents=True)
    try:
        yield draft
        if hasattr(os, "sync"):
            os.sync()
        if final.exists():
            _move_into(draft, final)
        else:
            draft.replace(final)
        sync(final.parent)
    finally:
        _take_away(draft)


def _move_into(draft: Path, final: Path) -> None:
    names = (path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
    for name in sorted(names, key=lambda name: (-len(name.parts), name.as_posix())):
        (final / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).replace(final / name)


def _take_away(draft: Path) -> None:
    if draft.is_symlink() or not draft.is_dir():
        draft.unlink(missing_ok=True)
    else:
        shutil.rmtree(draft)
