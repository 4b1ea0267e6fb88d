"""A mapping file (formats/NAME.toml) becomes a format; what is wrong with one is said with its line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from kb.contract import LISTS_OF_OBJECTS, shapes
from kb.errors import KbError
from kb.model import Json
from kb.pointer import escape
from kb.sources import readers
from kb.sources.formats.computed import Computed, Keeping
from kb.sources.formats.declaration import READERS, TREES, Declaration, Format, ListSaid, Said
from kb.sources.formats.expressions import Expression, ExpressionError, parsed
from kb.sources.formats.two_way import TwoWay, fits_two_way
from kb.words import did_you_mean, show

_NAME = re.compile("[a-z][a-z0-9_-]{0,63}")

RESERVED = frozenset({"native", "json", "ndjson", "files", "csv", "parquet", "site", "problem-matchers", "links"})
"""Names that say another thing where a format is asked for."""

_KEYS = (
    "title", "files", "read", "records", "claims", "map", "default", "values", "lists", "required", "words", "names"
)  # fmt: skip

_LONGEST = 1 << 20


@lru_cache(maxsize=64)
def format_of(name: str, origin: str, text: str) -> Format:
    """The format that a mapping file describes; `origin` is what errors call the file.

    Raises:
        KbError: it is no TOML, or says what a mapping cannot.
    """
    declared = _File(name, origin, text).declaration()
    if fits_two_way(declared):
        return TwoWay(declared)
    (reader, *_) = sorted(declared.reads)
    kept = readers.named(reader)
    return Computed(declared, Keeping(kept.keep, kept.restore))


def _kinds() -> dict[str, str]:
    """The fields that are lists of objects, and the kind of these."""
    graph = {f"transition_graph.{key}": "transition" for key in shapes()["transition_graph"].keys}
    return dict(LISTS_OF_OBJECTS) | graph


def _fields() -> tuple[str, ...]:
    """The fields of a native record that an expression may be for."""
    graph = [f"transition_graph.{key}" for key in shapes()["transition_graph"].keys]
    return (*(key for key in shapes()["record"].keys if key != "transition_graph"), *graph)


def _item_fields(kind: str) -> tuple[str, ...]:
    return shapes()[kind].keys


class _File:
    def __init__(self, name: str, origin: str, text: str) -> None:
        self._name, self._origin = name, origin
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise KbError(
                f"{origin}: {show(name)} cannot be the name of a format; rename the file to small letters, digits and hyphens,"
                f" but none of {', '.join(sorted(RESERVED))}"
            )
        if len(text) > _LONGEST:
            raise KbError(f"{origin}: is longer than {_LONGEST:,} characters; a mapping needs far less")
        try:
            self._document = tomllib.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:  # an odd character is a ValueError too
            raise KbError(f"{origin}: is no TOML: {_first_small(str(error) or 'it is nested too deeply')}") from None
        self._lines = dict(_lines(text))

    def declaration(self) -> Declaration:
        for key in self._document:
            if key not in _KEYS:
                self._fail((key,), f"is nothing that a mapping says; {did_you_mean(key, _KEYS)}")
        lists = tuple(self._lists(self._table(("lists",)), ("lists",)))
        fields = tuple(self._said(path, field) for path, field in self._leaves("map", _fields()))
        for said in fields:
            if any(said.field == one.field for one in lists):
                self._fail(tuple(said.key.split(".")), f"is also made under lists.{said.field}; keep one of them")
        if not fields and not lists:
            self._fail(("map",), 'says for no field where it comes from; add a line such as id = "code"')
        everywhere = (*_fields(), *(f"{field}.{key}" for field, kind in _kinds().items() for key in _item_fields(kind)))
        values = {}
        for path, field in self._leaves("values", everywhere):
            table = self._at(path)
            if not isinstance(table, dict):
                self._fail(path, 'has to be a table of words, such as high = "error"')
            values[field] = table
        return Declaration(
            self._name,
            self._text(("title",)) or self._name,
            self._origin,
            self._reads(),
            self._texts(("files",)),
            self._optional("records"),
            self._optional("claims"),
            fields,
            lists,
            {field: self._plain(path) for path, field in self._leaves("default", everywhere)},
            values,
            tuple(_pattern(place) for place in self._texts(("required",))),
            {_pattern(place): frozenset(self._texts(("words", place))) for place in self._table(("words",))},
            self._names(),
        )

    # ---- parts -----------------------------------------------------------------------------------------------------

    def _reads(self) -> frozenset[str]:
        readers = self._texts(("read",)) or ("json",)
        for reader in readers:
            if reader not in READERS:
                self._fail(("read",), f"there is no reader {show(reader)}; {did_you_mean(reader, READERS)}")
        if len(readers) > 1 and not TREES.issuperset(readers):
            self._fail(("read",), "only json, yaml and toml go together; write a mapping for each of the others")
        return frozenset(readers)

    def _names(self) -> tuple[str, ...]:
        names = self._texts(("names",))
        for name in names:
            if not _PARTS.fullmatch(name):
                self._fail(
                    ("names",), f"{show(name)}: a name is made of {{id}}, {{domain}}, {{slug}} and {{environment}}"
                )
        return names

    def _lists(self, table: dict[str, Any], path: tuple[str, ...]) -> Iterator[ListSaid]:
        kinds = _kinds()
        for key, entry in table.items():
            here = (*path, key)
            field = ".".join(here[1:])
            if field in kinds and isinstance(entry, dict):
                yield self._list(field, kinds[field], entry, here)
            elif any(known.startswith(f"{field}.") for known in kinds) and isinstance(entry, dict):
                yield from self._lists(entry, here)
            else:
                self._fail(here, f"is no list of objects in a record; {did_you_mean(field, kinds)}")

    def _list(self, field: str, kind: str, entry: dict[str, Any], path: tuple[str, ...]) -> ListSaid:
        if "items" not in entry:
            self._fail(path, 'does not say where its items are; add items = "…"')
        known = _item_fields(kind)
        for key in entry:
            if key not in known and key != "items":
                self._fail((*path, key), f"is no field of it; {did_you_mean(key, ('items', *known))}")
        said = {key: self._said((*path, key), f"{field}.{key}") for key in entry}
        return ListSaid(field, kind, said.pop("items"), tuple(said.values()))

    def _leaves(self, table: str, known: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Each field that a table says something for, with the path to that."""
        left = [(table, key) for key in reversed(self._table((table,)))]
        paths: list[tuple[str, ...]] = [*left]
        while paths:
            path = paths.pop()
            field, value = ".".join(path[1:]), self._at(path)
            if field in known and not (isinstance(value, dict) and self._goes_on(field, value, known)):
                yield path, field
            elif isinstance(value, dict) and any(one.startswith(f"{field}.") for one in known):
                paths += [(*path, key) for key in reversed(value)]
            else:
                self._fail(path, f"`{field}` is no field of a record; {did_you_mean(field, known)}")

    @staticmethod
    def _goes_on(field: str, value: dict[str, Any], known: tuple[str, ...]) -> bool:
        """Whether a table is not about a list but about fields of the objects in it."""
        return bool(value) and all(f"{field}.{key}" in known for key in value)

    def _said(self, path: tuple[str, ...], field: str) -> Said:
        text = self._at(path)
        if not isinstance(text, str):
            self._fail(path, f'is {show(text)}; it has to be an expression in quotes, such as "code"')
        try:
            expression: Expression = parsed(text)
        except ExpressionError as error:
            self._fail(path, f"{show(text)} {error}")
        return Said(".".join(path), field, expression, self._line(path))

    def _optional(self, key: str) -> Said | None:
        return self._said((key,), "") if key in self._document else None

    def _plain(self, path: tuple[str, ...]) -> Json:
        value = self._at(path)
        if not _is_json(value):
            self._fail(path, "is a date or a number that JSON has not; write it in quotes")
        return value

    # ---- values ----------------------------------------------------------------------------------------------------

    def _at(self, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any value of TOML
        value: Any = self._document
        for key in path:
            value = value[key]
        return value

    def _table(self, path: tuple[str, ...]) -> dict[str, Any]:
        table = self._document.get(path[0], {})
        if not isinstance(table, dict):
            self._fail(path, f"has to be a table; begin it with a line [{path[0]}]")
        return table

    def _text(self, path: tuple[str, ...]) -> str | None:
        value = self._document.get(path[0])
        if value is not None and not isinstance(value, str):
            self._fail(path, "has to be a text in quotes")
        return value

    def _texts(self, path: tuple[str, ...]) -> tuple[str, ...]:
        value: Any = self._document
        for key in path:
            value = value.get(key, ())
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
            self._fail(path, 'has to be a list of texts, such as ["…"]')
        return tuple(texts)

    def _line(self, path: tuple[str, ...]) -> int:
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _fail(self, path: tuple[str, ...], why: str) -> NoReturn:
        raise KbError(f"{self._origin}:{self._line(path)}: {'.'.join(path)}: {why}")


def _first_small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _is_json(value: Any) -> bool:  # noqa: ANN401 - any value of TOML
    if isinstance(value, dict | list):
        return all(map(_is_json, value.values() if isinstance(value, dict) else value))
    if isinstance(value, float):
        return value - value == 0  # finite
    return isinstance(value, str | bool | int)


def _pattern(place: str) -> str:
    """A place of the source, such as a.b or a.b[].c, as a pattern of pointers."""
    steps = [
        step
        for part in place.split(".")
        for step in (part.removesuffix("[]"), *(["[]"] if part.endswith("[]") else []))
    ]
    return "".join("/[0-9]+" if step == "[]" else f"/{re.escape(escape(step))}" for step in steps)


_PARTS = re.compile(r"(?:[^{}]|\{(?:id|domain|slug|environment)\})+")

_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_HEADER = re.compile(r"\s*\[([^\[\]]+)\]")
_FENCE = re.compile("\"\"\"|'''")


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The line of every key and table of a TOML text, by its path; of what stands within a value, none."""
    table: tuple[str, ...] = ()
    within = False
    for number, line in enumerate(text.split("\n"), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if within:
            pass
        elif header:
            table = _path(f"[{header[1]}]")
            yield table, number
        elif key:
            yield (*table, *_path(f"{key[1]} = 0")), number
        within ^= len(_FENCE.findall(line)) % 2 == 1


def _path(toml: str) -> tuple[str, ...]:
    try:
        found: Mapping[str, Any] | int = tomllib.loads(toml)
    except ValueError:
        return ()
    path: list[str] = []
    while isinstance(found, dict) and found:
        ((key, found),) = found.items()
        path.append(key)
    return tuple(path)
