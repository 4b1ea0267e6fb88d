"""A stream of bytes becomes records: the lines of NDJSON, the elements of an array, the values of a JSON text.

Nothing is parsed here, only cut, and never is a whole stream in memory: what cannot be separated is handed on in one
piece, for the strict reader to judge.
"""

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from kb.contract import BOM
from kb.model import LONGEST_RECORD

LINES = (".ndjson", ".jsonl")

LONGEST = LONGEST_RECORD + 1
"""The longest piece that is kept whole, in bytes: what was cut off there is longer than any record may be."""

_READ = 1 << 20
_BLANK = b" \t\r\n"
_SPACE = 0x20


class Piece(NamedTuple):
    """The bytes of one record, and where they start: line and column from 1 (no line where it is alone), and the offset.

    Where the text around the records is no JSON, a piece of its own says why: its `fault`.
    """

    line: int | None
    column: int
    raw: bytes
    offset: int
    fault: str | None = None


_UNCLOSED = "the array is not closed, so records may be missing; close it"
_COMMA = "nothing follows this comma, and no other reader of JSON takes that; remove it"
_TEXTS = (
    "a second JSON text begins here, and no other reader takes that of a .json file; make them an array, or write one record"
    " a line and name the file .ndjson"
)


_DEEPEST = 1_000
"""So many brackets are followed into each other: fifteen times as many as a record may have."""

_TOO_DEEP = f"nested deeper than {_DEEPEST:,} levels, so the rest of the file is not read; flatten it"


def pieces(name: str, stream: IO[bytes]) -> Iterator[Piece]:
    """Cut a stream into records, by the suffix of its name: .ndjson and .jsonl hold lines, all else a JSON text."""
    return _lines(stream) if is_lines(name) else _values(stream)


def is_lines(name: str) -> bool:
    """Whether a stream of that name holds a record on each line."""
    return name.lower().removesuffix(".gz").removesuffix(".zst").endswith(LINES)


def looks_like_lines(head: bytes) -> bool:
    """Whether a stream that begins so is NDJSON: one of its lines, not indented, is a whole object, and it opens no array."""
    lines = [line for line in head.removeprefix(BOM).split(b"\n") if line.strip(_BLANK)]
    whole = any(line[:1] == b"{" and line.rstrip(_BLANK)[-1:] == b"}" for line in lines)
    return whole and lines[0].lstrip(_BLANK)[:1] != b"["


def _lines(stream: IO[bytes]) -> Iterator[Piece]:
    number = ahead = 0
    while line := stream.readline(LONGEST):
        number += 1
        here, ahead = ahead, ahead + len(line)
        rest = line
        while len(rest) == LONGEST and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST)
            ahead += len(rest)
        if number == 1 and line.startswith(BOM):  # tolerated once, at the start
            line, here = line.removeprefix(BOM), len(BOM)
        text = line.strip(_BLANK)
        if text:
            indent = 0 if line[0] > _SPACE else len(line) - len(line.lstrip(_BLANK))
            yield Piece(number, 1 + indent, text, here + indent)


def _values(stream: IO[bytes]) -> Iterator[Piece]:
    head = stream.read(_READ)
    start = head.removeprefix(BOM).lstrip(_BLANK)
    if start[:1] == b"[":
        window = _Window(start=head.index(b"[") + 1, buffer=head, stream=stream)
        yield from _elements(window)
        yield from _texts(window)
        return
    if len(head) < _READ and not _TWO.search(head):
        yield Piece(None, 1, head, 0)
        return
    texts = _texts(_Window(start=len(head) - len(start), buffer=head, stream=stream))
    first = next(texts, None)
    if first is not None:
        second = next(texts, None)
        alone = Piece(None, 1, head, 0) if len(head) < _READ else first._replace(line=None, column=1)
        yield first if second else alone
        if second is not None:
            yield Piece(second.line, second.column, b"", second.offset, _TEXTS)
            yield second
            yield from texts


_TWO = re.compile(rb"\}\s*\{")
"""Within one JSON text a brace closes before another opens only in a string; so where this is not, there is one text."""

_TOKEN = re.compile(rb'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)(")?|[\[\]{},]', re.DOTALL)


