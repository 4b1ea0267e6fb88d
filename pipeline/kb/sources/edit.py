"""A JSON text changed as little as can be: repairs are carried out on what the author wrote. Pure, but for `spliced`."""

import io
import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, NamedTuple

from kb.contract import BOM
from kb.model import GONE, Change, Json
from kb.sources.locate import Span, spans

_READ = 1 << 20


class Edit(NamedTuple):
    """`new` takes the place of the bytes from `start` to `end`."""

    start: int
    end: int
    new: bytes

    def shifted(self, by: int) -> "Edit":
        """The same edit in a text with so many bytes more before it."""
        return Edit(self.start + by, self.end + by, self.new)


def edits(raw: bytes, changes: Sequence[Change]) -> list[Edit]:
    """The edits that make the changes true of a readable record, in the order of their places; none overlaps another.

    Formatting, the order of keys, line ends and the spelling of numbers and characters stay as they are. An element
    that is gone takes its comma with it and, where it has lines of its own, those. A list only ever grows at its end.
    """
    mark = len(BOM) if raw.startswith(BOM) else 0
    text = raw[mark:].decode()
    return in_bytes(text, _Sheet(text).edits(changes), mark)


def in_bytes(text: str, edited: Iterable[tuple[int, int, str]], mark: int = 0) -> list[Edit]:
    """The edits of the bytes of a text, from edits of its characters, in order; so many bytes (a BOM) stand before it."""
    collected = []
    chars_read, offset = 0, mark  # the same place, in characters and in bytes
    for start, end, new in sorted(edited):
        offset += len(text[chars_read:start].encode())
        behind = offset + len(text[start:end].encode())
        collected.append(Edit(offset, behind, new.encode()))
        chars_read, offset = end, behind
    return collected


def carried_out(raw: bytes, changed: Sequence[Edit]) -> bytes:
    """Some bytes after their edits."""
    return b"".join(spliced(io.BytesIO(raw), changed))


def spliced(stream: IO[bytes], changed: Sequence[Edit]) -> Iterator[bytes]:
    """A stream of bytes after its edits, never all in memory."""
    for start, end, new in changed:
        while (size := start - stream.tell()) > 0:
            yield stream.read(min(size, _READ))
        stream.seek(end)
        yield new
    while data := stream.read(_READ):
        yield data


def covered(lines: Iterable[bytes], hidden: Iterable[Edit]) -> Iterator[bytes]:
    """The lines of a stream after edits that put as many bytes in place of others."""
    ahead = deque(hidden)
    end = 0
    for line in lines:
        start, end = end, end + len(line)
        shown = line
        while ahead and ahead[0].start < end:
            first, last, new = ahead[0]
            begin, stop = max(first, start), min(last, end)
            shown = shown[: begin - start] + new[begin - first : stop - first] + shown[stop - start :]
            if last > end:
                break
            ahead.popleft()
        yield shown


