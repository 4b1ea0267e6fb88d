"""Tables of phrases to look for in what strangers wrote, and the screen that follows from such a table."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import re2

MOST = 200
"""So many places of one phrase are looked at in one text."""


class Phrase(NamedTuple):
    """An RE2 pattern, and words of which a text has to hold one, in any case, for the pattern to be tried on it.

    The words are ASCII or Chinese, in small letters, without blanks, quotes and backslashes: JSON spells them as they are.
    """

    words: tuple[str, ...]
    pattern: str


def phrase(words: str, pattern: str) -> Phrase:
    """A row of a table; `words` are parted by blanks."""
    return Phrase(tuple(words.split()), pattern)


def screen(phrases: Sequence[Phrase]) -> str:
    """An RE2 pattern for every text, and for its JSON, in which one of the phrases can be."""
    words = {word for each in phrases for word in each.words}
    return f"(?i:{'|'.join(re.escape(word) for word in sorted(words))})"


def places(phrases: Sequence[Phrase], text: str) -> Iterator[tuple[int, int]]:
    """Where the phrases are in a text: beginning and end, phrase by phrase."""
    folded = text.lower()
    for each in phrases:
        if any(word in folded for word in each.words):
            for match in islice(compiled(each.pattern).finditer(text), MOST):
                yield match.span()


@cache
def compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    """RE2 searches what strangers wrote: no text can make that slow. Made when a record needs it, for hardly one does."""
    return re2.compile(pattern)
