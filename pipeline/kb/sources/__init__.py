"""Bytes in: folders, files, archives and streams become incoming records, each with its origin."""

import fnmatch
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from kb import contract
from kb.analysis.credentials import credentials, is_masked, masked_path
from kb.errors import KbError
from kb.model import Incoming, Origin
from kb.settings import FILE, Bounds
from kb.sources import locate, readers
from kb.sources.containers import (
    KINDS,
    PAGES_PASSED_OVER,
    BeyondError,
    Reading,
    faults,
    file_of,
    is_about_the_folder,
    is_read,
    some,
)
from kb.sources.formats import NATIVE, SHIPPED, Format, Formats
from kb.sources.split import Piece, is_lines
from kb.workspace import Workspace

_SKIPPED = frozenset({"node_modules"})
_READ = f"{KINDS}, plain, as .gz or .zst, or in a .zip or .tar"
_OWN_TEXTS = (FILE, "formats", "rules", "dvc.yaml")
"""What lies beside the records, in a workspace, in forms that records may have."""


class SourceFile(NamedTuple):
    """A file to read. `name` is its path as the base knows it: relative to the workspace, with `/`.

    `modified` is its last change, in nanoseconds; `form` names the format of its records where a user said it. `instead_of` is
    the file that it stands for, where its bytes came from standard input. `limits` bound what its records may cost; `formats`
    are those that its records may have.
    """

    name: str
    path: str
    size: int
    modified: int
    inode: int
    form: str | None = None
    instead_of: Path | None = None
    limits: Bounds = Bounds()
    formats: Formats = SHIPPED


class Root(NamedTuple):
    """One path that was asked for, what lies below it, and what was passed over (in words)."""

    name: str
    files: tuple[SourceFile, ...]
    passed_over: tuple[str, ...]

    def holds(self, name: str) -> bool:
        """Whether a file of that name lies, or lay, below this path."""
        steps = self.name.split("/")
        if self.name == "." or set(steps) == {".."}:  # the workspace, or a folder above it
            return name.split("/").count("..") <= steps.count("..")
        return name == self.name or name.startswith(f"{self.name}/")


