"""Text as it was meant: what goes from it, or is written anew, without guessing; and where one would have to guess.

Every function here that repairs leaves the whole text as it is where it is in doubt.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from kb.analysis.encodings import MISREAD
from kb.analysis.lazily import lazily

_BREAKS = "\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"

_BREAK = lazily(f"[{_BREAKS}]")

_HUNK = lazily(r"^@@ -[0-9]", re.MULTILINE)


def trimmed(text: str) -> str:
    """A text without the white space around it.

    Of several lines the first keeps its indentation, for the others are indented relative to it. White space behind a
    backslash is a part of what is quoted by it, and in a patch a line with nothing but a blank is a line.
    """
    if _HUNK.search(text):
        return text.strip("\r\n")
    body = text.rstrip()
    if len(body) < len(text) and _ends_with_escape(visible(text).rstrip()):
        body = text[: len(body) + 1]
    white = len(body) - len(body.lstrip())
    if _BREAK.search(body, white, len(body.rstrip())):
        white = max((match.end() for match in _BREAK.finditer(body, 0, white)), default=0)
    return body[white:]


def _ends_with_escape(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


_HIDDEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f"  # control characters but \t, \n and NEL, which counts as white space
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"  # soft hyphen, fillers, Mongolian selectors
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"  # zero width, bidi, annotations
    "\U000e0001\U000e0020-\U000e007f]"  # tags
)

HIDDEN_IN_JSON = (
    r"\\u00|\\[bfr]|[\x7f-\x84\x86-\x9f\xad\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180e}"
    r"\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{3164}\x{feff}\x{ffa0}\x{fff9}-\x{fffb}"
    r"\x{e0001}\x{e0020}-\x{e007f}]"
)
"""The same for a screen; joiners are in it too, and a line feed is not."""

_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"

_IN_ITS_SCRIPT = "(?<=[\u1820-\u18aa])[\u180b-\u180e]|(?<=[\u1100-\u115e])\u1160|\u115f(?=[\u1160-\u11a7])"
"""What Mongolian and old Hangul need."""

_CSI = (
    "(?:\x1b\\[|\x9b)(?:"
    "(?P<right>[0-9]{0,3})C|(?P<moved>[0-9;]*[ABDEFGHfd])|"
    "[0-?]*[ -/]*[@JKLMPSTXZabcghlmnpqrstux`]|[0-?]*\\Z)"
)
"""A control sequence of ECMA-48, of those that terminals know. Where it moves the cursor, a gap is seen."""

_OTHER_ESCAPES = (
    "(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]{0,4096}(?:\x07|\x1b\\\\|\x9c)"  # titles, links
    "|\x1b[()*+][0-9A-Za-z]|\x1b#[0-9]|\x1b[78=>]|\x1b\\\\"  # character sets, cursor kept and put back
)

_STRUCK = "(?P<struck>[^\\s\x08])(?:\x08(?P=struck))+|_\x08(?P<over>[^\\s\x08])|(?P<under>[^\\s\x08])\x08_"
"""Bold and underlined text, as printers and `man` make it."""

_LATIN = "\x00-\u02af\u1e00-\u1eff"

_IDLE_JOINERS = lazily(  # runs of joiners next to Latin text or to nothing
    f"(?<![^{_LATIN}])[\u200c\u200d]+|[\u200c\u200d]+(?![^{_LATIN}\u200c\u200d])"
)

# the patterns with these large sets are compiled when a record needs them, and hardly one does
_KEPT = f"(?P<kept>{_FLAG}|{MISREAD}|{_IN_ITS_SCRIPT})"

_SEEN_AS = (
    f"{_KEPT}|(?P<sequence>{_CSI}|{_OTHER_ESCAPES})|{_STRUCK}"
    f"|(?P<line>(?<!\r)\r*\n|[\r\x0b\x0c\x1c-\x1e])|(?P<blank>\x1f)|{_HIDDEN}"
)


def visible(text: str) -> str:
    """A text without the characters that nobody sees, as a terminal would show it."""
    if text.isascii() and text.isprintable():
        return text
    after = _without_hidden(text)
    return text if after == text or _doubt(text) else after


def hidden_in_doubt(text: str) -> tuple[str, str] | None:
    """The hidden character for which `visible` leaves a text alone, and why it may be meant."""
    if (text.isascii() and text.isprintable()) or _without_hidden(text) == text:
        return None
    return _doubt(text)


def _without_hidden(text: str) -> str:
    while (after := _IDLE_JOINERS.sub("", re.sub(_SEEN_AS, _seen, text))) != text:
        text = after
    return text


def _seen(match: re.Match[str]) -> str:
    """What a reader sees of it: where the cursor moved a gap, where a printer struck twice one letter."""
    letter: str | None = match["kept"] or match["struck"] or match["over"] or match["under"]
    if letter:
        return letter
    if match["right"] is not None:
        return " " * min(int(match["right"] or 1), _WIDTH)
    return "\n" if match["line"] else " " if match["blank"] or match["moved"] is not None else ""


_WIDTH = 80


_NAMED = lazily(
    r"\b(?:zero[- ]width|byte[- ]order[- ]mark|bom|bidi\w*|right-to-left|left-to-right|rtl|ltr|trojan source"
    r"|(?:escape|control|invisible|hidden|non-?print\w*|unprintable) (?:char\w*|sequences?|codes?)"
    r"|ansi|carriage[- ]returns?|line[- ](?:endings?|separators?)|crlf|dos2unix|form[- ]feeds?|vertical tabs?|backspaces?"
    r"|(?:null|nul|bel|bell|esc|del) (?:byte|char\w*|termin\w*)|word joiner|soft hyphens?|zw(?:sp|j|nj))\b"
    r"|u\+[0-9a-f]{4}|\\[xu][0-9a-f{]|\\(?:033|e|0|r|f|v)(?![a-z0-9])|&(?:#|zwnj|zwj|shy|lrm|rlm)"
    r"|\^[\[m@](?![a-z\]])|零宽|不可见字符|控制字符|转义|回车|换行符|软连字符|双向",
    re.IGNORECASE,
)
"""A text that names such characters may hold one because it is about it."""

_UNNAMED_CSI = _CSI.replace("?P<right>", "?:").replace("?P<moved>", "?:")

_RUN = f"(?:{_UNNAMED_CSI}|{_HIDDEN}|[\u200c\u200d])+"

_WINDOWS = "[\x80\x82-\x84\x86-\x8c\x8e\x91-\x9c\x9e\x9f]"

_DOUBTFUL = (
    f"(?P<quoted>(['\"`/|]){_RUN}\\2|[(\\[<‘“«]{_RUN}[)\\]>’”»])"
    f"|{_KEPT}|{_UNNAMED_CSI}|{_OTHER_ESCAPES}|{_STRUCK}"
    "|(?P<unknown>\x1b(?=[!-~])|\x9b(?=[0-9;?]))"
    f"|(?P<misread>(?<=[\\w\u0300-\u036f]){_WINDOWS}|{_WINDOWS}(?=\\w))"
    "|(?P<escaped>\x08(?=\\w)|(?<=\\b[A-Za-z]:)[\r\x0c](?=\\w)|(?<![^\\s$\"'`])\x0c(?=[a-z]))"
)

_WHY = {
    "quoted": "stands alone between quotes",
    "unknown": "begins no sequence that terminals know",
    "misread": "is a letter or a quote in Windows-1252",
    "escaped": "may have been a backslash and a letter",
}

_PRINTS = lazily(r"\b(?:printf|echo|print)\b")
_RIGHT_TO_LEFT = lazily("[\u05be-\u05f4\u0620-\u07ff\ufb1d-\ufdff\ufe70-\ufefc]")
_DIRECTION = lazily("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _doubt(text: str) -> tuple[str, str] | None:
    """A hidden character of a text that has some, and why it may be meant."""
    if _NAMED.search(text):
        return _first_hidden(text), "is what the text may be about"
    marks = _DIRECTION.search(text)
    if marks and _RIGHT_TO_LEFT.search(text):
        return marks[0], "orders the letters of text that runs from right to left"
    if any(_PRINTS.search(line.partition("\x1b")[0]) for line in text.split("\n") if "\x1b" in line):
        return "\x1b", "may be meant for the terminal"
    for match in re.finditer(_DOUBTFUL, text):
        why = next((why for name, why in _WHY.items() if match[name]), None)
        if why:
            return _first_hidden(match[0]), why
    return None


def _first_hidden(text: str) -> str:
    return next(match[0] for match in re.finditer(f"{_HIDDEN}|[\u200c\u200d]", text))


_FORMS = lazily(
    r"\b(?:nfk?[cd]|normali[sz](?:ation|ed) forms?|(?:de|pre)composed|combining (?:char|mark|accent)\w*|homoglyphs?"
    r"|greek question mark)\b|u\+[0-9a-f]{4}|\\[xu][0-9a-f{]",
    re.IGNORECASE,
)
"""A text that speaks of the forms of Unicode may show them."""

_ALONE = lazily("([<=>\u037e\u1fef\u212a])")
"""NFC makes `;`, a backtick and K of the last three, and takes the first three away where a stroke goes through them."""

_WORD = lazily(r"[^\s\x00-/:-@\[-`{-\x7f‘’“”«»]+")


class Spellings:
    """How the texts of a record are spelt; worked out where it is asked for, for hardly a record needs it."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = texts

    @cached_property
    def _by_form(self) -> dict[str, set[str]]:
        spellings: dict[str, set[str]] = defaultdict(set)
        for text in self._texts:
            if not text.isascii():
                plain = trimmed(visible(text))
                spellings[_nfc(plain)].add(plain)
        return spellings

    def has_another(self, text: str) -> bool:
        """Whether one of the texts would be as this one is in NFC, and is not now."""
        plain = trimmed(visible(text))
        return any(other != plain for other in self._by_form.get(_nfc(plain), ()))


