"""`kb fix`: repairs, carried out on the raw files themselves. And `kb validate --diff`: those that ingest would make."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kb import aside, contract, sources
from kb.analysis.credentials import masked
from kb.curate.record import curate
from kb.errors import KbError
from kb.judging.given import shown
from kb.judging.request import Request
from kb.model import GONE, Change, Curated, Document, Incoming, Json, Rejected
from kb.render.patch import unified
from kb.results import FixResult
from kb.rules import ruleset
from kb.rules.ruleset import RuleSet
from kb.sources import Root, SourceFile, edit, formats, nothing_in, readers
from kb.sources.containers import RECORDS, Reading, faults
from kb.sources.edit import Edit
from kb.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FixPlan:
    """Files, the edits of each of their streams (of an archive, each member), and what these come to.

    `hidden` are those that mask what holds a credential, for whoever shows a stream.
    """

    files: tuple[SourceFile, ...]
    edits: dict[str, list[Edit]]
    result: FixResult
    hidden: dict[str, list[Edit]]


def plan(workspace: Workspace, roots: Sequence[Root], request: Request) -> FixPlan:
    """The edits that carry out the fixes of every record, each judged by itself. Nothing is written yet.

    What nobody can read stays as it is, and so do packed files, objects that are no record of a known format, and records
    that hold a credential, of which no rule sees the text. A merge of copies that would lose what only a foreign format
    has a place for is left to a person, and what that format has no word for to ingest.

    Raises:
        KbError: a file cannot be read, or there is no record that could be edited.
    """
    rules = ruleset.of(workspace, request.as_of)
    tally = _Tally([note for root in roots for note in root.passed_over])
    files = _files(roots)
    plain = [file for file in files if file.name.lower().endswith(RECORDS)]
    if len(plain) < len(files):
        packed = sources.some([shown(file) for file in files if file not in plain])
        tally.notes.append(f"left as it is: {packed}; packed files are not edited, so unpack, fix, and pack again")
    edits = _edits(plain, lambda incoming: tally.edits(incoming, rules), tally.notes, request.tick)
    if tally.strange:
        tally.notes.append(
            f"left as it is: {sources.some(tally.strange)}; no record of a known format, so not kb's to edit"
        )
    if not tally.read:
        nothing = [f"{', '.join(root.name for root in roots)}: no record there that could be fixed"]
        raise KbError("; ".join([*tally.notes, *(nothing if plain or not files else [])]))
    return FixPlan(tuple(plain), edits, tally.result(len(edits)), dict(tally.hidden))


def preview(
    workspace: Workspace, roots: Sequence[Root], request: Request, reported: Container[str] | None = None
) -> FixPlan:
    """The edits that do to the raw text what ingest does to each record that is fit to be published by itself.

    Where some rules only are `reported`, by code, the edits of the others are left out.

    Raises:
        KbError: a file cannot be read, or there is no record.
    """
    rules = ruleset.of(workspace, request.as_of)
    tally = _Tally([note for root in roots for note in root.passed_over])
    files = _files(roots)
    shown_codes = rules.rules if reported is None else reported
    edits = _edits(files, lambda incoming: tally.repairs(incoming, rules, shown_codes), tally.notes, request.tick)
    if not tally.read:
        raise KbError(f"{nothing_in(roots, tally.notes)}; nothing was validated")
    return FixPlan(
        tuple(files), edits, tally.result(len({sources.file_of(name) for name in edits})), dict(tally.hidden)
    )


@dataclass(slots=True)
class _Tally:
    """What was found on the way."""

    notes: list[str]
    read: int = 0
    fixed: Counter[str] = field(default_factory=Counter)
    unworded: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsafe: Counter[str] = field(default_factory=Counter)
    hidden: defaultdict[str, list[Edit]] = field(default_factory=lambda: defaultdict(list))
    strange: list[str] = field(default_factory=list)

    def edits(self, incoming: Incoming, rules: RuleSet) -> list[Edit]:
        """The edits that carry out what can be fixed in one record."""
        if not _is_record(incoming, rules):
            self.strange.append(str(incoming.origin))
            return []
        outcome = curate(incoming, rules)
        document = _read(incoming) if outcome.changes else {}
        foreign_format = _format(incoming, document, rules) if document else None
        held = frozenset(c.code for c in outcome.changes if c.after is GONE and _says_more(c.before))
        if held:
            self.notes.append(
                f"{incoming.origin}: {', '.join(sorted(held))} would lose what only the record's own format has a place"
                " for; merge the copies by hand"
            )
        if any(finding.code == "SAF001" for finding in outcome.findings):
            self.notes.append(f"{incoming.origin}: left as it is, for it holds a credential; take that out first")
            self._hide(incoming)
        wanted = [change for change in _but_traces(outcome) if change.code not in held]
        changes: Sequence[Change] = formats.worded(wanted, foreign_format, document)
        if foreign_format:
            unworded = Counter(change.code for change in wanted) - Counter(change.code for change in changes)
            self.unworded.update({(foreign_format.name, code): count for code, count in unworded.items()})
        changes, edits = self._carried_out(incoming, changes)
        if changes:
            _check_gone(incoming, edits, outcome.changes, changes, rules)
        self.read += 1
        self.fixed.update(change.code for change in changes)
        return edits

    def repairs(self, incoming: Incoming, rules: RuleSet, reported: Container[str]) -> list[Edit]:
        """The edits that do what ingest does to one record, of the rules that are reported."""
        outcome = curate(incoming, rules)
        self._hide(incoming)
        repairs = outcome.changes if isinstance(outcome, Curated) else ()
        wanted = [change for change in repairs if change.code in reported]
        document = _read(incoming) if wanted else {}
        foreign_format = _format(incoming, document, rules) if document else None
        if foreign_format and not foreign_format.two_way:
            wanted = formats.worded(wanted, foreign_format, document)
        changes, edits = self._carried_out(incoming, wanted)
        self.read += 1
        self.fixed.update(change.code for change in changes)
        return edits

    def _carried_out(self, incoming: Incoming, changes: Sequence[Change]) -> tuple[Sequence[Change], list[Edit]]:
        """The edits of a record, and the changes that they carry out: all of them, or those that the kind of its file allows."""
        if not changes or incoming.within is not None:
            self.unsafe.update(change.code for change in changes)
            return [], []
        reader = readers.of_record(incoming.origin.path, incoming.raw)
        edits = reader.edit(incoming.raw, changes)
        if edits is None:
            few = changes if len(changes) <= _FEW else []
            safe = [change for change in few if reader.edit(incoming.raw, [change]) is not None]
            edits = reader.edit(incoming.raw, safe) if safe else []
            self.unsafe.update(Counter(change.code for change in changes) - Counter(change.code for change in safe))
            changes = safe
        return (changes, edits) if edits is not None else ([], [])

    def _hide(self, incoming: Incoming) -> None:
        shown = masked(incoming.raw)
        if shown is not incoming.raw:
            whole = Edit(0, len(shown), shown)
            self.hidden[incoming.origin.path].append(whole.shifted(incoming.offset))

    def result(self, files: int) -> FixResult:
        left = [
            f"{count} of {code}: the format {name} has no word for what it writes, so the file keeps its own"
            for (name, code), count in sorted(self.unworded.items())
        ]
        left += [
            f"{count} of {code}: no edit of that is as small and safe as in JSON, so the file keeps its own; ingest repairs it"
            for code, count in sorted(self.unsafe.items())
        ]
        return FixResult(self.read, dict(self.fixed), files, (*self.notes, *left))


_FEW = 100
"""Of so many changes each is tried by itself, where not all can be carried out: more would cost their square."""


def _files(roots: Sequence[Root]) -> list[SourceFile]:
    """Each file once, however many names and paths lead to it."""
    by_place: dict[str, SourceFile] = {}
    for root in roots:
        for file in root.files:
            by_place.setdefault(os.path.realpath(file.path), file)
    return list(by_place.values())


def _edits(
    files: Sequence[SourceFile],
    edits_of: Callable[[Incoming], list[Edit]],
    notes: list[str],
    tick: Callable[[int], None],
) -> dict[str, list[Edit]]:
    edits_by_stream: dict[str, list[Edit]] = defaultdict(list)

    def done(reading: Reading) -> None:
        if reading.note:
            notes.append(reading.note)

    for file in files:
        for incoming in sources.read(file, done):
            edits = edits_of(incoming)
            if edits:
                edits_by_stream[incoming.origin.path] += [own.shifted(incoming.offset) for own in edits]
            tick(1)
    return dict(edits_by_stream)


def _is_record(incoming: Incoming, rules: RuleSet) -> bool:
    """Whether it is kb's to edit; what cannot be read is reported as a broken record."""
    try:
        path = incoming.origin.path
        return incoming.fault is not None or rules.formats.is_record(_read(incoming), path, readers.of(path).name)
    except contract.UnreadableError:
        return True


