"""The index that an error is looked up in, opened by mapping it. `build_index.py` makes it.

A *text* is a signature, or a further signature, of a record. The file is a line of JSON, which says where each array lies, and
the arrays: little-endian, aligned to eight bytes. Terms are numbers (`error_terms.digest`), sorted, so that they are found by
bisection, and no array need be read before it is asked for.
"""

import json
import math
import mmap
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path

VERSION = 1

LOOSE = 0.3
"""What a loose term of a text weighs where it is not in the line: there may be another name in its place."""

BEGINNINGS = (3, 6, 10)
"""So many bytes of a text that a pattern needs are looked for at each place of a line: the most of these that it has."""

ALIGNED = 8


class MatchIndex:
    """An index, read where it lies.

    `least_weights` has what each text weighs at least, whichever of its loose terms a line holds.

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
        self.least_weights = arrays["least_weights"]
        self._patterns, self._pattern_ends = arrays["patterns"], arrays["pattern_ends"]
        self.always = arrays["always"]
        self._codes, self._codes_of = arrays["codes"], arrays["codes_of"]
        self._literals, self._literal_ends = arrays["literals"], arrays["literal_ends"]
        self._literals_of, self._literal_groups = arrays["literals_of"], arrays["literal_groups"]
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

    def with_code(self, code: int) -> Iterator[int]:
        """The records with an error code."""
        return _of(self._codes, self._codes_of, code)

    def texts_of(self, record: int) -> range:
        """The texts of a record."""
        return range(bisect_left(self.owners, record), bisect_left(self.owners, record + 1))

    def needed_by(self, line: str) -> set[int]:
        """The records whose pattern may match a line: it holds a text that they need, in any case."""
        lowered = line.lower().encode(errors="replace")
        found: set[int] = set()
        for length, literals, beginnings in self._beginnings:
            for start in range(len(lowered) - length + 1):
                begins = lowered[start : start + length]
                if begins in beginnings:
                    found.update(self._needing(literals, begins, lowered, start))
        return found

    def literals(self) -> Iterator[tuple[str, int]]:
        """The texts that patterns need, in lower case, each with a record that needs it."""
        for at, record in enumerate(self._literals_of):
            yield self._literal(at).decode(errors="replace"), record

    @cached_property
    def _beginnings(self) -> list[tuple[int, range, frozenset[bytes]]]:
        """What patterns need, in groups by length: how many bytes of it tell it apart, where it lies, and these beginnings."""
        flat, ends = self._literals.tobytes(), self._literal_ends.tolist()
        starts = [0, *self._literal_groups]
        return [
            (length, range(first, last), frozenset(flat[at : at + length] for at in ends[first:last]))
            for length, (first, last) in zip(BEGINNINGS, pairwise(starts), strict=True)
            if first < last
        ]

    def _needing(self, literals: range, begins: bytes, lowered: bytes, start: int) -> Iterator[int]:
        """The records that need what stands at a place of a line, of a group, which begins so."""
        for at in range(bisect_left(literals, begins, key=self._literal) + literals.start, literals.stop):
            literal = self._literal(at)
            if not literal.startswith(begins):
                break
            if lowered.startswith(literal, start):
                yield self._literals_of[at]

    def _literal(self, number: int) -> bytes:
        return bytes(self._literals[self._literal_ends[number] : self._literal_ends[number + 1]])


def _of(keys: memoryview, of: memoryview, key: int) -> Iterator[int]:
    at = bisect_left(keys, key)
    while at < len(keys) and keys[at] == key:
        yield of[at]
        at += 1
