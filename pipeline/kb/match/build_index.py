"""Makes the index of some records (see match_index.py): all of it at once, as arrays."""

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from kb.match.match_index import ALIGNED, BEGINNINGS, LOOSE, VERSION

Array = np.ndarray[Any, Any]
Buffer = bytes | bytearray | memoryview

_AT_A_TIME = 1 << 18
"""So many texts, or numbers, are worked on at once, where something has to be worked out between."""


class Columns(NamedTuple):
    """The records of an index, in the order of their ids, as columns; what is text is asked for once, from the first on.

    `records` have an id and a pattern, None where that is no evidence. `owners` and `lengths` have the record of each text and
    how many terms it has, `terms` those of all texts; `codes` the digests of error codes, sorted, each once for a record, and
    `codes_of` their records. `literals` are what patterns need, with their records: in groups by length, each sorted.
    """

    records: Iterable[tuple[str, str | None]]
    owners: Array
    lengths: Array
    terms: Array
    codes: Array
    codes_of: Array
    literals: Iterable[tuple[str, int]]


class _Texts:
    """Texts one behind the other, as an index keeps them."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._ends = array("I", [0])

    def append(self, text: bytes) -> None:
        self.data += text
        self._ends.append(len(self.data))

    def as_arrays(self, name: str, ends: str) -> dict[str, tuple[str, Buffer]]:
        return {name: ("B", self.data), ends: ("I", memoryview(self._ends).cast("B"))}


def build(columns: Columns, ordinary: Sequence[Collection[int]]) -> Iterator[Buffer]:
    """The index of some records, in pieces that lie one behind the other; `ordinary` are the terms of lines that are no errors.

    Those count, so that a word which any output holds weighs little in a small base too.
    """
    ids, patterns, is_evidence = _Texts(), _Texts(), bytearray()
    for name, pattern in columns.records:
        ids.append(name.encode())
        patterns.append((pattern or "").encode())
        is_evidence.append(pattern is not None)
    literals, needs_some = _of_literals(columns.literals, len(is_evidence))
    always = np.flatnonzero(np.frombuffer(is_evidence, dtype=np.uint8) > needs_some)

    flat, texts = columns.terms, len(columns.owners)
    seen = np.fromiter(chain.from_iterable(ordinary), dtype=np.uint64)
    terms = np.unique(np.concatenate([flat & ~np.uint64(1), seen]))
    numbered = _numbered(terms, flat)
    is_loose = (flat & np.uint64(1)).astype(np.uint32)
    counts, holders = _holders(numbered, np.repeat(np.arange(texts, dtype=np.uint32), columns.lengths), len(terms))
    frequency = counts + np.bincount(np.searchsorted(terms, seen), minlength=len(terms))
    lines = texts + len(ordinary)
    weights = np.log((lines + 1) / (frequency + 0.5))
    least = _least_weights(is_loose, numbered, columns.lengths, weights)
    arrays: dict[str, tuple[str, Buffer]] = {
        **ids.as_arrays("ids", "id_ends"),
        "owners": _of(columns.owners),
        "text_ends": _of(_ends(columns.lengths)),
        "text_terms": _of(numbered << np.uint32(1) | is_loose),
        "least_weights": ("f", _bytes_of(least)),
        "terms": ("Q", _bytes_of(terms)),
        "frequency": _of(frequency),
        "holder_ends": _of(_ends(counts)),
        "holders": _of(holders),
        **patterns.as_arrays("patterns", "pattern_ends"),
        "always": _of(always),
        "codes": ("Q", _bytes_of(columns.codes.astype(np.uint64))),
        "codes_of": _of(columns.codes_of),
        **literals,
    }
    yield from _laid_out(arrays, {"version": VERSION, "lines": lines})


def _of(numbers: Array) -> tuple[str, Buffer]:
    """Numbers as an index keeps them."""
    return "I", _bytes_of(np.ascontiguousarray(numbers, dtype=np.uint32))


def _bytes_of(numbers: Array) -> memoryview:
    return numbers.view(np.uint8).data


def _ends(lengths: Array) -> Array:
    """Where each of some things begins that lie one behind the other, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)])


