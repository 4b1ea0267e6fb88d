"""Makes the index of some records (see match_index.py): all of it at once, as arrays."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np

from kb.match.match_index import ALIGNED, BEGINNINGS, LOOSE, VERSION, Indexed

Array = np.ndarray[Any, Any]


def build(entries: Iterable[Indexed], ordinary: Sequence[Collection[int]]) -> bytes:
    """The index of some records, in the order of their ids; `ordinary` are the terms of lines that are no errors.

    Those count, so that a word which any output holds weighs little in a small base too.
    """
    ids, patterns = bytearray(), bytearray()
    id_ends, pattern_ends, owners, text_ends = [0], [0], [], [0]
    occurrences: list[int] = []
    codes: list[tuple[int, int]] = []
    literals: list[tuple[bytes, int]] = []
    always: list[int] = []
    for number, entry in enumerate(entries):
        ids += entry.id.encode()
        id_ends.append(len(ids))
        for text in entry.texts:
            occurrences.extend(text)
            text_ends.append(len(occurrences))
            owners.append(number)
        codes.extend((code, number) for code in entry.codes)
        if entry.regex is not None:
            patterns += entry.regex.encode()
            literals.extend((literal.encode(), number) for literal in entry.literals)
            if not entry.literals:
                always.append(number)
        pattern_ends.append(len(patterns))

    flat = np.array(occurrences, dtype=np.uint64)
    of_text = np.repeat(np.arange(len(owners), dtype=np.uint32), [end - start for start, end in pairwise(text_ends)])
    plain = flat & ~np.uint64(1)
    seen = np.fromiter(chain.from_iterable(ordinary), dtype=np.uint64)
    terms = np.unique(np.concatenate([plain, seen]))
    numbered = np.searchsorted(terms, plain)
    pairs = np.unique(numbered.astype(np.uint64) << np.uint64(32) | of_text)
    holders = (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    counts = np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=len(terms))
    frequency = counts + np.bincount(np.searchsorted(terms, seen), minlength=len(terms))
    lines = len(owners) + len(ordinary)
    weights = np.log((lines + 1) / (frequency + 0.5))
    arrays: dict[str, tuple[str, bytes]] = {
        "ids": ("B", bytes(ids)),
        "id_ends": ("I", _packed(id_ends)),
        "owners": ("I", _packed(owners)),
        "text_ends": ("I", _packed(text_ends)),
        "text_terms": (
            "I",
            (numbered.astype(np.uint32) << np.uint32(1) | (flat & np.uint64(1)).astype(np.uint32)).tobytes(),
        ),
        "least_weights": ("f", _least_weights(flat, numbered, of_text, weights, len(owners)).tobytes()),
        "terms": ("Q", terms.tobytes()),
        "frequency": ("I", frequency.astype(np.uint32).tobytes()),
        "holder_ends": ("I", _packed([0, *np.cumsum(counts).tolist()])),
        "holders": ("I", holders.tobytes()),
        "patterns": ("B", bytes(patterns)),
        "pattern_ends": ("I", _packed(pattern_ends)),
        "always": ("I", _packed(always)),
        **_keyed("codes", codes),
        **_sorted_literals(literals),
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


def _keyed(name: str, pairs: list[tuple[int, int]]) -> dict[str, tuple[str, bytes]]:
    ordered = sorted(set(pairs))
    keys = np.array([key for key, _ in ordered], dtype=np.uint64)
    return {name: ("Q", keys.tobytes()), f"{name}_of": ("I", _packed([number for _, number in ordered]))}


def _sorted_literals(literals: list[tuple[bytes, int]]) -> dict[str, tuple[str, bytes]]:
    """What patterns need, in groups by length, each sorted."""
    groups = [sum(length <= len(literal) for length in BEGINNINGS[1:]) for literal, _ in literals]
    ordered = sorted(set(zip(groups, literals, strict=True)))
    counts = [sum(group == number for group, _ in ordered) for number in range(len(BEGINNINGS))]
    return {
        "literals": ("B", b"".join(literal for _, (literal, _) in ordered)),
        "literal_ends": ("I", _packed([*accumulate((len(literal) for _, (literal, _) in ordered), initial=0)])),
        "literals_of": ("I", _packed([number for _, (_, number) in ordered])),
        "literal_groups": ("I", _packed([*accumulate(counts)])),
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
