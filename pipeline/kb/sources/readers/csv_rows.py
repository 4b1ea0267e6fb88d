"""CSV and TSV (RFC 4180): a header, and a record on each row below it. Every value is a text; an empty cell is no value.

A piece is the header and one row, so that it is a CSV in itself. Where a row ends is for the csv module to say.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import IO

from kb.contract import BOM, UnreadableError
from kb.model import Change, Document, Json
from kb.pointer import escape
from kb.sources.edit import Edit
from kb.sources.locate import Span, nearest
from kb.sources.readers.source_text import decoded, edited, followed, in_place, offset_of
from kb.sources.split import LONGEST, Piece
from kb.words import show

COMMA, TAB = ",", "\t"

_SEMICOLON = ";"
"""Between the cells, where a comma is the decimal sign; known by a header that has no comma."""


class _TooLongError(Exception):
    """A row does not end within the longest record."""


class _Lines:
    """The lines of a stream for the csv module, and those that it took for the row it is at."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.number = 0
        self.offset = 0
        self._ahead = b""
        self._taken: list[bytes] = []
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._ahead or self._stream.readline(LONGEST)
        self._ahead = b""
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._size += len(line)
        if self._size >= LONGEST:
            raise _TooLongError
        return line.decode("latin-1")  # every byte is a character: where cells end, no other matters

    def look_ahead(self) -> str:
        """The first line that is not blank, which is still to come."""
        line = self._stream.readline(LONGEST)
        if line.startswith(BOM):
            line, self.offset = line.removeprefix(BOM), len(BOM)
        while line and not line.strip(b"\r\n"):
            self.number += 1
            self.offset += len(line)
            line = self._stream.readline(LONGEST)
        self._ahead = line
        return line.decode("latin-1")

    def begin(self) -> None:
        """Have done with a row."""
        self.number += len(self._taken)
        self.offset += self._size
        self._taken, self._size = [], 0

    def row(self) -> bytes:
        """The bytes of the row that the csv module is at."""
        return b"".join(self._taken)


def pieces(separator: str, _name: str, stream: IO[bytes]) -> Iterator[Piece]:
    """The rows of a stream below its header, each behind that header.

    `line` is the row's in the file. `offset` is that of the row less the header's length, so that a place in the row is
    as many bytes behind it in the file as in the piece. A row without anything in it is no record.
    """
    lines = _Lines(stream)
    rows = _rows(lines, _separator(lines.look_ahead(), separator))
    head = b""
    while True:
        lines.begin()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except _TooLongError:
            yield _piece(lines, head, _NO_END)
            return
        except csv.Error as error:
            if not head:
                yield _piece(lines, head, f"the header is no CSV ({error}), so no row is read; correct it")
                return
            yield _piece(lines, head)  # its reading says why it is refused
            continue
        if not any(cells):
            continue
        if head:
            yield _piece(lines, head)
            continue
        twice = _doubled(cells)
        if twice is not None:
            name = twice.encode("latin-1").decode("utf-8", errors="replace")
            yield _piece(lines, head, f"two columns have the name {show(name)}, so no row is read; rename one")
            return
        head = lines.row()


def _rows(lines: Iterator[str], separator: str, *, strict: bool = False) -> Iterator[list[str]]:
    if csv.field_size_limit() < LONGEST:
        csv.field_size_limit(LONGEST)  # a cell may be as long as a record
    return csv.reader(lines, delimiter=separator, strict=strict)


def _piece(lines: _Lines, head: bytes, fault: str | None = None) -> Piece:
    return Piece(lines.number + 1, 1, head + lines.row(), lines.offset - len(head), fault)


_NO_END = (
    f"a row does not end within {LONGEST - 1:,} bytes, as where a quote is not closed, so the rest of the file is not read;"
    " correct it"
)


def _separator(header: str, known: str) -> str:
    """What stands between the cells below a header, of which its first line is enough."""
    bare = _QUOTED.sub("", header.partition("\n")[0])
    return _SEMICOLON if known == COMMA and COMMA not in bare and _SEMICOLON in bare else known


_QUOTED = re.compile(r'"[^"]*+"?')


