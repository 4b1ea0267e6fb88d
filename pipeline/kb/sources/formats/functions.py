"""The functions of expressions: those of JMESPath, and kb's own, of which each is total and hands null on."""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import re2
from jmespath.functions import Functions as OfJmespath
from jmespath.functions import signature

from kb.analysis.characters import normalized
from kb.model import LONGEST_RECORD, Json


class Placed(str):
    """A text that knows where it stands in the source document, as an RFC 6901 pointer."""

    __slots__ = ("pointer",)
    pointer: str

    @classmethod
    def at(cls, text: str, pointer: str) -> "Placed":
        placed = cls(text)
        placed.pointer = pointer
        return placed


Placed.__name__ = "str"  # by this JMESPath knows what is a text


class TooMuchError(Exception):
    """What would take more time or room than a record may."""


class Described(NamedTuple):
    """A function of kb: how it is called, what it gives, and an example with its answer."""

    call: str
    gives: str
    example: str
    answer: Json


FUNCTIONS: Mapping[str, Described] = {
    "slug": Described("slug(text)", "the text as a segment of an id", "slug('Héllo, World!')", "hello-world"),
    "split": Described(
        "split(text, separator)", "the parts of a text, without blanks around them", "split('a; b;', ';')", ["a", "b"]
    ),
    "lines": Described("lines(text)", "the lines of a text that are not blank", "lines(' a\\n\\nb')", ["a", "b"]),
    "items": Described(
        "items(section or text)",
        "the items of the lists there, as objects with `text`",
        "items('* a\\n* b')[].text",
        ["a", "b"],
    ),
    "section": Described(
        "section(@, 'Title', …)",
        "the section of a Markdown page with the first of these titles that there is, whatever the case; else null",
        "section(@, 'Cause')",
        None,
    ),
    "front": Described(
        "front(@, 'key')", "a value of the front matter of a Markdown page", "front(@, 'ms.date')", None
    ),
    "link": Described(
        "link(text or section)",
        "the first absolute URL there, or null",
        "link('see <https://x.org/a>')",
        "https://x.org/a",
    ),
    "links": Described(
        "links(text or section)", "every absolute URL there, once", "links('https://x.org')", ["https://x.org"]
    ),
    "date": Described(
        "date(text, format?)",
        "a day as YYYY-MM-DD; null where the text is none. The format is written as in `%m/%d/%Y`; without it, the year is first",
        "date('11/04/2016', '%m/%d/%Y')",
        "2016-11-04",
    ),
    "number": Described(
        "number(text)", "the number that a text is, or null; of a percentage, its share", "number('85 %')", 0.85
    ),
    "strip_md": Described(
        "strip_md(text)", "a text without the marks of Markdown", "strip_md('**a** [b](https://x.org)')", "a b"
    ),
    "template": Described(
        "template(text, hole, …)",
        "a pattern for the messages that a template makes; in a hole, * stands for anything between its ends",
        "template('Cannot find %s', '%s')",
        "Cannot\\s+find\\s+.+",
    ),
}
"""kb's own functions, as the documentation shows them."""

_TEXT: Any = {"types": ["string", "null"]}
_ANY: Any = {"types": []}
_NODE: Any = {"types": ["string", "object", "array", "null"]}


def _traced(made: Json, source: Json) -> Json:
    """A text that was made from another has its place."""
    if isinstance(made, str) and isinstance(source, Placed):
        return Placed.at(made, source.pointer)
    return made


