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
from kb.sources import locate
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
        for incoming in sources.read(files[name]):
            path, position, *_ = incoming.origin
            if (path, position) in rows_of:
                yield from _in_record(incoming, rows_of[path, position], shown_path(incoming, files))


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


def _in_record(incoming: Incoming, findings: list[Row], home: str) -> Iterator[Located]:
    raw = masked(incoming.raw).removeprefix(BOM)
    text = raw.decode("utf-8", errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines[0] = " " * (incoming.column - 1) + lines[0]
    fault = 0 if incoming.fault else _fault(raw)
    known = locate.offsets(text) if fault is None else {}  # what is unreadable may be nested for ever
    for row in findings:
        line, column = locate.place(text, known, row.pointer) if fault is None else locate.place_of(text, fault)
        source = lines[line - 1]
        if line == 1:
            column += incoming.column - 1
        line += (incoming.origin.line or 1) - 1
        yield _placed(row, home, line, column, source, incoming.origin.line)


def _fault(raw: bytes) -> int | None:
    """The character of an unreadable record at which its fault is seen; None, if it can be read."""
    try:
        contract.read(raw)
    except contract.UnreadableError as error:
        return len(raw[: error.at].decode("utf-8", errors="replace"))
    return None
