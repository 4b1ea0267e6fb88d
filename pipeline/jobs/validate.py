"""`kb validate`: the judgement of ingest, without writing anything."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from pipeline import engine, sources
from pipeline.curate import curate
from pipeline.jobs.request import Request
from pipeline.model import Curated, Incoming, KbError, Kind, Located, Severity, ValidateResult
from pipeline.rules.ruleset import RuleSet
from pipeline.sources import formats, locate, split
from pipeline.workspace import FILE, Workspace, lines_of_suppressions

_FINDINGS = """
    SELECT path, position, record_id, code, name, severity, pointer, message, fixable, fingerprint, suppressed
    FROM findings ORDER BY path, position, seq, code, pointer, message
"""

_Row = tuple[Any, ...]


def validate(
    workspace: Workspace, paths: Sequence[Path], request: Request, standard_input: IO[bytes] | None = None
) -> ValidateResult:
    """Judge every record below some paths, each by itself and all together; the path `-` stands for `standard_input`.

    Raises:
        KbError: a path is missing, or no path holds a record.
    """
    rules = RuleSet(workspace.settings, request.as_of)
    if request.form is not None:
        formats.named(request.form)
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        roots = [
            _received(standard_input, Path(folder), request)
            if standard_input is not None and path == Path("-")
            else sources.discover(path, workspace, request.form)
            for path in paths
        ]
        files = {file.name: file for root in roots for file in root.files}
        incoming = (record for file in files.values() for record in sources.read(file))
        head = list(islice(incoming, 2))
        if not head:
            raise KbError(f"{', '.join(map(str, paths))}: no records there, so nothing was validated")
        whole = bool(workspace.settings.suppress) and _are_whole(roots, workspace)
        rows = _judge_alone(head[0], rules, request) if len(head) == 1 and not whole else None
        if rows is None:
            read, rows = _judge_together(chain(head, incoming), rules, request, whole=whole)
        else:
            read = 1
        standing = {(path, position) for path, position, *_, suppressed in rows if suppressed is None and path != FILE}
        found = sorted([*_located(rows, files), *_in_settings(rows, workspace)], key=Located.place)
    return ValidateResult(
        tuple(finding for finding in found if finding.suppressed is None),
        read,
        read - len(standing),
        tuple(note for root in roots for note in root.passed_over),
        tuple(finding for finding in found if finding.suppressed is not None),
    )


def _are_whole(roots: Sequence[sources.Root], workspace: Workspace) -> bool:
    """Whether the paths hold all that the base is made of: raw/, and what else was ingested."""
    parts = [sources.name_of(workspace.raw, workspace)] if workspace.raw.exists() else []
    if workspace.store.exists():
        from pipeline import store  # noqa: PLC0415 - only with suppressions, and only for raw/ whole

        with store.read(workspace.store, any_layout=True) as base:
            parts += base.roots()
    return bool(parts) and all(any(root.holds(part) for root in roots) for part in parts)


def _received(stream: IO[bytes], folder: Path, request: Request) -> sources.Root:
    """Standard input as a file that goes when all is said."""
    data = stream.read()
    name = f"{_STANDARD_INPUT}{'.ndjson' if split.looks_like_lines(data[: 1 << 20]) else '.json'}"
    (folder / name).write_bytes(data)
    return sources.Root(name, (sources.SourceFile(name, folder / name, len(data), 0, 0, request.form),), ())


_STANDARD_INPUT = "<stdin>"


def _judge_alone(record: Incoming, rules: RuleSet, request: Request) -> list[_Row] | None:
    """The findings of the only record, or None if a corpus rule may have a say, which takes a store."""
    outcome = curate(record, rules)
    if isinstance(outcome, Curated) and any(
        rule.alone is not None and rule.alone(outcome.document, request.as_of) for rule in rules.corpus
    ):
        return None
    return [
        (
            record.origin.path,
            record.origin.position,
            outcome.id,
            found.code,
            rules.known[found.code].name,
            rules.severities[found.code],
            found.pointer,
            found.message,
            rules.known[found.code].kind is Kind.FIX,
            found.fingerprint,
            found.suppressed,
        )
        for found in outcome.findings
    ]


def _judge_together(
    incoming: Iterable[Incoming], rules: RuleSet, request: Request, *, whole: bool
) -> tuple[int, list[_Row]]:
    from pipeline.store.draft import create  # noqa: PLC0415 - a record that is alone does without

    with tempfile.TemporaryDirectory(prefix="kb-") as folder, create(None) as scratch:
        read = engine.run(incoming, rules, Path(folder), request.processes, request.tick)
        scratch.begin(rules)
        scratch.prune([], [])
        scratch.oust([(row, b"") for row in scratch.contest(Path(folder))])
        scratch.load(Path(folder))
        scratch.judge_together(rules, request.as_of)
        if whole:
            scratch.judge_settings(rules)
        return read, scratch.query(_FINDINGS).rows


def _located(rows: list[tuple[Any, ...]], files: dict[str, sources.SourceFile]) -> Iterator[Located]:
    """Put each finding at its place: the files are read once more, and the records with findings scanned once."""
    found = defaultdict(list)
    for path, position, *finding in rows:
        if path != FILE:
            found[path, position].append(finding)
    for name in sorted({sources.file_of(path) for path, _ in found}):
        is_file = not name.startswith(_STANDARD_INPUT)
        shown = os.path.relpath(files[name].path).replace(os.sep, "/") if is_file else name
        for incoming in sources.read(files[name]):
            path, position, *_ = incoming.origin
            if (path, position) in found:
                yield from _in_record(incoming, found[path, position], f"{shown}{path[len(name) :]}")


def _in_settings(rows: list[_Row], workspace: Workspace) -> Iterator[Located]:
    """Put each finding about a suppression at the line of it."""
    numbered = [(number, finding) for path, number, *finding in rows if path == FILE]
    if not numbered:
        return
    text = (workspace.root / FILE).read_text(encoding="utf-8").splitlines()
    starts = lines_of_suppressions(workspace.root)
    told = len(starts) == len(workspace.settings.suppress)
    for number, (record, code, name, severity, pointer, message, fixable, fingerprint, suppressed) in numbered:
        line = starts[number] if told else 1
        shown = os.path.relpath(workspace.root / FILE).replace(os.sep, "/")
        yield Located(
            code, name, Severity(severity), record, pointer, message, fixable, shown, line, 1, text[line - 1], fingerprint,
            suppressed,
        )  # fmt: skip


def _in_record(incoming: Incoming, findings: list[list[Any]], shown: str) -> Iterator[Located]:
    raw = incoming.raw.removeprefix(b"\xef\xbb\xbf")
    text = raw.decode("utf-8", errors="replace")
    lines = text.split("\n")
    known = {} if findings[0][1] == "SCH001" else locate.offsets(text)  # what is unreadable may be nested for ever
    for record, code, name, severity, pointer, message, fixable, fingerprint, suppressed in findings:
        line, column = locate.place(text, known, pointer, message)
        if code == "SCH001":  # the parser counts bytes, people count characters
            column = len(raw.split(b"\n")[line - 1][: column - 1].decode("utf-8", errors="replace")) + 1
        source = lines[line - 1].rstrip("\r")
        if line == 1:
            column += incoming.column - 1
            source = f"{' ' * (incoming.column - 1)}{source}"
        line += (incoming.origin.line or 1) - 1
        yield Located(
            code, name, Severity(severity), record, pointer, message, fixable, shown, line, column, source, fingerprint,
            suppressed,
        )  # fmt: skip
