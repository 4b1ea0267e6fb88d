"""Foreign formats: how a record of another base becomes a native one, and back. A format is a file, formats/NAME.toml.

Those that ship with kb lie beside this, in shipped/. They are read when a record looks like theirs, and not before: most
bases hold native records, which should not wait for that.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from kb import contract
from kb.errors import KbError
from kb.model import Change, Document
from kb.sources.formats.declaration import Carried, Format, Mapped
from kb.words import did_you_mean

NATIVE = "native"

FOLDER = "formats"
"""Where the mappings of a workspace lie."""


class Sign(NamedTuple):
    """What the records of a shipped format have at least: the readers, and keys without which its claim is not true."""

    reads: frozenset[str]
    keys: frozenset[str]


SIGNS: Mapping[str, Sign] = {
    "errorcanon": Sign(frozenset({"json"}), frozenset({"error", "verdict"})),
    "cq": Sign(frozenset({"json"}), frozenset({"id", "domains", "insight"})),
    "ruff": Sign(frozenset({"json"}), frozenset({"name", "message_formats", "explanation", "summary"})),
    "msvc": Sign(frozenset({"markdown"}), frozenset({"front", "title", "quote"})),
    "runbook": Sign(frozenset({"markdown"}), frozenset({"title", "sections"})),
    "spreadsheet": Sign(frozenset({"csv"}), frozenset()),
}
"""The formats that ship with kb, each with what can be known of it without its file."""

NAMES = (NATIVE, *SIGNS)

_NO_FILES: Mapping[str, str] = MappingProxyType({})
_ANYWHERE = "record.json"


@cache
def _shipped(name: str) -> Format:
    from kb.sources.formats.mapping_file import format_of  # noqa: PLC0415 - JMESPath: only where a record is foreign

    text = Path(__file__).with_name("shipped").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return format_of(name, "shipped", text)


class Formats:
    """All formats of a workspace, its own before those that ship; `files` are its mappings: name of the file to its text.

    It can be sent to another process.
    """

    def __init__(self, files: Mapping[str, str] = _NO_FILES) -> None:
        """Read the mappings of a workspace.

        Raises:
            KbError: one of them says what a mapping cannot.
        """
        self.files = dict(sorted(files.items()))
        self._own = {form.name: form for form in self._read()}

    def _read(self) -> Iterator[Format]:
        for file, text in self.files.items():
            from kb.sources.formats.mapping_file import format_of  # noqa: PLC0415 - as above

            yield format_of(Path(file).stem, file, text)

    def __reduce__(self) -> tuple[type["Formats"], tuple[dict[str, str]]]:
        return Formats, (self.files,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formats) and self.files == other.files

    def __hash__(self) -> int:
        return hash(tuple(self.files.items()))

    def __repr__(self) -> str:
        return f"Formats({self.state})"

    @property
    def state(self) -> dict[str, str]:
        """The digest of every mapping of the workspace, by the name of its file: all that its judgements depend on."""
        return {file: hashlib.sha256(text.encode()).hexdigest() for file, text in self.files.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all formats, the native one first."""
        return (NATIVE, *self._own, *(name for name in SIGNS if name not in self._own))

    @property
    def foreign(self) -> tuple[str, ...]:
        """The names of all formats but the native one."""
        return self.names[1:]

    def named(self, name: str | None) -> Format | None:
        """The format of a name; None for the native one.

        Raises:
            KbError: there is none of that name.
        """
        if name == NATIVE:
            return None
        form = self.get(name or "")
        if form is None:
            raise KbError(f"no format {name}; {did_you_mean(name or '', self.names)}")
        return form

    def get(self, name: str) -> Format | None:
        """The foreign format of a name, if there is one."""
        return self._own.get(name) or (_shipped(name) if name in SIGNS else None)

    def detect(self, document: Document, path: str = _ANYWHERE, reader_name: str = "json") -> Format | None:
        """The foreign format of a record, or None if it is native, or none that is known."""
        for form in self._own.values():
            if form.is_recognised and form.covers(path, reader_name) and form.claims(document):
                return form
        for name, sign in SIGNS.items():
            if reader_name in sign.reads and document.keys() >= sign.keys and name not in self._own:
                form = _shipped(name)
                if form.covers(path, reader_name) and form.claims(document):
                    return form
        return None

    def splitting(self, name: str | None, path: str, reader_name: str) -> Format | None:
        """The format that takes the records of a file out of it: the one that a user named, else one whose files it is of."""
        if name is not None:
            form = self.get(name)
            return form if form is not None and form.records is not None and reader_name in form.reads else None
        of_file = (form for form in self._own.values() if form.globs and form.covers(path, reader_name))
        return next((form for form in of_file if form.records is not None), None)

    def of(
        self, document: Document, name: str | None, path: str = _ANYWHERE, reader_name: str = "json"
    ) -> Format | None:
        """The format of a record: the one that a user named, else the one that is recognised."""
        return self.detect(document, path, reader_name) if name is None else self.named(name)

    def fits(self, document: Document, name: str, path: str = _ANYWHERE, reader_name: str = "json") -> bool:
        """Whether a record looks like the format that it is said to have."""
        form = self.named(name)
        if form is None:
            return self.detect(document, path, reader_name) is None
        return reader_name in form.reads and form.claims(document)

    def is_record(self, document: Document, path: str = _ANYWHERE, reader_name: str = "json") -> bool:
        """Whether an object is a record of a format that is known, native ones included, with all its faults."""
        native = isinstance(document.get("id"), str) and len(_OWN & document.keys()) >= _ENOUGH
        return native or self.detect(document, path, reader_name) is not None


SHIPPED = Formats()
"""The formats where a workspace has none of its own."""

_OWN = frozenset(contract.schema(contract.INCOMING)["required"]) - {"id"}

_ENOUGH = 4
"""With so many of the other required keys, what has an id is a native record; no manifest of a package has them."""


def worded(changes: Sequence[Change], foreign: Format | None, document: Document) -> list[Change]:
    """What can be written into a document as ingested, of the changes that ingest makes to it."""
    if foreign is None or not changes:
        return list(changes)
    is_editable = foreign.editable(document)
    return [own for change in changes if is_editable(change) and (own := foreign.worded(change)) is not None]


__all__ = ["FOLDER", "NAMES", "NATIVE", "SHIPPED", "SIGNS", "Carried", "Format", "Formats", "Mapped", "worded"]
