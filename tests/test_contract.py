"""Strict reading, full explanation, fast acceptance, and the one shape of a curated document."""

import json
import unicodedata
from contextlib import suppress
from decimal import Decimal

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb import contract, pointer, words
from kb.model import LONGEST_RECORD, Document, Json
from kb.rules.base import ABSENT, Example
from kb.rules.example import CLEAN, with_changes
from tests.conftest import ROOT, clean, code_points, judge
from tests.strategies import mutated


def _name(value: object) -> str:
    return ascii(list(value) if isinstance(value, dict) else value)[:60]


def _nested(depth: int, opening: bytes = b'{"a":', closing: bytes = b"}") -> bytes:
    return opening * depth + b"1" + closing * depth


def _of_length(length: int) -> bytes:
    return b'{"a":"' + b"x" * (length - 8) + b'"}'


READ = [
    (b"{}", {}),
    (b' \n{"a": 1}\r\n\t', {"a": 1}),
    (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    ('{"a": "重启"}'.encode(), {"a": "重启"}),
    (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    (b'{"a": "\\u0000"}', {"a": "\0"}),
    (b'{"": null}', {"": None}),
    (b'{"a": {"b": 1}, "b": {"b": 2}}', {"a": {"b": 1}, "b": {"b": 2}}),
    (b'{"a": 18446744073709551615}', {"a": 2**64 - 1}),
    (b'{"a": -9223372036854775808}', {"a": -(2**63)}),
    (b'{"a": 1e308}', {"a": 1e308}),
    (b'{"a": 0e-999, "b": -0.0, "c": 1.50e0, "d": 100000000000000000000.0}', {"a": 0.0, "b": 0.0, "c": 1.5, "d": 1e20}),
    (
        b'{"a": "9007199254740993.0", "1e-400": 0.90, "b": 9007199254740993}',
        {"a": "9007199254740993.0", "1e-400": 0.9, "b": 9007199254740993},
    ),
    (_nested(contract.MAX_DEPTH), orjson.loads(_nested(contract.MAX_DEPTH))),
]


@pytest.mark.parametrize(("raw", "value"), READ, ids=_name)
def test_strict_json_is_read(raw: bytes, value: Document) -> None:
    assert contract.read(raw) == value


REFUSED = [
    (b"", "the text is empty; write a record there, or delete the file"),
    (b" \n", "the text is empty; write a record there, or delete the file"),
    (b"\xef\xbb\xbf", "the text is empty"),
    (b'\xef\xbb\xbf\xef\xbb\xbf{"a": 1}', "not strict JSON"),
    (b'{"a": 1', r'not strict JSON: EOF while parsing an object behind "{\\"a\\":"; correct it'),
    (b'{"a": 1,}', "not strict JSON but JSON with trailing commas; remove them"),
    (b'{"a": [1, 2,\n],\n}', "not strict JSON but JSON with trailing commas"),
    (b'// why\n{"a": 1}', "not strict JSON but JSON with comments; remove them"),
    (
        b'{"a": "/* // */", /* why */ "b": 1, // and this\n}',
        "not strict JSON but JSON with comments and trailing commas",
    ),
    (b'{"a": "x // y", "b": }', "not strict JSON: expected"),
    (b'{"a": 1 // why\n "b": 2}', "not strict JSON: expected"),
    (b"{'a': 1}", "not strict JSON"),
    (b'{"a": 1} // note', "not strict JSON but JSON with comments"),
    (b'{"a": 1}{"a": 1}', "not strict JSON"),
    (b'{"a": 1}\0', "not strict JSON"),
    (b'{"a": 1,\n "a": 2}', 'the key "a" stands twice in one object; keep one'),
    (b'{"a": 1, "\\u0061": 2}', "stands twice"),
    (b'{"x": [{"y": {"a": 1, "a": 1}}]}', "stands twice"),
    (b'{"a": NaN}', "not strict JSON"),
    (b'{"a": -Infinity}', "not strict JSON"),
    (b'{"a": 01}', "not strict JSON"),
    (b'{"a": +1}', "not strict JSON"),
    (b'{"a": .5}', "not strict JSON"),
    (b'{"a": 1e999}', "too large for a double"),
    (b'{"a": [[-1e999]]}', "too large for a double"),
    (b'{"a": 1e-400}', "the number 1e-400 would be read as 0.0; write that, or text"),
    (b'{"a": 9007199254740993.0}', "would be read as 9007199254740992.0"),
    (b'{"a": "1.0", "b": [1.00000000000000000001]}', "the number 1.00000000000000000001 would be read as 1.0"),
    (b'{"a": 1234567890.1234567890123}', "would be read as 1234567890.1234567;"),
    (b'{"a": ,}', "not strict JSON: expected value behind"),
    (b'{"a": 18446744073709551616}', "does not fit 64 bits"),
    (b'{"a": -9223372036854775809}', "does not fit 64 bits"),
    (b'{"a": ' + b"9" * 4000 + b"}", "does not fit 64 bits"),
    (b'{"a": ' + b"9" * 100_000 + b"}", "not strict JSON"),
    (b'{"a": "\xff"}', "not strict JSON"),
    (b'{"a": "\xed\xa0\x80"}', "not strict JSON"),
    (b'{"a": "\\ud800"}', "not strict JSON"),
    (b'{"\\udfff": 1}', "not strict JSON"),
    (b'{"a": "line\nfeed"}', "not strict JSON"),
    (orjson.dumps(clean()).decode().encode("utf-16"), "the text is UTF-16"),
    (b"null", "this is null"),
    (b"true", "this is a boolean"),
    (b"7", "this is a number"),
    (b'"text"', "this is text"),
    (b"[{}]", "this is a list"),
    (_nested(contract.MAX_DEPTH + 1), "nested deeper than 64 levels"),
    (b'{"a":' + _nested(contract.MAX_DEPTH, b"[", b"]") + b"}", "nested deeper than 64 levels"),
    (_nested(100_000), "nested deeper|not strict JSON"),
    (_of_length(LONGEST_RECORD + 1), "longer than the limit of 16,777,216 bytes"),
]


@pytest.mark.parametrize(("raw", "reason"), REFUSED, ids=_name)
def test_anything_else_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(contract.UnreadableError, match=reason) as error:
        contract.read(raw)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        (b'{"a": 1,\n "a": 2}', b" 2}"),
        (b'\xef\xbb\xbf{"a": 1,\n "line 9999 column 3": 1,\n "line 9999 column 3": 2}', b" 2}"),
        ('{"é": "é",\n "é" 1}'.encode(), b"1"),
        (b'{"a": 1e5, "b": 1e-400, "c": 1e-400}', b'1e-400, "c"'),
        (b'{"a": 1, // why\n "b": 2}', b"// why"),
    ],
)
def test_a_fault_has_its_place(raw: bytes, at: bytes) -> None:
    with pytest.raises(contract.UnreadableError) as error:
        contract.read(raw)
    assert raw.removeprefix(contract.BOM)[error.value.at :].startswith(at)


