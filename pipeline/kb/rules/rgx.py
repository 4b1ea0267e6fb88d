"""RGX: the matching pattern."""

from functools import lru_cache

from kb.analysis import backtracking, prose, regexes
from kb.analysis.placeholders import holds_a_place
from kb.model import Severity
from kb.rules import collisions, ordinary
from kb.rules.base import Ask, At, Found, Pairs, Record, check, corpus
from kb.rules.collisions import BOUNDED, MOST
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


@corpus(
    "RGX005",
    "regex-collides",
    Severity.INFO,
    version=4,
    compares=True,
    bounds=collisions.bounds,
    most=MOST,
    only_with="pairs WHERE code = 'RGX005'",
    sql=f"""
        SELECT record_id AS id, '/regex' AS pointer,
            'also matches the signature' || CASE total WHEN 1 THEN ' of ' ELSE 's of ' END || CASE
                WHEN total > {MOST} THEN 'more than {MOST} other records, such as ' || array_to_string(firsts, ', ')
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
            JOIN {BOUNDED} USING (literal) GROUP BY record_id) USING (record_id)
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
    return collisions.found(ask)
