"""Expressions: JMESPath with an end, and with places."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import contract
from kb.model import Json
from kb.sources.formats.expressions import LONGEST, ExpressionError, Source, parsed, required_keys
from kb.sources.formats.functions import FUNCTIONS, Placed
from tests.conftest import value_at
from tests.strategies import values

DOCUMENT: Json = {
    "a": {"b": "x", "n": 3, "deep": {"list": [{"t": "one"}, {"t": "two"}]}},
    "l": ["p", "q"],
    "t": "**Bold** 2026-01-02 https://x.org/a",
    "front": {"k": "v"},
    "sections": [{"title": "One", "text": "* item", "sections": []}],
}


def evaluated(text: str, document: Json = DOCUMENT) -> tuple[Json, dict[str, str]]:
    expression = parsed(text)
    source = Source(document)
    places: dict[str, str] = {}
    answer = source.taken(source.answer(expression, source.root), "", places, lambda: source.first_of(expression, ""))
    return answer, places


@pytest.mark.parametrize(
    ("text", "answer", "place"),
    [
        ("a.b", "x", "/a/b"),
        ("a.n", 3, "/a/n"),
        ("l[1]", "q", "/l/1"),
        ("a.deep.list[*].t | [0]", "one", "/a/deep/list/0/t"),
        ("sort_by(a.deep.list, &t)[-1].t", "two", "/a/deep/list/1/t"),
        ("join('-', [a.b, l[0]])", "x-p", "/a/b"),
        ("slug(a.b)", "x", "/a/b"),
        ("link(t)", "https://x.org/a", "/t"),
        ("number('3')", 3, None),
        ("length(l)", 2, "/l"),
        ("missing || a.b", "x", "/a/b"),
        ("items(section(@, 'one')) [0].text", None, None),
        ("items(section(@, 'one').text)[0].text", "item", "/sections/0/text"),
    ],
)
def test_an_answer_knows_where_it_stood(text: str, answer: Json, place: str | None) -> None:
    found, places = evaluated(text)
    assert (found, places.get("")) == (answer, place)


def test_what_lies_in_an_answer_knows_its_place_too() -> None:
    assert evaluated("{x: a.deep.list, y: a.n}")[1] == {
        "/x": "/a/deep/list",
        "/x/0": "/a/deep/list/0",
        "/x/0/t": "/a/deep/list/0/t",
        "/x/1": "/a/deep/list/1",
        "/x/1/t": "/a/deep/list/1/t",
        "": "/a/deep/list",
    }


@pytest.mark.parametrize(
    "text",
    [
        "@" + "|[@,@]" * 60,
        "@" + "|[@,@]" * 60 + "|to_string(@)",
        "[@" + "|[@,@]" * 40 + "] == [@" + "|[@,@]" * 40 + "]",
        "contains([@" + "|[@,@]" * 40 + "], [@" + "|[@,@]" * 40 + "])",
        "l" + "|[@,@][]" * 90,
        "t" + "|join(@, [@, @, @, @])" * 30,
        "t" + "|[@,@]|join('', @)" * 40,
        "{a: @}" + "|{a: @}" * 90,
        "l" + "|[@,@][]" * 16 + "|map(&sort($), @)".replace("$", "[@]") * 20,
        "!" * (LONGEST - 1) + "a",
        "(" * 499 + "a" + ")" * 499,
        "[" * 499 + "a" + "]" * 499,
        "`" + "[" * 490 + "]" * 490 + "`",
        "a." * 499 + "a[",
    ],
)
def test_what_would_not_end_has_one_clear_error(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluated(text)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a" * (LONGEST + 1), "longer than 1,000 characters"),
        ("a.", "it ends too early"),
        ("a b", "it cannot be followed"),
        ("slugg(a)", "calls `slugg`, which is no function; did you mean `slug`?"),
        ("slug()", "gives slug() 0 arguments; it takes 1"),
        ("date(a, b, c)", "gives date() 3 arguments; it takes 1 or 2"),
        ("`x`", "write it between single quotes"),
    ],
)
def test_what_says_nothing_is_refused_before_any_record_is_read(text: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=why.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("join('/', [a.missing])", "join() takes a list of texts, and was given null"),
        ("&a", "gives an expression (&), which is no value; give it to a function"),
        ("`1e999`", "gives a number that is too large, or none"),
        ("split(a.b, '')", "has no answer: split() needs a separator that is not empty"),
        ("template(a.b, 'x', l)", "template() takes text, and was given a list"),
        ("slug(l)", "slug() takes text or a number or null, and was given a list"),
    ],
)
def test_what_has_no_answer_says_why(text: str, why: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluated(text)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("text", "plain"),
    [('a.b[0]."c d"', ("a", "b", 0, "c d")), ("@", ()), ("a[-1]", None), ("a[]", None), ("a | b", None)],
)
def test_it_is_known_which_expressions_are_but_a_place(text: str, plain: tuple[str | int, ...] | None) -> None:
    assert parsed(text).plain == plain


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("error && tool.name", {"error", "tool"}),
        ("type(error) == 'object' && !a", {"error"}),
        ("kind == 'x' && (a || b)", {"kind"}),
        ("kind == null", set()),
        ("type(kind) == 'null'", set()),
    ],
)
def test_a_claim_shows_which_keys_it_needs(text: str, keys: set[str]) -> None:
    assert required_keys(parsed(text)) == keys


# ---- properties ------------------------------------------------------------------------------------------------------

_names = st.sampled_from(["a", "b", "l", "t", "front", "sections", '"a b"', "missing"])
_atoms = st.one_of(
    _names,
    st.sampled_from(
        ["@", "*", "[*]", "[]", "[0]", "[-1]", "[::2]", "[::-1]", "'x'", "`1`", "`null`", "`[1, [2]]`", "`-1e308`"]
    ),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    from kb.sources.formats.functions import known

    calls = sorted(known().items())
    return st.one_of(
        st.builds("{}.{}".format, inner, _names),
        st.builds("{}[]".format, inner),
        st.builds("{} | {}".format, inner, inner),
        st.builds("({}) || {}".format, inner, inner),
        st.builds("{}[?{}]".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{x: {}, y: {}}}".format, inner, inner),
        st.builds("{} == {}".format, inner, inner),
        st.builds("{} < {}".format, inner, inner),
        st.builds("!{}".format, inner),
        st.sampled_from(calls).flatmap(
            lambda call: st.lists(
                st.builds("{}{}".format, st.sampled_from(["", "", "&"]), inner),
                min_size=call[1][0],
                max_size=call[1][0] + 1,
            ).map(lambda given: f"{call[0]}({', '.join(given)})")
        ),
    )


expressions = st.recursive(_atoms, _grown, max_leaves=12)


def _assert_clear(said: str) -> None:
    assert said
    assert "\n" not in said


def _assert_plain(value: Any, depth: int = 1) -> int:  # noqa: ANN401 - any JSON value
    assert type(value) in {str, int, float, bool, type(None), list, dict}
    assert not isinstance(value, Placed)
    assert depth <= contract.MAX_DEPTH
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    assert all(type(key) is str for key in value) if isinstance(value, dict) else True
    return 1 + sum(_assert_plain(child, depth + 1) for child in children)


@given(st.dictionaries(st.sampled_from(["a", "b", "l", "t", "front", "sections"]), values), expressions)
def test_whatever_an_expression_says_of_whatever_document_there_is_an_answer_or_one_error(
    document: Json, text: str
) -> None:
    try:
        answer, places = evaluated(text, document)
    except ExpressionError as error:
        _assert_clear(str(error))
        return
    assert _assert_plain(answer) <= 100_000
    for place in places.values():
        value_at(document, place)


@given(st.dictionaries(st.sampled_from(["a", "b~/c"]), values, min_size=1))
def test_the_place_of_a_place_leads_to_its_value(document: Json) -> None:
    for key in document:
        answer, places = evaluated(f'"{key}"', document)
        for at, place in places.items():
            assert value_at(document, place) == value_at(answer, at)


@given(st.text(alphabet="ab.[]()|@&'`\"*{}:,?!<=> 0-", max_size=40))
def test_no_text_is_more_than_an_expression_or_an_error(text: str) -> None:
    try:
        evaluated(text)
    except ExpressionError as error:
        _assert_clear(str(error))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_function_is_true(name: str) -> None:
    assert evaluated(FUNCTIONS[name].example.replace("\\n", "\n"))[0] == FUNCTIONS[name].answer
