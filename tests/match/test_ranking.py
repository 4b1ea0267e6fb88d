"""Which records are near a line: the right one first, and none where there is none."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.analysis.error_terms import digest, terms
from kb.match import build_index
from kb.match.build_index import Columns, build, group
from kb.match.match_index import MatchIndex
from kb.match.ranking import FLOOR, Near, Ranker
from kb.rules.match_keys import needs, occurrences

ORDINARY = [
    "Already up to date.",
    "Compiling app v0.1.0",
    "connected to the server",
    "file main.c was not changed",
    "done",
]


class Indexed(NamedTuple):
    """What an index holds of a record."""

    id: str
    texts: Sequence[Sequence[int]]
    codes: Sequence[int] = ()
    regex: str | None = None
    literals: Sequence[str] = ()


def columns(entries: Sequence[Indexed]) -> Columns:
    texts = [(number, text) for number, one in enumerate(entries) for text in one.texts]
    codes = sorted({(code, number) for number, one in enumerate(entries) for code in one.codes})
    literals = {(text, number) for number, one in enumerate(entries) if one.regex is not None for text in one.literals}
    return Columns(
        [(one.id, one.regex) for one in entries],
        np.array([number for number, _ in texts], dtype=np.int64),
        np.array([len(text) for _, text in texts], dtype=np.int64),
        np.array([term for _, text in texts for term in text], dtype=np.uint64),
        np.array([code for code, _ in codes], dtype=np.uint64),
        np.array([number for _, number in codes], dtype=np.int64),
        sorted(literals, key=lambda one: (group(one[0].encode()), one[0].encode(), one[1])),
    )


def entry(name: str, *texts: str, regex: str | None = None, code: str | None = None) -> Indexed:
    codes = [digest(term.text) for term in terms(code or "")]
    return Indexed(name, [occurrences(text) for text in texts], codes, regex, needs(regex) if regex else ())


BASE = [
    entry(
        "git/dubious", "fatal: detected dubious ownership in repository at '/app'", regex="detected dubious ownership"
    ),
    entry("git/rejected", "! [rejected] main -> main (non-fast-forward)", regex=r"\[rejected\].*\(non-fast-forward\)"),
    entry("python/distutils", "ModuleNotFoundError: No module named 'distutils'", regex="No module named '?distutils"),
    entry(
        "rust/borrow",
        "error[E0502]: cannot borrow `v` as mutable because it is also borrowed as immutable",
        code="E0502",
    ),
    entry(
        "nginx/refused",
        "connect() failed (111: Connection refused) while connecting to upstream",
        regex=r"connect\(\) failed",
    ),
    entry("linux/killed", "Killed", "Out of memory: Killed process"),
]


def index_of(entries: Sequence[Indexed]) -> bytes:
    return b"".join(build(columns(entries), [{*occurrences(line)} for line in ORDINARY]))


def ranker(entries: Sequence[Indexed] = BASE) -> Ranker:
    return Ranker(MatchIndex(index_of(entries)))


def _first(line: str) -> tuple[str, Near]:
    found = ranker()
    nearest = found.nearest(line)
    return found.id(nearest[0].record), nearest[0]


@pytest.mark.parametrize(
    ("line", "record", "by"),
    [
        ("fatal: detected dubious ownership in repository at '/home/me/x y'", "git/dubious", ("pattern", "words")),
        (" ! [rejected]   dev -> dev (non-fast-forward)", "git/rejected", ("pattern", "words")),
        ("20:00:01 ERROR [w3] connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1",
         "nginx/refused", ("pattern", "words")),
        ("error[E0502]: cannot borrow `it` as mutable because it is also borrowed as immutable", "rust/borrow", ("code", "words")),
        ("[ 812.3] Out of memory: Killed process 4711 (java)", "linux/killed", ("words",)),
    ],
)  # fmt: skip
def test_an_error_finds_its_record_and_says_by_what(line: str, record: str, by: tuple[str, ...]) -> None:
    name, near = _first(line)
    assert (name, near.by) == (record, by)
    assert near.score > 0.8
    start, end = near.span
    assert 0 <= start < end <= len(line)


@pytest.mark.parametrize(
    "line",
    ["ModuleNotFoundError: No module named 'requests'", "Compiling app v0.1.0", "connected to the server", "error: it failed",
     "error[E0499]: cannot borrow `x` as mutable more than once at a time", "the process was killed by its owner", ""],
)  # fmt: skip
def test_what_is_another_error_or_none_is_not_near(line: str) -> None:
    assert all(near.score < 0.8 for near in ranker().nearest(line))


def test_words_and_a_code_are_no_answer_where_the_pattern_of_the_record_does_not_match() -> None:
    missing = entry(
        "npm/no-package",
        "npm error enoent open '/srv/app/package.json'",
        regex="open '[^']*package.json'",
        code="ENOENT",
    )
    lock = entry("git/lock", "fatal: Unable to create '/srv/.git/index.lock': File exists.", regex=r"index\.lock'")
    found = ranker([*BASE, missing, lock])
    for line in (
        "npm error enoent open '/srv/app/config.json' ENOENT",
        "fatal: Unable to create '/x.lock': File exists.",
    ):
        assert found.nearest(line)[0].score < 0.7
    known = {"ENOENT open '/x/package.json'": missing, "fatal: Unable to create 'index.lock': File exists.": lock}
    for line, one in known.items():
        assert found.id(found.nearest(line)[0].record) == one.id
        assert found.nearest(line)[0].score > 0.7


def test_a_name_in_the_error_may_be_another_but_one_that_the_pattern_asks_for_may_not() -> None:
    _, known = _first("ModuleNotFoundError: No module named 'distutils'")
    _, other = _first("ModuleNotFoundError: No module named 'setuptools'")
    assert known.score > other.score + 0.15


def test_a_record_without_a_usable_pattern_is_found_by_its_words() -> None:
    base = [BASE[0]._replace(regex=None, literals=()), *BASE[1:]]
    (first, *_) = ranker(base).nearest("fatal: detected dubious ownership in repository at '/x'")
    assert (first.record, first.by) == (0, ("words",))


def test_patterns_of_which_no_needed_text_is_known_are_held_against_every_line() -> None:
    many = [entry(f"x/n{i}", f"word{i} here", regex=f"[{chr(97 + i)}z]{{2}}q") for i in range(20)]
    found = ranker(many)
    assert [found.id(near.record) for near in found.nearest("bbq") if "pattern" in near.by] == ["x/n1"]


# ---- shortcuts -------------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    [
        "fatal",
        "error",
        "not",
        "a",
        "repository",
        "at",
        "'name'",
        "file.py",
        "E0502",
        "/srv/x",
        "3.5",
        "killed",
        "refused",
        "merge",
    ]
)
_TEXTS = st.lists(_WORDS, min_size=1, max_size=8).map(" ".join)
_REGEXES = st.none() | st.sampled_from(["not a", "refused", "kill(ed|s)", "E05..", "[a-f]{9}", "merge|while", "é+"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(_TEXTS, min_size=1, max_size=3), _REGEXES, st.sampled_from([None, "E0502"])), max_size=12
    ),
    _TEXTS,
    st.sampled_from([FLOOR, 0.55, 0.65, 0.9]),
)
def test_the_index_finds_what_comparing_with_every_text_finds(
    records: list[tuple[list[str], str | None, str | None]], line: str, floor: float
) -> None:
    entries = [entry(f"x/{i:02}", *texts, regex=regex, code=code) for i, (texts, regex, code) in enumerate(records)]
    found = ranker(entries)
    by_index = [near for near in found.nearest(line, floor) if near.score >= floor]
    everything = [near for near in found.nearest(line, 0.0) if near.score >= floor]
    assert by_index == everything


@given(st.lists(st.tuples(_TEXTS, _REGEXES), max_size=12), _TEXTS)
def test_every_pattern_that_matches_a_line_is_held_against_it(records: list[tuple[str, str | None]], line: str) -> None:
    import re

    entries = [entry(f"x/{i:02}", text, regex=regex) for i, (text, regex) in enumerate(records)]
    hit = {near.record for near in ranker(entries).nearest(line) if "pattern" in near.by}
    assert hit == {i for i, (_, regex) in enumerate(records) if regex and re.search(regex, line, re.IGNORECASE)}


# ---- the file --------------------------------------------------------------------------------------------------------


def test_an_index_is_the_same_bytes_for_the_same_records_and_reads_alike_from_a_file(tmp_path: Path) -> None:
    data = index_of(BASE)
    assert data == index_of(BASE)
    (tmp_path / "index").write_bytes(data)
    line = "fatal: detected dubious ownership in repository at '/x'"
    assert Ranker(MatchIndex.open(tmp_path / "index")).nearest(line) == ranker().nearest(line)


@given(st.lists(st.lists(st.lists(st.integers(0, 40), max_size=5), max_size=3), max_size=6), st.integers(1, 4))
def test_an_index_is_the_same_bytes_however_much_is_worked_on_at_once(bases: list[list[list[int]]], few: int) -> None:
    entries = [Indexed(f"x/{i}", texts) for i, texts in enumerate(bases)]
    whole = b"".join(build(columns(entries), [{3, 5}, {7}]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_index, "_AT_A_TIME", few)
        assert b"".join(build(columns(entries), [{3, 5}, {7}])) == whole


def test_the_weight_of_a_term_falls_with_the_lines_that_hold_it() -> None:
    index = MatchIndex(index_of(BASE))
    lines = len(ORDINARY) + 7
    held = index.number(digest("cannot"))
    assert held is not None
    assert index.weight(held) == pytest.approx(math.log((lines + 1) / 1.5))
    assert index.number(digest("nobody")) is None
    assert index.unknown == pytest.approx(math.log((lines + 1) / 0.5))


@pytest.mark.parametrize(
    "data", [b"", b"{}\n", b"[1]\n", b"\x00" * 64, b'{"version": 99, "digest": "", "lines": 0, "arrays": {}}\n']
)
def test_what_is_no_index_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="index"):
        MatchIndex(data)


def test_an_index_of_nothing_finds_nothing() -> None:
    assert Ranker(MatchIndex(b"".join(build(columns([]), [])))).nearest("fatal: error") == []