def _numbered(terms: Array, flat: Array) -> Array:
    """The number of each term."""
    numbered = np.empty(len(flat), dtype=np.uint32)
    for start in range(0, len(flat), _AT_A_TIME):
        some = slice(start, start + _AT_A_TIME)
        numbered[some] = np.searchsorted(terms, flat[some] & ~np.uint64(1))
    return numbered


def _holders(numbered: Array, of_text: Array, terms: int) -> tuple[Array, Array]:
    """By how many texts each term is held, and by which, term by term."""
    pairs = numbered.astype(np.uint64)
    pairs <<= np.uint64(32)
    pairs |= of_text
    pairs.sort()
    if len(pairs):
        pairs = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
    counts, holders = np.zeros(terms, dtype=np.int64), np.empty(len(pairs), dtype=np.uint32)
    for start in range(0, len(pairs), _AT_A_TIME):
        some = pairs[start : start + _AT_A_TIME]
        holders[start : start + len(some)] = some & np.uint64(0xFFFFFFFF)
        held, times = np.unique(some >> np.uint64(32), return_counts=True)
        counts[held.astype(np.int64)] += times
    return counts, holders


def _least_weights(is_loose: Array, numbered: Array, lengths: Array, weights: Array) -> Array:
    """What each text weighs at least: each of its terms once, and where it is loose, as little as that."""
    ends, least = _ends(lengths), np.empty(len(lengths), dtype=np.float32)
    for start in range(0, len(lengths), _AT_A_TIME):
        some = slice(start, start + _AT_A_TIME)
        within = slice(ends[start], ends[min(start + _AT_A_TIME, len(lengths))])
        of_text = np.repeat(np.arange(len(lengths[some]), dtype=np.uint64), lengths[some])
        heavy = weights[numbered[within]] * np.where(is_loose[within], LOOSE, 1.0)
        pairs = of_text << np.uint64(32) | numbered[within].astype(np.uint64)
        order = np.lexsort((heavy, pairs))  # of a term that is loose once and once not, the less
        _, once = np.unique(pairs[order], return_index=True)
        kept = order[once]
        least[some] = np.bincount(of_text[kept].astype(np.int64), weights=heavy[kept], minlength=len(lengths[some]))
    return least


def group(literal: bytes) -> int:
    """By how many of its first bytes a text that patterns need is found: the number of that in `BEGINNINGS`."""
    return sum(length <= len(literal) for length in BEGINNINGS[1:])


def _of_literals(literals: Iterable[tuple[str, int]], records: int) -> tuple[dict[str, tuple[str, Buffer]], Array]:
    """What patterns need, as an index keeps it, and of each record whether its pattern needs any."""
    texts, owners, counts = _Texts(), array("I"), Counter[int]()
    for literal, record in literals:
        text = literal.encode()
        texts.append(text)
        owners.append(record)
        counts[group(text)] += 1
    needs_some = np.zeros(records, dtype=np.uint8)
    needs_some[np.frombuffer(owners, dtype=np.uint32)] = 1
    arrays: dict[str, tuple[str, Buffer]] = {
        **texts.as_arrays("literals", "literal_ends"),
        "literals_of": ("I", memoryview(owners).cast("B")),
        "literal_groups": _of(np.cumsum([counts[number] for number in range(len(BEGINNINGS))])),
    }
    return arrays, needs_some


def _laid_out(arrays: Mapping[str, tuple[str, Buffer]], head: Mapping[str, Any]) -> Iterator[Buffer]:
    places, size, digest = {}, 0, hashlib.sha256()
    body = list[Buffer]()
    for name, (kind, data) in arrays.items():
        places[name] = (kind, size, len(data))
        body += [data, bytes(-len(data) % ALIGNED)]
        size += len(data) + len(body[-1])
    for piece in body:
        digest.update(piece)
    line = json.dumps({**head, "digest": digest.hexdigest(), "arrays": places}).encode()
    yield line + b" " * (-(len(line) + 1) % ALIGNED) + b"\n"
    yield from body
