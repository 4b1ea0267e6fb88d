"""Formats whose mapping computes: the native record is made by evaluation, and the whole source is kept beside it."""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from kb.contract import LISTS_OF_OBJECTS, UnreadableError, shapes
from kb.errors import KbError
from kb.model import GONE, Change, Document, Json
from kb.pointer import escape, tokens, value_at
from kb.sources.formats.declaration import Carried, Declaration, Format, ListSaid, Mapped, Said
from kb.sources.formats.expressions import MOST, ExpressionError, Source
from kb.words import show


class Keeping(NamedTuple):
    """What is kept of a source document that a reader made, and the document again from that."""

    keep: Callable[[Document], Json]
    restore: Callable[[Json], Document]


def _as_it_is(value: Json) -> Any:  # noqa: ANN401 - any JSON value
    return value


AS_IT_IS = Keeping(_as_it_is, _as_it_is)
"""A tree is kept whole."""


class Computed(Format):
    """A format with expressions. `keeping` says what is kept of its documents."""

    two_way = False

    def __init__(self, declared: Declaration, keeping: Keeping = AS_IT_IS) -> None:
        super().__init__(declared)
        self._keeping = keeping
        self._tree = declared.reads != {"markdown"}
        self._plain = {said.field: said for said in declared.fields if said.expression.plain}
        self._said = {said.field: said for said in declared.fields} | {one.field: one.items for one in declared.lists}

    # ---- in --------------------------------------------------------------------------------------------------------

    def map(self, document: Document) -> Mapped:
        """A source document as a native one.

        Raises:
            UnreadableError: an expression has no answer for it.
        """
        making = _Making(self.declared, document)
        native = making.native()
        unused = _unused(document if self._tree else {"front": document.get("front")}, making.source.used)
        native["extensions"] = {self.name: unused} if unused else {}
        places = making.places
        return Mapped(native, lambda pointer: self._place(pointer, places), self._keeping.keep(document))

    def _place(self, pointer: str, places: dict[str, str]) -> str:
        prefix = f"/extensions/{self.name}"
        if pointer == prefix or pointer.startswith(f"{prefix}/"):
            return pointer[len(prefix) :]
        while pointer and pointer not in places:
            pointer = pointer.rpartition("/")[0]
        return places.get(pointer, "")

    # ---- out -------------------------------------------------------------------------------------------------------

    def original(self, curated: Document, changes: Sequence[Change]) -> Carried:
        """The source as it was kept."""
        del changes
        whole = self._whole(curated)
        if whole is None:
            raise KbError(f"{curated['id']}: its source is not kept, for an older kb published it; run `kb ingest`")
        return Carried(whole, [])

    def placed(self, curated: Document) -> Callable[[str], str]:
        """Where the pointers into a published document point to in the source that it was made from."""
        whole = self._whole(curated)
        try:
            return self.map(self._keeping.restore(whole)).place if whole is not None else lambda _: ""
        except (UnreadableError, AttributeError):
            return lambda _: ""

    def _whole(self, native: Document) -> Json:
        extensions = native.get("extensions")
        return extensions.get(self.name) if isinstance(extensions, dict) else None

    def carried(self, native: Document) -> Carried:
        """The source of a native document: as it was kept, with what was edited since in its places.

        Raises:
            KbError: what was edited has no place of its own in the source, but is computed from it.
        """
        whole = self._whole(native)
        source = copy.deepcopy(self._keeping.restore(whole)) if isinstance(whole, dict) else {}
        edited = self._edited(native, source)
        if not edited and isinstance(whole, dict):
            return Carried(whole, [])
        if not self._tree:
            raise KbError(f"{native['id']}: {edited[0]} is not as in its source, and kb does not write Markdown")
        left = self._edited(native, source, [])
        if left:
            raise KbError(self._refusal(native, left[0]))
        return Carried(self._keeping.keep(source), [])

    def _edited(self, native: Document, source: Document, refused: list[str] | None = None) -> list[str]:
        """The places in which a native document is not what its source makes; with `refused`, they are written into that."""
        try:
            mapped = self.map(source)
        except UnreadableError as error:
            raise KbError(f"{native['id']}: {error}") from None
        made = mapped.document
        places = [
            pointer
            for key in shapes()["record"].keys
            for pointer in _differing(f"/{key}", _completed(native, key), _completed(made, key))
        ]
        if refused is None:
            return places
        for pointer in places:
            self._write(source, pointer, value_at(native, pointer), mapped)
        return self._edited(native, source)

    def _write(self, source: Document, pointer: str, value: Json, mapped: Mapped) -> None:
        """Put an edited value where its field stands in the source, if that is a place."""
        steps = tokens(pointer)
        field = ".".join(step for step in steps if not step.isdigit())
        said = self._plain.get(field)
        of_list = next((one for one in self.declared.lists if field.startswith(f"{one.field}.")), None)
        if said is not None and said.field == ".".join(steps):
            target = list(said.expression.plain or ())
        elif of_list is not None and any(one.field == field and one.expression.plain for one in of_list.fields):
            target = [*tokens(mapped.place(pointer))]
        else:
            return
        _put(source, target, _back(self.declared.values.get(field, {}), value))

    def _refusal(self, native: Document, pointer: str) -> str:
        field = ".".join(step for step in tokens(pointer) if not step.isdigit())
        every = {**self._said, **{said.field: said for one in self.declared.lists for said in one.fields}}
        said = every.get(field) or every.get(field.split(".")[0])
        if said is None:
            return f"{native['id']}: {field} has no place in {self.name}; leave it out of the record, or map it in {self.origin}"
        return (
            f"{native['id']}: {field} was edited, and {self.origin}:{said.line} makes it by {said.key} ="
            f" {show(said.expression.text)}; edit the source instead"
        )

    # ---- edits in the source ---------------------------------------------------------------------------------------

    def editable(self, document: Document) -> Callable[[Change], bool]:
        """Which changes can be written into a source document: of a value that stands there as it is, for one field alone."""
        making = _Making(self.declared, document)
        try:
            making.native()
        except UnreadableError:
            return lambda _: False
        plain = {said.field for said in (*self.declared.fields, *(f for one in self.declared.lists for f in one.fields))
                 if said.expression.plain is not None and said.field not in self.declared.values}  # fmt: skip
        shared = {place for at, place in making.places.items() if _field(at) not in plain}
        own = set(making.places.values()) - shared

        def is_own(change: Change) -> bool:
            return (
                change.pointer in own
                and change.after is not GONE
                and value_at(document, change.pointer) == change.before
            )

        return is_own


