"""A stream of bytes becomes records: the lines of NDJSON, the elements of an array, the values of a JSON text.

Nothing is parsed here, only cut, and never is a whole stream in memory: what cannot be told apart is handed on in one
piece, for the strict reader to judge.
"""

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

LINES = (".ndjson", ".jsonl")

LONGEST = 16 << 20
"""The longest piece that is kept whole, in bytes; the strict reader takes one megabyte."""

_READ = 1 << 20
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"


class Piece(NamedTuple):
    """The bytes of one record, and the line and column it starts at, from 1; no line where it is alone in its stream."""

    line: int | None
    column: int
    raw: bytes


def pieces(name: str, stream: IO[bytes]) -> Iterator[Piece]:
    """Cut a stream into records, by the suffix of its name: .ndjson and .jsonl hold lines, all else a JSON text."""
    plain = name.lower().removesuffix(".gz").removesuffix(".zst")
    return _lines(stream) if plain.endswith(LINES) else _values(stream)


def looks_like_lines(head: bytes) -> bool:
    """Whether a stream that begins so is NDJSON: its first line is a whole object, and another follows."""
    first, _, rest = head.removeprefix(_BOM).lstrip(_BLANK).partition(b"\n")
    return first[:1] == b"{" and first.rstrip(_BLANK)[-1:] == b"}" and rest.lstrip(_BLANK)[:1] == b"{"


def _lines(stream: IO[bytes]) -> Iterator[Piece]:
    number = 0
    while line := stream.readline(LONGEST):
        number += 1
        if number == 1:
            line = line.removeprefix(_BOM)  # tolerated once, at the start
        if len(line) == LONGEST:
            while (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
                pass
        text = line.strip(_BLANK)
        if text:
            yield Piece(number, 1 + len(line) - len(line.lstrip(_BLANK)), text)


def _values(stream: IO[bytes]) -> Iterator[Piece]:
    head = stream.read(_READ)
    if len(head) < _READ:
        start = head.removeprefix(_BOM).lstrip(_BLANK)[:1]
        if start != b"[" and not _TWO.search(head):
            yield Piece(None, 1, head)
            return
    values = _cut(head.removeprefix(_BOM), stream)
    first = next(values, None)
    if first is None:
        return
    second = next(values, None)
    if second is None and not head.removeprefix(_BOM).lstrip(_BLANK).startswith(b"["):
        yield Piece(None, 1, first.raw)
        return
    yield first
    if second is not None:
        yield second
        yield from values


_TWO = re.compile(rb"\}\s*\{")
"""Within one JSON text a brace closes before another opens only in a string; so where this is not, there is one text."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(")?|[\[\]{},]', re.DOTALL)


class _Ruler:
    """Counts lines and columns over bytes that go by."""

    def __init__(self) -> None:
        self.line = self.column = 1

    def pass_over(self, data: bytes) -> None:
        lines = data.count(b"\n")
        last = data[data.rfind(b"\n") + 1 :] if lines else data
        self.line += lines
        self.column = (1 if lines else self.column) + len(last.decode("utf-8", errors="replace"))


def _cut(buffer: bytes, stream: IO[bytes]) -> Iterator[Piece]:
    """Follow brackets and strings through a stream, and cut where a value ends: at the top, or in a top-level array."""
    in_array = buffer.lstrip(_BLANK)[:1] == b"["
    start = at = buffer.index(b"[") + 1 if in_array else 0
    depth, passed, ruler = 0, 0, _Ruler()
    while True:
        match = _TOKEN.search(buffer, at)
        if match is None or (match.group()[:1] == b'"' and match[1] is None):
            more = stream.read(_READ) if len(buffer) - start < LONGEST else b""
            if not more:
                break
            ruler.pass_over(buffer[passed:start])
            at = (match.start() if match else len(buffer)) - start
            buffer, start, passed = buffer[start:] + more, 0, 0
            continue
        at = match.end()
        mark = match.group()
        if mark in {b"{", b"["}:
            depth += 1
            continue
        if mark in {b"}", b"]"}:
            depth -= 1
        if in_array and depth < 0 and mark == b"}":  # closes what was never opened
            in_array = False
            break
        closes = depth < 0 if in_array else depth <= 0 and mark in {b"}", b"]"}
        if not closes and not (in_array and depth == 0 and mark == b","):
            continue
        end = match.start() if in_array else at
        raw = buffer[start:end].strip(_BLANK)
        if raw:
            begin = buffer.index(raw[:1], start)
            ruler.pass_over(buffer[passed:begin])
            passed = begin
            yield Piece(ruler.line, ruler.column, raw)
        elif mark == b",":  # nothing between two commas: what follows is handed on as it is
            in_array = False
            break
        start = at
        if closes:
            in_array, depth = False, 0
    rest = (buffer[start:] + stream.read(LONGEST)).lstrip(_BLANK)
    if rest or in_array:
        complete = not rest or (depth == 0 and rest.startswith(b"{") and rest.rstrip(_BLANK).endswith(b"}"))
        begin = start + len(buffer[start:]) - len(buffer[start:].lstrip(_BLANK))
        ruler.pass_over(buffer[passed:begin])
        if rest:
            yield Piece(ruler.line, ruler.column, rest.rstrip(_BLANK))
        if in_array and complete:  # the bracket that nothing closes
            yield Piece(ruler.line, ruler.column, b"[")