class _Window:
    """The part of a stream that is looked at: it begins with the piece that is being followed, and grows as needed."""

    def __init__(self, *, start: int, buffer: bytes, stream: IO[bytes]) -> None:
        self.opened = start - 1  # the offset of the bracket around, if there is one
        self.start = self.begin = self.end = start  # of the piece; of the last mark
        self._buffer = buffer
        self._stream = stream
        self._passed = len(BOM) if buffer.startswith(BOM) else 0
        self._line = self._column = 1
        self._dropped = 0  # bytes of the stream before the window
        self._head: Piece | None = None  # of a piece too long to be kept whole
        self.ended = False

    def marks(self) -> Iterator[bytes]:
        """The brackets and commas outside of strings; `begin` and `end` say where in the window the last one stands."""
        at: int | None = self.start
        while at is not None:
            match = _TOKEN.search(self._buffer, at)
            if match is None or (match.group()[:1] == b'"' and match[1] is None):
                at = self._read_on(match)
                continue
            at, self.begin, self.end = match.end(), match.start(), match.end()
            if match.group()[:1] != b'"':
                yield match.group()
                at = max(at, self.start)

    def _read_on(self, string: re.Match[bytes] | None) -> int | None:
        """Read more, return where to look on; None at the end, or where a piece grows too long without a string to blame.

        Of a string that makes its piece too long only the head is kept, so that what follows it is separated.
        """
        is_long = len(self._buffer) - self.start >= LONGEST
        if is_long and string is None:
            return None
        more = self._stream.read(_READ)
        if not more:
            self.ended = True
            return None
        if string is not None and (is_long or self._head is not None):
            if self._head is None:
                self._head = self._piece(self.start + LONGEST)
            self._forget(string.end() - 1)
            self._buffer = b'"' + self._buffer[1:] + more
            return 0
        at = (string.start() if string else len(self._buffer)) - self.start
        self._forget(self.start)
        self._buffer += more
        return at

    def _forget(self, end: int) -> None:
        """Let go of what stands before a place; what is left of the piece starts the window."""
        self._pass_to(end)
        self._dropped += end
        self._buffer, self.start, self._passed = self._buffer[end:], 0, 0

    def take(self, end: int) -> Piece | None:
        """Cut the piece that ends there, if it holds anything; the next begins behind the last mark."""
        piece, self._head = self._head or self._piece(end), None
        if piece:
            self.start = self.end
        return piece

    def take_rest(self) -> Piece | None:
        """Cut all that is left in the window."""
        self.end = len(self._buffer)
        return self.take(self.end)

    def take_head(self) -> Piece:
        """Cut the beginning of a piece that is not followed any further; nothing is behind it."""
        self.ended = True
        self._pass_to(self.start)
        return Piece(
            self._line, self._column, self._buffer[self.start : self.end], self._dropped + self.start, _TOO_DEEP
        )

    def comma(self) -> Piece:
        """The comma that the window begins behind."""
        self._pass_to(self.start)
        return Piece(self._line, self._column - 1, b",", self._dropped + self.start - 1, _COMMA)

    def _piece(self, end: int) -> Piece | None:
        raw = self._buffer[self.start : end].strip(_BLANK)
        if not raw:
            return None
        begin = self._buffer.index(raw[:1], self.start)
        self._pass_to(begin)
        return Piece(self._line, self._column, raw, self._dropped + begin)

    def _pass_to(self, end: int) -> None:
        passed = self._buffer[self._passed : end]
        lines = passed.count(b"\n")
        self._line += lines
        last = passed[passed.rfind(b"\n") + 1 :]
        self._column = (1 if lines else self._column) + len(last.decode("utf-8", errors="replace"))
        self._passed = end


def _elements(window: _Window) -> Iterator[Piece]:
    """The elements of an array, up to its end or to what cannot be followed."""
    depth = count = 0
    for mark in window.marks():
        if mark in _OPENING:
            depth += 1
            if depth > _DEEPEST:
                yield window.take_head()
                return
        elif mark in _CLOSING and depth:
            depth -= 1
        elif not depth:
            piece = None if mark == b"}" else window.take(window.begin)  # a brace that closes nothing
            if piece:
                count += 1
                yield piece
            elif mark == b"]" and count:
                yield window.comma()
            if mark == b"]":
                window.start = window.end
            if mark == b"]" or not piece:  # nothing between two commas
                return
    rest = window.take_rest()
    if rest:
        yield rest
    if not rest or (depth == 0 and rest.raw.startswith(b"{") and rest.raw.endswith(b"}")):
        yield Piece(rest.line if rest else 1, 1, b"[", window.opened, _UNCLOSED)


def _texts(window: _Window) -> Iterator[Piece]:
    """JSON texts one after another; what cannot be separated comes in pieces of the longest kind, the last as it is."""
    while not window.ended:
        depth = 0
        for mark in window.marks():
            if mark in _OPENING:
                depth += 1
                if depth > _DEEPEST:
                    yield window.take_head()
                    return
            elif mark in _CLOSING:
                depth -= 1
                if depth <= 0:
                    depth = 0
                    piece = window.take(window.end)
                    if piece:
                        yield piece
        rest = window.take_rest()
        if rest:
            yield rest


_OPENING = (b"{", b"[")
_CLOSING = (b"}", b"]")
