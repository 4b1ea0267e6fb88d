"""What the readers share: bytes as text, numbers that every reader keeps, and edits that are held against a second reading."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO

import orjson

from kb.contract import BOM, MAX_DEPTH, UnreadableError
from kb.model import GONE, LONGEST_RECORD, Change, Document, Json
from kb.pointer import tokens
from kb.sources.edit import Edit, carried_out, in_bytes
from kb.sources.locate import Span
from kb.sources.split import LONGEST, Piece

TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels; flatten it"

_SHOWN = 30
_INTEGERS = range(-(2**63), 2**64)


def whole(_name: str, stream: IO[bytes]) -> Iterator[Piece]:
    """A stream that is one record."""
    yield Piece(None, 1, stream.read(LONGEST), 0)


def decoded(raw: bytes) -> str:
    """The text of some bytes, without its byte order mark.

    Raises:
        UnreadableError: it is too long, not UTF-8, or holds a NUL.
    """
    if len(raw) > LONGEST_RECORD:
        raise UnreadableError(f"the record is longer than the limit of {LONGEST_RECORD:,} bytes; split it")
    raw = raw.removeprefix(BOM)
    at = raw.find(b"\0")
    if 0 <= at < 4:
        raise UnreadableError("the text is UTF-16 or UTF-32, or none at all; write it as UTF-8", at)
    if at > 0:
        raise UnreadableError("a NUL stands in the text; remove it", at)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError("the text is not UTF-8; save it as UTF-8", error.start) from None


def followed(raw: bytes) -> str:
    """The text of some bytes for whoever looks for a place in it, whatever is wrong with it."""
    return raw.removeprefix(BOM).decode("utf-8", errors="replace")


def offset_of(text: str, character: int) -> int:
    """Where a character of a text stands in its bytes."""
    return len(text[:character].encode())


def kept_number(written: str, value: float, at: int = 0) -> int | float:
    """A number that stays the same in 64 bits or as a double, as in JSON.

    Raises:
        UnreadableError: it does not.
    """
    if isinstance(value, int):
        if value in _INTEGERS:
            return value
        why = "does not fit 64 bits; write it as text"
    elif math.isnan(value):
        why = "is none; write a real rate, or text"
    elif math.isinf(value):
        why = "is too large for a double; write a real rate, or text"
    elif Decimal(repr(value)) == Decimal(written):
        return value
    else:
        why = f"would be read as {value!r}; write that, or text"
    raise UnreadableError(f"the number {written if len(written) <= _SHOWN else f'{written[:_SHOWN]}…'} {why}", at)


def check_depth(value: Json, depth: int = 1) -> None:
    """Hold a value to the depth that a record may have.

    Raises:
        UnreadableError: it is nested deeper.
    """
    if depth > MAX_DEPTH:
        raise UnreadableError(TOO_DEEP)
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, dict | list):
            check_depth(child, depth + 1)


Spellings = Callable[[str, Json, Json], Iterable[str]]
"""How a token can be spelled that says another value: the token, its value and the other one; the best comes first."""

_MOST_ALONE = 50
"""So many changes of one record are tried one by one, where they cannot be carried out together."""


def edited(
    raw: bytes,
    changes: Sequence[Change],
    read: Callable[[bytes], Document],
    spans: Callable[[str], Mapping[str, Span]],
    spellings: Spellings,
) -> list[Edit] | None:
    """The edits that put other scalars in the place of some, or None.

    What results is read again: it says what is wanted, and else the same as before, or there are no edits.
    """
    wanted = {change.pointer: change.after for change in changes}
    try:
        document = read(raw)
        values = {pointer: _value_at(document, pointer) for pointer in wanted}
    except (UnreadableError, LookupError, TypeError, ValueError):
        return None
    if any(after is GONE or isinstance(after, dict | list) for after in wanted.values()):
        return None
    if any(isinstance(value, dict | list) for value in values.values()):
        return None
    text = raw.removeprefix(BOM).decode()
    known = spans(text)
    if not wanted.keys() <= known.keys():
        return None
    mark = len(raw) - len(raw.removeprefix(BOM))
    tried = {
        pointer: _distinct(spellings(text[known[pointer].start : known[pointer].end], values[pointer], after))
        for pointer, after in wanted.items()
    }

    def result(chosen: Mapping[str, str]) -> list[Edit] | None:
        own = in_bytes(text, ((known[p].start, known[p].end, token) for p, token in chosen.items()), mark)
        expected = _changed(document, {pointer: wanted[pointer] for pointer in chosen})
        return [_shrunk(raw, one) for one in own] if _says(read, carried_out(raw, own), expected) else None

    together = {pointer: options[0] for pointer, options in tried.items() if options}
    if len(together) < len(tried):
        return None
    edits = result(together)
    if edits is None and len(tried) <= _MOST_ALONE:
        chosen = {
            pointer: next((token for token in options if result({pointer: token}) is not None), None)
            for pointer, options in tried.items()
        }
        fitting = {pointer: token for pointer, token in chosen.items() if token is not None}
        edits = result(fitting) if len(fitting) == len(tried) else None
    return edits


def _distinct(options: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(options))


def _says(read: Callable[[bytes], Document], raw: bytes, expected: Document) -> bool:
    try:
        return orjson.dumps(read(raw)) == orjson.dumps(expected)
    except UnreadableError:
        return False


def _shrunk(raw: bytes, one: Edit) -> Edit:
    """The same edit without the bytes at its ends that stay."""
    old, new = raw[one.start : one.end], one.new
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    return Edit(one.start + head, one.end - tail, new[head : len(new) - tail])


def _alike(left: Sequence[object], right: Sequence[object]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (one, other) in pairs if one != other), min(len(left), len(right)))


def _value_at(document: Json, pointer: str) -> Json:
    for step in tokens(pointer):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _changed(document: Document, wanted: Mapping[str, Json]) -> Document:
    changed = copy.deepcopy(document)
    for pointer, after in wanted.items():
        *above, last = tokens(pointer)
        outer: Json = changed
        for step in above:
            outer = outer[int(step)] if isinstance(outer, list) else outer[step]
        outer[int(last) if isinstance(outer, list) else last] = after
    return changed


def in_place(token: str, before: Json, after: Json) -> Iterator[str]:
    """The token with those characters exchanged that differ, if they stand in it as they are in its value."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    end = len(before) - tail
    if head == end:  # something is only added: know its place by the character beside it
        head, end = (head - 1, end) if head else (head, end + 1)
    old, new = before[head:end], after[head : len(after) - (len(before) - end)]
    if not old or "\n" in old + new:
        return
    at = -1
    for _ in range(_occurrences(before, old, head) + 1):
        at = token.find(old, at + 1)
        if at < 0:
            return
    yield token[:at] + new + token[at + len(old) :]


def _occurrences(text: str, part: str, end: int) -> int:
    """How often a part begins before a place, overlapping itself or not."""
    count, at = 0, text.find(part)
    while 0 <= at < end:
        count, at = count + 1, text.find(part, at + 1)
    return count