@pytest.mark.parametrize("key", ["x" * 5000, "a\nb", "at line 7 column 7", "\u202e"])
def test_the_reason_is_one_line_of_bounded_length(key: str) -> None:
    with pytest.raises(contract.UnreadableError, match="stands twice") as error:
        contract.read(orjson.dumps({key: 1})[:-1] + b"," + orjson.dumps({key: 1})[1:])
    assert len(str(error.value)) < 200
    assert str(error.value).isprintable()


numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@given(numbers)
@example("0.1000000000000000055511151231257827")
@example("4.9e-324")
@example("2.2250738585072011e-308")
@example("1" * 400 + ".0")
def test_a_number_is_kept_as_it_was_written_or_refused(written: str) -> None:
    document = _read(f'{{"a": [{written}]}}'.encode())
    if document is not None:
        (number,) = document["a"]
        assert Decimal(repr(number)) == Decimal(written)
    else:
        assert len(written) > 5


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1))
def test_what_a_program_writes_of_its_numbers_is_read(number: float) -> None:
    for text in (json.dumps({"a": number}).encode(), orjson.dumps({"a": number}), f'{{"a": {number!r} }}'.encode()):
        assert _read(text) == {"a": number}


def _read(raw: bytes) -> Document | None:
    with suppress(contract.UnreadableError):
        return contract.read(raw)
    return None


