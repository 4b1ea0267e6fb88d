"""Makes the index of some records (see match_index.py): all of it at once, as arrays."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, chain
from typing import Any, NamedTuple

import numpy as np

from kb.match.match_index import ALIGNED, BEGINNINGS, LOOSE, VERSION

Array = np.ndarray[Any, Any]


class Columns(NamedTuple):
    """The records of an index, in the order of their ids, as columns.

    `patterns` has None where a pattern is no evidence. `owners` and `lengths` have the record of each text and how many terms
    it has, `terms` those of all texts; `codes` the digests of error codes, sorted, each once for a record, and
    `codes_of` their records. `literals` are what patterns need, with their records: in groups by length, each sorted.
    """

    ids: Sequence[str]
    patterns: Sequence[str | None]
    owners: Array
    lengths: Array
    terms: Array
    codes: Array
    codes_of: Array
    literals: Sequence[tuple[str, int]]


def build(columns: Columns, ordinary: Sequence[Collection[int]]) -> bytes:
    """The index of some records; `ordinary` are the terms of lines that are no errors.

    Those count, so that a word which any output holds weighs little in a small base too.
    """
    ids, patterns = [name.encode() for name in columns.ids], [(text or "").encode() for text in columns.patterns]
    with_literals = {record for _, record in columns.literals}
    always = [i for i, text in enumerate(columns.patterns) if text is not None and i not in with_literals]
    flat, texts = columns.terms, len(columns.owners)
    of_text = np.repeat(np.arange(texts, dtype=np.uint32), columns.lengths)
    plain = flat & ~np.uint64(1)
    seen = np.fromiter(chain.from_iterable(ordinary), dtype=np.uint64)
    terms = np.unique(np.concatenate([plain, seen]))
    numbered = np.searchsorted(terms, plain)
    pairs = np.unique(numbered.astype(np.uint64) << np.uint64(32) | of_text)
    holders = (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    counts = np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=len(terms))
    frequency = counts + np.bincount(np.searchsorted(terms, seen), minlength=len(terms))
    lines = texts + len(ordinary)
    weights = np.log((lines + 1) / (frequency + 0.5))
    arrays: dict[str, tuple[str, bytes]] = {
        "ids": ("B", b"".join(ids)),
        "id_ends": ("I", _ends(map(len, ids))),
        "owners": ("I", columns.owners.astype(np.uint32).tobytes()),
        "text_ends": ("I", _ends(columns.lengths)),
        "text_terms": (
            "I",
            (numbered.astype(np.uint32) << np.uint32(1) | (flat & np.uint64(1)).astype(np.uint32)).tobytes(),
        ),
        "least_weights": ("f", _least_weights(flat, numbered, of_text, weights, texts).tobytes()),
        "terms": ("Q", terms.tobytes()),
        "frequency": ("I", frequency.astype(np.uint32).tobytes()),
        "holder_ends": ("I", _ends(counts)),
        "holders": ("I", holders.tobytes()),
        "patterns": ("B", b"".join(patterns)),
        "pattern_ends": ("I", _ends(map(len, patterns))),
        "always": ("I", _packed(always)),
        "codes": ("Q", columns.codes.astype(np.uint64).tobytes()),
        "codes_of": ("I", columns.codes_of.astype(np.uint32).tobytes()),
        **_of_literals(columns.literals),
    }
    return _laid_out(arrays, {"version": VERSION, "lines": lines})


def _least_weights(flat: Array, numbered: Array, of_text: Array, weights: Array, texts: int) -> Array:
    """What each text weighs at least: each of its terms once, and where it is loose, as little as that."""
    weights = weights[numbered] * np.where(flat & np.uint64(1), LOOSE, 1.0)
    pairs = of_text.astype(np.uint64) << np.uint64(32) | numbered.astype(np.uint64)
    order = np.lexsort((weights, pairs))  # of a term that is loose once and once not, the less
    _, once = np.unique(pairs[order], return_index=True)
    kept = order[once]
    return np.bincount(of_text[kept], weights=weights[kept], minlength=texts).astype(np.float32)


def _packed(numbers: Sequence[int]) -> bytes:
    return bytes(np.array(numbers, dtype=np.uint32).tobytes())


def _ends(lengths: Iterable[int]) -> bytes:
    """Where each of some things begins that lie one behind the other, and where the last one ends."""
    return _packed([*accumulate(map(int, lengths), initial=0)])


def group(literal: bytes) -> int:
    """By how many of its first bytes a text that patterns need is found: the number of that in `BEGINNINGS`."""
    return sum(length <= len(literal) for length in BEGINNINGS[1:])


def _of_literals(literals: Sequence[tuple[str, int]]) -> dict[str, tuple[str, bytes]]:
    texts = [text.encode() for text, _ in literals]
    counts = Counter(map(group, texts))
    return {
        "literals": ("B", b"".join(texts)),
        "literal_ends": ("I", _ends(map(len, texts))),
        "literals_of": ("I", _packed([record for _, record in literals])),
        "literal_groups": ("I", _packed([*accumulate(counts[number] for number in range(len(BEGINNINGS)))])),
    }


def _laid_out(arrays: dict[str, tuple[str, bytes]], head: dict[str, Any]) -> bytes:
    body = bytearray()
    places = {}
    for name, (kind, data) in arrays.items():
        places[name] = (kind, len(body), len(data))
        body += data + bytes(-len(data) % ALIGNED)
    line = json.dumps({**head, "digest": hashlib.sha256(body).hexdigest(), "arrays": places}).encode()
    line += b" " * (-(len(line) + 1) % ALIGNED) + b"\n"
    return line + bytes(body)
