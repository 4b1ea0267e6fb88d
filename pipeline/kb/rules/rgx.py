"""RGX: the matching pattern."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

import re2

from kb.analysis import backtracking, prose, regexes
from kb.analysis.placeholders import holds_a_place
from kb.analysis.regexes import options
from kb.model import Severity
from kb.rules import ordinary
from kb.rules.base import Ask, At, Bounds, Found, Pairs, Record, check, corpus
from kb.words import show

_OPERATORS = r'"regex":"(?:[^"\\]|\\.)*?(?:[.*+?^$(){}|]|\[|\]|\\\\)'

_REMEDY = "let no two quantifiers take the same text, or bound them: .{0,80}"


@check(
    "RGX001",
    "regex-invalid",
    Severity.ERROR,
    version=2,
    screen=_OPERATORS,
    good=[{}, {"/regex": "^fatal: [a-z ]+ \\(.*\\)$"}, {"/regex": "(?<!non)fatal"}],
    bad=[{"/regex": "not a git repository ("}, {"/regex": "[z-a]"}, {"/regex": "*fatal"}, {"/regex": "(?<=a+)b"}],
)
def regex_invalid(r: Record) -> Found:
    """Has a regex that compiles.

    One that does not finds nothing. Python's `re` is the measure; what it says against the pattern is in the message. A pattern of
    more than 50,000 characters is no pattern, unless it is plain text.
    """
    fault = regexes.read(r.document["regex"]).fault
    if fault is not None:
        yield "/regex", f"{show(r.document['regex'])} does not compile: {fault}; correct it"


@check(
    "RGX002",
    "regex-not-portable",
    Severity.WARNING,
    screen=_OPERATORS,
    good=[{}, {"/regex": "(?i)not a git repository .*?\\bparent"}],
    bad=[{"/regex": "(?=.*fatal)not a git repository"}, {"/regex": "(f)atal: not a git repository (\\1)"}],
)
def regex_not_portable(r: Record) -> Found:
    """Compiles in RE2 too.

    RE2 and its kin (Go, Rust, many log tools) match in linear time, whatever the text. They know no look-around, no
    back-references and no counts above 1000, so a pattern without these serves every reader.
    """
    refusal = regexes.read(r.document["regex"]).refusal
    if refusal is not None:
        yield (
            "/regex",
            f"{show(r.document['regex'])} does not compile in RE2: {refusal}; write it without look-around and back-references",
        )


@check(
    "RGX003",
    "regex-misses-signature",
    Severity.WARNING,
    version=3,
    good=[
        {},
        {"/regex": "FATAL: NOT A GIT REPOSITORY"},
        {"/regex": "epoch time rose", "/signature": "Model training is slow after upgrade"},
        {"/signature": "TBD"},
    ],
    bad=[{"/regex": "no such repository"}, {"/regex": "not a git .* \\d+"}],
)
def regex_misses_signature(r: Record) -> Found:
    r"""Matches its own signature, ignoring case.

    One of the two is not what the tool prints; there may be spaces around the signature. RE2 does the matching, so that
    no pattern can hang a run; of a pattern that it refuses nothing is said here, RGX002 has it. Nor is anything said
    where the signature is not ASCII and the pattern has `\w`, `\d`, `\s` or `\b` in it: readers do not agree on what
    these mean there. And a signature that no tool prints, but that gives an account of how a thing behaves ("Model
    training is slow after upgrade"), is not what the pattern looks for. TXT006 reports one that is still to be written.
    """
    regex, signature = r.document["regex"], r.document["signature"]
    if _misses(regex, signature):
        yield "/regex", f"{show(regex)} does not match the signature {show(signature)}; correct one of the two"


def _misses(regex: str, signature: str) -> bool:
    """Whether a pattern ought to match a signature, and does not."""
    text = regexes.literal(regex)
    if text is not None and text.lower() in signature.lower():
        return False
    matcher = regexes.read(regex).matcher
    if matcher is None or matcher.search(signature) or matcher.search(f" {signature} "):
        return False
    if (regexes.has_classes(regex) and not signature.isascii()) or prose.is_account(signature):
        return False
    return not holds_a_place(signature)


@check(
    "RGX009",
    "regex-misses-further-signatures",
    Severity.WARNING,
    screen=r'"signatures":\["',
    good=[
        {},
        {
            "/signatures": [
                "fatal: Not a git repository (or any of the parent directories)",
                "fatal: detected no worktree",
            ]
        },
        {"/signatures": ["TBD", "Cloning is slow after the upgrade"], "/regex": "not a git repository"},
        {"/regex": "no such repository"},
    ],
    bad=[
        At(
            {"/signatures": ["fatal: detected no worktree", "fatal: no .git folder here"]},
            "/signatures/0",
            "/signatures/1",
        ),
        At({"/regex": "no such repository", "/signatures": ["fatal: detected no worktree"]}, "/signatures/0"),
    ],
)
def regex_misses_further_signatures(r: Record) -> Found:
    """Has at most one signature, of all that it lists, that its pattern does not match.

    One may be the text of another language, or of a version that nobody uses any more. With two, there are texts for which
    the record is not found, though it says that they are its error: widen the pattern, or give them a record of their own.
    Matched is as RGX003 does, with the same exceptions; of `signature` itself that rule speaks, and here it only counts.
    """
    regex, signature = r.document["regex"], r.document["signature"]
    further = {text: i for i, text in reversed([*enumerate(r.document["signatures"])]) if text and text != signature}
    missed = [(text, i) for text, i in further.items() if _misses(regex, text)]
    total = len(missed) + (bool(missed) and _misses(regex, signature))
    if total > 1:
        for text, i in sorted(missed, key=lambda one: one[1]):
            yield (
                f"/signatures/{i}",
                f"{show(text)} is one of {total} signatures that {show(regex)} does not match; widen it, or part the record",
            )


_ORDINARY = ("match.ordinary",)

_TELL = "name what the error alone says"

_NARROWER = r"put \b around it, or name more of the error"


@check(
    "RGX004",
    "regex-too-broad",
    Severity.WARNING,
    version=2,
    reads=_ORDINARY,
    good=[{}, {"/regex": "(?:git|hg): not a .* repository|not a git repository"}],
    bad=[{"/regex": ".*"}, {"/regex": "not a git repository|"}, {"/regex": "(a|git)"}, {"/regex": "\\w+: "}],
)
def regex_too_broad(r: Record) -> Found:
    """Does not match the empty string, nor more than a tenth of the lines that tools print when all is well.

    Such a pattern finds its error in every log. The lines are those of RGX007, which speaks where fewer are matched.
    """
    regex = r.document["regex"]
    hits = ordinary.hits(regex, r.settings.own_lines)
    if hits is None or not hits.too_broad:
        return
    if hits.empty:
        yield "/regex", f"{show(regex)} matches the empty string, and so every text; {_TELL}"
    else:
        yield (
            "/regex",
            f"{show(regex)} matches {hits.matched:,} of {hits.lines:,} ordinary lines, such as {show(hits.line)}; be narrower",
        )


@check(
    "RGX006",
    "regex-backtracks",
    Severity.WARNING,
    version=2,
    good=[
        {},
        {"/regex": "not a git repository.*parent"},
        {"/regex": "git.*repository.*parent"},
        {"/regex": "(?:[a-z]+ )+repository"},
    ],
    bad=[{"/regex": "(?:[a-z ]+)+: \\.git$"}, {"/regex": "^(fatal|fatal: |not|: | )+$"}],
)
def regex_backtracks(r: Record) -> Found:
    """Cannot be driven to exponential time in a backtracking engine.

    Python, JavaScript, Java and PCRE try every way through a pattern before they give up on a text. Where a repeated
    part can take the same characters in two ways, the ways multiply with each character: `(a+)+$` needs exponential time
    on a row of a. A log, which strangers may write into, can so bring a reader to a halt. Let no two quantifiers take
    the same text, or bound them (`.{0,80}`).

    The pattern is not timed, but turned into an automaton, in which such ways are found exactly; the attack found is
    then tried: its text must fail to match, and the ways through it, which are counted, must grow faster than the text.
    So the verdict is the same on every machine, no pattern can hang a run, and what is larger than the bounds in
    `pipeline/kb/rules/backtracking.py`, or what RE2 refuses, is not judged.
    """
    yield from _driven(r.document["regex"], "exponentially", exponential=True)


@check(
    "RGX007",
    "regex-hits-ordinary-text",
    Severity.WARNING,
    reads=_ORDINARY,
    good=[{}, {"/regex": "not a git repository|\\boom\\b"}, {"/regex": "not a git repository|unexpected wait"}],
    bad=[
        {"/regex": "not a git repository|wai"},
        {"/regex": "not a git repository|oom"},
        {"/regex": "not a git repository|connection"},
    ],
)
def regex_hits_ordinary_text(r: Record) -> Found:
    r"""Matches neither inside an ordinary word nor in a line of ordinary output.

    `wai` is in "waiting", `oom` in "room": a short part of a pattern finds its error where none is. The words and the
    lines, which tools print when all is well, come with kb (`pipeline/kb/rules/words.txt`, `ordinary.txt`); name files with
    your own lines under `match.ordinary` in kb.toml. Let the pattern say more of the error, or put `\b` around a short
    word. Where a pattern matches more than a tenth of the lines, RGX004 says so.
    """
    regex = r.document["regex"]
    hits = ordinary.hits(regex, r.settings.own_lines)
    if hits is None or hits.too_broad:
        return
    held = f"held against {hits.words:,} words and {hits.lines:,} lines"
    if hits.word is not None:
        yield "/regex", f"{show(regex)} matches inside the ordinary word {show(hits.word)} ({held}); {_NARROWER}"
    elif hits.line is not None:
        more = f" and {hits.matched - 1:,} more" if hits.matched > 1 else ""
        yield "/regex", f"{show(regex)} matches the ordinary line {show(hits.line)}{more} ({held}); {_TELL}"


@check(
    "RGX008",
    "regex-quadratic",
    Severity.INFO,
    good=[
        {},
        {"/regex": "not a git repository.*parent"},
        {"/regex": "(?:not|no) a git .{0,40}repository.{0,40}parent"},
        {"/regex": "(?:[a-z ]+)+: \\.git$"},
    ],
    bad=[
        {"/regex": "git.*repository.*parent"},
        {"/regex": "\\s*\\s*not a git repository"},
        {"/regex": "^(fatal: (not|a|git|repository)? ?)+\\(.*\\)+$"},
    ],
)
def regex_quadratic(r: Record) -> Found:
    """Cannot be driven to polynomial time, quadratic or worse, in a backtracking engine.

    Where two quantifiers can take the same characters one after the other, the ways through a text multiply: `a.*b.*c`
    needs quadratic time on a row of b. Lines of a log are short, so this seldom hurts; a reader that looks through whole
    files may feel it. Bound them (`.{0,80}`), or let no two take the same text. That a search starts anew at each place
    of a text is not counted, for it is so with every pattern. RGX006 has what is worse, and says how both are found.
    """
    yield from _driven(r.document["regex"], "faster than the text", exponential=False)


def _driven(regex: str, grows: str, *, exponential: bool) -> Found:
    """What drives a pattern to super-linear time, if it is of that kind."""
    attack = _attack(regex)
    if attack is not None and attack.exponential is exponential:
        begin = f"{show(attack.prefix)} and " if attack.prefix not in attack.pump else ""
        yield (
            "/regex",
            f"{show(regex)} takes time that grows {grows} on {begin}many {show(attack.pump)}; {_REMEDY}",
        )


@lru_cache(maxsize=64)
def _attack(regex: str) -> backtracking.Attack | None:
    if regexes.literal(regex) is not None or regexes.read(regex).matcher is None:
        return None
    return backtracking.attack(regex)


_MOST = 100

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


def _bounds(ask: Ask) -> Bounds:
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


_BOUNDED = "(SELECT literal, one_in FROM bounds WHERE code = 'RGX005')"


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
        QUALIFY nth <= {_MOST + 2}
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
            LEFT JOIN {_BOUNDED} USING (literal)
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
    UNION SELECT place FROM literals SEMI JOIN {_BOUNDED} USING (literal)
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
    SELECT DISTINCT place, part FROM windows SEMI JOIN wide USING (place) ANTI JOIN {_BOUNDED} USING (literal)
"""

_KEYED_BY_TEXT = f"""
    SELECT DISTINCT place, literal, coalesce(one_in, 1) AS one_in
    FROM (
        SELECT place, literal FROM literals SEMI JOIN {_BOUNDED} USING (literal)
        UNION ALL SELECT place, '' FROM patterns WHERE required_literals = [])
    LEFT JOIN {_BOUNDED} USING (literal)
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


@corpus(
    "RGX005",
    "regex-collides",
    Severity.INFO,
    version=4,
    compares=True,
    bounds=_bounds,
    most=_MOST,
    only_with="pairs WHERE code = 'RGX005'",
    sql=f"""
        SELECT record_id AS id, '/regex' AS pointer,
            'also matches the signature' || CASE total WHEN 1 THEN ' of ' ELSE 's of ' END || CASE
                WHEN total > {_MOST} THEN 'more than {_MOST} other records, such as ' || array_to_string(firsts, ', ')
                WHEN total > 3 THEN total || ' other records, such as ' || array_to_string(firsts, ', ')
                ELSE array_to_string(firsts, ', ') END
            || coalesce(' (held against one in ' || one_in || ' of those that it may match)', '')
            || '; narrow it, unless all of them are this error' AS message
        FROM (SELECT record_id, count(*) AS total, min(other_id, 3) AS firsts FROM pairs WHERE code = 'RGX005' GROUP BY record_id)
        LEFT JOIN (
            SELECT record_id, max(one_in) AS one_in
            FROM (
                SELECT record_id, unnest(required_literals) AS literal FROM match_keys
                UNION ALL SELECT record_id, '' FROM match_keys WHERE required_literals = [])
            JOIN {_BOUNDED} USING (literal) GROUP BY record_id) USING (record_id)
    """,
    good=[
        [{}, {"/id": "git/other", "/signature": "fatal: no such ref was fetched", "/regex": "no such ref was fetched"}]
    ],
    bad=[
        At(
            [{}, {"/id": "git/other", "/signature": "Fatal: NOT a git repository (or any of the parent directories)"}],
            "/0/regex",
            "/1/regex",
        ),
        At(
            [
                {"/regex": "fatal|error"},
                {"/id": "git/other", "/signature": "error: RPC failed", "/regex": "RPC failed"},
            ],
            "/0/regex",
        ),
        At(
            [
                {},
                {
                    "/id": "git/other",
                    "/signature": "error: RPC failed",
                    "/signatures": ["fatal: Not a Git repository (or any of the parent directories)"],
                    "/regex": "RPC failed",
                },
            ],
            "/0/regex",
        ),
    ],
)
def regex_collides(ask: Ask) -> Pairs:
    """Does not match other records' signatures, further ones included.

    A log line that several patterns claim sends its reader to the wrong record. Patterns are searched with RE2, case
    ignored, so only those that RE2 knows (RGX002) are looked at, and none that matches the empty text (RGX004). Patterns of
    more than 2,000 characters are not looked at either, and of signatures the first 1,000 characters are.

    A text that every match of a pattern has in it ("failed") leads to the signatures that hold it. Where those are more than
    4,096, a pattern is held against one in 2, 4, 8 … of them, and the message says so. Which they are depends on what each of
    them says alone. A pattern without such a text may match any signature.
    """
    new, literals, records = next(
        ask("SELECT count(*) FILTER (NOT compared), coalesce(sum(len(required_literals)), 0), count(*) FROM match_keys")
    )
    if not new or records == 1:
        return
    bounds: dict[str, int] = dict(ask(f"FROM {_BOUNDED}"))
    for sides in _NEW if new < records else _NEW[:1]:
        if new * (literals + records) <= _FEW:
            hits = _meeting(ask(_pairs_of_few(sides)))
        else:
            _lay_out(ask, sides)
            hits = chain(_meeting(ask(_TOGETHER)), _colliding(ask, bounds))
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
    return islice((other for other in others if other != owner), _MOST + 1)


def _first(ids: Iterable[Sequence[str]]) -> list[str]:
    """The first of some lists of ids: as many as are reported of a pattern, itself, and one more."""
    return sorted(set(chain.from_iterable(ids)))[: _MOST + 2]


def _meeting(pairs: Iterable[tuple[str, int, str, str, list[str]]]) -> Hits:
    """Of pairs of a pattern and a signature, in order, those that match."""
    for row, group in groupby(pairs, key=lambda pair: pair[:3]):
        pattern = _compiled(row[2])
        if pattern is not None:
            met: dict[str, list[str]] = {}
            for *_, signature, ids in group:
                if len(met) == _MOST + 2:
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
                if len(met[i]) < _MOST + 2 and (not bounded[i] or _is_in_reach(some[i].required, bounds, text, digest)):
                    met[i].setdefault(ids[0], []).extend(ids)
                    wanting -= len(met[i]) == _MOST + 2
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