@pytest.mark.parametrize("raw", [raw for raw, _ in (*READ, *REFUSED)], ids=_name)
def test_spaces_between_the_values_make_no_difference(raw: bytes) -> None:
    assert _read(raw.replace(b": ", b":").replace(b", ", b",")) == _read(raw)


def test_a_record_may_be_as_long_as_the_limit() -> None:
    assert contract.read(_of_length(LONGEST_RECORD))


@pytest.mark.parametrize(
    ("example", "pointers"),
    [
        ({}, []),
        ({"/confidence": ABSENT, "/id": ABSENT}, ["/id", "/confidence"]),
        ({"/signature": " \n"}, ["/signature"]),
        ({"/signature": "\u0085"}, ["/signature"]),
        ({"/regex": "\ufeff"}, ["/regex"]),
        ({"/confidence": "high", "/resolvable": "maybe"}, ["/confidence", "/resolvable"]),
        ({"/confidence": True}, ["/confidence"]),
        ({"/evidence_count": 1.5}, ["/evidence_count"]),
        ({"/evidence_count": -1}, ["/evidence_count"]),
        ({"/dead_ends": [{}, {"action": 7, "sources": [None]}]}, [
            "/dead_ends/0/action",
            "/dead_ends/1/action",
            "/dead_ends/1/sources/0",
        ]),
        ({"/dead_ends": None, "/workarounds": {}}, ["/dead_ends", "/workarounds"]),
        ({"/transition_graph/leads_to": ["git/x", 7]}, ["/transition_graph/leads_to/1"]),
        ({"/tags": ["a"] * 9 + [1, "b", 2, 3]}, ["/tags/9", "/tags/11", "/tags/12"]),
        ({"/extensions": [], "/schema_version": 1, "/curation": "x"}, ["/curation", "/extensions", "/schema_version"]),
    ],
    ids=_name,
)  # fmt: skip
def test_every_violation_is_told_where_it_stands(example: Example, pointers: list[str]) -> None:
    document = with_changes(example)
    assert [pointer for pointer, _ in contract.violations(document)] == pointers
    assert contract.accepts(document) == (not pointers)


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ({"/confidence": ABSENT}, "`confidence` is missing; add it"),
        ({"/confidence": "high"}, '"high" is text; it has to be a number'),
        ({"/subcategory": 7}, "7 is a number; it has to be text or null"),
        ({"/signature": " "}, '" " is blank; write the text'),
        ({"/resolvable": "maybe"}, '"maybe" is none of "true", "partial", "false"; choose one'),
        (
            {"/transition_graph/leads_to": [[]]},
            "[] is no transition; give an id, or an object with `error_id`",
        ),
    ],
    ids=_name,
)
def test_a_violation_says_what_is_wrong_and_what_to_do(example: Example, message: str) -> None:
    assert [text for _, text in contract.violations(with_changes(example))] == [message]


def test_keys_are_escaped_in_pointers() -> None:
    assert pointer.escape("a/b~c") == "a~1b~0c"
    assert [finding.pointer for finding in judge({**clean(), "a/b~c": 1}).findings] == ["/a~1b~0c"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", '"x"'),
        (None, "null"),
        ({"a": [1]}, '{"a":[1]}'),
        ("a\nb\x1b[31m", '"a\\nb\\u001b[31m"'),
        ("a\u202eb\u200b\x9b", '"a\\u202eb\\u200b\\u009b"'),
        ("重启", '"重启"'),
        ("x" * 100, '"' + "x" * 39 + "…" + "x" * 14 + '"'),
    ],
    ids=_name,
)
def test_a_value_is_shown_on_one_short_line_without_tricks(value: Json, text: str) -> None:
    assert words.show(value) == text