class _Making:
    """A native document in the making."""

    def __init__(self, declared: Declaration, document: Document) -> None:
        self._declared = declared
        self.source = Source(document)
        self.places: dict[str, str] = {}

    def native(self) -> Document:
        native: Document = {}
        for said in self._declared.fields:
            value = self._value(said, self.source.root, "", _pointer(said.field))
            if value is not None:
                _put(native, said.field.split("."), value)
        for one in self._declared.lists:
            _put(native, one.field.split("."), list(self._items(one)))
        for field, value in self._declared.defaults.items():
            steps = field.split(".")
            if not any(field.startswith(f"{one.field}.") for one in self._declared.lists) and (
                value_at(native, _pointer(field)) in (None, [])
            ):
                _put(native, steps, copy.deepcopy(value))
        return native

    def _items(self, one: ListSaid) -> Iterator[Json]:
        items = self._answer(one.items, self.source.root)
        at = _pointer(one.field)
        around = self.source.place_of(items) or self.source.first_of(one.items.expression, "")
        if around is not None:
            self.places[at] = around
        if items is None:
            return
        if not isinstance(items, list):
            raise self._fault(one.items, "gives no list; add [] behind it, or use items() or split()")
        for i, item in enumerate(item for item in items if item is not None):
            yield self._item(one, item, around or "", f"{at}/{i}")

    def _item(self, one: ListSaid, item: Json, around: str, at: str) -> Json:
        place = self.source.place_of(item)
        if not one.fields:
            return self._taken(one.items, item, at, around)
        self.places[at] = around if place is None else place
        entry: Document = {}
        for said in one.fields:
            key = said.field.removeprefix(f"{one.field}.")
            value = self._value(said, item, place, f"{at}/{key}")
            if value is not None:
                entry[key] = value
        for key in shapes()[one.kind].keys:
            default = self._declared.defaults.get(f"{one.field}.{key}")
            if default is not None and key not in entry:
                entry[key] = copy.deepcopy(default)
        return entry

    def _value(self, said: Said, value: Json, around: str | None, at: str) -> Json:
        """What an expression says for a place, in the words of its table."""
        answer = self._answer(said, value)
        taken = self._taken(said, answer, at, around)
        return _in_words(self._declared.values.get(said.field), taken)

    def _answer(self, said: Said, value: Json) -> Json:
        try:
            return self.source.answer(said.expression, value)
        except ExpressionError as error:
            raise self._fault(said, str(error)) from None

    def _taken(self, said: Said, answer: Json, at: str, around: str | None) -> Json:
        def first() -> str | None:
            place = None if around is None else self.source.first_of(said.expression, around)
            if place is not None and said.expression.plain:
                self.source.used.add(place)
            return place

        try:
            return self.source.taken(answer, at, self.places, first)
        except ExpressionError as error:
            raise self._fault(said, str(error)) from None

    def _fault(self, said: Said, why: str) -> UnreadableError:
        return UnreadableError(f"{self._declared.origin}:{said.line}: {said.key} = {show(said.expression.text)} {why}")


