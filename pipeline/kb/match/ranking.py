"""How near the records of an index are to a line: idf-weighted coverage of the line and of the text, both ways."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from kb.analysis import regexes
from kb.analysis.error_terms import LONGEST_LINE, Term, digest, terms
from kb.match.match_index import LOOSE, MatchIndex

FLOOR = 0.4
"""A record that words alone speak for, and which is less near, is not worth a word."""

_FEW = 8

_LOOSE_ASKED = 0.1
"""What a loose term of the line weighs that is not in the text: the name of what failed this time."""

_OUTSIDE = 0.25
"""What terms of the line weigh that stand before or after all that it shares with a text: time, host and logger often do."""

_AGAINST = 0.5
"""What a term that is not shared counts against a stretch of the line, and one that is shared for it: 1, and again 0.1."""

_AGAIN = 0.1

_MISSED = 0.69
"""What is left of a score of words alone where the record has a pattern, and that does not match: too little for an answer."""

_HIT, _CODED = 0.5, 0.5
"""By what share of the rest a score rises where the pattern matches all that the line says, or where the error code is in it.

A code lifts no record whose pattern does not match: ENOENT stands in many an error.
"""


WORDS, PATTERN, CODE = "words", "pattern", "code"
"""What speaks for a record."""


class Near(NamedTuple):
    """How near a record is to a line.

    `score` is from 0 to 1; `span` is what of the line it rests on; `by` says what speaks for it: `code`, `pattern`, `words`.
    `text_share` and `line_share` are what is shared of the text and of the line.
    """

    record: int
    score: float
    span: tuple[int, int]
    by: tuple[str, ...]
    text_share: float = 0.0
    line_share: float = 0.0


class Ranker:
    """Ranks the records of an `index` for a line."""

    def __init__(self, index: MatchIndex) -> None:
        self.index = index

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.index)

    def id(self, record: int) -> str:
        """The id of a record."""
        return self.index.id(record)

    def nearest(self, line: str, floor: float = FLOOR) -> list[Near]:
        """The records that are near a line, the nearest first; each once, by the text of it that is nearest.

        Those that words alone speak for, and whose score would be below `floor`, are left out.
        """
        line = _readable(line)
        asked = _Asked(self.index, terms(line))
        hits = dict(self._matching(line))
        coded = {record for code in asked.digests for record in self.index.with_code(code)}
        spoken_for = hits.keys() | coded
        texts = {text for record in spoken_for for text in self.index.texts_of(record)}.union(asked.candidates(floor))
        compared: dict[int, _Compared] = {}
        for text in sorted(texts):
            record, found = self.index.owners[text], asked.compare(text)
            if record not in compared or found.score > compared[record].score:
                compared[record] = found
        near = [
            self._judged(
                record,
                compared[record],
                hits.get(record) or self._hit_within(record, compared[record], line),
                asked,
                coded=record in coded,
            )
            for record in compared
        ]
        return sorted(near, key=lambda one: (-one.score, one.record))

    def _matching(self, line: str) -> Iterator[tuple[int, tuple[int, int]]]:
        """The records whose pattern matches, and where."""
        needed = self.index.needed_by(line)
        if self._any_always is None or self._any_always.search(line):
            needed.update(self.index.always)
        for record in sorted(needed):
            span = self.hit(record, line)
            if span is not None:
                yield record, span

    def hit(self, record: int, line: str) -> tuple[int, int] | None:
        """Where the pattern of a record matches a line; None, if it does not."""
        return _found(_compiled(self.index.pattern(record)), _readable(line))

    @cached_property
    def _any_always(self) -> Any:  # noqa: ANN401 - re2 has no types
        """The patterns of which no text is known that they need, as one; None, where they are few or RE2 takes them one by one."""
        patterns = [self.index.pattern(record) for record in self.index.always]
        return _compiled("|".join(f"(?:{pattern})" for pattern in patterns)) if len(patterns) > _FEW else None

    def _hit_within(self, record: int, compared: "_Compared", line: str) -> tuple[int, int] | None:
        """Where a pattern matches that asks for the beginning of a line, if what stands before the error is left out."""
        pattern = self.index.pattern(record)
        start, _ = compared.span
        if compared.score < FLOOR or not start or "^" not in pattern:
            return None
        found = _found(_compiled(pattern), line[start:])
        return found and (found[0] + start, found[1] + start)

    def _judged(
        self, record: int, compared: "_Compared", hit: tuple[int, int] | None, asked: "_Asked", *, coded: bool
    ) -> Near:
        """Put together what speaks for a record."""
        score, span = compared.score, compared.span
        by = [WORDS] if score >= FLOOR else []
        is_missed = hit is None and bool(self.index.pattern(record))
        if hit is not None:
            score += (1 - score) * _HIT * asked.share(hit)
            span = (min(span[0], hit[0]), max(span[1], hit[1])) if by else hit
            by.insert(0, PATTERN)
        if is_missed:
            score *= _MISSED
        if coded:
            score += 0 if is_missed else (1 - score) * _CODED
            by.insert(0, CODE)
        return Near(record, score, span, tuple(by), compared.text_share, compared.line_share)


def _readable(line: str) -> str:
    """What is read of a line; RE2 takes no lone surrogates."""
    line = line[:LONGEST_LINE]
    return line if line.isascii() else line.encode(errors="replace").decode()


def _found(matcher: Any, line: str) -> tuple[int, int] | None:  # noqa: ANN401 - re2 has no types
    """Where a pattern matches a line, or the line without the white space around it, for a tool may indent what another prints."""
    stripped = line.strip()
    for text in (line, stripped) if stripped != line else (line,):
        match = matcher and matcher.search(text)
        if match and match.end() > match.start():
            before = 0 if text is line else line.index(stripped)
            return match.start() + before, match.end() + before
    return None


@lru_cache(maxsize=16_384)
def _compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    import re2  # noqa: PLC0415 - takes a while

    try:
        return re2.compile(pattern, regexes.options())
    except re2.error:
        return None


class _Compared(NamedTuple):
    """What a line and a text share, as shares of each, and the stretch of the line in which it stands."""

    text_share: float
    line_share: float
    span: tuple[int, int]

    @property
    def score(self) -> float:
        """Both shares as one: their harmonic mean."""
        return 2 * self.text_share * self.line_share / ((self.text_share + self.line_share) or 1)


_NOTHING = _Compared(0, 0, (0, 0))


def _come_first(values: Sequence[int]) -> list[bool]:
    """Of each value, whether it was not there before."""
    first = {value: i for i, value in reversed([*enumerate(values)])}
    return [first[value] == i for i, value in enumerate(values)]


class _Asked:
    """The terms of a line, looked up: the number of each, what it weighs, and what it weighs for a text that lacks it."""

    def __init__(self, index: MatchIndex, found: Sequence[Term]) -> None:
        self._index = index
        self._found = found
        self.digests = [digest(term.text) for term in found]
        self._numbers = [index.number(key) for key in self.digests]
        self._weighed = {number: index.weight(number) for number in {*self._numbers} if number is not None}
        weights = [index.unknown if number is None else self._weighed[number] for number in self._numbers]
        self._weights = weights
        self._lacking = [  # each term once
            weight * (_LOOSE_ASKED if term.loose else 1) if is_first else 0.0
            for weight, term, is_first in zip(weights, found, _come_first(self.digests), strict=True)
        ]

    def share(self, span: tuple[int, int]) -> float:
        """How much of what the line says lies within a stretch of it."""
        inside = [term.start < span[1] and term.end > span[0] for term in self._found]
        within = sum(weight for weight, is_in in zip(self._lacking, inside, strict=True) if is_in)
        return within / (sum(self._lacking) or 1)

    def candidates(self, floor: float) -> list[int]:
        """The texts that may be as near as that, by what they share at most."""
        total = sum(self._lacking)
        lacking: dict[int, float] = defaultdict(float)
        for number, weight in zip(self._numbers, self._lacking, strict=True):
            if number is not None:
                lacking[number] += weight
        ordered = sorted(self._weighed.items(), key=lambda one: (-one[1], one[0]))
        left = sum(self._weighed.values())
        passed, shared = total - sum(lacking.values()), defaultdict[int, float](float)
        for number, weight in ordered:
            if left < _least(passed, floor):  # a text that holds none of the rarer terms has too little of the line
                break
            for text in self._index.holders(number):
                shared[text] += weight
            left -= weight
            passed += lacking[number]
        least = _least(total, floor) / (1 + _least(1, floor)) - left
        heaviest: dict[float, float] = {}  # most texts share the same few terms with the line
        found = []
        for text, weight in shared.items():
            if weight >= least:
                if weight not in heaviest:
                    heaviest[weight] = _heaviest(weight + left, total, floor)
                if self._index.least_weights[text] <= heaviest[weight]:
                    found.append(text)
        return found

    def compare(self, text: int) -> _Compared:
        """What of a text stands in the line, within the stretch that shares most with it and least else."""
        held = dict(sorted(self._index.text(text), key=lambda one: one[1]))
        lacking = [
            0.0 if number in held else weight for number, weight in zip(self._numbers, self._lacking, strict=True)
        ]
        first, last = self._stretch(held, lacking)
        inside = {number for number in self._numbers[first:last] if number in held}
        own = sum(self._weighed[number] for number in inside if number is not None)
        absent = sum(
            self._index.weight(number) * (LOOSE if loose else 1)
            for number, loose in held.items()
            if number not in inside
        )
        between = sum(lacking[first:last])
        around = sum(lacking) - between
        if not own:
            return _NOTHING
        return _Compared(
            own / (own + absent),
            own / (own + between + _OUTSIDE * around),
            (self._found[first].start, self._found[last - 1].end),
        )

    def _stretch(self, held: Mapping[int, bool], lacking: Sequence[float]) -> tuple[int, int]:
        """The terms between which the sum of what is shared, less a part of what is not, is greatest."""
        best, first, last = 0.0, 0, 0
        start, total = 0, 0.0
        seen: set[int] = set()
        for i, number in enumerate(self._numbers):
            if total <= 0:
                start, total = i, 0.0
                seen.clear()
            if number in held and number is not None:
                total += self._weights[i] * (_AGAIN if number in seen else 1)
                seen.add(number)
            else:
                total -= _AGAINST * lacking[i]
            if total > best:
                best, first, last = total, start, i + 1
        return first, last


def _heaviest(shared: float, total: float, floor: float) -> float:
    """What a text may weigh at most that shares so much at most of a line of that total, for a score of `floor`.

    The score is the harmonic mean of the shares of the text and of the line. A trifle is added for what rounding took.
    """
    line_share = shared / (shared + _OUTSIDE * max(0.0, total - shared))
    if floor <= 0:
        return math.inf
    if floor > line_share * 2 / (1 + line_share):  # not even where all of the text is shared
        return -1.0
    return shared * (2 * line_share - floor) / (floor * line_share) * (1 + 1e-6)


def _least(lacking: float, floor: float) -> float:
    """What a text has to share of a line of which it lacks so much, for a score of `floor`: all of the text may be shared."""
    line_share = floor / (2 - floor)
    return lacking * _OUTSIDE * line_share / (1 - line_share)
