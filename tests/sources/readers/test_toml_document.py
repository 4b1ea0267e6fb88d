"""TOML: every value has its place, as the parser says what it is."""

import tomllib

import pytest

from kb.contract import UnreadableError
from kb.model import Change
from kb.sources.edit import carried_out
from kb.sources.readers.toml_document import edit, places, read
from tests.conftest import value_at

TEXT = """\
# [not.a.table]
title = "a # b" # why
"quoted key" = 'x'
a.b.c = [1, [2.5, "x,]"], {d = true, e.f = '''
y'''}, # ]
  ]
day = 1979-05-27
at = 1979-05-27 07:32:00.999
big = 1_000
[t]
k = \"\"\"
one "two" \\\"\"\" three\"\"\"
[[list]]
n = 1
[[list.inner]]
m = 2
[list.table]
o = 3
[[list]]
n = 4
[t."sub.x"]
p = {}
"""

PLACES = {
    "/title": '"a # b"',
    "/quoted key": "'x'",
    "/a/b/c/0": "1",
    "/a/b/c/1/0": "2.5",
    "/a/b/c/1/1": '"x,]"',
    "/a/b/c/2/d": "true",
    "/a/b/c/2/e/f": "'''\ny'''",
    "/day": "1979-05-27",
    "/at": "1979-05-27 07:32:00.999",
    "/big": "1_000",
    "/t/k": '"""\none "two" \\""" three"""',
    "/list/0/n": "1",
    "/list/0/inner/0/m": "2",
    "/list/0/table/o": "3",
    "/list/1/n": "4",
    "/t/sub.x/p": "{}",
    "/t": "[t]",
    "/list/1": "[[list]]",
    "/list/0/inner/0": "[[list.inner]]",
}


@pytest.mark.parametrize("pointer", PLACES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_value_is_found_where_it_stands(pointer: str, end: str) -> None:
    text = TEXT.replace("\n", end)
    _, start, stop = places(text.encode(), [pointer])[pointer]
    assert text[start:stop] == PLACES[pointer].replace("\n", end)
    value_at(tomllib.loads(text), pointer)


def test_days_and_times_are_texts() -> None:
    document = read(TEXT.encode())
    assert (document["day"], document["at"]) == ("1979-05-27", "1979-05-27T07:32:00.999000")


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("a = 1\na = 2\n", "not TOML", 11),
        ("a = \r\n", "not TOML", 4),
        ("a = 'é'\r\nb = ?\n", "not TOML", 14),
        ("a = nan\n", "is none", 4),
        ("a = 1e400\n", "too large", 4),
        ("a = 99999999999999999999\n", "does not fit 64 bits", 0),
    ],
)
def test_what_is_no_record_is_refused_at_its_place(text: str, reason: str, at: int) -> None:
    with pytest.raises(UnreadableError, match=reason) as refused:
        read(text.encode())
    assert refused.value.at == at


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("a = 'it wsa' # why\n", "it was", "a = 'it was' # why\n"),
        ('a = "it wsa"\n', 'it "is"', 'a = "it \\"is\\""\n'),
        ('a = """\none\ntwp"""\n', "one\ntwo", 'a = """\none\ntwo"""\n'),
        ("a = 1979-05-27\n", "1979-05-28", "a = 1979-05-28\n"),
        ("a = 85\n", 0.85, "a = 0.85\n"),
        ("a = {b = 'x'}\n", None, None),
    ],
)
def test_an_edit_is_as_small_as_it_can_be(before: str, value: object, after: str | None) -> None:
    pointer = "/a/b" if "{" in before else "/a"
    edits = edit(before.encode(), [Change("X", pointer, None, value)])
    assert (edits and carried_out(before.encode(), edits).decode()) == after
