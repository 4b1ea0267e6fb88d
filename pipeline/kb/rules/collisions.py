"""Which patterns match the signatures of other records (RGX005): found without holding each against each.

A text that every match of a pattern has in it leads to the signatures with that text. What few signatures hold leads to pairs, by
SQL; what more hold, up to a bound, to all patterns that need it and all signatures with it, by one automaton.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

import re2

from kb.analysis.regexes import options
from kb.rules.base import Ask, Bounds, Pairs

MOST = 100

_FEW = 500_000
"""Up to so many pairs it is quicker to look for every required literal in every signature than to make an index."""

_LARGEST_BUCKET = 256
"""A text in more signatures leads to none of them pair by pair: the patterns that need it are searched for at once in those."""

_AT_ONCE = 250
"""How many patterns one RE2 filter holds: its automaton may not grow beyond 8 MB."""

_MOST_HELD = 4096
"""A required text that more signatures hold leads to one in 2, 4, 8 … of them: no more than so many."""

_COUNTED_IN = 8192
"""How many hold it is counted in no more signatures than these, and reckoned from there."""

_LONGEST_PATTERN, _LONGEST_SIGNATURE = 2000, 1000
"""Longer patterns are held against no other record, and of a longer signature the beginning; in a real base there is none."""

_READABLE = "replace(replace(lower(signature), 'ſ', 's'), '\u212a', 'k')"  # RE2 takes these for s and k


def _one_in(total: int, most: int) -> int:
    """Which share of many is no more than `most`: one in how many, a power of two, so that it seldom changes."""
    one_in = 1
    while total > most * one_in:
        one_in *= 2
    return one_in


_SIGNATURES = f"""
    SELECT left(signature, {_LONGEST_SIGNATURE}) AS signature FROM records
    UNION SELECT left(unnest(signatures), {_LONGEST_SIGNATURE}) FROM records WHERE len(signatures) > 0
