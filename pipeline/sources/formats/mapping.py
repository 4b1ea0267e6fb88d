"""A mapping between two JSON documents, declared as a table and usable in both directions."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pipeline.contract import Shape, shapes
from pipeline.model import Document, Json


class Mapping:
    """Which place of a foreign document is which of the native one.

    `pairs` are (foreign pointer, native pointer) of single values, `lists` are (foreign pointer, native pointer, kind of
    the objects in it); both kinds of pointers are one or two steps long and hold no escapes. What the table does not
    name is carried under `extensions.<name>`, in the foreign document's own structure, with the indices of lists as
    keys. There, too, stand the nulls that the foreign document spells out, and under `absent` the places whose absence
    the native format does not tell from an empty value.
    """

    def __init__(self, name: str, pairs: Sequence[tuple[str, str]], lists: Sequence[tuple[str, str, str]]) -> None:
        self.name = name
        self._pairs = [(tuple(a[1:].split("/")), tuple(b[1:].split("/"))) for a, b in pairs]
        self._lists = [(tuple(a[1:].split("/")), tuple(b[1:].split("/")), kind) for a, b, kind in lists]
        self._tree: Document = {}
        for source, target, kind in [*((*pair, None) for pair in self._pairs), *self._lists]:
            _put(self._tree, source, (source, target, kind))
        both = [(a, b) for a, b in pairs] + [(a, b) for a, b, _ in lists]
        self._places = sorted(((b, a) for a, b in both), key=lambda pair: -len(pair[0]))
        self._back = sorted(both, key=lambda pair: -len(pair[0]))
        self._prefix = f"/extensions/{name}"
        self.place = lru_cache(maxsize=65536)(self._place)

    def to_native(self, document: Document) -> Document:
        """A foreign document as a native one. Total: what is missing or misshapen stays so, for the contract to tell."""
        native: Document = {}
        absent: list[str] = []
        rest = _split(document, self._tree, native, absent)
        absent += [_pointer(source) for source, _, _ in self._lists if _get(document, source) is _MISSING]
        if absent or "absent" in rest:
            rest["absent"] = {"places": absent, **({"was": rest["absent"]} if "absent" in rest else {})}
        native["extensions"] = {self.name: rest}
        return native

    def to_source(self, native: Document) -> Document:
        """The foreign document of a native one: what `to_native` made comes back as it was."""
        rest = _copy((native.get("extensions") or {}).get(self.name) or {})
        note = rest.pop("absent", {"places": []})
        document: Document = {}
        for source, target in self._pairs:
            value = _get(native, target)
            if value is not _MISSING and value is not None:
                _put(document, source, value)
        for source, target, kind in self._lists:
            items = _get(native, target)
            if isinstance(items, list):
                shape = shapes()[kind]
                _put(document, source, [_without_nulls(item, shape) for item in items])
        for place in note["places"]:
            _cut(document, place[1:].split("/"))
        _overlay(document, rest)
        if "was" in note:
            document["absent"] = note["was"]
        return document

    def _place(self, pointer: str) -> str:
        """A pointer into the native document as one into the foreign one; "" where that has no such place."""
        if pointer.startswith(self._prefix):
            place = pointer[len(self._prefix) :]
            return f"/absent{place[len(_WAS) :]}" if place == _WAS or place.startswith(f"{_WAS}/") else place
        return _translate(pointer, self._places) or ""

    def holds_more(self, document: Document, pointer: str) -> bool:
        """Whether an object of a foreign document says what the native one has no place for."""
        rest = _get(self.to_native(document), ("extensions", self.name, *pointer[1:].split("/")))
        return isinstance(rest, dict) and any(value is not None for value in rest.values())

    def native_place(self, pointer: str) -> str:
        """A pointer into the foreign document as one into the native one."""
        for source, _, kind in self._lists:
            steps = pointer.removeprefix(f"{_pointer(source)}/").split("/")
            if pointer.startswith(f"{_pointer(source)}/") and len(steps) > 1 and steps[1] not in shapes()[kind].known:
                return f"{self._prefix}{pointer}"
        if pointer == "/absent" or pointer.startswith("/absent/"):
            return f"{self._prefix}{_WAS}{pointer[len('/absent') :]}"
        return _translate(pointer, self._back) or f"{self._prefix}{pointer}"


_WAS = "/absent/was"
"""Where a foreign document's own `absent` is carried, beside the places."""


