"""DED003 and WRK003: what is merged, what goes along, and what is left to a curator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import GONE, Change, Document, Json
from kb.rules.base import Example
from kb.rules.copies import merge_copies
from kb.rules.example import CLEAN, with_changes
from tests.conftest import codes, published

KINDS = {"dead_ends": ("DED003", "DED006"), "workarounds": ("WRK003", "WRK008")}

each_kind = pytest.mark.parametrize("key", KINDS)


def _copy(key: str, *, of: int = 0, **changes: object) -> Document:
    item: Document = {**CLEAN[key][of], **changes}
    return item


@each_kind
def test_copies_unite_their_sources_in_order(key: str) -> None:
    sources = ["https://example.org/b", *CLEAN[key][0]["sources"], "https://example.org/a"]
    outcome = published(with_changes({f"/{key}/2": _copy(key, sources=sources)}))
    assert len(outcome.document[key]) == 2
    assert outcome.document[key][0]["sources"] == [
        *CLEAN[key][0]["sources"],
        "https://example.org/b",
        "https://example.org/a",
    ]


@each_kind
def test_white_space_around_its_words_makes_no_copy_another(key: str) -> None:
    spaced = f" {CLEAN[key][0]['action']}\n"
    outcome = published(with_changes({f"/{key}/2": _copy(key, action=spaced, condition=" ")}))
    assert outcome.document[key] == CLEAN[key]


@each_kind
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("git branch -d topic", "git branch -D topic"),
        ("tar -c -f a.tar x", "tar -C -f a.tar x"),
        ("grep 'a  b' log", "grep 'a b' log"),
        ("Empty the cache", "empty the cache"),
    ],
)
def test_what_differs_in_case_or_inner_space_stays_and_is_flagged(key: str, one: str, other: str) -> None:
    outcome = published(with_changes({f"/{key}/2": _copy(key, action=one), f"/{key}/3": _copy(key, action=other)}))
    merged, disagree = KINDS[key]
    assert [item["action"] for item in outcome.document[key][2:]] == [one, other]
    assert merged not in codes(outcome)
    (finding,) = (finding for finding in outcome.findings if finding.code == disagree)
    assert finding.pointer == f"/{key}/3"
    assert "case or spaces alone" in finding.message


@each_kind
@pytest.mark.parametrize(("one", "other"), [("git add", "git add ."), ("cd ..", "cd ."), ("ls a.", "ls a")])
def test_what_differs_in_a_dot_is_another_thing(key: str, one: str, other: str) -> None:
    outcome = published(with_changes({f"/{key}/2": _copy(key, action=one), f"/{key}/3": _copy(key, action=other)}))
    assert [item["action"] for item in outcome.document[key][2:]] == [one, other]


@each_kind
def test_a_copy_of_what_already_disagrees_is_one_with_that(key: str) -> None:
    rate = "fail_rate" if key == "dead_ends" else "success_rate"
    other = {**_copy(key), rate: 0.5}
    outcome = published(with_changes({f"/{key}/2": other, f"/{key}/3": other}))
    assert outcome.document[key] == [*CLEAN[key], other]


@each_kind
def test_true_is_not_one(key: str) -> None:
    outcome = published(with_changes({f"/{key}/2": _copy(key, note=1), f"/{key}/3": _copy(key, note=True)}))
    assert len(outcome.document[key]) == 4


@each_kind
def test_three_copies_are_one(key: str) -> None:
    outcome = published(with_changes({f"/{key}/2": _copy(key), f"/{key}/3": _copy(key)}))
    assert outcome.document[key] == CLEAN[key]
    gone = [
        change.pointer for change in outcome.changes if change.after is GONE and change.pointer.startswith(f"/{key}/")
    ]
    assert gone == [f"/{key}/2", f"/{key}/3"]


@each_kind
def test_the_same_under_another_condition_is_another_thing(key: str) -> None:
    outcome = published(with_changes({f"/{key}/2": _copy(key, condition="On Windows")}))
    assert len(outcome.document[key]) == 3
    assert not {*KINDS[key]} & codes(outcome)


@each_kind
def test_no_condition_and_an_empty_one_are_one(key: str) -> None:
    outcome = published(with_changes({f"/{key}/2": _copy(key, condition="")}))
    assert len(outcome.document[key]) == 2


@each_kind
@pytest.mark.parametrize(
    "changes", [{"fail_rate": 0.5, "success_rate": 0.5}, {"note": "another"}], ids=["rate", "note"]
)
def test_copies_that_differ_both_stay_and_disagree(key: str, changes: Document) -> None:
    own = {name: value for name, value in changes.items() if name in {*CLEAN[key][0], "note"}}
    outcome = published(with_changes({f"/{key}/2": _copy(key, **own)}))
    merged, disagree = KINDS[key]
    assert len(outcome.document[key]) == 3
    assert disagree in codes(outcome)
    assert merged not in codes(outcome)


@each_kind
def test_empty_actions_are_no_copies_of_each_other(key: str) -> None:
    outcome = published(with_changes({f"/{key}/0/action": "", f"/{key}/2": _copy(key, action="")}))
    assert len(outcome.document[key]) == 3


TWICE: Example = {"/workarounds/2": _copy("workarounds")}


def test_the_translation_of_a_merged_workaround_goes_with_it() -> None:
    outcome = published(with_changes({**TWICE, "/workarounds_zh/2": "先进入目录"}))
    assert outcome.document["workarounds_zh"] == CLEAN["workarounds_zh"]
    assert Change("WRK003", "/workarounds_zh/2", "先进入目录", GONE) in outcome.changes


def test_translations_that_do_not_stand_one_for_one_stay() -> None:
    outcome = published(with_changes(TWICE))
    assert outcome.document["workarounds_zh"] == CLEAN["workarounds_zh"]


def test_a_copy_whose_going_would_shift_translations_stays() -> None:
    items = CLEAN["workarounds"]
    example = {"/workarounds": [items[0], items[0], items[1]], "/workarounds_zh": ["先进入目录", "再进入目录"]}
    outcome = published(with_changes(example))
    assert outcome.document["workarounds"] == example["/workarounds"]
    assert "LOC003" in codes(outcome)


def test_a_copy_in_the_middle_leaves_the_others_in_their_places() -> None:
    items, texts = CLEAN["workarounds"], CLEAN["workarounds_zh"]
    example = {"/workarounds": [items[0], items[0], items[1]], "/workarounds_zh": [texts[0], texts[0], texts[1]]}
    outcome = published(with_changes(example))
    assert outcome.document["workarounds"] == items
    assert outcome.document["workarounds_zh"] == texts
    assert "LOC003" not in codes(outcome)


def test_a_source_stands_once_after_both_kinds_of_merging() -> None:
    url = "https://example.org/a"
    outcome = published(with_changes({"/dead_ends/2": _copy("dead_ends", sources=[url, url])}))
    assert outcome.document["dead_ends"][0]["sources"] == [*CLEAN["dead_ends"][0]["sources"], url]


ITEMS = st.fixed_dictionaries(
    {
        "action": st.sampled_from(["git init", "git init ", "git  init", ""]),
        "condition": st.sampled_from([None, "in CI"]),
        "sources": st.lists(
            st.sampled_from(["https://a.example", "https://b.example", "https://c.example"]), max_size=3
        ),
        "fail_rate": st.sampled_from([1, 1.0, 0.5]),
    }
)


def _merged_slowly(items: list[Document]) -> list[Json]:
    """Each item is held against every one before it, and its sources against all that are there."""
    merged: list[Json] = list(items)
    for i, item in enumerate(items):
        for home in range(i):
            first = merged[home]
            if first is not GONE and item["action"].strip() and _words(item) == _words(first):
                added = [url for url in item["sources"] if url not in first["sources"]]
                merged[home] = {**first, "sources": first["sources"] + added}
                merged[i] = GONE
                break
    return merged


def _words(item: Document) -> tuple[Json, ...]:
    return item["action"].strip(), item["condition"], item["fail_rate"]


@given(st.lists(ITEMS, max_size=8))
def test_many_copies_are_merged_as_one_after_the_other_would_be(items: list[Document]) -> None:
    assert merge_copies(items) == _merged_slowly(items)
