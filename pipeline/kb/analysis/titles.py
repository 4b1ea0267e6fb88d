"""Whether a text is no more than the title of a page. Pure: the page is not looked at, its address and its subject are."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from kb.analysis.content_words import content_words
from kb.analysis.lazily import lazily

_GENERIC = frozenset(
    content_words(
        "doc docs documentation reference manual guide wiki help home homepage page index official overview tutorial forum"
        " forums website site article post question questions"
    )
)
"""Words that titles and addresses have of any page, as `content_words` gives them."""

_BETWEEN = lazily(r"\s+(?:[|·•»–—-]|::)\s+")
_ENDING = lazily(r"\.(?:html?|php|md|mdx|aspx?|rst|txt|adoc|jsp)$", re.IGNORECASE)
_SENTENCE = lazily(r"[.!;](?:\s|$)|[。！；]")
_SHORTEST_LABEL = 3


def is_title(text: str, subjects: Iterable[str], addresses: Iterable[str], tool: str = "") -> bool:
    """Whether a text says no more than what a page is about, and perhaps whose page it is.

    `subjects` are what such a page is called by: an error message, a code, a section. `addresses` are URLs of pages that
    the text may be from: their last parts and their fragment are the title in most sites. Words are compared in their
    order, without endings and function words; the names of the site and of the `tool` do not count, nor does what any
    title has, such as "documentation". A text that closes or begins with the name of the site, parted from it as titles
    are ("… - Stack Overflow"), is a title too, if it is no sentence. In doubt, a text is none.
    """
    words = list(content_words(text))
    if not words:
        return False
    pages = [parts for parts in map(_taken_apart, addresses) if parts]
    labels = {label for host, _ in pages for label in host}
    names = {word for label in labels for word in content_words(label)}
    if _squeezed(text) in labels or _is_signed(text, labels, names):
        return True
    of_any = _GENERIC | names | set(content_words(tool))
    said = [word for word in words if word not in of_any]
    if not said:
        return True
    called = [*subjects, *(part for _, path in pages for part in path)]
    return any(said == [word for word in content_words(name) if word not in of_any] for name in called)


def _taken_apart(address: str) -> tuple[list[str], list[str]] | None:
    """The names that a host has, without its last part, and what the address calls the page, in words; None if it has no host."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    labels = [label for label in host.split(".")[:-1] if len(label) >= _SHORTEST_LABEL and label != "www"]
    path = [_ENDING.sub("", unquote(step)) for step in parts.path.split("/") if step][-2:]
    return (labels, [*path, unquote(parts.fragment)]) if host else None


def _is_signed(text: str, labels: set[str], names: set[str]) -> bool:
    """Whether the name of a site stands at an end of a text that is no sentence, parted as in titles."""
    parts = _BETWEEN.split(text.strip())
    if len(parts) == 1 or _SENTENCE.search(text):
        return False
    return any(_squeezed(end) in labels or _is_named(end, names) for end in (parts[0], parts[-1]))


def _is_named(end: str, names: set[str]) -> bool:
    words = list(content_words(end))
    return bool(words) and not names.isdisjoint(words) and names.union(_GENERIC).issuperset(words)


def _squeezed(text: str) -> str:
    return "".join(_letters(text))


def _letters(text: str) -> Iterator[str]:
    return (char for char in text.lower() if char.isalnum())
