"""How a fix is carried out, and what it changed."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.contract import escape, show
from pipeline.model import GONE, Change, Document, Json
from pipeline.rules.base import EVERY_TEXT, WHOLE, Rule, Stage
from pipeline.workspace import Settings


def apply(rule: Rule, document: Document, settings: Settings) -> list[Change]:
    """Run a fix over a document, in place, and tell what it changed."""
    changes: list[Change] = []
    for pattern in rule.at:
        found_at = places(document, pattern)
        more = (
            (settings,)
            if rule.reads
            else (rule.beside([parent[key] for parent, key, _ in found_at]),)
            if rule.beside
            else ()
        )
        for parent, key, pointer in found_at:
            before = parent[key]
            after = rule.run(before, *more)
            if after is not before:
                found = list(_differences(rule.code, pointer, before, after))
                if found:
                    changes += found
                    if pattern == WHOLE:
                        document.update(after)
                    else:
                        parent[key] = after
    return changes


def drop_gone(value: Json) -> Json:
    """The value without what list fixes took out."""
    if isinstance(value, list):
        return [drop_gone(item) for item in value if item is not GONE]
    if isinstance(value, dict):
        return {key: drop_gone(item) for key, item in value.items()}
    return value


def message(rule: Rule, change: Change) -> str:
    """What a fix says of one change."""
    if rule.stage is Stage.LIST and change.after is not GONE:
        return f"a copy further down is merged into this; it becomes {show(change.after)}"
    return rule.says.format(before=show(change.before), after=show(None if change.after is GONE else change.after))


def _differences(code: str, pointer: str, before: Json, after: Json) -> Iterator[Change]:
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            yield from _differences(code, f"{pointer}/{key}", before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(code, f"{pointer}/{i}", old, new)
    elif type(before) is not type(after) or before != after:
        yield Change(code, pointer, before, after)


Place = tuple[Any, Any, str]
"""A container, the key in it, and the pointer to that place."""


def places(document: Document, pattern: str) -> list[Place]:
    """The places of a document that a pattern names; the patterns are told at `fix` in base.py."""
    if pattern == WHOLE:
        return [({"": document}, "", "")]
    if pattern == EVERY_TEXT:
        found: list[Place] = []
        _add_texts((item for item in document.items() if item[0] != "curation"), document, "", found)
        return found
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


def _add_texts(items: Iterable[tuple[Any, Any]], container: Any, pointer: str, found: list[Place]) -> None:  # noqa: ANN401 - a list or an object
    for key, child in items:
        kind = type(child)
        if kind is str:
            if key != "regex":
                found.append((container, key, f"{pointer}/{escape(key) if type(key) is str else key}"))
        elif kind is dict:
            _add_texts(child.items(), child, f"{pointer}/{escape(key) if type(key) is str else key}", found)
        elif kind is list:
            _add_texts(enumerate(child), child, f"{pointer}/{escape(key) if type(key) is str else key}", found)