def composed(text: str, beside: Spellings | None = None) -> str:
    """A text in NFC, but for what would then be another character to a shell; `beside` are the record's texts.

    What is hidden goes first: an accent behind an escape sequence would make another letter of that sequence's end.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    if visible(text) != text or forms_in_doubt(text, beside):
        return text
    return "".join(part if _ALONE.fullmatch(part) else _nfc(part) for part in _ALONE.split(text))


def forms_in_doubt(text: str, beside: Spellings | None = None) -> bool:
    """Whether a text that is not in NFC may be meant so: it speaks of that, or two that differ would become one."""
    if _FORMS.search(text) or is_overmarked(text):
        return True
    words: dict[str, set[str]] = defaultdict(set)
    for word in _WORD.findall(visible(text)):
        words[_nfc(word)].add(word)
    if any(len(spellings) > 1 for spellings in words.values()):
        return True
    return beside is not None and beside.has_another(text)


def looks_like_ascii(text: str) -> str | None:
    """A character of a text that is left apart from the one of ASCII which it looks like; a Greek one is at home there."""
    match = _LIKE_ASCII.search(text)
    return match[0] if match else None


_LIKE_ASCII = lazily("(?<![\u0370-\u03ff\u1f00-\u1fff])\u037e|[\u1fef\u212a]")


def normalized(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """A text in a normal form of Unicode; as it is, where more than 30 marks stand on one letter.

    To put n marks into order takes n² steps. The limit is that of the stream-safe text format (UAX #15, 13).
    """
    return text if is_overmarked(text) else unicodedata.normalize(form, text)


def is_overmarked(text: str) -> bool:
    """Whether more than 30 combining marks follow each other."""
    run = 0
    for char in text if not text.isascii() else "":
        run = run + 1 if unicodedata.combining(char) else 0
        if run > _MOST_MARKS:
            return True
    return False


_MOST_MARKS = 30


def _nfc(text: str) -> str:
    return normalized("NFC", text)
