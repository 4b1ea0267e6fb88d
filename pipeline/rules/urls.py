"""What rules have to know of a URL. Pure: nothing is looked up."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

_SPACE = re.compile(r"\s")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


@lru_cache(maxsize=65536)
def fault(url: str) -> str | None:
    """Why a URL is malformed (EVD006), or None: it has to have a scheme, a host and no white space (RFC 3986)."""
    if _SPACE.search(url):
        return "has white space in it"
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


@lru_cache(maxsize=65536)
def danger(url: str) -> str | None:
    """Why a well-formed URL is not fit to be followed (EVD004), or None."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return f"uses the scheme `{parts.scheme}`"
    if parts.username is not None or parts.password is not None:
        return "carries credentials"
    host = _host(parts)
    if host == "localhost" or host.endswith(_PRIVATE_SUFFIXES):
        return f"points to the private name `{host}`"
    address = _address(host)
    if address is not None:
        return None if _is_public(address) else f"points to the private address {address}"
    if "." not in host:
        return f"points to `{host}`, no public host name"
    return None


@lru_cache(maxsize=65536)
def canonical(url: str) -> str:
    """One text for all spellings of a page's address: http as https, no fragment, no trailing slash, host in lower case."""
    parts = urlsplit(url)
    host = parts.netloc.lower().removeprefix("www.")
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


def is_homepage(url: str) -> bool:
    """Whether a URL names a bare host."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return host.translate(_DOTS).rstrip(".").lower()


_DOTS = str.maketrans("。．｡" + "０１２３４５６７８９", "..." + "0123456789")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, in any notation a browser takes (WHATWG URL, section 3.5): decimal, octal, hex, short."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host)
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
    return address.is_global and not address.is_multicast
