"""Whether a text can drive a backtracking engine to super-linear time. Exact within its bounds, and without a clock.

An engine that backtracks walks, before it gives up on a text, every path of the pattern's automaton that spells a
beginning of the text. So the question is whether the number of paths can grow faster than the text, and the theory of
automata answers it (A. Weber, H. Seidl: On the degree of ambiguity of finite automata, 1991): exponentially, if a state
has two ways back to itself on one word; as a power, if one word leads from a loop to itself, from there to a later
loop, and from that to itself. The word found so is then tried: RE2 says whether a text of its repetitions fails to
match, and the paths on that text are counted.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from kb.analysis.regexes import ops, read

MOST_STATES = 400
MOST_EDGES = 8_000
MOST_STEPS = 20_000
"""A pattern that is larger, or takes a longer search, is not judged: so the cost of a record is bounded."""

REPETITIONS = 12

Conditions = frozenset[Any]
"""What has to hold between two characters: `^`, `$`, `\\b` and the like, by the parser's names."""

Edge = tuple[int, Conditions]

ALWAYS: Conditions = frozenset()


class Attack(NamedTuple):
    """A text that costs super-linear time: `prefix`, then `pump` over and over, then `suffix`."""

    prefix: str
    pump: str
    suffix: str
    exponential: bool

    def text(self, times: int) -> str:
        """The text with so many repetitions."""
        return f"{self.prefix}{self.pump * times}{self.suffix}"


def attack(regex: str) -> Attack | None:
    """A text that drives a backtracking engine to super-linear time on a pattern that RE2 compiles, if there is one."""
    reading = read(regex)
    if reading.tree is None or not _can_multiply(list(islice(_loops(reading.tree), 2))):
        return None
    try:
        automaton = _Automaton(reading.tree, regex)
        for prefix, pump, exponential in automaton.ambiguities():
            for suffix in ("", "\x00", "!", "\n\n"):
                candidate = Attack(prefix, pump, suffix, exponential)
                # so many, that no counted part of the pattern can be what keeps it from matching
                if reading.matcher.match(candidate.text(MOST_STATES)) is None and automaton.is_driven_by(candidate):
                    return candidate
    except _TooMuchError:
        pass
    return None


def _loops(items: Any) -> Iterator[Any]:  # noqa: ANN401 - the parser has no types
    """What the outermost unbounded quantifiers of a pattern repeat, as often as it stands in the automaton, twice at most."""
    for operator, argument in items:
        if operator is ops.SUBPATTERN:
            yield from _loops(argument[3])
        elif operator is ops.BRANCH:
            for branch in argument[1]:
                yield from _loops(branch)
        elif operator in _REPEATS:
            _, most, inner = argument
            if most is ops.MAXREPEAT:
                yield inner
            else:
                for _ in range(min(most, 2)):
                    yield from _loops(inner)


def _can_multiply(loops: Sequence[Any]) -> bool:
    """Whether paths may multiply: not where nothing loops but one character."""
    return len(loops) > 1 or any(len(inner) != 1 or inner[0][0] not in _CHARACTERS for inner in loops)


_REPEATS = frozenset({ops.MAX_REPEAT, ops.MIN_REPEAT})
_CHARACTERS = frozenset({ops.LITERAL, ops.NOT_LITERAL, ops.IN, ops.ANY})


class _TooMuchError(Exception):
    """The pattern is beyond the bounds, or holds what a finite automaton has not."""


class _Part(NamedTuple):
    """A part of a pattern: the states it may begin and end with, and on what conditions it may be empty, if it may."""

    first: list[Edge]
    last: list[Edge]
    empty: Conditions | None


_NOTHING = _Part([], [], ALWAYS)


