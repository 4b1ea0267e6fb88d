"""Records judged as if their files were ingested: into the base of the workspace, or without one among themselves."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kb import sources
from kb.curate.record import curate
from kb.errors import KbError
from kb.judging.baseline import Entry
from kb.judging.given import scratch_folder
from kb.judging.request import Request
from kb.model import Curated, Incoming, Kind
from kb.publish import swap
from kb.rules.ruleset import RuleSet
from kb.workspace import Workspace

if TYPE_CHECKING:
    from kb.store import Store
    from kb.store.build import Demoted, Draft

_FINDINGS = """
    SELECT path, position, record_id, code, name, severity, pointer, message, fixable, fingerprint, suppressed
    FROM findings WHERE file_of(path) IN (SELECT unnest($files::VARCHAR[])) OR (NOT is_of_a_record(path) AND $others)
    ORDER BY path, position, seq, code, pointer, message
"""

_PUBLISHED = "SELECT id FROM records WHERE file_of(path) IN (SELECT unnest($files::VARCHAR[]))"


class Row(NamedTuple):
    """A finding, with the place of its record in what was read."""

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


class Judged(NamedTuple):
    """How many records were read, what was found, and the ids of those that ingest would publish, where they are asked for."""

    read: int
    rows: list[Row]
    published: set[str]


class Bench(NamedTuple):
    """Where records are judged together: what was given, and the notes to show.

    Whether it `is_compared` with a baseline: that asks for the ids of what would be published.
    """

    workspace: Workspace
    roots: Sequence[sources.Root]
    files: list[str]
    notes: list[str]
    readings: Sequence[sources.Reading] = ()
    is_compared: bool = False

    def remarks(self) -> list[str]:
        """The notes on the files that were read."""
        return [reading.note for reading in self.readings if reading.note]

    def replaces(self, name: str) -> bool:
        """Whether what the base knows from a file would not be there any more if the given paths were ingested."""
        return any(root.holds(name) for root in self.roots)


def judge(
    incoming: Iterator[Incoming], rules: RuleSet, request: Request, bench: Bench, *, about_settings: bool
) -> Judged:
    """Judge records, each by itself and all together, and with `about_settings` the suppressions and events too.

    Raises:
        KbError: there is no record.
    """
    head = list(islice(incoming, 2))
    if not head:
        raise KbError(f"{sources.nothing_in(bench.roots, bench.remarks())}; nothing was validated")
    judged = None if len(head) > 1 or about_settings else _alone(head[0], rules, request, bench)
    return judged or _together(chain(head, incoming), rules, request, bench, about_settings=about_settings)


def _alone(record: Incoming, rules: RuleSet, request: Request, bench: Bench) -> Judged | None:
    """The judgement of the only record, or None if a corpus rule may apply, which takes a store."""
    outcome = curate(record, rules)
    if isinstance(outcome, Curated) and outcome.withdrawn:
        return Judged(1, [], set())
    lonely = not bench.workspace.store.exists()
    if isinstance(outcome, Curated) and any(
        not lonely or (rule.alone is not None and rule.alone(outcome.document, request.as_of)) for rule in rules.corpus
    ):
        return None
    rows = [
        Row(
            record.origin.path,
            record.origin.position,
            outcome.id,
            finding.code,
            rules.known[finding.code].name,
            rules.severities[finding.code],
            finding.pointer,
            finding.message,
            rules.known[finding.code].kind is Kind.FIX,
            finding.fingerprint,
            finding.suppressed,
        )
        for finding in outcome.findings
    ]
    return Judged(1, rows, {outcome.id} if isinstance(outcome, Curated) else set())


def _together(
    incoming: Iterable[Incoming], rules: RuleSet, request: Request, bench: Bench, *, about_settings: bool
) -> Judged:
    from kb.judging import passes  # noqa: PLC0415 - a record that is alone does without

    with scratch_folder() as folder, _scratch(bench, folder) as scratch:
        scratch.begin(rules)
        waiting = scratch.judged_by_others()
        again = [record for record in waiting if not bench.replaces(sources.file_of(record.origin.path))]
        replaced = [name for name in scratch.known_files() if bench.replaces(name)]

        def leaving() -> passes.Leaving:
            return passes.Leaving([*scratch.inputs_of_files(replaced), *(record.origin[:2] for record in waiting)])

        read, _ = passes.judge(
            scratch, chain(incoming, again), rules, request, folder / "batches", passes.Caller(leaving, _without_bytes)
        )
        if about_settings:
            scratch.judge_settings(rules)
        return found(scratch, bench, read - len(again), about_settings=about_settings)


def found(base: "Store", bench: Bench, read: int, *, about_settings: bool) -> Judged:
    """What is found in a base of the files that were given, of which so many records were read."""
    rows = base.query(_FINDINGS, {"files": bench.files, "others": about_settings}).rows
    published = base.query(_PUBLISHED, {"files": bench.files}).rows if bench.is_compared else []
    return Judged(read, [Row(*row) for row in rows], {name for (name,) in published})


def _without_bytes(demoted: "list[Demoted]") -> "list[tuple[Demoted, bytes]]":
    """What is judged for its findings alone need not be kept."""
    return [(row, b"") for row in demoted]


@contextmanager
def _scratch(bench: Bench, folder: Path) -> "Iterator[Draft]":
    """A store to judge in: a copy of the base, unless there is none, or it was made of no other files than are given."""
    from kb.store.build import create, trial  # noqa: PLC0415 - a record that is alone does without

    base = swap.copied(bench.workspace, folder)
    if base.is_changed:
        bench.notes.append(
            "kb.duckdb was changed by another program (or damaged), so the records are judged among themselves"
        )
    elif base.path is not None:
        with trial(base.path) as copy:
            if not base.is_as_left and copy.unlike_declared() is not None:
                bench.notes.append(
                    f"{base.path.name} has an outdated schema, so the records are judged among themselves"
                )
            elif not all(map(bench.replaces, copy.known_files())):
                yield copy
                return
    with create(None, folder / "spill") as scratch:
        yield scratch
