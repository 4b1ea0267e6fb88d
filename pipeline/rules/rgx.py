"""RGX: the matching pattern."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby, islice
from typing import Any

import re2

from pipeline.contract import show
from pipeline.model import Severity
from pipeline.rules import backtracking, ordinary, patterns, prose
from pipeline.rules.base import Ask, Found, Pairs, Record, check, corpus

_OPERATORS = r'"regex":"(?:[^"\\]|\\.)*?(?:[.*+?^$(){}|]|\[|\]|\\\\)'

_REMEDY = "let no two quantifiers take the same text, or bound them: .{0,80}"


@check(
    "RGX001",
    "regex-invalid",
    Severity.ERROR,
    screen=_OPERATORS,
    good=[{}, {"/regex": "^fatal: [a-z ]+ \\(.*\\)$"}, {"/regex": "(?<!non)fatal"}],
    bad=[{"/regex": "not a git repository ("}, {"/regex": "[z-a]"}, {"/regex": "*fatal"}, {"/regex": "(?<=a+)b"}],
)
def regex_invalid(r: Record) -> Found:
    """Has a regex that compiles.

    One that does not finds nothing. Python's `re` is the measure; what it says against the pattern is in the message.
    """
    fault = patterns.read(r.document["regex"]).fault
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
    refusal = patterns.read(r.document["regex"]).refusal
    if refusal is not None:
        yield (
            "/regex",
            f"{show(r.document['regex'])} does not compile in RE2: {refusal}; write it without look-around and back-references",
        )


@check(
    "RGX003",
    "regex-misses-signature",
    Severity.WARNING,
    version=2,
    good=[
        {},
        {"/regex": "FATAL: NOT A GIT REPOSITORY"},
        {"/regex": "epoch time rose", "/signature": "Model training is slow after upgrade"},
    ],
    bad=[{"/regex": "no such repository"}, {"/regex": "not a git .* \\d+"}],
)
def regex_misses_signature(r: Record) -> Found:
    r"""Matches its own signature, ignoring case.

    One of the two is not what the tool prints; there may be spaces around the signature. RE2 does the matching, so that
    no pattern can hang a run; of a pattern that it refuses nothing is said here, RGX002 has it. Nor is anything said
    where the signature is not ASCII and the pattern has `\w`, `\d`, `\s` or `\b` in it: readers do not agree on what
    these mean there. And a signature that no tool prints, but that gives an account of how a thing behaves ("Model
    training is slow after upgrade"), is not what the pattern looks for.
    """
    regex, signature = r.document["regex"], r.document["signature"]
    text = patterns.literal(regex)
    if text is not None and text.lower() in signature.lower():
        return
    matcher = patterns.read(regex).matcher
    if matcher is None or matcher.search(signature) or matcher.search(f" {signature} "):
        return
    if (patterns.has_classes(regex) and not signature.isascii()) or prose.is_account(signature):
        return
    yield "/regex", f"{show(regex)} does not match the signature {show(signature)}; correct one of the two"


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
    `pipeline/rules/backtracking.py`, or what RE2 refuses, is not judged.
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
    lines, which tools print when all is well, come with kb (`pipeline/rules/words.txt`, `ordinary.txt`); name files with
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
    found = _attack(regex)
    if found is not None and found.exponential is exponential:
        begin = f"{show(found.prefix)} and " if found.prefix not in found.pump else ""
        yield (
            "/regex",
            f"{show(regex)} takes time that grows {grows} on {begin}many {show(found.pump)}; {_REMEDY}",
        )


@lru_cache(maxsize=64)
def _attack(regex: str) -> backtracking.Attack | None:
    return None if patterns.read(regex).matcher is None else backtracking.attack(regex)


_MOST = 100

_FEW = 2_000_000
"""Up to so many pairs it is quicker to look for every needed text in every signature than to make an index."""

_AT_ONCE = 250
"""How many patterns one RE2 filter holds: its automaton may not grow beyond 8 MB."""

_READABLE = "replace(replace(lower(signature), 'ſ', 's'), '\u212a', 'k')"  # RE2 takes these for s and k

_SIGHTED = f"""
    patterns AS (
        SELECT record_id, unnest(CASE needs WHEN [] THEN [''] ELSE needs END) AS need, compared FROM traits
    ), texts AS (
        SELECT id, {_READABLE} AS text, compared FROM records JOIN traits ON record_id = id
    )
"""

_TOGETHER = """
    SELECT p.id, p.regex, t.id, t.signature
    FROM likely JOIN records p ON p.id = record_id JOIN records t ON t.id = likely.id
    WHERE p.id <> t.id ORDER BY 1, 3
"""

_PAIRS_OF_FEW = f"""
    WITH {_SIGHTED}, likely AS (
        SELECT record_id, id FROM (FROM patterns WHERE NOT compared) JOIN texts ON contains(text, need)
        UNION
        SELECT record_id, id FROM patterns JOIN (FROM texts WHERE NOT compared) ON contains(text, need)
    ) {_TOGETHER}
"""


def _windows(text: str, width: int) -> str:
    return f"unnest([{text}[i:i + {width - 1}] FOR i IN range(1, length({text}) - {width - 2})])"


def _indexed(width: int, below: int) -> str:
    """Pairs by way of windows: of each needed text the one is looked for that is rarest in a sample of signatures."""
    return f"""
        SELECT record_id, id
        FROM (
            SELECT record_id, need, compared, arg_min(place, (coalesce(times, 0), place)) AS place
            FROM (
                SELECT *, unnest([need[1 + i * (length(need) - {width}) // 7:][:{width}] FOR i IN range(8)]) AS place
                FROM patterns WHERE length(need) >= {width} AND length(need) < {below})
            LEFT JOIN (
                SELECT place, count(*) AS times
                FROM (SELECT {_windows("text", width)} AS place FROM (FROM texts ORDER BY hash(id) LIMIT 2000))
                GROUP BY place) USING (place)
            GROUP BY ALL) p
        JOIN (SELECT id, text, compared, {_windows("text", width)} AS place FROM texts) t USING (place)
        WHERE NOT (p.compared AND t.compared) AND contains(text, need)
    """


_PAIRS_OF_MANY = f"WITH {_SIGHTED}, likely AS ({_indexed(8, 1 << 30)} UNION {_indexed(3, 8)}) {_TOGETHER}"

_WITHOUT_NEED = "SELECT id, regex, compared FROM records JOIN traits ON record_id = id WHERE needs = [] ORDER BY id"

_SIGNATURES = "SELECT id, signature, compared FROM records JOIN traits ON record_id = id ORDER BY id"


@corpus(
    "RGX005",
    "regex-collides",
    Severity.INFO,
    compares=True,
    most=_MOST,
    sql=f"""
        SELECT record_id AS id, '/regex' AS pointer,
            'also matches the signature' || CASE total WHEN 1 THEN ' of ' ELSE 's of ' END || CASE
                WHEN total > {_MOST} THEN 'more than {_MOST} other records, such as ' || array_to_string(firsts, ', ')
                WHEN total > 3 THEN total || ' other records, such as ' || array_to_string(firsts, ', ')
                ELSE array_to_string(firsts, ', ') END
            || '; narrow it, unless all of them are this error' AS message
        FROM (SELECT record_id, count(*) AS total, min(other_id, 3) AS firsts FROM pairs WHERE code = 'RGX005' GROUP BY record_id)
    """,
    good=[
        [{}, {"/id": "git/other", "/signature": "fatal: no such ref was fetched", "/regex": "no such ref was fetched"}]
    ],
    bad=[
        [{}, {"/id": "git/other", "/signature": "Fatal: NOT a git repository (or any of the parent directories)"}],
        [{"/regex": "fatal|error"}, {"/id": "git/other", "/signature": "error: RPC failed", "/regex": "RPC failed"}],
    ],
)
def regex_collides(ask: Ask) -> Pairs:
    """Does not match other records' signatures.

    A log line that several patterns claim sends its reader to the wrong record. Patterns are searched with RE2, case
    ignored, so only those that RE2 knows (RGX002) are looked at, and none that matches the empty text (RGX004).
    """
    new, needs, records = next(
        ask("SELECT count(*) FILTER (NOT compared), coalesce(sum(len(needs)), 0), count(*) FROM traits")
    )
    if new * (needs + records) <= _FEW:
        yield from _meeting(ask(_PAIRS_OF_FEW))
        return
    yield from _meeting(ask(_PAIRS_OF_MANY))
    rest = list(ask(_WITHOUT_NEED))
    for start in range(0, len(rest), _AT_ONCE):
        yield from _colliding(rest[start : start + _AT_ONCE], ask(_SIGNATURES))


def _meeting(pairs: Iterable[tuple[str, str, str, str]]) -> Pairs:
    """Of pairs of a pattern and a signature, in order, those that match; of each pattern as many as are kept."""
    for (one, regex), group in groupby(pairs, key=lambda pair: pair[:2]):
        pattern = _compiled(regex)
        if pattern is not None:
            hits = ((one, other, 1.0) for _, _, other, signature in group if pattern.search(signature))
            yield from islice(hits, _MOST + 1)


def _colliding(some: Sequence[tuple[str, str, bool]], signatures: Iterable[tuple[str, str, bool]]) -> Pairs:
    """The same, of all pairs of which one is new."""
    usable = [(one, regex, compared) for one, regex, compared in some if _compiled(regex) is not None]
    matches = _searching([regex for _, regex, _ in usable])
    kept = [0] * len(usable)
    for other, signature, compared in signatures:
        for i in matches(signature):
            one, _, was_compared = usable[i]
            if one != other and not (compared and was_compared) and kept[i] <= _MOST:
                kept[i] += 1
                yield one, other, 1.0


def _searching(regexes: Sequence[str]) -> Callable[[str], Sequence[int]]:
    """Which of many patterns match a text, told by one automaton, or by several where that would be too large."""
    automaton = re2.Filter()
    for regex in regexes:
        automaton.Add(regex, patterns.options())
    try:
        automaton.Compile()
    except re2.error:
        half = len(regexes) // 2
        if not half:
            return lambda text: (0,) if _compiled(regexes[0]).search(text) else ()
        first, second = _searching(regexes[:half]), _searching(regexes[half:])
        return lambda text: [*first(text), *(half + i for i in second(text))]
    return lambda text: automaton.Match(text) or ()


@lru_cache(maxsize=_AT_ONCE)
def _compiled(regex: str) -> Any:  # noqa: ANN401 - re2 has no types
    """A pattern ready to search, or None if RE2 does not know it or it matches the empty text."""
    try:
        pattern = re2.compile(regex, patterns.options())
    except re2.error:
        return None
    return None if pattern.search("") else pattern
