"""What rules have to know of a URL. Pure: nothing is looked up."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from kb.analysis.characters import normalized
from kb.analysis.lazily import lazily
from kb.analysis.phrases import compiled
from kb.words import show

_SPACE = lazily(r"\s")
_SCHEME = lazily(r"[A-Za-z][A-Za-z0-9+-]*:")  # a dot is allowed there, but `git-scm.com:443/x` just lacks one
_NUMBER = lazily(r"0[xX][0-9a-fA-F]*|[0-9]+")
_WEB = lazily(r"(https?):[/\\]*", re.IGNORECASE)
_ACTIVE = frozenset({"javascript", "vbscript", "data", "file"})
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_STRIPPED = lazily(r"[\t\n\r]")  # browsers take these out wherever they stand (WHATWG URL, 4.4)
_ENDS = "".join(map(chr, range(0x21)))  # and all of these at either end
_IGNORED = lazily("[\u00ad\u034f\u180b-\u180f\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff]")  # UTS #46 drops them
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_NO_HOST = lazily(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")  # WHATWG URL, 3.2

_PRIVATE_SUFFIXES = tuple(
    f".{name}"
    for name in (
        "localhost", "localdomain", "localdomain4", "localdomain6", "local", "localnet", "internal", "intranet", "intra", "private",
        "corp", "home", "lan", "home.arpa", "test", "invalid", "svc", "consul",
    )
)  # fmt: skip
"""Ends of names that no public server answers for: RFC 2606, 6761, 6762 (appendix G), 8375, and what networks use by habit.

`.example` is not among them: it stands for a public name in documents.
"""

_LOOPBACK_NAMES = ("localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "localho.st")
"""Public names that are there to stand for 127.0.0.1, whatever is put before them."""

_EMBEDDING = ("nip.io", "sslip.io", "xip.io", "nip.me", "traefik.me", "backname.io", "ip.dns.army", "plex.direct")
"""Public names below which an address is spelt that they stand for: 10.0.0.1.nip.io, app-10-0-0-1.sslip.io, 0a000001.nip.io."""

_EMBEDDED = lazily(
    r"(?:^|[.-])(?:(?P<ip>(?:\d{1,3}[.-]){3}\d{1,3})|(?P<hex>[0-9a-f]{8}))(?=[.-]|$)|(?:^|\.)(?P<six>[0-9a-f]*(?:-[0-9a-f]*){2,7})$"
)


class ReadUrl(NamedTuple):
    """What there is to say of a URL: why it is malformed (EVD006), why it is not fit to be followed (EVD004), or None.

    `page` is one text for all spellings of the address: no scheme, fragment or closing slash, the host in lower case.
    `front` says what it is, if it is no page that says something, but the way in to many (EVD003, EVD009).
    """

    fault: str | None
    danger: str | None
    page: str
    front: str | None = None

    @property
    def is_evidence(self) -> bool:
        """Whether it counts as a source: it can be followed, and leads to a page of its own."""
        return self.fault is None and self.front is None


_PRIVATE_ENDS = "|".join(suffix.rpartition(".")[2] for suffix in _PRIVATE_SUFFIXES)

_NO_PUBLIC_END = "".join(f"(?<!{re.escape(name)})" for name in (*_LOOPBACK_NAMES, *_EMBEDDING))

_ORDINARY = lazily(
    rf"(?>(?:\nhttps?://(?:[a-z0-9-]+\.)+(?!(?:{_PRIVATE_ENDS})(?![a-z]))[a-z]{{2,}}(?![a-z]){_NO_PUBLIC_END}(?:/[!\"$->@-\[\]-~]*+)?)*)"
)
"""Lines of what nearly every URL is like: a public name in lower case, and a path. It saves taking them apart."""


def ordinary_pages(urls: list[str]) -> set[str] | None:
    """The pages of some URLs, as `read` gives them, if there is nothing to say of any; None where one has to be read."""
    text = "\n".join(["", *urls])
    if not _ORDINARY.fullmatch(text) or text.count("\n") != len(urls):
        return None
    pages = text.replace("\nhttps://", "\n").replace("\nhttp://", "\n").replace("\nwww.", "\n").split("\n")[1:]
    return {page.rstrip("/") for page in pages}


@lru_cache(maxsize=4096)
def read(url: str) -> ReadUrl:
    """Read a URL as far as rules have to know it."""
    ordinary = ordinary_pages([url])
    if ordinary:
        page = ordinary.pop()
        return ReadUrl(None, None, page, front(page))
    return take_apart(url)


def take_apart(url: str) -> ReadUrl:
    """Read a URL without looking whether it is an ordinary one."""
    fault = _fault(url)
    danger = _danger(_as_browsers_read(url), fault) or _danger(url, fault)
    if fault:
        return ReadUrl(fault, danger, url)
    return ReadUrl(None, danger, _page(url), _front_of_parts(urlsplit(url)))


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
    return _fault_of_host(parts) if parts.scheme in {"http", "https"} else None


def _fault_of_host(parts: SplitResult) -> str | None:
    if not parts.hostname:
        return "has no host"
    if "[" not in parts.netloc and _NO_HOST.search(unquote(parts.hostname)):
        return "has a host with a character in it that no host has"
    return None


def _as_browsers_read(url: str) -> str:
    url = _STRIPPED.sub("", url).strip(_ENDS)
    if url.replace("\\", "/").startswith("//"):
        url = f"https:{url}"
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
    if _is_below(host, _LOOPBACK_NAMES):
        return f"points to {show(host)}, a name for 127.0.0.1"
    address = _address(host) or _embedded(host)
    if address is not None:
        return None if _is_public(address) else f"points to the private address {address}"
    if "." not in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return f"points to {show(host)}, no public host name"
    return None


def _is_below(host: str, names: tuple[str, ...]) -> bool:
    return host in names or host.endswith(tuple(f".{name}" for name in names))


def _embedded(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a name stands for which spells it."""
    if not _is_below(host, _EMBEDDING):
        return None
    match = _EMBEDDED.search(next(host[: -len(name)].rstrip(".") for name in _EMBEDDING if host.endswith(name)))
    try:
        if match and match["ip"]:
            return ipaddress.IPv4Address(match["ip"].replace("-", "."))
        if match and match["hex"]:
            return ipaddress.IPv4Address(int(match["hex"], 16))
        return ipaddress.IPv6Address(match["six"].replace("-", ":")) if match else None
    except ValueError:
        return None


