"""What an ingest does once it has to look into the store: it plans, judges, checks, and writes the next state."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from kb import sources
from kb.errors import GateError, KbError
from kb.judging.request import IngestOptions, Request
from kb.planning import earlier, standing
from kb.planning.plan import Plan, plan_for
from kb.planning.reread import Reread
from kb.planning.unchanged import is_laid_out
from kb.publish import swap
from kb.publish.seal import read_object
from kb.results import IngestResult, StateComparison
from kb.rules.ruleset import RuleSet
from kb.settings import without_records
from kb.sources.formats import Formats
from kb.store import Store, runs
from kb.store.as_before import as_before
from kb.store.build import Demoted, Draft, change, create
from kb.store.counts import Counts
from kb.workspace import METRICS, Workspace

if TYPE_CHECKING:
    from kb.publish import curated_files

_OF_ANOTHER_BRANCH = (
    "curated/ changed since, as by a checkout: if kb.duckdb is of another branch, delete it and ingest again"
)

WithBytes = Callable[[list[Demoted]], list[tuple[Demoted, bytes]]]
"""Finds the bytes of records that lose their place in the base."""


def carry_out(
    workspace: Workspace, paths: Sequence[Path], rules: RuleSet, request: Request, options: IngestOptions, folder: Path
) -> IngestResult:
    """Make the base hold exactly what is below each path now; `folder` is the writer's, for the next state.

    Raises:
        KbError: a path is missing or holds no records, too many records would go, or the gate finds fault. Nothing is
            published then.
    """
    with standing.found(workspace) as existing:
        plan, last = plan_for(workspace, paths, rules, existing, request.form, rehash=options.rehash)
        base = existing.base
        if base and plan.idle and last and last["as_of"] == request.as_of and is_laid_out(workspace):
            counted = Counts(base, [] if plan.whole else plan.scope(), whole=plan.whole)
            as_before = StateComparison(0, 0, base.value("SELECT count(*) FROM findings"))
            result = outcome(counted, plan.records(), rules, as_before, written=False)
            return result._replace(notes=(*plan.notes, *_without_records(base, workspace)), idle=True)
    return _write(workspace, plan, rules, request, options, folder)


def _write(
    workspace: Workspace, plan: Plan, rules: RuleSet, request: Request, options: IngestOptions, folder: Path
) -> IngestResult:
    from kb.publish import curated_files, match_file  # noqa: PLC0415 - only where something is published
    from kb.reports import Options  # noqa: PLC0415 - likewise

    with _draft(workspace, plan, folder / "kb.duckdb") as draft:
        draft.begin(rules)
        counts = Counts(draft, plan.scope(), whole=plan.whole)
        counts.remember_published()
        reread = Reread(plan)
        with_bytes = _judge(workspace, draft, reread, rules, request, folder / "batches")
        read = plan.records(reread.seen)
        misread = reread.misread(request.form)
        notes = (*plan.notes, *reread.notes, *misread, *_without_records(draft, workspace))
        if not (read or plan.gone or reread.dropped):
            raise KbError(f"{sources.nothing_in(plan.roots, notes)}; nothing was done")

        restored = swap.altered(workspace)
        hints = [*misread, *([_OF_ANOTHER_BRANCH] if restored and not plan.fresh else [])]

        def settled() -> StateComparison | None:
            if not options.allow_removals:
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
        known = _known(workspace, draft, reread, request, restored)
        written = curated_files.write(draft, curated, workspace.curated, Options(request.as_of), rules, known)
        changed = written.digest != swap.manifest(workspace.curated).get("digest")
        result = outcome(counts, read, rules, compared, written=changed or plan.fresh)
        result = result._replace(
            notes=notes,
            restored=tuple(restored),
            of_the_day=changed and swap.differ_in_the_day(workspace, written.files),
        )
        if changed or plan.rejudged or plan.fresh:
            if plan.history:
                runs.take_over(draft, plan.history)
            elif plan.fresh:
                runs.remember_figures(draft, 0, *earlier.figures(workspace.curated, request.as_of))
            runs.record_run(draft, rules, request.as_of, result, read_object(curated / METRICS))
        match_file.write(draft, folder, workspace)
        noted = standing.notes_of(draft)
        draft.finish()
    if not options.dry_run:
        swap.commit(workspace, written.digest, noted, written.files)
    return result


def _known(
    workspace: Workspace, draft: Draft, reread: Reread, request: Request, restored: Sequence[str]
) -> "curated_files.Known":
    """What of `curated/` need not be written anew, for it is as kb left it and would come to the same."""
    from kb.publish import curated_files  # noqa: PLC0415 - only where something is published
    from kb.publish.splice import Touched  # noqa: PLC0415 - likewise

    plan = reread.plan
    if plan.fresh:
        return curated_files.Known()
    changes = draft.touched() if swap.are_records_as_left(workspace) else None
    unchanged: Mapping[str, str] = {}
    if not (plan.rejudged or reread.moved or restored):
        same_day = swap.manifest(workspace.curated).get("as_of") == request.as_of.isoformat()
        same = as_before(draft, workspace.store)
        unchanged = curated_files.unchanged_files(swap.digests(workspace), same, same_day=same_day)
    return curated_files.Known(Touched(*changes) if changes else None, unchanged=unchanged)


def _without_records(base: Store, workspace: Workspace) -> Iterator[str]:
    """Which times to live are for a domain that no record has."""
    domains = workspace.settings.trust.time_to_live.domain
    return without_records("trust.time_to_live.domain", domains, base.domains() if domains else [])


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
    workspace: Workspace, draft: Draft, reread: Reread, rules: RuleSet, request: Request, batches: Path
) -> WithBytes:
    """Carry every record that has to be judged through the record stage, then all of them through the corpus rules."""
    from kb.judging import passes  # noqa: PLC0415 - the record stage: only where a record is judged

    plan = reread.plan
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
        dropped = [*reread.dropped, *draft.inputs_of_files(plan.gone), *waiting]
        return passes.Leaving(dropped, reread.moved, is_aged=plan.rejudged)

    incoming = chain(again, reread.incoming(draft))
    _, rejected = passes.judge(
        draft, incoming, rules, request, batches, passes.Caller(leaving, with_bytes, _fetch_gate)
    )
    draft.demote(with_bytes(rejected))
    draft.judge_settings(rules)
    draft.remember_files(plan.gone, reread.seen)
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
        path, limits = str(workspace.root / name), workspace.settings.limits
        file = sources.SourceFile(name, path, 0, 0, 0, limits=limits, formats=Formats(workspace.format_files()))
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


def outcome(
    counts: Counts, read: int, rules: RuleSet, compared: StateComparison | None, *, written: bool
) -> IngestResult:
    """Count what stands in the base of all that was read, and check that the sums balance (law 1)."""
    tally = counts.tally(changed=written)
    by_code, repairs = counts.findings_by_code(), counts.repairs_by_code()
    about_settings, about_events = counts.about_settings(), counts.about_events()
    counted = sorted({*(code for code, *_ in by_code), *repairs, *about_settings, *about_events})
    result = IngestResult(
        read=read,
        published=tally["published"],
        unchanged=tally["standing"] - tally["published"],
        quarantined=tally["quarantined"],
        removed=tally["removed"],
        changes=tally["changes"],
        findings={code: times for code, times, *_ in by_code},
        written=written,
        copies=tally["copies"],
        repairs=repairs,
        flags={code: flags for code, _, flags, *_ in by_code if flags},
        flagged={code: records for code, _, _, records, _ in by_code if records},
        suppressed=sum(suppressed for *_, suppressed in by_code),
        about_settings=about_settings,
        about_events=about_events,
        withdrawn=tally["withdrawn"],
        compared=compared,
        names={code: rules.known[code].name for code in counted if code in rules.known},
    )
    if result.read != result.published + result.unchanged + result.quarantined + result.withdrawn:
        raise RuntimeError(f"the sums do not balance: {result}")
    return result
