"""Credentials in bytes: where they stand, and the bytes without them. What is one says `credential_kinds`.

Bytes are looked at as a reader would see them: escapes of JSON resolved, characters that nobody sees left out, UTF-16
read as text. Then once more for each wrapping that is taken off: escapes of URLs, of HTML and of JSON in JSON, and
Base64. What is found is followed back to where it stands in the bytes, and masked there.
"""

import hashlib
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple

import re2

from kb.analysis.credential_kinds import KINDS, PARTNERS, CredentialKind, plain, spelt
from kb.analysis.lazily import lazily


class Credential(NamedTuple):
    """A credential that stands at `begin` to `end` in some bytes."""

    kind: str
    begin: int
    end: int


# ---- what leaves kb ----------------------------------------------------------------------------------------------------


def masked(raw: bytes) -> bytes:
    """The same bytes with an asterisk for each byte of a credential; what holds none is given back as it is."""
    while spans := credentials(raw):
        shown = bytearray(raw)
        for _, begin, end in spans:
            shown[begin:end] = re.sub(rb"[^\r\n]", b"*", raw[begin:end])
        raw = bytes(shown)
    return raw


def masked_text(text: str) -> str:
    """The same of a text."""
    raw = text.encode("utf-8", errors="surrogatepass")
    shown = masked(raw)
    return text if shown is raw else shown.decode("utf-8", errors="surrogatepass")


def masked_path(path: str) -> str:
    """A path with a mark in place of each credential, the same for the same credential, so that files keep apart.

    Each step of it stands for itself, so that what lies below a folder still does.
    """
    return "".join(map(_masked_step, re.split("([/!])", path)))


def is_masked(path: str) -> bool:
    """Whether there is such a mark in a path."""
    return "***" in path and _MARK.search(path) is not None


_MARK = lazily(r"\*{3}[0-9a-f]{6}\*{3}")


@lru_cache(maxsize=1024)
def _masked_step(step: str) -> str:
    ending = _ENDING.search(step)
    stem = step[: ending.start()] if ending else step
    raw = stem.encode("utf-8", errors="surrogateescape")
    shown, done = b"", 0
    for _, begin, end in credentials(raw):
        mark = hashlib.blake2b(raw[begin:end], digest_size=3).hexdigest()  # too short to guess anything long from
        shown, done = shown + raw[done:begin] + f"***{mark}***".encode(), end
    return (shown + raw[done:]).decode("utf-8", errors="surrogateescape") + step[len(stem) :] if done else step


_ENDING = lazily(r"(?:\.(?:json|ndjson|jsonl|gz|zst|tar|tgz|zip))+(?::\d+){0,2}$", re.IGNORECASE)
"""What says how to read a file is no part of a credential, nor is the number of a line."""


# ---- finding them ------------------------------------------------------------------------------------------------------


def credentials(raw: bytes) -> list[Credential]:
    """Every credential in some bytes, in the order of their places; none stands in another."""
    return searched(raw) if _pattern(_screen()).search(raw) else []


def searched(raw: bytes, depth: int = 2) -> list[Credential]:
    """The same without the screen: as slow as sure. Base64 is taken off `depth` times."""
    views = list(_views(raw))
    ranked = [one for view in views for one in _seen(view, KINDS, depth)]
    if ranked:
        ranked += [one for view in views for one in _seen(view, PARTNERS, 0)]
    return _apart(ranked)


class _View(NamedTuple):
    """Bytes as a reader sees them; `back` maps some offsets in the text to the bytes that each stands for."""

    text: bytes
    back: Callable[[Iterable[int]], dict[int, tuple[int, int]]]


_Ranked = tuple[int, int, int, str]
"""Where a credential begins and ends, the rank of its kind, and the name of that."""

_PARTNER = len(KINDS)


def _seen(view: _View, kinds: tuple[CredentialKind, ...], depth: int) -> list[_Ranked]:
    """What some kinds, and Base64 around any, are found at in a view."""
    if kinds is KINDS and not _pattern(_heads()).search(view.text):
        return []
    ranked = [*_matches(view.text, kinds), *(_wrapped(view.text, depth) if depth else ())]
    if not ranked:
        return []
    places = view.back({at for begin, end, *_ in ranked for at in (begin, end - 1)})
    return [(places[begin][0], places[end - 1][1], rank, name) for begin, end, rank, name in ranked]


def _matches(text: bytes, kinds: tuple[CredentialKind, ...]) -> Iterator[_Ranked]:
    for number in _filter(kinds).Match(text) or ():
        kind = kinds[number]
        for match in _pattern(kind.pattern).finditer(text):
            begin, end = match.span(1)
            if _fits(kind, text, match, begin, end) and kind.proof(text[begin:end].decode("latin-1")):
                yield begin, end, number if kinds is KINDS else _PARTNER, kind.name


