"""Dead ends and workarounds that stand more than once in their list."""

from collections.abc import Iterator
from typing import Any

from pipeline.model import GONE, Document
from pipeline.rules.base import fold


def merge_copies(items: list[Any]) -> list[Any]:
    """Dead ends or workarounds, each once: a later copy gives its sources to the first and is gone.

    A copy has the same action and condition, case and spaces folded, and is equal in all else but its sources.
    """
    merged = items
    for i, home in _copies(items):
        if _alike(items[home], items[i]):
            merged = list(items) if merged is items else merged
            extra = [url for url in items[i]["sources"] if url not in merged[home]["sources"]]
            if extra:
                merged[home] = {**merged[home], "sources": [*merged[home]["sources"], *extra]}
            merged[i] = GONE
    return merged


def disagreements(items: list[Document]) -> Iterator[tuple[int, int]]:
    """Later items with the action and condition of an earlier one that are not equal to it, as (later, earlier)."""
    return ((i, home) for i, home in _copies(items) if not _alike(items[home], items[i]))


def _copies(items: list[Document]) -> Iterator[tuple[int, int]]:
    first_words = {word.casefold() for item in items for word in item["action"].split(None, 1)[:1]}
    if len(first_words) == len(items):  # most records: nothing to fold
        return
    homes: dict[tuple[str, str], int] = {}
    for i, item in enumerate(items):
        action = fold(item["action"])
        if action:
            home = homes.setdefault((action, fold(item["condition"])), i)
            if home != i:
                yield i, home


def _alike(one: Document, other: Document) -> bool:
    return all(other.get(key) == value for key, value in one.items() if key not in _COPY_KEYS) and len(one) == len(
        other
    )


_COPY_KEYS = frozenset({"action", "condition", "sources"})