def _read(incoming: Incoming) -> Document:
    return readers.of_record(incoming.origin.path, incoming.raw).read(incoming.raw)


def _format(incoming: Incoming, document: Document, rules: RuleSet) -> formats.Format | None:
    path = incoming.origin.path
    return rules.formats.of(document, incoming.form, path, readers.of(path).name)


def _says_more(item: Json) -> bool:
    """Whether an object of a list says what the native format has no place for."""
    carried = item.get("extensions") if isinstance(item, dict) else None
    own = [
        value
        for extension in (carried or {}).values()
        for value in (extension.values() if isinstance(extension, dict) else [extension])
    ]
    return any(value is not None for value in own)


def _but_traces(outcome: Curated | Rejected) -> list[Change]:
    """The changes of a record but those that would wipe out the trace of a lost word (TXT008): a blank at an end."""
    traces = {finding.pointer for finding in outcome.findings if finding.code == "TXT008"}
    return [change for change in outcome.changes if change.code != "TXT001" or change.pointer not in traces]


def _check_gone(
    incoming: Incoming, edits: list[Edit], proposed: Sequence[Change], changes: Sequence[Change], rules: RuleSet
) -> None:
    """Make sure that nothing which was fixed is found again after the edits, but what was left alone."""
    outcome = curate(incoming._replace(raw=edit.carried_out(incoming.raw, edits)), rules)
    left = Counter(change.code for change in proposed) - Counter(change.code for change in changes)
    back = {change.code for change in changes}.intersection(change.code for change in outcome.changes) - left.keys()
    if back:
        raise RuntimeError(f"{incoming.origin}: {', '.join(sorted(back))} would come back; nothing was written")


