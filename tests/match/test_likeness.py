"""Lines are alike where looking up one says what looking up the other would; so none is passed over for another's sake."""

import io
import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.error_lines import LogLine, likely
from kb.match.likeness import Likeness
from kb.match.ranking import Ranker
from kb.match.verdict import Looked, Thresholds, look
from tests.match.test_ranking import entry, ranker

BASE = [
    entry("nvidia/fell-off", "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus", regex=r"Xid \(PCI:[0-9a-f:.]+\): 79"),
    entry("nvidia/page-fault", "NVRM: Xid (PCI:0000:3b:00): 31, MMU fault", regex=r"Xid \(PCI:[0-9a-f:.]+\): 31\b"),
    entry("kubernetes/oom", "container exited with exit code 137", code="137"),
    entry("ssh/open-key", "Permissions 0644 for 'id_rsa' are too open", regex=r"Permissions 0\d{3} for '[^']+' are too open"),
    entry("make/old", "make: error: jobserver of pid 12 failed", regex=r"^make: error: jobserver of pid 1\d failed"),
    entry("ts/name", "error TS2304: Cannot find name 'x'.", code="TS2304"),
    entry("web/three", "error: the site answered 502, 503 or 504", regex="answered (?:50[234]|4291)"),
    entry("run/odd", "error 7x: run 12 failed", regex="[0-9]x: run .. failed"),
]  # fmt: skip

ASKED = Thresholds(0.7, 0.05)


def _looked(ranked: Ranker, lines: Iterable[str], *, each: bool) -> Looked:
    """What is found in a log; `each` is the slow and simple way, in which every line is looked up for itself."""
    likeness = Likeness(ranked)
    stream = io.BytesIO("\n".join(lines).encode())
    if each:
        return look(ranked, likely(stream, ["7x"]), ASKED)
    return look(ranked, likely(stream, ["7x"], likeness.matters), ASKED, likeness=likeness.of)


def test_a_digit_that_a_record_asks_for_tells_lines_apart() -> None:
    ranked = ranker(BASE)
    like = Likeness(ranked).of
    for ours, other in (
        ("NVRM: Xid (PCI:0000:41:00): 79, pid=1", "NVRM: Xid (PCI:0000:41:00): 31, pid=1"),
        ("error: exit code 1", "error: exit code 137"),
        ("error: Permissions 0777 for 'k' are too open", "error: Permissions 1777 for 'k' are too open"),
        ("x.ts: error TS2304: Cannot find name", "x.ts: error TS2305: Cannot find name"),
        ("the site answered 502", "the site answered 500"),
    ):
        assert like(ours) != like(other)


def test_digits_that_nobody_asks_for_do_not() -> None:
    like = Likeness(ranker(BASE)).of
    for ours, other in (
        ("2026-11-29T20:05:11.843Z pod-7 ERROR request 12 failed", "2025-01-02T03:04:05.006Z pod-81 ERROR request 9876 failed"),
        ("error: exit code 2", "error: exit code 3"),
        ("killed: 12 of 345", "killed: 9 of 1"),
        ("x.ts: error TS2305: Cannot find name", "x.ts: error TS2306: Cannot find name"),
        ("error: 3 of 12 tests failed", "error: 4 of 56 tests failed"),
        ("NVRM: Xid (PCI:0000:41:00): 79, pid=1", "NVRM: Xid (PCI:0000:52:00): 79, pid=4"),
    ):  # fmt: skip
        assert like(ours) == like(other)


def test_the_second_of_two_lines_that_differ_in_a_code_is_found() -> None:
    lines = [f"error: NVRM: Xid (PCI:0000:3b:00): {code}, GPU has fallen off the bus" for code in (13, 79)]
    found = _looked(ranker(BASE), lines, each=False)
    assert [(one.line.number, one.times) for one in found.answered] == [(2, 1)]


def test_what_stands_for_many_says_how_many() -> None:
    lines = [f"error: container exited with exit code 137, pod {pod}" for pod in range(40)]
    (found,) = _looked(ranker(BASE), lines, each=False).answered
    assert (found.line, found.times) == (LogLine(1, lines[0]), 40)


_DIGITS = st.sampled_from(
    ["0", "1", "2", "31", "79", "137", "502", "500", "0644", "1644", "2304", "2305", "12345678", "4291"]
)
_TEXTS = st.sampled_from([
    "NVRM: Xid (PCI:0000:{}:00): {}, failed", "error: exit code {} after {} s", "error /a/b{}/c {}", "Jan {} error {}",
    "error: Permissions {} for 'k{}' are too open", "make: error: jobserver of pid {} failed {}",
    "  make: error: jobserver of pid {} failed",
    "x{}.ts: error TS{}: Cannot find name 'x'.", "error: the site answered {}, {} or 504", "error {}x: run {} failed",
    "error HTTP/{}.1 {}", "lost signal {}.", "error{}: status={}", "T{}-{} failed", "ERROR {}.log {}", "é{} error code: {}",
])  # fmt: skip
_LINES = st.builds(lambda text, one, other: text.format(one, other), _TEXTS, _DIGITS, _DIGITS)


@given(_TEXTS, st.tuples(_DIGITS, _DIGITS), st.tuples(_DIGITS, _DIGITS))
def test_of_lines_that_are_alike_all_is_the_same_but_where_it_stands(
    text: str, ours: tuple[str, str], other: tuple[str, str]
) -> None:
    ranked = ranker(BASE)
    like = Likeness(ranked).of
    first, second = text.format(*ours), text.format(*other)
    if like(first) == like(second):
        near = [
            [(one.record, round(one.score, 9), one.by) for one in ranked.nearest(line, 0)] for line in (first, second)
        ]
        assert near[0] == near[1], (first, second)


@given(st.lists(_LINES, max_size=30))
def test_a_log_gives_what_looking_up_each_of_its_lines_gives(lines: list[str]) -> None:
    ranked = ranker(BASE)
    fast, slow = (_looked(ranked, lines, each=each) for each in (False, True))
    assert fast.lines == slow.lines
    assert (fast.verdict, fast.taken) == (slow.verdict, slow.taken)
    for ours, other in zip(fast.answered, slow.answered, strict=True):
        assert (ours.line, ours.verdict, ours.times, ours.hit) == (other.line, other.verdict, other.times, other.hit)
        assert [near.record for near in ours.nearest] == [near.record for near in other.nearest]


HOSTILE = (
    "error " + "/" * 4000, "error " + "(" * 4000, "a0" * 2000, "0" * 4000, "0." * 2000, "exit /a" * 600, "error 0" * 600
)  # fmt: skip


@pytest.mark.parametrize("line", HOSTILE)
def test_no_line_takes_longer_than_it_is_long(line: str) -> None:
    like = Likeness(ranker(BASE)).of
    assert like("error: once") is not None, "what is compiled once does not count"
    began = time.process_time()
    like(line)
    assert time.process_time() - began < 0.2
