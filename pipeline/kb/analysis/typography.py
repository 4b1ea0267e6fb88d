"""Typographic characters where code stands: what a word processor made of a hyphen, a quote or a blank."""

import unicodedata
from collections.abc import Iterator

from kb.analysis.snippets import DASHES, QUOTES, Span, backticked, commands, compiled, has_no_spaces, is_command

BLANKS = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
"""Blanks that no shell takes for one, as a character class."""

_WIDE = "\uff01-\uff5e"

TYPOGRAPHIC = f"{DASHES}{QUOTES}{BLANKS}{_WIDE}"
"""All of them, as the inside of a character class."""

_ANY = f"[{TYPOGRAPHIC}]"


_ABOUT = (
    r"(?i)\b(?:en|em|long|unicode|typographic(?:al)?|figure)[- ]?(?:dash|hyphen|minus|quote|apostrophe|character)"
    r"|\b(?:curly|smart|fancy|typographic|curved)[- ](?:quot|punct|apostroph|char|dash)|auto-?correct|word processor"
    r"|non-?break|no-?break|\bnbsp\b|U\+(?:20[012]|00A0|2212|FF|3000)|\\u(?:20[012]|00a0|2212|ff|3000)|\\x[aA]0|full-?width"
    r"|弯引号|中文引号|全角|破折号|中文标点|不间断空格|不换行空格"
)
"""Names of these characters: a text with one of them speaks about them."""

_ALONE = rf"(?<=[/'\"|,(\[])[{TYPOGRAPHIC}]+(?=[/'\"|,)\]])"
"""A character that a command is given as it is, to look for it or to replace it."""

_OPTION = (
    rf"(?:(?<=[\s'\"`(=\[])|^)[{DASHES}]{{1,2}}(?:"
    r"(?![aAI]\b)[A-Za-z0-9](?=[\s'\"`)\],;.]|\Z)"
    r"|[A-Za-z][\w-]*[-=][\w-]"
    r"|(?:all|amend|author|build|cached|clean|config|debug|detach|dry|env|exclude|exec|file|filter|fix|follow|force|format|global|hard|help"
    r"|host|image|include|init|input|install|interactive|json|keep|level|list|local|log|memory|message|mode|mount|name|namespace|network"
    r"|output|password|path|port|prefix|privileged|profile|prune|publish|pull|quiet|raw|rebase|recursive|region|release|remote|rm|root|save"
    r"|scope|set|show|silent|soft|source|stat|stdin|system|tag|tail|target|test|timeout|trace|tty|type|update|upgrade|url|user|username"
    r"|verbose|verify|version|volume|watch|workers|yes)(?![\w-])(?!\s?[\u2013\u2014]))"
)
"""An option as it is written, behind a dash that no program takes for one."""

_CALL = (
    r"\w[(\[{]\s?[\u2018-\u201f\u00ab]|[={\[]\s?[\u2018-\u201f](?=[\w/.~$-])"
    r"|[\u201c-\u201f][\w.-]+[\u201c-\u201f]\s?:\s?(?:[\u201c-\u201f\d{\[]|true|false|null)"
)
"""A quoted argument, or an element of JSON."""

_ASSIGNED = r"(?:\w=|(?:\s|^)-{1,2}[A-Za-z][\w-]*[ =])[\u2018-\u201f\u00ab\u2032\u2033]"

_APOSTROPHE = r"(?<=[^\W\d_])\u2019(?=[^\W\d_])"

_SET_APART = rf"(?<=\s)[{DASHES}](?=\s)|(?<=\d)[\u2012-\u2014](?=\d)"
"""A dash between blanks, or figures: punctuation, or a range."""

_MESSAGE = r"(?i)^[\w./+-]*(?:\[\w+\])?(?:error|warning|note|fatal|exception|failed|failure)?: |\b(?:error|warning|note|fatal): "

_SENTENCE = rf"(?:[A-Za-z{QUOTES}']+ ){{3}}"


def in_code(text: str, about: str, *, is_how: bool) -> Iterator[str]:
    """Typographic characters in the code of a text, each once; of a `how`, the commands are code as well.

    `about` is what else shows whether the record speaks about such characters.
    """
    if not compiled(_ANY).search(text) or compiled(_ABOUT).search(text) or compiled(_ABOUT).search(about):
        return
    characters: dict[str, None] = {}
    code = list(backticked(text))
    for start, end in code:
        if compiled(_ANY).search(text, start, end) and not _is_message(text[start:end]):
            characters |= dict.fromkeys(_wrong(text[start:end], exact=True))
    if is_how:
        rest = _without(text, code)
        for start, end in commands(rest):
            characters |= dict.fromkeys(_wrong(rest[start:end], exact=False))
        for shape in (_OPTION, _CALL, _ASSIGNED):
            for match in compiled(shape).finditer(rest):
                characters |= dict.fromkeys(char for char in match[0] if compiled(_ANY).match(char))
    yield from characters


def named(char: str) -> str:
    """A character as a message names it: most of them look like another."""
    return f"U+{ord(char):04X} ({unicodedata.name(char).lower()})"


def _without(text: str, spans: list[Span]) -> str:
    """A text with blanks where some of its pieces were."""
    for start, end in reversed(spans):
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _wrong(code: str, *, exact: bool) -> Iterator[str]:
    """The typographic characters of a piece of code; where it ends is known if it is `exact`."""
    if not exact or not is_command(code):
        code = compiled(_SET_APART).sub(" ", code) if not exact else code
    code = compiled(_ALONE).sub("", compiled(_APOSTROPHE).sub("'", code))
    spoken = any(map(has_no_spaces, code))
    for char in compiled(_ANY).findall(code):
        if spoken and (
            char in "\u2018\u2019\u201c\u201d\u2014\u3000" or ("\uff01" <= char <= "\uff5e" and not _is_letter(char))
        ):
            continue  # punctuation of its language
        yield char


def _is_letter(char: str) -> bool:
    return char.isalnum()


def _is_message(code: str) -> bool:
    """Whether what stands in backticks is what a program says."""
    return not is_command(code) and bool(compiled(_MESSAGE).search(code) or compiled(_SENTENCE).search(code))
