"""Markdown: a file is a record, a tree of its headings. Only blocks are parsed; what stands in a line stays as it is written.

A page as a document has these keys, all of them always:

| key | what it holds |
|---|---|
| `front` | the front matter, YAML between `---` or TOML between `+++`; {} without |
| `title` | the first heading of level 1, else `title` of the front matter, else null |
| `lead` | what stands before the first section: all of it, without the title |
| `quote` | the first block quote in the lead that is no note or warning, else null |
| `sections` | the sections below the title, each with its own |
| `text` | the page without its front matter |
| `markdown` | the page whole, as it is written |

It has the keys of a section besides (`paragraphs`, `items`, `code`, `quotes`, `tables`), for what stands in its lead.

A section has `title`, `level` (of its heading, 1 to 6), `text` (all that stands in it before the next heading), and of that
`paragraphs` (texts), `items` (of its lists, in order), `code`, `quotes` (texts), `tables` (lists of rows, which are lists of
cells; the header is the first); and `sections`. An item has `text` (without its lists and code), `code` and `items`. Code has
`lang` (null where none is named) and `text`. What stands in a quote is nowhere else.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from kb.contract import BOM, UnreadableError
from kb.model import Change, Document, Json
from kb.pointer import escape
from kb.sources.edit import Edit, carried_out
from kb.sources.locate import Span, nearest
from kb.sources.readers import toml_document, yaml_documents
from kb.sources.readers.source_text import check_depth, decoded, followed, offset_of

_NESTING = 20
"""So deep blocks are followed into each other: ten lists. What is deeper stays in the text of what holds it."""


class _Front(NamedTuple):
    """The front matter of a page: where its text starts and ends, where the body starts; `mark` is None without."""

    mark: str | None
    start: int
    end: int
    body: int


_OPENS = re.compile(r"(---|\+\+\+)[ \t]*(?:\r?\n|\Z)")
_CLOSES = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\r?\Z)", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*(?:\r?\n|\r?\Z)", re.MULTILINE),
}
_LANGUAGE = {"---": yaml_documents, "+++": toml_document}


def _front_of(text: str) -> _Front:
    opened = _OPENS.match(text)
    if opened is None:
        return _Front(None, 0, 0, 0)
    closed = _CLOSES[opened[1]].search(text, opened.end())
    if closed is None:
        raise UnreadableError(
            f"the front matter that {opened[1]} opens is not closed; close it, or write a rule as ***"
        )
    return _Front(opened[1], opened.end(), closed.start(), closed.end())


def read(raw: bytes) -> Document:
    """A page as a tree: see the top of this module.

    Raises:
        UnreadableError: its front matter is not closed, or no mapping.
    """
    return page(decoded(raw))


def page(text: str) -> Document:
    """The like, of a text.

    Raises:
        UnreadableError: as in `read`.
    """
    return _Page(text).document


def front(text: str) -> Document:
    """The front matter of a page.

    Raises:
        UnreadableError: as in `read`.
    """
    mark, start, end, _ = _front_of(text)
    written = text[start:end]
    if mark is None or not _says_something(written):
        return {}
    try:
        values = yaml_documents.mapping(written) if mark == "---" else toml_document.table(written)
        check_depth(values, 2)
    except UnreadableError as error:
        at = offset_of(text, start) + error.at
        raise UnreadableError(f"front matter: {error}", at) from None
    return values


def _says_something(written: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in written.splitlines())


class _Mark(NamedTuple):
    """Where a value of a page stands: what holds it, its key there, and its lines, from the first to behind the last."""

    holder: Json
    key: str | int
    first: int
    last: int


def _nothing() -> Document:
    """What stands in a section, before any of it is known."""
    return {"paragraphs": [], "items": [], "code": [], "quotes": [], "tables": [], "sections": []}


class _Page:
    """A page that is made into a tree; `marks` say where in the body its values stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.front = front(text)
        self.body = text[_front_of(text).body :]
        self.marks: list[_Mark] = []
        normal = self.body.replace("\r\n", "\n").replace("\r", "\n") if "\r" in self.body else self.body
        self._lines = normal.split("\n")
        self._tokens = _tokens(normal)
        self.document = self._document(normal)

    def _document(self, normal: str) -> Document:
        headings = self._headings()
        document: Document = {
            "front": self.front,
            "title": None,
            "lead": "",
            "quote": None,
            **_nothing(),
            "text": normal.strip("\n"),
            "markdown": self.text,
        }
        title = next((at for at in headings if self._tokens[at].tag == "h1"), None)
        if title is not None:
            document["title"] = self._title(title)
            self._mark(document, "title", self._tokens[title])
        elif isinstance(self.front.get("title"), str):
            document["title"] = self.front["title"]
        self._lead(document, headings, title)
        self._sections(document, headings[1:] if title is not None and title == headings[0] else headings)
        return document

    def _lead(self, document: Document, headings: Sequence[int], title: int | None) -> None:
        """What stands before the first section: above the title, if that is the first heading, and below it."""
        first, second = [*headings, len(self._tokens), len(self._tokens)][:2]
        above = self._raw(0, self._line(first))
        self._blocks(document, 0, first)
        lines = (0, self._line(first))
        if title is not None and title == first:
            lines = (self._tokens[title].map[1], self._line(second))
            self._blocks(document, title + 3, second)
            above = "\n\n".join(filter(None, (above, self._raw(*lines))))
        document["lead"] = above
        self.marks.append(_Mark(document, "lead", *lines))
        for at, quote in enumerate(document["quotes"]):
            if not quote.startswith("[!"):  # a note or a warning, as some hosts write them
                document["quote"] = quote
                known = next(mark for mark in self.marks if mark.holder is document["quotes"] and mark.key == at)
                self.marks.append(known._replace(holder=document, key="quote"))
                break

    def _headings(self) -> list[int]:
        return [at for at, token in enumerate(self._tokens) if token.type == "heading_open" and token.level == 0]

    def _title(self, at: int) -> str:
        return _ANCHOR.sub("", self._tokens[at + 1].content)

    def _line(self, at: int) -> int:
        """The line at which a token begins that opens a block, or the end."""
        return self._tokens[at].map[0] if at < len(self._tokens) else len(self._lines)

    def _raw(self, first: int, last: int) -> str:
        return "\n".join(self._lines[first:last]).strip("\n").rstrip()

    def _mark(self, holder: Json, key: str | int, token: Any) -> None:  # noqa: ANN401 - a token of the parser
        self.marks.append(_Mark(holder, key, *token.map))

    def _sections(self, document: Document, starts: Sequence[int]) -> None:
        opened: list[tuple[int, Document]] = [(0, document)]
        for at, end in pairwise([*starts, len(self._tokens)]):
            heading = self._tokens[at]
            level = int(heading.tag[1])
            while opened[-1][0] >= level:
                opened.pop()
            section: Document = {
                "title": self._title(at),
                "level": level,
                "text": self._raw(heading.map[1], self._line(end)),
                **_nothing(),
            }
            holder = opened[-1][1]["sections"]
            self._mark(holder, len(holder), heading)
            self._mark(section, "title", heading)
            self._mark(section, "level", heading)
            self.marks.append(_Mark(section, "text", heading.map[1], self._line(end)))
            holder.append(section)
            opened.append((level, section))
            self._blocks(section, at + 3, end)

    def _blocks(self, section: Document, at: int, end: int) -> None:
        """Put the blocks between two tokens into a section."""
        while at < end:
            token = self._tokens[at]
            kind = token.type
            if kind == "paragraph_open":
                self._add(section["paragraphs"], self._tokens[at + 1].content, token)
            elif kind == "html_block" and not _is_comment(token):
                self._add(section["paragraphs"], token.content.strip(), token)
            elif kind in _CODE:
                self._add(section["code"], _code(token), token)
            elif kind in _LISTS:
                at = self._items(section["items"], at)
            elif kind == "blockquote_open":
                self._add(section["quotes"], self._quote(token), token)
                at = self._closing(at)
            elif kind == "table_open":
                at = self._table(section["tables"], at)
            at += 1

    def _add(self, holder: list[Any], value: Json, token: Any) -> None:  # noqa: ANN401 - as above
        self._mark(holder, len(holder), token)
        holder.append(value)

    def _closing(self, at: int) -> int:
        """The token that closes what one opens."""
        depth = 0
        while True:
            depth += self._tokens[at].nesting
            if not depth:
                return at
            at += 1

    def _quote(self, token: Any) -> str:  # noqa: ANN401 - as above
        first, last = token.map
        return "\n".join(_QUOTE.sub("", line) for line in self._lines[first:last]).strip("\n").rstrip()

    def _table(self, tables: list[Any], at: int) -> int:
        rows: list[list[str]] = []
        self._add(tables, rows, self._tokens[at])
        while self._tokens[at].type != "table_close":
            token = self._tokens[at]
            if token.type == "tr_open":
                self._add(rows, [], token)
            elif token.type == "inline":
                rows[-1].append(token.content)
            at += 1
        return at

    def _items(self, items: list[Any], at: int) -> int:
        """Put the items of a list behind others, each with the lists in it; the token that closes the list."""
        opened: list[tuple[list[Any], Document | None]] = [(items, None)]
        while True:
            token = self._tokens[at]
            kind = token.type
            holder, item = opened[-1]
            if kind == "list_item_open":
                item = {"text": "", "code": [], "items": []}
                self._add(holder, item, token)
                self.marks.append(_Mark(item, "text", *token.map))
                opened.append((item["items"], item))
            elif kind == "list_item_close":
                opened.pop()
                if item is not None:
                    item["text"] = "\n\n".join(item.pop("parts", ()))
            elif item is not None and kind == "inline":
                item.setdefault("parts", []).append(token.content)
            elif item is not None and kind == "html_block" and not _is_comment(token):
                item.setdefault("parts", []).append(token.content.strip())
            elif item is not None and kind in _CODE:
                self._add(item["code"], _code(token), token)
            elif item is not None and kind == "blockquote_open":
                item.setdefault("parts", []).append(self._quote(token))
                at = self._closing(at)
            elif kind in _LIST_ENDS and token.level == 0:
                return at
            at += 1

    def spans(self) -> dict[str, Span]:
        """Where every value of the page stands, the front matter among them."""
        mark, start, end, body = _front_of(self.text)
        found = {"": Span(0, 0, len(self.text)), "/text": Span(body, body, len(self.text))}
        found |= {"/front": Span(0, 0, body), "/markdown": found[""]}
        if mark:
            own = _LANGUAGE[mark].spans(self.text[start:end])
            found |= {
                f"/front{pointer}": Span(*(place + start for place in span)) for pointer, span in own.items() if pointer
            }
        if "/front/title" in found:
            found["/title"] = found["/front/title"]
        starts = [match.end() + body for match in _LINE_ENDS.finditer(self.body)]
        starts = [body, *starts, len(self.text) + 1]
        pointers = dict(_holders(self.document, ""))
        for holder, key, first, last in self.marks:
            outer = pointers[id(holder)]
            value = holder[key]
            found[f"{outer}/{escape(str(key))}"] = self._span(starts, first, last, value)
        return found

    def _span(self, starts: list[int], first: int, last: int, value: Json) -> Span:
        """From where a value begins on its lines to where they end."""
        last = max(min(last, len(starts) - 1), first + 1)
        begin, end = starts[first], min(starts[last] if last < len(starts) else len(self.text), len(self.text))
        written = self.text[begin:end]
        shown = value.get("text", value.get("title")) if isinstance(value, dict) else value
        line = shown.split("\n", 1)[0].strip() if isinstance(shown, str) else ""
        at = max(written.find(line), 0) if line else len(written) - len(written.lstrip())
        start = begin + at
        if isinstance(value, str) and value and written.startswith(value, at):
            return Span(start, start, start + len(value))
        return Span(start, start, max(begin + len(written.rstrip()), start))


