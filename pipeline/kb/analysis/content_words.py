"""The words of a text that say something: function words, and without their endings."""

from collections.abc import Iterator
from functools import lru_cache

from kb.analysis.lazily import lazily
from kb.analysis.snippets import has_no_spaces

_FUNCTION_WORDS = frozenset(
    """
    a about after also am an and any are as at be because been before being between but by can cannot could did do does done
    due during each either else for from had has have having he her his how i if in into is it its itself may me might must my
    neither nor of on once or other our over own per shall she should since so some such than that the their
    them then there these they this those though through to too under until up upon us very via was we were what when where
    whether which while who whom whose why will with within without would you your
    """.split()  # noqa: SIM905 - so many words are better read as text
)

_WORD = lazily(r"[^\W_]+")
_IN_CAMEL_CASE = lazily(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDINGS = ("ations", "ation", "ions", "ion", "ings", "ing", "ures", "ure", "ed", "es", "s", "e")
_SHORTEST = 3


def content_words(text: str) -> Iterator[str]:
    """Those words, in their order; a character each where a script has no spaces between words."""
    for match in _WORD.finditer(text):
        yield from _parts(match[0])


@lru_cache(maxsize=8192)
def _parts(name: str) -> tuple[str, ...]:
    return tuple(_each_part(name))


def _each_part(name: str) -> Iterator[str]:
    for word in [name] if name.islower() else _IN_CAMEL_CASE.split(name):
        if not word.isascii() and any(map(has_no_spaces, word)):
            yield from word
        elif word.lower() not in _FUNCTION_WORDS:
            yield _stem(word.lower())


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)]
            break
    return word[:-1] if word[-1:] == word[-2:-1] and word[-1] not in "aeiou0123456789" else word