def _fits(kind: CredentialKind, text: bytes, match: Any, begin: int, end: int) -> bool:  # noqa: ANN401
    """Whether a match of a kind stands among such text as it may."""
    if kind.more and re.match(rf"[{kind.more}]".encode(), text[end : end + 1]):
        return False
    if kind.unless is None:
        return True
    start = match.start()
    word = re.search(rb"[\w.:-]*$", text[max(0, start - _LONGEST_WORD) : start])
    name = (word.group() if word else b"") + text[start:begin]
    return not kind.unless.search(name.decode("latin-1"))


_LONGEST_WORD = 64
"""So much of the word in which a name begins is looked at."""


def _wrapped(text: bytes, depth: int) -> Iterator[_Ranked]:
    """Runs of Base64 with a credential in them."""
    if not _pattern(_BASE64).search(text):
        return
    for match in _pattern(_BASE64_RUN).finditer(text):
        digits = re.sub(rb"[^A-Za-z0-9+/_-]", b"", match.group())
        starts = {found.start() % 4 for found in _pattern(_BASE64).finditer(digits)}
        within = (one for start in sorted(starts) for one in searched(plain(digits[start:].decode()), depth - 1))
        first = next(within, None)
        if first:
            yield *match.span(), _PARTNER - 1, first.kind


def _apart(ranked: list[_Ranked]) -> list[Credential]:
    """The same with one for those that overlap, which the kind of the lowest rank names."""
    apart: list[_Ranked] = []
    for begin, end, rank, name in sorted(ranked):
        if apart and begin < apart[-1][1]:
            first, last, known, called = apart[-1]
            apart[-1] = (first, max(last, end), *min((known, called), (rank, name)))
        else:
            apart.append((begin, end, rank, name))
    return [Credential(name, begin, end) for begin, end, _, name in apart]


# ---- the screen --------------------------------------------------------------------------------------------------------

_BASE64 = (  # four digits for three characters of ASCII, four times over: what a run of ASCII looks like at any offset
    "(?:[I-Za-f][C-HS-Xi-ny-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){4}"
    "|(?:[I-Za-f][AQgw][AB][A-Za-z0-9+/_-]A[C-H][AEIMQUYcgkosw048]A){2}"  # the same in UTF-16
)
_BASE64_RUN = r"[A-Za-z0-9+/_-]{20,}(?:(?:\r?\n[ \t]*|\\+n)[A-Za-z0-9+/_-]{2,})*={0,2}"

_VEILS = (  # escapes of ASCII, and in UTF-8 and as escapes what the fixes take out (TXT002) or turn into ASCII (TXT004)
    r"\\u00[0-7]|\\[bfr/]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xcd\x8f|\xd8\x9c|\xe1(?:\x85|\x9e|\xa0)|\xe2\x80[\x8b-\x8f\xaa-\xae]"
    r"|\xe2\x81[\xa0-\xaf]|\xe2\x84\xaa|\xe3\x85\xa4|\xef\xbb\xbf|\xef\xbe\xa0|\xef\xbf[\xb9-\xbb]|\xf3\xa0"
    r"|\\u(?i:00[89a]|034f|061c|11[56]|17b|180|200|202|206|212a|3164|feff|ffa0|fff|db40)"
    r"|%(?:0[9AaDd]|[2-7][0-9A-Fa-f])|&(?:#[0-9xX]|amp;|quot;|apos;|lt;|gt;)|\\x[2-7][0-9A-Fa-f]"
)


@cache
def _heads() -> str:
    """What every credential has in it, as the table of kinds says."""
    return "|".join(f"(?:{head})" for head in (*dict.fromkeys(spelt(kind.head) for kind in KINDS), _BASE64))


@cache
def _screen() -> str:
    """Where this is not, there is no credential: neither plain nor behind a veil."""
    return f"{_heads()}|{_VEILS}"


# ---- ways to look at bytes ---------------------------------------------------------------------------------------------

_LAYERS = 3
"""So many wrappings are taken off one by one."""


def _views(raw: bytes) -> Iterator[_View]:
    itself = _View(raw, lambda offsets: {at: (at, at + 1) for at in offsets})
    wide = [_narrowed(raw, width) for width in (2, 4)] if b"\0" in raw else []
    for start in (itself, *wide):
        view = _respelt(start, _SPELT, _meant)
        yield view
        for _ in range(_LAYERS):
            if not _WRAPPING.search(view.text):
                break
            view = _respelt(view, _WRAPPING, _unwrapped)
            yield view


def _narrowed(raw: bytes, width: int) -> _View:
    """UTF-16 or UTF-32, of whatever order, as a byte a character; what is not ASCII is of no credential."""
    units = (raw[at : at + width].replace(b"\0", b"") for at in range(0, len(raw), width))
    text = b"".join(unit if len(unit) == 1 else b"\xff" for unit in units)
    return _View(text, lambda offsets: {at: (at * width, min(at * width + width, len(raw))) for at in offsets})


