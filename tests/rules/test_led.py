"""LED: each example is events and records, put into one base and validated."""

import copy
from hashlib import sha256
from typing import Any

import pytest

from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.ledger.event import KINDS, canonical, known
from kb.model import Document, Json
from kb.pointer import tokens
from kb.results import Located
from kb.rules import catalogue
from kb.rules.base import Expected, Rule, Stage
from kb.rules.example import EVENT, TEXT_NOW, with_changes
from tests.bases import DAY, Base, ndjson
from tests.ledger.bases import target, text_of

RULES = [rule for code, rule in catalogue().items() if code.startswith("LED")]
GOOD = [(rule, example) for rule in RULES for example in rule.good]
BAD = [(rule, *pair) for rule in RULES for pair in zip(rule.bad, rule.expected, strict=True)]


def _event(changes: dict[str, Any], records: list[Document]) -> Document:
    """The clean event with an example's values; `/target: 0` is the first workaround of its record."""
    document = copy.deepcopy(EVENT)
    for pointer, value in changes.items():
        (key,) = tokens(pointer)
        document[key] = value
    about = next((record for record in records if record["id"] == document["record"]), records[0])
    if document["digest"] == TEXT_NOW:
        document["digest"] = text_of(about)
    if isinstance(document.get("target"), int):
        document["target"] = target(about, "workaround", document["target"])
    return document


def _found(base: Base, rule: Rule, example: Json) -> list[str]:
    """Where a rule finds fault, as pointers into the list of events, or of records."""
    changes, differences = example
    records = [with_changes(one) for one in differences]
    base.put("raw/all.ndjson", ndjson(*records))
    documents = [_event(one, records) for one in changes]
    names = []
    for document in documents:
        name = f"ledger/{_name(document)}"
        base.put(name, canonical(document))
        names.append(name)
    findings = validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=1)).findings
    own = [finding for finding in findings if finding.code == rule.code]
    assert {finding.severity for finding in own} <= {rule.severity}
    assert all("\n" not in finding.message and finding.message for finding in own)
    return sorted(_place(finding, names) for finding in own)


def _name(document: Document) -> str:
    return known(document, sha256(canonical(document)).hexdigest()).name


def _place(finding: Located, names: list[str]) -> str:
    number = next((i for i, name in enumerate(names) if finding.path.endswith(name)), (finding.record_line or 1) - 1)
    return f"/{number}{finding.pointer}"


@pytest.mark.parametrize(("rule", "example"), GOOD, ids=[f"{rule.code}-{i}" for i, (rule, _) in enumerate(GOOD)])
def test_good_examples_are_not_found_fault_with(base: Base, rule: Rule, example: Json) -> None:
    assert _found(base, rule, example) == []


@pytest.mark.parametrize(
    ("rule", "example", "expected"), BAD, ids=[f"{rule.code}-{i}" for i, (rule, *_) in enumerate(BAD)]
)
def test_bad_examples_are_found_at_their_places(base: Base, rule: Rule, example: Json, expected: Expected) -> None:
    assert _found(base, rule, example) == sorted(expected)


def test_only_checks_of_events_set_them_aside() -> None:
    """`rules/concern.py` names them: where one of them changes, every record is judged again."""
    from kb.rules.concern import _CHECKS_OF_EVENTS

    checks = {rule.code for rule in RULES if rule.stage is Stage.LEDGER and not rule.sql}
    assert checks - {"LED001"} == _CHECKS_OF_EVENTS


def test_each_check_of_events_says_of_which_kinds() -> None:
    """Without any it would be asked about none."""
    checks = [rule for rule in RULES if rule.stage is Stage.LEDGER and not rule.sql and rule.code != "LED001"]
    assert all(rule.kinds and set(rule.kinds) <= set(KINDS) for rule in checks)
