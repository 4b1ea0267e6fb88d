"""What a line of output says: its terms in order, with holes where paths, numbers, times and addresses stand."""

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from kb.analysis.lazily import lazily
from kb.analysis.snippets import has_no_spaces

LONGEST_LINE = 4_000
"""Of a longer line so many characters are read."""

_TOKEN = lazily(
    r"""
    (?P<gap>[\s:;,()\[\]{}'"`!=<>|*#&?]+)
  | (?P<several>(?<![^\s('"`\[])[A-Za-z]{2,}(?:[ ][A-Za-z]{2,})+(?=[:;,.)'"`\]!]*(?:\s|\Z))(?![ ]+\d))
  | (?P<plain>(?<![^\s('"`\[])(?!(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]+\d)[A-Za-z]{2,}(?=[:;,.)'"`\]!]*(?:\s|\Z)))
  | (?P<hole>
        \x1b\[[0-9;]*[A-Za-z]
      | \b[a-z][a-z0-9+.-]*+://[^\s'"<>()\[\]]+
      | \b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[ ]?[+-]\d\d:?\d\d)?)?
      | \b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ])?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]+\d{1,2}\b(?:[ ]\d{4}\b)?
      | \b\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?\b
      | \b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b
      | \b0x[0-9a-fA-F]+\b
      | \b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b
      | \b(?:[0-9a-fA-F]{2}:){2,}[0-9a-fA-F]{2}\b
      | \b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b
      | \b[\w.+-]++@[\w-]++(?:\.[\w-]++)+
      | (?:\b[A-Za-z]:|(?<![\w.])(?:~|\.{1,2})?)[/\\]++[\w.@+=%{}$-]++(?:[/\\]++[\w.@+=%{}$-]*+)*(?::\d++)*
      | \b[\w.@+=%-]++(?:/[\w.@+=%-]++){2,}(?::\d++)*
    )
  | (?P<code>\b(?:[A-Z]{1,8}-?\d{2,7}[A-Z]?|(?=[0-9A-F]*\d)[0-9A-F]{8})\b)
  | (?P<file>\b[\w+-]++(?:\.[\w+-]++)*\.(?:[cho]|cc|cpp|hpp|py|pyc|[cm]?js|tsx?|jsx|rs|java|class|jar|go|rb|pl|php|sh|json|toml
        |ya?ml|lock|txt|md|so|a|dll|exe|conf|cfg|ini|xml|html|css|sql|db|log|gz|tar|zip|whl|pem|key|crt|tf|mod|sum)\b(?:[:(]\d+)*(?:\.\d+)*)
  | (?P<number>\b\d+(?:[.,:x]\d+)*(?:%|[a-zA-Z]{1,3}\b)?)
  | (?P<word>[^\W\d_](?:[^\W_]|[_'’](?=[^\W_]))*)
    """,
    re.VERBOSE,
)

_QUOTED = lazily(
    r"""(?<!\w)'[^']{1,120}'(?!\w)|"[^"]{1,120}"|`[^`']{1,120}[`']|‘[^’]{1,120}’|“[^”]{1,120}”|«[^»]{1,120}»"""
)

NUMBERED = frozenset({"code", "error", "errno", "exit", "http", "ora", "signal", "status", "xid"})
"""What follows these is a number that means something."""


_NO_TERM = frozenset({"gap", "hole"})

_PLAIN = frozenset({"plain", "several"})


class Term(NamedTuple):
    """A word in lower case, and where it stands; `loose` where another might stand there as well: a name, a number."""

    text: str
    start: int
    end: int
    loose: bool


def terms(line: str) -> list[Term]:
    """The terms of a line, in order.

    What is between quotation marks, names of files, and numbers that follow a word such as "errno" are terms too, the first two
    of them loose. Text of a script without spaces is taken character by character. Colours, addresses, paths, times, digests
    and other numbers are holes: they are no terms.
    """
    line = line[:LONGEST_LINE]
    quoted = [match.span() for match in _QUOTED.finditer(line)] if any(mark in line for mark in "'\"`‘“«") else []
    return list(_each(line, quoted))


def _each(line: str, quoted: list[tuple[int, int]]) -> Iterator[Term]:
    before = ""
    at = 0
    for match in _TOKEN.finditer(line):
        kind = match.lastgroup
        if kind in _NO_TERM:
            continue
        start, end = match.span()
        while at < len(quoted) and quoted[at][1] <= start:
            at += 1
        is_quoted = at < len(quoted) and quoted[at][0] < start
        text = match[0].lower()
        if kind == "number":
            if before in NUMBERED and text.isalnum():
                yield Term(f"#{text}", start, end, loose=False)
        elif kind in _PLAIN:
            for text in text.split(" "):  # noqa: B020 - the last one is what the next comes after
                end = start + len(text)
                yield Term(text, start, end, is_quoted)
                start = end + 1
        elif kind == "word" and not text.isascii() and any(map(has_no_spaces, text)):
            for i, char in enumerate(text):
                yield Term(char, start + i, start + i + 1, is_quoted)
        elif kind == "file":
            yield Term(text.split(":", 1)[0].split("(", 1)[0], start, end, loose=True)
        elif not (is_quoted and len(text) == 1):
            yield Term(text, start, end, is_quoted)
        before = text


_WORD = lazily(r"[^\W\d_](?:[^\W_]|[_'’](?=[^\W_]))+")


def words(line: str) -> set[str]:
    """The words of a line, names and parts of paths too: what may be a term, in a tenth of the time."""
    return set(_WORD.findall(line.lower()))


@lru_cache(maxsize=65_536)
def digest(term: str) -> int:
    """A number of 63 bits for a term, even, so that the last bit is free; two terms share one by chance only."""
    return int.from_bytes(blake2b(term.encode(errors="surrogatepass"), digest_size=8).digest(), "little") & ~1