class Functions(OfJmespath):
    """JMESPath's functions and kb's; each is held to what a record may take."""

    def charge(self, steps: int) -> None:
        """Count steps that a function takes."""

    # ---- JMESPath's own, bounded -----------------------------------------------------------------------------------

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, array: list[str]) -> str:
        size = sum(map(len, array)) + len(separator) * max(len(array) - 1, 0)
        _check_size(size)
        self.charge(size >> 6)
        first = next((text for text in array if isinstance(text, Placed)), None)
        joined: str = _traced(separator.join(array), first)
        return joined

    @signature({"types": []})
    def _func_to_string(self, arg: Json) -> str:
        if isinstance(arg, str):
            return arg
        text = json.dumps(arg, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        _check_size(len(text))
        return text

    @signature({"types": []})
    def _func_to_number(self, arg: Json) -> Json:
        return arg if _is_number(arg) else number(arg) if isinstance(arg, str) and "%" not in arg else None

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Json, search: Json) -> bool:
        return isinstance(search, str) and search in subject if isinstance(subject, str) else search in subject

    @signature({"types": ["array", "string"]})
    def _func_reverse(self, arg: Json) -> Json:
        return _traced(arg[::-1], arg)

    # ---- kb's ------------------------------------------------------------------------------------------------------

    @signature({"types": ["string", "number", "null"]})
    def _func_slug(self, text: Json) -> Json:
        return None if text is None else _traced(slug(str(text)), text)

    @signature(_TEXT, {"types": ["string"]})
    def _func_split(self, text: Json, separator: str) -> Json:
        if text is None:
            return None
        if not separator:
            raise ValueError("split() needs a separator that is not empty")
        self.charge(text.count(separator))
        return [_traced(part.strip(), text) for part in text.split(separator) if part.strip()]

    @signature(_TEXT)
    def _func_lines(self, text: Json) -> Json:
        if text is None:
            return None
        self.charge(text.count("\n"))
        return [_traced(line.strip(), text) for line in text.splitlines() if line.strip()]

    @signature(_NODE)
    def _func_items(self, node: Json) -> Json:
        if isinstance(node, list):
            return [item for part in node for item in self._func_items(part) or ()]
        if isinstance(node, str):
            self.charge(node.count("\n"))
            found = (_ITEM.match(line) for line in node.splitlines())
            return [{"text": _traced(match[1].strip(), node), "code": [], "items": []} for match in found if match]
        return node.get("items") if isinstance(node, dict) else None

    @signature(_ANY, {"types": ["string"], "variadic": True})
    def _func_section(self, page: Json, *titles: str) -> Json:
        for title in titles:
            wanted = _title(title)
            for section in self._sections(page):
                if _title(section.get("title")) == wanted:
                    return section
        return None

    def _sections(self, page: Json) -> Iterator[dict[str, Any]]:
        """Every section of a page, in its order."""
        left = [page]
        while left:
            self.charge(1)
            node = left.pop()
            inner = node.get("sections") if isinstance(node, dict) else None
            if node is not page and isinstance(node, dict):
                yield node
            left += reversed(inner) if isinstance(inner, list) else []

    @signature(_ANY, {"types": ["string"]})
    def _func_front(self, page: Json, key: str) -> Json:
        matter = page.get("front") if isinstance(page, dict) else None
        return matter.get(key) if isinstance(matter, dict) else None

    @signature(_NODE)
    def _func_link(self, node: Json) -> Json:
        return next(iter(self._links(node)), None)

    @signature(_NODE)
    def _func_links(self, node: Json) -> Json:
        return None if node is None else list({str(url): url for url in self._links(node)}.values())

    def _links(self, node: Json) -> Iterator[str]:
        if isinstance(node, str):
            for match in _URL.finditer(node):
                self.charge(1)
                yield _traced(_trimmed(match[0]), node)
        elif isinstance(node, dict):
            yield from self._links(node.get("text"))
        elif isinstance(node, list):
            for part in node:
                yield from self._links(part)

    @signature(_TEXT, {"types": ["string", "null"], "variadic": True})
    def _func_date(self, text: Json, *form: str) -> Json:
        return None if text is None else _traced(date(text, *form), text)

    @signature({"types": ["string", "number", "null"]})
    def _func_number(self, text: Json) -> Json:
        return number(text) if isinstance(text, str) else text

    @signature(_TEXT)
    def _func_strip_md(self, text: Json) -> Json:
        return None if text is None else _traced(strip_md(text), text)

    @signature(_TEXT, {"types": ["string"], "variadic": True})
    def _func_template(self, text: Json, *holes: str) -> Json:
        return None if text is None else _traced(template(text, *holes), text)

    def _type_check(self, actual: list[Json], signature: Any, function_name: str) -> None:  # noqa: ANN401 - jmespath's
        """Look at every argument; jmespath looks but at the first of those that may be many."""
        parameters = [*signature, *[signature[-1]] * (len(actual) - len(signature))] if signature else signature
        super()._type_check(actual, parameters, function_name)  # type: ignore[misc] # the stubs leave it out

    def _validate_arguments(self, args: list[Json], signature: Any, function_name: str) -> None:  # noqa: ANN401 - as above
        """Let what may be given any number of times be left out, where the function does without."""
        if function_name in _DOING_WITHOUT and len(args) == 1:
            signature = signature[:1]
        super()._validate_arguments(args, signature, function_name)  # type: ignore[misc] # as above


_DOING_WITHOUT = frozenset({"date", "template"})


@cache
def known() -> dict[str, tuple[int, int | None]]:
    """The name of every function, with how many arguments it takes at least, and at most (None: any number)."""
    counts: dict[str, tuple[int, int | None]] = {}
    for name, spec in Functions.FUNCTION_TABLE.items():
        parameters = spec["signature"]
        is_open = bool(parameters) and bool(parameters[-1].get("variadic"))
        counts[name] = (len(parameters), None if is_open else len(parameters))
    return counts | {"date": (1, 2), "template": (1, None)}


def _check_size(characters: int) -> None:
    if characters > LONGEST_RECORD:
        raise TooMuchError(f"makes a text of more than {LONGEST_RECORD:,} characters; make it less")


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# ---- texts -----------------------------------------------------------------------------------------------------------


def slug(text: str) -> str:
    """A text as a segment of an id: lower-case letters of ASCII, digits, and hyphens between them."""
    plain = normalized("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")


_ITEM = re.compile(r"[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]+(.*)")

_URL = re.compile(r"https?://[^\s<>\"'`\\^{}|\[\]]+", re.IGNORECASE)


