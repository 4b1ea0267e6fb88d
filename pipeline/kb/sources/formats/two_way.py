"""A mapping between two JSON documents, declared as a table and usable in both directions."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

import orjson

from kb.contract import KEPT_FOR_KB, Shape, shapes
from kb.errors import KbError
from kb.model import GONE, Change, Document, Json
from kb.pointer import escape, tokens, unescape
from kb.sources.formats.declaration import TREES, Carried, Declaration, Format, Mapped, Said

OWN = "kb"
"""Where a foreign document keeps what a native one says and its own format has no place for."""


def fits_two_way(declared: Declaration) -> bool:
    """Whether a mapping is but a table of places, so that it can be read in both directions."""
    said = [*declared.fields, *(one.items for one in declared.lists)]
    computes = declared.records or declared.defaults or declared.values or any(one.fields for one in declared.lists)
    if computes or not TREES.issuperset(declared.reads):
        return False
    places = [_table_place(one) for one in said]
    known = {place for place in places if place is not None}
    starts = {place[:1] for place in known if len(place) == 2}
    return len(known) == len(places) and not known & starts and not {place[0] for place in known} & _OWN_KEYS


_OWN_KEYS = frozenset({"kb", "absent", "extensions"})
"""Keys of a source that the table has a use for itself."""


def _table_place(said: Said) -> tuple[str, ...] | None:
    """The steps to a place that the table can hold: one or two keys without what a pointer would escape."""
    steps = said.expression.plain or ()
    keys = tuple(step for step in steps if isinstance(step, str) and step and "/" not in step and "~" not in step)
    return keys if len(keys) == len(steps) in {1, 2} else None


class TwoWay(Format):
    """A format whose mapping is a table of places."""

    two_way = True

    def __init__(self, declared: Declaration) -> None:
        super().__init__(declared)
        pairs = [(_source_place(said), _native_place(said.field)) for said in declared.fields]
        lists = [(_source_place(one.items), _native_place(one.field), one.kind) for one in declared.lists]
        self.table = Mapping(declared.name, pairs, lists)

    def map(self, document: Document) -> Mapped:
        """A source document as a native one; there is none that has no answer."""
        return Mapped(self.table.to_native(document), self.table.place)

    def carried(self, native: Document) -> Carried:
        """The source document of a native one: what was mapped comes back as it was."""
        return self.table.carried(native)

    def original(self, curated: Document, changes: Sequence[Change]) -> Carried:
        """The document as ingested: the changes are undone. The order of keys and the spelling of numbers are not kept."""
        native = orjson.loads(orjson.dumps(curated))
        try:
            _undo(native, changes, self.table)
        except LookupError:
            raise KbError(
                f"{curated['id']}: what was repaired cannot be undone, for an older kb published it; run `kb ingest`"
            ) from None
        return self.table.carried(native)

    def placed(self, curated: Document) -> Callable[[str], str]:
        """Where places are does not depend on the document."""
        del curated
        return self.table.place

    def editable(self, document: Document) -> Callable[[Change], bool]:
        """Every place of the source is a place of the native document."""
        del document
        return lambda _: True


def _source_place(said: Said) -> str:
    return "".join(f"/{step}" for step in said.expression.plain or ())


def _native_place(field: str) -> str:
    return "/" + field.replace(".", "/")


def _undo(native: Document, changes: Sequence[Change], table: "Mapping") -> None:
    for _, group in groupby(reversed(changes), key=lambda change: change.code):
        repairs = [(table.native_place(c.pointer, native), c) for c in reversed(list(group))]
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


class Mapping:
    """Which place of a foreign document is which of the native one.

    `pairs` are (foreign pointer, native pointer) of single values, `lists` are (foreign pointer, native pointer, kind of
    the objects in it); both kinds of pointers are one or two steps long and hold no escapes.

    What the table does not name is carried under `extensions.<name>` of what it was said of: of the document, in its own
    structure, or of the object in a list, which it goes with wherever that goes. Of the document there stand, too, how
    things were spelt, under `absent`: the `places` that were absent, where the native format has an empty value,
    the `nulls` of objects in lists, and the `texts` that stand for an object. A place of those counts only as long as
    there is nothing there that it would hide.

    The other way, what the foreign format has no place for is kept under `kb`, and what does not fit under `extensions`
    of that, or of the object in a list.
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
        self._named = frozenset(b.split("/")[1] for _, b in both) | KEPT_FOR_KB
        self._prefix = f"/extensions/{name}"
        self.place = lru_cache(maxsize=65536)(self._place)

    # ---- in --------------------------------------------------------------------------------------------------------

    def to_native(self, document: Document) -> Document:
        """A foreign document as a native one. Total: what is missing or misshapen stays so: the contract reports it."""
        native: Document = {}
        spelt: dict[str, list[str]] = {"places": [], "nulls": [], "texts": []}
        rest = self._split(document, self._tree, native, spelt)
        spelt["places"] += [_pointer(source) for source, _, _ in self._lists if _get(document, source) is _MISSING]
        others = self._lift(rest, native)
        if any(spelt.values()) or "absent" in rest:
            was = {"was": rest["absent"]} if "absent" in rest else {}
            rest["absent"] = {key: places for key, places in spelt.items() if places or key == "places"} | was
        native["extensions"] = {**others, self.name: rest}
        return native

    def _split(self, document: Document, tree: Document, native: Document, spelt: dict[str, list[str]]) -> Document:
        """Put what the table names into `native`; returns what it does not name."""
        rest: Document = {}
        for key, value in document.items():
            node = tree.get(key)
            if node is None:
                rest[key] = value
            elif isinstance(node, dict):
                more = self._split(value, node, native, spelt) if isinstance(value, dict) else value
                if more or not isinstance(value, dict) or not value:
                    rest[key] = more
            else:
                source, target, kind = node
                if kind is not None and isinstance(value, list):
                    shape, pointer = shapes()[kind], _pointer(source)
                    _put(
                        native,
                        target,
                        [self._item(item, shape, f"{pointer}/{i}", spelt) for i, item in enumerate(value)],
                    )
                else:
                    _put(native, target, value)
                    if value is None or kind is not None:
                        rest[key] = value
        return rest

    def _item(self, item: Json, shape: Shape, pointer: str, spelt: dict[str, list[str]]) -> Json:
        if not isinstance(item, dict):
            spelt["texts"] += [pointer] if isinstance(item, str) else []
            return item
        spelt["places"] += [f"{pointer}/{key}" for key in shape.keys if key not in item and key not in shape.nullable]
        spelt["nulls"] += [f"{pointer}/{key}" for key in shape.keys if item.get(key, _MISSING) is None]
        known = {key: value for key, value in item.items() if key in shape.keys}
        if len(known) < len(item):
            known["extensions"] = {self.name: {key: value for key, value in item.items() if key not in shape.keys}}
        return known

    def _lift(self, rest: Document, native: Document) -> Document:
        """Take back what an earlier export kept for kb; returns what other formats carry."""
        own = rest.get(OWN)
        if not isinstance(own, dict):
            return {}
        given = {k: v for k, v in own.items() if k not in self._named and k != "extensions" and v not in _EMPTY}
        native |= given
        left = {key: value for key, value in own.items() if key not in given}
        extensions = own.get("extensions")
        others = {k: v for k, v in extensions.items() if k != self.name} if isinstance(extensions, dict) else {}
        if isinstance(extensions, dict) and others:
            left["extensions"] = {key: value for key, value in extensions.items() if key == self.name}
            if not left["extensions"]:
                del left["extensions"]
        rest[OWN] = left
        if own and not left:
            del rest[OWN]
        return others

    # ---- out -------------------------------------------------------------------------------------------------------

    def to_source(self, native: Document) -> Document:
        """The foreign document of a native one: what `to_native` made comes back as it was."""
        document: Document = self.carried(native).document
        return document

    def carried(self, native: Document) -> Carried:
        """The like, and what of it does not fit; nothing that the native document says is hidden by what it carries."""
        document: Document = {}
        unplaced: list[str] = []
        for source, target in self._pairs:
            value = _get(native, target)
            if value is not _MISSING and value is not None:
                _put(document, source, value)
        for source, target, kind in self._lists:
            items = _get(native, target)
            if isinstance(items, list):
                shape, pointer = shapes()[kind], _pointer(source)
                _put(
                    document,
                    source,
                    [self._item_back(x, shape, f"{pointer}/{i}", unplaced) for i, x in enumerate(items)],
                )
        rest, more = self._carrying(native)
        spelt, was, rest = _spelling(rest)
        _spell(document, spelt)
        if more:
            document[OWN] = more
        left = _overlay(document, {**rest, **was}) if isinstance(rest, dict) else rest
        if left not in _EMPTY:
            if not isinstance(document.setdefault(OWN, {}), dict):
                left = {**left, OWN: document[OWN]}
                document[OWN] = {}
            kept = f"/{OWN}{_keep(document[OWN], self.name, left)}"
            unplaced += [f"{kept}/{escape(key)}" for key in left] if isinstance(left, dict) else [kept]
        return Carried(document, unplaced)

    def _carrying(self, native: Document) -> tuple[Json, Document]:
        """What a native document carries of this format, and what it says that this format has no place for."""
        more = {k: v for k, v in native.items() if k not in self._named and k != "extensions" and v not in _EMPTY}
        graph = native.get("transition_graph")
        if isinstance(graph, dict):
            odd = {key: value for key, value in graph.items() if key not in shapes()["transition_graph"].keys}
            more |= {"transition_graph": odd} if odd else {}
        extensions = native.get("extensions")
        if not isinstance(extensions, dict):
            return {}, more if extensions is None else {**more, "extensions": extensions}
        others = {key: value for key, value in extensions.items() if key != self.name}
        carried = extensions.get(self.name)
        return {} if carried is None else carried, {**more, "extensions": others} if others else more

    def _item_back(self, item: Json, shape: Shape, pointer: str, unplaced: list[str]) -> Json:
        if not isinstance(item, dict):
            return item
        plain = {
            key: value
            for key, value in item.items()
            if key != "extensions" and (value is not None or key not in shape.nullable)
        }
        extensions = item.get("extensions")
        if not extensions:
            return plain
        others = dict(extensions)
        extra = others.pop(self.name, {})
        left = _overlay(plain, extra) if isinstance(extra, dict) else extra
        for name, value in others.items():
            _keep(plain, name, value)
        if left not in _EMPTY:
            unplaced.append(f"{pointer}{_keep(plain, self.name, left)}")
        return plain

    # ---- places ----------------------------------------------------------------------------------------------------

    def _place(self, pointer: str) -> str:
        """A pointer into the native document as one into the foreign one; "" where that has no such place."""
        if pointer == self._prefix or pointer.startswith(f"{self._prefix}/"):
            carried = pointer[len(self._prefix) :]
            if carried == _WAS or carried.startswith(f"{_WAS}/"):
                return f"/absent{carried[len(_WAS) :]}"
            return "" if carried.startswith("/absent/") else carried
        translated = _translate(pointer, self._places)
        if translated is not None:
            return translated.replace(self._prefix, "", 1)
        return "" if pointer == "" or pointer.split("/")[1] in self._named else f"/{OWN}{pointer}"

    def native_place(self, pointer: str, native: Document) -> str:
        """A pointer into the foreign document as one into the native one that was made of it."""
        for source, target, kind in self._lists:
            start = f"{_pointer(source)}/"
            if pointer.startswith(start):
                index, *steps = pointer.removeprefix(start).split("/", 1)
                if steps and steps[0].split("/")[0] not in shapes()[kind].keys:
                    return f"{_pointer(target)}/{index}{self._prefix}/{steps[0]}"
        if pointer == "/absent" or pointer.startswith("/absent/"):
            return f"{self._prefix}{_WAS}{pointer[len('/absent') :]}"
        if pointer.startswith(f"/{OWN}/"):
            lifted = pointer[len(OWN) + 1 :]
            steps = lifted[1:].split("/")[: 2 if lifted.startswith("/extensions/") else 1]
            own = _get(native, ("extensions", self.name, OWN, *map(unescape, steps)))
            if own is _MISSING:
                return lifted
        return _translate(pointer, self._back) or f"{self._prefix}{pointer}"


