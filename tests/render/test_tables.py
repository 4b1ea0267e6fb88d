"""Rows in every format, whatever stands in them."""

import csv
import datetime as dt
import io
import json
import re
import unicodedata
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from kb.errors import KbError
from kb.model import Table
from kb.render.tables import FORMATS, as_text, cell, cropped, hanging, keys, plain, render
from kb.words import escaped, visible
from tests.conftest import code_points

HOSTILE = "a\x1b[31mred\x1b[0m\u202egnp\u2066.exe\x9b2J\x00\u200b\u2028end\U000e0041"
SPELLED = r"a\u001b[31mred\u001b[0m\u202egnp\u2066.exe\u009b2J\u0000\u200b\u2028end\U000e0041"

MOMENT = dt.datetime(2026, 11, 22, 1, 2, 3, 4)  # noqa: DTZ001 - as DuckDB gives a TIMESTAMP

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\t\r|<\\\"',\x1b\u202e中"), max_size=12)
values = st.none() | st.booleans() | st.integers() | st.floats() | texts


def table(*values: Any) -> Table:  # noqa: ANN401 - any value of DuckDB
    return Table(("x",), [(value,) for value in values])


def lines(columns: tuple[str, ...], *rows: tuple[Any, ...], terminal: bool = False) -> list[str]:
    return as_text(columns, rows, terminal=terminal).splitlines()


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")


# values


@pytest.mark.parametrize(
    ("value", "shown", "as_json"),
    [
        (None, "", None),
        ("", "", ""),
        (True, "true", True),
        (0, "0", 0),
        (2**127 - 1, str(2**127 - 1), 2**127 - 1),
        (0.1 + 0.2, "0.3", 0.1 + 0.2),
        (2.0, "2.0", 2.0),
        (-0.0, "-0.0", -0.0),
        (1e300, "1e+300", 1e300),
        (1e16, "1e+16", 1e16),
        (123456789012.25, "123456789012.25", 123456789012.25),
        (float("nan"), "nan", "NaN"),
        (float("inf"), "inf", "Infinity"),
        (float("-inf"), "-inf", "-Infinity"),
        (Decimal("10.00"), "10.00", Decimal("10.00")),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789", Decimal("0.1234567890123456789")),
        (dt.date(2026, 11, 22), "2026-11-22", "2026-11-22"),
        (MOMENT, "2026-11-22T01:02:03.000004", "2026-11-22T01:02:03.000004"),
        (dt.time(1, 2), "01:02:00", "01:02:00"),
        (dt.timedelta(days=3), "3 days, 0:00:00", "3 days, 0:00:00"),
        (b"caf\xc3\xa9", "café", "café"),
        (b"caf\xc3\xa9 \xff", r"caf\xC3\xA9 \xFF", r"caf\xC3\xA9 \xFF"),
        (rb"\xff", r"\x5Cxff", r"\x5Cxff"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"),
        ([1, None, float("nan")], '[1, null, "NaN"]', [1, None, "NaN"]),
        ((dt.date(2026, 1, 1),), '["2026-01-01"]', ["2026-01-01"]),
        ({"a": [b"x"], 1: Decimal("0.5")}, '{"a": ["x"], "1": 0.5}', {"a": ["x"], "1": Decimal("0.5")}),
    ],
)
def test_a_value_in_a_cell_and_in_json(value: object, shown: str, as_json: object) -> None:
    assert cell(value) == shown
    assert repr(plain(value)) == repr(as_json)


@given(st.lists(st.tuples(values, texts), max_size=4))
def test_json_and_ndjson_give_every_value_back(rows: list[tuple[Any, str]]) -> None:
    answer = Table(("x", "y"), rows)
    expected = [plain(record) for record in answer.records()]
    assert json.loads(render(answer, "json", terminal=False)) == expected
    ndjson = render(answer, "ndjson", terminal=False)
    assert [json.loads(line) for line in ndjson.split("\n")[:-1]] == expected


@given(st.lists(st.tuples(values, texts), max_size=4))
def test_csv_gives_every_cell_back(rows: list[tuple[Any, str]]) -> None:
    text = render(Table(("x", "y"), rows), "csv", terminal=False)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["x", "y"], *([cell(x, digits=17), y] for x, y in rows)]


@given(st.lists(st.tuples(st.floats(allow_nan=False), st.decimals(allow_nan=False, allow_infinity=False)), min_size=1))
def test_no_digit_is_lost(rows: list[tuple[float, Decimal]]) -> None:
    answer = Table(("x", "y"), rows)
    read = json.loads(render(answer, "json", terminal=False), parse_float=Decimal, parse_int=Decimal)
    ndjson = render(answer, "ndjson", terminal=False).splitlines()
    lines = [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in ndjson]
    assert read == lines
    _, *cells = csv.reader(io.StringIO(render(answer, "csv", terminal=False)))
    for (x, y), row, (x_cell, y_cell) in zip(rows, read, cells, strict=True):
        assert float(x_cell) == x
        assert Decimal(y_cell) == y == row["y"]
        assert row["x"] in {"Infinity", "-Infinity"} or float(row["x"]) == x


