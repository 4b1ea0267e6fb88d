"""Bytes in: folders and files become incoming records, each with its origin."""

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Incoming, KbError, Origin
from pipeline.workspace import Workspace

LINES = frozenset({".ndjson", ".jsonl"})
KINDS = frozenset({".json", *LINES})
_SKIPPED = frozenset({"node_modules"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read. `name` is its path as the base knows it: relative to the workspace, with `/`."""

    name: str
    path: Path
    size: int
    modified: int
    inode: int


@dataclass(frozen=True, slots=True)
class Root:
    """One path that was asked for, what lies below it, and what was passed over (in words)."""

    name: str
    files: tuple[SourceFile, ...]
    passed_over: tuple[str, ...]

    def holds(self, name: str) -> bool:
        """Whether a file of that name lies, or lay, below this path."""
        return self.name == "." or name == self.name or name.startswith(f"{self.name}/")


def name_of(path: Path, workspace: Workspace) -> str:
    """The path as the base knows it; outside of the workspace it starts with `..`, so no machine's folders show."""
    return Path(os.path.relpath(path.absolute(), workspace.root)).as_posix()


def discover(path: Path, workspace: Workspace) -> Root:
    """Find what is to be read below a path, in the order of names.

    Raises:
        KbError: the path is missing, of a kind that is not read, or not to be listed.
    """
    name = name_of(path, workspace)
    if path.is_file():
        if path.suffix.lower() not in KINDS:
            raise KbError(f"{path}: kb reads .json, .ndjson and .jsonl; convert it, or rename it to what it is")
        return Root(name, (_describe(path, name),), ())
    if not path.is_dir():
        raise KbError(f"{path}: no such file or folder; to drop the records of a deleted file, ingest the folder above it")
    files: list[SourceFile] = []
    others: list[str] = []
    outside: list[str] = []
    home = path.resolve()
    for folder, folders, names in os.walk(path, onerror=_refuse):
        here = Path(folder)
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in _SKIPPED)
        for entry in sorted(n for n in names if not n.startswith(".")):
            file = here / entry
            known = name_of(file, workspace)
            if _excluded(file.relative_to(path).as_posix(), known, workspace.settings.exclude):
                continue
            if file.suffix.lower() not in KINDS:
                others.append(known)
            elif not file.resolve().is_relative_to(home):
                outside.append(known)
            elif file.is_file():
                files.append(_describe(file, known))
    passed_over = []
    if others:
        passed_over.append(f"passed over {_some(others)}: not .json, .ndjson or .jsonl")
    if outside:
        passed_over.append(f"passed over {_some(outside)}: a link that leads out of {name}")
    return Root(name, tuple(sorted(files, key=lambda file: file.name)), tuple(passed_over))


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} files ({names[0]}, …)"


def _refuse(error: OSError) -> None:
    raise KbError(f"{error.filename}: cannot be listed: {error.strerror}")


def _excluded(below: str, known: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns for name in (below, known))


def _describe(path: Path, name: str) -> SourceFile:
    try:
        stat = path.stat()
        name.encode()
    except OSError as error:
        raise KbError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeEncodeError:
        raise KbError(f"{name!r}: the file name is not valid UTF-8; rename it") from None
    return SourceFile(name, path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


def load(file: SourceFile) -> bytes:
    """The bytes of a file.

    Raises:
        KbError: it cannot be read.
    """
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise KbError(f"{file.name}: cannot be read: {error.strerror}") from None


def records(name: str, data: bytes) -> Iterator[Incoming]:
    """The records of one file, in order: a line each (NDJSON), an element each (array), or the whole (an object)."""
    if Path(name).suffix.lower() in LINES:
        parts = _lines(data)
    elif data.removeprefix(_BOM).lstrip()[:1] == b"[":
        parts = _elements(data)
    else:
        yield Incoming(Origin(name, 0, None, digest(data)), data)
        return
    for position, (line, raw) in enumerate(parts):
        yield Incoming(Origin(name, position, line, digest(raw)), raw)


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


_BOM = b"\xef\xbb\xbf"


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(data.removeprefix(_BOM).split(b"\n"), start=1):
        text = line.strip(b" \t\r")
        if text:
            yield number, text


_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a top-level array, with their lines; what cannot be told apart comes last, in one piece."""
    start = data.index(b"[") + 1
    depth, closed, line, counted = 0, False, 1, 0

    def cut(begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        nonlocal line, counted
        raw = data[begin:end]
        text = raw.strip()
        if text:
            at = begin + raw.index(text[:1])
            line += data.count(b"\n", counted, at)
            counted = at
            yield line, text

    for token in _TOKEN.finditer(data, start):
        mark = token.group()
        if mark in {b"{", b"["}:
            depth += 1
        elif mark in {b"}", b"]"}:
            depth -= 1
            if depth < 0:
                yield from cut(start, token.start())
                start, closed = token.end(), True
                break
        elif mark == b"," and depth == 0:
            if data[start : token.start()].strip():
                yield from cut(start, token.start())
                start = token.end()
            else:
                break
    if not closed or data[start:].strip():
        yield from cut(start, len(data)) if data[start:].strip() else iter(((line, b"["),))