def carry_out(planned: FixPlan) -> None:
    """Write the files anew, each by one rename.

    Raises:
        KbError: a file cannot be written, or changed in the meantime; it is as it was, the files before it are fixed.
    """
    for file in planned.files:
        if file.name in planned.edits:
            _replace(file, planned.edits[file.name])


def _replace(file: SourceFile, edits: list[Edit]) -> None:
    target = Path(file.path)
    try:
        with target.open("rb") as stream, aside.written(target) as draft:
            status = os.fstat(stream.fileno())
            if (status.st_size, sources.last_change(status), status.st_ino) != (file.size, file.modified, file.inode):
                raise KbError(f"{shown(file)}: changed while it was read; it is as it was, so run `kb fix` again")
            draft.writelines(edit.spliced(stream, edits))
    except OSError as error:
        raise KbError(f"{shown(file)}: cannot be written: {error.strerror}; it is as it was") from None


def fixed(planned: FixPlan) -> Iterator[bytes]:
    """The only file of a plan as it is after its edits."""
    (file,) = planned.files
    with Path(file.path).open("rb") as stream:
        yield from edit.spliced(stream, planned.edits.get(file.name, []))


def diff(planned: FixPlan) -> Iterator[bytes]:
    """The edits of all files as a unified diff."""
    edited = {sources.file_of(name) for name in planned.edits}
    for file in planned.files:
        if file.name not in edited:
            continue
        with faults(file.name):
            for member in Reading(file.name, Path(file.path)).members():
                name = f"{shown(file)}{member.name[len(file.name) :]}"
                lines = edit.covered(member.stream, planned.hidden.get(member.name, []))
                yield from unified(name, lines, planned.edits.get(member.name, []))
