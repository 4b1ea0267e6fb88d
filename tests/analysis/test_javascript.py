"""Patterns for engines that have no flag for the case: they find what RE2 finds."""

import re

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis import regexes
from kb.analysis.javascript import UntranslatableError, translated


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        ("no (such)? file", "[Nn][Oo] (?:[Ss][Uu][Cc][Hh])? [Ff][Ii][Ll][Ee]"),
        (r"^E\d{3,}: .*?/", r"^[Ee][\d]{3,}: .*?\/"),
        ("(?i)a|b+", "(?:[Aa]|[Bb]+)"),
        ("(?-i:Foo)bar", "(?:Foo)[Bb][Aa][Rr]"),
        (r"[^a-c\]]x{2}", r"[^a-cA-C\]][Xx]{2}"),
        (r"\Aa$", "^[Aa]$"),
        ("(?P<name>a)(?:bc)*", "(?:[Aa])(?:[Bb][Cc])*"),
        ("日本\x1b", "日本\\u001b"),
    ],
)
def test_a_pattern_is_written_without_flags_and_groups(regex: str, expected: str) -> None:
    assert translated(regex) == expected


@pytest.mark.parametrize(
    ("regex", "why"),
    [
        ("a(?=b)", "RE2 does not take it"),
        (r"(a)\1", "RE2 does not take it"),
        ("a(", "does not compile"),
        (r"a\nb", "line break"),
        ("[😀-😂]", "beyond U\\+FFFF"),
    ],
)
def test_what_cannot_be_asked_there_is_said(regex: str, why: str) -> None:
    with pytest.raises(UntranslatableError, match=why):
        translated(regex)


_ATOMS = st.sampled_from(
    [
        "a",
        "B",
        "[a-f]",
        "[^x-z]",
        r"\d",
        r"[\w.-]",
        ".",
        "é",
        r"\.",
        "-",
        "[A-z]",
        r"\b",
        "^",
        "$",
        "(?-i:Ab)",
        "(?i:c)",
        "]",
        "/",
    ]
)
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "+?", "{2,}"])).map(lambda one: f"(?:{one[0]}){one[1]}"),
    ),
    max_leaves=8,
)  # fmt: skip


@given(_PATTERNS, st.text(alphabet="aAbBcCxZ19.-_é]/ ", max_size=12))
def test_it_finds_what_re2_finds(regex: str, line: str) -> None:
    """Python's engine stands for theirs: what a translation is made of means the same there in ASCII mode."""
    assert bool(re.search(translated(regex), line, re.ASCII)) == bool(re2.search(regex, line, regexes.options()))
