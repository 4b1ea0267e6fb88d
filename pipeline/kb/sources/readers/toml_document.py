"""TOML: a file is a record. Dates and times are texts, as ISO 8601 writes them."""

import datetime as dt
import json
import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from kb.contract import MAX_DEPTH, UnreadableError
from kb.model import Change, Document, Json
from kb.pointer import escape
from kb.sources.edit import Edit
from kb.sources.locate import Span, nearest
from kb.sources.readers.source_text import (
    TOO_DEEP,
    check_depth,
    decoded,
    edited,
    followed,
    in_place,
    kept_number,
    offset_of,
)


def read(raw: bytes) -> Document:
    """The table that a document is.

    Raises:
        UnreadableError: it is no TOML, or holds a number that JSON does not keep.
    """
    return table(decoded(raw))


def table(text: str) -> Document:
    """The like, of a text.

    Raises:
        UnreadableError: as in `read`.
    """
    if _may_be_deep(text):
        _Scan(text).check_depth()  # before the parser, which takes long for what is nested deep
    try:
        document = tomllib.loads(text, parse_float=lambda written: _real(written, text))
    except tomllib.TOMLDecodeError as error:
        reason, at = _taken_apart(str(error), text)
        raise UnreadableError(f"not TOML: {reason}; correct it at the source", at) from None
    except (ValueError, RecursionError):
        raise UnreadableError("not TOML: a number or a nesting without end; correct it at the source") from None
    check_depth(document)
    plain: Document = _plain(document, text)
    return plain


_PLACED = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def _taken_apart(error: str, text: str) -> tuple[str, int]:
    """What the parser says, and the offset at which it says so."""
    placed = _PLACED.fullmatch(error)
    if placed is None:
        return error, 0
    if placed[2] is None:
        return placed[1], offset_of(text, len(text))
    normal = text.replace("\r\n", "\n").split("\n")  # as the parser counts
    line, column = int(placed[2]) - 1, int(placed[3]) - 1
    before = "\n".join([*normal[:line], normal[line][:column] if line < len(normal) else ""])
    return placed[1], len(before.encode()) + (line if "\r\n" in text else 0)


def _real(written: str, text: str) -> float:
    return kept_number(written, float(written.replace("_", "")), offset_of(text, max(text.find(written), 0)))


def _plain(value: Any, text: str) -> Any:  # noqa: ANN401 - what tomllib makes
    if isinstance(value, dict):
        return {key: _plain(child, text) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child, text) for child in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return kept_number(str(value) if value.bit_length() < _SHOWN_BITS else "of so many digits", value)
    return value


_SHOWN_BITS = 1_000


def places(raw: bytes, wanted: Collection[str]) -> dict[str, Span]:
    """Where some values stand, else what holds them; of a broken document, as far as it can be followed."""
    return nearest(spans(followed(raw)), wanted)


def spans(text: str) -> dict[str, Span]:
    """Where every value stands; a table, where its header is, or the first key of it."""
    return _Scan(text).spans()


def _may_be_deep(text: str) -> bool:
    return text.count("[") + text.count("{") > MAX_DEPTH or any(
        line.count(".") >= MAX_DEPTH for line in text.split("\n")
    )


_TOKEN = re.compile(
    r'#[^\n]*|"""(?>(?:[^"\\]|\\.|"{1,2}(?!"))*)"{0,5}|\'{3}(?>(?:[^\']|\'{1,2}(?!\'))*)\'{0,5}'
    r'|"(?>(?:[^"\\\n]|\\.)*)"?|\'[^\'\n]*+\'?|[\[\]{},=.\n]|[^\s\[\]{},=."\'#]+',
    re.DOTALL,
)
_BARE = re.compile(r"[^\s,\]}#](?:[^,\]}#\r\n]*[^\s,\]}#])?")


