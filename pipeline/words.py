"""The word that was probably meant."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, if one is like it at all."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only a mistake needs it

    found = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=55)
    return str(found[0]) if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """The end of a message about an unknown word: the nearest known one, else `otherwise`, else all there are."""
    words = list(known)
    near = nearest(word, words)
    return f"did you mean `{near}`?" if near else otherwise or f"there are {', '.join(words)}"
