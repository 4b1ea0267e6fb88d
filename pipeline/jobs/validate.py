"""`kb validate`: the judgement of ingest, without writing anything.

Where the workspace has a base, records are judged as if their files were ingested into it; without one, among
themselves.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, compress, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from pipeline import engine, publish, sources
from pipeline.contract import BOM
from pipeline.curate import curate
from pipeline.jobs import baseline
from pipeline.jobs.baseline import Entry
from pipeline.jobs.request import Request
from pipeline.model import Curated, Incoming, KbError, Kind, Located, Origin, Severity, ValidateResult
from pipeline.rules import ruleset
from pipeline.rules.base import Stage
from pipeline.rules.credentials import masked
from pipeline.rules.ruleset import RuleSet
from pipeline.sources import formats, locate, split
from pipeline.workspace import FILE, Workspace, lines_of_suppressions

if TYPE_CHECKING:
    from pipeline.store.draft import Draft

_FINDINGS = """
    SELECT path, position, record_id, code, name, severity, pointer, message, fixable, fingerprint, suppressed
    FROM findings WHERE file_of(path) IN (SELECT unnest($files::VARCHAR[])) ORDER BY path, position, seq, code, pointer, message
"""

_PUBLISHED = "SELECT id FROM records WHERE file_of(path) IN (SELECT unnest($files::VARCHAR[]))"


class _Row(NamedTuple):
    path: str
    position: int
    record: str | None
    code: str
    name: str
    severity: str
    pointer: str
    message: str
    fixable: bool
    fingerprint: str
    suppressed: str | None

    @property
    def entry(self) -> Entry:
        """What a baseline knows it by."""
        return Entry(self.path if self.record is None else self.record, self.code, self.fingerprint)


class _Judged(NamedTuple):
    """How many records were read, what was found, and the ids of those that ingest would publish."""

    read: int
    rows: list[_Row]
    published: set[str]


class _Bench(NamedTuple):
    """Where records are judged together: what was given, and what there is to tell."""

    workspace: Workspace
    roots: Sequence[sources.Root]
    files: list[str]
    notes: list[str]

    def replaces(self, name: str) -> bool:
        """Whether what the base knows from a file would not be there any more if the given paths were ingested."""
        return any(root.holds(name) for root in self.roots)


def validate(
    workspace: Workspace, paths: Sequence[Path], request: Request, standard_input: IO[bytes] | None = None
) -> ValidateResult:
    """Judge every record below some paths, each by itself and all together; the path `-` stands for `standard_input`.

    Nothing is written but the baseline, where the request asks for it.

    Raises:
        KbError: a path is missing, no path holds a record, or the baseline cannot be read or written.
    """
    rules = ruleset.of(workspace, request.as_of)
    if request.form is not None:
        formats.named(request.form)
    with given(workspace, paths, request, standard_input) as roots:
        files = {file.name: file for root in roots for file in root.files}
        readings: list[sources.Reading] = []
        incoming: Iterator[Incoming] = (
            record for file in files.values() for record in sources.read(file, readings.append)
        )
        origins: list[tuple[str, int | None]] = []
        if request.origins:
            incoming = _noting(incoming, files, origins)
        head = list(islice(incoming, 2))
        if not head:
            raise KbError(f"{', '.join(root.name for root in roots)}: no records there, so nothing was validated")
        whole = bool(workspace.settings.suppress or request.baseline) and _are_whole(roots, workspace)
        about_settings = whole and bool(workspace.settings.suppress)
        lonely = not workspace.store.exists()
        judged = _judge_alone(head[0], rules, request, lonely=lonely) if len(head) == 1 and not about_settings else None
        bench = _Bench(workspace, roots, list(files), [])
        if judged is None:
            judged = _judge_together(chain(head, incoming), rules, request, bench, about_settings=about_settings)

        standing = [row for row in judged.rows if row.suppressed is None]
        compared = baseline.hold_against(
            request.baseline,
            [row.entry for row in standing],
            _judged_now(judged, rules, files, whole=whole),
            write=request.write_baseline,
        )
        new = list(compress(standing, compared.new))
        aside = [row for row in judged.rows if row.suppressed is not None]
        findings, suppressed = (
            tuple(sorted([*_located(rows, files), *_in_settings(rows, workspace)], key=Located.place))
            for rows in (new, aside)
        )
    return ValidateResult(
        findings,
        judged.read,
        judged.read - len({(row.path, row.position) for row in new if row.path != FILE}),
        (
            *bench.notes,
            *(note for root in roots for note in root.passed_over),
            *(reading.note for reading in readings if reading.note),
            *compared.notes,
        ),
        suppressed,
        len(standing) - len(new),
        compared.gone,
        tuple(origins),
    )


def _noting(
    incoming: Iterable[Incoming], files: Mapping[str, sources.SourceFile], origins: list[tuple[str, int | None]]
) -> Iterator[Incoming]:
    for record in incoming:
        origins.append((_place(record, files), record.origin.line))
        yield record


def _place(record: Incoming, files: Mapping[str, sources.SourceFile]) -> str:
    """The path of a record, which may lie in an archive, as a person who stands here would name it."""
    path = record.origin.path
    name = sources.file_of(path)
    return f"{shown(files[name])}{path[len(name) :]}"


def _are_whole(roots: Sequence[sources.Root], workspace: Workspace) -> bool:
    """Whether the paths hold all that the base is made of: raw/, and what else was ingested."""
    parts = [sources.name_of(workspace.raw, workspace)] if workspace.raw.exists() else []
    if workspace.store.exists():
        from pipeline import store  # noqa: PLC0415 - one record with nothing to put up with does without

        with store.read(workspace.store, any_layout=True) as base:
            parts += base.roots()
    return bool(parts) and all(any(root.holds(part) for root in roots) for part in parts)


def _judged_now(
    judged: _Judged, rules: RuleSet, files: Mapping[str, sources.SourceFile], *, whole: bool
) -> Callable[[Entry], bool]:
    """Tell of an entry of the baseline whether it would have been found again, were it still there."""
    rejected: dict[str, set[str]] = defaultdict(set)
    for row in judged.rows:
        if row.entry.record not in judged.published and row.path != FILE:
            rejected[row.entry.record].add(row.code)

    def is_judged(entry: Entry) -> bool:
        rule = rules.rules.get(entry.code)
        if rule is None or entry.record in judged.published:
            return rule is not None
        if entry.record in rejected:
            return _had_its_say(rule.stage, rejected[entry.record])
        return whole or sources.file_of(entry.record) in files

    return is_judged


def _had_its_say(stage: Stage, found: set[str]) -> bool:
    """Whether the rules of a stage looked at a record that was rejected for what was found."""
    if "SCH001" in found:
        return stage is Stage.PARSE
    if "SCH002" in found:
        return stage in {Stage.PARSE, Stage.VALUE, Stage.CONTRACT}
    return stage not in {Stage.LIST, Stage.CORPUS}


@contextmanager
def given(
    workspace: Workspace, paths: Sequence[Path], request: Request, standard_input: IO[bytes] | None
) -> Iterator[list[sources.Root]]:
    """What lies below some paths; the path `-` stands for `standard_input`, which is kept in a file until all is said.

    Raises:
        KbError: a path is missing, or of a kind that is not read.
    """
    with ExitStack() as stack:
        yield [
            _received(standard_input, stack.enter_context(_folder()), workspace, request)
            if standard_input is not None and path == Path("-")
            else sources.discover(path, workspace, request.form)
            for path in paths
        ]


@contextmanager
def _folder() -> Iterator[Path]:
    """An empty folder that is gone in the end."""
    import tempfile  # noqa: PLC0415 - one record in a file does without

    with tempfile.TemporaryDirectory(prefix="kb-") as name:
        yield Path(name)


def _received(stream: IO[bytes], folder: Path, workspace: Workspace, request: Request) -> sources.Root:
    data = stream.read()
    if request.stdin_filename is None:
        name = instead_of = Path(f"<stdin>{'.ndjson' if split.looks_like_lines(data[: 1 << 20]) else '.json'}")
    else:
        instead_of = request.stdin_filename
        sources.check_kind(instead_of)
        name = Path(sources.name_of(instead_of, workspace))
    kept = folder / name.name
    kept.write_bytes(data)
    file = sources.SourceFile(name.as_posix(), str(kept), len(data), 0, 0, request.form, instead_of)
    return sources.Root(file.name, (file,), ())


def shown(file: sources.SourceFile) -> str:
    """A file as a person who stands here would name it."""
    return os.path.relpath(file.instead_of or file.path).replace(os.sep, "/")


def _judge_alone(record: Incoming, rules: RuleSet, request: Request, *, lonely: bool) -> _Judged | None:
    """The judgement of the only record, or None if a corpus rule may have a say, which takes a store."""
    outcome = curate(record, rules)
    if isinstance(outcome, Curated) and any(
        not lonely or (rule.alone is not None and rule.alone(outcome.document, request.as_of)) for rule in rules.corpus
    ):
        return None
    rows = [
        _Row(
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
    return _Judged(1, rows, {outcome.id} if isinstance(outcome, Curated) else set())


def _judge_together(
    incoming: Iterable[Incoming], rules: RuleSet, request: Request, bench: _Bench, *, about_settings: bool
) -> _Judged:
    with _folder() as folder, _scratch(bench, folder) as scratch:
        batches = folder / "batches"
        batches.mkdir()
        scratch.begin(rules)
        again = list(_reopened(scratch, bench))
        waiting = [(path, position) for path, position, *_ in scratch.judged_by_others()]
        replaced = [name for name in scratch.known_files() if bench.replaces(name)]
        read = engine.run(chain(incoming, again), rules, batches, request.processes, request.tick) - len(again)
        scratch.prune([*scratch.inputs_of_files(replaced), *waiting], [])
        scratch.oust([(row, b"") for row in scratch.contest(batches)])
        scratch.load(engine.slices(batches))
        scratch.judge_together(rules, request.as_of)
        if about_settings:
            scratch.judge_settings(rules)
        asked = {"files": [*bench.files, FILE] if about_settings else bench.files}
        rows = [_Row(*row) for row in scratch.query(_FINDINGS, asked).rows]
        published = scratch.query(_PUBLISHED, asked).rows if request.baseline else []
        return _Judged(read, rows, {name for (name,) in published})


@contextmanager
def _scratch(bench: _Bench, folder: Path) -> "Iterator[Draft]":
    """A store to judge in: a copy of the base, unless there is none, or it was made of no other files than are given."""
    from pipeline.store.draft import create, trial  # noqa: PLC0415 - a record that is alone does without

    publish.recover(bench.workspace)
    base = bench.workspace.store
    if base.exists():
        with trial(shutil.copyfile(base, folder / base.name)) as copy:
            if copy.unlike_declared() is not None:
                bench.notes.append(f"{base.name} is of another kb, so the records are judged among themselves")
            elif not all(map(bench.replaces, copy.known_files())):
                yield copy
                return
    with create(None, folder / "spill") as scratch:
        yield scratch


def _reopened(base: "Draft", bench: _Bench) -> Iterator[Incoming]:
    """The records of a base, from other files, whose fate hangs on other records."""
    forms = {path: file.form for path, file in base.known_files().items()}
    for path, position, line, raw in base.judged_by_others():
        file = sources.file_of(path)
        if not bench.replaces(file):
            yield Incoming(Origin(path, position, line, sources.digest(raw)), raw, forms.get(file))


def _located(rows: list[_Row], files: dict[str, sources.SourceFile]) -> Iterator[Located]:
    """Put each finding at its place: the files are read once more, and the records with findings scanned once."""
    found = defaultdict(list)
    for row in rows:
        if row.path != FILE:
            found[row.path, row.position].append(row)
    for name in sorted({sources.file_of(path) for path, _ in found}):
        for incoming in sources.read(files[name]):
            path, position, *_ = incoming.origin
            if (path, position) in found:
                yield from _in_record(incoming, found[path, position], _place(incoming, files))


def _in_settings(rows: list[_Row], workspace: Workspace) -> Iterator[Located]:
    """Put each finding about a suppression at the line of it."""
    about = [row for row in rows if row.path == FILE]
    if not about:
        return
    home = os.path.relpath(workspace.root / FILE).replace(os.sep, "/")
    lines = (workspace.root / FILE).read_text(encoding="utf-8").splitlines()
    starts = lines_of_suppressions(lines)
    told = len(starts) == len(workspace.settings.suppress)
    for row in about:
        line = starts[row.position] if told else 1
        yield _placed(row, home, line, 1, lines[line - 1])


def _placed(row: _Row, home: str, line: int, column: int, source: str, record_line: int | None = None) -> Located:
    return Located(
        row.code, row.name, Severity(row.severity), row.record, row.pointer, row.message, row.fixable, home, line, column,
        source, row.fingerprint, row.suppressed, record_line,
    )  # fmt: skip


def _in_record(incoming: Incoming, findings: list[_Row], home: str) -> Iterator[Located]:
    raw = masked(incoming.raw).removeprefix(BOM)
    text = raw.decode("utf-8", errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines[0] = " " * (incoming.column - 1) + lines[0]
    known = {} if findings[0].code == "SCH001" else locate.offsets(text)  # what is unreadable may be nested for ever
    for row in findings:
        line, column = locate.place(text, known, row.pointer, row.message)
        if row.code == "SCH001":  # the parser counts bytes, people count characters
            column = len(raw.split(b"\n")[line - 1][: column - 1].decode("utf-8", errors="replace")) + 1
        source = lines[line - 1]
        if line == 1:
            column += incoming.column - 1
        line += (incoming.origin.line or 1) - 1
        yield _placed(row, home, line, column, source, incoming.origin.line)
