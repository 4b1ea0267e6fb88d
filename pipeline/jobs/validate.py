"""`kb validate`: the judgement of ingest, without writing anything."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline import engine, sources, store
from pipeline.jobs.ingest import Request
from pipeline.model import Incoming, KbError, Located, Severity, ValidateResult
from pipeline.rules.ruleset import RuleSet
from pipeline.sources import locate
from pipeline.workspace import Workspace

_FINDINGS = """
    SELECT path, position, line, record_id, code, name, severity, pointer, message, fixable
    FROM findings ORDER BY path, position, seq, code, pointer, message
"""


def validate(workspace: Workspace, paths: Sequence[Path], request: Request) -> ValidateResult:
    """Judge every record below some paths, each by itself and all together.

    Raises:
        KbError: a path is missing, or no path holds a record.
    """
    rules = RuleSet(workspace.settings)
    roots = [sources.discover(path, workspace) for path in paths]
    files = {file.name: file for root in roots for file in root.files}
    with tempfile.TemporaryDirectory(prefix="kb-") as folder, store.create(None) as scratch:
        incoming = (record for file in files.values() for record in sources.records(file.name, sources.load(file)))
        read = engine.run(incoming, rules, Path(folder), request.jobs or os.cpu_count() or 1, request.tick)
        if not read:
            raise KbError(f"{', '.join(map(str, paths))}: no records there, so nothing was validated")
        scratch.begin(rules)
        scratch.prune([], [])
        scratch.stage(Path(folder))
        scratch.merge([(row, b"") for row in scratch.contest()])
        scratch.judge_together(rules, request.as_of)
        rows = scratch.query(_FINDINGS).rows
    clean = read - len({(path, position) for path, position, *_ in rows})
    findings = tuple(sorted(_located(rows, files), key=lambda f: (f.path, f.line, f.column, f.code)))
    return ValidateResult(findings, read, clean, tuple(note for root in roots for note in root.passed_over))


def _located(rows: list[tuple[Any, ...]], files: dict[str, sources.SourceFile]) -> Iterator[Located]:
    """Put each finding at its place; every file is read once, and every record scanned once."""
    at: tuple[str, int] | None = None
    records: dict[int, Incoming] = {}
    shown = ""
    for path, position, line, record, code, name, severity, pointer, message, fixable in rows:
        if at is None or at[0] != path:
            records = {r.origin.position: r for r in sources.records(path, sources.load(files[path]))}
            shown = os.path.relpath(files[path].path).replace(os.sep, "/")
        if at != (path, position):
            at = (path, position)
            text = records[position].raw.decode("utf-8", errors="replace")
            lines, known = text.split("\n"), locate.offsets(text)
        place = locate.place(text, known, pointer, message, line or 1)
        index = place.line - (line or 1)
        yield Located(
            code, name, Severity(severity), record, pointer, message, fixable, shown, place.line, place.column,
            lines[index] if index < len(lines) else "",
        )  # fmt: skip
