"""The places of a document that a fix has its turn at, and all its texts."""

from collections.abc import Iterable, Iterator
from typing import Any

from kb.model import Document, Json
from kb.pointer import escape

EVERY_TEXT = "**"
"""The places of all texts of a document, but of `regex` and of the curation block, which is replaced on publication."""

WHOLE = "."
"""The place of a fix that has to see the whole document; it changes values, never keys."""

Place = tuple[Any, Any, str]
"""A container, the key in it, and the pointer to that place."""


def places(document: Document, pattern: str) -> list[Place]:
    """The places of a document that a pattern names; the patterns are described at `fix` in base.py."""
    if pattern == WHOLE:
        return [({"": document}, "", "")]
    if pattern == EVERY_TEXT:
        collected: list[Place] = []
        _add_texts((item for item in document.items() if item[0] != "curation"), document, "", collected)
        return collected
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


def strings(document: Document) -> list[str]:
    """The same texts without their pointers, which take longer to make."""
    collected: list[str] = []
    for key, value in document.items():
        if key not in {"regex", "curation"}:
            _add_strings(value, collected)
    return collected


def _add_strings(value: Json, collected: list[str]) -> None:
    kind = type(value)
    if kind is str:
        collected.append(value)
    elif kind is list:
        for child in value:
            _add_strings(child, collected)
    elif kind is dict:
        for key, child in value.items():
            if key != "regex":
                _add_strings(child, collected)


def _add_texts(items: Iterable[tuple[Any, Any]], container: Any, pointer: str, collected: list[Place]) -> None:  # noqa: ANN401 - a list or an object
    for key, child in items:
        kind = type(child)
        if kind is str:
            if key != "regex":
                collected.append((container, key, f"{pointer}/{escape(key) if type(key) is str else key}"))
        elif not child:
            continue
        elif kind is dict:
            _add_texts(child.items(), child, f"{pointer}/{escape(key) if type(key) is str else key}", collected)
        elif kind is list:
            _add_texts(enumerate(child), child, f"{pointer}/{escape(key) if type(key) is str else key}", collected)
