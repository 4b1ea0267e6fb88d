"""Words for people: the one that was probably meant, and text that cannot act on a terminal."""

import json
import re
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, if one is like it at all."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only a mistake needs it

    best = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=55)
    return str(best[0]) if best else None


def misspelt(key: str, known: Iterable[str]) -> str | None:
    """The known key that `key` is a slip or another style of (`whyFails` for `why_fails`); None where none is close."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - as above

    best = process.extractOne(key, list(known), scorer=fuzz.ratio, processor=_letters, score_cutoff=75)
    return str(best[0]) if best else None


def _letters(key: str) -> str:
    return "".join(filter(str.isalnum, key)).casefold()


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """The end of a message about an unknown word: the nearest known one, else `otherwise`, else all there are."""
    words = list(known)
    near = nearest(word, words)
    return f"did you mean `{near}`?" if near else otherwise or f"there are {', '.join(words)}"


# Unicode's control, format, line and paragraph separator characters and surrogates, but for the two joiners that emoji
# and scripts need: they move the cursor, turn the direction of text, or hide.
_ACTIVE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)


def brief(text: str, limit: int = 200) -> str:
    """A text of so many characters at most, shortened before its end: what to do is said there."""
    return text if len(text) <= limit else f"{text[: limit * 2 // 3]}…{text[-(limit // 3 - 1) :]}"


MESSAGE = 500
"""How long the message of a finding is at most, whatever its record holds."""


def one_line(message: str) -> str:
    """The message of a finding on one line of bounded length, where nothing acts on whoever reads it."""
    return brief(visible(message), MESSAGE)


_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """Text that cannot act on a terminal: what would is spelled out, as JSON and Python do."""
    return _ACTIVE.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    return _SHORT.get(char) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def escaped(document: str) -> str:
    """The same JSON document in a form that cannot act on a terminal."""
    return _ACTIVE.sub(
        lambda match: match.group() if match.group() == "\n" else json.dumps(match.group())[1:-1], document
    )


def spelled(document: str) -> str:
    """A JSON document on one line with what could act spelled out in its texts, so that they can be shown as they are."""
    return _ACTIVE.sub(lambda match: json.dumps(_spelled(match))[1:-1], document)


def show(value: object, limit: int = 60) -> str:
    """A value as JSON for a message: one line, control characters escaped, shortened in the middle of what is long."""
    import orjson  # noqa: PLC0415 - what only asks a store does without

    text = orjson.dumps(value, default=repr).decode()
    text = _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return text if len(text) <= limit else f"{text[: limit * 2 // 3]}…{text[-limit // 4 :]}"


_UNPRINTABLE = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def first_line(error: Exception) -> str:
    """What DuckDB says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    near = [line for line in lines[1:] if line.startswith(("Candidate", "Did you mean"))]
    return "; ".join([lines[0], *near[:1]])