@given(st.binary(max_size=8) | texts.map(str.encode))
def test_every_byte_can_be_told(data: bytes) -> None:
    told = cell(data)
    back = re.sub(rb"\\x([0-9A-F]{2})", lambda match: bytes.fromhex(match[1].decode()), told.encode())
    assert back == data


@given(st.lists(st.text(st.sampled_from("a_1"), max_size=3), max_size=5))
def test_equally_named_columns_are_all_there(names: list[str]) -> None:
    answer = Table(tuple(names), [tuple(range(len(names)))])
    (row,) = json.loads(render(answer, "json", terminal=False))
    assert list(row.values()) == list(range(len(names)))
    assert {name for name, key in zip(names, row, strict=True) if name == key} == set(names)


def test_the_later_of_two_columns_gets_a_number() -> None:
    assert keys(("id", "n", "id", "id_1", "id")) == ("id", "n", "id_2", "id_1", "id_3")


def test_null_and_nothing_differ_in_csv() -> None:
    assert render(Table(("x", "y"), [(None, "")]), "csv", terminal=False) == 'x,y\n,""\n'


def test_csv_is_exact() -> None:
    answer = Table(("a", 'b"'), [('x,"y"', None), ("two\nlines", 1.5)])
    assert render(answer, "csv", terminal=False) == 'a,"b"""\n"x,""y""",\n"two\nlines",1.5\n'


def test_markdown_cells_stay_in_their_cells() -> None:
    answer = Table(("a|b", "n"), [("x|y\nz <b> \\", 1), (None, None)])
    assert render(answer, "md", terminal=False).splitlines() == [
        r"| a\|b | n |",
        "| --- | ---: |",
        r"| x\|y z \<b> \\ | 1 |",
        "|  |  |",
    ]


MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False})


@given(st.lists(st.text(st.sampled_from("ab_*`~|\\\\<>[]()!&#@:/.$- 1\"'"), max_size=14), min_size=1, max_size=3))
@example(["__init__"])
@example(["![x](http://e.org/p.png)", "[x](javascript:alert(1))", "<https://e.org>", "<b>", "&amp;", "&#64;a"])
@example(["a\\\\|b", "`|`", "``a`b", "@me `@you` \\\\@x|@y"])
def test_markdown_shows_a_text_as_it_is(texts: list[str]) -> None:
    answer = Table(tuple(map(str, range(len(texts)))), [tuple(texts)])
    tokens = MARKDOWN.parse(render(answer, "md", terminal=False))
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    shown = ["".join(child.content for child in cell.children or ()) for cell in cells]
    assert {child.type for cell in cells for child in cell.children or ()} <= {"text", "code_inline", "text_special"}
    assert [" ".join(text.split()) for text in shown] == [" ".join(text.split()) for text in texts]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ask @octocat now", "ask `@octocat` now"),
        ("see #12, GH-3 and a/b#4", "see `#12,` `GH-3` and a/b#4"),
        ("a@b.org", "`a@b.org`"),
        ("www.e.org http://e.org", "`www.e.org` `http://e.org`"),
        ("pay $5$ :smile:", "pay `$5$` `:smile:`"),
        ("snake_case_name, C# 1", "snake_case_name, C# 1"),
    ],
)
def test_what_a_host_would_make_a_link_of_is_code(text: str, shown: str) -> None:
    assert render(table(text), "md", terminal=False).splitlines()[-1] == f"| {shown} |"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(KbError, match=r"--format jsn: did you mean `json`\?"):
        render(table(1), "jsn", terminal=False)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("terminal", [False, True])
