"""What rules know of a regex: Python's verdict without compiling, RE2's, and the text of a plain one."""

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis import regexes

PIECES = (
    r"a b . \d \w \b [a-c] [^a] [z-a] ( (?: (?= (?<= (?<! (?P<n> (?P=n) (?> ) | * + ? {2} {2,} {,3} {3,2} *+ ?? ^ $"
    r" \1 \Z \q (?i) (?a) \ ["
)

built = st.lists(st.sampled_from(PIECES.split()), max_size=8).map("".join)


def _compiles(regex: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(regex)
        except (re.error, ValueError, OverflowError, RecursionError):
            return False
    return True


@given(built | st.text(max_size=12))
def test_python_would_say_the_same(regex: str) -> None:
    assert (regexes.read(regex).fault is None) == _compiles(regex)


@pytest.mark.parametrize("regex", ["a{99999999999}", "(" * 5000 + ")" * 5000, "(?<=a|bc)d", "(?L)a", "a" * 100 + "["])
def test_what_python_refuses_has_a_fault_that_says_why(regex: str) -> None:
    assert not _compiles(regex)
    assert regexes.read(regex).fault


def test_a_pattern_that_takes_long_to_compile_is_read_at_once() -> None:
    hostile = "(?i)" + "[\x00-\U0010ffff]" * 2000
    assert regexes.read(hostile).fault is None


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        ("fatal: no", "fatal: no"),
        (r"a\.b \(c\)\[d\]", "a.b (c)[d]"),
        (r"C:\\temp", "C:\\temp"),
        ("", ""),
        ("a.b", None),
        (r"\d", None),
        (r"\_", None),
        ("é", None),
    ],
)
def test_a_pattern_without_operators_stands_for_its_text(regex: str, text: str | None) -> None:
    assert regexes.literal(regex) == text
    if text:
        assert re.fullmatch(regex, text)


@pytest.mark.parametrize(
    "repeated", ["(", "[[:alpha:]]", r"\pN", "a(?i)", r"\Q", "(?<x>a)", r"a\z", r"\x{41}", "a**", r"\1"]
)
def test_a_pattern_too_long_to_be_parsed_is_taken_only_if_python_takes_it(repeated: str) -> None:
    assert regexes.read(repeated * regexes.LONGEST).fault is not None


@given(built | st.text(max_size=12))
def test_what_is_taken_without_parsing_compiles(regex: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regexes, "LONGEST", -1)
        unparsed = regexes.read.__wrapped__(regex)
    if unparsed.fault is None and unparsed.refusal is None:
        assert _compiles(regex)


def test_a_pattern_that_no_engine_reads_in_time_is_given_to_none() -> None:
    assert regexes.read("(?:a|b)?" * (regexes.MOST // 8)).fault is None
    assert "no engine" in str(regexes.read("(?:a|b)?" * regexes.MOST).fault)
    assert regexes.read("not a git repository " * regexes.MOST).fault is None
