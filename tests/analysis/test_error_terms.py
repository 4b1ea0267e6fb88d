"""What a line of output says: its terms, and the holes between them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis import error_terms
from kb.analysis.error_terms import LONGEST_LINE, digest, terms

LINES = [
    ("fatal: not a git repository", "fatal not a git repository"),
    ("ModuleNotFoundError: No module named 'distutils'", "modulenotfounderror no module named ~distutils"),
    ("ERROR 1205 (HY000): Lock wait timeout exceeded", "error #1205 hy000 lock wait timeout exceeded"),
    ("OSError: [Errno 24] Too many open files: '/var/log/app/worker.log'", "oserror errno #24 too many open files"),
    ("error[E0502]: cannot borrow `v` as mutable", "error e0502 cannot borrow as mutable"),
    ("2026-11-29T20:00:01.123Z [w3] ERROR connect() failed", "w3 error connect failed"),
    ("Nov 29 20:01:02 host sshd[123]: Failed password from 10.0.0.1 port 22", "host sshd failed password from port"),
    ("main.c:3:5: error: expected ';' before 'return'", "~main.c error expected before ~return"),
    ("fatal: couldn't find remote ref main", "fatal couldn't find remote ref main"),
    ("see https://example.org/help/errors for 3.5 GB at 0x7fff", "see for gb at"),
    ("\x1b[31merror\x1b[0m: linker `cc` not found", "error linker ~cc not found"),
    ("致命错误：路径 '/srv/app'", "致 命 错 误 路 径"),
    ("commit 3f2c1ab9d04e77 by someone@example.org", "commit by"),
    ("E: Unable to locate package", "unable to locate package"),
    ("", ""),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_terms_are_words_in_order_and_what_changes_each_time_is_a_hole(line: str, expected: str) -> None:
    found = [f"{'~' if term.loose else ''}{term.text}" for term in terms(line)]
    assert " ".join(word for word in found if len(word) > 1 or not word.isascii() or word == "a") == expected


@given(st.text(max_size=300))
def test_every_term_stands_where_it_says(line: str) -> None:
    at = 0
    for term in terms(line):
        assert at <= term.start < term.end <= len(line)
        inside = line[term.start : term.end].lower()
        assert inside == term.text or inside.startswith(term.text) or term.text == f"#{inside}"
        at = term.end


_PIECES = [
    *(
        "the",
        "Jan",
        "may",
        "Mar 12",
        "a",
        "ab",
        "'ab cd'",
        '"x y z"',
        "foo.c",
        "errno",
        "12",
        "x_y",
        "don't",
        "é",
        "错误 ab",
    ),
    *(
        "(ab cd)",
        "ab cd:",
        "[ab cd]",
        "AB 12",
        "E1234",
        "/srv/x",
        "http://a b",
        "ab  cd",
        "no such file",
        ".",
        ",",
        "\t",
    ),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=9), st.sampled_from([" ", "", "  "]))
def test_words_that_are_read_at_once_are_as_if_read_one_by_one(pieces: list[str], between: str) -> None:
    line = between.join(pieces)
    at_once = terms(line)
    singly = re.compile(re.sub(r"\n *\| \(\?P<several>.*", "", vars(error_terms)["_TOKEN"].pattern), re.VERBOSE)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(error_terms, "_TOKEN", singly)
        assert terms(line) == at_once


@given(st.text(max_size=200))
def test_the_case_of_a_line_is_no_difference_to_its_plain_words(line: str) -> None:
    plain = " ".join(word for word in line.split() if word.isascii() and word.isalpha() and len(word) > 3)
    assert [term.text for term in terms(plain.upper())] == [term.text for term in terms(plain.lower())]


def test_a_line_of_any_length_costs_no_more_than_the_longest_that_is_read() -> None:
    assert len(terms("word " * LONGEST_LINE)) == LONGEST_LINE // 5
    for hostile in ("a/" * 50_000, "'" * 100_000, "1:" * 50_000, "a." * 50_000, "0" * 100_000, "é" * 100_000):
        terms(hostile)


@given(st.text(), st.text())
def test_digests_are_even_and_differ_where_the_terms_do(first: str, second: str) -> None:
    assert digest(first) % 2 == 0
    assert (digest(first) == digest(second)) == (first == second)