_WAS = "/absent/was"
"""Where a foreign document's own `absent` is carried, beside the places."""

_EMPTY: tuple[Json, ...] = (None, "", [], {})


class _Missing:
    pass


_MISSING = _Missing()


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


def _keep(holder: Document, name: str, value: Json) -> str:
    """Put what does not fit under the extensions of an object, beside all that stands there; where that is."""
    if not isinstance(holder.get("extensions"), dict):
        holder["extensions"] = {"": holder["extensions"]} if "extensions" in holder else {}
    while name in holder["extensions"]:
        name += "+"
    holder["extensions"][name] = value
    return f"/extensions/{escape(name)}"


# ---- how things were spelt -------------------------------------------------------------------------------------------


def _spelling(rest: Json) -> tuple[dict[str, list[str]], Document, Json]:
    """The places of the note on spelling, the foreign document's own `absent`, and the rest; another's note is no note."""
    note = rest.get("absent") if isinstance(rest, dict) else None
    if not (isinstance(note, dict) and "places" in note and note.keys() <= {"places", "nulls", "texts", "was"}):
        return {}, {}, rest
    spelt = {key: places for key, places in note.items() if key != "was"}
    if not all(isinstance(places, list) and all(isinstance(x, str) for x in places) for places in spelt.values()):
        return {}, {}, rest
    was = {"absent": note["was"]} if "was" in note else {}
    return spelt, was, {key: value for key, value in rest.items() if key != "absent"}