class _Automaton:
    """The position automaton of a pattern (V. Glushkov, 1961), with an edge for each way there is from state to state.

    A state stands for a set of characters, as a bit mask over `alphabet`. States are numbered as they stand in the
    pattern, so that only loops lead back; `loops` are the outermost ones, each the states of one repeated part.
    """

    def __init__(self, tree: Any, regex: str) -> None:  # noqa: ANN401 - the parser has no types
        self.alphabet = _ASCII + "".join(sorted({char for char in regex if not char.isascii()} | {"é"}))
        self.masks: list[int] = []
        self.edges: list[list[Edge]] = []
        self.loops: list[range] = []
        self._edge_count = self._steps = 0
        whole = self._sequence(tree, tree.state.flags)
        # where a match is complete the engine stops: no way goes on from there
        complete = {state for state, when in whole.last if not when}
        self.start = [edge for edge in whole.first if edge[0] not in complete] if whole.empty != ALWAYS else []
        self.edges = [[edge for edge in edges if edge[0] not in complete] for edges in self.edges]

    # ---- from the tree to the automaton ----------------------------------------------------------------------------

    def _sequence(self, items: Any, flags: int) -> _Part:  # noqa: ANN401
        whole = _NOTHING
        for operator, argument in items:
            if operator in _CHARACTERS:
                part = self._state(_mask(self.alphabet, operator, argument, flags))
            else:
                part = self._part(operator, argument, flags)
            whole = self._then(whole, part)
        return whole

    def _part(self, operator: Any, argument: Any, flags: int) -> _Part:  # noqa: ANN401
        if operator is ops.SUBPATTERN:
            _, added, removed, inner = argument
            return self._sequence(inner, (flags | added) & ~removed)
        if operator is ops.BRANCH:
            return _either([self._sequence(branch, flags) for branch in argument[1]])
        if operator in {ops.MAX_REPEAT, ops.MIN_REPEAT}:
            least, most, inner = argument
            return self._repeat(least, most, inner, flags)
        if operator is ops.AT:
            line = flags & ops.SRE_FLAG_MULTILINE
            return _Part([], [], frozenset({ops.AT_MULTILINE.get(argument, argument) if line else argument}))
        if operator is ops.ASSERT and not argument[1]:  # put there by patterns.read
            return _NOTHING
        raise _TooMuchError

    def _state(self, mask: int) -> _Part:
        if len(self.masks) == MOST_STATES:
            raise _TooMuchError
        self.masks.append(mask)
        self.edges.append([])
        here = [(len(self.masks) - 1, ALWAYS)]
        return _Part(here, here, None)

    def _then(self, head: _Part, tail: _Part) -> _Part:
        self._join(head.last, tail.first)
        first, last, empty = head.first, tail.last, None
        if head.empty is not None:
            first = first + _on(head.empty, tail.first)
            empty = tail.empty if tail.empty is None else head.empty | tail.empty
        if tail.empty is not None:
            last = last + _on(tail.empty, head.last)
        return _Part(first, last, empty)

    def _join(self, ends: list[Edge], begins: list[Edge]) -> None:
        self._edge_count += len(ends) * len(begins)
        if self._edge_count > MOST_EDGES:
            raise _TooMuchError
        for end, when in ends:
            self.edges[end] += _on(when, begins)

    def _repeat(self, least: int, most: Any, inner: Any, flags: int) -> _Part:  # noqa: ANN401
        """The copies that must be, then a loop, or two of the copies that may be: what is bounded does not grow."""
        unbounded = most is ops.MAXREPEAT
        whole = _NOTHING
        for _ in range(max(least - 1, 0) if unbounded else least):
            whole = self._then(whole, self._sequence(inner, flags))
        if unbounded:
            looped = self._loop(inner, flags)
            return self._then(whole, looped if least else _either([looped, _NOTHING]))
        for _ in range(min(most - least, 2)):
            whole = self._then(whole, _either([self._sequence(inner, flags), _NOTHING]))
        return whole

    def _loop(self, inner: Any, flags: int) -> _Part:  # noqa: ANN401
        begin = len(self.masks)
        part = self._sequence(inner, flags)
        self._join(part.last, part.first)
        if part.first:
            self.loops = [loop for loop in self.loops if loop.start < begin]
            self.loops.append(range(begin, len(self.masks)))
        return part

    # ---- where paths multiply --------------------------------------------------------------------------------------

    def ambiguities(self) -> Iterator[tuple[str, str, bool]]:
        """Every prefix and pump by which paths may multiply, and whether exponentially; such first."""
        heads = {loop: self._heads(loop) for loop in self.loops}
        for loop in self.loops:
            for head in heads[loop]:
                pump = self._two_ways_back(head, loop)
                if pump:
                    yield self._way_to(head), pump, True
        for i, left in enumerate(self.loops):
            for right in self.loops[i + 1 :]:
                for head in heads[left]:
                    for later in right:
                        pump = self._from_loop_to_loop(head, left, later, right)
                        if pump:
                            yield self._way_to(head), pump, False

    def _heads(self, loop: range) -> list[int]:
        """The states that edges lead back to: every way round the loop passes one of them."""
        return sorted({to for state in loop for to, _ in self.edges[state] if loop.start <= to <= state})

    def _way_to(self, state: int) -> str:
        return self._spell(
            ((to, self.masks[to]) for to, _ in self.start),
            state,
            lambda at: ((to, self.masks[to]) for to, _ in self.edges[at]),
        )

    def _two_ways_back(self, head: int, loop: range) -> str:
        """A word on which a state comes back to itself in two ways."""
        if len(loop) == 1 and [to for to, _ in self.edges[head]].count(head) < 2:
            return ""

        def steps(at: tuple[int, int, bool]) -> Iterator[tuple[Any, int]]:
            left, right, parted = at
            for i, (to, _) in enumerate(self.edges[left]):
                for j, (too, _) in enumerate(self.edges[right]):
                    if to in loop and too in loop:
                        now = parted or to != too or (left == right and i != j)
                        yield (to, too, now), self.masks[to] & self.masks[too]

        return self._spell(steps((head, head, False)), (head, head, True), steps)

    def _from_loop_to_loop(self, head: int, loop: range, later: int, next_loop: range) -> str:
        """A word that leads from the first state to itself and to the second, and from the second to itself."""

        def steps(at: tuple[int, int, int]) -> Iterator[tuple[Any, int]]:
            first, between, second = at
            for to, _ in self.edges[first]:
                for back, _ in self.edges[second]:
                    shared = self.masks[to] & self.masks[back] if to in loop and back in next_loop else 0
                    if shared:
                        for via, _ in self.edges[between]:
                            yield (to, via, back), shared & self.masks[via]

        return self._spell(steps((head, head, later)), (head, later, later), steps)

    def _spell(
        self,
        begin: Iterable[tuple[Any, int]],
        goal: Any,  # noqa: ANN401
        steps: Callable[[Any], Iterable[tuple[Any, int]]],
    ) -> str:
        """A shortest word to a goal, found breadth first; empty, if there is none."""
        came: dict[Any, tuple[Any, int]] = {}
        queue: deque[Any] = deque()
        at, edges = None, begin
        while True:
            for state, mask in edges:
                self._steps += 1
                if mask and state not in came:
                    came[state] = at, mask
                    queue.append(state)
            if self._steps > MOST_STEPS:
                raise _TooMuchError
            if goal in came or not queue:
                break
            at = queue.popleft()
            edges = steps(at)
        word = []
        while goal in came:
            goal, mask = came[goal]
            word.append(self._pick(mask))
        return "".join(reversed(word))

    def _pick(self, mask: int) -> str:
        """A character of a set, one that prints if there is one."""
        chosen = mask & _PLAIN or mask & _LOWER or mask & _PRINTABLE or mask
        return self.alphabet[(chosen & -chosen).bit_length() - 1]

    # ---- the probe -------------------------------------------------------------------------------------------------

    def is_driven_by(self, candidate: Attack) -> bool:
        """Whether the last third of the repetitions costs more than the one before it."""
        walked = [0]
        for paths in self._paths(candidate.text(REPETITIONS)):
            walked.append(walked[-1] + paths)
        third = len(candidate.pump) * REPETITIONS // 3
        one, two, three = (walked[len(candidate.prefix) + i * third] for i in (1, 2, 3))
        return 10 * (three - two) > 11 * (two - one)

    def _paths(self, text: str) -> Iterator[int]:
        """How many paths spell the text up to each of its characters."""
        ways = [(1, self.start)]
        for i, char in enumerate(text):
            bit = 1 << self.alphabet.index(char)
            places: dict[int, int] = {}
            for count, edges in ways:
                for to, when in edges:
                    if self.masks[to] & bit and (not when or all(_holds(condition, text, i) for condition in when)):
                        places[to] = places.get(to, 0) + count
            yield sum(places.values())
            ways = [(count, self.edges[state]) for state, count in places.items()]


