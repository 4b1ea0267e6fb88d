"""`kb merge`: two records of one error become one. What only one says is kept; what they say differently is for a person."""

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kb import aside, contract, sources
from kb.curate.record import curate
from kb.errors import KbError
from kb.jobs import decide
from kb.jobs.decide import Decision
from kb.ledger.event import Event
from kb.model import Change, Curated, Document, Incoming, Json
from kb.publish import swap
from kb.render.patch import unified
from kb.rules import ruleset
from kb.rules.base import fold
from kb.rules.fixing import apply
from kb.rules.ruleset import RuleSet
from kb.sources import edit, readers
from kb.sources.containers import RECORDS
from kb.sources.edit import Edit
from kb.workspace import Workspace


class Conflict(NamedTuple):
    """What the two say differently: where in the record that stays, what it says and keeps, and what the other says."""

    pointer: str
    kept: Json
    other: Json


class Merge(NamedTuple):
    """A merge made ready: the event, the file with the record that stays, its edits, and what is left to a person."""

    event: Event
    file: str
    edits: tuple[Edit, ...]
    conflicts: tuple[Conflict, ...]
    diff: bytes


def merge(workspace: Workspace, from_id: str, into_id: str, asked: Decision, *, dry_run: bool = False) -> Merge:
    """Take the union of two published records into the raw file of the second; the first is merged, and an alias of it.

    The file is written before the event: whatever interrupts this, nothing is lost.

    Raises:
        KbError: one of them is not published or was edited since, or the file of the second cannot be edited.
    """
    (event,) = decide.decide(workspace, [from_id], asked._replace(successor=into_id), dry_run=True)
    into = str(event.successor)
    rules = ruleset.of(workspace)
    with swap.reading(workspace) as base:
        decide.check_current(workspace, base, into)
        other = base.published([event.record])[event.record]
        path, position = base.query("SELECT path, position FROM records WHERE id = $id", {"id": into}).rows[0]
    incoming = _incoming(workspace, path, position)
    document = _native(incoming, into, rules)
    union = _Union(document, _settled(document, rules), other, event.record)
    edits = [one.shifted(incoming.offset) for one in edit.edits(incoming.raw, union.changes)] if union.changes else []
    _check_result(incoming, union, rules, into)
    file = workspace.root / path
    with file.open("rb") as lines:
        diff = b"".join(unified(path, lines, edits))
    made = Merge(event, path, tuple(edits), tuple(union.conflicts), diff)
    if not dry_run:
        _carry_out(file, edits, incoming)
        decide.write(workspace, [event])
    return made


def _incoming(workspace: Workspace, path: str, position: int) -> Incoming:
    if not path.lower().endswith(RECORDS):
        raise KbError(f"{path}: is packed, so it is not edited; unpack it, ingest, and merge then")
    found = sources.discover(workspace.root / path, workspace).files
    return next(record for record in sources.read(found[0]) if record.origin.position == position)


def _native(incoming: Incoming, name: str, rules: RuleSet) -> Document:
    kind = readers.of(incoming.origin.path)
    if kind is not readers.JSON or incoming.within is not None:
        raise KbError(f"{name}: is no JSON of its own, so kb cannot add to it; merge it the other way, or by hand")
    document = contract.read(incoming.raw)
    if rules.formats.of(document, incoming.form, incoming.origin.path):
        raise KbError(f"{name}: is in a foreign format, so kb cannot add to it; merge it the other way, or by hand")
    return document


def _settled(document: Document, rules: RuleSet) -> Document:
    """A document as ingested, with its values repaired: what differs in spelling alone is no conflict."""
    settled = copy.deepcopy(document)
    while any(apply(rule, settled, rules.settings) for rule in rules.value_fixes):
        pass
    return settled


def _check_result(incoming: Incoming, union: "_Union", rules: RuleSet, name: str) -> None:
    """Make sure that what comes of it can be published: else the record that stays would go too."""
    if not union.changes:
        return
    raw = edit.carried_out(incoming.raw, edit.edits(incoming.raw, union.changes))
    outcome = curate(incoming._replace(raw=raw), rules)
    if not isinstance(outcome, Curated):
        errors = [f"{one.code} {one.pointer}: {one.message}" for one in outcome.findings if one.code in rules.errors]
        raise KbError(f"{name}: would be rejected with what the other says: {errors[0]}; nothing was merged")


def _carry_out(file: Path, edits: Sequence[Edit], incoming: Incoming) -> None:
    try:
        with file.open("rb") as stream, aside.written(file) as draft:
            stream.seek(incoming.offset)
            if stream.read(len(incoming.raw)) != incoming.raw:
                raise KbError(f"{os.path.relpath(file)}: changed while it was read; nothing was merged, so try again")
            stream.seek(0)
            draft.writelines(edit.spliced(stream, edits))
    except OSError as error:
        raise KbError(f"{os.path.relpath(file)}: cannot be written: {error.strerror}; nothing was merged") from None


