"""English contractions that lost their apostrophe."""

from collections.abc import Iterator

from kb.analysis.snippets import backticked, compiled

_NOT = [
    *("ain", "aren", "can", "couldn", "didn", "doesn", "don", "hadn", "hasn", "haven"),
    *("isn", "mightn", "mustn", "needn", "shouldn", "wasn", "weren", "won", "wouldn"),
]  # each before a t

_OTHERS = {
    "youre": "you're", "theyre": "they're", "youve": "you've", "theyve": "they've", "weve": "we've", "youll": "you'll",
    "theyll": "they'll", "itll": "it'll", "thatll": "that'll", "youd": "you'd", "theyd": "they'd", "thats": "that's",
    "whats": "what's", "theres": "there's", "heres": "here's", "wheres": "where's",
}  # fmt: skip

_RIGHT = {f"{word}t": f"{word}'t" for word in _NOT} | _OTHERS

_APART = [word for word in _NOT if word not in {"ain", "can", "haven", "won"}]
"""Words that stand only before a lost apostrophe: `doesn t`."""

_LOST = (
    rf"(?i)(?<![^\s(“‘])(?:({'|'.join(_RIGHT)})|(?:{'|'.join(_APART)})[ ?]t)(?=[\s,;!?)”’]|[.](?:\s|$)|$)(?!\s*[=(])"
)
"""A word of its own: no part of a name, a path, an option or an assignment, and not in quotes."""

SCREEN = rf"(?i:(?:[^a-z\d_-]|\\[bfnrt]|\\u00[01].)(?:{'|'.join(_RIGHT)}|(?:{'|'.join(_APART)})[ ?]t)\b)"
"""What a text with one of them has in it, as JSON spells it, as an RE2 pattern: no letter stands beside them."""

_FOREIGN = r"(?i)\b(?:le|la|les|des|du|est|une|et|pour|qui|que|el|els|amb|het|een|niet|der|die|und)\b"
_SEVERAL = 2


def without_apostrophe(text: str) -> Iterator[tuple[str, str]]:
    """The contractions of a text without their apostrophe, each with the right spelling; not those in backticks."""
    matches = [
        match
        for match in compiled(_LOST).finditer(text)
        if match[0].isascii() and not match[0].isupper() and (match[1] or match[0].endswith("t"))
    ]
    if not matches or len(compiled(_FOREIGN).findall(text)) >= _SEVERAL:
        return
    code = list(backticked(text))
    for match in matches:
        if not any(start <= match.start() < end for start, end in code):
            word = match[0]
            right = _RIGHT[word.lower()] if match[1] else f"{word[:-2]}'t"
            yield word, right[0].upper() + right[1:] if word[0].isupper() else right
