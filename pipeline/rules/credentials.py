"""Credentials in the bytes of a record: where they stand, and the bytes without them.

Only shapes that their issuers document and that no other text has, so that a find is certain. What a format says of
itself is held against it: the checksum of a token, the length of a key. Placeholders, which documentation is full of,
are no credentials.
"""

import re
import unicodedata
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple

import re2

from pipeline.rules.txt import invisible_characters


class Credential(NamedTuple):
    """A credential that stands at `begin` to `end` in the bytes of a record."""

    kind: str
    begin: int
    end: int


def masked(raw: bytes) -> bytes:
    """The same bytes with an asterisk for each byte of a credential; what holds none is given back as it is."""
    found = credentials(raw)
    if not found:
        return raw
    shown = bytearray(raw)
    for _, begin, end in found:
        shown[begin:end] = re.sub(rb"[^\r\n]", b"*", raw[begin:end])
    return bytes(shown)


def masked_text(text: str) -> str:
    """The same of a text."""
    raw = text.encode("utf-8", errors="surrogatepass")
    return masked(raw).decode("utf-8", errors="surrogatepass")


def credentials(raw: bytes) -> list[Credential]:
    """Every credential in the bytes of a record, in whatever way JSON may spell its characters."""
    if not _compiled(f"{_MARKS}|{_VEILS}").search(raw):
        return []
    text = _SPELT.sub(_meant, raw)
    if not _compiled(_MARKS).search(text):
        return []
    found = [
        (kind.name, match.start(1), match.end(1) - 1)
        for kind in _KINDS
        for match in _compiled(kind.pattern).finditer(text)
        if _ends_there(text, match.end(1), kind.more) and kind.proof(match.group(1).decode("latin-1"))
    ]
    places = _places(raw, {at for _, *ends in found for at in ends})
    return [Credential(name, places[first][0], places[last][1]) for name, first, last in found]


class _Kind(NamedTuple):
    """`pattern` is RE2, its first group what is secret; the text may not go on with one of the characters `more`."""

    name: str
    pattern: str
    more: str
    proof: Callable[[str], bool]


_WORDS = re.compile(
    r"example|sample|dummy|fake|placeholder|redacted|your|change.?me|x{4}|0?1234567|abcdefg", re.IGNORECASE
)
_RUN = re.compile(r"(.)\1{4}")


