"""Guesses about Markdown: which heading and which key of the front matter is which field of a record."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from kb.guessing import guess_fields, value_kinds
from kb.guessing.guess_fields import Guess, Sketch
from kb.model import Document

HEADINGS: dict[str, tuple[str, ...]] = {
    "root_cause": ("root cause", "cause", "causes", "possible causes", "meaning", "reason", "why", "why it happens", "remarks",
                   "explanation", "background", "description", "overview", "summary", "what it does",
                   "ursache", "原因", "根本原因", "描述"),
    "diagnosis": ("diagnosis", "diagnose", "diagnostics", "troubleshooting", "investigation", "how to diagnose", "triage", "诊断",
                  "排查"),
    "workarounds": ("workarounds", "workaround", "solution", "solutions", "resolution", "fix", "fixes", "how to fix", "mitigation",
                    "remediation", "remedy", "possible solutions", "to fix this", "recovery", "lösung", "解决方案", "解决方法",
                    "解决办法",                     "修复"),
    "dead_ends": ("dead ends", "what does not work", "what doesn't work", "does not work", "do not", "don't", "pitfalls",
                  "common mistakes", "failed attempts", "anti patterns", "sackgassen", "无效方案"),
    "verify": ("verify", "verification", "how to verify", "validation", "confirm the fix", "验证"),
}  # fmt: skip
"""Headings of pages about failures, by the field that what stands below them is; in small letters."""

_LONGEST_TITLE, _MOST_TITLES = 60, 6


def draft(pages: Sequence[Document], domain: str) -> Sketch:
    """A mapping of pages about a domain."""
    places = guess_fields.columns([{"front": page["front"]} for page in pages])
    chosen = {field: one for field, one in guess_fields.assigned(places).items() if field not in _OF_THE_PAGE}
    fields = [*_identity(pages, domain), *guess_fields.plain_fields(chosen)]
    titles = _titles(pages)
    sections = {field: found for field in HEADINGS if (found := [one for one in titles if _likeness(field, one)])}
    fields += [
        _field(field, found[:_MOST_TITLES], titles, len(pages))
        for field, found in sections.items()
        if field not in _ITEMS
    ]
    if "root_cause" not in {guess.field for guess in fields} and any(page["lead"] for page in pages):
        fields.append(Guess("root_cause", "strip_md(lead)", 30, "what stands before the first heading"))
    lists = [_list(field, sections[field][:_MOST_TITLES], titles, len(pages)) for field in _ITEMS if field in sections]
    defaults = {"domain": guess_fields.default_domain(domain)}
    defaults |= {field: ("[]", "no heading of the samples names any") for field in _ITEMS if field not in sections}
    used = {title for found in sections.values() for title in found[:_MOST_TITLES]}
    unused = [*guess_fields.unused_of(places, chosen), *(f"“{title}”" for title in titles if title not in used)]
    return Sketch(fields, lists, guess_fields.values(chosen), defaults, unused, _claims(pages, titles, used))


_OF_THE_PAGE = frozenset({"id", "signature", "domain", "regex", *HEADINGS})
"""Fields that are made of the page itself, or where a text of the front matter would be taken for a section."""

_ITEMS = ("dead_ends", "workarounds")


def _identity(pages: Sequence[Document], domain: str) -> Iterator[Guess]:
    """The id is made of the title; the message is what is quoted at the top, if pages do that, else the title."""
    quoting = value_kinds.share(pages, lambda page: page["quote"])
    subject, sure = ("strip_md(quote || title)", int(80 * quoting)) if quoting >= 0.5 else ("strip_md(title)", 55)
    why = "what is quoted at the top of the page" if quoting >= 0.5 else "the title of the page"
    yield Guess("id", f"title && join('/', ['{domain}', slug(strip_md(title))])", 60, "of the title")
    yield Guess("signature", subject, sure, why)
    messages = [page["quote"] or page["title"] for page in pages]
    yield Guess(
        "regex", f"template({subject}{guess_fields.holes(messages)})", sure * 8 // 10, "the message, with its holes"
    )


def _titles(pages: Sequence[Document]) -> Counter[str]:
    """The headings of some pages that an expression can name, the commonest first, each with how many pages have it."""
    found: Counter[str] = Counter()
    for page in pages:
        found.update(set(_headings(page)))
    return Counter(dict(sorted(found.items(), key=lambda one: (-one[1], one[0]))))


def _headings(page: Document) -> Iterator[str]:
    left = list(page["sections"])
    while left:
        section = left.pop()
        left += section["sections"]
        title = " ".join((section["title"] or "").split())
        if title and len(title) <= _LONGEST_TITLE and "\\" not in title:
            yield title


def _likeness(field: str, title: str) -> int:
    """How sure it is that what stands below a heading is a field, in percent; 0 for no."""
    words = re.sub(r"[\W_]+", " ", title.replace("’", "'")).strip().casefold()
    known = [re.sub(r"[\W_]+", " ", word) for word in HEADINGS[field]]
    if words in known:
        return max(95 - 2 * known.index(words), 70)
    return 60 if fuzz.ratio(words, max(known, key=lambda word: fuzz.ratio(words, word))) >= 88 else 0


def _sure(field: str, found: Sequence[str], titles: Counter[str], pages: int) -> tuple[int, str]:
    having = max(titles[title] for title in found)
    return max(
        _likeness(field, title) for title in found
    ), f"by headings; “{found[0]}” is on {having:,} of {pages:,} pages"


def _section(found: Sequence[str]) -> str:
    return "section(@, {})".format(", ".join(map(guess_fields.literal, found)))


def _field(field: str, found: Sequence[str], titles: Counter[str], pages: int) -> Guess:
    section = _section(found)
    if field == "root_cause":
        return Guess(field, f"strip_md({section}.text)", *_sure(field, found, titles, pages))
    return Guess(field, f"({section} | items || paragraphs)[].strip_md(text || @)", *_sure(field, found, titles, pages))


def _list(field: str, found: Sequence[str], titles: Counter[str], pages: int) -> tuple[Guess, list[Guess]]:
    items = Guess(field, f"({_section(found)} | items || paragraphs)[]", *_sure(field, found, titles, pages))
    inner = [
        Guess(
            "action", "strip_md(text || @)", items.sure, "each item of a list, or each paragraph where there is none"
        ),
        Guess("sources", "links(@)", 70, "the addresses in it"),
    ]
    return items, inner


def _claims(pages: Sequence[Document], titles: Counter[str], used: set[str]) -> str | None:
    """A heading that every page has, or some of which each has one, of those that mean something here."""
    found: list[str] = []
    left = [set(_headings(page)) for page in pages]
    for title in titles:
        if title in used and len(found) < _MOST_TITLES and any(title in one for one in left):
            found.append(title)
            left = [one for one in left if title not in one]
    return f"{_section(found)} != null" if found and not left else None
