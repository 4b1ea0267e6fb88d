"""How a fix is carried out, and what it changed."""

from collections.abc import Iterator
from typing import Any

from kb.model import GONE, Change, Document, Json
from kb.rules.base import Rule, Stage
from kb.rules.places import WHOLE, places
from kb.settings import Settings
from kb.words import show


def apply(rule: Rule, document: Document, settings: Settings) -> list[Change]:
    """Run a fix over a document, in place, and return what it changed."""
    changes: list[Change] = []
    for pattern, parent, key, pointer, after in _results(rule, document, settings):
        differences = list(_differences(rule.code, pointer, parent[key], after))
        if differences:
            changes += differences
            if pattern == WHOLE:
                document.update(after)
            else:
                parent[key] = after
    return changes


def would_change(rule: Rule, document: Document, settings: Settings) -> bool:
    """Whether a fix makes another value of one of a document, even if it is equal to it; the document stays as it is."""
    return next(_results(rule, document, settings), None) is not None


def _results(rule: Rule, document: Document, settings: Settings) -> Iterator[tuple[str, Any, Any, str, Json]]:
    """Each place of which a fix makes another value: the pattern that names it, container, key and pointer, and that value."""
    for pattern in rule.at:
        targets = places(document, pattern)
        more = (
            (settings,)
            if rule.reads
            else (rule.beside([parent[key] for parent, key, _ in targets]),)
            if rule.beside
            else ()
        )
        for parent, key, pointer in targets:
            after = rule.run(parent[key], *more)
            if after is not parent[key]:
                yield pattern, parent, key, pointer, after


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
