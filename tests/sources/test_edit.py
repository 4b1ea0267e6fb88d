"""A JSON text is changed where it has to change, and nowhere else."""

import json
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.contract import BOM
from kb.model import GONE, Change, Json
from kb.rules.fixing import drop_gone
from kb.sources.edit import Edit, carried_out, edits
from tests.conftest import value_at
from tests.sources.test_locate import LAYOUTS, documents, pointers


def changed(text: str, *changes: tuple[str, Json, Json]) -> str:
    """A text after some changes, each a pointer, the value before and the value after."""
    raw = text.encode()
    return carried_out(raw, edits(raw, [Change("XXX000", *change) for change in changes])).decode()


# values


@pytest.mark.parametrize(
    ("before", "value", "after", "expected"),
    [
        ('{"a" :\t1.50E0}', 1.5, None, '{"a" :\tnull}'),
        ('{"a": "90%"}', "90%", 0.9, '{"a": 0.9}'),
        ('{"a": true}', True, "true", '{"a": "true"}'),
        (r'{"a": " \u4E2d\/\"x\n "}', ' 中/"x\n ', '中/"x', r'{"a": "\u4E2d\/\"x"}'),
        (r'{"a": "\ud83d\uDE00\u200bA\u200B."}', "😀\u200bA\u200b.", "😀A.", r'{"a": "\ud83d\uDE00A."}'),
        (r'{"a": "caf\u0065\u0301"}', "cafe\u0301", "café", r'{"a": "caf\u00e9"}'),
        ('{"a": "caf\u0065\u0301", "b": "é"}', "cafe\u0301", "café", '{"a": "café", "b": "é"}'),
        ('{"a": "x"}', "x", 'say "x"\n', r'{"a": "say \"x\"\n"}'),
    ],
)  # fmt: skip
def test_a_value_gives_way_and_what_stays_of_it_is_spelled_as_before(
    before: str, value: Json, after: Json, expected: str
) -> None:
    assert changed(before, ("/a", value, after)) == expected


def test_the_last_of_several_changes_of_a_place_holds() -> None:
    assert (
        changed('{"a": " \u200b"}', ("/a", " \u200b", "\u200b"), ("/a", "\u200b", ""), ("/a", "", None))
        == '{"a": null}'
    )


def test_several_changes_of_a_text_leave_its_spelling_alone() -> None:
    assert (
        changed(
            r'{"a": " cafe\u0301 \/ x"}',
            ("/a", " cafe\u0301 / x", "cafe\u0301 / x"),
            ("/a", "cafe\u0301 / x", "café / x"),
        )
        == r'{"a": "caf\u00e9 \/ x"}'
    )


def test_a_byte_order_mark_stays() -> None:
    raw = BOM + b'{"a": "x "}'
    assert edits(raw, [Change("TXT001", "/a", "x ", "x")]) == [Edit(9, 13, b'"x"')]


# elements that go

LIST = '{\r\n\t"a": [\r\n\t\t"x",\r\n\t\t{"y": [1]},\r\n\t\t"z"\r\n\t],\r\n\t"b": 0\r\n}\r\n'


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ((0,), LIST.replace('"x",\r\n\t\t', "")),
        ((1,), LIST.replace(',\r\n\t\t{"y": [1]}', "")),
        ((2,), LIST.replace(',\r\n\t\t"z"', "")),
        ((0, 1), LIST.replace('"x",\r\n\t\t{"y": [1]},\r\n\t\t', "")),
        ((1, 2), LIST.replace(',\r\n\t\t{"y": [1]},\r\n\t\t"z"', "")),
        ((0, 2), LIST.replace('"x",\r\n\t\t', "").replace(',\r\n\t\t"z"', "")),
        ((0, 1, 2), '{\r\n\t"a": [],\r\n\t"b": 0\r\n}\r\n'),
    ],
)
def test_an_element_takes_its_comma_and_its_line_with_it(gone: tuple[int, ...], expected: str) -> None:
    assert changed(LIST, *((f"/a/{i}", None, GONE) for i in gone)) == expected


def test_what_happens_within_an_element_that_goes_does_not_matter() -> None:
    changes = [("/a/1/y/0", 1, 2), ("/a/1/y", [1], [1, 3]), ("/a/1", None, GONE), ("/a/1/y/0", 1, GONE)]
    assert changed(LIST, *changes) == changed(LIST, ("/a/1", None, GONE))


