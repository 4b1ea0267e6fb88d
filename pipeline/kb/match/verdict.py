"""The verdict on a message or a log: match, ambiguous, or none."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from enum import StrEnum
from typing import NamedTuple

from kb.analysis.error_lines import LogLine
from kb.match.conditions import Here, fits
from kb.match.ranking import FLOOR, PATTERN, Near, Ranker

_ANYWHERE = Here()


class Certainty(StrEnum):
    """Whether the base knows an error."""

    MATCH = "match"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


class Thresholds(NamedTuple):
    """From which score on a record is an answer, and by how much the next has to be behind it."""

    score: float
    margin: float


class Spotted(NamedTuple):
    """A line and the records that are near it, the nearest first, as far as they are answers or the nearest misses.

    `times` is how often a line like it came. `hit` are the records whose pattern matches it, answer or not; `elsewhere` those that
    would be answers in another environment.
    """

    line: LogLine
    verdict: Certainty
    nearest: tuple[Near, ...]
    times: int = 1
    hit: tuple[int, ...] = ()
    elsewhere: tuple[int, ...] = ()

    @property
    def margin(self) -> float:
        """By how much the nearest record is nearer than the next."""
        first, *others = self.nearest
        return first.score - (others[0].score if others else 0.0)


class Taken(NamedTuple):
    """How many of the lines the pattern of a record matches, and how many the record answers."""

    record: int
    matched: int
    answered: int


class Looked(NamedTuple):
    """What came of looking for every line: those with an answer, best first, and of the others the nearest misses.

    `taken` has each record whose pattern matches a line, or which answers one: those that take most come first. `elsewhere` are the
    records that are no answer because they hold in another environment alone.
    """

    verdict: Certainty
    answered: tuple[Spotted, ...]
    missed: tuple[Spotted, ...]
    lines: int
    taken: tuple[Taken, ...] = ()
    elsewhere: tuple[int, ...] = ()


_RIVALS, _MISSES = 4, 3


def look(
    ranker: Ranker,
    lines: Iterable[LogLine],
    thresholds: Thresholds,
    here: Here = _ANYWHERE,
    *,
    likeness: Callable[[str], Hashable] = str,
    misses: bool = True,
) -> Looked:
    """Look every line up, of lines with the same `likeness` the first; a line is given once, with how often it came.

    A record is given once as well, for the line that it is nearest to. A record of another environment than the one that is
    `here` is no answer. Without `misses`, what is no answer is passed over.
    """
    floor = FLOOR if misses else thresholds.score - thresholds.margin
    first: dict[Hashable, Spotted] = {}
    times = Counter[Hashable]()
    for line in lines:
        like = likeness(line.text)
        times[like] += line.times
        if like not in first:
            first[like] = _spot(ranker, line, thresholds, here, floor)
    spotted = [one._replace(times=times[like]) for like, one in first.items()]
    answered = _once(s for s in spotted if s.verdict is not Certainty.NONE)
    missed = _once(s for s in spotted if s.verdict is Certainty.NONE and s.nearest)
    verdict = answered[0].verdict if answered else Certainty.NONE
    elsewhere = sorted({record for one in spotted for record in one.elsewhere})
    taken = tuple(_taken(spotted))
    return Looked(verdict, tuple(answered), tuple(missed[:_MISSES]), times.total(), taken, tuple(elsewhere))


def _taken(spotted: Iterable[Spotted]) -> list[Taken]:
    matched, answered = Counter[int](), Counter[int]()
    for one in spotted:
        for record in one.hit:
            matched[record] += one.times
        if one.verdict is not Certainty.NONE:
            answered[one.nearest[0].record] += one.times
    taken = [Taken(record, matched[record], answered[record]) for record in matched.keys() | answered.keys()]
    return sorted(taken, key=lambda one: (-max(one.matched, one.answered), one.record))


def _spot(ranker: Ranker, line: LogLine, thresholds: Thresholds, here: Here, floor: float) -> Spotted:
    nearest = ranker.nearest(line.text, floor)
    elsewhere: tuple[int, ...] = ()
    if here.is_known:
        answers = [near.record for near in nearest if near.score >= thresholds.score]
        elsewhere = tuple(record for record in answers if not fits(ranker.id(record), here))
        nearest = [near for near in nearest if near.record not in elsewhere]
    hit = tuple(sorted(near.record for near in nearest if PATTERN in near.by))
    if not nearest or nearest[0].score < thresholds.score:
        return Spotted(line, Certainty.NONE, tuple(nearest[:1]), hit=hit, elsewhere=elsewhere)
    rivals = [near for near in nearest if near.score > nearest[0].score - thresholds.margin]
    verdict = Certainty.MATCH if len(rivals) == 1 else Certainty.AMBIGUOUS
    return Spotted(line, verdict, tuple(nearest[: max(2, min(len(rivals), _RIVALS))]), hit=hit, elsewhere=elsewhere)


def _once(spotted: Iterable[Spotted]) -> list[Spotted]:
    """The best line of each record, best first; of equals the earlier."""
    best: dict[int, Spotted] = {}
    times: dict[int, int] = {}
    for one in sorted(spotted, key=lambda one: (-one.nearest[0].score, one.line.number)):
        record = one.nearest[0].record
        best.setdefault(record, one)
        times[record] = times.get(record, 0) + one.times
    return [one._replace(times=times[record]) for record, one in best.items()]
