"""Which lines of a log are alike: they differ in digits alone, and in none that a record asks for.

A build prints one line ten thousand times, each with another time and number. To look one of them up is enough, where no other
would get another answer: `code 1` and `code 137` do, where a record knows one of them.
"""

import re
from collections.abc import Hashable, Iterator
from functools import cached_property, lru_cache
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
  | \b(?i:{"|".join(sorted(NUMBERED))})\b [\s:;,()\[\]{{}}'"`!=<>|*\#&?]*+ (?: [^\s/\\]*+[/\\]\S*+\s++ )*+
      (?! 0000[-/]00[-/]00 ) 0++ (?! [.,:]0 )
  | \b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]+0
    """,
    re.VERBOSE,
)
"""Where a line with zeros for digits may have a term with digits, or one that depends on how many there are.

That is a code, a word, the name of a file, a number after "exit", a month.
"""

_KEPT = 100_000
"""So many lines are remembered."""


class _Asks(NamedTuple):
    """What digits of a line may matter to: its terms, by these stretches of it, and the patterns of these records."""

    stretches: tuple[tuple[int, int], ...]
    records: tuple[int, ...]


class Likeness:
    """Tells lines apart that differ in digits, by what the records of an index ask for."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker, self._index = ranker, ranker.index
        self._asks = lru_cache(maxsize=_KEPT)(self._asked)
        self._terms: dict[Hashable, tuple[int, ...]] = {}

    def matters(self, zeroed: str) -> bool:
        """Whether a digit may matter in a line, which is given with zeros for its digits."""
        return any(self._asks(zeroed[:LONGEST_LINE]))

    def of(self, line: str) -> Hashable:
        """The same for two lines where looking up one says what looking up the other would."""
        line = line[:LONGEST_LINE]
        zeroed = line.translate(_ZEROS)
        stretches, asking = self._asks(zeroed)
        if not (stretches or asking):
            return _runs(zeroed)
        hits = tuple(self._hit(record, line) for record in asking)
        if not stretches:
            return _runs(zeroed), hits
        return zeroed, hits, self._known_terms(line, (zeroed, *(line[start:end] for start, end in stretches)))

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
        """Where the pattern of a record matches, as if every number were one digit long."""
        if "^" in self._index.pattern(record):  # it is held against parts of the line as well
            return line
        span = self._ranker.hit(record, line)
        return span and tuple(len(_runs(line[:place].translate(_ZEROS))) for place in span)

    def _asked(self, zeroed: str) -> _Asks:
        return _Asks(tuple(_stretches(zeroed)), tuple(sorted(self._asking(zeroed))))

    def _asking(self, zeroed: str) -> set[int]:
        """The records whose pattern may match a line with any digits in these places."""
        asking = self._index.needed_by(zeroed).union(self._index.always)
        needed, begin, beginnings, lengths = self._numbered
        lowered = zeroed.lower()
        for start in range(len(lowered)) if needed else ():
            if lowered[start : start + begin] in beginnings:
                asking.update(*(needed.get(lowered[start : start + length], ()) for length in lengths))
        return asking

    @cached_property
    def _numbered(self) -> tuple[dict[str, set[int]], int, frozenset[str], tuple[int, ...]]:
        """What patterns need and has digits, with zeros for these, and the records that need it; how all begin, their lengths."""
        needed: dict[str, set[int]] = {}
        for literal, record in self._index.literals():
            if _DIGIT.search(literal):
                needed.setdefault(literal.translate(_ZEROS), set()).add(record)
        lengths = tuple(sorted({*map(len, needed)}))
        begin = min(lengths, default=0)
        return needed, begin, frozenset(literal[:begin] for literal in needed), lengths


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


def _runs(zeroed: str) -> str:
    return str(_ZERO.sub("0", zeroed))