class _Missing:
    pass


_MISSING = _Missing()


def _split(document: Document, tree: Document, native: Document, absent: list[str]) -> Document:
    """Put what the table names into `native`; returns what it does not name."""
    rest: Document = {}
    for key, value in document.items():
        node = tree.get(key)
        if node is None:
            rest[key] = value
        elif isinstance(node, dict):
            more = _split(value, node, native, absent) if isinstance(value, dict) else value
            if more or not isinstance(value, dict) or not value:
                rest[key] = more
        else:
            source, target, kind = node
            if kind is None or not isinstance(value, list):
                _put(native, target, value)
                more = value if value is None or kind is not None else _MISSING
            else:
                shape = shapes()[kind]
                _put(native, target, [_known(item, shape) for item in value])
                absent += [f"{_pointer(source)}/{i}/{k}" for i, item in enumerate(value) for k in _lacking(item, shape)]
                more = {str(i): extra for i, item in enumerate(value) if (extra := _unknown(item, shape))} or _MISSING
            if more is not _MISSING:
                rest[key] = more
    return rest


def _translate(pointer: str, table: Sequence[tuple[str, str]]) -> str | None:
    for start, end in table:
        if pointer == start or pointer.startswith(f"{start}/"):
            return end + pointer[len(start) :]
    return None


def _pointer(steps: tuple[str, ...]) -> str:
    return "/" + "/".join(steps)


def _copy(value: Json) -> Any:  # noqa: ANN401 - any JSON value
    """A copy of the objects of a value; lists and scalars are shared, for nothing here changes them."""
    return {key: _copy(child) for key, child in value.items()} if isinstance(value, dict) else value


def _get(document: Json, steps: tuple[str, ...]) -> Json:
    for step in steps:
        if not isinstance(document, dict) or step not in document:
            return _MISSING
        document = document[step]
    return document


def _put(document: Document, steps: tuple[str, ...], value: Json) -> None:
    for step in steps[:-1]:
        document = document.setdefault(step, {})
    document[steps[-1]] = value


def _cut(document: Json, steps: Sequence[str]) -> None:
    """Take a place out, if it is there: only a complete native document spells out what was absent."""
    for step in steps[:-1]:
        document = document[int(step)] if isinstance(document, list) else document.get(step, {})
    document.pop(steps[-1], None)


def _known(item: Json, shape: Shape) -> Json:
    return {key: value for key, value in item.items() if key in shape.known} if isinstance(item, dict) else item


def _unknown(item: Json, shape: Shape) -> Json:
    """What the native item does not tell: other keys, nulls spelled out, and that it was a text and no object."""
    if not isinstance(item, dict):
        return item
    if item.keys() <= shape.known and None not in item.values():
        return None
    return {key: value for key, value in item.items() if key not in shape.known or value is None}


def _lacking(item: Json, shape: Shape) -> list[str]:
    """The keys whose absence cannot be told from an empty value once the item is complete."""
    return (
        [key for key in shape.keys if key not in item and key not in shape.nullable] if isinstance(item, dict) else []
    )


def _without_nulls(item: Json, shape: Shape) -> Json:
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if value is not None or key not in shape.nullable}


def _overlay(document: Json, rest: Document) -> None:
    for key, value in rest.items():
        if isinstance(document, list):
            if isinstance(value, dict):
                _overlay(document[int(key)], value)
            else:
                document[int(key)] = value
        elif isinstance(value, dict) and isinstance(document.get(key), dict | list):
            _overlay(document[key], value)
        else:
            document[key] = value