def test_an_answer_without_rows_is_an_answer(form: str, terminal: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    assert render(Table(("x", "y"), []), form, terminal=terminal).endswith("\n") or form == "ndjson"


# what a terminal must not be given


def test_whatever_acts_on_a_terminal_is_spelled_out_and_nothing_else() -> None:
    acting = {"Cc", "Cf", "Zl", "Zp", "Cs"}
    for char in code_points():
        category = unicodedata.category(char)
        if category != "Cn":  # not assigned in this version of Unicode
            assert (visible(char) != char) == (category in acting and char not in "\u200c\u200d"), hex(ord(char))


def test_text_that_only_looks_odd_stays() -> None:
    for text in ("naïve “quotes” — 中文，日本語", "👩\u200d💻", "می\u200cخواهم", "ｆｕｌｌ"):
        assert visible(text) == text


def test_hostile_text_is_spelled_out() -> None:
    assert visible(HOSTILE) == SPELLED
    assert visible("a\tb\r\nc") == r"a\tb\r\nc"


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_text_never_reaches_a_terminal(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = render(Table((HOSTILE, "y"), [(HOSTILE, [HOSTILE]), (None, {HOSTILE: HOSTILE})]), form, terminal=True)
    assert visible(shown.replace("\n", "")) == shown.replace("\n", "")
    assert "end" in shown


@given(texts)
def test_escaped_json_means_the_same(text: str) -> None:
    document = json.dumps({"x": text}, ensure_ascii=False, indent=1)
    assert json.loads(escaped(document)) == {"x": text}
    assert visible(escaped(document).replace("\n", "")) == escaped(document).replace("\n", "")


# tables in a pipe


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    assert lines(("name", "n", "flag"), ("a", 1, True), ("long name", 1000, None)) == [
        "name          n  flag",
        "a             1  true",
        "long name  1000",
    ]


def test_numbers_of_a_column_have_equally_many_decimals() -> None:
    assert lines(("x",), (0.5,), (0.25,), (None,), (2.0,)) == ["   x", "0.50", "0.25", "", "2.00"]
    assert lines(("x",), (float("nan"),), (0.25,), (1e20,)) == ["    x", "  nan", " 0.25", "1e+20"]


def test_wide_characters_are_aligned() -> None:
    rows = [("中文", 1), ("ab", 22), ("e\u0301", 3), ("👩\u200d💻", 4)]
    shown = lines(("x", "n"), *rows)
    assert [cell_len(line) for line in shown] == [cell_len(shown[0])] * 5


def test_a_row_is_one_line_of_any_length() -> None:
    shown = lines(("x", "y"), ("two\nlines", "z" * 500), ("a\u2028b", "c\x85d"))
    assert shown[1:] == [rf"two\nlines   {'z' * 500}", r"a\u2028b    c\u0085d"] or len(shown) == 3
    assert shown[1].startswith(r"two\nlines")


def test_titles_alone_are_a_table() -> None:
    assert lines(("a", "b")) == ["a  b"]


# tables on a terminal


@pytest.mark.usefixtures("narrow")
class TestOnATerminal:
    def test_what_fits_is_not_wrapped(self) -> None:
        assert lines(("id", "n"), ("git/a", 1), terminal=True) == ["id     n", "────────", "git/a  1"]

    def test_long_text_is_wrapped_and_numbers_are_not(self) -> None:
        shown = lines(("id", "n"), ("docker/port-already-allocated/linux/with-more", 1234), terminal=True)
        assert shown == [
            "id                                     n",
            "────────────────────────────────────────",
            "docker/port-already-allocated/      1234",
            "linux/with-more",
        ]

    def test_wide_characters_are_wrapped_by_their_width(self) -> None:
        shown = lines(("x", "n"), ("中" * 50, 1), terminal=True)
        assert max(map(cell_len, shown)) <= 40
        assert "".join(re.findall("中", "".join(shown))) == "中" * 50

    def test_reasons_stand_below_their_rows(self) -> None:
        shown = lines(("id", "age", "why"), ("git/a", 904, "904 days old, limit 365, so × 0.50"), terminal=True)
        assert shown == ["id     age", "──────────", "git/a  904", "  904 days old, limit 365, so × 0.50"]

    def test_lines_of_a_cell_are_lines(self) -> None:
        assert lines(("plan",), ("a\nb",), terminal=True)[2:] == ["a", "b"]

    def test_too_many_columns_are_shown_row_by_row(self) -> None:
        shown = lines(tuple(f"column_{i}" for i in range(9)), *[tuple(["text " * 9] * 9)] * 2, terminal=True)
        assert shown[0] == "column_0  text text text text text text"
        assert shown.count("") == 1

    @given(st.lists(st.tuples(values, texts, texts), min_size=1, max_size=3))
    def test_nothing_is_wider_than_the_terminal(self, rows: list[tuple[Any, ...]]) -> None:
        shown = lines(("number", "text", "why"), *rows, terminal=True)
        assert max(map(cell_len, shown)) <= 40 or any(len(cell(row[0])) > 20 for row in rows)


def test_titles_are_bold_unless_colour_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert lines(("x",), (1,), terminal=True)[0] == "\x1b[1mx\x1b[0m"
    monkeypatch.setenv("TERM", "dumb")
    assert lines(("x",), (1,), terminal=True)[0] == "x"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert lines(("x",), (1,), terminal=True)[0] == "x"


@given(texts, st.integers(1, 9))
def test_cropping_keeps_to_the_width(text: str, width: int) -> None:
    kept = cropped(visible(text), width)
    assert visible(text).startswith(kept)
    assert cell_len(kept) <= max(width, 2)


@given(st.text(st.sampled_from("ab 中-/")), st.integers(30, 90))
def test_prose_is_broken_between_words_and_hangs(body: str, width: int) -> None:
    line = f"    {body}"
    lines = hanging(line, width)
    assert all(cell_len(part) <= width for part in lines)
    assert "".join("".join(lines).split()) == "".join(line.split())
    assert all(part.startswith("      ") for part in lines[1:])
    if all(cell_len(word) <= width - 6 for word in body.split()):
        assert " ".join(lines).split() == body.split(), "no word is broken"
