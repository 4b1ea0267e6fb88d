"""Gaps in a text where a word was: what a shell took out of double quotes, or a template did not fill in."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from kb.analysis.lazily import lazily
from kb.analysis.snippets import backticked, compiled, is_command

_LINES = lazily(r"[^\n]+")

_BREAK_IN_WORDS = r"\\[nrt](?=  )"
"""A line feed or tab that was escaped twice: what follows it is indentation."""

_GAP = lazily(r"(?<=[^\s])  +(?=[^\s])")

_NO_WORD_BEFORE = (
    r"(?s)\s*(?:[-*+•>#%;|]+|//+|\d{1,3}[.)]|[A-Za-z][.)])\Z|.*[.!?:;,|\\{}\[(。：；，！？]\Z|.*\s-{1,2}\Z|.*(?:[=→←⇒]|[-=]>)\Z"
    r"|.*(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\Z"
)
"""What two blanks may follow: a marker of an item or a comment, the end of a sentence, a label, a bracket, a month."""

_NO_WORD_AFTER = r"[#|\\=:}\])]|//|/\*|\{/\*|\(\*|<!--|<?[-=]{1,2}>|<[-=]|[-–—]{1,3}(?:\s|\Z)|[→←⇒↔↦✓✔✗•·]|;[; ]\s*\S"
"""What two blanks may come before: a comment, an arrow, a dash, a sign that stands in a column."""

_SEPARATED = r"\S  +(?:or|and|vs\.?|versus|then|to|from|oder|und|ou|et)  +\S"

_OF_HELP = r"\s*-{1,2}[A-Za-z]"

_QUOTED = r"(?<!\w)(?:'[^'\n]*'|\"[^\"\n]*\")(?!\w)"

_WIDEST = 3
"""A gap of more blanks is a column."""

_EMPTY_OPTION = (
    r"(?<![\w-])--?[A-Za-z][\w-]*=(?=\s+-{1,2}[A-Za-z]|\s*\Z)"
    r"|(?<=\s)-e [A-Z][A-Z0-9_]*=(?=\s+-{1,2}[A-Za-z])"
    r"|(?<=\s)(?:-v|--volume|--mount) :(?=/)"
    r"|(?<=\s)(?:-u|--user)[ =]:(?=\s|\Z)"
    r"|\bchown (?:-\w+ )?:(?=\s|\Z)"
    r"|\b[A-Z_]*PATH=[\"']?:(?=[/~])"
    r"|\b(?:Bearer|Basic) (?=[\"'])"
)
"""Options, owners and paths of which a value is not there."""

_LOST_BEFORE_SEMICOLON = (
    r"(?:^|(?<=[;{:,'\"`]))\s*(?:"
    r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+"  # a directive that says nothing: proxy_pass ;
    r"|(?:root|alias|index|listen|return|rewrite|set|include|expires|deny|allow|resolver|hash|upstream|server_name|location"
    r"|export|unset|source|kill|chown|chmod|rm|mv|cp|mkdir|cat|cd|use|let|var|const|import|require|goto|USE|SET)"
    r"|(?:[a-z]+_)?(?:set_header|add_header|pass_header|hide_header|param|map_hash|log_format)\s+[\w-]+"
    r"|kill\s+-\w+|(?:SET|set|let|var|const)\s+\$?[\w.]+\s+=?"
    r") ;|\b(?:in|=|\+=|==|-eq|-ne|>>?|<|&&|\|\|) ;"
)

_DANGLING = (
    r"\b(?:[Tt]he|[Aa]n|[Yy]our|[Tt]his|named|called) (?:[,;)]|\.(?=\s|\Z))|[(\[{]\s?, (?=\w)|\bprint ,|, ,(?=\s)"
)
"""An article, or a bracket, whose word is not there."""

_EMPTY_NAME = (
    r"(?i:(?<!\w)(?:the|a|an|this|your|run|running|use|using|install|execute|type|call|called|named|via|see)) "
    r"(?:\"\"|''|“”|‘’|「」|《》)(?=[\s.,;:)]|\Z)"
)

_OF_EMPTINESS = (
    r"(?i)\bempt|\bblank|\bfalsy|\bquot|\bnull|\bnone\b|\bdefault|\bpassphrase|\bliteral|\bfragment|\bdiamond|空|string"
)

_EMPTY_TICKS = r"(?:(?<=\s)|^)``(?=[\s.,;:)]|\Z)"

_UNFINISHED = (
    r"(?:^|\s)(?:the|a|an|to|of|with|in|on|at|by|from|via|using|named|called|run|use|set|is|as|Run|Use|Set|Add)\Z"
)

_NAME_AT_END = (
    r"(?:^|\s)(?:-{1,2}[A-Za-z][\w-]*|[\w.-]*[A-Za-z0-9][_=/:][\w./:=-]*|\$\w+)\Z|(?:^|\s)[a-z]+_[a-z_]+\s[\w-]+\Z"
)

_WORD_AT_END = lazily(r"[\w\-=/:+@]\Z")

_AROUND = 18


Kind = tuple[Callable[[str], bool], Callable[[str], Iterator[tuple[int, int]]]]
"""A kind of gap: what a text must have for it, and where it has that."""


def losses(text: str, kinds: Sequence[Kind] | None = None) -> Iterator[str]:
    """A piece of the text around each gap in it, kind by kind."""
    for has, places in _KINDS if kinds is None else kinds:
        if has(text):
            for start, end in places(text):
                yield _piece(text, start, end)


def kinds_in(texts: Sequence[str]) -> list[Kind]:
    """The kinds of which there may be a gap in one of the texts; what none has is asked once."""
    whole = "\n".join(texts)
    return [kind for kind in _KINDS if kind[0](whole) or (kind is _AT_THE_END and any(map(kind[0], texts)))]


def _gaps(text: str) -> Iterator[tuple[int, int]]:
    if compiled(_BREAK_IN_WORDS).search(text):
        text = compiled(_BREAK_IN_WORDS).sub("\n\n", text)  # as long as it was
    lines = [(match.start(), compiled(_QUOTED).sub(_filled, match[0])) for match in _LINES.finditer(text)]
    gaps = [[match.span() for match in _GAP.finditer(line)] if "  " in line else [] for _, line in lines]
    several = len(lines) > 1
    ends = Counter(right for places in gaps for _, right in places)
    rows = sum(len(places) > 1 for places in gaps)
    for (start, line), places in zip(lines, gaps, strict=True):
        if not places or (len(places) > 1 and rows > 1) or _is_of_columns(line, places, several=several):
            continue
        for left, right in places:
            if (
                ends[right] == 1
                and not compiled(_NO_WORD_BEFORE).match(line[max(0, left - 40) : left])
                and not compiled(_NO_WORD_AFTER).match(line, right)
            ):
                yield start + left, start + right


def _filled(quoted: re.Match[str]) -> str:
    """A quoted text without its blanks, unless it is a command: what is quoted has them on purpose."""
    return quoted[0] if is_command(quoted[0][1:]) else quoted[0].replace(" ", "_")


def _is_of_columns(line: str, gaps: list[tuple[int, int]], *, several: bool) -> bool:
    """Whether the blanks of a line put its words into columns, or set them apart."""
    widest = max(right - left for left, right in gaps)
    if widest > _WIDEST or (widest == _WIDEST and (several or len(gaps) > 1)) or "\t" in line or line.count("|") > 1:
        return True
    return bool(
        compiled(_SEPARATED).search(line)
        or (compiled(_OF_HELP).match(line) and not compiled(_OF_HELP).match(line, gaps[0][1]))
    )


def _semicolons(text: str) -> Iterator[tuple[int, int]]:
    for line in _LINES.finditer(text):
        if " ;" in line[0]:
            for match in compiled(_LOST_BEFORE_SEMICOLON).finditer(line[0]):
                yield line.start() + match.end() - 2, line.start() + match.end()


def _options(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in compiled(_EMPTY_OPTION).finditer(text) if not _ends_code(text, match.end()))


def _ends_code(text: str, end: int) -> bool:
    """Whether an option is named rather than given: nothing but it stands there."""
    return text[end:].strip() == "" and not is_command(text.rpartition("\n")[2])


def _dangling(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in compiled(_DANGLING).finditer(text))


def _empty_names(text: str) -> Iterator[tuple[int, int]]:
    if not compiled(_OF_EMPTINESS).search(text):
        yield from (match.span() for match in compiled(_EMPTY_NAME).finditer(text))


def _empty_code(text: str) -> Iterator[tuple[int, int]]:
    if "`` `" not in text:  # there, two backticks stand around one
        yield from (match.span() for match in compiled(_EMPTY_TICKS).finditer(text))
    if text.count("`") % 2 == 0 and _may_lack_code(text):
        for start, end in backticked(text):
            code = text[start:end]
            if not code.strip():
                yield start - 1, end + 1
            elif code[-1] == " " and code[0] != " " and _ends_in_words(code) and is_command(code):
                yield start, end


def _ends_in_words(code: str) -> bool:
    """Whether its last line says something, and is not the indentation of the fence that closes it."""
    return not code.rpartition("\n")[2].isspace()


def _may_lack_code(text: str) -> bool:
    """Whether code in it may be empty or end in a blank; where ticks stand alone, every second piece is code."""
    return "``" in text or any(not code or code[-1].isspace() for code in text.split("`")[1::2])


def _end(text: str) -> Iterator[tuple[int, int]]:
    """A blank at the end, where a command, or a sentence, waits for a word."""
    kept = text.rstrip(" ")
    line = kept.rpartition("\n")[2]
    last = re.split(r": |[;&|] |['\"`]", line)[-1]
    if (
        kept != text
        and _WORD_AT_END.search(line)
        and (
            is_command(last)
            or is_command(line)
            or compiled(_NAME_AT_END).search(line[-80:])
            or compiled(_UNFINISHED).search(line[-20:])
        )
    ):
        yield len(kept), len(text)


def _piece(text: str, start: int, end: int) -> str:
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return f"{'…' if start > _AROUND else ''}{before}{text[start:end]}{after}{'…' if end + _AROUND < len(text) else ''}"


_SIGNS = ("= ", "=\n", "=\t", " :", "=:", '="', "='", 'r "', 'c "', "r '", "c '")

SCREEN = r""" [ :;,.)"]|=(?:[ :'"]|\\[nt"])|[rc] (?:'|\\")|\(,|\\"\\"|''|“”|‘’|「」|《》|`"""
"""What every text with a gap has in it, as JSON spells it, as an RE2 pattern: what the kinds below ask a text for."""

_AT_THE_END: Kind = (lambda text: text.endswith(" "), _end)

_KINDS: tuple[Kind, ...] = (
    (lambda text: "  " in text, _gaps),
    (lambda text: " ;" in text, _semicolons),
    (lambda text: any(sign in text for sign in _SIGNS) or text.endswith("="), _options),
    (lambda text: any(sign in text for sign in (" ,", " .", " ;", " )", "(,")), _dangling),
    (lambda text: any(pair in text for pair in ('""', "''", "“”", "‘’", "「」", "《》")), _empty_names),
    (lambda text: "`" in text, _empty_code),
    _AT_THE_END,
)