def elements(form: Format, document: Json) -> list[tuple[Json, str]]:
    """The source documents in what a file holds, each with its place there: those that `records` gives, else the whole.

    Raises:
        UnreadableError: the expression has no answer, gives no list, or too much.
    """
    said = form.records
    if said is None:
        return [(document, "")]
    source = Source(document)
    where = f"{form.origin}:{said.line}: records = {show(said.expression.text)}"
    try:
        found = source.answer(said.expression, source.root)
        if found is None and isinstance(document, dict):
            raise UnreadableError(f"{where} gives nothing; the file has {some_keys(document)}")
        if not isinstance(found, list):
            raise UnreadableError(f"{where} gives no list; add [] behind it, or leave it out")
        if len(found) > MOST:
            raise UnreadableError(f"{where} gives more than {MOST:,} records; split the file")
        around = source.place_of(found) or source.first_of(said.expression, "") or ""
        return [
            (source.taken(one, "", {}, lambda: None), source.place_of(one) or around)
            for one in found
            if one is not None
        ]
    except ExpressionError as error:
        raise UnreadableError(f"{where} {error}") from None


def beside(document: Json, places: Iterable[str]) -> tuple[str, ...]:
    """The keys of what a file says outside of the lists that its records stand in, given their places: no record has it."""
    around = {place.rpartition("/")[0] if place.rpartition("/")[2].isdigit() else place for place in places}

    def outside(value: Json, pointer: str, key: str) -> Iterator[str]:
        if pointer in around:
            return
        if isinstance(value, dict):
            for name, child in value.items():
                yield from outside(child, f"{pointer}/{escape(name)}", f"{key}.{name}" if key else name)
        elif isinstance(value, list):
            for i, child in enumerate(value):
                yield from outside(child, f"{pointer}/{i}", f"{key}[]")
        elif value not in (None, ""):
            yield key

    return tuple(dict.fromkeys(outside(document, "", "")))


