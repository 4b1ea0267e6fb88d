"""What rules have to know of a URL. Pure: nothing is looked up."""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from pipeline.contract import show

_SPACE = re.compile(r"\s")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*:")  # a dot is allowed there, but `git-scm.com:443/x` just lacks one
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_WEB = re.compile(r"(https?):[/\\]*", re.IGNORECASE)
_ACTIVE = frozenset({"javascript", "vbscript", "data", "file"})
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


class Reading(NamedTuple):
    """What there is to say of a URL: why it is malformed (EVD006), why it is not fit to be followed (EVD004), or None.

    `page` is one text for all spellings of the address: no scheme, fragment or closing slash, the host in lower case.
    """

    fault: str | None
    danger: str | None
    page: str


_PRIVATE_ENDS = "|".join(suffix.rpartition(".")[2] for suffix in _PRIVATE_SUFFIXES)

_ORDINARY = re.compile(
    rf"(?:\nhttps?://(?:[a-z0-9-]+\.)+(?!(?:{_PRIVATE_ENDS})(?![a-z]))[a-z]{{2,}}(?:/[!\"$->@-\[\]-~]*+)?)*+"
)
"""Lines of what nearly every URL is like: a public name in lower case, and a path. It saves taking them apart."""


def ordinary_pages(urls: list[str]) -> set[str] | None:
    """The pages of some URLs, as `read` tells them, if there is nothing to say of any; None where one has to be read."""
    text = "\n".join(["", *urls])
    if not _ORDINARY.fullmatch(text) or text.count("\n") != len(urls):
        return None
    pages = text.replace("\nhttps://", "\n").replace("\nhttp://", "\n").replace("\nwww.", "\n").split("\n")[1:]
    return {page.rstrip("/") for page in pages}


@lru_cache(maxsize=4096)
def read(url: str) -> Reading:
    """Read a URL as far as rules have to know it."""
    ordinary = ordinary_pages([url])
    if ordinary:
        return Reading(None, None, ordinary.pop())
    return take_apart(url)


def take_apart(url: str) -> Reading:
    """Read a URL without looking whether it is an ordinary one."""
    fault = _fault(url)
    danger = _danger(_as_browsers_read(url), fault) or _danger(url, fault)
    return Reading(fault, danger, url if fault else _page(url))


def is_homepage(url: str) -> bool:
    """Whether a well-formed URL names a bare host."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def _page(url: str) -> str:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def _fault(url: str) -> str | None:
    """RFC 3986 asks a scheme, a host, no white space, no backslash."""
    if _SPACE.search(url):
        return "has white space in it"
    if "\\" in url:
        return "has a backslash in it"
    if not _SCHEME.match(url):
        return "has no scheme"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"does not parse ({error})"
    if parts.scheme in {"http", "https"} and not parts.hostname:
        return "has no host"
    return None


def _as_browsers_read(url: str) -> str:
    return _WEB.sub(lambda match: f"{match[1]}://", url, count=1).replace("\\", "/") if _WEB.match(url) else url


def _danger(reading: str, fault: str | None) -> str | None:
    try:
        parts = urlsplit(reading)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"}:
        return f"uses the scheme `{parts.scheme}`" if parts.scheme in _ACTIVE or fault is None else None
    if parts.username is not None or parts.password is not None:
        return "carries credentials"
    host = _host(parts)
    return None if not host or _SPACE.search(host) else _private(host)


def _private(host: str) -> str | None:
    if host == "localhost" or host.endswith(_PRIVATE_SUFFIXES):
        return f"points to the private name {show(host)}"
    address = _address(host)
    if address is not None:
        return None if _is_public(address) else f"points to the private address {address}"
    if "." not in host:
        return f"points to {show(host)}, no public host name"
    return None


def _host(parts: SplitResult) -> str:
    """The host as browsers map it (UTS #46): percent-decoded, compatibility forms folded, every kind of dot a dot."""
    host = unicodedata.normalize("NFKC", unquote(parts.hostname or ""))
    return host.replace("。", ".").rstrip(".").lower()


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, in any notation a browser takes (WHATWG URL, 3.5): decimal, octal, hex, short."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host.partition("%")[0])
        except ValueError:
            return None
    numbers = host.split(".")
    if len(numbers) > 4 or not all(_NUMBER.fullmatch(number) for number in numbers):
        return None
    values = []
    for number in numbers:
        base = 16 if number[:2].lower() == "0x" else 8 if number[0] == "0" else 10
        try:
            values.append(int(number[2:] or "0", 16) if base == 16 else int(number, base))
        except ValueError:
            return None
    *heads, last = values
    if any(value > 255 for value in heads) or last >= 256 ** (5 - len(values)):
        return None
    return ipaddress.IPv4Address(sum(value << (24 - 8 * i) for i, value in enumerate(heads)) + last)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return _is_public(inner)
        return address.is_global and address in _GLOBAL_UNICAST
    return address.is_global and not address.is_multicast
