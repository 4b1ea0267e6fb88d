"""`kb ingest`: raw records in, a trusted knowledge base out."""

import datetime as dt
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import __version__, engine, publish, sources, store
from pipeline.model import Incoming, IngestResult, KbError, Origin
from pipeline.reports import Options
from pipeline.rules.ruleset import RuleSet
from pipeline.store import KnownFile, Ousted, Place, Store
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """How to ingest: the day, how many processes (0: one for each core), and what is allowed."""

    as_of: dt.date
    jobs: int = 0
    dry_run: bool = False
    allow_removals: bool = False
    tick: Callable[[int], None] = lambda _: None


@dataclass(slots=True)
class Plan:
    """What has to be read, what is as it was and what is gone; while reading, what became of each file is noted."""

    roots: list[sources.Root]
    same: list[KnownFile]
    read: list[sources.SourceFile]
    gone: list[str]
    notes: list[str]
    again: bool
    kept: list[Place] = field(default_factory=list)
    seen: list[KnownFile] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        return not (self.read or self.gone or self.again)

    @property
    def records(self) -> int:
        """How many records lie below the paths now; known once all is read."""
        return sum(file.records for file in (*self.same, *self.seen))

    def scope(self) -> list[tuple[str, str]]:
        """Every file that lies or lay below a path, with that path."""
        names = [*(file.path for file in self.same), *(file.name for file in self.read), *self.gone]
        return [(root.name, name) for root in self.roots for name in names if root.holds(name)]


def ingest(workspace: Workspace, paths: Sequence[Path], request: Request) -> IngestResult:
    """Make the base hold exactly what is below each path now; records that came from elsewhere stay.

    Raises:
        KbError: a path is missing or holds no records, too many records would go, another process writes, or the gate
            finds fault. Nothing is published then.
    """
    rules = RuleSet(workspace.settings)
    publish.recover(workspace)
    plan, last = _plan(workspace, paths, rules)
    published = publish.manifest(workspace.curated)
    if plan.idle and last is not None and last["as_of"] == request.as_of and published:
        with store.read(workspace.store) as base:
            base.set_scope(plan.scope())
            return _outcome(base, plan, written=False)
    with publish.writer(workspace) as folder:
        return _write(workspace, plan, rules, request, folder)


def _write(workspace: Workspace, plan: Plan, rules: RuleSet, request: Request, folder: Path) -> IngestResult:
    from pipeline import export, gate  # noqa: PLC0415 - pandas and pandera: only where something is published

    with _draft(workspace, folder / "kb.duckdb") as draft:
        draft.begin(rules)
        draft.set_scope(plan.scope())
        _judge(workspace, draft, plan, rules, request, folder / "batches")
        if not plan.records and not plan.gone:
            raise KbError(f"{', '.join(root.name for root in plan.roots)}: no records there; nothing was done")
        if not request.allow_removals:
            _guard(draft, workspace.settings.max_removals)
        breach = next(iter(gate.check(draft, rules)), None)
        if breach:
            raise KbError(f"the gate refuses to publish: {breach}; nothing was published")
        curated = folder / "curated"
        curated.mkdir()
        digest = export.write(draft, curated, workspace.curated, Options(request.as_of))
        changed = digest != publish.manifest(workspace.curated).get("digest")
        result = _outcome(draft, plan, written=changed)
        if changed or plan.again:
            draft.record_run(rules, request.as_of, result)
        draft.finish()
    if not request.dry_run:
        publish.commit(workspace, folder, digest)
    return result


def _judge(
    workspace: Workspace, draft: Store, plan: Plan, rules: RuleSet, request: Request, batches: Path
) -> None:
    """Carry every record that has to be judged through the record stage, then all of them through the corpus rules."""
    batches.mkdir()
    read = {file.name for file in plan.read}
    waiting = {
        (path, position): Incoming(Origin(path, position, line, sources.digest(raw)), raw)
        for path, position, line, raw in draft.judged_by_others()
    }
    again = [incoming for (path, _), incoming in waiting.items() if path not in read and path not in plan.gone]
    engine.run(_reading(draft, plan, again), rules, batches, request.jobs or os.cpu_count() or 1, request.tick)

    held = {(place.path, place.old_position) for place in plan.kept}
    touched = draft.inputs_of_files([*plan.gone, *read])
    draft.prune([*(key for key in touched if key not in held), *waiting], plan.kept)
    draft.stage(batches)
    shutil.rmtree(batches)

    def with_bytes(ousted: list[Ousted]) -> list[tuple[Ousted, bytes]]:
        by_file: dict[str, list[Ousted]] = defaultdict(list)
        for row in ousted:
            by_file[row.path].append(row)
        return [
            pair
            for path, rows in by_file.items()
            for pair in _fetch(workspace, path, rows, {key: incoming.raw for key, incoming in waiting.items()})
        ]

    draft.merge(with_bytes(draft.contest()))
    draft.oust(with_bytes(draft.judge_together(rules, request.as_of)))
    draft.remember_files(plan.gone, plan.seen)