_OF_ITEMS = {"dead_ends": "action", "workarounds": "action", "versions": "version"}
_GRAPH = ("leads_to", "preceded_by", "frequently_confused_with")
_APART = frozenset(
    {
        "id",
        "domain",
        "last_confirmed",
        "last_updated",
        "first_seen",
        "evidence_count",
        "schema_version",
        "curation",
        "sources",
    }
)
"""Keys of which each record has its own, or that are united apart."""


class _Union:
    """What has to change in a document, as ingested, so that it says what another, curated, says too; and what cannot be."""

    def __init__(self, document: Document, settled: Document, other: Document, other_id: str) -> None:
        self.changes: list[Change] = []
        self.conflicts: list[Conflict] = []
        self._document = document
        self._settled = settled
        self._ids = {document["id"], other_id}
        for key, name in _OF_ITEMS.items():
            self._unite_items(key, name, other[key])
        self._unite_translations(other)
        own_signatures = {document.get("signature"), settled["signature"]}
        self._grow("/signatures", document.get("signatures"), other["signatures"], without=own_signatures)
        self._grow("/diagnosis", document.get("diagnosis"), other["diagnosis"])
        self._grow("/verify", document.get("verify"), other["verify"])
        self._grow("/tags", document.get("tags"), other["tags"])
        self._grow("/aliases", document.get("aliases"), [*other["aliases"], other_id], without={document["id"]})
        for key in _GRAPH:
            self._unite_transitions(key, other["transition_graph"][key])
        self._compare("", document, settled, other)

    def _grow(
        self, pointer: str, present: Json, more: Sequence[Json], without: frozenset[str] | set[str] = frozenset()
    ) -> None:
        listed = present if isinstance(present, list) else []
        new = [value for value in dict.fromkeys(more) if value not in listed and value not in without]
        if new:
            self.changes.append(Change("merge", pointer, listed, [*listed, *new]))

    def _unite_items(self, key: str, name: str, items: Sequence[Document]) -> None:
        present = self._document.get(key) or []
        places = {fold(item.get(name)): place for place, item in reversed([*enumerate(present)])}
        added = []
        for item in items:
            place = places.get(fold(item[name]))
            if place is None:
                added.append(_said(item))
                continue
            at = f"/{key}/{place}"
            if "sources" in item:
                self._grow(f"{at}/sources", present[place].get("sources"), item["sources"])
            self._compare(at, present[place], self._settled[key][place], item)
        if added:
            self.changes.append(Change("merge", f"/{key}", present, [*present, *added]))

    def _unite_translations(self, other: Document) -> None:
        """Translations go by place: those of new workarounds follow, if both records have one for each of theirs."""
        grown = next((change for change in self.changes if change.pointer == "/workarounds"), None)
        own = self._document.get("workarounds_zh") or []
        if grown is None or not (own or other["workarounds_zh"]):
            return
        added = grown.after[len(grown.before) :]
        actions = [item["action"] for item in other["workarounds"]]
        if len(own) == len(grown.before) and len(other["workarounds_zh"]) == len(actions):
            more = [other["workarounds_zh"][actions.index(item["action"])] for item in added]
            self.changes.append(Change("merge", "/workarounds_zh", own, [*own, *more]))
        else:
            self.conflicts.append(Conflict("/workarounds_zh", own, other["workarounds_zh"]))

    def _unite_transitions(self, key: str, entries: Sequence[Document]) -> None:
        graph = self._document.get("transition_graph") or {}
        present = graph.get(key) or []
        known = {entry if isinstance(entry, str) else entry["error_id"] for entry in present} | self._ids
        new = [_said(entry) for entry in entries if entry["error_id"] not in known]
        if new and "transition_graph" not in self._document:
            self.conflicts.append(Conflict(f"/transition_graph/{key}", present, new))
        elif new:
            self.changes.append(Change("merge", f"/transition_graph/{key}", present, [*present, *new]))

    def _compare(
        self, at: str, present: Mapping[str, Json], settled: Mapping[str, Json], other: Mapping[str, Json]
    ) -> None:
        """What stands alone, text or number, is kept as it is; where it is null, the other's is taken, else both are listed."""
        for key, value in other.items():
            own = present.get(key)
            if (
                key in _APART
                or value is None
                or isinstance(value, list | dict)
                or value == ""
                or _is_alike(settled.get(key), value)
            ):
                continue
            if key in present and (own is None or own == ""):
                self.changes.append(Change("merge", f"{at}/{key}", own, value))
            else:
                self.conflicts.append(Conflict(f"{at}/{key}", own, value))


def _is_alike(own: Json, value: Json) -> bool:
    return fold(own) == fold(value) if isinstance(own, str) and isinstance(value, str) else bool(own == value)


def _said(item: Document) -> Document:
    """What an entry says, without what it leaves open."""
    return {key: value for key, value in item.items() if value not in (None, [], {})}
