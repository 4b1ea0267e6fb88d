"""Where in the files the findings on the records are."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping

from kb import contract, sources
from kb.analysis.credentials import masked, masked_text
from kb.contract import BOM
from kb.judging.bench import Row
from kb.judging.given import shown_path
from kb.ledger.book import PACKED
from kb.model import Incoming, Severity
from kb.results import Located
from kb.settings import FILE, lines_of_suppressions, text_of
from kb.sources import locate, readers
from kb.sources.split import Piece
from kb.workspace import LEDGER, Workspace, is_of_record


def located(rows: list[Row], files: Mapping[str, sources.SourceFile], workspace: Workspace) -> tuple[Located, ...]:
    """Every finding at its place in the files, in kb.toml or in the ledger, in the order of places."""
    return tuple(
        sorted(
            [*_in_files(rows, files), *_in_settings(rows, workspace), *_in_ledger(rows, workspace)], key=Located.place
        )
    )


def _in_files(rows: list[Row], files: Mapping[str, sources.SourceFile]) -> Iterator[Located]:
    """The files are read once more, and the records with findings scanned once."""
    rows_of = defaultdict(list)
    for row in rows:
        if is_of_record(row.path):
            rows_of[row.path, row.position].append(row)
    for name in sorted({sources.file_of(path) for path, _ in rows_of}):
        for group in sources.groups(files[name]):
            for incoming in group.records:
                path, position, *_ = incoming.origin
                if (path, position) in rows_of:
                    yield from _in_record(incoming, group.piece, rows_of[path, position], shown_path(incoming, files))


def _in_settings(rows: list[Row], workspace: Workspace) -> Iterator[Located]:
    """Put each finding about a suppression at the line of it."""
    about = [row for row in rows if row.path == FILE]
    if not about:
        return
    home = os.path.relpath(workspace.root / FILE).replace(os.sep, "/")
    lines = text_of(workspace.root / FILE).splitlines()
    starts = lines_of_suppressions(lines)
    all_found = len(starts) == len(workspace.settings.suppress)
    for row in about:
        line = starts[row.position] if all_found else 1
        yield _placed(row, home, line, 1, masked_text(lines[line - 1]))


def _in_ledger(rows: list[Row], workspace: Workspace) -> Iterator[Located]:
    """Put each finding about an event where it stands in its file."""
    for row in rows:
        if row.path.startswith(LEDGER):
            text = masked((workspace.root / row.path).read_bytes()).decode("utf-8", errors="replace")
            home = os.path.relpath(workspace.root / row.path).replace(os.sep, "/")
            in_lines = row.path.endswith(PACKED)
            text = text.split("\n")[row.position] if in_lines else text
            known = {} if row.code == "LED001" else locate.offsets(text)
            line, column = locate.place(text, known, row.pointer)
            yield _placed(row, home, line + row.position, column, text.split("\n")[line - 1])


def _placed(row: Row, home: str, line: int, column: int, source: str, record_line: int | None = None) -> Located:
    return Located(
        row.code, row.name, Severity(row.severity), row.record, row.pointer, row.message, row.fixable, home, line, column,
        source, row.fingerprint, row.suppressed, record_line,
    )  # fmt: skip


def _in_record(incoming: Incoming, piece: Piece, findings: list[Row], home: str) -> Iterator[Located]:
    raw = masked(piece.raw[: len(incoming.raw)] if incoming.fault else piece.raw).removeprefix(BOM)
    text = raw.decode("utf-8", errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines[0] = " " * (piece.column - 1) + lines[0]
    within = incoming.within or ""
    reader = (
        readers.of_record(incoming.origin.path, raw) if incoming.within is None else readers.of(incoming.origin.path)
    )
    fault = 0 if incoming.fault else _fault(reader, raw)
    spans = {} if fault is not None else reader.places(raw, {within + row.pointer for row in findings})
    for row in findings:
        at = spans[within + row.pointer].start if fault is None else fault
        line, column = locate.place_of(text, at)
        source = lines[line - 1]
        if line == 1:
            column += piece.column - 1
        line += (piece.line or 1) - 1 - reader.lead(raw)
        yield _placed(row, home, max(line, 1), column, source, incoming.origin.line)


def _fault(reader: readers.Reader, raw: bytes) -> int | None:
    """The character of an unreadable record at which its fault is seen; None, if it can be read."""
    try:
        reader.read(raw)
    except contract.UnreadableError as error:
        return len(raw[: error.at].decode("utf-8", errors="replace"))
    return None