def _holders(value: Json, pointer: str) -> Iterator[tuple[int, str]]:
    """The pointers of what holds values, by identity."""
    yield id(value), pointer
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        if isinstance(child, dict | list) and not (key == "front" and not pointer):
            yield from _holders(child, f"{pointer}/{key}")


_CODE = frozenset({"fence", "code_block"})
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_LIST_ENDS = frozenset({"bullet_list_close", "ordered_list_close"})
_ANCHOR = re.compile(r"(?<!\s)\s*\{#[^{}\s]*\}\Z")
_QUOTE = re.compile(r"^ {0,3}> ?")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def _code(token: Any) -> Document:  # noqa: ANN401 - as above
    words = token.info.split(None, 1)
    return {"lang": words[0] if words else None, "text": token.content.rstrip("\n")}


def _is_comment(token: Any) -> bool:  # noqa: ANN401 - as above
    return bool(token.content.lstrip().startswith("<!--"))


_NEEDED = {
    "table": re.compile(r"\|"),
    "fence": re.compile(r"```|~~~"),
    "blockquote": re.compile(">"),
    "hr": re.compile(r"(?:[*_-][ \t]*){3}"),
    "reference": re.compile(r"\]:"),
    "html_block": re.compile("<"),
    "heading": re.compile("#"),
    "lheading": re.compile(r"[=-][ \t]*$", re.MULTILINE),
}
"""What stands in every text in which a rule of the parser finds something: without it the rule is not asked, line by line."""


