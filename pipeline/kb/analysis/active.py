"""Where a text holds HTML that would run if a page showed it as it stands."""

import html
import re

from kb.analysis.lazily import lazily
from kb.analysis.phrases import PhraseTable, compiled, phrase

_ATTRIBUTES = r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*"

TAGS = PhraseTable(
    phrase("<script", r"(?i)<script[\s/][^>]*[=/][^>]*>"),
    phrase("<script", r"(?i)<script[^>]*>[^\s`'\".,;:)\]<]"),
    phrase("<script", r"(?i)<script[^>]*>(?s:.*?)</script"),
    phrase("<iframe <object <embed <frame <applet <portal", rf"(?i)<(?:iframe|object|embed|frame|applet|portal)[\s/]{_ATTRIBUTES}\b(?:src|srcdoc|data|code)\s*="),
    phrase("<", rf"(?i)<[a-z][a-z0-9:-]*[\s/](?:{_ATTRIBUTES}(?:[\s/]|\"[^\"]*\"|'[^']*'))?on[a-z]{{3,25}}\s*=\s*(?:[\"']\s*)?[^\s\"'{{=>]"),
    phrase("<meta", r"(?i)<meta[\s/][^>]*http-equiv\s*=\s*[\"']?refresh"),
    phrase("<base", r"(?i)<base[\s/][^>]*\bhref\s*=\s*[\"']?(?:https?:)?//"),
)  # fmt: skip

_SCHEMES = ("javascript", "vbscript")
_INSIDE = r"[\t\n\r]*"
_INSIDE_JSON = r"(?:\\[tnr])*"


def _split(gap: str) -> str:
    """The schemes that run code, with what a browser overlooks within a scheme."""
    return "|".join(gap.join(scheme) for scheme in _SCHEMES)


_RUNS = f"(?:{_split(_INSIDE)}){_INSIDE}:"
_BLANK = r"[\s\x00-\x20]*"
ADDRESSES = (
    rf"(?i)(?:href|src|action|formaction|data|values|to|from|poster|background)\s*=\s*[\"']?{_BLANK}{_RUNS}",
    rf"(?i)\]\s*\(\s*<?{_BLANK}{_RUNS}",
    rf"(?i)(?:^|\n)\s*\[[^\]\n]+\]:\s*<?{_RUNS}",
    rf"(?i)\burl\(\s*[\"']?{_BLANK}{_RUNS}",
    rf"(?i)(?:^|[^\w-]){_RUNS}(?:[\w.$%]+\s*[(=`]|[/(!\[+~])",
    r"(?i)\bdata:\s*(?:text/html|application/xhtml\+xml)\s*[;,]",
    r"(?i)(?:href|src|action|formaction|data)\s*=\s*[\"']?\s*data:image/svg\+xml[;,]",
)
"""Addresses that run code where a link leads to them; read with their character references resolved, as browsers do."""

_REFERENCE = lazily(r"&(?:#|colon|tab|newline|lpar|sol)", re.IGNORECASE)
_IN_ANY = ("data:", "&#", "&colon", "&tab", "&newline", "&lpar", "&sol")
_TO_ADDRESSES = "|".join(re.escape(word) for word in _IN_ANY)
_HAS_ADDRESS = f"(?i){_split(_INSIDE)}|{_TO_ADDRESSES}"
SCREEN = f"{TAGS.screen}|(?i:{_split(_INSIDE_JSON)}|{_TO_ADDRESSES})"
"""What every text has in it, as JSON spells it, in which `active` finds anything."""


def is_in_none(joined: str) -> bool:
    """Whether certainly none of some texts, joined by NUL characters, is active."""
    return TAGS.is_in_none(joined) and compiled(_HAS_ADDRESS).search(joined) is None


def active(text: str) -> str | None:
    """The first active HTML in a text, or the first address that runs code."""
    span = next(TAGS.places(text), None)
    if span is not None:
        return text[slice(*span)]
    if compiled(_HAS_ADDRESS).search(text) is None:
        return None
    read = html.unescape(text) if _REFERENCE.search(text) else text
    matches = (compiled(pattern).search(read) for pattern in ADDRESSES)
    return next((str(match.group()) for match in matches if match is not None), None)
