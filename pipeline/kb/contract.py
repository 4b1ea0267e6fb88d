"""The JSON Schemas: strict reading, fast acceptance, full explanation, and the one shape of a curated document."""

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import jiter
import orjson
import re2

from kb.errors import KbError
from kb.model import LONGEST_RECORD, Document, Json
from kb.pointer import escape
from kb.words import did_you_mean, show

INCOMING = "record.incoming.v1"
CURATED = "record.curated.v1"
SCHEMA_VERSION = "1"

LATER: dict[str, Json] = {"signatures": [], "severity": None, "diagnosis": [], "verify": []}
"""Keys that version 1.0 of the format did not have, each with what says nothing there."""

LATER_OF_ITEMS: dict[str, Json] = {"quote": None}
"""Likewise of dead ends and workarounds."""

BOM = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8, which is tolerated before a record and means nothing."""

MAX_DEPTH = 64
"""The deepest nesting that is read; a native record needs five."""

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels; flatten it"

_INT_RANGE = range(-(2**63), 2**64)


class UnreadableError(Exception):
    """The bytes are not one strict JSON object; the text says why and what to do, `at` where: an offset in the bytes."""

    def __init__(self, reason: str, at: int = 0) -> None:
        super().__init__(reason)
        self.at = at


@cache
def schema(name: str) -> Document:
    """One of the schemas in `schemas/`, by its file name without `.json`."""
    parsed: Document = orjson.loads(_schema_folder().joinpath(f"{name}.json").read_bytes())
    return parsed


def names() -> list[str]:
    """The names of all schemas, as `schema` takes them."""
    return sorted(path.name.removesuffix(".json") for path in _schema_folder().glob("*.json"))


def text(name: str) -> str:
    """A schema as it is written in its file; its name may be without the version.

    Raises:
        KbError: there is none of that name; the nearest is named.
    """
    known = names()
    matching = [key for key in known if name.removesuffix(".json") in {key, key.rpartition(".")[0]}]
    if not matching:
        raise KbError(f"no schema {name}; {did_you_mean(name, known)}")
    return _schema_folder().joinpath(f"{matching[-1]}.json").read_text(encoding="utf-8")


def _schema_folder() -> Path:
    packaged = Path(__file__).with_name("schemas")
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "schemas"


def read(raw: bytes) -> Document:
    """Read one strict JSON object (RFC 8259, and of RFC 7493 the unique keys and the numbers that every reader keeps).

    Raises:
        UnreadableError: anything else.
    """
    if len(raw) > LONGEST_RECORD:
        raise UnreadableError(f"the record is longer than the limit of {LONGEST_RECORD:,} bytes; split it")
    raw = raw.removeprefix(BOM)
    shallow = raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH
    if shallow and raw[:2] == b'{"' and b'": ' not in raw[:64]:
        with suppress(ValueError):
            plain: Document = orjson.loads(raw)
            if orjson.dumps(plain) == raw:  # so no key stands there twice, and no number that is not kept
                return plain
    try:
        value: Json = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        raise _refused(raw, str(error)) from None
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    if not isinstance(value, dict):
        raise UnreadableError(f"a record is a JSON object, this is {_type_name(value)}; wrap or remove it")
    if not shallow:
        _check_depth(value, 1)
    if _ODD_NUMBER.search(raw) and not _keeps_numbers(jiter.from_json(raw, float_mode="decimal")):
        raise _altered(raw)
    return value


def _refused(raw: bytes, error: str) -> UnreadableError:
    """Why no strict reader takes a text, given what the parser says of it."""
    if not raw.strip():
        return UnreadableError("the text is empty; write a record there, or delete the file")
    if b"\0" in raw[:4]:
        return UnreadableError("the text is UTF-16 or UTF-32, or none at all; write it as UTF-8")
    reason, at = _taken_apart(raw, error)
    if reason == "recursion limit exceeded":
        return UnreadableError(_TOO_DEEP, at)
    twice = _TWICE.fullmatch(reason)
    if twice:
        return UnreadableError(f"the key {show(twice[1])} stands twice in one object; keep one", at)
    relaxed = _relaxed(raw) if len(raw) <= _RELAXED else None
    if relaxed:
        return UnreadableError(f"not strict JSON but JSON with {relaxed}; remove them", at)
    before = raw[max(at - _SHOWN, 0) : at].decode(errors="replace").strip()
    behind = f" behind {show(before)}" if before else ""
    return UnreadableError(f"not strict JSON: {reason}{behind}; correct it at the source", at)


_PLACED = re.compile(r"(.*) at line (\d+) column (\d+)", re.DOTALL)
_TWICE = re.compile(r'Detected duplicate key "(.*)"', re.DOTALL)
_SHOWN = 30


def _taken_apart(raw: bytes, error: str) -> tuple[str, int]:
    """What the parser says, and the offset at which it says so: it counts lines and, in bytes, columns from 1."""
    placed = _PLACED.fullmatch(error)
    if placed is None:
        return error, 0
    start = 0
    for _ in range(int(placed[2]) - 1):
        start = raw.find(b"\n", start) + 1
    return placed[1], start + max(int(placed[3]) - 1, 0)


_RELAXED = 1 << 17
"""The longest text, in bytes, of which kb says that it is JSON with comments: longer ones are written by programs."""

_STRING = rb'"(?:[^"\\]|\\.)*"'
_COMMENT = re2.compile(rb"(" + _STRING + rb")|//[^\n]*|/\*(?s:.*?)\*/")
_TRAILING_COMMA = re2.compile(rb"(" + _STRING + rb")|,(\s*[\]}])")


def _relaxed(raw: bytes) -> str | None:
    """What makes a text JSONC or JSON5 and not JSON, if nothing else is wrong with it."""
    plain = _COMMENT.sub(lambda match: match[1] or b" ", raw)
    strict = _TRAILING_COMMA.sub(lambda match: match[1] or match[2], plain)
    try:
        jiter.from_json(strict, allow_inf_nan=False)
    except (ValueError, RecursionError):
        return None
    return " and ".join(["comments"] * (plain != raw) + ["trailing commas"] * (strict != plain)) or None


_ODD_NUMBER = re2.compile(rb"[0-9][eE]|[0-9.]{17}")
"""Only such digits can be more than a double or 64 bits hold; to look for them costs less than to look at every value."""

_NUMBER = re2.compile(rb"(" + _STRING + rb")|-?[0-9][0-9.eE+-]*")


def _keeps_numbers(value: Json) -> bool:
    """Whether every number, read as a decimal, stays the same as a double or in 64 bits."""
    if isinstance(value, dict | list):
        return all(map(_keeps_numbers, value.values() if isinstance(value, dict) else value))
    if isinstance(value, Decimal):
        return Decimal(repr(float(value))) == value
    return not isinstance(value, int) or value in _INT_RANGE


def _altered(raw: bytes) -> UnreadableError:
    """That a number of a text would not be kept: which, and what a reader would make of it."""
    numbers = (match for match in _NUMBER.finditer(raw) if match[1] is None)
    odd = next(match for match in numbers if not _keeps_numbers(jiter.from_json(match[0], float_mode="decimal")))
    written = odd[0].decode()
    if written.lstrip("-").isdigit():
        why = "does not fit 64 bits; write it as text"
    elif math.isinf(float(written)):
        why = "is too large for a double; write a real rate, or text"
    else:
        why = f"would be read as {float(written)!r}; write that, or text"
    return UnreadableError(
        f"the number {written if len(written) <= _SHOWN else f'{written[:_SHOWN]}…'} {why}", odd.start()
    )


def _check_depth(value: Json, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise UnreadableError(_TOO_DEEP)
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, dict | list):
            _check_depth(child, depth + 1)


@cache
def _fast(name: str) -> Any:  # noqa: ANN401 - a compiled class of jsonschema_rs
    import jsonschema_rs  # noqa: PLC0415 - only records need it

    return jsonschema_rs.validator_for(schema(name))


def accepts(document: Json, name: str = INCOMING) -> bool:
    """Whether a document has the shape that a schema asks, by default that of incoming records."""
    accepted: bool = _fast(name).is_valid(document)
    return accepted


@cache
def _explainer(name: str) -> Any:  # noqa: ANN401 - one of jsonschema's generated classes
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 70 ms, and only a violation needs it

    return Draft202012Validator(schema(name))


def violations(document: Json, name: str = INCOMING) -> Iterator[tuple[str, str]]:
    """The violations of a schema, as (RFC 6901 pointer, message), in the order of their places.

    To explain one takes a tenth of a millisecond and more: where there are more than `MOST_EXPLAINED`, the last says so.
    """
    seen = set()
    errors = list(islice(_explainer(name).iter_errors(document), MOST_EXPLAINED + 1))
    for error in sorted(errors[:MOST_EXPLAINED], key=lambda error: list(error.absolute_path)):
        base = "".join(f"/{escape(str(step))}" for step in error.absolute_path)
        for pointer, message in _explain(error, base):
            if (pointer, message) not in seen:
                seen.add((pointer, message))
                yield pointer, message
    if len(errors) > MOST_EXPLAINED:
        yield "", f"it has more violations than the {MOST_EXPLAINED} that are listed; correct these first"


MOST_EXPLAINED = 200


def _explain(error: Any, base: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - jsonschema.ValidationError
    match error.validator:
        case "required":
            for key in error.validator_value:
                if key not in error.instance:
                    yield f"{base}/{escape(key)}", f"`{key}` is missing; add it"
        case "type":
            allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
            names = " or ".join(_TYPE_NAMES[name] for name in allowed)
            yield base, f"{show(error.instance)} is {_type_name(error.instance)}; it has to be {names}"
        case "pattern":
            is_blank = not str(error.instance).strip()
            why = (
                "is blank; write the text"
                if is_blank
                else "is not written as it has to be; see the schema (`kb schema`)"
            )
            yield base, f"{show(error.instance)} {why}"
        case "enum":
            choices = ", ".join(show(choice) for choice in error.validator_value)
            yield base, f"{show(error.instance)} is none of {choices}; choose one"
        case "anyOf":
            yield base, f"{show(error.instance)} is no transition; give an id, or an object with `error_id`"
        case _:
            yield base, f"{show(error.instance)} breaks `{error.validator}: {error.validator_value}`; correct it"


_TYPE_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _type_name(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


KEPT_FOR_KB = frozenset({"schema_version", "curation"})
"""Keys that kb writes on publication."""

NOTES = ("$schema", "$comment")
"""What an author may write into any object for editors and for people: accepted, and not published."""


class Shape:
    """The keys of one kind of object, in their order, with what stands for an absent or null value."""

    def __init__(self, definition: Document, *, without: tuple[str, ...] = ()) -> None:
        properties = definition["properties"]
        self.keys = tuple(key for key in properties if key not in without and key != "extensions")
        self.known = frozenset((*properties, *NOTES))
        types = {key: _types(properties[key]) for key in self.keys}
        self.optional_texts = frozenset(key for key in self.keys if types[key] == ["string", "null"])
        self._nothing = dict.fromkeys(self.keys)
        self._never_null = [(key, empty) for key in self.keys if (empty := _empty(types[key]))]
        self.nullable = frozenset(self.keys).difference(key for key, _ in self._never_null)

    def complete(self, item: Document) -> Document:
        """The item with every key in order; unknown ones follow, sorted, and then what other formats carry."""
        full = {**self._nothing, **item}
        if len(full) > len(self.keys):  # there are others, which come last
            full = {key: full[key] for key in self.keys}
            if not item.keys() <= self.known:
                full |= {key: item[key] for key in sorted(item.keys() - self.known)}
            if "extensions" in self.known and item.get("extensions"):
                full["extensions"] = item["extensions"]
        for key, empty in self._never_null:
            if full[key] is None:
                full[key] = empty()
        return full


def _empty(types: list[str]) -> type | None:
    """What stands for an absent value of some types, where that is not null."""
    return list if "array" in types else dict if "object" in types else str if types == ["string"] else None


def _resolve(definition: Document) -> Document:
    if "$ref" in definition:
        target: Document = schema(INCOMING)["$defs"][definition["$ref"].rsplit("/", 1)[1]]
        return target
    return definition


def _types(definition: Document) -> list[str]:
    declared = _resolve(definition).get("type", [])
    return declared if isinstance(declared, list) else [declared]


@cache
def shapes() -> dict[str, Shape]:
    """The shapes of a record and of the objects in it, by the names they have in the schema."""
    native = schema(INCOMING)
    transition = native["$defs"]["transition"]["anyOf"][1]
    return {
        "record": Shape(native, without=(*NOTES, *KEPT_FOR_KB)),
        "version": Shape(native["$defs"]["version"]),
        "dead_end": Shape(native["$defs"]["dead_end"]),
        "workaround": Shape(native["$defs"]["workaround"]),
        "transition_graph": Shape(native["$defs"]["transition_graph"]),
        "transition": Shape(transition),
    }


LISTS_OF_OBJECTS = (("versions", "version"), ("dead_ends", "dead_end"), ("workarounds", "workaround"))


def complete(document: Document) -> Document:
    """An accepted document in the one shape of the house: every native key, in order, transitions as objects.

    Nothing is judged or repaired here: absent and null optional values become null, [] or {}. `schema_version` and
    `curation` of an earlier publication are left out, the caller sets new ones.
    """
    shape = shapes()
    full = shape["record"].complete(document)
    for key, kind in LISTS_OF_OBJECTS:
        full[key] = [shape[kind].complete(item) for item in full[key]]
    graph = shape["transition_graph"].complete(full["transition_graph"])
    for key in shape["transition_graph"].keys:
        graph[key] = [
            shape["transition"].complete({"error_id": entry} if isinstance(entry, str) else entry)
            for entry in graph[key]
        ]
    full["transition_graph"] = graph
    return full
