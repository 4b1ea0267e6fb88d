"""kb's own functions of expressions."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from kb.sources.formats.functions import Placed, _unmarked, date, number, slug, strip_md, template


@pytest.mark.parametrize(
    ("text", "made"),
    [("Héllo,  World!", "hello-world"), ("C2065", "c2065"), ("--", ""), ("日本", ""), ("ﬁx", "fix")],
)
def test_a_slug_is_a_segment_of_an_id(text: str, made: str) -> None:
    assert slug(text) == made


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2026-11-04", None, "2026-11-04"),
        ("2026/1/2 10:00", None, "2026-01-02"),
        ("2026-02-30", None, None),
        ("11/04/2016", None, None),
        ("11/04/2016", "%m/%d/%Y", "2016-11-04"),
        ("4 March 2016", "%d %B %Y", "2016-03-04"),
        ("soon", "%d %B %Y", None),
    ],
)
def test_a_date_is_a_day_or_nothing(text: str, form: str | None, day: str | None) -> None:
    assert date(text, form) == day


@pytest.mark.parametrize(
    ("text", "value"),
    [("85 %", 0.85), ("0.5", 0.5), (" 12 ", 12), ("1,234", None), ("about 3", None), ("7%", 0.07), ("9" * 400, None)],
)
def test_a_number_is_a_number_or_nothing(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**a** [b](c) `d`", "a b d"),
        ("## Title {#anchor}", "Title"),
        ("a_b_c and _d_", "a_b_c and d"),
        ("![x](y) <https://x.org>", "x https://x.org"),
        ("2 \\* 3", "2 * 3"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("all *.c and *.h files", "all *.c and *.h files"),
        ("`__init__` of `a*b*c` and [`x[0]`](y)", "__init__ of a*b*c and x[0]"),
        ("``a ` b`` *c*, *d*", "a ` b c, d"),
        ("**\\#error :** *'text'*", "#error : 'text'"),
        ("wchar_t* or char\\*", "wchar_t* or char*"),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_what_is_stripped_is_markdown(text: str, plain: str) -> None:
    assert strip_md(text) == plain


@given(st.text("ab {}#[]()!<>https:/.`*_\\\n-", max_size=40))
def test_the_look_for_a_mark_only_saves_time(text: str) -> None:
    assert strip_md(text) == _unmarked(text)


@pytest.mark.parametrize(
    ("text", "holes", "message"),
    [
        ("Cannot find %s (or %s)", ["%s"], "Cannot find a.c (or b.c)"),
        ("`{name}` imported but\nunused", ["{*}"], "`os.path` imported  but unused"),
        ("'identifier' : undeclared", ["'*'"], "'x' : undeclared"),
        ("%d of %s", ["%d", "%s"], "1 of 2"),
        ("error[E*]: a+b", [], "error[E*]: a+b"),
    ],
)
def test_a_template_matches_what_is_made_from_it(text: str, holes: list[str], message: str) -> None:
    assert re2.search(template(text, *holes), message)


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_template_matches_its_own_text_and_whatever_fills_its_holes(text: str, fillings: list[str]) -> None:
    if "%s" in text or any("\n" in filling or not filling for filling in fillings) or "\x00" in text:
        return
    whole = text.join(["%s"] * (len(fillings) + 1))
    pattern = template(whole, "%s")
    message = text.join(["x", *fillings])
    assert re2.search(pattern, message), (pattern, message)


def test_a_placed_text_is_a_text_to_everybody() -> None:
    placed = Placed.at("x", "/a")
    assert (placed, placed.pointer, type(str(placed)) is str, f"{placed}!") == ("x", "/a", True, "x!")