def _is_random(text: str) -> bool:
    """Whether a text looks drawn by lot, and not made up for a document."""
    enough = len(set(text)) >= min(7 + len(text) // 12, 12)
    return enough and not _RUN.search(text) and not _WORDS.search(text)


_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _has_checksum(token: str) -> bool:
    """Whether the last six characters are the CRC-32 of the thirty before them, in base 62."""
    body = token.partition("_")[2]
    number = 0
    for digit in body[30:]:
        number = number * 62 + _BASE62.index(digit)
    return zlib.crc32(body[:30].encode()) == number


_AZURITE = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"
"""How the key begins that every storage emulator has, which is documented and opens nothing."""

_BASE64_LINES = r"(?:[A-Za-z0-9+/=]|\s|\\+[nr]){64,}"
_KEY_HEADERS = r"(?:[A-Z][A-Za-z-]{2,20}: [^\\\n]{1,80}(?:\s|\\+[nr])+){0,4}"

_KINDS = (
    # RFC 7468, RFC 4716, RFC 9580; the line that begins a key is no secret, what it encloses is
    _Kind(
        "a private key",
        rf"-----BEGIN (?:[A-Z]{{2,9}} ){{0,2}}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\+[nr])*{_KEY_HEADERS}({_BASE64_LINES})",
        "",
        lambda text: len(set(text)) >= 20 and not _RUN.search(text.replace("A", "")),
    ),
    # AWS IAM User Guide, "IAM identifiers": AKIA and ASIA, base 32
    _Kind("an AWS access key", r"\b((?:AKIA|ASIA)[A-Z2-7]{16})", "A-Za-z0-9_/+=", lambda token: _is_random(token[4:])),
    # GitHub, "Behind GitHub's new authentication token formats"; npm took over the format
    _Kind("a GitHub token", r"\b(gh[opsur]_[A-Za-z0-9]{36})", "A-Za-z0-9_", _has_checksum),
    _Kind("an npm token", r"\b(npm_[A-Za-z0-9]{36})", "A-Za-z0-9_", _has_checksum),
    _Kind("a GitHub token", r"\b(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})", "A-Za-z0-9_", _is_random),
    # GitLab, "Token overview"
    _Kind("a GitLab token", r"\b(glpat-[A-Za-z0-9_-]{20})", "A-Za-z0-9_-", lambda token: _is_random(token[6:])),
    # Slack API, "Token types"
    _Kind(
        "a Slack token",
        r"\b(xox[bp]-[0-9]{9,14}-[0-9]{9,14}-(?:[0-9]{9,14}-)?[A-Za-z0-9]{24,34})",
        "A-Za-z0-9_-",
        lambda token: _is_random(token.rpartition("-")[2]),
    ),
    # Google Cloud, "Manage API keys"
    _Kind("a Google API key", r"\b(AIza[A-Za-z0-9_-]{35})", "A-Za-z0-9_-", lambda token: _is_random(token[4:])),
    # Stripe, "API keys": live mode alone
    _Kind("a Stripe key", r"\b([rs]k_live_[A-Za-z0-9]{24,247})", "A-Za-z0-9_", lambda token: _is_random(token[8:])),
    # SendGrid, "API keys"
    _Kind(
        "a SendGrid key",
        r"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})",
        "A-Za-z0-9_-",
        lambda token: _is_random(token[3:]),
    ),
    # PyPI, "API tokens": a macaroon that begins with the name of its issuer
    _Kind(
        "a PyPI token",
        r"\b(pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{70,})",
        "A-Za-z0-9_-",
        lambda token: _is_random(token[20:]),
    ),
    # Hugging Face, "User access tokens"
    _Kind("a Hugging Face token", r"\b(hf_[A-Za-z]{34})", "A-Za-z0-9_", lambda token: _is_random(token[3:])),
    # OpenAI and Anthropic: the marker in the middle, the fixed end
    _Kind(
        "an OpenAI key",
        r"\b(sk-[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100})",
        "A-Za-z0-9_-",
        lambda token: _is_random(token[3:]),
    ),
    _Kind(
        "an Anthropic key",
        r"\b(sk-ant-[a-z0-9]{3,8}-[A-Za-z0-9_-]{93}AA)",
        "A-Za-z0-9_-",
        lambda token: _is_random(token[13:]),
    ),
    # DigitalOcean, "Personal access tokens"
    _Kind("a DigitalOcean token", r"\b(do[opr]_v1_[a-f0-9]{64})", "A-Za-z0-9_", lambda token: _is_random(token[7:])),
    # Azure Storage, "Configure connection strings": 64 bytes in base 64
    _Kind(
        "an Azure storage key",
        r"\bAccountKey=([A-Za-z0-9+/]{86}==)",
        "A-Za-z0-9+/=",
        lambda token: _is_random(token) and not token.startswith(_AZURITE),
    ),
)

_MARKS = (
    r"PRIVATE KEY|A[KS]IA[A-Z2-7]{4}|gh[opsur]_[A-Za-z0-9]{4}|npm_[A-Za-z0-9]{10}|github_pat_|glpat-|xox[bp]-[0-9]|AIza"
    r"|[rs]k_live_|SG\.[A-Za-z0-9_-]{10}|pypi-AgE|hf_[A-Za-z]{10}|T3BlbkFJ|sk-ant-|do[opr]_v1_|AccountKey="
)
"""What every credential has in it, one for each kind."""

_VEILS = (  # escapes of ASCII, and in UTF-8 and as escapes what the fixes take out (TXT002) or turn into ASCII (TXT004)
    r"\\u00[0-7]|\\[bfr/]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xcd\x8f|\xd8\x9c|\xe1(?:\x85|\x9e|\xa0)|\xe2\x80[\x8b-\x8f\xaa-\xae]"
    r"|\xe2\x81[\xa0-\xaf]|\xe2\x84\xaa|\xe3\x85\xa4|\xef\xbb\xbf|\xef\xbe\xa0|\xef\xbf[\xb9-\xbb]|\xf3\xa0"
    r"|\\u(?i:00[89a]|034f|061c|11[56]|17b|180|200|202|206|212a|3164|feff|ffa0|fff|db40)"
)

_SPELT = re.compile(  # a character that is not ASCII, or that JSON spells otherwise
    rb"\\u[dD][bB]40\\u[dD][cC][0-9a-fA-F]{2}|\\u([0-9a-fA-F]{4})|\\(.)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\xc2-\xf4][\x80-\xbf]{1,3}",
    re.DOTALL,
)


def _places(raw: bytes, offsets: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Where some characters of the text behind the spelling begin and end in the bytes."""
    waiting = deque(sorted(offsets))
    found: dict[int, tuple[int, int]] = {}
    text = done = 0  # how far the two have been followed
    for match in chain(_SPELT.finditer(raw), [None]):
        begin, end = match.span() if match else (len(raw), len(raw))
        while waiting and waiting[0] < text + begin - done:
            at = done + waiting[0] - text
            found[waiting.popleft()] = at, at + 1
        text += begin - done
        if match and _meant(match):
            if waiting and waiting[0] == text:
                found[waiting.popleft()] = begin, end
            text += 1
        done = end
    return found


def _meant(match: re.Match[bytes]) -> bytes:
    """What a spelling stands for: one byte, of no credential where the character is not ASCII, or none."""
    code, short = match.groups()
    if short is not None:
        return _SHORT.get(short, short)
    char = chr(int(code, 16)) if code else match.group().decode("utf-8", errors="replace")
    return b"" if char.startswith("\\") else _visible(char)


_SHORT = {b"n": b"\n", b"t": b"\t", b"b": b"", b"f": b"", b"r": b""}


@lru_cache(maxsize=4096)
def _visible(char: str) -> bytes:
    if char == "\x00" or invisible_characters.run(f"a{char}a") == "aa":
        return b""
    normal = unicodedata.normalize("NFC", char)
    return normal.encode() if normal.isascii() else b"\xff"


def _ends_there(text: bytes, end: int, more: str) -> bool:
    return not more or not re.match(rf"[{more}]".encode(), text[end : end + 1])


@cache
def _compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode("latin-1"), options)
