"""RGX006: what drives a backtracking engine, held against a real one in processes that are killed when it hangs."""

import math
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, product
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis import regexes
from kb.analysis.backtracking import Attack, attack
from kb.analysis.regexes import ops
from kb.contract import read
from tests.errorcanon import ERRORCANON

EXPONENTIAL = [
    "(a+)+$",
    "(a*)*b",
    "(a|a)*$",
    "(a|aa)+$",
    r"^(\w+\s?)*$",
    r"(\w|\d)+$",
    "([a-zA-Z]+)*!",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    "(x+x+)+y",
    "((ab)*|(ba)*)*c",
    "(?m)^(a+)+$",
    "(?:a?b?)*c",
]

POLYNOMIAL = [
    ".*.*=",
    "a*a*b",
    r"\s*\s*x",
    "foo.*bar.*baz",
    "x(.*)(.*)y",
    "a+b?a+c",
    r"^\d+[0-9a-f]+z",
    "(?s).*a.*b",
    "[^é]*b[^x]*x",
]

LINEAR = [
    "foo.*bar",
    "foo.*bar.*",
    r"\s+$",
    r"\w+@\w+\.\w+",
    "(ab|ac)*x",
    "(foo|bar)+ baz",
    r"error: .+ at line \d+",
    ".{0,80}a.{0,80}b",
    "(?:a{0,9}b){0,9}c",
    "(.*a){20}",
    "(a?){25}a{25}",
    r"(\w+\b)+!",
    r"(?:\d+ )+x",
    "(a*)*",
    "x*",
    "",
]


@pytest.mark.parametrize("regex", EXPONENTIAL)
def test_two_ways_round_a_loop_cost_exponential_time(regex: str) -> None:
    found = attack(regex)
    assert found is not None
    assert found.exponential


@pytest.mark.parametrize("regex", POLYNOMIAL)
def test_a_way_from_loop_to_loop_costs_a_power(regex: str) -> None:
    found = attack(regex)
    assert found is not None
    assert not found.exponential


@pytest.mark.parametrize("regex", LINEAR)
def test_other_patterns_cannot_be_driven(regex: str) -> None:
    assert attack(regex) is None


@pytest.mark.parametrize(
    "regex", ["(a+)+" * 200, "(?:a|b|ab|ba|aba)*" * 60, "(?:.{60}x+){9}y", "(" * 60 + "a+" + ")+" * 60]
)
def test_the_work_on_a_pattern_is_bounded(regex: str) -> None:
    with _at_most(lines=2_000_000):
        attack(regex)


@contextmanager
def _at_most(lines: int) -> Iterator[None]:
    """Fail where more lines of Python than that are run: a limit that does not hang on the machine."""
    left = lines

    def count(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 - a trace function, as sys asks
        nonlocal left
        left -= event == "line"
        assert left > 0, f"more than {lines:,} lines, in {frame.f_code.co_name}"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)


# ---- held against a real engine ----------------------------------------------------------------------------------------

FOLDED_BY_PYTHON = {"(a|a)*$", r"(\w|\d)+$"}
"""Python's parser makes a class of these branches; other engines do not."""


@pytest.mark.parametrize("regex", sorted(set(EXPONENTIAL) - FOLDED_BY_PYTHON))
def test_a_real_engine_hangs_on_an_exponential_attack(regex: str) -> None:
    found = attack(regex)
    assert found is not None
    assert _gives_up_in_time(regex, found.text(3), seconds=20)
    assert not _gives_up_in_time(regex, found.text(60), seconds=0.5)