class _Sheet:
    """A JSON text that is edited, with the bounds of its values and their order in what holds them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ascii = text.isascii()
        self._spans = spans(text)
        self._inner: dict[str, list[str]] = defaultdict(list)
        for pointer in self._spans:
            if pointer:
                self._inner[_outer(pointer)].append(pointer)

    def edits(self, changes: Sequence[Change]) -> Iterator[tuple[int, int, str]]:
        gone = {change.pointer for change in changes if change.after is GONE}
        values: dict[str, list[Json]] = defaultdict(list)
        more: dict[str, list[Json]] = {}
        for _, pointer, before, after in changes:
            if after is not GONE and not _is_within(pointer, gone):
                if isinstance(after, list):
                    more[pointer] = after[len(before) :]
                else:
                    values[pointer].append(after)
        for pointer, steps in values.items():
            _, start, end = self._spans[pointer]
            token = self._text[start:end]
            for after in steps:
                token = _spelled(token, after, ascii_only=self._ascii)
            yield start, end, token
        for outer in sorted({_outer(pointer) for pointer in gone}):
            if not _is_within(outer, gone):
                yield from self._without(outer, gone)
        for pointer, added in more.items():
            yield self._grown(pointer, added, gone)

    def _without(self, outer: str, gone: set[str]) -> Iterator[tuple[int, int, str]]:
        """Take elements out of a list: each goes with the comma before it, those at the head with the comma behind."""
        places = [self._spans[pointer] for pointer in self._inner[outer]]
        lost = [pointer in gone for pointer in self._inner[outer]]
        if all(lost):
            yield self._spans[outer].start + 1, self._spans[outer].end - 1, ""
            return
        head = lost.index(False)
        for i, is_lost in enumerate(lost):
            if is_lost:
                yield (
                    (places[i].begin, places[i + 1].begin, "") if i < head else (places[i - 1].end, places[i].end, "")
                )

    def _grown(self, pointer: str, more: list[Json], gone: set[str]) -> tuple[int, int, str]:
        """Lengthen a list; one that is null or absent is written into its object."""
        span = self._spans.get(pointer)
        if span is None:
            outer = _outer(pointer)
            last = self._spans[self._inner[outer][-1]]
            colon = self._text[last.begin : last.start].rpartition('"')[2]
            key = pointer.rpartition("/")[2]
            member = f'"{key}"{colon}{self._written(more, last)}'
            return last.end, last.end, self._between(outer) + member
        if self._text[span.start] != "[":
            return span.start, span.end, self._written(more, span)
        inner = self._inner[pointer]
        stays = any(place not in gone for place in inner)
        end = self._spans[inner[-1]].end if stays else span.end - 1
        between = self._between(pointer) if inner else f",{self._gap(span)}"
        elements = between.join(self._written(value, span) for value in more)
        return end, end, between + elements if stays else elements

    def _between(self, outer: str) -> str:
        """What stands between two elements or members, as the last two have it."""
        places = [self._spans[pointer] for pointer in self._inner[outer][-2:]]
        if len(places) == 2:
            return self._text[places[0].end : places[1].begin]
        holder, only = self._spans[outer], places[0]
        lead = self._text[holder.start + 1 : only.begin]
        return "," + (lead or self._gap(holder if only.begin == only.start else only))

    def _gap(self, span: Span) -> str:
        """The space that the author leaves before a value, or none."""
        return " " if self._text[span.start - 1].isspace() else ""

    def _written(self, value: Json, span: Span) -> str:
        """A new value in one line, with the spaces that the author leaves before that one."""
        gap = self._gap(span)
        return json.dumps(value, ensure_ascii=self._ascii, separators=(f",{gap}", f":{gap}"))


def _outer(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def _is_within(pointer: str, places: set[str]) -> bool:
    """Whether a place is one of some places, or lies within one."""
    while pointer:
        if pointer in places:
            return True
        pointer = _outer(pointer)
    return False


_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)


def _spelled(token: str, after: Json, *, ascii_only: bool) -> str:
    """A value as JSON; of a text, the characters that stay are spelled as they are in the token that it replaces."""
    if not (isinstance(after, str) and token.startswith('"')):
        return json.dumps(after, ensure_ascii=ascii_only)
    units = _CHARACTER.findall(token[1:-1])
    before = [json.loads(f'"{unit}"') if unit.startswith("\\") else unit for unit in units]
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    middle = slice(head, len(units) - tail)
    wanted = after[head : len(after) - tail]
    kept = _picked(before[middle], units[middle], wanted)
    fresh = json.dumps(wanted, ensure_ascii=ascii_only)[1:-1] if kept is None else "".join(kept)
    return f'"{"".join(units[:head])}{fresh}{"".join(units[len(units) - tail :])}"'


def _shared(left: Sequence[str], right: Sequence[str]) -> int:
    """With how many elements the two begin alike."""
    pairs = zip(left, right, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))


def _picked(before: Sequence[str], units: Sequence[str], wanted: str) -> list[str] | None:
    """The spellings of the wanted characters, if all that happened is that others went."""
    rest = zip(before, units, strict=True)
    kept = []
    for character in wanted:
        unit = next((unit for known, unit in rest if known == character), None)
        if unit is None:
            return None
        kept.append(unit)
    return kept