class _Scan:
    """A text whose keys and values are followed without understanding them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._spans: dict[str, Span] = {"": Span(0, 0, len(text))}
        self._counts: dict[str, int] = {}  # of the tables in each array of tables
        self._home = ""

    def spans(self) -> dict[str, Span]:
        with suppress(UnreadableError):
            self._follow()
        return self._spans

    def check_depth(self) -> None:
        """Raises UnreadableError where the text is nested too deep; what else is wrong is for the parser."""
        self._follow()

    def _next(self, *, skip: str = "") -> re.Match[str] | None:
        """The next token that is no comment; line ends only where they are not to be skipped."""
        while match := _TOKEN.search(self._text, self._at):
            self._at = match.end()
            if match[0][0] != "#" and match[0] not in skip.split(" "):
                return match
        return None

    def _follow(self) -> None:
        while match := self._next(skip="\n"):
            if match[0] == "[":
                self._header(match.start())
            elif match[0] not in _MARKS:
                self._at = match.start()
                self._pair(self._home)
            else:
                self._skip_line()

    def _skip_line(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def _header(self, begin: int) -> None:
        is_array = self._text[self._at : self._at + 1] == "["
        self._at += is_array
        keys, _ = self._keys()
        end = self._text.find("]", self._at - 1)
        self._at = len(self._text) if end < 0 else end + 1 + is_array
        here = ""
        for place, key in enumerate(keys):
            here = f"{here}/{escape(key)}"
            if is_array and place == len(keys) - 1:
                self._spans.setdefault(here, Span(begin, begin, self._at))
                self._counts[here] = self._counts.get(here, -1) + 1
            if here in self._counts:
                here = f"{here}/{self._counts[here]}"
            self._spans.setdefault(here, Span(begin, begin, self._at))
        self._home = here

    def _keys(self) -> tuple[list[str], int]:
        """The parts of a dotted key and where they begin; what follows them is taken too."""
        keys: list[str] = []
        begin = -1
        while match := self._next():
            if match[0] in _MARKS and match[0] != ".":
                break
            if match[0] != ".":
                keys.append(_key(match[0]))
                begin = match.start() if begin < 0 else begin
            if len(keys) > MAX_DEPTH:
                raise UnreadableError(TOO_DEEP, offset_of(self._text, self._at))
        return keys, max(begin, 0)

    def _pair(self, home: str) -> None:
        """A key and its value."""
        keys, begin = self._keys()
        behind = self._text[self._at - 1 : self._at]
        if behind != "=":
            if behind != "\n":
                self._skip_line()
            return
        for key in keys[:-1]:
            home = f"{home}/{escape(key)}"
            self._spans.setdefault(home, Span(begin, begin, self._at))
        if keys:
            self._value(f"{home}/{escape(keys[-1])}", begin)

    def _value(self, pointer: str, begin: int) -> None:
        """A value with all that is in it."""
        opened: list[tuple[str, Iterator[int] | None]] = []  # the lists, each with its indexes, and the inline tables
        match = self._next()
        while match is not None:
            if match[0] not in {"]", "}"}:
                self._spans[pointer] = Span(begin, match.start(), self._end_of(match))
                if match[0] in {"[", "{"}:
                    opened.append((pointer, count() if match[0] == "[" else None))
                if len(opened) > MAX_DEPTH:
                    raise UnreadableError(TOO_DEEP, offset_of(self._text, match.start()))
            elif opened:
                closed = opened.pop()[0]
                self._spans[closed] = self._spans[closed]._replace(end=match.end())
            if not opened:
                return
            match = self._next(skip="\n ,")
            if match is not None and match[0] not in {"]", "}"}:
                pointer, begin, match = self._inner(*opened[-1], match)

    def _inner(
        self, outer: str, indexes: Iterator[int] | None, match: re.Match[str]
    ) -> tuple[str, int, re.Match[str] | None]:
        """Where the next value in a list or inline table belongs, where it or its key begins, and its first token."""
        if indexes is not None:
            return f"{outer}/{next(indexes)}", match.start(), match
        self._at = match.start()
        keys, begin = self._keys()
        for key in keys:
            outer = f"{outer}/{escape(key)}"
            self._spans.setdefault(outer, Span(begin, begin, self._at))
        return outer, begin, self._next() if keys and self._text[self._at - 1] == "=" else None

    def _end_of(self, match: re.Match[str]) -> int:
        """Where a value ends: a number or a date goes beyond its first token."""
        if match[0][0] not in "\"'[{":
            bare = _BARE.match(self._text, match.start())
            self._at = bare.end() if bare else match.end()
        return self._at


_MARKS = frozenset("[]{},=.\n")


def _key(token: str) -> str:
    if token[0] not in "\"'":
        return token
    try:
        return str(tomllib.loads(f"key = {token}")["key"])
    except tomllib.TOMLDecodeError:
        return token


def edit(raw: bytes, changes: Sequence[Change]) -> list[Edit] | None:
    """The smallest edits of scalars, in the style that they have; None, where that cannot be done safely."""
    return edited(raw, changes, read, spans, spellings)


def spellings(token: str, before: Json, after: Json) -> Iterator[str]:
    """A scalar in the style of another, and in that which holds every text."""
    if after is None:
        return
    yield from in_place(token, before, after)
    if not isinstance(after, str):
        yield json.dumps(after)
        return
    for quote in ("'''", '"""', "'"):
        if token.startswith(quote):
            after_open = token[3:5] if token[3:5] == "\r\n" else token[3:4] if token[3:4] == "\n" else ""
            yield f"{quote}{after_open if len(quote) == 3 else ''}{after}{quote}"
    yield json.dumps(after, ensure_ascii=False).replace("\x7f", "\\u007f")


def write(kept: Json) -> bytes:
    """A JSON object as a TOML document. TOML has no null: keys of such values are left out."""
    import tomlkit  # noqa: PLC0415 - most files are JSON

    return tomlkit.dumps(kept).encode()
