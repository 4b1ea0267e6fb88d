"""What a foreign format says besides goes with the item that it was said of, hides nothing, and is never lost."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import contract
from kb.model import Curated, Document, Json
from tests.conftest import body, clean, codes, judge, published
from tests.errorcanon import ERRORCANON, FORM
from tests.strategies import careless, texts, values

LISTS = ("dead_ends", "workarounds", "leads_to")


def canon(items: list[tuple[str, str]]) -> Document:
    """An ErrorCanon record with so many items in each of its lists, each with a key of its own."""
    source = ERRORCANON.to_source(clean())
    source["dead_ends"] = [
        {"action": f"Try {name}", "why_fails": f"It has nothing to do with {name}.", "common_misconception": note}
        for name, note in items
    ]
    source["workarounds"] = [
        {"action": f"Do {name}", "how": f"Open {name}, then run it.", "tradeoff": note} for name, note in items
    ]
    source["transition_graph"] = {
        "leads_to": [{"error_id": f"git/{name}", "typical_delay": note} for name, note in items]
    }
    return source


def said(source: Document) -> dict[str, dict[str, Json]]:
    """Of each item in a foreign record, by what it is, what the native format has no place for."""
    lists = {**source, **source["transition_graph"]}
    return {
        key: {
            item.get("action") or item["error_id"]: item.get(("common_misconception", "tradeoff", "typical_delay")[i])
            for item in lists[key]
        }
        for i, key in enumerate(LISTS)
    }


def _new(key: str, i: int) -> Document:
    if key == "leads_to":
        return {"error_id": f"git/new-{i}"}
    return {"action": f"Begin {key} {i}", "why_fails" if key == "dead_ends" else "how": f"That is new, as is {i}."}


names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True)


@given(names, st.data())
def test_whatever_a_curator_does_to_a_list_each_item_keeps_its_own(items: list[str], data: st.DataObject) -> None:
    """Take out, put in, and move items of the curated record, copy it into raw/, and export it."""
    source = canon([(name, f"of {name}") for name in items])
    curated = body(published(source).document)
    for holder, key in ((curated, "dead_ends"), (curated, "workarounds"), (curated["transition_graph"], "leads_to")):
        kept = [item for item in data.draw(st.permutations(holder[key])) if data.draw(st.booleans())]
        new = [_new(key, i) for i in range(data.draw(st.integers(0, 2)))]
        holder[key] = data.draw(st.permutations(kept + new))
    edited = published(curated).document
    document, unplaced = ERRORCANON.carried(edited)
    before, after = said(source), said(document)
    for key in LISTS:
        assert after[key] == {name: before[key].get(name) for name in after[key]}
    assert unplaced == []
    again = published(document)
    assert ERRORCANON.to_source(again.document) == document


def test_what_is_said_of_a_copy_that_is_merged_goes_to_no_other() -> None:
    source = canon([("a", "of a"), ("b", "of b"), ("c", "of c")])
    source["dead_ends"].insert(1, {**source["dead_ends"][0], "common_misconception": "of the copy"})
    outcome = published(source)
    assert "DED003" in codes(outcome)
    document, unplaced = ERRORCANON.carried(published(body(outcome.document)).document)
    assert said(document)["dead_ends"] == {"Try a": "of a", "Try b": "of b", "Try c": "of c"}
    assert unplaced == []
    assert said(FORM.original(outcome.document, outcome.changes).document) == said(source)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_what_an_older_kb_carried_by_index_is_kept_apart(count: int) -> None:
    """Nobody can tell whether the list was edited since, so nothing is put at an item."""
    carried = {"dead_ends": {str(i): {"common_misconception": f"of {i}"} for i in range(3)}}
    items = [{"action": f"Try {i}", "why_fails": "It fails, as all of them do."} for i in range(count)]
    document, unplaced = ERRORCANON.carried({**clean(), "dead_ends": items, "extensions": {"errorcanon": carried}})
    assert document["dead_ends"] == items
    assert document["kb"]["extensions"] == {"errorcanon": carried}
    assert unplaced == ["/kb/extensions/errorcanon/dead_ends"]


_ITEMS = ERRORCANON.to_source(clean())["dead_ends"]


@pytest.mark.parametrize(
    ("carried", "native", "place", "value"),
    [
        ({"error": {"first_seen": None}}, {"first_seen": "2020-01-01"}, ("error", "first_seen"), "2020-01-01"),
        ({"absent": {"places": ["/dead_ends"]}}, {}, ("dead_ends",), _ITEMS),
        ({"absent": {"places": ["/metadata/evidence_count"]}}, {"evidence_count": 0}, ("metadata", "evidence_count"), 0),
        ({"absent": {"places": [], "nulls": ["/verdict/summary"]}}, {}, ("verdict", "summary"), clean()["root_cause"]),
        ({"verdict": "none"}, {}, ("verdict", "confidence"), clean()["confidence"]),
        ({"error": {"signature": {"x": 1}}}, {}, ("error", "signature"), clean()["signature"]),
        ({"id": "git/another"}, {}, ("id",), clean()["id"]),
        ({"dead_ends": []}, {}, ("dead_ends",), _ITEMS),
    ],
)  # fmt: skip
def test_nothing_carried_hides_what_the_record_says(
    carried: Document, native: Document, place: tuple[str, ...], value: Json
) -> None:
    document: Any = ERRORCANON.to_source({**clean(), **native, "extensions": {"errorcanon": carried}})
    for key in place:
        document = document[key]
    assert document == value


keys = st.sampled_from(
    ["id", "error", "verdict", "signature", "dead_ends", "workarounds", "transition_graph", "leads_to", "metadata", "absent",
    "places", "nulls", "texts", "was", "kb", "extensions", "errorcanon", "0", "7", "-1", "action", "x"]
)  # fmt: skip
odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1, 99)
    | texts
    | st.sampled_from(["/dead_ends/0/sources", "/id", "//", "/"]),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(keys, children, max_size=4),
    max_leaves=12,
)
"""What others may keep under `extensions.errorcanon`: keys that kb writes there, with anything behind them."""


@given(careless, odd | values, odd | st.none())
def test_whatever_is_carried_nothing_is_lost_and_nothing_hidden(document: Document, ours: Json, of_item: Json) -> None:
    document["extensions"] = {"errorcanon": ours, "other": {"x": 1}}
    for item in document["dead_ends"][:1]:
        item["extensions"] = {"errorcanon": of_item}
    outcome = judge(document)
    if not isinstance(outcome, Curated):
        return
    native = outcome.document
    source, _ = ERRORCANON.carried(native)
    missing = _scalars(native["extensions"]["errorcanon"]) - _scalars(source) - _scalars(_spelling(native))
    assert missing == set()
    back = contract.complete(ERRORCANON.to_native(orjson.loads(orjson.dumps(source))))
    assert _said(back) == _said(native)
    assert back["extensions"]["other"] == native["extensions"]["other"]
    assert ERRORCANON.to_source(back) == source


def _spelling(native: Document) -> Json:
    own = native["extensions"]["errorcanon"]
    note = own.get("absent") if isinstance(own, dict) else None
    return {key: value for key, value in note.items() if key != "was"} if isinstance(note, dict) else None


def _scalars(value: Json) -> set[str]:
    if isinstance(value, dict | list):
        return set().union(*map(_scalars, value.values() if isinstance(value, dict) else value))
    return set() if value in (None, "") else {orjson.dumps(value).decode()}


def _said(native: Document) -> Document:
    """What a record says in the words of the native format, its lists without what other formats say and unknown keys."""
    shapes = contract.shapes()

    def plain(items: list[Document], kind: str) -> list[Document]:
        return [{key: item[key] for key in shapes[kind].keys} for item in items]

    return {
        key: native[key] for key in shapes["record"].keys if key not in {*LISTS, "transition_graph", "versions"}
    } | {
        "versions": native["versions"],
        "dead_ends": plain(native["dead_ends"], "dead_end"),
        "workarounds": plain(native["workarounds"], "workaround"),
        "graph": {key: plain(native["transition_graph"][key], "transition") for key in shapes["transition_graph"].keys},
    }


@given(careless)
def test_a_native_record_says_the_same_after_a_journey(document: Document) -> None:
    for item in (*document["dead_ends"], *document["workarounds"]):
        item.pop("odd", None)  # an unknown key is one of the foreign format afterwards
    outcome = judge(document)
    if isinstance(outcome, Curated):
        source = ERRORCANON.to_source(outcome.document)
        again = judge(source)
        assert isinstance(again, Curated)
        assert _said(again.document) == _said(outcome.document)
        assert again.changes == ()


@pytest.mark.parametrize("form", [None, "errorcanon"])
@pytest.mark.parametrize(
    "carried", [[], "text", 0, 1, True, {"error": []}, {"dead_ends": {"x": 1}}, {"absent": 3}], ids=repr
)
def test_odd_values_are_published_as_they_are(carried: Json, form: str | None) -> None:
    native = {**clean(), "extensions": {"errorcanon": carried}}
    native["dead_ends"][0]["extensions"] = {"errorcanon": carried}
    outcome = published(native)
    assert outcome.document["extensions"] == native["extensions"]
    assert outcome.document["dead_ends"][0]["extensions"] == native["dead_ends"][0]["extensions"]
    assert "SCH003" not in codes(outcome)
    assert form is None or isinstance(ERRORCANON.to_source(outcome.document), dict)


@pytest.mark.parametrize("wrong", [[], "text", 1])
def test_extensions_of_an_item_are_an_object(wrong: Json) -> None:
    native = clean()
    native["workarounds"][0]["extensions"] = wrong
    assert [f.pointer for f in judge(native).findings if f.code == "SCH002"] == ["/workarounds/0/extensions"]
