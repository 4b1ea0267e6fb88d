"""`kb validate`: the judgement of ingest, without writing anything."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from pipeline import engine, sources
from pipeline.contract import BOM
from pipeline.curate import curate
from pipeline.jobs.request import Request
from pipeline.model import Curated, Incoming, KbError, Kind, Located, Severity, ValidateResult
from pipeline.rules.ruleset import RuleSet
from pipeline.sources import formats, locate, split
from pipeline.workspace import Workspace

_FINDINGS = """
    SELECT path, position, record_id, code, name, severity, pointer, message, fixable
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
    rules = RuleSet(workspace.settings)
    if request.form is not None:
        formats.named(request.form)
    with given(workspace, paths, request, standard_input) as roots:
        files = {file.name: file for root in roots for file in root.files}
        readings: list[sources.Reading] = []
        incoming = (record for file in files.values() for record in sources.read(file, readings.append))
        head = list(islice(incoming, 2))
        if not head:
            raise KbError(f"{', '.join(root.name for root in roots)}: no records there, so nothing was validated")
        rows = _judge_alone(head[0], rules, request) if len(head) == 1 else None
        if rows is None:
            read, rows = _judge_together(chain(head, incoming), rules, request)
        else:
            read = 1
        clean = read - len({(path, position) for path, position, *_ in rows})
        findings = tuple(sorted(_located(rows, files), key=lambda f: (f.path, f.line, f.column, f.code)))
    notes = [*(note for root in roots for note in root.passed_over), *(r.note for r in readings if r.note)]
    return ValidateResult(findings, read, clean, tuple(notes))


@contextmanager
def given(
    workspace: Workspace, paths: Sequence[Path], request: Request, standard_input: IO[bytes] | None
) -> Iterator[list[sources.Root]]:
    """What lies below some paths; the path `-` stands for `standard_input`, which is kept in a file until all is said.

    Raises:
        KbError: a path is missing, or of a kind that is not read.
    """
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        yield [
            _received(standard_input, Path(folder), request)
            if standard_input is not None and path == Path("-")
            else sources.discover(path, workspace, request.form)
            for path in paths
        ]


def _received(stream: IO[bytes], folder: Path, request: Request) -> sources.Root:
    data = stream.read()
    name = f"{_STANDARD_INPUT}{'.ndjson' if split.looks_like_lines(data[: 1 << 20]) else '.json'}"
    (folder / name).write_bytes(data)
    return sources.Root(name, (sources.SourceFile(name, folder / name, len(data), 0, 0, request.form),), ())


_STANDARD_INPUT = "<stdin>"


def shown(file: sources.SourceFile) -> str:
    """A file as a person who stands here would name it."""
    return file.name if file.name.startswith(_STANDARD_INPUT) else os.path.relpath(file.path).replace(os.sep, "/")


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
        )
        for found in outcome.findings
    ]


def _judge_together(incoming: Iterable[Incoming], rules: RuleSet, request: Request) -> tuple[int, list[_Row]]:
    from pipeline.store.draft import create  # noqa: PLC0415 - a record that is alone does without

    with tempfile.TemporaryDirectory(prefix="kb-") as folder, create(None) as scratch:
        read = engine.run(incoming, rules, Path(folder), request.processes, request.tick)
        scratch.begin(rules)
        scratch.prune([], [])
        scratch.oust([(row, b"") for row in scratch.contest(Path(folder))])
        scratch.load(Path(folder))
        scratch.judge_together(rules, request.as_of)
        return read, scratch.query(_FINDINGS).rows


def _located(rows: list[tuple[Any, ...]], files: dict[str, sources.SourceFile]) -> Iterator[Located]:
    """Put each finding at its place: the files are read once more, and the records with findings scanned once."""
    found = defaultdict(list)
    for path, position, *finding in rows:
        found[path, position].append(finding)
    for name in sorted({sources.file_of(path) for path, _ in found}):
        home = shown(files[name])
        for incoming in sources.read(files[name]):
            path, position, *_ = incoming.origin
            if (path, position) in found:
                yield from _in_record(incoming, found[path, position], f"{home}{path[len(name) :]}")


def _in_record(incoming: Incoming, findings: list[list[Any]], shown: str) -> Iterator[Located]:
    raw = incoming.raw.removeprefix(BOM)
    text = raw.decode("utf-8", errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines[0] = " " * (incoming.column - 1) + lines[0]
    known = {} if findings[0][1] == "SCH001" else locate.offsets(text)  # what is unreadable may be nested for ever
    for record, code, name, severity, pointer, message, fixable in findings:
        line, column = locate.place(text, known, pointer, message)
        if code == "SCH001":  # the parser counts bytes, people count characters
            column = len(raw.split(b"\n")[line - 1][: column - 1].decode("utf-8", errors="replace")) + 1
        source = lines[line - 1]
        if line == 1:
            column += incoming.column - 1
        line += (incoming.origin.line or 1) - 1
        yield Located(
            code, name, Severity(severity), record, pointer, message, fixable, shown, line, column, source
        )  # fmt: skip
