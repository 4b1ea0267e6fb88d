"""`kb ingest`: raw records in, a trusted knowledge base out."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from kb import sources
from kb.errors import GateError, KbError
from kb.judging import passes
from kb.judging.request import Request
from kb.model import Incoming
from kb.planning import earlier, standing
from kb.planning.plan import Plan, plan_for
from kb.planning.standing import History
from kb.publish import swap
from kb.publish.seal import read_object
from kb.results import IngestResult, StateComparison
from kb.rules import ruleset
from kb.rules.ruleset import RuleSet
from kb.settings import LAYOUTS
from kb.sources import formats
from kb.store import KnownFile, runs
from kb.store.build import Demoted, Draft, Moved, change, create
from kb.store.counts import Counts
from kb.workspace import METRICS, PAGE, Workspace

_OF_ANOTHER_BRANCH = (
    "curated/ changed since, as by a checkout: if kb.duckdb is of another branch, delete it and ingest again"
)

WithBytes = Callable[[list[Demoted]], list[tuple[Demoted, bytes]]]
"""Finds the bytes of records that lose their place in the base."""


def ingest(workspace: Workspace, paths: Sequence[Path], request: Request) -> IngestResult:
    """Make the base hold exactly what is below each path now; records that came from elsewhere stay.

    Raises:
        KbError: a path is missing or holds no records, too many records would go, another process writes, or the gate
            finds fault. Nothing is published then.
    """
    rules = ruleset.of(workspace, request.as_of)
    if request.form is not None:
        formats.named(request.form)
    with swap.writer(workspace) as folder:
        with standing.found(workspace) as existing:
            plan, last = plan_for(workspace, paths, rules, request, existing)
            base = existing.base
            if base and plan.idle and last and last["as_of"] == request.as_of and _is_laid_out(workspace):
                counted = Counts(base, [] if plan.whole else plan.scope(), whole=plan.whole)
                as_before = StateComparison(0, 0, base.value("SELECT count(*) FROM findings"))
                return _outcome(counted, plan, rules, as_before, written=False)
        return _write(workspace, plan, rules, request, folder, existing.history)


def _is_laid_out(workspace: Workspace) -> bool:
    """Whether `curated/` is as kb left it, with what the settings want there, and without a page that they do not want."""
    wanted = workspace.settings.export
    return (
        swap.is_curated_as_left(workspace)
        and (workspace.curated / LAYOUTS[wanted.records]).exists()
        and (workspace.curated / PAGE).exists() is wanted.html
    )


def _write(
    workspace: Workspace, plan: Plan, rules: RuleSet, request: Request, folder: Path, history: History | None
) -> IngestResult:
    from kb.publish import curated_files  # noqa: PLC0415 - only where something is published
    from kb.publish.splice import Touched  # noqa: PLC0415 - likewise
    from kb.reports import Options  # noqa: PLC0415 - likewise

    with _draft(workspace, plan, folder / "kb.duckdb") as draft:
        draft.begin(rules)
        counts = Counts(draft, plan.scope(), whole=plan.whole)
        counts.remember_published()
        with_bytes = _judge(workspace, draft, plan, rules, request, folder / "batches")
        misread = plan.misread(request.form)
        plan.notes += misread
        if not (plan.records or plan.gone or plan.dropped):
            raise KbError(f"{sources.nothing_in(plan.roots, plan.notes)}; nothing was done")

        restored = swap.altered(workspace)
        hints = [*misread, *([_OF_ANOTHER_BRANCH] if restored and not plan.fresh else [])]

        def settled() -> StateComparison | None:
            if not request.allow_removals:
                _guard(counts, workspace.settings.max_removals, hints)
            return None if plan.fresh else draft.compare(workspace.store)

        compared = settled()
        request.step("checking")
        if _check_contracts(draft, rules, with_bytes, documents="records" if plan.fresh else "touched"):
            draft.judge_settings(rules)
            compared = settled()
        request.step("writing")
        curated = folder / "curated"
        curated.mkdir()
        changes = draft.touched() if not plan.fresh and swap.are_records_as_left(workspace) else None
        written = curated_files.write(
            draft,
            curated,
            workspace.curated,
            Options(request.as_of),
            rules,
            Touched(*changes) if changes else None,
        )
        changed = written.digest != swap.manifest(workspace.curated).get("digest")
        result = _outcome(counts, plan, rules, compared, written=changed or plan.fresh)
        result = result._replace(
            restored=tuple(restored), of_the_day=changed and swap.differ_in_the_day(workspace, written.files)
        )
        if changed or plan.rejudged or plan.fresh:
            if history:
                runs.take_over(draft, history)
            elif plan.fresh:
                runs.remember_figures(draft, 0, *earlier.figures(workspace.curated, request.as_of))
            runs.record_run(draft, rules, request.as_of, result, read_object(curated / METRICS))
        notes = standing.notes_of(draft)
        draft.finish()
    if not request.dry_run:
        swap.commit(workspace, written.digest, notes, written.files)
    return result


def _check_contracts(draft: Draft, rules: RuleSet, with_bytes: WithBytes, *, documents: str) -> bool:
    """Check what is to be published against its contracts; whether records of this run had to be taken out for that.

    Raises:
        GateError: a contract is broken, and not by such records alone.
    """
    from kb.publish import integrity  # noqa: PLC0415 - pandas and pandera: only where something is published

    breaches = integrity.check(draft, rules, documents=documents)
    refused = draft.demoted_by_gate(integrity.spoken_against(breaches)) if breaches else []
    if refused:
        draft.demote(with_bytes(refused))
        breaches = integrity.check(draft, rules, documents=documents)
    if breaches:
        raise GateError(f"the gate refuses to publish: {breaches[0]}; nothing was published")
    return bool(refused)


def _fetch_gate() -> None:
    """Import the gate early, where there is time: that takes half a second."""
    import_module("kb.publish.integrity")


def _judge(
    workspace: Workspace, draft: Draft, plan: Plan, rules: RuleSet, request: Request, batches: Path
) -> WithBytes:
    """Carry every record that has to be judged through the record stage, then all of them through the corpus rules."""
    waiting = {incoming.origin[:2]: incoming for incoming in draft.judged_by_others()}
    unread = {file.name for file in plan.read}.union(plan.gone).isdisjoint
    again = [incoming for (path, _), incoming in waiting.items() if unread([sources.file_of(path)])]
    at_hand = {key: incoming.raw for key, incoming in waiting.items()}

    def with_bytes(demoted: list[Demoted]) -> list[tuple[Demoted, bytes]]:
        by_file: dict[str, list[Demoted]] = defaultdict(list)
        for row in demoted:
            by_file[sources.file_of(row.path)].append(row)
        return [pair for file, rows in by_file.items() for pair in _fetch(workspace, file, rows, at_hand)]

    def leaving() -> passes.Leaving:
        dropped = [*plan.dropped, *draft.inputs_of_files(plan.gone), *waiting]
        return passes.Leaving(dropped, plan.moved, is_aged=plan.rejudged)

    incoming = _reading(draft, plan, again, draft.known_files())
    _, rejected = passes.judge(
        draft, incoming, rules, request, batches, passes.Caller(leaving, with_bytes, _fetch_gate)
    )
    draft.demote(with_bytes(rejected))
    draft.judge_settings(rules)
    draft.remember_files(plan.gone, plan.seen)
    return with_bytes


@contextmanager
def _draft(workspace: Workspace, plan: Plan, path: Path) -> Iterator[Draft]:
    """The next store: a new one, or a copy of the present one."""
    if not plan.fresh:
        swap.clone(workspace.store, path)
        with change(path) as draft:
            yield draft
    else:
        with create(path) as draft:
            yield draft


def _reading(draft: Draft, plan: Plan, again: list[Incoming], known_files: Container[str]) -> Iterator[Incoming]:
    """The records that have to be judged, file by file; the plan notes what became of the others."""
    yield from again
    roots = {file.name: root.name for root in plan.roots for file in root.files}
    for file in plan.read:
        known = defaultdict(list)
        concerned = plan.concerned.get(file.name, ())
        plan.dropped += concerned
        for path, digest, position, line in draft.inputs_of(file.name) if file.name in known_files else ():
            if (path, position) not in concerned:
                known[path, digest, line is not None].append((position, line))

        def finish(reading: sources.Reading, file: sources.SourceFile = file) -> None:
            plan.seen.append(
                KnownFile(
                    file.name, roots[file.name], file.size, file.modified, file.inode, file.form, reading.digest,
                    reading.records,
                )
            )  # fmt: skip
            if reading.note:
                plan.notes.append(reading.note)
            if reading.alien:
                plan.alien.append(file.name)

        for incoming in sources.read(file, finish):
            path, position, line, digest = incoming.origin
            places = None if file.name in plan.anew else known.get((path, digest, line is not None))
            if not places:
                yield incoming
                continue
            was, was_line = places.pop(0)
            if (was, was_line) != (position, line):
                plan.moved.append(Moved(path, was, position, line))
        plan.dropped += [(path, position) for (path, _, _), places in known.items() for position, _ in places]


def _fetch(
    workspace: Workspace, name: str, rows: list[Demoted], at_hand: dict[tuple[str, int], bytes]
) -> Iterator[tuple[Demoted, bytes]]:
    """The bytes of records that lost their place in the base, read again from their file."""
    missing = {}
    for row in rows:
        raw = at_hand.get((row.path, row.position))
        if raw is not None and sources.digest(raw) == row.digest:
            yield row, raw
        else:
            missing[row.path, row.position] = row
    if missing:
        file = sources.SourceFile(name, str(workspace.root / name), 0, 0, 0, limits=workspace.settings.limits)
        for incoming in sources.read(file):
            origin = incoming.origin
            wanted = missing.get((origin.path, origin.position))
            if wanted and wanted.digest == origin.digest:
                yield missing.pop((origin.path, origin.position)), incoming.raw
    for row in missing.values():
        raise KbError(
            f"{name}: changed since it was ingested, and its record {row.record_id} is in question; ingest it too"
        )


def _guard(counts: Counts, limit: float, hints: Sequence[str]) -> None:
    """Stop where more than a share of what was published from a path would be published no more."""
    for root, was, gone, gone_example, rejected, rejected_example in counts.losses():
        if gone + rejected > limit * was:
            fates = [f"{gone} gone (such as {gone_example})"] if gone else []
            fates += [f"{rejected} rejected (such as {rejected_example})"] if rejected else []
            why = "; ".join(hints) or (f"`kb validate {root}` shows why" if rejected else "")
            raise KbError(
                f"{root}: {gone + rejected} of its {was} published records would be lost, more than {limit:.0%}:"
                f" {' and '.join(fates)}; nothing was published.{why and f' {why[0].upper()}{why[1:]}.'}"
                " If that is meant, add --allow-removals"
            )


def _outcome(
    counts: Counts, plan: Plan, rules: RuleSet, compared: StateComparison | None, *, written: bool
) -> IngestResult:
    """Count what stands in the base of all that was read, and check that the sums balance (law 1)."""
    tally = counts.tally(changed=written)
    by_code = counts.findings_by_code()
    result = IngestResult(
        read=plan.records,
        published=tally["published"],
        unchanged=tally["standing"] - tally["published"],
        quarantined=tally["quarantined"],
        removed=tally["removed"],
        changes=tally["changes"],
        findings={code: times for code, times, *_ in by_code},
        written=written,
        copies=tally["copies"],
        repairs=counts.repairs_by_code(),
        flags={code: flags for code, _, flags, *_ in by_code if flags},
        flagged={code: records for code, _, _, records, _ in by_code if records},
        suppressed=sum(suppressed for *_, suppressed in by_code),
        about_settings=counts.about_settings(),
        about_events=counts.about_events(),
        withdrawn=tally["withdrawn"],
        compared=compared,
        names={rule.code: rule.name for rule in rules.added},
        notes=tuple(plan.notes),
    )
    if result.read != result.published + result.unchanged + result.quarantined + result.withdrawn:
        raise RuntimeError(f"the sums do not balance: {result}")
    return result
