"""What holds of curating any record whatever."""

import copy
import random
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.contract import complete
from kb.curate.record import curate, curate_some
from kb.model import GONE, Change, Curated, Document, Json, Rejected
from kb.rules.base import Rule
from kb.rules.fixing import apply, drop_gone
from kb.rules.places import WHOLE
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from tests.conftest import body, default_rules, incoming, judge
from tests.strategies import careless, mutated, values

pytestmark = pytest.mark.long(every=1)  # with KB_LONG=1 it tries more

TYPES = {
    "TXT001": (str, str),
    "TXT002": (str, str),
    "TXT003": (str, type(None)),
    "TXT004": (str, str),
    "WRK001": (str, type(None)),
    "RAT002": (str, float),
    "RAT006": (bool, str),
    "TIR002": (str, str),
    "SEV002": (str, str),
    "DAT005": (str, str),
}
"""What each value fix makes of what."""


@given(st.binary(max_size=60) | values.map(orjson.dumps) | mutated.map(orjson.dumps))
def test_no_input_raises(raw: bytes) -> None:
    assert isinstance(judge(raw), Curated | Rejected)


@pytest.mark.long
def test_no_record_of_the_corpora_raises(corpora: Path) -> None:
    for path in corpora.rglob("*.json"):
        assert isinstance(judge(path.read_bytes(), path=str(path)), Curated | Rejected)


@given(mutated)
def test_a_rejected_record_has_an_error_and_a_published_one_none(document: Document) -> None:
    outcome = judge(document)
    errors = [finding for finding in outcome.findings if finding.code in default_rules().errors]
    assert bool(errors) == isinstance(outcome, Rejected)


@given(mutated)
def test_the_same_bytes_give_the_same_outcome(document: Document) -> None:
    one = incoming(orjson.dumps(document))
    assert repr(curate(one, default_rules())) == repr(curate(one, RuleSet(Settings())))


@given(mutated)
def test_what_is_published_is_json(document: Document) -> None:
    outcome = judge(document)
    if isinstance(outcome, Curated):
        assert orjson.loads(orjson.dumps(outcome.document)) == outcome.document


@given(careless)
def test_every_change_is_a_finding_and_every_flag_too(document: Document) -> None:
    outcome = judge(document)
    if isinstance(outcome, Curated):
        noted = outcome.document["curation"]
        places = [(entry["code"], entry["pointer"]) for entry in (*noted["flags"], *noted["changes"])]
        assert sorted(places) == sorted((finding.code, finding.pointer) for finding in outcome.findings)


@given(careless)
def test_what_is_curated_stays_as_it_is(document: Document) -> None:
    once = judge(document)
    if isinstance(once, Curated):
        again = judge(once.document)
        assert isinstance(again, Curated), again.findings
        assert again.changes == ()
        assert orjson.dumps(body(again.document)) == orjson.dumps(body(once.document))


def _repaired(document: Document, fixes: list[Rule]) -> tuple[Document, list[Change]]:
    """The document after the fixes, run in this order until none changes anything."""
    repaired: Document = orjson.loads(orjson.dumps(document))
    changes: list[Change] = []
    while passed := [change for rule in fixes for change in apply(rule, repaired, Settings())]:
        changes += passed
    return repaired, changes


@given(mutated, st.randoms(use_true_random=False))
def test_the_order_of_value_fixes_does_not_matter(document: Document, chance: random.Random) -> None:
    fixes = default_rules().value_fixes
    shuffled = chance.sample(fixes, len(fixes))
    assert orjson.dumps(_repaired(document, fixes)[0]) == orjson.dumps(_repaired(document, shuffled)[0])


@given(mutated)
def test_a_value_fix_run_twice_changes_nothing_more(document: Document) -> None:
    for rule in default_rules().value_fixes:
        own: Document = orjson.loads(orjson.dumps(document))
        apply(rule, own, Settings())
        assert apply(rule, own, Settings()) == [], rule.code


@given(careless)
def test_a_list_fix_run_twice_changes_nothing_more(document: Document) -> None:
    accepted = judge(document)
    if isinstance(accepted, Curated):
        for rule in default_rules().list_fixes:
            own = complete(_repaired(document, default_rules().value_fixes)[0])
            apply(rule, own, Settings())
            assert apply(rule, drop_gone(own), Settings()) == [], rule.code


@given(mutated)
def test_a_value_fix_keeps_to_its_types(document: Document) -> None:
    for change in _repaired(document, default_rules().value_fixes)[1]:
        assert (type(change.before), type(change.after)) == TYPES[change.code]


@given(mutated)
def test_a_fix_that_finds_nothing_leaves_the_document_as_it_was(document: Document) -> None:
    for rule in default_rules().value_fixes:
        own: Document = orjson.loads(orjson.dumps(document))
        if not apply(rule, own, Settings()):
            assert orjson.dumps(own) == orjson.dumps(document), rule.code


@given(mutated)
def test_what_the_fixes_make_of_json_is_json(document: Document) -> None:
    repaired, changes = _repaired(document, default_rules().value_fixes)
    assert orjson.loads(orjson.dumps(repaired)) == repaired
    for change in changes:
        assert orjson.loads(orjson.dumps([change.before, change.after])) == [change.before, change.after]


@given(careless, st.randoms(use_true_random=False))
def test_the_order_of_list_fixes_does_not_matter(document: Document, chance: random.Random) -> None:
    fixes = default_rules().list_fixes
    if isinstance(judge(document), Curated):
        accepted = complete(_repaired(document, default_rules().value_fixes)[0])
        inner = {rule.code for rule in fixes if rule.at != (WHOLE,)}  # these go first: pointers still hold then
        shuffled = sorted(chance.sample(fixes, len(fixes)), key=lambda rule: rule.code not in inner)
        assert orjson.dumps(_relisted(accepted, fixes)) == orjson.dumps(_relisted(accepted, shuffled))


def _relisted(document: Document, fixes: list[Rule]) -> Document:
    own = copy.deepcopy(document)
    for rule in fixes:
        apply(rule, own, Settings())
        own = drop_gone(own)
    return own


@given(careless)
def test_a_list_fix_only_takes_out_or_unites(document: Document) -> None:
    outcome = judge(document)
    if isinstance(outcome, Curated):
        listed = {rule.code for rule in default_rules().list_fixes}
        for change in (change for change in outcome.changes if change.code in listed):
            assert change.after is GONE or type(change.after) is type(change.before) is list


@given(values)
def test_a_fix_of_values_takes_any_value(value: Json) -> None:
    for rule in default_rules().value_fixes:
        for place in rule.at:
            apply(rule, _with_value(place, value), Settings())


def _with_value(place: str, value: Json) -> Document:
    """A document that has the value where the fix looks for it."""
    for step in reversed(place.split("/")):
        value = {"anything": value} if step == "**" else [value] if step == "*" else {step: value}
    assert isinstance(value, dict)
    return value


@given(st.lists(mutated.map(orjson.dumps) | careless.map(orjson.dumps) | st.binary(max_size=20), max_size=5))
def test_records_that_are_judged_side_by_side_are_judged_as_if_alone(raws: list[bytes]) -> None:
    batch = [incoming(raw, f"{i}.json") for i, raw in enumerate(raws)]
    assert repr(curate_some(batch, default_rules())) == repr([curate(one, default_rules()) for one in batch])