def _host(parts: SplitResult) -> str:
    """The host as browsers map it (UTS #46): percent-decoded, compatibility forms folded, every kind of dot a dot."""
    host = normalized("NFKC", _IGNORED.sub("", unquote(parts.hostname or "")))
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
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        return address.is_global and address in _GLOBAL_UNICAST
    return address.is_global and not address.is_multicast


# ---- ways in: home pages, and the fronts of documentations -----------------------------------------------------------

HOME = "a home page"
LANDING = "the front of a documentation"

_LANGUAGE = (
    r"(?:ar|bg|bn|ca|cs|da|de|el|en|es|et|fa|fi|fr|he|hi|hr|hu|id|it|ja|ko|lt|lv|ms|nb|nl|no|pl|pt|ro|ru|sk|sl|sr|sv|th|tr|uk|vi|zh)"
    r"(?:[-_](?:[a-z]{2}|hans|hant|419))?|eng|english|deutsch|francais|espanol"
)
_INDEX = (
    r"(?:index|default|home|homepage|main|main[_-]page|welcome)(?:\.(?:[sx]?html?|php[0-9]?|aspx?|jsp|do|cgi|cfm|md))?"
)
_VERSION = (
    r"latest|stable|current|master|main|trunk|head|devel|development|nightly|edge|lts|release|rolling|humble|iron|jazzy|kilted|foxy"
    r"|v?[0-9]{1,2}(?:\.[0-9x]{1,3}){0,3}|v?20[0-9]{2}(?:\.[0-9]{1,2}){0,2}"
)
_DOCS = (
    r"docs?|documentations?|manuals?|guides?|wikis?|help|support|handbooks?|references?|ref|refman|apis?|api-?docs?|api-reference"
    r"|learn|tutorials?|books?|user-?(?:guide|manual)|developer-?guide|dev-?guide|knowledge-?base|kb|hc|contents?|toc"
    r"|(?:contents?|toc|table-of-contents|readme|genindex|documentation|docs|manual|guide)\.(?:html?|md)"
)