def name_of(path: Path, workspace: Workspace) -> str:
    """The path as the base knows it; outside of the workspace it starts with `..`, so no machine's folders show.

    A credential in it is shown to nobody.
    """
    parent, own = os.path.split(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the last link too
    return masked_path(Path(os.path.relpath(Path(os.path.realpath(parent), own), workspace.root)).as_posix())


def discover(path: Path, workspace: Workspace, format_name: str | None = None) -> Root:
    """Find what is to be read below a path, in the order of names.

    Raises:
        KbError: the path is missing, of a kind that is not read, or not to be listed.
    """
    name = name_of(path, workspace)
    if path.is_file():
        check_kind(path)
        return Root(name, (_describe(path, name, _like(format_name, workspace)),), ())
    if path.exists() and not path.is_dir():
        raise KbError(f"{path}: neither file nor folder; pipe it in, as in `kb validate - < {path}`")
    if not path.is_dir():
        raise KbError(f"{path}: no such file or folder")
    return _below(path, name, workspace, format_name)


def _below(path: Path, name: str, workspace: Workspace, format_name: str | None) -> Root:
    files: dict[str, SourceFile] = {}
    passed_over: dict[str, list[str]] = {
        f"not {_READ}": [],
        "a pipe, a socket or a device": [],
        f"a link that leads out of {name}, or nowhere": [],
        PAGES_PASSED_OVER: [],
    }
    others, special, outside, pages = passed_over.values()
    like = _like(format_name, workspace)
    home = os.path.realpath(path)
    for inner, entry in _walk(str(path), "", _own(workspace, home)):
        known = inner if name == "." else f"{name}/{inner}"
        if _excluded(inner, known, workspace.settings.exclude):
            continue
        known = masked_path(known)
        if entry.is_symlink() and _leads_out(Path(entry.path), home):
            outside.append(known)
        elif entry.is_file():
            if is_about_the_folder(entry.name):
                pages.append(known)
            elif is_read(entry.name):
                if known in files:
                    raise KbError(f"{known}: two files have this name but for a credential in it; rename them")
                files[known] = _describe(entry, known, like)
            else:
                others.append(known)
        elif not entry.is_dir():
            special.append(known)
    notes = (f"passed over {some(names)}: {why}" for why, names in passed_over.items() if names)
    curated = os.path.relpath(os.path.realpath(workspace.curated), home)
    within = workspace.curated.is_dir() and not curated.startswith(".")
    left_out = [f"left out {curated}/: that is what kb makes of the rest"] if within else []
    return Root(name, tuple(files[known] for known in sorted(files)), (*notes, *left_out))


class Outlined(NamedTuple):
    """What the disk says of a file, without a look into it; `target` is where a link leads."""

    inner: str
    mode: int
    size: int
    modified: int
    inode: int
    target: str


def outline(path: Path, workspace: Workspace) -> tuple[str, list[Outlined]]:
    """All that `discover` looks at below a path: where it lies, and what there is.

    Where that is as before, under the same settings, there are the same files to read. It costs less: no name is looked into.

    Raises:
        KbError: a folder cannot be listed.
    """
    home = os.path.realpath(path)
    if not path.is_dir():
        return home, [_outlined("", str(path), is_link=True)]
    walked = _walk(str(path), "", _own(workspace, home))
    return home, [_outlined(inner, entry.path, is_link=entry.is_symlink()) for inner, entry in walked]


def _outlined(inner: str, path: str, *, is_link: bool) -> Outlined:
    target = os.path.realpath(path) if is_link else ""
    try:
        state = os.stat(path)  # noqa: PTH116 - to make a Path takes longer
    except OSError:  # a link that leads nowhere, or it is gone by now
        return Outlined(inner, 0, 0, 0, 0, target)
    return Outlined(inner, state.st_mode, state.st_size, last_change(state), state.st_ino, target)


def _own(workspace: Workspace, home: str) -> set[str]:
    """What kb keeps in a workspace, and what lies beside records there, by its path from a folder."""
    kept = [workspace.curated, workspace.ledger, workspace.inbox, workspace.baseline, workspace.store]
    kept += [workspace.root / text for text in _OWN_TEXTS]
    return {os.path.relpath(os.path.realpath(path), home) for path in kept}


def check_found_again(path: Path, workspace: Workspace) -> None:
    """Hold a path that is named to be none that kb passes over in a folder, for then the next ingest would take it out.

    Raises:
        KbError: it is kb's own, hidden, excluded, a link that leads out, or not to be shown.
    """
    own_part, name = workspace.part(path), name_of(path, workspace)
    if own_part in {"curated/", ".kb/", "kb.duckdb"}:
        raise KbError(f"{path}: {own_part} is what kb makes of other files; ingest those")
    if own_part == "ledger/":
        raise KbError(f"{path}: ledger/ holds decisions about records, and no records; every ingest reads it")
    if own_part == "ledger-inbox/":
        raise KbError(f"{path}: ledger-inbox/ holds reported outcomes, and no records; `kb outcome --from` takes them")
    if own_part == FILE:
        raise KbError(f"{path}: {FILE} holds settings, and no records; name another file")
    if is_masked(name):
        raise KbError(f"{name}: the path holds a credential; revoke it where it was issued, and rename the path")
    if name == "." or name.startswith(".."):
        return
    hidden = next((step for step in name.split("/") if not _wanted(step)), None)
    if hidden:
        raise KbError(
            f"{path}: kb passes over {hidden}, as over all that is hidden and node_modules; rename or copy it"
        )
    home = os.path.realpath(workspace.raw if name.startswith("raw/") else workspace.root)
    if path.is_symlink() and path.exists() and _leads_out(path, home):
        raise KbError(f"{path}: a link that leads out of {Path(home).name}, which kb passes over; copy the file")
    if _excluded(name, name, workspace.settings.exclude):
        raise KbError(f"{path}: `exclude` in kb.toml leaves it out; change that, or copy the file")


def nothing_in(roots: Sequence[Root], notes: Iterable[str]) -> str:
    """That no record lies below some paths, and what was passed over there."""
    passed_over = "; ".join(dict.fromkeys([note for root in roots for note in root.passed_over] + list(notes)))
    return f"{', '.join(root.name for root in roots)}: no records there{f' ({passed_over})' if passed_over else ''}"


def misread(names: Sequence[str], format_name: str | None) -> str:
    """That no record of some files looks like the format that they are said to have."""
    return f"no record of {some(names)} looks like {format_name}; leave --from out"


def check_kind(path: Path) -> None:
    """Hold a file by its name to be one that is read.

    Raises:
        KbError: it is not.
    """
    if not is_read(path.name):
        raise KbError(f"{path}: kb reads {_READ}; convert it, or rename it to what it is")


def _walk(folder: str, below: str, own: set[str]) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Every file below a folder, and every link to a folder, by its path from the first; `own`, which kb wrote, is left out."""
    try:
        with os.scandir(folder) as scan:
            entries = sorted((entry for entry in scan if _wanted(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        raise KbError(f"{error.filename}: cannot be listed: {error.strerror}") from None
    folders = []
    for entry in entries:
        inner = f"{below}{entry.name}"
        if inner in own:
            continue
        if entry.is_dir(follow_symlinks=False):
            folders.append((inner, entry.path))
        else:
            yield inner, entry
    for inner, path in folders:
        yield from _walk(path, f"{inner}/", own)


def _wanted(entry: str) -> bool:
    return not entry.startswith(".") and entry not in _SKIPPED


def _leads_out(link: Path, home: str) -> bool:
    target = os.path.realpath(link)
    return not link.exists() or os.path.commonpath([home, target]) != home


def _excluded(below: str, known: str, patterns: Sequence[str]) -> bool:
    names = (below, known, known.removeprefix("raw/"))  # the same, whichever folder is named
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns for name in names)


def _like(format_name: str | None, workspace: Workspace) -> SourceFile:
    """What is said of every file alike."""
    formats = Formats(workspace.format_files())
    return SourceFile("", "", 0, 0, 0, format_name, limits=workspace.settings.limits, formats=formats)


def _describe(entry: "Path | os.DirEntry[str]", name: str, like: SourceFile) -> SourceFile:
    try:
        stat = entry.stat()
        name.encode()
    except OSError as error:
        raise KbError(f"{os.fspath(entry)}: cannot be read: {error.strerror}") from None
    except UnicodeEncodeError:
        raise KbError(f"{name!r}: the file name is not valid UTF-8; rename it") from None
    path, modified = os.fspath(entry), last_change(stat)
    return like._replace(name=name, path=path, size=stat.st_size, modified=modified, inode=stat.st_ino)


def last_change(status: os.stat_result) -> int:
    """When a file was changed last, in nanoseconds: its own time can be put back after an edit, that of its inode cannot."""
    return max(status.st_mtime_ns, status.st_ctime_ns)


def read(
    file: SourceFile,
    done: Callable[[Reading], None] = lambda _: None,
    is_known: Callable[[Origin], bool] | None = None,
) -> Iterator[Incoming]:
    """The records of one file, in order, never all in memory; `done` is given the reading once all is read.

    Those that are known already are counted, and left out.

    Raises:
        KbError: the file cannot be read, or is not what its name says.
    """
    for group in groups(file, done, is_known):
        yield from group.records


class Portion(NamedTuple):
    """What a file is cut into at one place, and the records in it: one, or those that a mapping takes out of it."""

    piece: Piece
    records: Sequence[Incoming]


def groups(
    file: SourceFile,
    done: Callable[[Reading], None] = lambda _: None,
    is_known: Callable[[Origin], bool] | None = None,
) -> Iterator[Portion]:
    """The like, with what each record was taken out of.

    Raises:
        KbError: the file cannot be read, or is not what its name says.
    """
    reading = Reading(file.name, Path(file.path), file.limits)
    with faults(file.name):
        yield from _within(file, reading, is_known)
    done(reading)


class _Taken(NamedTuple):
    """A record that a mapping took out of a piece of a file: the same as `Piece`, and its pointer there."""

    line: int
    column: int
    raw: bytes
    offset: int
    fault: None
    within: str


def _split(piece: Piece, reader: readers.Reader, form: Format, reading: Reading) -> Sequence[Piece | _Taken]:
    """The records that a mapping takes out of a piece of a file; what cannot be taken apart is one, and says why.

    What stands beside them is named in a remark, for no record has it.
    """
    from kb.sources.formats.computed import beside, elements, some_keys  # noqa: PLC0415 - JMESPath: only where a mapping needs it

    if piece.fault is not None:
        return [piece]
    try:
        whole = reader.read(piece.raw)
        found = elements(form, whole)
    except contract.UnreadableError as error:
        return [piece._replace(fault=str(error))]
    left_out = beside(whole, [place for _, place in found])
    if left_out and found:
        reading.remarks.append(
            f"{reading.name}: {some_keys(left_out)} beside the records that {form.origin} takes out of it: in none of them"
        )
    spans = reader.places(piece.raw, {place for _, place in found})
    text = piece.raw.removeprefix(contract.BOM).decode()
    parts = []
    for document, place in found:
        line, column = locate.place_of(text, spans[place].start)
        line += (piece.line or 1) - 1
        parts.append(_Taken(line, column, orjson.dumps(document), piece.offset, None, place))
    return parts


def _within(
    file: SourceFile, reading: Reading, is_known: Callable[[Origin], bool] | None = None
) -> Iterator["Portion"]:
    """The records of a file up to its limits, and that there is more, if there is."""
    position, name, format_name = 0, file.name, file.form
    splitting = file.formats.splitting(format_name, name, readers.of(name).name)
    fits = format_name is None
    try:
        for member in reading.members():
            name, remark, in_lines = member.name, None, is_lines(member.name)
            position = 0
            reader = readers.of(name)
            for piece in reader.pieces(name, member.stream):
                if in_lines and remark is None:
                    remark = _no_lines(piece.raw, first=position == 0)
                held = [piece] if splitting is None else _split(piece, reader, splitting, reading)
                group = []
                for one in held:
                    reading.count_record()
                    fits = fits or _fits(reader, one.raw, file)
                    origin = _origin(name, position, one)
                    position += 1
                    if is_known is None or not is_known(origin):
                        group.append(_incoming(origin, one, file.limits.record_bytes, format_name))
                yield Portion(piece, group)
            reading.remarks += [f"{name}: {remark}"] if remark else []
    except BeyondError as error:
        reading.leave()
        reading.records += 1
        beyond = Piece(1, 1, b"", 0, str(error))
        yield Portion(beyond, [_incoming(_origin(name, position, beyond), beyond, 0, format_name)])
    reading.alien = not fits and reading.records > 0


def _origin(name: str, position: int, piece: Piece | _Taken) -> Origin:
    return Origin(name, position, piece.line, digest(piece.raw))


def _incoming(origin: Origin, piece: Piece | _Taken, limit: int, format_name: str | None = None) -> Incoming:
    """One record; of one that is too long the beginning is kept, to know it by."""
    _, column, raw, offset, fault, *within = piece
    if len(raw) > limit:
        raw = _head(raw, limit)
        fault = fault or (
            f"the record is longer than the limit of {limit:,} bytes (`limits.record_bytes` in kb.toml), and only its"
            f" first {len(raw):,} are kept; split it"
        )
    return Incoming(origin, raw, format_name, column, offset, fault, *within)


_HEAD = 1 << 14


def _head(raw: bytes, limit: int) -> bytes:
    """The beginning of some bytes, up to what holds no part of a credential: half of one would not be known, and not masked."""
    end = min(_HEAD, limit)
    return raw[: min([end, *(one.begin for one in credentials(raw[: 2 * _HEAD]) if one.begin < end < one.end)])]


def _fits(reader: readers.Reader, raw: bytes, file: SourceFile) -> bool:
    try:
        document = readers.of_record(file.name, raw).read(raw)
        return file.formats.fits(document, file.form or NATIVE, file.name, reader.name)
    except contract.UnreadableError:
        return False


class LineSpan(NamedTuple):
    """A part of a file of lines: its first byte and the one behind its last, and how many lines and records lie before it."""

    begin: int
    end: int
    lines: int
    records: int


class Survey(NamedTuple):
    """What there is to know of a file of lines before its spans are read: its digest, how many records, and the spans."""

    digest: str
    records: int
    spans: Sequence[LineSpan]


def is_cut(file: SourceFile) -> bool:
    """Whether a file may be read in spans: it holds a record a line as it is, and no mapping takes more out of one."""
    plain = is_lines(file.name) and not file.name.lower().endswith(readers.COMPRESSED)
    return plain and file.formats.splitting(file.form, file.name, readers.of(file.name).name) is None


def survey(file: SourceFile, size: int) -> Survey:
    """Go through a file of lines, and cut it into spans of at least so many bytes, each of whole lines.

    Raises:
        KbError: the file cannot be read.
    """
    hashed = hashlib.sha256()
    spans: list[LineSpan] = []
    offset = lines = records = 0
    start = (0, 0, 0)
    with faults(file.name), Path(file.path).open("rb") as stream:
        while line := stream.readline(1 << 20):
            hashed.update(line)
            if offset - start[0] >= size:
                spans.append(LineSpan(start[0], offset, *start[1:]))
                start = (offset, lines, records)
            blank = not (line.removeprefix(contract.BOM) if not offset else line).strip(_BLANK)
            offset += len(line)
            while not line.endswith(b"\n") and (line := stream.readline(1 << 20)):
                hashed.update(line)
                offset += len(line)
                blank = blank and not line.strip(_BLANK)
            lines += 1
            records += not blank
    spans.append(LineSpan(start[0], offset, *start[1:]))
    return Survey(hashed.hexdigest(), records, spans)


_BLANK = b" \t\r\n"


def read_span(file: SourceFile, span: LineSpan, done: Callable[[str | None, bool], None]) -> Iterator[Incoming]:
    """The records of a span of a file, each with the origin that it has in the whole.

    `done` is given what there is to remark on the span, and whether a record of it looks as it is said to.

    Raises:
        KbError: the file cannot be read.
    """
    remark, fits = None, file.form is None
    reader = readers.of(file.name)
    with faults(file.name), Path(file.path).open("rb") as stream:
        stream.seek(span.begin)
        data = stream.read(span.end - span.begin)
    ahead = b"\n" if span.begin else b""  # a line of its own, so that only the file's first may begin with a mark
    for number, piece in enumerate(reader.pieces(file.name, io.BytesIO(ahead + data))):
        position = span.records + number
        remark = remark or _no_lines(piece.raw, first=position == 0)
        fits = fits or _fits(reader, piece.raw, file)
        line = (piece.line or 1) + span.lines - len(ahead)
        placed = piece._replace(line=line, offset=piece.offset + span.begin - len(ahead))
        yield _incoming(_origin(file.name, position, placed), placed, file.limits.record_bytes, file.form)
    done(remark, fits)


def _no_lines(raw: bytes, *, first: bool) -> str | None:
    """What to say where a line is not a record but part of a JSON text, or many records."""
    if first and (raw in {b"{", b"["} or (raw[:1] == b"{" and raw[-1:] in b"{[,")):
        return "looks like one JSON document, not one record a line; name it .json"
    if raw[:1] == b"[":
        return "a line is a list; write one record a line, or name the file .json"
    return None


def records(name: str, data: bytes) -> Iterator[Incoming]:
    """The records of some bytes, as if they were a file of that name."""
    for position, piece in enumerate(readers.of(name).pieces(name, io.BytesIO(data))):
        yield _incoming(_origin(name, position, piece), piece, Bounds().record_bytes)


def of_text(name: str, position: int, text: bytes, limit: int, form: str | None) -> Incoming:
    """The record in a text that stands by itself at a place, as in a row of a table; `limit` bounds its bytes."""
    piece = Piece(None, 1, text.strip(_BLANK), 0)
    return _incoming(_origin(name, position, piece), piece, limit, form)


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


__all__ = [
    "LineSpan",
    "Portion",
    "Reading",
    "Root",
    "SourceFile",
    "Survey",
    "check_found_again",
    "check_kind",
    "digest",
    "discover",
    "file_of",
    "groups",
    "is_cut",
    "last_change",
    "misread",
    "name_of",
    "nothing_in",
    "of_text",
    "read",
    "read_span",
    "records",
    "some",
    "survey",
]