# lists that grow


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('{"a": []}', '{"a": ["n", "m"]}'),
        ('{"a":[]}', '{"a":["n","m"]}'),
        ('{"a": null}', '{"a": ["n", "m"]}'),
        ('{"a":null}', '{"a":["n","m"]}'),
        ('{"a": ["x"]}', '{"a": ["x", "n", "m"]}'),
        ('{"a":["x"]}', '{"a":["x","n","m"]}'),
        ('{"a": ["x" , "y"]}', '{"a": ["x" , "y" , "n" , "m"]}'),
        ('{"a": [\n  "x"\n]}', '{"a": [\n  "x",\n  "n",\n  "m"\n]}'),
        ('{"a": [\n    "x"\n  , "y"\n]}', '{"a": [\n    "x"\n  , "y"\n  , "n"\n  , "m"\n]}'),
        ('{\n  "b" : 1\n}', '{\n  "b" : 1,\n  "a" : ["n", "m"]\n}'),
        ('{"c":2,"b":1}', '{"c":2,"b":1,"a":["n","m"]}'),
        ('{"b": 1}', '{"b": 1, "a": ["n", "m"]}'),
    ],
)
def test_a_list_grows_in_the_manner_of_the_author(before: str, expected: str) -> None:
    known = json.loads(before).get("a") or []
    assert changed(before, ("/a", known, [*known, "n", "m"])) == expected


@pytest.mark.parametrize(
    ("gone", "expected"),
    [((1,), '{"a": ["x", "n"]}'), ((0,), '{"a": ["y", "n"]}'), ((0, 1), '{"a": ["n"]}')],
)
def test_a_list_may_lose_and_gain(gone: tuple[int, ...], expected: str) -> None:
    assert changed('{"a": ["x", "y"]}', *((f"/a/{i}", "", GONE) for i in gone), ("/a", ["x"], ["x", "n"])) == expected


# laws

new_values = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)


more_values = st.lists(new_values, min_size=1, max_size=2)


def _few(places: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(places), max_size=4, unique=True) if places else st.just([])


def _put(document: Json, pointer: str, value: Json) -> None:
    outer, _, step = pointer.rpartition("/")
    holder = value_at(document, outer)
    holder[int(step) if isinstance(holder, list) else step.replace("~1", "/").replace("~0", "~")] = value


@given(documents, st.sampled_from(LAYOUTS), st.data())
def test_the_edited_text_says_what_the_changed_document_says(
    document: Json, layout: Callable[[Json], str], data: st.DataObject
) -> None:
    places = [pointer for pointer in pointers(document) if pointer]
    scalars = [pointer for pointer in places if not isinstance(value_at(document, pointer), dict | list)]
    lists = [pointer for pointer in places if isinstance(value_at(document, pointer), list)]
    elements = [pointer for pointer in places if isinstance(value_at(document, pointer.rpartition("/")[0]), list)]

    expected: Json = orjson.loads(orjson.dumps(document))
    changes: list[tuple[str, Json, Json]] = []
    for pointer in data.draw(_few(scalars)):
        after = data.draw(new_values)
        changes.append((pointer, value_at(document, pointer), after))
        _put(expected, pointer, after)
    for pointer in data.draw(_few(lists)):
        more = data.draw(more_values)
        changes.append((pointer, value_at(document, pointer), [*value_at(document, pointer), *more]))
        value_at(expected, pointer).extend(more)
    for pointer in sorted(data.draw(_few(elements)), key=lambda pointer: -pointer.count("/")):
        changes.append((pointer, None, GONE))
        _put(expected, pointer, GONE)

    edited = changed(layout(document), *changes)
    assert orjson.dumps(json.loads(edited)) == orjson.dumps(drop_gone(expected))


def test_thousands_of_edits_take_linear_time() -> None:
    text = json.dumps({"a": ["x "] * 40_000})
    edited = changed(text, *((f"/a/{i}", "x ", "x" if i % 2 else GONE) for i in range(40_000)))
    assert json.loads(edited) == {"a": ["x"] * 20_000}


def test_a_long_text_is_respelled_in_linear_time() -> None:
    before = "é \u200b" * 100_000
    text = json.dumps({"a": before})
    assert changed(text, ("/a", before, before.replace("\u200b", ""))) == text.replace("\\u200b", "")
