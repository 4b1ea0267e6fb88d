"""The key of a finding: the same while the record says the same at that place, another where it says something else."""

import random
import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.fingerprint import AT_POINTER, fingerprints
from kb.model import Document, Json
from kb.rules.example import with_changes
from tests.bases import Base, ndjson, record
from tests.conftest import clean, judge
from tests.strategies import mutated

ACTIONS = ["Restart the daemon", "Delete the lock file", "Run it again"]


def of(
    document: Json, code: str = "DED001", pointer: str = "/x", value: Json = AT_POINTER, owner: str = "git/x"
) -> str:
    (key,) = fingerprints(owner, document, [(code, pointer, value)])
    return key


def with_dead_ends(*items: Document, **values: Json) -> Document:
    return with_changes({"/dead_ends": list(items), **{f"/{key}": value for key, value in values.items()}})


def unsourced(action: str, **values: Any) -> Document:  # noqa: ANN401
    """A dead end that EVD002 speaks against."""
    return {"action": action, "why_fails": "the lock belongs to another process", "fail_rate": 0.9, **values}


def keys(subject: Json, code: str = "EVD002") -> list[str]:
    return [finding.fingerprint for finding in judge(subject).findings if finding.code == code]


def test_it_is_16_hexadecimal_digits() -> None:
    assert re.fullmatch("[0-9a-f]{16}", of({"x": 1}))


def test_it_is_a_promise_across_versions() -> None:
    """Baselines hold these keys: whoever changes how they are made invalidates every one of them."""
    document = {"dead_ends": [{"action": "Restart", "fail_rate": 7}]}
    assert of(document, "RAT001", "/dead_ends/0/fail_rate") == "071a2870c9bee3e9"