def _on(when: Conditions, edges: list[Edge]) -> list[Edge]:
    return [(state, when | more) for state, more in edges] if when else edges


def _either(parts: Sequence[_Part]) -> _Part:
    return _Part(
        [edge for part in parts for edge in part.first],
        [edge for part in parts for edge in part.last],
        next((part.empty for part in sorted(parts, key=_strictness) if part.empty is not None), None),
    )


def _strictness(part: _Part) -> int:
    return len(part.empty or ())


def _holds(condition: Any, text: str, i: int) -> bool:  # noqa: ANN401
    """Whether a condition holds before the character at `i`; no text that is looked at ends there."""
    if condition in {ops.AT_BOUNDARY, ops.AT_NON_BOUNDARY}:
        before = i > 0 and _is_word(text[i - 1])
        return (before != _is_word(text[i])) == (condition is ops.AT_BOUNDARY)
    if condition is ops.AT_BEGINNING_LINE:
        return i == 0 or text[i - 1] == "\n"
    if condition is ops.AT_END_LINE:
        return text[i] == "\n"
    if condition is ops.AT_END:
        return i == len(text) - 1 and text[i] == "\n"
    return i == 0 and condition in {ops.AT_BEGINNING, ops.AT_BEGINNING_STRING}


# ---- characters ----------------------------------------------------------------------------------------------------

