"""What the published tables ask of what a record says, value by value: the one declaration of it.

The record stage holds each document against it (SCH004), the gate the tables (gate.py): what a rule let pass by mistake is
found with its record, and what happened to the tables since by the gate.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from kb.model import Document, Json

TRANSITIONS = ("leads_to", "preceded_by", "frequently_confused_with")

ID = "[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,2}"


class Asked(NamedTuple):
    """What a column asks of each value that is not null: in words, and whether a value is that."""

    words: str
    holds: Callable[[Any], bool]


class ValueBreach(NamedTuple):
    """A value of a document that its column does not take."""

    pointer: str
    value: Json
    table: str
    column: str
    asked: str


_is_id = re.compile(ID).fullmatch

_RATE = Asked("between 0 and 1", lambda value: 0 <= value <= 1)
_NATURAL = Asked("at least 0", lambda value: value >= 0)
_AN_ID = Asked("an id", lambda value: _is_id(value) is not None)
_RESOLVABLE = Asked("true, partial or false", {"true", "partial", "false"}.__contains__)


@lru_cache(maxsize=4096)
def _is_day(text: str) -> bool:
    try:
        return len(text) == len("YYYY-MM-DD") and dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


DAY = Asked("a day", _is_day)
"""Of texts; a column of days cannot hold anything else."""


FILLED = {
    "records": ("id", "signature", "regex", "domain", "category", "verification_tier", "confidence", "resolvable"),
    "dead_ends": ("action", "why_fails"),
    "workarounds": ("action",),
    "versions": ("version",),
    "transitions": ("error_id",),
}
"""The columns in which no null may stand, of those that a document fills."""


@lru_cache(maxsize=8)
def asked(ladder: tuple[str, ...]) -> dict[tuple[str, str], Asked]:
    """What each column asks that does not take any value of its type, by table and column; `ladder` has the tiers."""
    return {
        ("records", "id"): _AN_ID,
        ("records", "verification_tier"): Asked("a tier of the ladder", frozenset(ladder).__contains__),
        ("records", "confidence"): _RATE,
        ("records", "fix_success_rate"): _RATE,
        ("records", "resolvable"): _RESOLVABLE,
        ("records", "first_seen"): DAY,
        ("records", "last_confirmed"): DAY,
        ("records", "last_updated"): DAY,
        ("records", "evidence_count"): _NATURAL,
        ("dead_ends", "fail_rate"): _RATE,
        ("workarounds", "success_rate"): _RATE,
        ("transitions", "probability"): _RATE,
    }


def breaches(document: Document, ladder: Sequence[str]) -> Iterator[ValueBreach]:
    """The values of a complete document that the tables do not take."""
    return iter(()) if keeps(document, ladder) else told(document, ladder)


def keeps(document: Document, ladder: Sequence[str]) -> bool:
    """Whether there is nothing to report, which is so of nearly every document: the same in one go, for speed."""
    d = document
    try:
        for item in d["dead_ends"]:
            if item["action"] is None or item["why_fails"] is None or not 0 <= (item["fail_rate"] or 0) <= 1:
                return False
        for item in d["workarounds"]:
            if item["action"] is None or not 0 <= (item["success_rate"] or 0) <= 1:
                return False
        for kind in TRANSITIONS:
            for entry in d["transition_graph"][kind]:
                if entry["error_id"] is None or not 0 <= (entry["probability"] or 0) <= 1:
                    return False
        return (
            0 <= d["confidence"] <= 1
            and 0 <= (d["fix_success_rate"] or 0) <= 1
            and None
            not in [d["signature"], d["regex"], d["domain"], d["category"], *[v["version"] for v in d["versions"]]]
            and _is_id(d["id"]) is not None
            and d["verification_tier"] in ladder
            and _RESOLVABLE.holds(d["resolvable"])
            and (d["evidence_count"] or 0) >= 0
            and (d["first_seen"] is None or _is_day(d["first_seen"]))
            and (d["last_confirmed"] is None or _is_day(d["last_confirmed"]))
            and (d["last_updated"] is None or _is_day(d["last_updated"]))
        )
    except TypeError:  # of another type than the schema lets through
        return False


def told(document: Document, ladder: Sequence[str]) -> Iterator[ValueBreach]:
    """The same, found by the declaration, value by value."""
    columns = _by_table(tuple(ladder))
    for table, pointer, row in _rows(document):
        for column, filled, requirement in columns[table]:
            value = row[column]
            if value is None:
                if filled:
                    yield ValueBreach(f"{pointer}/{column}", value, table, column, "filled")
            elif requirement is not None and not _holds(requirement, value):
                yield ValueBreach(f"{pointer}/{column}", value, table, column, requirement.words)


@lru_cache(maxsize=8)
def _by_table(ladder: tuple[str, ...]) -> dict[str, list[tuple[str, bool, Asked | None]]]:
    """The columns of each table of which something is asked: whether they are to be filled, and what is asked."""
    every = asked(ladder)
    return {
        table: [
            (column, column in filled, every.get((table, column)))
            for column in dict.fromkeys([*filled, *(column for of, column in every if of == table)])
        ]
        for table, filled in FILLED.items()
    }


def _rows(document: Document) -> Iterator[tuple[str, str, Document]]:
    """What becomes a row of a table: the table, the pointer and the object."""
    yield "records", "", document
    for table in ("dead_ends", "workarounds", "versions"):
        for i, item in enumerate(document[table]):
            yield table, f"/{table}/{i}", item
    for kind, entries in document["transition_graph"].items():
        if kind in TRANSITIONS:
            for i, entry in enumerate(entries):
                yield "transitions", f"/transition_graph/{kind}/{i}", entry


def _holds(requirement: Asked, value: Json) -> bool:
    try:
        return requirement.holds(value)
    except TypeError:  # of another type than the schema lets through
        return False
