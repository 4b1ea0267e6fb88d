"""Which lines of a log are alike: they differ in digits alone, and in none that a record asks for.

A build prints one line ten thousand times, each with another time and number. To look one of them up is enough, where no other
would get another answer: `code 1` and `code 137` do, where a record knows one of them.
"""

import re
from collections.abc import Hashable, Iterator
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from kb.analysis.error_terms import LONGEST_LINE, NUMBERED, digest, terms
from kb.analysis.lazily import lazily
from kb.match.ranking import Ranker

_ZEROS = dict.fromkeys(range(ord("1"), ord("9") + 1), "0")

_DIGIT, _ZERO = lazily("[0-9]"), lazily("0+")

_IN_TERM = lazily(
    rf"""
    (?<!0000-00-00) (?<!\b0) (?: [A-Z]- | [^\W\d_][_'’]? ) 0
  | \b[0A-F]{{8}}\b
  | (?<![\w+.-]) (?=[\w+.-]*0) [\w+.-]*\.[a-z]
  | \b(?i:{"|".join(sorted(NUMBERED))})\b [\s:;,()\[\]{{}}'"`!=<>|*\#&?]*+ (?> (?: [^\s/\\]*+[/\\]\S*+\s++ )* )
      (?! 0000[-/]00[-/]00 ) 0++ (?! [.,:]0 )
  | \b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]+0
    """,
    re.VERBOSE,
)
"""Where a line with zeros for digits may have a term with digits, or one that depends on how many there are.

That is a code, a word, the name of a file, a number after "exit", a month.
"""

_ANY_DIGIT = lazily(r"\\[dD]|0-9|\{[0-9]*,?[0-9]*\}")
"""What of a pattern asks for digits, but not for which: any of them, or how many there are of something."""

_KEPT = 100_000
"""So many lines are remembered."""


class _Asks(NamedTuple):
    """What asks for digits of a line.

    That are its terms, by `stretches` of it, and patterns that ask for certain digits: those of `records`, and those of which
    every match has a text with digits that is `needed`. Where it `has_patterns` that may match, it may matter how many digits
    there are.
    """

    stretches: tuple[tuple[int, int], ...]
    records: frozenset[int]
    needed: tuple[tuple[str, int], ...]
    has_patterns: bool


class Likeness:
    """Tells lines apart that differ in digits, by what the records of an index ask for."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker, self._index = ranker, ranker.index
        self._asks = lru_cache(maxsize=_KEPT)(self._asked)
        self._is_certain = cache(self._asks_for_certain)
        self._terms: dict[Hashable, tuple[int, ...]] = {}

    def matters(self, zeroed: str) -> bool:
        """Whether a digit may matter in a line, which is given with zeros for its digits."""
        asks = self._asks(zeroed[:LONGEST_LINE])
        return bool(asks.stretches or asks.records or asks.needed)

    def of(self, line: str) -> Hashable:
        """The same for two lines where looking up one says what looking up the other would."""
        line = line[:LONGEST_LINE]
        zeroed = line.translate(_ZEROS)
        stretches, records, needed, has_patterns = self._asks(zeroed)
        if not (stretches or has_patterns):
            return _ZERO.sub("0", zeroed)
        if needed:
            lowered = line.lower()
            records = records.union(record for text, record in needed if text in lowered)
        hits = tuple((record, hit) for record in sorted(records) if (hit := self._hit(record, line)) is not None)
        like = (zeroed, *(line[start:end] for start, end in stretches))
        return zeroed, hits, self._known_terms(line, like) if stretches else ()

    def _known_terms(self, line: str, like: Hashable) -> tuple[int, ...]:
        """The terms with digits: those that the index knows, and of the others which are the same."""
        known = self._terms.get(like)
        if known is None:
            digests = [digest(term.text) for term in terms(line) if _DIGIT.search(term.text)]
            known = tuple(key if self._knows(key) else -1 - digests.index(key) for key in digests)
            if len(self._terms) >= _KEPT:
                self._terms.clear()
            self._terms[like] = known
        return known

    def _knows(self, key: int) -> bool:
        return self._index.number(key) is not None or any(True for _ in self._index.with_code(key))

    def _hit(self, record: int, line: str) -> Hashable:
        """Where the pattern of a record matches."""
        if "^" in self._index.pattern(record):  # it is held against parts of the line as well
            return line
        return self._ranker.hit(record, line)

    def _asked(self, zeroed: str) -> _Asks:
        records = self._index.needed_by(zeroed).union(self._index.always)
        needed = tuple(self._needed_with_digits(zeroed.lower()))
        certain = frozenset(record for record in records if self._is_certain(record))
        return _Asks(tuple(_stretches(zeroed)), certain, needed, bool(records or needed))

    def _asks_for_certain(self, record: int) -> bool:
        """Whether the pattern of a record asks for certain digits."""
        return _DIGIT.search(_ANY_DIGIT.sub("", self._index.pattern(record))) is not None

    def _needed_with_digits(self, lowered: str) -> Iterator[tuple[str, int]]:
        """What patterns need and has digits, and the line may have too, with any digits in these places; and who needs it."""
        texts, begin, beginnings, lengths = self._numbered
        found: set[str] = set()
        for start in range(len(lowered)) if texts else ():
            if lowered[start : start + begin] in beginnings:
                found.update(lowered[start : start + length] for length in lengths)
        for text in sorted(found & texts.keys()):
            yield from texts[text]

    @cached_property
    def _numbered(self) -> tuple[dict[str, list[tuple[str, int]]], int, frozenset[str], tuple[int, ...]]:
        """These texts of all patterns by what they are with zeros for digits; how all of them begin, and their lengths."""
        texts: dict[str, list[tuple[str, int]]] = {}
        for literal, record in self._index.literals():
            if _DIGIT.search(literal):
                texts.setdefault(literal.translate(_ZEROS), []).append((literal, record))
        lengths = tuple(sorted({*map(len, texts)}))
        begin = min(lengths, default=0)
        return texts, begin, frozenset(text[:begin] for text in texts), lengths


def _stretches(zeroed: str) -> Iterator[tuple[int, int]]:
    """Where digits stand that may be a part of a term, with all around them that is no white space."""
    end = 0
    for match in _IN_TERM.finditer(zeroed):
        if match.end() <= end:
            continue
        start, end = match.span()
        while start > 0 and not zeroed[start - 1].isspace():
            start -= 1
        while end < len(zeroed) and not zeroed[end].isspace():
            end += 1
        yield start, end
