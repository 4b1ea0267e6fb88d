"""What follows from events: of all, the newest that nobody took back, about the text that the record has now."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.ledger.event import Event
from kb.ledger.fold import Decided, effective, fold
from tests.ledger.events import OTHER_TEXT, TEXT, event, histories

LATER = "2026-11-05T12:00:00Z"
LAST = "2026-11-09T12:00:00Z"


@given(histories(), st.data())
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_does_not_matter(events: list[Event], data: st.DataObject) -> None:
    for text in (TEXT, None):
        assert fold(data.draw(st.permutations(events)), text) == fold(events, text)


@given(histories())
@settings(max_examples=100, deadline=None)
def test_what_is_decided_was_decided_by_an_event_that_stands(events: list[Event]) -> None:
    folded = fold(events, TEXT)
    kept = effective(events)
    assert all(decided is None or decided in kept for decided in folded)
    assert all(decided is None or decided.text == TEXT for decided in (folded.confirmed, folded.refuted))


def test_of_no_event_nothing_follows() -> None:
    assert fold([], TEXT) == Decided()


def test_a_confirmation_is_bound_to_the_text() -> None:
    one = event("confirm")
    assert fold([one], TEXT) == Decided(confirmed=one)
    assert fold([one], OTHER_TEXT) == Decided(outdated=one)
    again = event("confirm", digest=OTHER_TEXT, at=LATER)
    assert fold([one, again], OTHER_TEXT) == Decided(confirmed=again)
    assert fold([one, again], TEXT) == Decided(confirmed=one, outdated=again)


def test_a_confirmation_of_a_part_confirms_not_the_whole() -> None:
    part = event("confirm", target={"item": "workaround", "position": 0, "action": "0" * 16})
    assert fold([part], TEXT) == Decided()


def test_the_newest_tier_holds_and_a_promotion_only_for_the_text_it_was_about() -> None:
    up, down = event("promote"), event("demote", at=LATER)
    assert fold([up], TEXT).tier == up
    assert fold([up, down], TEXT).tier == down
    assert fold([up], OTHER_TEXT).tier is None
    assert fold([down], OTHER_TEXT).tier == down


@pytest.mark.parametrize(
    ("kind", "status"), [("withdraw", "withdrawn"), ("merge", "merged"), ("deprecate", "deprecated")]
)
def test_a_record_is_closed_or_marked_until_it_is_restored(kind: str, status: str) -> None:
    closed, restored = event(kind), event("restore", at=LATER)
    assert fold([closed], OTHER_TEXT).status == status
    assert fold([closed, restored], TEXT).status is None
    assert fold([closed, restored, event(kind, at=LAST)], TEXT).status == status


def test_a_retraction_takes_back_one_event_and_may_be_retracted() -> None:
    closed = event("withdraw")
    back = event("retract", retracts=closed.id, at=LATER)
    again = event("retract", retracts=back.id, at=LAST)
    assert fold([closed, back], TEXT).status is None
    assert fold([closed, back, again], TEXT).status == "withdrawn"
    before = event("retract", retracts=closed.id, at="2026-10-01T12:00:00Z")
    assert fold([before, closed], TEXT).status is None
