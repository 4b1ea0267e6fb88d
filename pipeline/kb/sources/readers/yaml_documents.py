"""YAML: each document of a stream is a record, or each item, where a document is a list.

Plain scalars are read by the core schema of YAML 1.2: `no` and `2016-11-04` are texts. A number with a leading zero is a
text too, for versions of YAML disagree on it. What a document can do beyond JSON is refused by name: tags that make other
things, keys that are no scalars, merge keys. Aliases are copies, and bounded.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import IO, Any, NamedTuple

from kb.contract import BOM, MAX_DEPTH, UnreadableError
from kb.model import Change, Document, Json
from kb.pointer import escape
from kb.sources.edit import Edit
from kb.sources.locate import Span, nearest
from kb.sources.readers.source_text import (
    TOO_DEEP,
    decoded,
    edited,
    followed,
    in_place,
    kept_number,
    offset_of,
)
from kb.sources.split import LONGEST, Piece
from kb.words import show

MOST_COPIED = 100_000
"""So many values the aliases of a document stand for at most, and so many characters a hundred times."""

_MARK = re.compile(rb"(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
_ITEM = re.compile(rb"-(?=[ \t\r\n]|\Z)")
_EMPTY = re.compile(rb"[ \t\r\n]*(?:#|\Z)")


# cutting -----------------------------------------------------------------------------------------------------------------


class _Cut:
    """The lines of one document, or of one item of a list, as far as they are kept."""

    def __init__(self, line: int, offset: int, *, marked: bool = False) -> None:
        self.line = line
        self.offset = offset
        self.marked = marked  # by `---`
        self.holds = False  # something
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, line: bytes) -> None:
        if self._size < LONGEST:
            self._lines.append(line[: LONGEST - self._size])
            self._size += len(line)

    def piece(self) -> Piece:
        return Piece(self.line, 1, b"".join(self._lines), self.offset)


def pieces(_name: str, stream: IO[bytes]) -> Iterator[Piece]:
    """The documents of a stream, or the items of those that are lists, in order. What holds nothing is none."""
    found = _pieces(stream)
    first = next(found, None)
    second = next(found, None)
    if first is None:
        yield Piece(None, 1, b"", 0)
        return
    alone = second is None and first.line == 1
    yield first._replace(line=None) if alone else first
    if second is not None:
        yield second
        yield from found


def _pieces(stream: IO[bytes]) -> Iterator[Piece]:
    part = _Cut(1, 0)
    in_list = False
    for number, offset, line, starts in _lines(stream):
        mark = _MARK.match(line) if starts else None
        if mark and mark[0] == b"---" and (part.holds or part.marked):
            if part.holds:
                yield part.piece()
            part, in_list = _Cut(number, offset), False
        if mark and mark[0] == b"---":
            part.marked = True
            part.holds = not _EMPTY.match(line[3:])
        elif mark:
            part.add(line)
            if part.holds:
                yield part.piece()
            part, in_list = _Cut(number + 1, offset + len(line)), False
            continue
        elif starts and _ITEM.match(line) and (in_list or not part.holds):
            if part.holds:
                yield part.piece()
            part, in_list = _Cut(number, offset, marked=True), True
            part.holds = True
        elif not _EMPTY.match(line) and not (starts and line.startswith(b"%") and not part.marked):
            part.holds = True
        part.add(line)
    if part.holds:
        yield part.piece()


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, int, bytes, bool]]:
    """Number, offset and bytes of each line, without the byte order mark; one too long comes in parts: does it start there?"""
    number, offset, starts = 1, 0, True
    while line := stream.readline(LONGEST):
        if not offset and line.startswith(BOM):
            line, offset = line.removeprefix(BOM), len(BOM)
        yield number, offset, line, starts
        offset += len(line)
        starts = line.endswith(b"\n")
        number += starts


# reading -----------------------------------------------------------------------------------------------------------------


def read(raw: bytes) -> Document:
    """The mapping that a document is, or that the only item of its list is.

    Raises:
        UnreadableError: it is none, or holds what is refused.
    """
    return mapping(decoded(raw))


def mapping(text: str) -> Document:
    """The like, of a text. A document without anything in it is refused, too.

    Raises:
        UnreadableError: as in `read`.
    """
    value = _Document(text).value()
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "empty" if value is None else "one value"
        raise UnreadableError(f"a record is a mapping of keys to values, this is {kind}; wrap or remove it")
    return value


def places(raw: bytes, wanted: Collection[str]) -> dict[str, Span]:
    """Where some values stand, else what holds them; of a broken document, as far as it can be followed."""
    return nearest(spans(followed(raw)), wanted)


def spans(text: str) -> dict[str, Span]:
    """Where every value stands; what an alias stands for is where the alias is."""
    document = _Document(text, located=True)
    try:
        value = document.value()
    except UnreadableError:
        value = None
    if isinstance(value, list) and len(value) == 1:
        return {pointer[2:]: span for pointer, span in document.spans.items() if pointer.startswith("/0")}
    return document.spans


class _Frame:
    """A list or mapping that is open."""

    __slots__ = ("anchor", "begin", "container", "has_key", "key", "key_at", "pointer")

    def __init__(self, container: Json, anchor: str | None, pointer: str, begin: int) -> None:
        self.container = container
        self.anchor = anchor
        self.pointer = pointer
        self.begin = begin
        self.has_key = False
        self.key = ""
        self.key_at = 0


class _Document:
    """One document, made of the parser's events; nothing of PyYAML's own making of values is used."""

    def __init__(self, text: str, *, located: bool = False) -> None:
        self._text = text
        self._located = located
        self._open: list[_Frame] = []
        self._anchors: dict[str, Json] = {}
        self._nodes = MOST_COPIED
        self._characters = 100 * MOST_COPIED
        self._documents = 0
        self._value: Json = None
        self.spans: dict[str, Span] = {}

    def value(self) -> Json:
        """What it says; None of an empty one.

        Raises:
            UnreadableError: the text is no YAML, or says more than JSON can.
        """
        import yaml  # noqa: PLC0415 - most files are JSON

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        opening, closing = (
            (yaml.MappingStartEvent, yaml.SequenceStartEvent),
            (
                yaml.MappingEndEvent,
                yaml.SequenceEndEvent,
            ),
        )
        try:
            for event in yaml.parse(self._text, Loader=loader):
                kind = type(event)
                if kind is scalar:
                    self._scalar(event)
                elif kind in opening:
                    self._begin(event, {} if kind is yaml.MappingStartEvent else [])
                elif kind in closing:
                    self._end(event)
                elif kind is alias:
                    self._alias(event)
                elif kind is yaml.DocumentStartEvent:
                    self._documents += 1
                    if self._documents > 1:
                        raise self._refused("a second document begins here; write one", event)
        except yaml.MarkedYAMLError as error:
            at = offset_of(self._text, error.problem_mark.index) if error.problem_mark else 0
            raise UnreadableError(f"not YAML: {error.problem or error.context}; correct it at the source", at) from None
        except yaml.YAMLError as error:
            reason = getattr(error, "reason", None) or "a character that YAML does not allow"
            raise UnreadableError(
                f"not YAML: {reason}; correct it at the source", max(getattr(error, "position", 0) or 0, 0)
            ) from None
        return self._value

    def _refused(self, why: str, event: Any) -> UnreadableError:  # noqa: ANN401 - an event of the parser
        return UnreadableError(why, offset_of(self._text, event.start_mark.index))

    def _scalar(self, event: Any) -> None:  # noqa: ANN401 - as above
        top = self._open[-1] if self._open else None
        if top is not None and not top.has_key and type(top.container) is dict:
            self._key(top, event)
            return
        value = self._resolved(event)
        if event.anchor:
            self._anchors[event.anchor] = value
        self._put(value, event)

    def _key(self, top: _Frame, event: Any) -> None:  # noqa: ANN401 - as above
        key = event.value
        if key == "<<" and event.implicit[0]:
            raise self._refused("a merge key (<<) is not read; write the keys out", event)
        if event.tag is not None:
            self._resolved(event)
        if event.anchor:
            self._anchors[event.anchor] = key
        if key in top.container:
            raise self._refused(f"the key {show(key)} stands twice in one mapping; keep one", event)
        top.key, top.has_key = key, True
        if self._located:
            top.key_at = event.start_mark.index

    def _resolved(self, event: Any) -> Json:  # noqa: ANN401 - as above
        text: str = event.value
        if event.tag is None:
            if not event.implicit[0]:
                return text
            if text and text[0] not in _FIRST:
                return text
            return self._plain(event)
        kind = _SCALARS.get(event.tag)
        if kind is None:
            raise self._refused(f"the tag {_shown_tag(event.tag)} is not read; write text, a number or a list", event)
        if kind is str:
            return text
        value = self._plain(event)
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:
            raise self._refused(f"{show(text)} is not what the tag {_shown_tag(event.tag)} says; correct it", event)
        return value

    def _plain(self, event: Any) -> Json:  # noqa: ANN401 - as above
        text: str = event.value
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        match = _NUMBER.fullmatch(text)
        if match is None:
            return text
        value: float
        if match["special"]:
            value = float(text.replace(".", ""))
        elif match["float"]:
            value = float(text)
        else:
            value = int(text, 0 if match["based"] else 10) if len(text) < _LONGEST_NUMBER else 1 << 64
        try:
            return kept_number(text, value)
        except UnreadableError as error:
            raise self._refused(str(error), event) from None

    def _begin(self, event: Any, container: Json) -> None:  # noqa: ANN401 - as above
        if len(self._open) >= MAX_DEPTH:
            raise self._refused(TOO_DEEP, event)
        if event.tag not in {None, _TAG + ("map" if type(container) is dict else "seq")}:
            raise self._refused(f"the tag {_shown_tag(event.tag)} is not read; remove it", event)
        top = self._open[-1] if self._open else None
        if top is not None and not top.has_key and type(top.container) is dict:
            raise self._refused("a key is a list or a mapping; write it as text", event)
        pointer, begin = self._here(event) if self._located else ("", 0)
        if self._located:
            self.spans[pointer] = Span(begin, event.start_mark.index, len(self._text))
        self._open.append(_Frame(container, event.anchor, pointer, begin))

    def _here(self, event: Any) -> tuple[str, int]:  # noqa: ANN401 - as above
        """The pointer of a value, and where its key begins or, in a list, it does."""
        start: int = event.start_mark.index
        if not self._open:
            return "", start
        top = self._open[-1]
        if type(top.container) is dict:
            return f"{top.pointer}/{escape(top.key)}", top.key_at
        return f"{top.pointer}/{len(top.container)}", start

    def _end(self, event: Any) -> None:  # noqa: ANN401 - as above
        frame = self._open.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = frame.container
        if self._located:
            span = self.spans[frame.pointer]
            end = event.end_mark.index
            while end > span.start + 1 and self._text[end - 1].isspace():
                end -= 1
            self.spans[frame.pointer] = span._replace(end=end)
        self._put(frame.container, None)

    def _put(self, value: Json, event: Any) -> None:  # noqa: ANN401 - as above
        """Put a value where it belongs; its span too, if it has no own one yet."""
        if self._located and event is not None:
            pointer, begin = self._here(event)
            start, end = event.start_mark.index, event.end_mark.index
            while end > start and self._text[end - 1] == " ":  # the indentation of what follows a block
                end -= 1
            self.spans[pointer] = Span(begin, _behind_properties(self._text, start, end), end)
        if not self._open:
            self._value = value
            return
        top = self._open[-1]
        if type(top.container) is dict:
            top.container[top.key] = value
            top.has_key = False
        else:
            top.container.append(value)

    def _alias(self, event: Any) -> None:  # noqa: ANN401 - as above
        top = self._open[-1] if self._open else None
        if top is not None and not top.has_key and type(top.container) is dict:
            raise self._refused("a key is an alias; write the key", event)
        if event.anchor not in self._anchors:
            raise self._refused(
                f"the alias {show('*' + event.anchor)} stands for nothing that ends before it in the same record;"
                " write the value",
                event,
            )
        self._put(self._copied(self._anchors[event.anchor], len(self._open), event), event)

    def _copied(self, value: Json, depth: int, event: Any) -> Json:  # noqa: ANN401 - as above
        """A value anew, as often as it is affordable."""
        self._nodes -= 1
        if isinstance(value, str):
            self._characters -= len(value)
        if self._nodes < 0 or self._characters < 0:
            raise self._refused(
                f"the aliases stand for more than {MOST_COPIED:,} values, or {100 * MOST_COPIED:,} characters;"
                " write fewer",
                event,
            )
        if not isinstance(value, dict | list):
            return value
        if depth >= MAX_DEPTH:
            raise self._refused(TOO_DEEP, event)
        if isinstance(value, dict):
            return {key: self._copied(child, depth + 1, event) for key, child in value.items()}
        return [self._copied(child, depth + 1, event) for child in value]


_TAG = "tag:yaml.org,2002:"
_SCALARS: dict[str, type] = {
    "!": str,
    _TAG + "str": str,
    _TAG + "int": int,
    _TAG + "float": float,
    _TAG + "bool": bool,
    _TAG + "null": type(None),
}
_CONSTANTS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(
    r"(?P<special>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))|(?P<based>0o[0-7]+|0x[0-9a-fA-F]+)|[-+]?(?:0|[1-9][0-9]*)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
)
_FIRST = frozenset("~nNtTfF+-.0123456789")
"""The first characters of the plain scalars that may be no texts."""
_LONGEST_NUMBER = 64
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


def _shown_tag(tag: str) -> str:
    return show(f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag)


def _behind_properties(text: str, start: int, end: int) -> int:
    """Where a scalar starts behind its anchor and tag."""
    if text[start : start + 1] not in {"&", "!"}:
        return start
    match = _PROPERTIES.match(text, start, end)
    return match.end() if match else start


# editing -----------------------------------------------------------------------------------------------------------------


def edit(raw: bytes, changes: Sequence[Change]) -> list[Edit] | None:
    """The smallest edits of scalars, in the style that they have; None, where that cannot be done safely."""
    return edited(raw, changes, read, spans, spellings)


def spellings(token: str, before: Json, after: Json) -> Iterator[str]:
    """A scalar in the style of another, and in that which holds every text."""
    if token.startswith("*"):
        return
    yield from in_place(token, before, after)
    if not isinstance(after, str):
        yield json.dumps(after)
        return
    if token[:1] in {"|", ">"}:
        yield from _block(token, after)
    elif token[:1] == "'":
        yield "'" + after.replace("'", "''") + "'"
    elif token[:1] != '"':
        yield after
    yield json.dumps(after, ensure_ascii=False)


def _block(token: str, after: str) -> Iterator[str]:
    """A text of several lines with the indentation of another."""
    lines = token.split("\n")
    indent = next((line[: len(line) - len(line.lstrip(" "))] for line in lines[1:] if line.strip()), "")
    end = "\r\n" if lines[0].endswith("\r") else "\n"
    kept = len(after) - len(after.rstrip("\n"))
    chomp = "-" if not kept else "" if kept == 1 else "+"
    written = [indent + line if line else "" for line in after.rstrip("\n").split("\n")]
    yield end.join(["|" + chomp, *written, *[""] * (kept or token.endswith("\n"))])


# writing -----------------------------------------------------------------------------------------------------------------


def write(kept: Json) -> bytes:
    """A JSON value as a YAML document that this and other readers read as that value."""
    import yaml  # noqa: PLC0415 - as above

    events = [
        yaml.StreamStartEvent(),
        yaml.DocumentStartEvent(explicit=False),
        *_events(kept),
        yaml.DocumentEndEvent(explicit=False),
        yaml.StreamEndEvent(),
    ]
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.emit(events, Dumper=dumper, allow_unicode=True, width=1 << 20)
    return text.encode()


def _events(value: Json) -> Iterator[Any]:
    import yaml  # noqa: PLC0415 - as above

    if isinstance(value, dict):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not value)
        for key, child in value.items():
            yield from _events(key)
            yield from _events(child)
        yield yaml.MappingEndEvent()
    elif isinstance(value, list):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not value)
        for child in value:
            yield from _events(child)
        yield yaml.SequenceEndEvent()
    elif isinstance(value, str):
        yield yaml.ScalarEvent(None, None, (_is_plain_text(value), True), value, style="|" if "\n" in value else None)
    else:
        written = json.dumps(value)
        if isinstance(value, float) and "e" in written and "." not in written:
            written = written.replace("e", ".0e")  # without it, it is a text in YAML 1.1
        yield yaml.ScalarEvent(None, None, (True, False), written)


class _Resolvers(NamedTuple):
    """What other readers take a plain scalar for."""

    resolve: Any
    node: Any


@cache
def _other() -> _Resolvers:
    import yaml  # noqa: PLC0415 - as above

    return _Resolvers(yaml.resolver.Resolver().resolve, yaml.ScalarNode)


def _is_plain_text(text: str) -> bool:
    """Whether a text without quotes is a text to readers of YAML 1.1 and 1.2."""
    if text in _CONSTANTS or _NUMBER.fullmatch(text) or text == "<<" or re.match(r"0o?[0-7]", text):
        return False
    resolve, node = _other()
    return bool(resolve(node, text, (True, False)) == f"{_TAG}str")
