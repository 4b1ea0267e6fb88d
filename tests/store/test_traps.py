"""What skewed inputs cost grows as they do; rows and bytes are counted, not time."""

from collections.abc import Callable

import pytest

from benchmarks.traps import MANY, ONE, Record, cost, exponent


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