def some_keys(keys: Iterable[str]) -> str:
    """The keys of an object for a message, the first of them."""
    names = list(keys)
    more = ", …" if len(names) > _MOST_KEYS else ""
    return ", ".join(map(show, names[:_MOST_KEYS])) + more if names else "no keys"


_MOST_KEYS = 6


# ---- values ----------------------------------------------------------------------------------------------------------


def _in_words(table: Any, value: Json) -> Json:  # noqa: ANN401 - a table of words, or None
    """A value by a table of words; one that is not in it stays."""
    if not table or value is None:
        return value
    if isinstance(value, list):
        return [_in_words(table, one) for one in value]
    word = _word(value)
    if word in table:
        return table[word]
    return next((said for known, said in table.items() if known.casefold() == word.strip().casefold()), value)


def _word(value: Json) -> str:
    return value if isinstance(value, str) else show(value)


def _back(table: Any, value: Json) -> Json:  # noqa: ANN401 - a table of words
    """The word of a table for a value, where there is but one."""
    words = [word for word, said in table.items() if said == value]
    return words[0] if len(words) == 1 else value


def _unused(value: Json, used: set[str], pointer: str = "", around: set[str] | None = None) -> Json:
    """What of a document no answer was made from; a list becomes an object by places, so that a pointer stays one."""
    if pointer in used:
        return None
    if around is None:
        around = {start for place in used for start in _starts(place)}
    if pointer not in around or not isinstance(value, dict | list):
        return value
    pairs = value.items() if isinstance(value, dict) else ((str(i), child) for i, child in enumerate(value))
    left = {key: _unused(child, used, f"{pointer}/{escape(key)}", around) for key, child in pairs}
    return {key: child for key, child in left.items() if child not in (None, {}, [], "")}


def _starts(pointer: str) -> Iterator[str]:
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _pointer(field: str) -> str:
    return "/" + field.replace(".", "/")


def _field(pointer: str) -> str:
    return ".".join(step for step in tokens(pointer) if not step.isdigit())


def _put(document: Json, steps: Sequence[str | int], value: Json) -> None:
    for i, step in enumerate(steps):
        is_last = i == len(steps) - 1
        if isinstance(document, list):
            index = int(step)
            if index >= len(document):
                return
            if is_last:
                document[index] = value
            document = document[index]
        elif isinstance(document, dict):
            if is_last:
                document[str(step)] = value
            document = document.setdefault(str(step), {})


def _completed(document: Document, key: str) -> Json:
    """A value as it would be published, as far as its shape goes."""
    kinds = dict(LISTS_OF_OBJECTS)
    value = document.get(key)
    if key in kinds and isinstance(value, list):
        return [shapes()[kinds[key]].complete(one) if isinstance(one, dict) else one for one in value]
    if key == "transition_graph" and isinstance(value, dict):
        entries = {k: v for k, v in value.items() if v}
        return {
            k: [shapes()["transition"].complete(_entry(one)) for one in v] if isinstance(v, list) else v
            for k, v in entries.items()
        }
    return value


def _entry(one: Json) -> Any:  # noqa: ANN401 - a transition
    return {"error_id": one} if isinstance(one, str) else one


def _differing(pointer: str, value: Json, made: Json) -> Iterator[str]:
    """The places in which a value says another thing than what was made; blanks are no difference, nor is nothing."""
    if value in _NOTHING and made in _NOTHING:
        return
    if isinstance(value, dict) and isinstance(made, dict):
        for key in value.keys() | made.keys():
            yield from _differing(f"{pointer}/{escape(key)}", value.get(key), made.get(key))
    elif isinstance(value, list) and isinstance(made, list) and len(value) == len(made):
        for i, (one, other) in enumerate(zip(value, made, strict=True)):
            yield from _differing(f"{pointer}/{i}", one, other)
    elif isinstance(value, str) and isinstance(made, str):
        if value.split() != made.split():
            yield pointer
    elif value != made:
        yield pointer


_NOTHING: tuple[Json, ...] = (None, "", [], {})
