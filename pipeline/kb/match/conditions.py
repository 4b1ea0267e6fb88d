"""Whether what is said to hold under a condition holds here, as far as its words say so."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kb.analysis.lazily import lazily

SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "linux": ("linux", "ubuntu", "debian", "fedora", "alpine", "centos", "rhel", "red hat", "arch", "suse", "wsl"),
    "macos": ("macos", "mac os", "os x", "darwin", "homebrew", "apple silicon"),
    "windows": ("windows", "powershell", "cmd.exe", "wsl"),
}
"""The operating systems that are distinguished, and the words that name one."""

_BELOW = frozenset({"<", "before", "below", "older than", "earlier than", "under"})
_AT_MOST = frozenset({"<=", "up to", "until", "through"})
_ABOVE = frozenset({">", "after", "above", "newer than", "later than"})
_AT_LEAST = frozenset({">=", "since", "from", "at least", "starting with"})

_VERSION = lazily(
    r"""
    (?P<product>[a-z][a-z0-9.+-]*(?:\ [a-z][a-z0-9.+-]*)??)\s*(?:versions?\s+)?
    (?P<relation><=|>=|<|>|==?|before|below|under|older\ than|earlier\ than|up\ to|until|through|after|above|newer\ than|later\ than
        |since|from|at\ least|starting\ with)?\s*
    v?(?P<version>\d+(?:\.\d+)*)
    (?P<tail>\s*(?:\+|(?:and|or)\ (?:later|newer|above|higher|up|older|earlier|below|lower))(?!\w))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PARTED = lazily(r"[-_/]|(?<=[a-z])(?=\d)")

_NOT = lazily(
    r"(?:\bnot (?:on|for|under)|\bexcept(?: on| for)?|\bother than|\bwithout|\bno)\s+(?:the\s+)?$", re.IGNORECASE
)


class Here(NamedTuple):
    """What is known of where an error came up: versions by product, in lower case, and the operating system."""

    versions: Mapping[str, str] = {}
    system: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything is."""
        return bool(self.versions or self.system)


def applies(condition: str | None, here: Here) -> bool | None:
    """Whether a condition holds here; None, where its words do not say.

    It does not where it names other operating systems alone, or versions of a product that is another one here. What it says
    besides is for a reader to judge, so True is only said of versions and systems.
    """
    if not condition or not here.is_known:
        return None
    answers = [*_by_system(condition, here.system), *_by_version(condition, here.versions)]
    return None if not answers else all(answers)


def fits(name: str, here: Here) -> bool:
    """Whether the environment that an id may end with (`docker24-linux`) can be this one."""
    environment = name.split("/", 2)[2:]
    return not environment or applies(_PARTED.sub(" ", environment[0]), here) is not False


def _by_system(condition: str, system: str | None) -> Iterator[bool]:
    if system is None:
        return
    named: set[str] = set()
    excluded: set[str] = set()
    for name, words in SYSTEMS.items():
        for match in re.finditer(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", condition, re.IGNORECASE):
            (excluded if _NOT.search(condition[: match.start()]) else named).add(name)
    if system in excluded:
        yield False
    elif named:
        yield system in named
    elif excluded:
        yield True


def _by_version(condition: str, versions: Mapping[str, str]) -> Iterator[bool]:
    for match in _VERSION.finditer(condition):
        product = match["product"].lower()
        known = versions.get(product) or versions.get(product.rpartition(" ")[2])
        if known is None:
            continue
        ours, theirs = numbers(known), numbers(match["version"])
        relation, tail = (match["relation"] or "").lower(), (match["tail"] or "").lower().split()
        if relation in _BELOW:
            yield ours < theirs
        elif relation in _AT_MOST or (tail and tail[-1] in {"older", "earlier", "below", "lower"}):
            yield ours[: len(theirs)] <= theirs
        elif relation in _ABOVE:
            yield ours[: len(theirs)] > theirs
        elif relation in _AT_LEAST or tail:
            yield ours >= theirs
        else:
            yield ours[: len(theirs)] == theirs


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers that can be compared; what is no number ends it."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()
