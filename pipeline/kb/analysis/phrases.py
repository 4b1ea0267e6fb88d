"""Tables of phrases to look for in what strangers wrote, and the screen that follows from such a table."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import accumulate, islice
from typing import Any, NamedTuple

import re2

from kb.analysis.automaton import Automaton

MOST = 200
"""So many places of one phrase are looked at in one text."""


GAP = r"[\s*_\"'`“”‘’,:-]+"
"""What parts words: blanks, emphasis and quotes among it."""

_GAP_IN_JSON = r"(?:[^A-Za-z0-9\\]|\\u[0-9a-fA-F]{4}|\\.)+"

_ANCHOR = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|([\^$])", re.DOTALL)
"""A beginning or an end of a text; what is escaped, or in a class, is none."""

_PAYS_AFTER = 8
"""One automaton of n phrases takes as long to make as it saves on n times so many records."""

_LONG = 20_000
"""Longer texts are searched phrase by phrase: each makes a small automaton, whatever the texts hold."""


class Phrase(NamedTuple):
    """An RE2 pattern, and keys of which a text has to hold one, in any case, for the pattern to be tried on it.

    A key is ASCII or Chinese, in small letters, without blanks, quotes and backslashes: JSON spells it as it is. In a key,
    `_` stands for what parts words.
    """

    keys: tuple[str, ...]
    pattern: str


def phrase(keys: str, pattern: str) -> Phrase:
    """A row of a table; `keys` are parted by blanks."""
    return Phrase(tuple(keys.split()), pattern)


def said(keys: str, pattern: str) -> Phrase:
    """Likewise for a sentence: its case does not count, and its blanks stand for all that parts words."""
    return phrase(keys, f"(?i){pattern.replace(' ', GAP)}")


class PhraseTable:
    """Phrases that are looked for together."""

    def __init__(self, *phrases: Phrase) -> None:
        self.phrases = phrases
        self._asked = 0
        every = tuple(key for each in phrases for key in each.keys)
        self.screen = _any_key(every, _GAP_IN_JSON)
        """An RE2 pattern for the JSON of every text in which one of the phrases can be."""
        self.words = _any_key(every, GAP)
        """An RE2 pattern for such a text itself."""

    def holding(self, texts: Sequence[str]) -> list[int]:
        """The numbers of those of some texts in which one of the phrases can be: all are searched at once."""
        joined = "\0".join(texts)  # which is in no key, and parts no words
        ends = list(accumulate(len(text) + 1 for text in texts))
        return sorted({bisect_right(ends, match.start()) for match in compiled(self.words).finditer(joined)})

    def is_in_none(self, joined: str) -> bool:
        """Whether certainly no phrase is in any of some texts, joined by NUL characters."""
        self._asked += 1
        if self._asked < _PAYS_AFTER * len(self.phrases) or len(joined) > _LONG:
            return False
        return not self._patterns.found(joined.encode())

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the phrases are in a text: beginning and end, phrase by phrase."""
        for number in self._keys.found(text):
            for match in islice(compiled(self.phrases[number].pattern).finditer(text), MOST):
                yield match.span()

    @cached_property
    def _patterns(self) -> Automaton:
        return Automaton(_in_joined(each.pattern) for each in self.phrases)

    @cached_property
    def _keys(self) -> Automaton:
        """The keys of each phrase, which show the phrases that can be in a text."""
        return Automaton(_any_key(each.keys, GAP) for each in self.phrases)


def _in_joined(pattern: str) -> str:
    """The pattern for texts joined by NUL characters: there, a text begins and ends at one, too."""
    return _ANCHOR.sub(lambda match: f"(?:{match[1]}|\\x00)" if match[1] else match[0], pattern)


@cache
def _any_key(keys: tuple[str, ...], gap: str) -> str:
    escaped = "|".join(map(re.escape, sorted(set(keys))))
    return f"(?i:{escaped.replace('_', gap)})"


@cache
def compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    """RE2 searches what strangers wrote: no text can make that slow. Made when a record needs it, for hardly one does."""
    return re2.compile(pattern)
