"""What holds of any input whatever, tried on the first inputs; `python -m tests.torture.fuzz` tries any others."""

import pytest

from tests.conftest import LONGEST
from tests.torture.conftest import Count
from tests.torture.fuzz import SOME, faults, run
from tests.torture.inputs import made

SHORT = 4_000
"""As many as take a quarter of a minute of one core. `.ci/run` tries five times as many, `make torture` a million."""

FAILED: tuple[int, ...] = ()
"""Numbers of inputs that once failed."""


def test_a_number_is_an_input() -> None:
    assert made(17) == made(17)
    assert made(17) != made(18)


@pytest.mark.long(every=4)
@pytest.mark.parametrize("first", range(0, SHORT, 1_000))
def test_no_input_whatever_breaks_a_promise(first: int, count: Count) -> None:
    found, _ = run((first, first + 1_000), 1 if LONGEST else 4 * SOME)
    assert found == []
    count("inputs fuzzed", 1_000)


@pytest.mark.skipif(not LONGEST, reason="make torture tries more of them")
@pytest.mark.parametrize("first", range(SHORT, 1_000_000, 12_000))
def test_no_other_input_does_either(first: int, count: Count) -> None:
    last = min(first + 12_000, 1_000_000)
    found, _ = run((first, last))
    assert found == []
    count("inputs fuzzed", last - first)


def test_what_failed_once_holds_now() -> None:
    assert list(faults(FAILED)) == []
