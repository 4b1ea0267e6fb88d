"""What columns ask: the declaration against that of the tables, and what it says of values."""

import copy
from typing import Any

import pytest

from kb import columns
from kb.contract import complete, shapes
from kb.model import Document, Json
from kb.rules.example import CLEAN
from kb.settings import Settings
from kb.store import layout

LADDER = Settings().trust.ladder
KINDS = {
    "records": "record",
    "dead_ends": "dead_end",
    "workarounds": "workaround",
    "versions": "version",
    "transitions": "transition",
}


def test_no_null_may_stand_where_the_tables_want_none() -> None:
    for table, kind in KINDS.items():
        required = {column.name for column in layout.tables()[table][1] if not column.nullable}
        assert set(columns.FILLED[table]) == required & set(shapes()[kind].keys), table


def test_what_is_asked_is_asked_of_columns_that_there_are() -> None:
    there = {(table, column.name) for table, (_, declared) in layout.tables().items() for column in declared}
    assert columns.asked(LADDER).keys() <= there


def test_days_are_what_a_column_of_days_holds() -> None:
    days = {(t, c.name) for t in KINDS for c in layout.tables()[t][1] if c.type == "DATE"}
    assert {place for place, one in columns.asked(LADDER).items() if one is columns.DAY} == days


def test_the_clean_record_keeps_them() -> None:
    assert list(columns.breaches(CLEAN, LADDER)) == []


SPOILT: dict[str, list[Json]] = {
    "/id": ["no id", "git", "git/x\n", "a/b/c/d", None, "git/é"],
    "/confidence": [-1e-9, 1.0000001, 10, 1e308, None, "0.9"],
    "/fix_success_rate": [-0.1, 100, 2],
    "/dead_ends/1/fail_rate": [-1, 1.5],
    "/workarounds/0/success_rate": [7],
    "/transition_graph/leads_to/0": [{"error_id": "git/x", "probability": p} for p in (-1, 10)],
    "/first_seen": ["2024-02-30", "20240601", "2024-W01-1", "0000-01-01", "2024-06-01 ", "", "\uff12024-06-01"],
    "/last_confirmed": ["2024-2-3", "tomorrow"],
    "/verification_tier": ["sure", "", None],
    "/resolvable": ["maybe", None],
    "/evidence_count": [-1],
    "/signature": [None],
    "/dead_ends/0/action": [None],
    "/dead_ends/0/why_fails": [None],
    "/versions/0/version": [None],
}

KEPT: dict[str, list[Json]] = {
    "/confidence": [0, 1, 1.0, -0.0, 1e-300],
    "/fix_success_rate": [None, 0],
    "/first_seen": [None, "0001-01-01", "2024-02-29"],
    "/last_confirmed": [None, "9999-12-31"],
    "/evidence_count": [None, 0],
    "/resolvable": ["partial"],
    "/verification_tier": ["reproduced"],
}


def cases(table: dict[str, list[Json]]) -> list[tuple[str, Json]]:
    return [(pointer, value) for pointer, values in table.items() for value in values]


def spoilt(pointer: str, value: Json) -> Document:
    """A complete document, as it is held against the tables."""
    document = complete(copy.deepcopy(CLEAN))
    entry = {"error_id": "git/x", "probability": None, "condition": None, "distinction": None}
    if pointer.startswith("/transition_graph"):
        document["transition_graph"]["leads_to"] = [{**entry, **value}]
        return document
    *steps, last = pointer.split("/")[1:]
    place: Any = document
    for step in steps:
        place = place[int(step) if step.isdecimal() else step]
    place[last] = value
    return document


@pytest.mark.parametrize(("pointer", "value"), cases(SPOILT))
def test_what_a_column_does_not_take_is_told_with_its_place(pointer: str, value: Json) -> None:
    found = list(columns.breaches(spoilt(pointer, value), LADDER))
    assert [breach.pointer for breach in found if breach.pointer.startswith(pointer)]


@pytest.mark.parametrize(("pointer", "value"), cases(KEPT))
def test_what_a_column_takes_is_not_told(pointer: str, value: Json) -> None:
    assert list(columns.breaches(spoilt(pointer, value), LADDER)) == []


@pytest.mark.parametrize(("pointer", "value"), [*cases(SPOILT), *cases(KEPT)])
def test_at_once_and_value_by_value_come_to_the_same(pointer: str, value: Json) -> None:
    document = spoilt(pointer, value)
    assert columns.keeps(document, LADDER) == (not list(columns.told(document, LADDER)))
