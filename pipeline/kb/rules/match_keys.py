"""What corpus rules compare records by: worked out once for each record, so that comparing a base is a join."""

import struct
import zlib
from functools import lru_cache
from itertools import pairwise
from typing import Any

from kb.analysis import regexes
from kb.analysis.error_terms import digest, terms
from kb.model import Document, Json

_BANDS, _ROWS = 16, 4
_FEWEST_WORDS = 12
_SHORTEST, _MOST = 3, 64


def match_keys(document: Document) -> dict[str, Json]:
    """The match keys of a curated document, as the store keeps them."""
    signatures = [*dict.fromkeys([document["signature"], *document["signatures"]])]
    return {
        "bands": bands(document),
        "required_literals": needs(document["regex"]),
        "terms": [occurrences(text) for text in signatures],
        "codes": [digest(term.text) for term in terms(document["error_code"] or "")],
    }


def occurrences(text: str) -> list[int]:
    """A number for each term of a text, in order; odd, where the term is loose."""
    return [digest(term.text) | term.loose for term in terms(text)]


def bands(document: Document) -> list[int]:
    """MinHash bands of signatures, root cause and actions, as numbers: near copies share some.

    Two texts that share the share s of their word pairs agree in a band with probability s⁴, in one of the 16 with
    1 − (1 − s⁴)¹⁶: 0.97 for s = 2/3, where one word in ten differs. A text of few words has none.
    """
    from rensa import RMinHash  # noqa: PLC0415 - `kb rules` and its like judge no record

    items = [*document["dead_ends"], *document["workarounds"]]
    texts = [
        document["signature"],
        *document["signatures"],
        document["root_cause"] or "",
        *(item["action"] for item in items),
    ]
    words = " ".join(texts).lower().split()
    if len(words) < _FEWEST_WORDS:
        return []
    sketch = RMinHash(num_perm=_BANDS * _ROWS, seed=1)
    sketch.update([*map(" ".join, pairwise(words))])
    packed = struct.pack(f"<{_BANDS * _ROWS}I", *sketch.digest())
    size = 4 * _ROWS
    return [zlib.crc32(packed[start : start + size], start) for start in range(0, _BANDS * size, size)]


@lru_cache(maxsize=64)
def needs(regex: str) -> list[str]:
    """Texts in lower case of which every match of a regex, case ignored, holds at least one; none, where none is known."""
    text = regexes.literal(regex)
    tree = regexes.read(regex).tree if text is None else None
    literals = _required(tree or ()) if text is None else (text.lower(),)
    return sorted(literals) if min(map(len, literals), default=0) >= _SHORTEST else []


def _keeps_case_apart(char: str) -> bool:
    """Whether lower case is all there is to ignoring the case of a character: true of ASCII, not of ς or ı."""
    return char.isascii() or char.lower() == char.upper() == char


def _required(tree: Any) -> tuple[str, ...]:  # noqa: ANN401 - a parsed pattern has no public type
    """The best of what the parts of a sequence need: few and long texts narrow most."""
    best: tuple[str, ...] = ()
    run = ""
    for kind, value in tree:
        if kind is regexes.ops.LITERAL and _keeps_case_apart(chr(value)):
            run += chr(value).lower()
        elif kind is not regexes.ops.AT:
            best = max(best, (run,), _required_by(kind, value), key=_worth)
            run = ""
    return max(best, (run,), key=_worth)


def _required_by(kind: Any, value: Any) -> tuple[str, ...]:  # noqa: ANN401 - likewise
    if kind is regexes.ops.SUBPATTERN:
        return _required(value[3])
    if kind is regexes.ops.ATOMIC_GROUP:
        return _required(value)
    if kind in {regexes.ops.MAX_REPEAT, regexes.ops.MIN_REPEAT, regexes.ops.POSSESSIVE_REPEAT} and value[0] > 0:
        return _required(value[2])
    if kind is regexes.ops.BRANCH:
        parts = [_required(part) for part in value[1]]
        union = tuple(dict.fromkeys(text for part in parts for text in part))
        return union if all(_worth(part)[0] for part in parts) and len(union) <= _MOST else ()
    return ()


def _worth(texts: tuple[str, ...]) -> tuple[int, int]:
    shortest = min(map(len, texts), default=0)
    return (shortest, -len(texts)) if shortest else (0, 0)