def _respelt(view: _View, spelling: re.Pattern[bytes], meant: Callable[[re.Match[bytes]], bytes]) -> _View:
    """What a view says if each spelling is taken for what it means, which is one byte or none."""

    def back(offsets: Iterable[int]) -> dict[int, tuple[int, int]]:
        inner = _places(view.text, spelling, meant, offsets)
        outer = view.back({at for begin, end in inner.values() for at in (begin, end - 1)})
        return {at: (outer[begin][0], outer[end - 1][1]) for at, (begin, end) in inner.items()}

    return _View(spelling.sub(meant, view.text), back)


def _places(
    raw: bytes, spelling: re.Pattern[bytes], meant: Callable[[re.Match[bytes]], bytes], offsets: Iterable[int]
) -> dict[int, tuple[int, int]]:
    """Where some characters of the text behind the spelling begin and end in the bytes."""
    waiting = deque(sorted(offsets))
    spans: dict[int, tuple[int, int]] = {}
    text = done = 0  # how far the two have been followed
    for match in chain(spelling.finditer(raw), [None]):
        begin, end = match.span() if match else (len(raw), len(raw))
        while waiting and waiting[0] < text + begin - done:
            at = done + waiting[0] - text
            spans[waiting.popleft()] = at, at + 1
        if not waiting:
            break
        text += begin - done
        if match and meant(match):
            if waiting and waiting[0] == text:
                spans[waiting.popleft()] = begin, end
            text += 1
        done = end
    return spans


_SPELT = lazily(  # a character that is not ASCII, or that JSON spells otherwise
    rb"\\u[dD][bB]40\\u[dD][cC][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\xc2-\xf4][\x80-\xbf]{1,3}",
    re.DOTALL,
)


def _meant(match: re.Match[bytes]) -> bytes:
    return _meaning(match.group())


@lru_cache(maxsize=1 << 16)
def _meaning(spelling: bytes) -> bytes:
    """What a spelling stands for: one byte, of no credential where the character is not ASCII, or none."""
    if spelling[:1] != b"\\":
        return _visible(spelling.decode("utf-8", errors="replace"))
    if spelling[1:2] != b"u" or len(spelling) == 2:
        return _SHORT.get(spelling[1:], spelling[1:])
    digits = spelling[2:].decode()
    return _visible(chr(int(digits, 16))) if len(digits) == 4 else b""


_SHORT = {b"n": b"\n", b"t": b"\t", b"b": b"", b"f": b"", b"r": b""}


_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u3164\uffa0")
"""Letters and marks that nobody sees, but for control and format characters."""


def _visible(char: str) -> bytes:
    if len(char) != 1:  # of what is no UTF-8
        return b"\xff"
    if char in _FILLERS or unicodedata.category(char) in {"Cc", "Cf"}:
        return b""
    normal = unicodedata.normalize("NFC", char)
    return normal.encode() if normal.isascii() else b"\xff"


_WRAPPING = lazily(  # escapes of URLs, of HTML, and of JSON or a program within a text
    rb"%(0[9AaDd]|[2-7][0-9A-Fa-f])|&#[xX]0{0,2}([2-7][0-9A-Fa-f]);|&#0?(\d{2,3});|&(amp|quot|apos|lt|gt);"
    rb"|\\(?:u00|x)([2-7][0-9A-Fa-f])|\\([nrt\"'/\\])"
)
_ENTITIES = {b"amp": b"&", b"quot": b'"', b"apos": b"'", b"lt": b"<", b"gt": b">"}


def _unwrapped(match: re.Match[bytes]) -> bytes:
    percent, hexadecimal, decimal, entity, escape, short = match.groups()
    code = percent or hexadecimal or escape
    if code:
        return bytes([int(code, 16)])
    if decimal:
        return bytes([int(decimal)]) if int(decimal) < 0x7F else b"\xff"
    return _ENTITIES[entity] if entity else _SHORT.get(short, short)


# ---- RE2 ---------------------------------------------------------------------------------------------------------------


@cache
def _filter(kinds: tuple[CredentialKind, ...]) -> Any:  # noqa: ANN401 - re2 has no types
    """Finds which of some kinds may occur in a text, in one look. Made when a record needs it, for hardly one does."""
    tried = re2.Filter()
    for kind in kinds:
        tried.Add(kind.pattern.encode("latin-1"), _options())
    tried.Compile()
    return tried


@cache
def _pattern(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    return re2.compile(pattern.encode("latin-1"), _options())


def _options() -> Any:  # noqa: ANN401 - re2 has no types
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    return options