"""


def _held_often(sample: int) -> str:
    """Required texts that many signatures hold, and how many of one in `sample` do.

    Pieces of a text come first, up to eight: where one of them is rare, so is the text.
    """
    least = _MOST_HELD // sample
    pieces = " UNION ALL ".join(
        f"""
        SELECT literal FROM (
            SELECT literal, unnest([substr(literal, 1 + i * (length(literal) - {width}) // 7, {width}) FOR i IN range(8)]) AS part
            FROM literals WHERE length(literal) >= {width} AND length(literal) < {below})
        LEFT JOIN (
            SELECT part, true AS often FROM (SELECT {_windows("text", width)} AS part FROM texts)
            GROUP BY part HAVING count(*) > {least}) USING (part)
        GROUP BY literal HAVING count(*) = count(often)
        """
        for width, below in ((8, 1 << 30), (3, 8))
    )
    return f"""
        WITH texts AS (
            SELECT {_READABLE} AS text FROM ({_SIGNATURES}) WHERE digest_of(signature) % {sample} = 0
        ), literals AS (
            SELECT DISTINCT literal FROM (SELECT unnest(required_literals) AS literal FROM match_keys)
        ), likely AS ({pieces})
        SELECT literal, count(*) FROM likely JOIN texts ON contains(text, literal) GROUP BY literal HAVING count(*) > {least}
    """


def bounds(ask: Ask) -> Bounds:
    """Of the signatures that hold a required text, which share patterns with that text are held against: one in how many.

    All of them, where nothing is said. The empty text is in every signature, and stands for those patterns that require none.
    """
    (most,) = next(ask("SELECT count(*) + coalesce(sum(len(further_keys)), 0) FROM match_keys"))
    if most <= _MOST_HELD:
        return
    (total,) = next(ask(f"SELECT count(*) FROM ({_SIGNATURES})"))
    if total > _MOST_HELD:
        yield "", _one_in(total, _MOST_HELD)
        sample = _one_in(total, _COUNTED_IN)
        for literal, held in ask(_held_often(sample)):
            yield literal, _one_in(held * sample, _MOST_HELD)


BOUNDED = "(SELECT literal, one_in FROM bounds WHERE code = 'RGX005')"


class _Sides(NamedTuple):
    """Which pairs are looked at: the patterns of some records, and the signatures of some, as conditions in SQL."""

    patterns: str
    signatures: str


_NEW = (_Sides("NOT compared", "true"), _Sides("compared", "NOT compared"))
"""All pairs of which one is new."""


def _patterns(sides: _Sides) -> str:
    """Each pattern once, however many records have it, by the `id` of the first of them; numbered in the order of ids.

    Windows, here and below, for what they hold goes to the disk where memory is short; what an aggregate holds does not.
    """
    return f"""
        SELECT row_number() OVER (ORDER BY id) AS place, id, regex, required_literals, total FROM (
            SELECT id, regex, required_literals, count(*) OVER (PARTITION BY regex) AS total
            FROM records JOIN match_keys ON record_id = id
            WHERE {sides.patterns} AND length(regex) <= {_LONGEST_PATTERN}
            QUALIFY row_number() OVER (PARTITION BY regex ORDER BY id) = 1)
    """


def _sighted(sides: _Sides) -> str:
    """Each signature with the first records that have it."""
    return f"""
        SELECT id, signature, row_number() OVER (PARTITION BY signature ORDER BY id) AS nth,
            count(*) OVER (PARTITION BY signature) AS total
        FROM (
            SELECT id, left(signature, {_LONGEST_SIGNATURE}) AS signature
            FROM records JOIN match_keys ON record_id = id WHERE {sides.signatures}
            UNION ALL
            SELECT id, left(unnest(signatures), {_LONGEST_SIGNATURE})
            FROM records JOIN match_keys ON record_id = id WHERE {sides.signatures} AND len(signatures) > 0)
        QUALIFY nth <= {MOST + 2}
    """


_TEXTS = f"""
    SELECT row_number() OVER (ORDER BY id, signature) AS first, coalesce(ids, [id]) AS ids, signature, {_READABLE} AS text,
        digest_of(signature) AS digest
    FROM (FROM sighted WHERE nth = 1)
    LEFT JOIN (SELECT signature, list(id) AS ids FROM sighted WHERE total > 1 GROUP BY signature) USING (signature)
"""
"""Each signature once, numbered likewise: what is joined and counted by the million is small then."""


_LITERALS = """
    SELECT place, generate_subscripts(required_literals, 1) AS nth, unnest(required_literals) AS literal FROM patterns
"""

_TOGETHER = """
    SELECT p.id, total, regex, signature, ids
    FROM likely JOIN patterns p USING (place) JOIN texts USING (first)
    WHERE NOT (total = 1 AND ids = [p.id]) ORDER BY place, first
"""
"""What a record's pattern says of its own signature alone is nobody's collision: most pairs are such, and are not searched."""


def _pairs_of_few(sides: _Sides) -> str:
    return f"""
        WITH patterns AS ({_patterns(sides)}), literals AS ({_LITERALS}),
        sighted AS ({_sighted(sides)}), texts AS ({_TEXTS}), likely AS (
            SELECT DISTINCT place, first
            FROM (
                SELECT place, literal FROM literals
                UNION ALL SELECT place, '' FROM patterns WHERE required_literals = [])
            LEFT JOIN {BOUNDED} USING (literal)
            JOIN texts ON contains(text, literal) WHERE one_in IS NULL OR digest % one_in = 0
        ) {_TOGETHER}
    """


def _windows(text: str, width: int) -> str:
    return f"unnest([substr({text}, i, {width}) FOR i IN range(1, length({text}) - {width - 2})])"


_WIDTHS = ((8, 1 << 30), (3, 8))
"""How long the windows are for literals of no less than that and of less than what stands beside it."""

_BY_WINDOW = " UNION ALL ".join(
    f"""
    SELECT place, literal, part
    FROM (
        SELECT place, nth, literal,
            unnest([substr(literal, 1 + i * (length(literal) - {width}) // 7, {width}) FOR i IN range(8)]) AS part
        FROM literals WHERE length(literal) >= {width} AND length(literal) < {below})
    LEFT JOIN (
        SELECT part, count(*) AS times
        FROM (SELECT {_windows("text", width)} AS part FROM (FROM texts ORDER BY hash(first) LIMIT 2000))
        GROUP BY part) USING (part)
    QUALIFY row_number() OVER (PARTITION BY place, nth ORDER BY coalesce(times, 0), part) = 1
    """
    for width, below in _WIDTHS
)
"""Of each required literal the window that is rarest in a sample of signatures."""

_SPOTS = " UNION ALL ".join(
    f"""
    SELECT DISTINCT first, part FROM (SELECT first, {_windows("text", width)} AS part FROM texts)
    SEMI JOIN windows USING (part)
    """
    for width, _ in _WIDTHS
)
"""The signatures that hold each of these windows."""

_WIDE = f"""
    SELECT place FROM windows SEMI JOIN busy USING (part)
    UNION SELECT place FROM literals SEMI JOIN {BOUNDED} USING (literal)
    UNION SELECT place FROM patterns WHERE required_literals = []
"""
"""The patterns that no rare text leads to."""

_SEEN = "SELECT part, first, text FROM (FROM spots ANTI JOIN busy USING (part)) JOIN texts USING (first)"
"""Texts are fetched for the spots, not for the pairs: of those there are many more than DuckDB reckons with."""

_LIKELY = """
    SELECT DISTINCT place, first FROM (FROM windows ANTI JOIN wide USING (place)) JOIN seen USING (part)
    WHERE contains(text, literal)
"""

_KEYED_BY_WINDOW = f"""
    SELECT DISTINCT place, part FROM windows SEMI JOIN wide USING (place) ANTI JOIN {BOUNDED} USING (literal)
"""

_KEYED_BY_TEXT = f"""
    SELECT DISTINCT place, literal, coalesce(one_in, 1) AS one_in
    FROM (
        SELECT place, literal FROM literals SEMI JOIN {BOUNDED} USING (literal)
        UNION ALL SELECT place, '' FROM patterns WHERE required_literals = [])
    LEFT JOIN {BOUNDED} USING (literal)
"""

_REACHING = """
    SELECT key, id, total, regex, place, required_literals, keys
    FROM (
        SELECT place, key, count(*) OVER (PARTITION BY place) AS keys FROM (
            SELECT place, 'window ' || part AS key FROM keyed_by_window
            UNION ALL SELECT place, 'text ' || literal FROM keyed_by_text))
    JOIN patterns USING (place) ORDER BY key, place
"""
"""The patterns that no rare text leads to, once for each of their keys: the windows or texts that lead to signatures."""

_REACHED = """
    SELECT key, signature, ids, text, digest
    FROM (
        SELECT 'window ' || part AS key, first FROM spots SEMI JOIN keyed_by_window USING (part)
        UNION ALL
        SELECT 'text ' || literal, first FROM texts JOIN (SELECT DISTINCT literal, one_in FROM keyed_by_text)
            ON contains(text, literal) AND digest % one_in = 0)
    JOIN texts USING (first) ORDER BY key, first
"""
"""The signatures that each key leads to."""


def _owners(sides: _Sides) -> str:
    return f"""
        SELECT id FROM records JOIN match_keys ON record_id = id WHERE regex = $regex AND {sides.patterns} ORDER BY id
    """


def found(ask: Ask) -> Pairs:
    """The pairs of a record whose pattern matches, and of another whose signature that is, of which one is new."""
    new, literals, records = next(
        ask("SELECT count(*) FILTER (NOT compared), coalesce(sum(len(required_literals)), 0), count(*) FROM match_keys")
    )
    if not new or records == 1:
        return
    reach: dict[str, int] = dict(ask(f"FROM {BOUNDED}"))
    for sides in _NEW if new < records else _NEW[:1]:
        if new * (literals + records) <= _FEW:
            hits = _meeting(ask(_pairs_of_few(sides)))
        else:
            _lay_out(ask, sides)
            hits = chain(_meeting(ask(_TOGETHER)), _colliding(ask, reach))
        for (first, total, regex), others in hits:
            owners = (first,) if total == 1 else (row[0] for row in ask(_owners(sides), regex=regex))
            for owner in owners:
                yield from ((owner, other, 1.0) for other in _kept(owner, others))


class _Pattern(NamedTuple):
    """A pattern, the first record that has it, and how many have it."""

    first: str
    owners: int
    regex: str


Hits = Iterator[tuple[_Pattern, list[str]]]
"""Patterns, each with the first records whose signatures it matches, in order."""


def _kept(owner: str, others: Iterable[str]) -> Iterator[str]:
    """Of the records that the pattern of one matches, as many others as are kept."""
    return islice((other for other in others if other != owner), MOST + 1)


def _first(ids: Iterable[Sequence[str]]) -> list[str]:
    """The first of some lists of ids: as many as are reported of a pattern, itself, and one more."""
    return sorted(set(chain.from_iterable(ids)))[: MOST + 2]


def _meeting(pairs: Iterable[tuple[str, int, str, str, list[str]]]) -> Hits:
    """Of pairs of a pattern and a signature, in order, those that match."""
    for row, group in groupby(pairs, key=lambda pair: pair[:3]):
        pattern = _compiled(row[2])
        if pattern is not None:
            met: dict[str, list[str]] = {}
            for *_, signature, ids in group:
                if len(met) == MOST + 2:
                    break
                if pattern.search(signature):
                    met.setdefault(ids[0], []).extend(ids)
            yield _Pattern(*row), _first(met.values())


def _lay_out(ask: Ask, sides: _Sides) -> None:
    """Keep what the queries about many records read, step by step: all at once takes more memory than there is."""
    busy = f"SELECT part FROM spots GROUP BY part HAVING count(*) > {_LARGEST_BUCKET}"
    steps = {
        "patterns": _patterns(sides), "literals": _LITERALS, "sighted": _sighted(sides), "texts": _TEXTS,
        "windows": _BY_WINDOW, "spots": _SPOTS, "busy": busy, "wide": _WIDE, "seen": _SEEN, "likely": _LIKELY,
        "keyed_by_window": _KEYED_BY_WINDOW, "keyed_by_text": _KEYED_BY_TEXT,
    }  # fmt: skip
    for name, sql in steps.items():
        ask.keep(name, sql)


class _Wide(NamedTuple):
    """A pattern that no rare text leads to, its place, the texts of which every match has one, and how many keys it has."""

    pattern: _Pattern
    place: int
    required: tuple[str, ...]
    keys: int


def _colliding(ask: Ask, bounds: Mapping[str, int]) -> Hits:
    """The same of the patterns that no rare text leads to: key by key, all that share it at once."""
    waiting: dict[int, tuple[int, list[list[str]]]] = {}
    every_reached = groupby(ask(_REACHED), key=itemgetter(0))
    reached = next(every_reached, None)
    for key, rows in groupby(ask(_REACHING), key=itemgetter(0)):
        some = [_Wide(_Pattern(*row[1:4]), row[4], tuple(row[5]) or ("",), row[6]) for row in rows]
        found = _matching(some, reached[1] if reached and reached[0] == key else (), bounds)
        for wide, ids in zip(some, found, strict=True):
            keys, before = waiting.pop(wide.place, (0, []))
            if keys + 1 == wide.keys:
                yield wide.pattern, _first([*before, *ids])
            else:
                waiting[wide.place] = keys + 1, [*before, *ids]
        if reached and reached[0] == key:
            reached = next(every_reached, None)


def _matching(
    some: Sequence[_Wide], signatures: Iterable[tuple[Any, ...]], bounds: Mapping[str, int]
) -> list[list[list[str]]]:
    """Which records have the first signatures, of some in order, that each of some patterns matches and is held against."""
    met: list[dict[str, list[str]]] = [{} for _ in some]
    bounded = [not bounds.keys().isdisjoint(wide.required) for wide in some]
    valid = [i for i, wide in enumerate(some) if _compiled(wide.pattern.regex) is not None]
    held = signatures if len(valid) <= _AT_ONCE else list(signatures)
    for start in range(0, len(valid), _AT_ONCE):
        at_once = valid[start : start + _AT_ONCE]
        matches = _searching([some[i].pattern.regex for i in at_once])
        wanting = len(at_once)
        for _, signature, ids, text, digest in held:
            for i in (at_once[place] for place in matches(signature)):
                if len(met[i]) < MOST + 2 and (not bounded[i] or _is_in_reach(some[i].required, bounds, text, digest)):
                    met[i].setdefault(ids[0], []).extend(ids)
                    wanting -= len(met[i]) == MOST + 2
            if not wanting:
                break
    return [list(ids.values()) for ids in met]


def _is_in_reach(required: Sequence[str], bounds: Mapping[str, int], text: str, digest: int) -> bool:
    return any(literal in text and digest % bounds.get(literal, 1) == 0 for literal in required)


def _searching(regexes: Sequence[str]) -> Callable[[str], Sequence[int]]:
    """Which of many patterns match a text, decided by one automaton, or by several where that would be too large."""
    if len(regexes) == 1:
        only = _compiled(regexes[0])
        return lambda text: (0,) if only.search(text) else ()
    automaton = re2.Filter()
    for regex in regexes:
        automaton.Add(regex, options())
    try:
        automaton.Compile()
    except re2.error:
        half = len(regexes) // 2
        first, second = _searching(regexes[:half]), _searching(regexes[half:])
        return lambda text: [*first(text), *(half + i for i in second(text))]
    return lambda text: automaton.Match(text) or ()


@lru_cache(maxsize=_AT_ONCE)
def _compiled(regex: str) -> Any:  # noqa: ANN401 - re2 has no types
    """A pattern ready to search, or None if RE2 does not know it or it matches the empty text."""
    try:
        pattern = re2.compile(regex, options())
    except re2.error:
        return None
    return None if pattern.search("") else pattern
