"""Patterns and the pages to send a person to, for what groups or routes errors elsewhere."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from kb.analysis import urls
from kb.render.patterns import Pattern, not_told
from kb.words import brief

_TITLE = 200

_SEVERITIES = frozenset({"info", "warning", "error", "critical"})


def render(patterns: Iterable[Pattern], pages: str | None, warn: Callable[[str], None]) -> Iterator[str]:
    """The file, a link on a line; `pages` is a URL with `{id}` in it, for records that name no official page.

    A note says which records have no page then.
    """
    pageless = []
    yield '{"version": 1, "flags": "i", "links": ['
    start = "\n"
    for pattern in patterns:
        url = _page(pattern, pages)
        if url is None:
            pageless.append(pattern.id)
            continue
        yield f"{start}{orjson.dumps(_link(pattern, url)).decode()}"
        start = ",\n"
    yield "\n]}\n"
    if pageless:
        warn(not_told(pageless, "no `official_doc_url`; --base-url says where the pages of records are"))


def _link(pattern: Pattern, url: str) -> dict[str, Any]:
    severity = pattern.severity if pattern.severity in _SEVERITIES else None
    return {
        "id": pattern.id,
        "pattern": pattern.regex,
        "title": brief(pattern.signature, _TITLE),
        "url": url,
        "severity": severity,
    }


def _page(pattern: Pattern, pages: str | None) -> str | None:
    official = pattern.official_doc_url
    if official and urls.read(official).fault is None:
        return official
    return pages and pages.replace("{id}", pattern.id)