def _trimmed(url: str) -> str:
    """A URL without what closes the sentence or the bracket that it stands in."""
    url = url.rstrip(".,;:!?*_")
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1].rstrip(".,;:!?*_")
    return url


def _title(text: Json) -> str | None:
    """A title to be compared: without marks, case, blanks and the colon at its end."""
    return " ".join(strip_md(text).split()).rstrip(":").casefold() if isinstance(text, str) else None


_DAY = re.compile(r"\s*([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])")
_DIRECTIVES = re.compile(r"%(?![YymdbBHMSjaAIpfzZ%])")


def date(text: str, form: str | None = None) -> str | None:
    """A day as YYYY-MM-DD; None where the text is none. Without a form, the year comes first, and what follows is passed over.

    Raises:
        ValueError: the form is none.
    """
    if form is None:
        match = _DAY.match(text)
        return _day(*map(int, match.groups())) if match else None
    if _DIRECTIVES.search(form) or len(form) > 50:
        raise ValueError(f"{form!r} is no form of a day; write it as in %d.%m.%Y")
    try:
        moment = dt.datetime.strptime(text.strip()[:100], form)  # noqa: DTZ007 - a day is wanted
    except (ValueError, re.error):
        return None
    return moment.date().isoformat()


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


_NUMBER = re.compile(r"\s*([-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(%?)\s*")


def number(text: str) -> float | None:
    """The number that a text is, or None; of a percentage, its share."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = float(match[1]) if "." in match[1] else int(match[1])
    return round(value / 100, 12) if match[2] else value


_MARKS: tuple[tuple[Any, str], ...] = (
    (re2.compile(r"\s*\{#[^}\n]*\}"), ""),  # an anchor
    (re2.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)"), r"\1"),  # an image or a link
    (re2.compile(r"\[([^\[\]\n]*)\]\[[^\[\]\n]*\]"), r"\1"),
    (re2.compile(r"<(https?://[^<>\s]*)>"), r"\1"),
    (re2.compile(r"(?m)^[ \t]*(?:#{1,6}|>)[ \t]+"), ""),
    (re2.compile(r"(?m)[ \t]+#+[ \t]*$"), ""),
    (re2.compile(r"`+ ?([^`\n]*?) ?`+"), r"\1"),
    (re2.compile(r"(?m)(^|[^\\*])\*{1,3}([^\s*](?:[^*\n]*[^\s*\\])?)\*{1,3}"), r"\1\2"),
    (re2.compile(r"(?m)(^|[^\w])_{1,2}([^\s_](?:[^_\n]*[^\s_])?)_{1,2}($|[^\w])"), r"\1\2\3"),
    (re2.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)


_MAY_BE_MARKED = re.compile(r"[{\[<#>`*_\\]")
"""Each mark has one of these: most texts have none, titles above all."""


def strip_md(text: str) -> str:
    """A text without the marks of Markdown: emphasis, code, links, headings, quotes. What is code stays as it is."""
    return _unmarked(text) if _MAY_BE_MARKED.search(text) else text.strip()


_CODE = re.compile(r"(?<![`\\])(?:`([^`\n]+)`|``((?:[^`\n]|`(?!`))+)``)(?!`)")
_SET_ASIDE = re.compile("\0([0-9]+)\0")


def _unmarked(text: str) -> str:
    code: list[str] = []

    def set_aside(span: re.Match[str]) -> str:
        code.append((span[1] or span[2]).strip(" "))
        return f"\0{len(code) - 1}\0"

    if "\0" not in text:
        text = _CODE.sub(set_aside, text)
    for pattern, plain in _MARKS:
        text = pattern.sub(plain, text)
    return (_SET_ASIDE.sub(lambda place: code[int(place[1])], text) if code else text).strip()


_SPECIAL = re.compile(r"([\\.+*?()\[\]{}^$|])")


def template(text: str, *holes: str) -> str:
    """A pattern (RE2) that matches what is made from a template by filling its holes; any blanks match any others.

    Blanks around it are not asked for.
    """
    text = text.strip()
    pieces = [text]
    if holes:
        pieces = _hole_pattern(holes).split(text)
    parts = [_BLANKS.sub(r"\\s+", _escaped(piece)) for piece in pieces]
    return ".+".join(parts)


_BLANKS = re.compile(r"[ \t\n\f\r]+")


def _hole_pattern(holes: tuple[str, ...]) -> Any:  # noqa: ANN401 - a compiled pattern of RE2
    """What matches any of some holes, the longest first; a star in one is anything but the character behind it."""
    if any(not hole.strip("*") for hole in holes):
        raise ValueError("a hole is more than a star; write it with what is around it, as in '{*}'")
    return re2.compile("|".join(_hole(hole) for hole in sorted(holes, key=lambda hole: -len(hole))))


def _hole(hole: str) -> str:
    before, star, after = hole.partition("*")
    within = f"[^{re.escape(after[0])}\\n]*" if after else r"\w*" if star else ""
    return _escaped(before) + within + _escaped(after)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
