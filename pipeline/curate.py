"""One record: bytes → Curated | Rejected. Pure: no clock, no input or output, no store.

The order is law 2: parse strictly → map the format → value fixes → contract → checks → list fixes. Errors that are left
then reject the record. Credentials are masked before all that, so that nothing downstream sees one.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson

from pipeline import contract
from pipeline.fingerprint import AT_POINTER, fingerprints
from pipeline.model import Change, Curated, Document, Finding, Incoming, Json, Origin, Rejected
from pipeline.rules import catalogue
from pipeline.rules.base import Record, Rule
from pipeline.rules.credentials import masked
from pipeline.rules.fixing import apply, drop_gone, message
from pipeline.rules.ruleset import RuleSet
from pipeline.sources import formats


def curate(incoming: Incoming, rules: RuleSet) -> Curated | Rejected:
    """Judge and repair one record."""
    raw = masked(incoming.raw)
    outcome = _outcome(incoming._replace(raw=raw), rules)
    return outcome if raw is incoming.raw else _with_credentials(incoming, raw, outcome)


def _with_credentials(incoming: Incoming, shown: bytes, outcome: Curated | Rejected) -> Rejected:
    """What becomes of a record that holds credentials; `shown` are its bytes without them."""
    try:
        document = contract.read(shown)
    except contract.UnreadableError:
        document = {}
    owner = incoming.origin.path if outcome.id is None else outcome.id
    found = _fingerprinted(owner, document, _found("SAF001", incoming.raw))
    return Rejected(outcome.id, (*found, *outcome.findings))


def _outcome(incoming: Incoming, rules: RuleSet) -> Curated | Rejected:
    origin = incoming.origin
    try:
        document = contract.read(incoming.raw)
    except contract.UnreadableError:
        unreadable = _found("SCH001", incoming.raw, origin.digest)
        return Rejected(None, _fingerprinted(origin.path, None, unreadable))

    form = formats.detect(document) if incoming.form is None else formats.named(incoming.form)
    outcome = _judge(form.to_native(document) if form else document, origin, rules)
    return _translate(outcome, form) if form else outcome


def _judge(document: Document, origin: Origin, rules: RuleSet) -> Curated | Rejected:
    name = document["id"] if isinstance(document.get("id"), str) else None
    suppressed = rules.suppressed(_published_id(name, rules)) if rules.suppressions else _NOTHING
    changes, candidates = _repair_values(document, rules, suppressed)
    found = [_Noted(c.code, c.pointer, message(rules.rules[c.code], c), c.before) for c in changes]
    found += _left_alone(rules.value_fixes, document, rules, suppressed)

    def findings() -> tuple[Finding, ...]:
        return _fingerprinted(origin.path if name is None else name, document, found)

    if not contract.accepts(document):
        found += _found("SCH002", document)
        return Rejected(name, findings(), tuple(changes))

    record = Record(contract.complete(document), document, origin.path, origin.line, rules.settings)
    flags = [
        _Noted(rule.code, pointer, text, AT_POINTER, suppressed.get(rule.code))
        for rule in rules.checks
        if rule.code in candidates
        for pointer, text in rule.run(record)
    ]
    found += flags
    if any(noted.code in rules.errors and noted.suppressed is None for noted in found):
        return Rejected(name, findings(), tuple(changes))

    found += _left_alone(rules.list_fixes, record.document, rules, suppressed)
    for rule in rules.list_fixes:
        repairs = [] if rule.code in suppressed else apply(rule, record.document, rules.settings)
        if repairs:
            record.document = drop_gone(record.document)
            changes += repairs
            found += [_Noted(c.code, c.pointer, message(rule, c), c.before) for c in repairs]

    published = _publish(record, origin, [flag for flag in flags if flag.suppressed is None], changes)
    return Curated(published["id"], published, findings(), tuple(changes))


def _translate(outcome: Curated | Rejected, form: formats.Format) -> Curated | Rejected:
    """Let every pointer point into the document as it came."""
    place = form.place
    findings = tuple(finding._replace(pointer=place(finding.pointer)) for finding in outcome.findings)
    changes = tuple(change._replace(pointer=place(change.pointer)) for change in outcome.changes)
    if isinstance(outcome, Rejected):
        return outcome._replace(findings=findings, changes=changes)
    for noted in (*outcome.document["curation"]["flags"], *outcome.document["curation"]["changes"]):
        noted["pointer"] = place(noted["pointer"])
    return outcome._replace(findings=findings, changes=changes, form=form.name)


class _Noted(NamedTuple):
    """A finding in the making; `value` is what stood at the place before a repair, else what the document has there."""

    code: str
    pointer: str
    message: str
    value: Json = AT_POINTER
    suppressed: str | None = None


def _found(code: str, subject: object, value: Json = AT_POINTER) -> list[_Noted]:
    return [_Noted(code, pointer, message, value) for pointer, message in catalogue()[code].run(subject)]


def _fingerprinted(owner: str, document: Json, found: Iterable[_Noted]) -> tuple[Finding, ...]:
    keys = fingerprints(owner, document, ((noted.code, noted.pointer, noted.value) for noted in found))
    return tuple(Finding(*noted[:3], key, noted.suppressed) for noted, key in zip(found, keys, strict=True))


_NOTHING: Mapping[str, str] = {}


def _published_id(name: str | None, rules: RuleSet) -> str | None:
    """The id by which suppressions know a record, even where it came with white space around it."""
    document = {"id": name}
    _repair_values(document, rules, _NOTHING)
    return document["id"]


def _left_alone(
    fixes: Iterable[Rule], document: Document, rules: RuleSet, suppressed: Mapping[str, str]
) -> Iterator[_Noted]:
    """What suppressed fixes would change: the value stays as it is."""
    for rule in fixes:
        if rule.code in suppressed:
            for change in apply(rule, copy.deepcopy(document), rules.settings):
                yield _Noted(rule.code, change.pointer, message(rule, change), change.before, suppressed[rule.code])


def _repair_values(
    document: Document, rules: RuleSet, suppressed: Mapping[str, str]
) -> tuple[list[Change], frozenset[str]]:
    """Run the value fixes until none changes anything; what they changed, and the rules that may still fire."""
    changes: list[Change] = []
    while True:
        candidates = rules.candidates(orjson.dumps(document))
        repairs = [
            change
            for rule in rules.value_fixes
            if rule.code in candidates and rule.code not in suppressed
            for change in apply(rule, document, rules.settings)
        ]
        changes += repairs
        if not repairs:
            return changes, candidates


def _publish(record: Record, origin: Origin, flags: list[_Noted], changes: list[Change]) -> Document:
    """The curated document: every native key in order, then what the author added, then the curation block."""
    body = record.document
    return {
        **body,
        "schema_version": contract.SCHEMA_VERSION,
        "curation": {
            "source": origin.path,
            "digest": f"sha256:{origin.digest}",
            "distinct_sources": record.distinct_sources,
            "evidence_ceiling": record.ceiling,
            "flags": [{"code": flag.code, "pointer": flag.pointer} for flag in flags],
            "changes": [{"code": change.code, "pointer": change.pointer} for change in changes],
        },
    }