_HOME_PATH = lazily(rf"(?:/(?:{_LANGUAGE}|{_INDEX}))*")
_DOCS_PATH = lazily(rf"(?:/(?:{_LANGUAGE}|{_INDEX}|{_VERSION}|{_DOCS}|html))*")
_PRODUCT_PATH = lazily(  # /docs/PRODUCT/stable, /projects/PRODUCT/en/latest
    rf"(?:/(?:{_LANGUAGE}|{_DOCS}|projects))*/[^/.]+(?:/(?:{_LANGUAGE}))?/(?:latest|stable|current|master|nightly)(?:/{_INDEX})?"
)
_TELLING = lazily(rf"/(?:{_DOCS}|latest|stable|current|master|nightly)(?=/|$)")
_DOCS_HOST = lazily(
    r"(?:docs?|documentation|wiki|help|support|manuals?|handbook|learn|developers?|kb)\..+|.+\.(?:readthedocs\.(?:io|org)|gitbook\.io)"
)
_FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "git.sr.ht"})
_FORGE_PATH = lazily(
    r"(?:/[^/]+){1,2}|/[^/]+/[^/]+(?:/-)?/(?:issues|pulls?|pull-requests|merge_requests|discussions|wiki|src|tree/[^/]+)"
)
_LISTS = lazily(r"/(?:questions|issues|tags|search|forums?|community|blog)|/questions/tagged/[^/]+")
_LAST_OF_OTHERS = "html|projects|nightly|questions|issues|tags|search|forums?|community|blog"
_LAST = lazily(rf"{_LANGUAGE}|{_INDEX}|{_VERSION}|{_DOCS}|{_LAST_OF_OTHERS}")
"""The last step of every way in, but for those of forges and of lists by a tag."""

_ANY_FRONT = (
    rf"(?mi)^[^/\n]*/*$|^(?:{'|'.join(map(re.escape, sorted(_FORGES)))})/|/tagged/"
    rf"|/(?:{_LANGUAGE}|{_INDEX}|{_VERSION}|{_DOCS}|{_LAST_OF_OTHERS})/*$"
)
"""What one of some pages has, a line each, if one is a way in."""

_IDLE = lazily(r"(?:(?:utm_[a-z]+|ref|lang|hl|locale)=[^&]*&?)*")


def fronts_among(pages: Iterable[str]) -> list[str]:
    """Those of some pages, as `ordinary_pages` gives them, that are a way in; nearly always none, which one search shows."""
    some = list(pages)
    if not compiled(_ANY_FRONT).search("\n".join(some)):
        return []
    return [page for page in some if front(page)]


@lru_cache(maxsize=4096)
def front(page: str) -> str | None:
    """What a page, as `read` gives it, is a way in to; None of one that says something itself. It has no query."""
    host, slash, path = page.partition("/")
    return _front(host, f"{slash}{path}")


def _front_of_parts(parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"} or parts.fragment.strip("/!") or not _IDLE.fullmatch(parts.query):
        return None
    return _front((parts.hostname or "").removeprefix("www."), parts.path)


def _front(host: str, path: str) -> str | None:
    path = path.lower()
    last = path.rstrip("/").rpartition("/")[2]
    if last and host not in _FORGES and not _LAST.fullmatch(last) and "/tagged/" not in path:
        return None  # so do nearly all
    way = "".join(f"/{step}" for step in path.split("/") if step)
    if _HOME_PATH.fullmatch(way):
        return HOME
    if host in _FORGES:
        return LANDING if _FORGE_PATH.fullmatch(way) else None
    if _DOCS_PATH.fullmatch(way):
        return LANDING if _TELLING.search(way) or _DOCS_HOST.fullmatch(host) else None
    if _PRODUCT_PATH.fullmatch(way):
        return LANDING if _TELLING.search(way) else None
    return LANDING if _LISTS.fullmatch(way) else None
