"""Records: bytes → Curated | Rejected. Pure: no clock, no input or output, no store.

The order is law 2: parse strictly → map the format → value fixes → contract → checks → list fixes. Errors that are left
then reject the record; what no check speaks against is held against the contracts of the tables, too. Credentials are
masked before all that, so that nothing downstream sees one.

Each record is judged as if it were alone. That some are judged side by side, rule by rule, is for speed alone: what a rule
needs then stays in the processor's cache. `curate_each` and `_rule_by_rule` are all there is to it.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

import orjson

from kb import contract
from kb.analysis.credentials import is_masked, masked
from kb.fingerprint import AT_POINTER, fingerprints
from kb.ledger.event import Event
from kb.ledger.fold import Decided
from kb.model import Change, Curated, Document, Finding, Incoming, Json, Origin, Rejected
from kb.rules import catalogue
from kb.rules.base import Record, Rule
from kb.rules.dat import is_day
from kb.rules.fixing import apply, drop_gone, message
from kb.rules.ruleset import RuleSet
from kb.rules.text_digest import as_repaired, digest_of
from kb.sources import readers
from kb.sources.formats import Format, Mapped
from kb.sources.formats.declaration import TREES
from kb.words import one_line

_AT_A_TIME = 32
"""How many records are judged side by side at best: fewer bring the rules back into the cache, more drop the records."""


def curate(incoming: Incoming, rules: RuleSet) -> Curated | Rejected:
    """Judge and repair one record."""
    (outcome,) = curate_some([incoming], rules)
    return outcome


def curate_each(incoming: Iterable[Incoming], rules: RuleSet) -> Iterator[tuple[Incoming, Curated | Rejected]]:
    """Judge and repair any number of records; each with what becomes of it, in their order."""
    rest = iter(incoming)
    while some := list(islice(rest, _AT_A_TIME)):
        yield from zip(some, curate_some(some, rules), strict=True)


def _rule_by_rule(rules: Sequence[Rule], cases: Sequence["_Case"]) -> Iterator[tuple[Rule, "_Case"]]:
    """Each rule with each record, all records before the next rule."""
    return product(rules, cases)


def curate_some(batch: Sequence[Incoming], rules: RuleSet) -> list[Curated | Rejected]:
    """Judge and repair a few records side by side; what becomes of each, in their order."""
    shown = [masked(incoming.raw) for incoming in batch]
    read = [_read(incoming, raw, rules) for incoming, raw in zip(batch, shown, strict=True)]
    cases = [case for case in read if isinstance(case, _Case)]
    _repair_values(cases, rules)
    accepted = [case for case in cases if _is_accepted(case, rules)]
    _check(accepted, rules)
    _hold_against_tables([case for case in accepted if not case.is_rejected(rules)], rules)
    fit = [case for case in accepted if not case.is_rejected(rules)]
    _repair_lists(fit, rules)
    for case in fit:
        case.published = _published(case, rules)
    outcomes = [_outcome(case) if isinstance(case, _Case) else case for case in read]
    return [
        _with_credentials(incoming, raw, outcome)
        if raw is not incoming.raw or is_masked(incoming.origin.path)
        else outcome
        for incoming, raw, outcome in zip(batch, shown, outcomes, strict=True)
    ]


class _Noted(NamedTuple):
    """A finding in the making; `value` is what stood at the place before a repair, else what the document has there."""

    code: str
    pointer: str
    message: str
    value: Json = AT_POINTER
    suppressed: str | None = None


_NOTHING: Mapping[str, str] = {}
_UNDECIDED = Decided()


class _Case:
    """A record on its way, and what was found on it so far; `record` is there once its shape is accepted.

    `is_settled`: it is known that no fix of lists would change anything.
    """

    record: Record

    def __init__(
        self, origin: Origin, document: Document, foreign: Format | None = None, mapped: Mapped | None = None
    ) -> None:
        self.origin = origin
        self.document = document
        self.foreign = foreign
        self.mapped = mapped
        self.name = document["id"] if isinstance(document.get("id"), str) else None
        self.suppressed = _NOTHING
        self.candidates: frozenset[str] = frozenset()
        self.changes: list[Change] = []
        self.noted: list[_Noted] = []
        self.flags: list[_Noted] = []
        self.published: Document | None = None
        self.text: str | None = None
        self.decided = _UNDECIDED
        self.is_settled = False

    def whole(self, document: Document) -> Document:
        """A document with all that is kept of its source, where the mapping left some of that out to be judged."""
        if self.mapped is None or self.foreign is None or self.mapped.whole is None:
            return document
        extensions = {**(document.get("extensions") or {}), self.foreign.name: self.mapped.whole}
        return {**document, "extensions": extensions}

    def is_kept(self, pointer: str) -> bool:
        """Whether a place is kept as ingested, whatever a fix would do there."""
        if self.mapped is None or self.foreign is None or self.mapped.whole is None:
            return False
        return f"{pointer}/".startswith(f"/extensions/{self.foreign.name}/")

    def is_rejected(self, rules: RuleSet) -> bool:
        """Whether there is an error in it that is not suppressed."""
        return any(noted.code in rules.errors and noted.suppressed is None for noted in self.noted)


def _read(incoming: Incoming, shown: bytes, rules: RuleSet) -> "_Case | Rejected":
    origin = incoming.origin
    if incoming.fault is not None:
        return _unreadable(origin, incoming.fault)
    kind = readers.of(origin.path).name
    try:
        document = readers.of_record(origin.path, shown).read(shown)
        foreign = rules.formats.of(document, incoming.form, origin.path, kind)
        mapped = foreign.map(document) if foreign else None
    except contract.UnreadableError as error:
        return _unreadable(origin, str(error))
    if foreign is None and kind not in TREES:
        return _unreadable(origin, _UNCLAIMED)
    case = _Case(origin, mapped.document if mapped else document, foreign, mapped)
    if rules.suppressions:
        case.suppressed = rules.suppressed(_published_id(case, rules))
    return case


_UNCLAIMED = (
    "no mapping knows this for a record; name one with --from, let `kb formats guess` write one, or `exclude` the file in"
    " kb.toml"
)


def _unreadable(origin: Origin, why: str) -> Rejected:
    return Rejected(None, _fingerprinted(origin.path, None, [_Noted("SCH001", "", why, origin.digest)]))


def _published_id(case: _Case, rules: RuleSet) -> str | None:
    """The id by which suppressions know a record, even where it came with white space around it."""
    named = _Case(case.origin, {"id": case.name})
    _repair_values([named], rules)
    name: str | None = named.document["id"]
    return name


def _repair_values(cases: Sequence[_Case], rules: RuleSet) -> None:
    """Run the value fixes until none changes anything, and note which rules may fire: on what came, or on what it became."""
    unsettled = list(cases)
    while unsettled:
        for case in unsettled:
            case.candidates |= rules.candidates(orjson.dumps(case.document))
        changed = [len(case.changes) for case in unsettled]
        for rule, case in _rule_by_rule(rules.value_fixes, unsettled):
            if rule.code in case.candidates and rule.code not in case.suppressed:
                case.changes += apply(rule, case.document, rules.settings)
        unsettled = [case for case, count in zip(unsettled, changed, strict=True) if len(case.changes) > count]
    for case in cases:
        if case.mapped:
            case.changes = [change for change in case.changes if not case.is_kept(change.pointer)]
        case.noted += [_Noted(c.code, c.pointer, message(rules.rules[c.code], c), c.before) for c in case.changes]
        if case.suppressed:
            case.noted += _left_alone(rules.value_fixes, case.document, rules, case.suppressed)


def _is_accepted(case: _Case, rules: RuleSet) -> bool:
    if not contract.accepts(case.document):
        case.noted += _noted("SCH002", case.document)
        return False
    path, _, line, _ = case.origin
    repairs = tuple(case.changes)
    complete = contract.complete(case.document)
    if rules.ledger.of(complete["id"]):
        _decide(case, complete, rules)
    case.record = Record(complete, case.document, path, line, rules.settings, repairs)
    if case.foreign:
        case.record.file_names = case.foreign.file_names(case.document["id"])
    return True


def _decide(case: _Case, document: Document, rules: RuleSet) -> None:
    """Let a record have the day of confirmation and the tier that follow from the events about it.

    A confirmation never makes a record older. A promotion only raises what it declares, a demotion only lowers it. What is
    no day or no tier stays for the rules to judge.
    """
    done = {rule.code for rule in rules.value_fixes}.difference(case.suppressed)
    whole = case.whole(document)
    text = as_repaired(whole, rules, done if whole is document else ())
    case.text = digest_of(text)
    case.is_settled = text is document and rules.has_every_fix
    case.decided = decided = rules.decided(document["id"], whole, case.text)
    declared, confirmed = document["last_confirmed"], decided.confirmed
    if confirmed and (declared is None or (is_day(declared) and declared < confirmed.day)):
        document["last_confirmed"] = confirmed.day
    ladder, tier = rules.settings.trust.ladder, document["verification_tier"]
    if decided.tier and tier in ladder and decided.tier.tier in ladder:
        choose = max if decided.tier.kind == "promote" else min
        document["verification_tier"] = choose(tier, decided.tier.tier, key=ladder.index)


def _check(cases: Sequence[_Case], rules: RuleSet) -> None:
    for rule, case in _rule_by_rule(rules.checks, cases):
        if rule.code in case.candidates:
            for pointer, text in rule.run(case.record):
                case.flags.append(_Noted(rule.code, pointer, text, AT_POINTER, case.suppressed.get(rule.code)))
    for case in cases:
        case.noted += case.flags


def _hold_against_tables(cases: Sequence[_Case], rules: RuleSet) -> None:
    """Say what the tables would not take of records that nothing was said against."""
    for rule, case in _rule_by_rule(rules.of_tables, cases):
        case.noted += [_Noted(rule.code, pointer, text) for pointer, text in rule.run(case.record)]


def _repair_lists(cases: Sequence[_Case], rules: RuleSet) -> None:
    cases = [case for case in cases if not case.is_settled]
    for case in cases:
        if case.suppressed:
            case.noted += _left_alone(rules.list_fixes, case.record.document, rules, case.suppressed)
    for rule, case in _rule_by_rule(rules.list_fixes, cases):
        repairs = [] if rule.code in case.suppressed else apply(rule, case.record.document, rules.settings)
        if repairs:
            case.record = case.record.repaired(drop_gone(case.record.document))
            case.changes += repairs
            case.noted += [_Noted(c.code, c.pointer, message(rule, c), c.before) for c in repairs]


def _left_alone(
    fixes: Iterable[Rule], document: Document, rules: RuleSet, suppressed: Mapping[str, str]
) -> Iterator[_Noted]:
    """What suppressed fixes would change: the value stays as it is."""
    for rule in fixes:
        if rule.code in suppressed:
            for change in apply(rule, copy.deepcopy(document), rules.settings):
                yield _Noted(rule.code, change.pointer, message(rule, change), change.before, suppressed[rule.code])


def _published(case: _Case, rules: RuleSet) -> Document:
    """The curated document: every native key in order, then what the author added, then the curation block."""
    flags = [flag for flag in case.flags if flag.suppressed is None]
    return {
        **case.whole(case.record.document),
        "schema_version": contract.SCHEMA_VERSION,
        "curation": {
            "source": case.origin.path,
            "digest": f"sha256:{case.origin.digest}",
            "distinct_sources": case.record.distinct_sources,
            "evidence_ceiling": case.record.ceiling,
            "flags": [{"code": flag.code, "pointer": flag.pointer} for flag in flags],
            "changes": [{"code": change.code, "pointer": change.pointer} for change in case.changes],
            **(
                {}
                if case.text is None
                else {"ledger": _by_events(case.decided, rules.ledger.of(case.record.document["id"]))}
            ),
        },
    }


def _by_events(decided: Decided, events: Sequence[Event]) -> Document:
    """What the curation block says of the ledger: how many events there are, and which decided what."""
    deciding = {key: getattr(decided, key) for key in ("confirmed", "outdated", "refuted", "tier", "deprecated")}
    marked = decided.deprecated
    return {
        "events": len(events),
        **{key: None if event is None else event.id for key, event in deciding.items()},
        "status": decided.status,
        "reason": marked and marked.reason,
        "successor": marked and marked.successor,
    }


def _outcome(case: _Case) -> Curated | Rejected:
    owner = case.origin.path if case.name is None else case.name
    findings, changes = _fingerprinted(owner, case.document, case.noted), tuple(case.changes)
    published = case.published
    is_closed = case.decided.closed is not None
    outcome = (
        Curated(published["id"], published, findings, changes, None, case.text, is_closed)
        if published
        else Rejected(case.name, findings, changes)
    )
    return _translated(outcome, case.foreign, case.mapped) if case.foreign and case.mapped else outcome


def _translated(outcome: Curated | Rejected, foreign: Format, mapped: Mapped) -> Curated | Rejected:
    """Let every pointer point into the document as ingested."""
    as_foreign = mapped.place
    findings = tuple(finding._replace(pointer=as_foreign(finding.pointer)) for finding in outcome.findings)
    changes = tuple(change._replace(pointer=as_foreign(change.pointer)) for change in outcome.changes)
    if isinstance(outcome, Rejected):
        return outcome._replace(findings=findings, changes=changes)
    for noted in (*outcome.document["curation"]["flags"], *outcome.document["curation"]["changes"]):
        noted["pointer"] = as_foreign(noted["pointer"])
    return outcome._replace(findings=findings, changes=changes, form=foreign.name)


def _with_credentials(incoming: Incoming, shown: bytes, outcome: Curated | Rejected) -> Rejected:
    """What becomes of a record that holds credentials, or whose file does by its name; `shown` are its bytes without them."""
    try:
        document = readers.of_record(incoming.origin.path, shown).read(shown)
    except contract.UnreadableError:
        document = {}
    owner = incoming.origin.path if outcome.id is None else outcome.id
    credentials_noted = _fingerprinted(owner, document, _noted("SAF001", incoming))
    return Rejected(outcome.id, (*credentials_noted, *outcome.findings))


def _noted(code: str, subject: object, value: Json = AT_POINTER) -> list[_Noted]:
    return [_Noted(code, pointer, message, value) for pointer, message in catalogue()[code].run(subject)]


def _fingerprinted(owner: str, document: Json, noted_findings: Iterable[_Noted]) -> tuple[Finding, ...]:
    keys = fingerprints(owner, document, ((noted.code, noted.pointer, noted.value) for noted in noted_findings))
    return tuple(
        Finding(noted.code, noted.pointer, one_line(noted.message), key, noted.suppressed)
        for noted, key in zip(noted_findings, keys, strict=True)
    )
