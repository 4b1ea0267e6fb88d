"""The lines that patterns must not match: those that come with kb, and those that the benchmark counts false answers on."""

import json
import re
from pathlib import Path
from unittest import mock

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.matching import ordinary_lines
from kb.analysis.regexes import options
from kb.rules import ordinary
from kb.settings import OwnLines

_CURATED = Path(__file__).parents[2] / "curated" / "records"

_SHIPPED = ordinary.lines(OwnLines())

_TROUBLE = re.compile(
    r"error|fail|exception|time(?:d |-)?out|retr(?:y|ies)|fatal|abort|invalid|denied|crash|panic|warn|refus|reject|missing|broken",
    re.IGNORECASE,
)


def test_the_lines_come_from_many_tools_and_each_is_there_once() -> None:
    text = Path(ordinary.__file__).with_name("ordinary.txt").read_text(encoding="utf-8")
    shipped = [line for line in text.splitlines() if not line.startswith("## ")]
    assert len(shipped) == len(set(shipped)) >= 3_000
    assert tuple(shipped) == _SHIPPED
    assert text.count("\n## ") >= 15
    assert len(text.encode()) <= 250_000


def test_many_name_an_error_though_all_is_well() -> None:
    assert sum(_TROUBLE.search(line) is not None for line in _SHIPPED) >= 400


def test_no_pattern_of_a_curated_record_matches_one() -> None:
    patterns = {json.loads(path.read_text(encoding="utf-8"))["regex"] for path in _CURATED.rglob("*.json")}
    assert patterns
    for pattern in patterns:
        matcher = re2.compile(pattern, options())
        assert [line for line in _SHIPPED if matcher.search(line)] == [], pattern


@pytest.mark.parametrize(
    "regex",
    [
        "error",
        "fail(?:ed|ure)",
        "timeout",
        "exception",
        "retry",
        "fatal",
        "invalid",
        "missing",
        "crash",
        "abort",
        "denied",
    ],
)
def test_a_word_of_trouble_alone_is_found_where_there_is_none(regex: str) -> None:
    hits = ordinary.hits(regex, OwnLines())
    assert hits is not None
    assert hits.matched > 5
    assert not hits.too_broad


_CUT = st.tuples(st.sampled_from(_SHIPPED), st.integers(0, 40), st.integers(1, 12)).map(
    lambda cut: cut[0][cut[1] :][: cut[2]]
)


@settings(max_examples=20)
@given(_CUT.filter(bool) | st.text("abeorst: ", min_size=3, max_size=8))
def test_many_questions_are_answered_by_an_index_as_few_are_without(literal: str) -> None:
    few = ordinary.hits.__wrapped__(re.escape(literal), OwnLines())
    with mock.patch.object(ordinary, "_FEW", 0):
        assert ordinary.hits.__wrapped__(re.escape(literal), OwnLines()) == few
    if few is not None:
        assert few.matched == sum(literal.lower() in line.lower() for line in _SHIPPED)


def test_false_answers_are_counted_on_other_lines_of_which_no_tool_gives_many() -> None:
    lines = ordinary_lines.read()
    assert len({ordinary_lines.folded(line) for _, line in lines}) == len(lines) >= 20_000
    assert {ordinary_lines.folded(line) for line in _SHIPPED}.isdisjoint(
        ordinary_lines.folded(line) for _, line in lines
    )
    tools = [tool for tool, _ in lines]
    assert max(tools.count(tool) for tool in set(tools)) <= ordinary_lines.MOST_OF_ALL * len(lines)
    assert ordinary_lines.KEPT.stat().st_size <= 600_000


@pytest.mark.parametrize(
    "line",
    [
        f"installing to {Path.home()}/.local/bin",
        "see https://tools.shop.net/manual",
        "Maintainer: Someone",
        "ask someone@example.org",
        "ENOENT   No such file or directory",
        "12:34 --",
        "## make",
        "\x07 bell rung",
    ],
)
def test_a_line_of_this_machine_or_of_no_use_is_not_kept(line: str) -> None:
    assert not ordinary_lines.is_kept(line)


def test_lines_that_differ_in_numbers_and_spaces_alone_are_one() -> None:
    assert ordinary_lines.distinct(["took 12 ms", "took  4 ms", "Took 0 ms", "took 4 s"], set()) == [
        "took 12 ms",
        "took 4 s",
    ]


def test_of_too_many_lines_some_are_taken_at_equal_distances() -> None:
    assert ordinary_lines.spread(list("abcdef"), 3) == ["a", "c", "e"]
    assert ordinary_lines.spread(list("ab"), 3) == ["a", "b"]


@given(
    st.lists(
        st.sampled_from([*_SHIPPED[:40], *"abcdefg"]).flatmap(
            lambda line: st.sampled_from([line, line[1:9], line + "q"])
        ),
        max_size=20,
    )
)
def test_a_text_is_found_whether_parts_are_looked_at_or_not(texts: list[str]) -> None:
    own = OwnLines(("one line of mine",))
    with mock.patch.object(ordinary, "_SOME", 3):
        holds = ordinary.holder(own)
        folded = "\n".join(ordinary.lines(own)).lower()
        for text in texts:
            if text.isascii() and text.lower() in folded:
                assert holds(text)
            elif text.isascii() and not any(text.lower() in word for word in _words()):
                assert not holds(text)


def _words() -> list[str]:
    return Path(ordinary.__file__).with_name("words.txt").read_text(encoding="utf-8").split()