def _plan(workspace: Workspace, paths: Sequence[Path], rules: RuleSet) -> tuple[Plan, dict[str, Any] | None]:
    """Hold what is on disk against what the base knows, without reading a file that looks as it did."""
    known: dict[str, KnownFile] = {}
    last = None
    notes: list[str] = []
    if workspace.store.exists():
        with store.read(workspace.store) as base:
            known, last = base.known_files(), base.last_run()
    again = last is not None and last["fingerprint"] != rules.fingerprint()
    roots = [sources.discover(path, workspace) for path in paths]
    if again and last is not None:
        what = "kb" if last["version"] != __version__ else "the settings"
        notes.append(f"{what} changed since the last ingest, so every record is judged again")
        for name in sorted({file.root for file in known.values()}):
            if not any(root.holds(name) for root in roots):
                roots.append(sources.discover(workspace.root / name, workspace))
    roots = _outermost(roots)
    found = {file.name: file for root in roots for file in root.files}
    same = [] if again else [known[name] for name, file in found.items() if _looks_same(known.get(name), file)]
    unread = {file.path for file in same}
    gone = sorted(name for name in known if name not in found and any(root.holds(name) for root in roots))
    notes += [note for root in roots for note in root.passed_over]
    return Plan(roots, same, [file for file in found.values() if file.name not in unread], gone, notes, again), last


def _outermost(roots: list[sources.Root]) -> list[sources.Root]:
    """The roots that lie below no other, each once."""
    by_name = {root.name: root for root in roots}
    return [r for r in by_name.values() if not any(o.holds(r.name) for o in by_name.values() if o is not r)]


def _looks_same(known: KnownFile | None, file: sources.SourceFile) -> bool:
    return known is not None and (known.size, known.modified, known.inode) == (file.size, file.modified, file.inode)


@contextmanager
def _draft(workspace: Workspace, path: Path) -> Iterator[Store]:
    """The next store: a copy of the present one, or a new one."""
    if workspace.store.exists():
        shutil.copyfile(workspace.store, path)
        with store.change(path) as draft:
            yield draft
    else:
        with store.create(path) as draft:
            yield draft


def _reading(draft: Store, plan: Plan, again: list[Incoming]) -> Iterator[Incoming]:
    """The records that have to be judged, file by file; the plan notes those that need not be."""
    yield from again
    roots = {name: root.name for root in plan.roots for name in (file.name for file in root.files)}
    for file in plan.read:
        data = sources.load(file)
        known = defaultdict(list)
        if not plan.again:
            for digest, position, has_line in draft.inputs_of(file.name):
                known[digest, has_line].append(position)
        count = 0
        for incoming in sources.records(file.name, data):
            count += 1
            origin = incoming.origin
            places = known.get((origin.digest, origin.line is not None))
            if places:
                plan.kept.append(Place(file.name, places.pop(0), origin.position, origin.line))
            else:
                yield incoming
        plan.seen.append(
            KnownFile(
                file.name, roots[file.name], file.size, file.modified, file.inode, sources.digest(data), count
            )
        )  # fmt: skip


def _fetch(
    workspace: Workspace, path: str, rows: list[Ousted], at_hand: dict[tuple[str, int], bytes]
) -> Iterator[tuple[Ousted, bytes]]:
    """The bytes of records that lost their place in the base, read again from their file."""
    on_disk: dict[int, Incoming] | None = None
    for row in rows:
        raw = at_hand.get((row.path, row.position))
        if raw is None or sources.digest(raw) != row.digest:
            if on_disk is None:
                file = sources.SourceFile(path, workspace.root / path, 0, 0, 0)
                on_disk = {incoming.origin.position: incoming for incoming in sources.records(path, sources.load(file))}
            incoming = on_disk.get(row.position)
            if incoming is None or incoming.origin.digest != row.digest:
                raise KbError(f"{path}: changed since it was ingested, and its record {row.record_id} is in question; ingest it too")
            raw = incoming.raw
        yield row, raw


def _guard(draft: Store, limit: float) -> None:
    """Stop where more than a share of what was known from a path would go."""
    for root, was, lost, example in draft.losses():
        if lost > limit * was:
            raise KbError(
                f"{root}: {lost} of its {was} published records would be gone (such as {example}), more than"
                f" {limit:.0%}; nothing was published. If that is meant, add --allow-removals"
            )


def _outcome(base: Store, plan: Plan, *, written: bool) -> IngestResult:
    """Count what stands in the base of all that was read, and hold the sums against each other (law 1)."""
    tally = base.tally()
    result = IngestResult(
        read=plan.records,
        published=tally["published"],
        unchanged=tally["standing"] - tally["published"],
        quarantined=tally["quarantined"],
        removed=tally["removed"],
        changes=tally["changes"],
        findings=base.findings_by_code(),
        written=written,
        copies=tally["copies"],
        notes=tuple(plan.notes),
    )
    if result.read != result.published + result.unchanged + result.quarantined:
        raise RuntimeError(f"the sums do not balance: {result}")
    return result