@given(mutated)
def test_fast_acceptance_and_full_explanation_agree(document: Document) -> None:
    assert contract.accepts(document) == (not list(contract.violations(document)))


def test_both_agree_on_what_is_blank() -> None:
    for char in (char for char in code_points() if unicodedata.category(char) in {"Cc", "Cf", "Zs", "Zl", "Zp"}):
        document = {**clean(), "regex": char}
        assert contract.accepts(document) == (not list(contract.violations(document))), ascii(char)


@given(mutated)
def test_completing_twice_is_completing_once(document: Document) -> None:
    if contract.accepts(document):
        once = contract.complete(document)
        assert orjson.dumps(contract.complete(once)) == orjson.dumps(once)


@given(mutated)
def test_completing_loses_no_value(document: Document) -> None:
    if contract.accepts(document):
        full = contract.complete(document)
        for key in document.keys() - {"schema_version", "curation", "transition_graph"}:
            assert _holds(full.get(key), document[key])


def _holds(full: Json, part: Json) -> bool:
    """Whether all that a part says stands in what it was completed to."""
    if isinstance(part, dict) and isinstance(full, dict):
        return all(_holds(full.get(key), value) for key, value in part.items())
    if isinstance(part, list) and isinstance(full, list) and part:
        return len(full) == len(part) and all(map(_holds, full, part))
    return bool(full == part) or not (full or part)


@given(mutated)
def test_the_order_of_keys_is_one(document: Document) -> None:
    if contract.accepts(document):
        native = [key for key in contract.complete(document) if key in CLEAN]
        assert native == list(CLEAN)


def test_the_shortest_record_is_completed() -> None:
    schema = orjson.loads((ROOT / "schemas" / f"{contract.INCOMING}.json").read_bytes())
    full = contract.complete({key: CLEAN[key] for key in reversed(schema["required"])})
    assert list(full) == list(CLEAN)
    assert full["transition_graph"] == {"leads_to": [], "preceded_by": [], "frequently_confused_with": []}
    assert (full["versions"], full["os_specific"], full["root_cause"]) == ([], {}, None)


def test_unknown_keys_follow_in_alphabetical_order() -> None:
    full = contract.complete({"zeta": 1, **clean(), "alpha": 2, "extensions": {"x": 1}})
    assert list(full)[len(CLEAN) :] == ["alpha", "zeta", "extensions"]


def test_a_transition_given_as_an_id_becomes_an_object() -> None:
    full = contract.complete(with_changes({"/transition_graph/leads_to": ["git/x", {"error_id": "git/y", "odd": 1}]}))
    assert full["transition_graph"]["leads_to"] == [
        {"error_id": "git/x", "probability": None, "condition": None, "distinction": None},
        {"error_id": "git/y", "probability": None, "condition": None, "distinction": None, "odd": 1},
    ]


def test_what_an_earlier_publication_added_is_left_out() -> None:
    full = contract.complete({**clean(), "schema_version": "0", "curation": {"source": "elsewhere"}})
    assert full == CLEAN


def test_so_many_violations_are_explained_and_the_rest_is_said() -> None:
    document = with_changes({"/tags": list(range(contract.MOST_EXPLAINED + 1))})
    places = [pointer for pointer, _ in contract.violations(document)]
    assert places == [*(f"/tags/{n}" for n in range(contract.MOST_EXPLAINED)), ""]
    document["tags"] = document["tags"][:-1]
    assert [pointer for pointer, _ in contract.violations(document)] == places[:-1]
