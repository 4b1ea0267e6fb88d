"""Every value of a JSON text is found at its place, place_of, and no text makes the search fail."""

import json
from collections.abc import Callable, Iterator

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.model import Json
from kb.pointer import escape
from kb.sources.locate import Place, offsets, place, place_of, spans
from tests.conftest import value_at
from tests.strategies import values

LAYOUTS: list[Callable[[Json], str]] = [
    lambda value: orjson.dumps(value).decode(),
    lambda value: orjson.dumps(value, option=orjson.OPT_INDENT_2).decode(),
    json.dumps,
    lambda value: json.dumps(value, indent="\t", separators=(" ,\r\n", " : ")),
]

keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["", "~", "/", "~1", "0", '"', "\\", "a/b~c", "{", "é\u2028", "\U0001f600", "\x00"]
)
documents = st.recursive(
    values, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)


def pointers(value: Json, here: str = "") -> Iterator[str]:
    yield here
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from pointers(child, f"{here}/{escape(str(key))}")


@given(documents, st.sampled_from(LAYOUTS))
def test_every_value_is_found_where_it_stands(document: Json, layout: Callable[[Json], str]) -> None:
    text = layout(document)
    found = offsets(text)
    assert set(found) == set(pointers(document))
    for pointer, at in found.items():
        value, _ = json.JSONDecoder().raw_decode(text, at)
        assert orjson.dumps(value) == orjson.dumps(value_at(document, pointer))


@given(documents, st.sampled_from(LAYOUTS))
def test_every_value_has_its_bounds(document: Json, layout: Callable[[Json], str]) -> None:
    text = layout(document)
    for pointer, (begin, start, end) in spans(text).items():
        assert orjson.dumps(json.loads(text[start:end])) == orjson.dumps(value_at(document, pointer))
        parent, _, step = pointer.rpartition("/")
        if pointer and isinstance(value_at(document, parent), dict):
            key, at = json.JSONDecoder().raw_decode(text, begin)
            assert escape(key) == step
            assert text[at:start].strip() == ":"
        else:
            assert begin == start


@given(documents, st.sampled_from(LAYOUTS), st.data())
def test_a_broken_text_is_followed_as_far_as_it_goes(
    document: Json, layout: Callable[[Json], str], data: st.DataObject
) -> None:
    text = layout(document)
    cut = data.draw(st.integers(0, len(text)))
    whole, part = offsets(text), offsets(text[:cut])
    before = {pointer for pointer, at in whole.items() if at < cut}
    assert {pointer: part.get(pointer) for pointer in before} == {pointer: whole[pointer] for pointer in before}


@given(st.text() | st.text('{}[],:"\\ \nab1'), st.text(max_size=8) | st.sampled_from(["/a", "/0/a", "/a/b"]))
@example("]", "/a")
@example('"\\', "")
@example("{{", "//")
@example("{1:2}", "/1")
def test_no_text_makes_it_fail(text: str, pointer: str) -> None:
    found = offsets(text)
    assert all(0 <= at < max(len(text), 1) for at in found.values())
    spot = place(text, found, pointer)
    assert spot.line >= 1
    assert spot.column >= 1


@pytest.mark.parametrize("text", ['"', '["', '{"a": "', '{"'])
def test_a_text_that_never_ends_takes_linear_time(text: str) -> None:
    assert isinstance(offsets(text + '\\"' * 200_000), dict)


TEXT = '{\n  "a": [1, {"é": "x"}],\n  "b/c": null\n}'


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", Place(1, 1)),
        ("/a", Place(2, 8)),
        ("/a/0", Place(2, 9)),
        ("/a/1", Place(2, 12)),
        ("/a/1/é", Place(2, 18)),
        ("/b~1c", Place(3, 10)),
        ("/missing", Place(1, 1)),
        ("/a/1/missing/deep", Place(2, 12)),
        ("/a/7", Place(2, 8)),
    ],
)
def test_a_finding_has_a_line_and_a_column(pointer: str, expected: Place) -> None:
    assert place(TEXT, offsets(TEXT), pointer) == expected


@given(st.text("ab\n\r\u2028é"), st.integers(0, 20))
def test_a_place_counts_line_feeds_and_characters(text: str, offset: int) -> None:
    before = text[: min(offset, len(text))]
    spot = place_of(text, len(before))
    assert spot == Place(before.count("\n") + 1, len(before.split("\n")[-1]) + 1)


def test_thousands_of_places_take_linear_time() -> None:
    text = json.dumps({str(i): None for i in range(40_000)}, indent=0)
    known = offsets(text)
    assert [place(text, known, f"/{i}").line for i in range(40_000)] == list(range(2, 40_002))


def test_columns_count_characters() -> None:
    text = '{"\U0001f600é": 1}'
    assert place(text, offsets(text), "/\U0001f600é") == Place(1, 8)
