"""Where the values of a JSON text stand, for messages that a person can follow to the place."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from kb.pointer import escape


class Span(NamedTuple):
    """Where a value stands: offsets of its begin (of its key, in an object), of its first character, and behind its last."""

    begin: int
    start: int
    end: int


class Place(NamedTuple):
    """A line and a column of a file, both from 1; columns count characters."""

    line: int
    column: int


# a text without an end is one token to the end: looked for anew at each quote in it, it would take quadratic time
_TOKEN = re.compile(r'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)(?:"|\\?\Z)|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)


def offsets(text: str) -> dict[str, int]:
    """The offset of every value of a JSON text, by its pointer; of a broken text, as far as it can be followed."""
    return {pointer: span.start for pointer, span in spans(text).items()}


def spans(text: str) -> dict[str, Span]:
    """The like with all the bounds of every value, in the order of the text; what has no end ends where it opens."""
    bounds: dict[str, Span] = {}
    open_values: list[list[Any]] = []  # [pointer, the index in a list or the key in an object, its begin, is a list]
    awaits_key = False
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark in {"}", "]"}:
            if not open_values:
                break
            closed = open_values.pop()[0]
            bounds[closed] = bounds[closed]._replace(end=match.end())
            awaits_key = False
        elif mark == ",":
            if open_values and open_values[-1][3]:
                open_values[-1][1] += 1
            awaits_key = bool(open_values) and not open_values[-1][3]
        elif awaits_key:
            open_values[-1][1:3] = _key(mark), match.start()
            awaits_key = False
        elif mark != ":":
            start, end = match.span()
            here, begin = "", start
            if open_values:
                parent, step, key, is_list = open_values[-1]
                here, begin = f"{parent}/{escape(str(step))}", start if is_list else key
            bounds.setdefault(here, Span(begin, start, end))
            if mark in {"{", "["}:
                open_values.append([here, 0, start, mark == "["])
                awaits_key = mark == "{"
    return bounds


def _key(mark: str) -> str:
    try:
        return str(json.loads(mark))
    except ValueError:
        return mark


def end_of_value(line: str, column: int) -> int:
    """The column behind a value that starts on a line at a column (both from 1); of a list or object, behind its bracket."""
    match = _TOKEN.match(line, column - 1)
    return match.end() + 1 if match else column


def place(text: str, known: dict[str, int], pointer: str) -> Place:
    """The place of a value, else of the nearest value around it."""
    while pointer not in known and pointer:
        pointer = pointer.rpartition("/")[0]
    return place_of(text, known.get(pointer, 0))


def nearest(known: Mapping[str, Span], wanted: Iterable[str]) -> dict[str, Span]:
    """The bounds of some values, else of the nearest value around each; without any, the beginning of the text."""
    found = {}
    for pointer in wanted:
        near = pointer
        while near not in known and near:
            near = near.rpartition("/")[0]
        found[pointer] = known.get(near, Span(0, 0, 0))
    return found


def place_of(text: str, offset: int) -> Place:
    """The line and column of an offset in a text."""
    starts = _line_starts(text)
    line = bisect_right(starts, offset) - 1
    return Place(line + 1, offset - starts[line] + 1)


@lru_cache(maxsize=1)
def _line_starts(text: str) -> list[int]:
    """Where the lines of a text start; kept for the next finding in it, for a record may have thousands."""
    return [0, *(match.end() for match in re.finditer("\n", text))]