def _spell(document: Document, spelt: dict[str, list[str]]) -> None:
    """Spell a document as ingested, wherever that hides nothing of what it says now."""
    for pointer in spelt.get("places", []):
        _cut(document, _steps(pointer))
    for pointer in spelt.get("nulls", []):
        holder, key = _holder(document, _steps(pointer))
        if isinstance(holder, dict) and holder.get(key) in _EMPTY:
            holder[key] = None
    for pointer in spelt.get("texts", []):
        holder, key = _holder(document, _steps(pointer))
        item = _child(holder, key) if isinstance(holder, list) else None
        if isinstance(item, dict) and item.keys() == {"error_id"} and isinstance(item["error_id"], str):
            holder[int(key)] = item["error_id"]


def _cut(document: Document, steps: list[str]) -> None:
    """Take an empty value out, and the object around it if nothing else is left in that."""
    holder, key = _holder(document, steps)
    if isinstance(holder, dict) and key in holder and holder[key] in _EMPTY:
        del holder[key]
        if not holder and len(steps) == 2:
            del document[steps[0]]


def _holder(document: Json, steps: list[str]) -> tuple[Any, str]:
    """The value that a place lies in, and its key there; no value where there is none."""
    for step in steps[:-1]:
        document = _child(document, step)
    return document, steps[-1]


def _child(value: Json, step: str) -> Json:
    if isinstance(value, list):
        return value[int(step)] if _INDEX.fullmatch(step) and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


_INDEX = re.compile("0|[1-9][0-9]{0,6}")


def _steps(pointer: str) -> list[str]:
    return pointer.split("/")[1:] or [""]


# ---- what is carried -------------------------------------------------------------------------------------------------


def _overlay(document: Document, rest: Document) -> Document:
    """Put what is carried beside what is said; returns what would have hidden it, or has no such list any more.

    That something was empty is no loss where it is filled now.
    """
    left: Document = {}
    for key, value in rest.items():
        if key not in document:
            document[key] = _copy(value)
        elif isinstance(document[key], dict) and isinstance(value, dict):
            more = _overlay(document[key], value)
            if more:
                left[key] = more
        elif not _says_nothing(value):
            left[key] = value
    return left


def _says_nothing(value: Json) -> bool:
    return all(map(_says_nothing, value.values())) if isinstance(value, dict) else value in _EMPTY
