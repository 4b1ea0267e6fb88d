"""Change some lines of a file of documents, which are in the order of their ids, without looking at the others."""

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_PART = 4 << 20


class Touched(NamedTuple):
    """The ids of records that are not what they were, in order, and the documents of those that are published now."""

    ids: list[str]
    documents: Mapping[str, str]


def splice(path: Path, ids: list[str], documents: Mapping[str, str]) -> Iterator[bytes]:
    """The bytes of the file with the lines of some ids, in order, replaced by their documents, or left out."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        passed = 0
        for name in ids:
            start, end = _place(lines, name.encode(), passed)
            yield from _read(path, passed, start)
            if name in documents:
                yield f"{documents[name]}\n".encode()
            passed = end
        yield from _read(path, passed, len(lines))


def _place(lines: mmap.mmap, name: bytes, low: int) -> tuple[int, int]:
    """Where the line of an id begins and ends; where there is none, the place that it would have."""
    high = len(lines)
    while low < high:
        start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = lines.find(b"\n", start) + 1
        present = _name(lines, start)
        if present == name:
            return start, end
        if present < name:
            low = end
        else:
            high = start
    return low, low


_HEAD = len(b'{"id":"')


def _name(lines: mmap.mmap, start: int) -> bytes:
    start += _HEAD
    return lines[start : lines.find(b'"', start)]


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    """A span of the file; not from the map, whose pages would count as memory of this process."""
    with path.open("rb") as file:
        file.seek(start)
        while part := file.read(min(_PART, end - start)):
            start += len(part)
            yield part
