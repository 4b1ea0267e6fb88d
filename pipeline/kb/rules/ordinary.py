"""What a pattern must not match: lines that tools print when all is well, and ordinary words. Read once, then held in memory."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from kb.analysis import regexes
from kb.rules import match_keys
from kb.settings import OwnLines

_HERE = Path(__file__)

BROAD = 10
"""A pattern that matches more than one in so many of the lines finds its error in every log."""

_ENDINGS = frozenset(
    "s es d ed r er ers or ors ing ings y ly ity al able ion ions ation ations ment ments ive ance ence ness less ful n en".split()  # noqa: SIM905
)


class Hits(NamedTuple):
    """What a pattern matches: the empty text, how many ordinary lines and the first of them, and inside which ordinary word.

    `lines` and `words` are how many there were.
    """

    empty: bool
    matched: int
    line: str | None
    word: str | None
    lines: int
    words: int

    @property
    def too_broad(self) -> bool:
        """Whether it finds its error in every log."""
        return self.empty or self.matched * BROAD > self.lines


@lru_cache(maxsize=64)
def hits(regex: str, own: OwnLines) -> Hits | None:
    """What of the ordinary text a pattern matches that RE2 knows; None, if RE2 does not know it."""
    held = _held(own)
    text = regexes.literal(regex)
    if text and not held.has(text):
        return Hits(empty=False, matched=0, line=None, word=None, lines=held.lines, words=held.words)
    matcher = regexes.read(regex).matcher
    if matcher is None:
        return None
    if matcher.search("") is not None:
        return Hits(empty=True, matched=0, line=None, word=None, lines=held.lines, words=held.words)
    likely = held.likely(regex, match_keys.needs(regex), matcher)
    matched = [held.texts[number] for number in likely if number < held.lines and matcher.search(held.texts[number])]
    words = () if len(matched) * BROAD > held.lines else (held.texts[n] for n in likely if n >= held.lines)
    word = next((word for word in words if _is_inside(matcher, word)), None)
    first = matched[0] if matched else None
    return Hits(empty=False, matched=len(matched), line=first, word=word, lines=held.lines, words=held.words)


def lines(own: OwnLines) -> Sequence[str]:
    """The ordinary lines, the user's own last."""
    held = _held(own)
    return held.texts[: held.lines]


def holder(own: OwnLines) -> Callable[[str], bool]:
    """Says of ASCII text whether an ordinary line or word holds it, in any case."""
    held = _held(own)
    parts = held.parts

    def holds(text: str) -> bool:
        lowered = text.lower()
        ends = range(len(lowered) - _PART + 1)
        return all(lowered[i : i + _PART] in parts for i in ends) and held.has(lowered)

    return holds


def _is_inside(matcher: Any, word: str) -> bool:  # noqa: ANN401 - re2 has no types
    """Whether a match lies within a word, and the word is no other form of what it matches."""
    spans = [match.span() for match in matcher.finditer(word)]
    return any(end - begin < len(word) and (begin or word[end:] not in _ENDINGS) for begin, end in spans if end > begin)


class _Held:
    """Lines, then words, in which those are found quickly that a pattern may match."""

    def __init__(self, lines: Iterable[str], words: Iterable[str]) -> None:
        lines, words = dict.fromkeys(lines), dict.fromkeys(words)
        self.lines, self.words = len(lines), len(words)
        self.texts = (*lines, *words)
        self._joined = "\n".join(self.texts)
        self._all_folded = _folded(self._joined)
        self._folded = self._all_folded.split("\n")
        self._asked = 0

    def has(self, text: str) -> bool:
        """Whether ASCII text is in one of the texts, in any case."""
        return text.lower() in self._all_folded

    def likely(self, regex: str, literals: Sequence[str], matcher: Any) -> list[int]:  # noqa: ANN401 - re2 has no types
        """The numbers of the texts that a pattern may match, in order.

        `literals` are texts in lower case of which it matches none without one of them.
        """
        if literals:
            return sorted({number for literal in literals for number in self._with(literal)})
        return list(range(len(self.texts))) if regexes.has_anchors(regex) or matcher.search(self._joined) else []

    def _with(self, literal: str) -> Iterable[int]:
        """The numbers of the texts that hold a text."""
        self._asked += 1
        if self._asked <= _FEW or len(literal) < _PART:
            return self._reading_through(literal)
        parts = (literal[i : i + _PART] for i in range(0, len(literal) - _PART + 1, _PART))
        fewest = min((self._index.get(part, ()) for part in parts), key=len)
        return (number for number in fewest if literal in self._folded[number])

    def _reading_through(self, literal: str) -> Iterator[int]:
        """The numbers of the texts that hold a text, which is looked for in all of them at once."""
        number, at = -1, self._all_folded.find(literal)
        while at >= 0:
            number = bisect_right(self._begins, at, number + 1) - 1
            yield number
            at = self._all_folded.find(literal, self._begins[number + 1])

    @cached_property
    def parts(self) -> frozenset[str]:
        """All that stands in the texts in so many characters: what lacks one of them need not be looked for."""
        folded = self._all_folded
        return frozenset(folded[i : i + _PART] for i in range(len(folded) - _PART + 1))

    @cached_property
    def _begins(self) -> list[int]:
        """Where each text begins in all of them, and behind the last where they end."""
        return [*accumulate((len(text) + 1 for text in self._folded), initial=0)]

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        """The numbers of the texts in which a part is."""
        index: dict[str, list[int]] = {}
        for number, text in enumerate(self._folded):
            for i in range(len(text) - _PART + 1):
                index.setdefault(text[i : i + _PART], []).append(number)
        return index


_FEW = 2048
"""For so many questions the index is not worth its making: to read all through is quicker."""

_PART = 5
"""Most texts of so many characters are in no ordinary line, and few are in many."""


def _folded(text: str) -> str:
    """A text in lower case, as RE2 reads it where it ignores case."""
    return text.lower().replace("ſ", "s")


@lru_cache(maxsize=4)
def _held(own: OwnLines) -> _Held:
    lines = _HERE.with_name("ordinary.txt").read_text(encoding="utf-8").splitlines()
    words = _HERE.with_name("words.txt").read_text(encoding="utf-8").split()
    return _Held((*(line for line in lines if line and not line.startswith("## ")), *own.lines), words)
