"""The first records of some files, as their readers give them: for `kb formats try` and `kb formats guess`."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from kb import sources
from kb.analysis.credentials import masked
from kb.contract import UnreadableError
from kb.model import Document, Incoming
from kb.sources import readers
from kb.sources.formats import Formats
from kb.sources.readers import Reader
from kb.workspace import Workspace


class Sample(NamedTuple):
    """A piece of a file: without credentials, what it says, or why it says nothing; and the records that it holds."""

    path: str
    reader: Reader
    document: Document | None
    fault: str | None
    records: tuple[Incoming, ...]


def samples(
    workspace: Workspace, path: Path, limit: int, formats: Formats, format_name: str | None = None
) -> Iterator[Sample]:
    """At most so many pieces of as many files below a path as that allows; no more of a file is read.

    Raises:
        KbError: the path is missing, or of a kind that is not read.
    """
    files = sources.discover(path, workspace, format_name).files
    each = max(1, limit // max(len(files), 1))
    for file in files[:limit]:
        for piece, records in islice(sources.groups(file._replace(formats=formats)), each):
            name = records[0].origin.path if records else file.name
            reader, shown = readers.of(name), masked(piece.raw)
            try:
                document, fault = (reader.read(shown), None) if piece.fault is None else (None, piece.fault)
            except UnreadableError as error:
                document, fault = None, str(error)
            yield Sample(name, reader, document, fault, tuple(records))
