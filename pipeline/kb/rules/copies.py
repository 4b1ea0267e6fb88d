"""Dead ends and workarounds that stand more than once in their list, and when two values say the same."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from enum import Enum, auto
from typing import Any

from kb.analysis.characters import trimmed
from kb.analysis.placeholders import holds_a_place
from kb.model import GONE, Document, Json
from kb.rules.base import fold
from kb.words import show


def merge_copies(items: list[Any]) -> list[Any]:
    """Dead ends or workarounds, each once: a later copy gives its sources to the first and is gone.

    A copy has the same action and condition, but for the white space around them, and is equal in all else but its
    sources.
    """
    copies = [(i, home) for i, home, likeness in _repeated(items) if likeness is _Likeness.COPY]
    if not copies:
        return items
    merged = list(items)
    sources = {home: list(items[home]["sources"]) for _, home in copies}
    known = {home: set(urls) for home, urls in sources.items()}
    for i, home in copies:
        sources[home] += [url for url in items[i]["sources"] if url not in known[home]]
        known[home].update(items[i]["sources"])
        merged[i] = GONE
    for home, urls in sources.items():
        if len(urls) > len(items[home]["sources"]):
            merged[home] = {**items[home], "sources": urls}
    return merged


def disagreements(key: str, items: list[Document]) -> Iterator[tuple[str, str]]:
    """Of the list under a key, what repeats an earlier item and is no copy of it: findings. Placeholders repeat nothing."""
    for i, home, likeness in _repeated(items):
        if holds_a_place(items[i]["action"]):
            continue
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
    if len({fold(item["action"]) for item in items}) == len(items):
        return
    spelled = [(trimmed(item["action"]), trimmed(item["condition"] or "")) for item in items]
    loosely = [(fold(item["action"]), fold(item["condition"] or "")) for item in items]
    if len(set(spelled)) == len(set(loosely)) == len(items):
        return
    kept: dict[tuple[str, str], dict[Hashable, int]] = defaultdict(dict)
    folded: dict[tuple[str, str], int] = {}
    for i, item in enumerate(items):
        if not item["action"].strip():
            continue
        home = folded.setdefault(loosely[i], i)
        earlier = kept[spelled[i]]
        rest = meaning({key: value for key, value in item.items() if key not in _COPY_KEYS})
        if rest in earlier:
            yield i, earlier[rest], _Likeness.COPY
            continue
        if earlier:
            yield i, next(iter(earlier.values())), _Likeness.OTHERWISE
        elif home != i:
            yield i, home, _Likeness.NEAR
        earlier[rest] = i


_COPY_KEYS = frozenset({"action", "condition", "sources", "extensions"})
"""What copies may differ in: what is compared, what is united, and what is said in the words of another format."""


def meaning(value: Json) -> Hashable:
    """What a value says: the same for values that are equal as JSON, where 1 is 1.0 but not true."""
    if isinstance(value, dict):
        return "{", frozenset((key, meaning(child)) for key, child in value.items())
    if isinstance(value, list):
        return "[", tuple(map(meaning, value))
    scalar: Hashable = ("?", value) if isinstance(value, bool) else value
    return scalar
