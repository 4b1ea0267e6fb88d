"""The words of a text that say something: function words, and without their endings."""

import re

from pipeline.rules.snippets import has_no_spaces

_FUNCTION_WORDS = frozenset(
    """
    a about after also am an and any are as at be because been before being between but by can cannot could did do does done
    due during each either else for from had has have having he her his how i if in into is it its itself may me might must my
    neither nor of on once or other our over own per shall she should since so some such than that the their
    them then there these they this those though through to too under until up upon us very via was we were what when where
    whether which while who whom whose why will with within without would you your
    """.split()  # noqa: SIM905 - so many words are better read as text
)

_WORD = re.compile(r"[^\W_]+")
_IN_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDING = re.compile(r"(?<=\w{3})(?:ations?|ions?|ings?|ed|ures?|es|s|e)$")
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1$")


def content_words(text: str) -> set[str]:
    """Those words; a character each where a script has no spaces between words."""
    words = set()
    for word in _WORD.findall(_IN_CAMEL_CASE.sub(" ", text)):
        if any(map(has_no_spaces, word)):
            words.update(word)
        elif word.lower() not in _FUNCTION_WORDS:
            words.add(_DOUBLED.sub(r"\1", _ENDING.sub("", word.lower())))
    return words