_ASCII = "".join(map(chr, range(128)))
_PLAIN = 1 << ord("!")
_LOWER = sum(1 << i for i in range(ord("a"), ord("z") + 1))
_PRINTABLE = sum(1 << i for i in range(33, 127))


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    ops.CATEGORY_DIGIT: str.isdecimal,
    ops.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    ops.CATEGORY_WORD: _is_word,
    ops.CATEGORY_NOT_WORD: lambda char: not _is_word(char),
}


def _mask(alphabet: str, operator: Any, argument: Any, flags: int) -> int:  # noqa: ANN401
    """The characters that one item of a pattern takes."""
    if operator is ops.LITERAL:
        return _range(alphabet, argument, argument)
    everything = (1 << len(alphabet)) - 1
    if operator is ops.ANY:
        return everything if flags & ops.SRE_FLAG_DOTALL else everything & ~(1 << alphabet.index("\n"))
    if operator is ops.NOT_LITERAL:
        return everything & ~_range(alphabet, argument, argument)
    mask = 0
    for kind, value in argument:
        if kind is ops.LITERAL:
            mask |= _range(alphabet, value, value)
        elif kind is ops.RANGE:
            mask |= _range(alphabet, *value)
        elif kind is ops.CATEGORY:
            mask |= _category(alphabet, value)
    return everything & ~mask if argument[0][0] is ops.NEGATE else mask


@lru_cache(maxsize=4096)
def _range(alphabet: str, least: int, most: int) -> int:
    """The characters of a range and, as readers ignore case, their counterparts."""
    if least == most:
        char = chr(least)
        return sum({1 << alphabet.index(form) for form in (char, char.lower(), char.upper()) if form in alphabet})
    forms = ((i, form) for i, char in enumerate(alphabet) for form in (char, char.lower(), char.upper()))
    return sum({1 << i for i, form in forms if len(form) == 1 and least <= ord(form) <= most})


@lru_cache(maxsize=64)
def _category(alphabet: str, category: Any) -> int:  # noqa: ANN401
    return sum(1 << i for i, char in enumerate(alphabet) if _CATEGORIES[category](char))