def _doubled(names: Sequence[str]) -> str | None:
    """A name that two columns have."""
    known: set[str] = set()
    for name in names:
        if name and name in known:
            return name
        known.add(name)
    return None


def read(separator: str, raw: bytes) -> Document:
    """The texts of a row, by the names of their columns.

    Raises:
        UnreadableError: the row does not have a cell for each column, or is no CSV.
    """
    text = decoded(raw)
    try:
        names, cells, *more = [*_rows(io.StringIO(text), _separator(text, separator), strict=True), [], [], []][:3]
    except csv.Error as error:
        raise _refused(text, str(error), separator) from None
    if any(more[0]):
        raise UnreadableError("these are two rows, and a record is one")
    twice = _doubled(names)
    if twice is not None:
        raise UnreadableError(f"two columns have the name {show(twice)}; rename one")
    if len(cells) != len(names):
        raise UnreadableError(
            f"the row has {len(cells)} cells, and its header {len(names)}; quote what holds a separator, or add what is"
            " missing",
            _row_at(text, separator),
        )
    found = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
    if "" in found:
        raise UnreadableError("a cell stands in a column without a name; name the column", _row_at(text, separator))
    return found


def _refused(text: str, reason: str, separator: str) -> UnreadableError:
    if "unexpected end" in reason:
        why = "a quote is not closed, so rows may be missing; close it"
    elif "expected after" in reason:
        why = 'something follows a quote that closes; write a quote within a text twice ("")'
    else:
        why = f"not CSV: {reason}; correct it at the source"
    return UnreadableError(why, _row_at(text, separator))


def _row_at(text: str, separator: str) -> int:
    return offset_of(text, _end_of(text, _separator(text, separator)))


def lead(separator: str, raw: bytes) -> int:
    """How many lines the header has, before the row."""
    text = followed(raw)
    return text.count("\n", 0, _end_of(text, _separator(text, separator)))


def places(separator: str, raw: bytes, wanted: Collection[str]) -> dict[str, Span]:
    """Where some cells stand, else the row."""
    return nearest(spans(separator, followed(raw)), wanted)


def spans(separator: str, text: str) -> dict[str, Span]:
    """Where every cell stands, with its quotes; an empty one has a place too."""
    separator = _separator(text, separator)
    row_at = _end_of(text, separator)
    names = next(_rows(io.StringIO(text[:row_at]), separator), [])
    row = _cells(text, row_at, separator)
    found = {"": Span(row_at, row_at, row[-1][1])}
    for name, (start, end) in zip(names, row, strict=False):
        found.setdefault(f"/{escape(name)}", Span(start, start, end))
    return found


def _end_of(text: str, separator: str) -> int:
    """Where the first row of a text ends, behind its line end."""
    end = _cells(text, 0, separator)[-1][1]
    return end + (2 if text[end : end + 2] == "\r\n" else 1 if end < len(text) else 0)


def _cells(text: str, start: int, separator: str) -> list[tuple[int, int]]:
    """The bounds of the cells of the row that begins there."""
    cell = re.compile(rf'(?:"[^"]*+(?>(?:""[^"]*+)*)(?:"|\Z))?[^{separator}\r\n]*+')
    found = []
    at = start
    while match := cell.match(text, at):
        found.append(match.span())
        at = match.end() + 1
        if text[match.end() : at] != separator:
            break
    return found


def edit(separator: str, raw: bytes, changes: Sequence[Change]) -> list[Edit] | None:
    """The smallest edits of cells, quoted as they were; None, where that cannot be done safely."""
    return edited(raw, changes, partial(read, separator), partial(spans, separator), _spellings)


def _spellings(token: str, before: Json, after: Json) -> Iterator[str]:
    if not isinstance(after, str) or not after:
        return
    yield from in_place(token, before, after)
    if token[:1] != '"':
        yield after
    yield _quoted(after)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def write(separator: str, kept: Json) -> bytes:
    """A header and a row."""
    rows = (list(kept), list(kept.values()))
    return "".join(f"{separator.join(map(_cell, row))}\r\n" for row in rows).encode()


def _cell(text: str) -> str:
    return _quoted(text) if _SPECIAL.search(text) else text


_SPECIAL = re.compile(r'[",;\t\r\n\ufeff]')
