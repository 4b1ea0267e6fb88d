"""Dead ends and workarounds that stand more than once in their list, and when two values say the same."""

from collections import defaultdict
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

from pipeline.contract import show
from pipeline.model import GONE, Document, Json
from pipeline.rules.base import fold
from pipeline.rules.characters import trimmed


def merge_copies(items: list[Any]) -> list[Any]:
    """Dead ends or workarounds, each once: a later copy gives its sources to the first and is gone.

    A copy has the same action and condition, but for the white space around them, and is equal in all else but its
    sources.
    """
    merged = items
    for i, home, likeness in _repeated(items):
        if likeness is _Likeness.COPY:
            merged = list(items) if merged is items else merged
            extra = [url for url in items[i]["sources"] if url not in merged[home]["sources"]]
            if extra:
                merged[home] = {**merged[home], "sources": [*merged[home]["sources"], *extra]}
            merged[i] = GONE
    return merged


def disagreements(key: str, items: list[Document]) -> Iterator[tuple[str, str]]:
    """Of the list under a key, what repeats an earlier item and is no copy of it: findings."""
    for i, home, likeness in _repeated(items):
        shown, first = show(items[i]["action"]), f"/{key}/{home}"
        if likeness is _Likeness.OTHERWISE:
            yield f"/{key}/{i}", f"{shown} is also {first}, which says otherwise; keep one, or add conditions"
        elif likeness is _Likeness.NEAR:
            yield (
                f"/{key}/{i}",
                f"{shown} differs from {first} in case or spaces alone; keep one, or say in the conditions what parts them",
            )


class _Likeness(Enum):
    """How an item repeats an earlier one."""

    COPY = auto()
    OTHERWISE = auto()  # the same action and condition, but other rates or words
    NEAR = auto()  # another case or other spaces, which may be code: `-d` and `-D`


def _repeated(items: list[Document]) -> Iterator[tuple[int, int, _Likeness]]:
    """Each item that repeats an earlier one, with that one's place; an empty action is none."""
    first_words = {word.casefold() for item in items for word in item["action"].split(None, 1)[:1]}
    if len(first_words) == len(items):  # most records: nothing to compare
        return
    kept: dict[tuple[str, str], list[int]] = defaultdict(list)
    folded: dict[tuple[str, str], int] = {}
    for i, item in enumerate(items):
        action, condition = item["action"], item["condition"] or ""
        if not action.strip():
            continue
        home = folded.setdefault((fold(action), fold(condition)), i)
        earlier = kept[trimmed(action), trimmed(condition)]
        copied = next((place for place in earlier if _alike(items[place], item)), None)
        if copied is not None:
            yield i, copied, _Likeness.COPY
            continue
        if earlier:
            yield i, earlier[0], _Likeness.OTHERWISE
        elif home != i:
            yield i, home, _Likeness.NEAR
        earlier.append(i)


def _alike(one: Document, other: Document) -> bool:
    """Whether two items of one action and condition say the same but for their sources."""
    return says_the_same(
        {key: value for key, value in one.items() if key not in _COPY_KEYS},
        {key: value for key, value in other.items() if key not in _COPY_KEYS},
    )


_COPY_KEYS = frozenset({"action", "condition", "sources", "extensions"})
"""What copies may differ in: what is compared, what is united, and what is said in the words of another format."""


def says_the_same(one: Json, other: Json) -> bool:
    """Whether two values are equal as JSON, where 1 is 1.0 but not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(says_the_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(says_the_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
