"""Foreign formats: how a record of another base becomes a native one, and back. A format is one module beside this."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from kb import contract
from kb.errors import KbError
from kb.model import GONE, Change, Document
from kb.pointer import tokens
from kb.sources.formats import errorcanon
from kb.sources.formats.mapping import Carried
from kb.words import did_you_mean

NATIVE = "native"


class Format(NamedTuple):
    """A foreign format. Mapping loses nothing: `to_source(to_native(document)) == document` for every JSON object.

    `carried` is `to_source`, and reports what of the native document does not fit. `place` turns a pointer into the
    native document into one into the document as ingested, `native_place` back. `worded` gives a change in the words
    of the format, None where it has none for it. `file_names` are the places that a base in this format has for the
    record of an id, without `.json`.
    """

    name: str
    recognises: Callable[[Document], bool]
    to_native: Callable[[Document], Document]
    to_source: Callable[[Document], Document]
    carried: Callable[[Document], Carried]
    place: Callable[[str], str]
    native_place: Callable[[str, Document], str]
    worded: Callable[[Change], Change | None]
    file_names: Callable[[str], Sequence[str]]


FORMATS = {
    "errorcanon": Format(
        "errorcanon",
        errorcanon.recognises,
        errorcanon.MAPPING.to_native,
        errorcanon.MAPPING.to_source,
        errorcanon.MAPPING.carried,
        errorcanon.MAPPING.place,
        errorcanon.MAPPING.native_place,
        errorcanon.worded,
        errorcanon.file_names,
    )
}

NAMES = (NATIVE, *FORMATS)


def detect(document: Document) -> Format | None:
    """The foreign format of a record, or None if it is native, or none that is known."""
    for candidate in FORMATS.values():
        if candidate.recognises(document):
            return candidate
    return None


_OWN = frozenset(contract.schema(contract.INCOMING)["required"]) - {"id"}

_ENOUGH = 4
"""With so many of the other required keys, what has an id is a native record; no manifest of a package has them."""


def is_record(document: Document) -> bool:
    """Whether an object is a record of a format that is known, native ones included, with all its faults."""
    native = isinstance(document.get("id"), str) and len(_OWN & document.keys()) >= _ENOUGH
    return native or detect(document) is not None


def named(name: str | None) -> Format | None:
    """The format of a name; None for the native one.

    Raises:
        KbError: there is none of that name.
    """
    if name == NATIVE:
        return None
    if name not in FORMATS:
        raise KbError(f"no format {name}; {did_you_mean(name or '', NAMES)}")
    return FORMATS[name]


def of(document: Document, name: str | None) -> Format | None:
    """The format of a record: the one that a user named, else the one that is recognised."""
    return detect(document) if name is None else named(name)


def worded(changes: Sequence[Change], foreign: Format | None) -> list[Change]:
    """What can be written into a document as ingested, of the changes that ingest makes to it."""
    if foreign is None:
        return list(changes)
    return [own for change in changes if (own := foreign.worded(change)) is not None]


def original(curated: Document, changes: Sequence[Change], foreign: Format) -> Carried:
    """The document as ingested, from what was published and what ingest changed (in the order in which it did).

    The values are those that were ingested; the order of the keys and the spelling of numbers and characters are not.

    Raises:
        KbError: an older kb published it.
    """
    native = orjson.loads(orjson.dumps(curated))
    try:
        _undo(native, changes, foreign)
    except LookupError:
        raise KbError(
            f"{curated['id']}: what was repaired cannot be undone, for an older kb published it; run `kb ingest`"
        ) from None
    return foreign.carried(native)


def _undo(native: Document, changes: Sequence[Change], foreign: Format) -> None:
    for _, group in groupby(reversed(changes), key=lambda change: change.code):
        repairs = [(foreign.native_place(c.pointer, native), c) for c in reversed(list(group))]
        for pointer, change in repairs:
            if change.after is GONE:
                parent, index = _parent(native, pointer)
                parent.insert(int(index), change.before)
        for pointer, change in reversed(repairs):
            if change.after is not GONE:
                parent, key = _parent(native, pointer)
                parent[int(key) if isinstance(parent, list) else key] = change.before


def _parent(document: Any, pointer: str) -> tuple[Any, str]:  # noqa: ANN401 - any JSON value
    *steps, last = tokens(pointer)
    for step in steps:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document, last
