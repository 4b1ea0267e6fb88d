"""RGX: the matching pattern."""

from pipeline.contract import show
from pipeline.model import Severity
from pipeline.rules import backtracking, patterns
from pipeline.rules.base import Found, Record, check

_OPERATORS = r'"regex":"(?:[^"\\]|\\.)*?(?:[.*+?^$(){}|]|\[|\]|\\\\)'

_BENIGN = (
    "$ git status",
    "On branch main, nothing to commit, working tree clean",
    "Starting server on port 8080",
    "Listening on http://localhost:3000",
    "2026-01-15 09:30:00 INFO request completed with status 200",
    "Downloading packages: 100% done",
    "Compiled 42 files, 0 errors, 0 warnings",
    "All 128 tests passed, 0 failed, 0 skipped",
    "Connected to database main as user app",
    "Cache is warm: 512 entries loaded from disk",
    "Deployed version 2.3.1 to staging in 4.2 s",
    "User alice logged in, session expires in 30 minutes",
    "Backup of /var/lib/data written, next run on Monday",
    "Process exited with code 0",
)

_REMEDY = "let no two quantifiers take the same text, or bound them: .{0,80}"

_BENIGN_TEXT = "\n".join(_BENIGN)
_BENIGN_FOLDED = _BENIGN_TEXT.lower()


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
    good=[{}, {"/regex": "FATAL: NOT A GIT REPOSITORY"}],
    bad=[{"/regex": "no such repository"}, {"/regex": "not a git .* \\d+"}],
)
def regex_misses_signature(r: Record) -> Found:
    r"""Matches its own signature, ignoring case.

    One of the two is not what the tool prints; there may be spaces around the signature. RE2 does the matching, so that
    no pattern can hang a run; of a pattern that it refuses nothing is said here, RGX002 has it. Nor is anything said
    where the signature is not ASCII and the pattern has `\w`, `\d`, `\s` or `\b` in it: readers do not agree on what
    these mean there.
    """
    regex, signature = r.document["regex"], r.document["signature"]
    text = patterns.literal(regex)
    if text is not None and text.lower() in signature.lower():
        return
    matcher = patterns.read(regex).matcher
    if matcher is None or matcher.search(signature) or matcher.search(f" {signature} "):
        return
    if patterns.has_classes(regex) and not signature.isascii():
        return
    yield "/regex", f"{show(regex)} does not match the signature {show(signature)}; correct one of the two"


@check(
    "RGX004",
    "regex-too-broad",
    Severity.WARNING,
    good=[{}, {"/regex": "(?:git|hg): not a .* repository|not a git repository"}],
    bad=[{"/regex": ".*"}, {"/regex": "not a git repository|"}, {"/regex": "(a|git)"}, {"/regex": "\\w+: "}],
)
def regex_too_broad(r: Record) -> Found:
    """Does not match the empty string or ordinary text.

    Such a pattern finds its error in every log. Ordinary text is a list of lines that tools print when all is well, in
    `pipeline/rules/rgx.py`.
    """
    regex = r.document["regex"]
    text = patterns.literal(regex)
    if text is not None and text.lower() not in _BENIGN_FOLDED:
        return
    matcher = patterns.read(regex).matcher
    if matcher is None:
        return
    if matcher.search(""):
        yield "/regex", f"{show(regex)} matches the empty string, and so every text; name what the error alone says"
    elif patterns.has_anchors(regex) or matcher.search(_BENIGN_TEXT):
        line = next((line for line in _BENIGN if matcher.search(line)), None)
        if line is not None:
            yield "/regex", f"{show(regex)} matches ordinary text ({show(line)}); name what the error alone says"


@check(
    "RGX006",
    "regex-backtracks",
    Severity.WARNING,
    screen=r'"regex":"(?:[^"\\]|\\.)*?[*+}](?:[^"\\]|\\.)*?[*+}|?)]',
    good=[
        {},
        {"/regex": "not a git repository.*parent"},
        {"/regex": "(?:not|no) a git .{0,40}repository.{0,40}parent"},
        {"/regex": "(?:[a-z]+ )+repository"},
    ],
    bad=[
        {"/regex": "^(fatal: (not|a|git|repository)? ?)+\\(.*\\)+$"},
        {"/regex": "(?:[a-z ]+)+: \\.git$"},
        {"/regex": "git.*repository.*parent"},
        {"/regex": "\\s*\\s*not a git repository"},
    ],
)
def regex_backtracks(r: Record) -> Found:
    """Cannot be driven to super-linear time in a backtracking engine.

    Python, JavaScript, Java and PCRE try every way through a pattern before they give up on a text. Where two quantifiers
    can take the same characters, the ways multiply: `(a+)+$` needs exponential time on a row of a, `a.*b.*c` quadratic
    time on a row of b. A log, which strangers may write into, can so bring a reader to a halt. Let no two quantifiers
    take the same text, or bound them (`.{0,80}`). That a search starts anew at each place of a text is not counted,
    for it is so with every pattern.

    The pattern is not timed, but turned into an automaton, in which such ways are found exactly; the attack found is
    then tried: its text must fail to match, and the ways through it, which are counted, must grow faster than the text.
    So the verdict is the same on every machine, no pattern can hang a run, and what is larger than the bounds in
    `pipeline/rules/backtracking.py`, or what RE2 refuses, is not judged.
    """
    regex = r.document["regex"]
    if patterns.read(regex).matcher is None:
        return
    found = backtracking.attack(regex)
    if found is not None:
        grows = "exponentially" if found.exponential else "faster than the text"
        begin = f"{show(found.prefix)} and " if found.prefix not in found.pump else ""
        yield (
            "/regex",
            f"{show(regex)} takes time that grows {grows} on {begin}many {show(found.pump)}; {_REMEDY}",
        )