@pytest.mark.parametrize(
    "other",
    [
        {"owner": "git/y"},
        {"code": "DED002"},
        {"pointer": "/y"},
        {"document": {"x": 2, "y": 1}},
        {"value": "as it was"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_owner_code_pointer_and_value_all_count(other: dict[str, Any]) -> None:
    assert of(**{"document": {"x": 1, "y": 1}, **other}) != of({"x": 1, "y": 1})


@pytest.mark.parametrize("key", ["action", "version", "error_id", "url"])
def test_a_list_item_is_known_by_its_name_not_by_its_place(key: str) -> None:
    one, two = {key: "one", "rate": 1}, {key: "two", "rate": 1}
    assert of([one, two], pointer="/0/rate") == of([two, one], pointer="/1/rate") != of([one, two], pointer="/1/rate")


def test_a_text_in_a_list_is_known_by_itself() -> None:
    assert of(["a", "b"], pointer="/1") == of(["b"], pointer="/0") != of(["a"], pointer="/0")


def test_of_a_container_only_its_kind_counts() -> None:
    assert of({"x": [1]}) == of({"x": [1, 2]}) != of({"x": []})
    assert of({"x": {"a": 1}}) == of({"x": {"b": 2}}) != of({"x": [1]})


def test_absent_null_and_empty_are_one() -> None:
    assert of({}) == of({"x": None}) == of({"x": []}) == of({"x": {}})


def test_pointers_are_followed_as_their_standard_says() -> None:
    assert of({"a/b": {"~": 1}}, pointer="/a~1b/~0") != of({"a/b": {"~": 2}}, pointer="/a~1b/~0")


@pytest.mark.parametrize("pointer", ["/x/y", "/l/7/a", "/l/x", "/l/-1", "/nowhere/0"])
def test_a_pointer_to_nowhere_has_a_key_too(pointer: str) -> None:
    assert of({"x": 1, "l": [{}]}, pointer=pointer)


def test_equal_findings_of_one_record_are_numbered_and_the_first_keeps_its_key() -> None:
    found = [("TXT001", "/tags/0", " a"), ("TXT001", "/tags/1", " a")]
    alone, *_ = fingerprints("git/x", {"tags": ["a", "a"]}, found[:1])
    first, second = fingerprints("git/x", {"tags": ["a", "a"]}, found)
    assert first == alone != second


# what the record stage finds


def test_it_survives_lists_in_another_order() -> None:
    items = [unsourced(action) for action in ACTIONS]
    assert len(set(keys(with_dead_ends(*items)))) == len(ACTIONS)
    assert set(keys(with_dead_ends(*items))) == set(keys(with_dead_ends(*reversed(items))))


def test_it_survives_edits_elsewhere_in_the_record() -> None:
    before = with_dead_ends(unsourced(ACTIONS[0]))
    after = with_dead_ends(
        {"action": "Something new", "why_fails": "does not reach the cause", "sources": ["https://git-scm.com/docs"]},
        unsourced(ACTIONS[0], why_fails="another reason, in more than a few words", fail_rate=0.8),
        root_cause="told anew",
        confidence=0.3,
    )
    assert keys(before) == keys(after)


def test_it_survives_other_bytes_of_the_same_document() -> None:
    document = with_dead_ends(unsourced(ACTIONS[0]))
    assert keys(orjson.dumps(document, option=orjson.OPT_INDENT_2)) == keys(document)


def test_it_survives_the_repair_of_other_texts_of_the_item() -> None:
    assert keys(with_dead_ends(unsourced(f" {ACTIONS[0]}"))) == keys(with_dead_ends(unsourced(ACTIONS[0])))


def test_another_value_at_the_place_is_another_finding() -> None:
    assert keys(with_changes({"/confidence": 7}), "RAT001") != keys(with_changes({"/confidence": 8}), "RAT001")


def test_a_repair_is_known_by_what_stood_there() -> None:
    once, other = with_changes({"/root_cause": " a"}), with_changes({"/root_cause": "a "})
    assert keys(once, "TXT001") != keys(other, "TXT001")


def test_bytes_that_cannot_be_read_are_known_by_path_and_content() -> None:
    one, two = judge(b'{"a": NaN}', path="raw/x.ndjson"), judge(b'{"b": NaN}', path="raw/x.ndjson")
    moved = judge(b'{"a": NaN}', path="raw/y.ndjson")
    assert len({outcome.findings[0].fingerprint for outcome in (one, two, moved)}) == 3


@given(mutated, st.randoms(use_true_random=False))
def test_the_keys_of_a_record_differ_and_do_not_hang_on_order(document: Document, chance: random.Random) -> None:
    found = [finding.fingerprint for finding in judge(document).findings]
    assert len(found) == len(set(found))
    shuffled = dict(document)
    for key in ("dead_ends", "workarounds", "versions"):
        if isinstance(shuffled.get(key), list):
            shuffled[key] = chance.sample(shuffled[key], len(shuffled[key]))
    stable = {f.fingerprint for f in judge(document).findings if f.code in {"TXT001", "TXT003", "DED001", "SCH002"}}
    assert stable <= {finding.fingerprint for finding in judge(shuffled).findings}


# in the base


def test_every_finding_of_a_base_has_one(example: Base) -> None:
    rows = example.query("SELECT path, position, fingerprint FROM findings")
    assert all(re.fullmatch("[0-9a-f]{16}", key) for _, _, key in rows)
    assert len(set(rows)) == len(rows)


def test_what_other_records_say_against_one_has_the_same_key_wherever_it_is_judged(base: Base) -> None:
    """A finding about a published record, in a file of its own and on a line of another."""
    future = record("a", last_updated="2030-01-01")
    base.put("raw/git/a.json", future)
    base.ingest()
    sql = "SELECT fingerprint FROM findings WHERE code IN ('DAT003', 'IDN003') ORDER BY code"
    alone = base.column(sql)
    base.put("raw/git/all.ndjson", ndjson(record("b"), future))
    base.drop("raw/git/a.json")
    base.ingest()
    assert base.column(sql) == alone
    assert len(alone) == 1


def test_the_loser_of_an_id_has_one(base: Base) -> None:
    base.put("raw/git/a.ndjson", ndjson(clean(), {**clean(), "confidence": 0.3}))
    base.ingest()
    (key,) = base.column("SELECT fingerprint FROM findings WHERE code = 'IDN003'")
    assert key == of(clean(), "IDN003", "/id", owner=clean()["id"])