def _tokens(text: str) -> list[Any]:
    rules = frozenset(rule for rule, needed in _NEEDED.items() if needed.search(text))
    tokens: list[Any] = _parser(rules).parse(text)
    return tokens


@cache
def _parser(rules: frozenset[str]) -> Any:  # noqa: ANN401 - a class that few commands import
    from markdown_it import MarkdownIt  # noqa: PLC0415 - most files are JSON

    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING})
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.enableOnly(["code", "list", "paragraph", *sorted(rules)])
    return parser


def places(raw: bytes, wanted: Collection[str]) -> dict[str, Span]:
    """Where some values stand, else what holds them; in a page that cannot be read, its beginning."""
    try:
        found = _Page(followed(raw)).spans()
    except UnreadableError:
        found = {}
    return nearest(found, wanted)


def edit(raw: bytes, changes: Sequence[Change]) -> list[Edit] | None:
    """The smallest edits of values in the front matter; None for the rest, and where that cannot be done safely."""
    if not all(change.pointer.startswith("/front/") for change in changes):
        return None
    mark = len(raw) - len(raw.removeprefix(BOM))
    try:
        text = decoded(raw)
        language, start, end, _ = _front_of(text)
    except UnreadableError:
        return None
    if language is None:
        return None
    own = [change._replace(pointer=change.pointer.removeprefix("/front")) for change in changes]
    written = text[start:end].encode()
    edits = _LANGUAGE[language].edit(written, own)
    if edits is None:
        return None
    before = text[:start].encode()
    after = before + carried_out(written, edits)
    if _front_of((after + text[end:].encode()).decode())[1:3] != (start, len(after.decode())):
        return None  # a line of the new text would close it
    return [one.shifted(mark + len(before)) for one in edits]


def keep(document: Document) -> Json:
    """A page as it is written."""
    return {"markdown": document["markdown"]}


def restore(kept: Json) -> Document:
    """The page from what was kept.

    Raises:
        UnreadableError: it was changed to what is none.
    """
    return page(kept["markdown"])


def write(kept: Json) -> bytes:
    """A page as it is written."""
    return str(kept["markdown"]).encode()
