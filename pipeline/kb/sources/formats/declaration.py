"""What a mapping file declares, and what every format made from one can do."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from typing import TYPE_CHECKING, NamedTuple

from kb.model import GONE, Change, Document, Json

if TYPE_CHECKING:
    from kb.sources.formats.expressions import Expression

READERS = ("json", "yaml", "toml", "csv", "markdown")
TREES = frozenset({"json", "yaml", "toml"})
"""Readers whose documents are trees of the same kinds of values, so that one mapping fits them all."""


class Carried(NamedTuple):
    """A foreign document as it is kept, and the places in it where stands what fits nothing that the native one says any more."""

    document: Json
    unplaced: list[str]


class Mapped(NamedTuple):
    """A source document as a native one.

    `place` turns a pointer into the native document into one into the source, "" where that has no such place. `whole` is
    what the extensions of the published record hold of the source, if not what stands in `document`, which is only what
    the mapping made nothing of.
    """

    document: Document
    place: Callable[[str], str]
    whole: Json | None = None


class Said(NamedTuple):
    """An expression of a mapping file: under which key it stands, the native field that it is for, and its line."""

    key: str
    field: str
    expression: "Expression"
    line: int


class ListSaid(NamedTuple):
    """How a list of objects is made: the expression that gives its items, and one for each field of them."""

    field: str
    kind: str
    items: Said
    fields: tuple[Said, ...]


class Declaration(NamedTuple):
    """All that a mapping file says. Fields are native ones, such as `id`, `transition_graph.leads_to`, `dead_ends.action`.

    `required` and `words` are about places of the source, as patterns of pointers: what must not be taken out there, and the
    only texts that may stand there. `names` are further places that a base has for the file of a record.
    """

    name: str
    title: str
    origin: str
    reads: frozenset[str]
    globs: tuple[str, ...]
    records: Said | None
    claims: Said | None
    fields: tuple[Said, ...]
    lists: tuple[ListSaid, ...]
    defaults: Mapping[str, Json]
    values: Mapping[str, Mapping[str, Json]]
    required: tuple[str, ...]
    words: Mapping[str, frozenset[str]]
    names: tuple[str, ...]


class Format(ABC):
    """A foreign format: how a record of another base becomes a native one, and back."""

    two_way: bool
    """Whether mapping loses nothing: every value of the source has its place in the native document."""

    def __init__(self, declared: Declaration) -> None:
        self.declared = declared
        self.name = declared.name
        self.title = declared.title
        self.origin = declared.origin
        self.reads = declared.reads
        self.globs = declared.globs
        self.records = declared.records

    def covers(self, path: str, reader_name: str) -> bool:
        """Whether a file of that path, which that reader reads, may hold records of this format."""
        if reader_name not in self.reads:
            return False
        names = (path, path.removeprefix("raw/"))
        return not self.globs or any(fnmatch(name, glob) for name in names for glob in self.globs)

    def claims(self, document: Document) -> bool:
        """Whether a source document is of this format, as far as its mapping says how to know one."""
        said = self.declared.claims
        if said is None:
            return True
        from kb.sources.formats.expressions import ExpressionError, Source  # noqa: PLC0415 - loaded with the first mapping

        source = Source(document, traced=False)
        try:
            return source.is_so(said.expression)
        except ExpressionError:
            return False

    @property
    def is_recognised(self) -> bool:
        """Whether its mapping says how to know a record of it; else a user has to name the format."""
        return bool(self.globs) or self.declared.claims is not None

    def file_names(self, record: str) -> tuple[str, ...]:
        """The places that a base in this format has for the file of the record of an id, without the suffix; none: any."""
        if not self.declared.names:
            return (record,) if self.two_way else ()
        head, _, environment = record.rpartition("/")
        domain, _, slug = head.partition("/")
        if not slug:
            return (record,)
        parts = {"id": record, "domain": domain, "slug": slug, "environment": environment}
        return (record, *(name.format_map(parts) for name in self.declared.names))

    @abstractmethod
    def map(self, document: Document) -> Mapped:
        """A source document as a native one.

        Raises:
            UnreadableError: an expression has no answer for it.
        """

    @abstractmethod
    def carried(self, native: Document) -> Carried:
        """The source document of a native one, and what of that does not fit.

        Raises:
            KbError: what only an expression could say was edited.
        """

    @abstractmethod
    def original(self, curated: Document, changes: Sequence[Change]) -> Carried:
        """The source document as ingested, from what was published and what ingest changed.

        Raises:
            KbError: an older kb published it.
        """

    @abstractmethod
    def placed(self, curated: Document) -> Callable[[str], str]:
        """Where the pointers into a published document point to in the source."""

    @abstractmethod
    def editable(self, document: Document) -> Callable[[Change], bool]:
        """Which changes, by their places in a source document, can be written there."""

    def worded(self, change: Change) -> Change | None:
        """A change in the source in the words of this format, or None where it has none for what is now there.

        Where the format knows only some words, no other is written; where a trees' format has no value, nothing is said.
        """
        for place, words in self.declared.words.items():
            if re.fullmatch(place, change.pointer):
                return change if change.after in words else None
        if change.after is None:
            is_required = any(re.fullmatch(place, change.pointer) for place in self.declared.required)
            return None if is_required else change._replace(after=GONE)
        return change
