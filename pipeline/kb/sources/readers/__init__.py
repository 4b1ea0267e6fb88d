"""Readers: how files of a kind are cut into records, what these say, where each value stands, and how one is changed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import IO, NamedTuple

import orjson

from kb import contract
from kb.model import Change, Document, Json
from kb.sources import edit, locate, split
from kb.sources.edit import Edit
from kb.sources.locate import Span
from kb.sources.readers import csv_rows, markdown_page, source_text, toml_document, yaml_documents
from kb.sources.split import Piece


class Reader(NamedTuple):
    """A kind of files.

    `pieces` cuts a stream of some name into records, in bounded memory. `read` makes of the bytes of one a document of JSON
    values, and raises `contract.UnreadableError`. `places` says where the values of some pointers into that stand, or what is
    nearest, in characters of the text without its byte order mark; it fails on no bytes. `edit` gives the smallest edits of
    the bytes that make some changes true, or None where that cannot be done as safely: what is not changed reads as before.
    `lead` is the number of lines that stand before the record in its bytes, and not in the file (the header of a CSV).
    `keep` is what is kept of a document, `restore` makes the document of it again, and `write` a file of this kind.
    """

    name: str
    suffixes: tuple[str, ...]
    pieces: Callable[[str, IO[bytes]], Iterator[Piece]]
    read: Callable[[bytes], Document]
    places: Callable[[bytes, Collection[str]], dict[str, Span]]
    edit: Callable[[bytes, Sequence[Change]], list[Edit] | None]
    lead: Callable[[bytes], int]
    keep: Callable[[Document], Json]
    restore: Callable[[Json], Document]
    write: Callable[[Json], bytes]


def _json_places(raw: bytes, wanted: Collection[str]) -> dict[str, Span]:
    return locate.nearest(locate.spans(source_text.followed(raw)), wanted)


def _json_write(kept: Json) -> bytes:
    return orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _no_lines(_raw: bytes) -> int:
    return 0


def _itself(document: Document) -> Document:
    return document


def _csv(separator: str, *suffixes: str) -> Reader:
    return Reader(
        "csv",
        suffixes,
        partial(csv_rows.pieces, separator),
        partial(csv_rows.read, separator),
        partial(csv_rows.places, separator),
        partial(csv_rows.edit, separator),
        partial(csv_rows.lead, separator),
        _itself,
        _itself,
        partial(csv_rows.write, separator),
    )


JSON = Reader(
    "json",
    (".json", *split.LINES),
    split.pieces,
    contract.read,
    _json_places,
    edit.edits,
    _no_lines,
    _itself,
    _itself,
    _json_write,
)

READERS = (
    JSON,
    Reader(
        "yaml",
        (".yaml", ".yml"),
        yaml_documents.pieces,
        yaml_documents.read,
        yaml_documents.places,
        yaml_documents.edit,
        _no_lines,
        _itself,
        _itself,
        yaml_documents.write,
    ),
    Reader(
        "toml",
        (".toml",),
        source_text.whole,
        toml_document.read,
        toml_document.places,
        toml_document.edit,
        _no_lines,
        _itself,
        _itself,
        toml_document.write,
    ),
    _csv(csv_rows.COMMA, ".csv"),
    _csv(csv_rows.TAB, ".tsv"),
    Reader(
        "markdown",
        (".md", ".mdx"),
        source_text.whole,
        markdown_page.read,
        markdown_page.places,
        markdown_page.edit,
        _no_lines,
        markdown_page.keep,
        markdown_page.restore,
        markdown_page.write,
    ),
)
"""Every kind of files. Two have the name `csv`, for commas and for tabs: a format means both."""

SUFFIXES = tuple(suffix for reader in READERS for suffix in reader.suffixes)
COMPRESSED = (".gz", ".zst")

NAMES = tuple(dict.fromkeys(reader.name for reader in READERS))


def plain(name: str) -> str:
    """The name of a file in small letters, without what says that it is compressed."""
    name = name.lower()
    for suffix in COMPRESSED:
        name = name.removesuffix(suffix)
    return name


def of(name: str) -> Reader:
    """The reader of a file of that name, compressed or in an archive; that of JSON for a name that says nothing."""
    name = plain(name)
    return next((reader for reader in READERS if name.endswith(reader.suffixes)), JSON)


def of_record(path: str, raw: bytes) -> Reader:
    """The reader of a record as ingested: what is strict JSON is read as that, whatever its file is called.

    So are the records that a mapping takes out of a file.
    """
    reader = of(path)
    if reader is JSON or not raw.startswith(b"{"):
        return reader
    try:
        contract.read(raw)
    except contract.UnreadableError:
        return reader
    return JSON


def named(name: str) -> Reader:
    """The first reader of a name.

    Raises:
        LookupError: there is none.
    """
    return next(reader for reader in READERS if reader.name == name)
