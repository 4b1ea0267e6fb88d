"""One record: bytes → Curated | Rejected. Pure: no clock, no input or output, no store.

The order is law 2: parse strictly → map the format → value fixes → contract → checks → list fixes. Errors that are left
then reject the record.
"""

from collections.abc import Callable

import orjson

from pipeline import contract
from pipeline.model import Change, Curated, Document, Finding, Incoming, Origin, Rejected
from pipeline.rules import catalogue
from pipeline.rules.base import Record
from pipeline.rules.fixing import apply, drop_gone, message
from pipeline.rules.ruleset import RuleSet
from pipeline.sources import formats


def curate(incoming: Incoming, rules: RuleSet) -> Curated | Rejected:
    """Judge and repair one record."""
    origin = incoming.origin
    try:
        document = contract.read(incoming.raw)
    except contract.UnreadableError:
        return Rejected(None, _found("SCH001", incoming.raw))

    form = formats.detect(document) if incoming.form is None else formats.named(incoming.form)
    outcome = _judge(form.to_native(document) if form else document, origin, rules)
    return _translate(outcome, form.place) if form else outcome


def _judge(document: Document, origin: Origin, rules: RuleSet) -> Curated | Rejected:
    name = document["id"] if isinstance(document.get("id"), str) else None
    changes, candidates = _repair_values(document, rules)
    findings = [Finding(c.code, c.pointer, message(rules.rules[c.code], c)) for c in changes]
    if not contract.accepts(document):
        return Rejected(name, (*findings, *_found("SCH002", document)), tuple(changes))

    record = Record(contract.complete(document), document, origin.path, origin.line, rules.settings)
    flags = [
        Finding(rule.code, *found) for rule in rules.checks if rule.code in candidates for found in rule.run(record)
    ]
    findings += flags
    if any(finding.code in rules.errors for finding in findings):
        return Rejected(name, tuple(findings), tuple(changes))

    for rule in rules.list_fixes:
        repairs = apply(rule, record.document, rules.settings)
        if repairs:
            record.document = drop_gone(record.document)
            changes += repairs
            findings += [Finding(c.code, c.pointer, message(rule, c)) for c in repairs]

    published = _publish(record, origin, flags, changes)
    return Curated(published["id"], published, tuple(findings), tuple(changes))


def _translate(outcome: Curated | Rejected, place: Callable[[str], str]) -> Curated | Rejected:
    """Let every pointer point into the document as it came."""
    findings = tuple(finding._replace(pointer=place(finding.pointer)) for finding in outcome.findings)
    changes = tuple(change._replace(pointer=place(change.pointer)) for change in outcome.changes)
    if isinstance(outcome, Curated):
        for noted in (*outcome.document["curation"]["flags"], *outcome.document["curation"]["changes"]):
            noted["pointer"] = place(noted["pointer"])
    return outcome._replace(findings=findings, changes=changes)


def _found(code: str, subject: object) -> tuple[Finding, ...]:
    return tuple(Finding(code, *found) for found in catalogue()[code].run(subject))


def _repair_values(document: Document, rules: RuleSet) -> tuple[list[Change], frozenset[str]]:
    """Run the value fixes until none changes anything; what they changed, and the rules that may still fire."""
    changes: list[Change] = []
    while True:
        candidates = rules.candidates(orjson.dumps(document))
        repairs = [
            change
            for rule in rules.value_fixes
            if rule.code in candidates
            for change in apply(rule, document, rules.settings)
        ]
        changes += repairs
        if not repairs:
            return changes, candidates


def _publish(record: Record, origin: Origin, flags: list[Finding], changes: list[Change]) -> Document:
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