def _gives_up_in_time(regex: str, text: str, seconds: float) -> bool:
    """Whether `re` finds out in time that a text does not match; it is killed if not."""
    code = "import re, sys; print(file=sys.stderr); print(re.match(sys.argv[1], sys.argv[2], re.IGNORECASE))"
    with subprocess.Popen(
        [sys.executable, "-c", code, regex, text.replace("\x00", "\x01")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stderr is not None
        child.stderr.readline()  # from here on it has only the pattern to do
        try:
            said, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return False
    return said.strip() == "None"


def _is_super_linear_in_fact(regex: str, found: Attack) -> bool:
    """Whether eight times the text takes `re` more than 8**1.5 times the processor time: a line takes 8, a square 64.

    What else runs on the machine can only add to a time, so the least of several counts, and more where it seems a line.
    """
    pattern = re.compile(regex, re.IGNORECASE)
    times = 750 // len(found.pump)

    def cost(text: str) -> float:
        begin = time.process_time()
        assert pattern.match(text) is None
        return time.process_time() - begin

    short = long = math.inf
    for attempt in range(10):
        short, long = min(short, cost(found.text(times))), min(long, cost(found.text(8 * times)))
        if attempt and long > 8**1.5 * short:
            return True
    return False


@pytest.mark.long(every=3)
@pytest.mark.parametrize("regex", POLYNOMIAL)
def test_a_real_engine_takes_super_linear_time(regex: str) -> None:
    found = attack(regex)
    assert found is not None
    assert _is_super_linear_in_fact(regex, found)


@pytest.mark.parametrize(
    ("regex", "prefix", "pump"), [("foo.*bar", "foo", "b"), ("(ab|ac)*x", "", "ab"), (r"(?:\d+ )+x", "", "1 ")]
)
def test_and_linear_time_where_nothing_drives_it(regex: str, prefix: str, pump: str) -> None:
    assert not _is_super_linear_in_fact(regex, Attack(prefix, pump, "", exponential=False))


def test_so_it_does_with_patterns_of_the_corpora(corpora: Path) -> None:
    paths = sorted(corpora.rglob("canons/**/*.json"))
    regexes = (ERRORCANON.to_native(read(path.read_bytes()))["regex"] for path in paths)
    attacks = ((regex, attack(regex)) for regex in regexes)
    driven = list(islice(((regex, found) for regex, found in attacks if found), 0, 300, 60))
    assert driven
    assert [regex for regex, found in driven if not _is_super_linear_in_fact(regex, found)] == []


# ---- held against an engine that counts its steps ------------------------------------------------------------------------

PARTS = st.sampled_from(["a", "b", "ab", "[ab]", "a?", "."])
REGEXES = st.recursive(
    PARTS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | inner.map(lambda part: f"(?:{part})*")
        | inner.map(lambda part: f"(?:{part}){{1,2}}")
        | st.tuples(inner, inner).map(lambda parts: f"(?:{parts[0]}|{parts[1]})")
    ),
    max_leaves=6,
)
PUMPS = ["".join(letters) for size in (1, 2) for letters in product("ab", repeat=size)]


@given(REGEXES.map(lambda regex: f"{regex}c"))
def test_a_pattern_is_driven_if_and_only_if_its_steps_multiply(regex: str) -> None:
    found = attack(regex)
    if found:
        assert _steps_multiply(regex, found)
    else:
        attempts = (Attack(prefix, pump, "", exponential=False) for pump in PUMPS for prefix in ("", "a", "b"))
        assert [attempt for attempt in attempts if _steps_multiply(regex, attempt)] == []


def _steps_multiply(regex: str, found: Attack) -> bool:
    one, two, three = (_steps(regex, found.text(times)) for times in (12, 24, 36))
    return three == MOST or three - two > 1.3 * (two - one)


MOST = 20_000


def _steps(regex: str, text: str) -> int:
    """How many steps a plain backtracking matcher takes until it gives up; at most `MOST`."""
    tree = regexes.read(regex).tree
    steps = 0

    def match(items: list[Any], i: int, then: Callable[[int], bool]) -> bool:
        nonlocal steps
        steps += 1
        if steps >= MOST:
            raise OverflowError
        if not items:
            return then(i)
        (operator, argument), rest = items[0], items[1:]

        def go_on(j: int) -> bool:
            return match(rest, j, then)

        if operator is ops.BRANCH:
            return any(match(list(branch), i, go_on) for branch in argument[1])
        if operator is ops.SUBPATTERN:
            return match(list(argument[3]), i, go_on)
        if operator is ops.MAX_REPEAT:
            return repeat(argument, 0, i, go_on)
        if operator is ops.ASSERT:
            return go_on(i)
        takes = (
            operator is ops.ANY
            or (operator is ops.LITERAL and text[i : i + 1] == chr(argument))
            or (operator is ops.IN and any(text[i : i + 1] == chr(value) for _, value in argument))
        )
        return takes and i < len(text) and go_on(i + 1)

    def repeat(argument: tuple[int, int, Any], done: int, i: int, then: Callable[[int], bool]) -> bool:
        least, most, inner = argument
        again = done < most and match(list(inner), i, lambda j: j > i and repeat(argument, done + 1, j, then))
        return again or (done >= least and then(i))

    try:
        assert not match(list(tree), 0, lambda _: True)
    except OverflowError:
        return MOST
    return steps
