"""What skewed inputs cost grows as they do; rows and bytes are counted, not time."""

from collections.abc import Callable, Sequence

import pytest

from benchmarks.traps import MANY, ONE, Record, cost, exponent, in_groups
from kb.rules import collisions


@pytest.mark.parametrize(
    "trap",
    [
        ONE["unknown references"],
        ONE["dead ends that end alike"],
        MANY["the aliases of two"],
        MANY["an alias that all refer to"],
        MANY["a signature"],
    ],
    ids=["references", "sentences", "aliases", "an alias", "a signature"],
)
def test_four_times_as_many_take_no_more_than_four_times_as_much(trap: Callable[[int], list[Record]]) -> None:
    least, most = cost(trap(30)), cost(trap(120))
    assert exponent(least.rows, most.rows) < 1.3
    assert exponent(least.bytes, most.bytes) < 1.3


@pytest.mark.parametrize("trap", ["patterns without a text", "a text in patterns", "an optional text"])
def test_patterns_that_any_signature_may_match_are_not_held_against_all(trap: str, held: list[object]) -> None:
    for number in (40, 160):
        held.clear()
        cost(MANY[trap](number))
        assert 0 < len(held) < 2 * 32 * number


def test_patterns_whose_text_some_signatures_hold_are_held_against_those(held: list[object]) -> None:
    for number in (40, 160):
        held.clear()
        cost(in_groups(number, 20))
        assert len(held) == 20 * number


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A pattern for each signature that it is searched in, in a base where few records are many."""
    searched: list[object] = []

    def searching(regexes: Sequence[str]) -> Callable[[str], Sequence[int]]:
        def none(_: str) -> Sequence[int]:
            searched.extend(regexes)
            return ()

        return none

    monkeypatch.setattr(collisions, "_MOST_HELD", 32)
    monkeypatch.setattr(collisions, "_COUNTED_IN", 64)
    monkeypatch.setattr(collisions, "_LARGEST_BUCKET", 8)
    monkeypatch.setattr(collisions, "_FEW", 0)
    monkeypatch.setattr(collisions, "_searching", searching)
    return searched
