"""The places of a document that a fix has its turn at, and all its texts."""

from collections.abc import Iterator
from typing import Any

from pipeline.contract import escape
from pipeline.model import Document, Json

EVERY_TEXT = "**"
"""The places of all texts of a document, but of `regex` and of the curation block, which is replaced on publication."""

WHOLE = "."
"""The place of a fix that has to see the whole document; it changes values, never keys."""

Place = tuple[Any, Any, str]
"""A container, the key in it, and the pointer to that place."""


def places(document: Document, pattern: str) -> list[Place]:
    """The places of a document that a pattern names; the patterns are told at `fix` in base.py."""
    if pattern == WHOLE:
        return [({"": document}, "", "")]
    if pattern == EVERY_TEXT:
        return list(_texts({key: value for key, value in document.items() if key != "curation"}, document, ""))
    *steps, last = pattern.split("/")
    level: list[tuple[Json, str]] = [(document, "")]
    for step in steps:
        if step == "*":
            level = [
                (child, f"{pointer}/{i}")
                for value, pointer in level
                if type(value) is list
                for i, child in enumerate(value)
            ]
        else:
            level = [
                (value[step], f"{pointer}/{step}") for value, pointer in level if type(value) is dict and step in value
            ]
    if last == "*":
        return [
            (value, i, f"{pointer}/{i}") for value, pointer in level if type(value) is list for i in range(len(value))
        ]
    keys = last.split("|")
    return [(value, k, f"{pointer}/{k}") for value, pointer in level if type(value) is dict for k in keys if k in value]


def texts(document: Document) -> Iterator[tuple[str, str]]:
    """Every text of a document, but for its regex, with its pointer."""
    return ((pointer, parent[key]) for parent, key, pointer in places(document, EVERY_TEXT))


def _texts(items: Any, container: Any, pointer: str) -> Iterator[Place]:  # noqa: ANN401 - a list or an object
    for key, child in items.items() if type(items) is dict else enumerate(items):
        if type(child) is str:
            if key != "regex":
                yield container, key, f"{pointer}/{escape(key) if type(key) is str else key}"
        elif type(child) is dict or type(child) is list:
            yield from _texts(child, child, f"{pointer}/{escape(key) if type(key) is str else key}")
