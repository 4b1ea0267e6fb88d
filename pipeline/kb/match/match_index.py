"""The index that an error is looked up in, opened by mapping it. `build_index.py` makes it.

A *text* is a signature, or a further signature, of a record. The file is a line of JSON, which says where each array lies, and
the arrays: little-endian, aligned to eight bytes. Terms are numbers (`error_terms.digest`), sorted, so that they are found by
bisection, and no array need be read before it is asked for.
"""

import json
import math
import mmap
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

VERSION = 1

LOOSE = 0.3
"""What a loose term of a text weighs where it is not in the line: there may be another name in its place."""

ANCHORS = (24, 16, 12, 8, 6, 4, 3)
"""A text that a pattern needs is found by its first so many bytes: the most of these that it has."""

ALIGNED = 8


class Entry(NamedTuple):
    """What the index holds of a record.

    `texts` has a number for each term of each text, its last bit set where the term is loose. `codes` are those of its
    error code. `regex` is None where the pattern is no evidence. `literals` are what every match of it holds one of, in
    lower case; empty where that is not known.
    """

    id: str
    texts: Sequence[Sequence[int]]
    codes: Sequence[int] = ()
    regex: str | None = None
    literals: Sequence[str] = ()


class MatchIndex:
    """An index, read where it lies.

    Raises:
        ValueError: it is none, or one of another version.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        end = data.find(b"\n")
        try:
            head = json.loads(data[: end + 1])
            version, self.digest, self.lines = head["version"], head["digest"], head["lines"]
            places = head["arrays"]
        except (KeyError, TypeError, ValueError):
            raise ValueError("no index") from None
        if version != VERSION:
            raise ValueError(f"an index of version {version}")
        view = memoryview(data)[end + 1 :]
        arrays = {name: view[start : start + size].cast(kind) for name, (kind, start, size) in places.items()}
        self._ids, self._id_ends = arrays["ids"], arrays["id_ends"]
        self.owners = arrays["owners"]
        self._text_ends, self._text_terms = arrays["text_ends"], arrays["text_terms"]
        self._terms, self._frequency = arrays["terms"], arrays["frequency"]
        self._holder_ends, self._holders = arrays["holder_ends"], arrays["holders"]
        self._least_weights = arrays["least_weights"]
        self._patterns, self._pattern_ends = arrays["patterns"], arrays["pattern_ends"]
        self.always = arrays["always"]
        self._codes, self._codes_of = arrays["codes"], arrays["codes_of"]
        self._anchors, self._anchors_of = arrays["anchors"], arrays["anchors_of"]
        self.unknown = math.log((self.lines + 1) / 0.5)

    @classmethod
    def open(cls, path: Path) -> "MatchIndex":
        """Map the index in a file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is none, or one of another version.
        """
        with path.open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def __len__(self) -> int:
        """How many records it holds."""
        return len(self._id_ends) - 1

    def id(self, record: int) -> str:
        """The id of a record."""
        return bytes(self._ids[self._id_ends[record] : self._id_ends[record + 1]]).decode()

    def pattern(self, record: int) -> str:
        """The pattern of a record."""
        return bytes(self._patterns[self._pattern_ends[record] : self._pattern_ends[record + 1]]).decode()

    def number(self, term: int) -> int | None:
        """The number of a term; None, where no text and no ordinary line holds it."""
        at = bisect_left(self._terms, term)
        return at if at < len(self._terms) and self._terms[at] == term else None

    def weight(self, number: int) -> float:
        """How much a term says: the logarithm of all lines against those that hold it (inverse document frequency)."""
        return math.log((self.lines + 1) / (self._frequency[number] + 0.5))

    def holders(self, number: int) -> list[int]:
        """The texts that hold a term, in order."""
        return self._holders[self._holder_ends[number] : self._holder_ends[number + 1]].tolist()

    def text(self, number: int) -> list[tuple[int, bool]]:
        """The terms of a text, and whether each is loose."""
        flat = self._text_terms[self._text_ends[number] : self._text_ends[number + 1]].tolist()
        return [(value >> 1, bool(value & 1)) for value in flat]

    def least_weight(self, text: int) -> float:
        """What a text weighs at least, whichever of its loose terms a line holds."""
        return float(self._least_weights[text])

    def with_code(self, code: int) -> Iterator[int]:
        """The records with an error code."""
        return _of(self._codes, self._codes_of, code)

    def anchored(self, line: str) -> set[int]:
        """The records whose pattern may match a line: it holds the beginning of what they need, in any case."""
        lowered = line.lower().encode(errors="replace")
        known, found = self._known, set()
        for length in ANCHORS:
            for start in range(len(lowered) - length + 1):
                key = crc32(lowered[start : start + length])
                if key in known:
                    found.add(key)
        return {record for key in found for record in _of(self._anchors, self._anchors_of, key)}

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self._anchors.tolist())


def _of(keys: memoryview, of: memoryview, key: int) -> Iterator[int]:
    at = bisect_left(keys, key)
    while at < len(keys) and keys[at] == key:
        yield of[at]
        at += 1
