"""The first records of some files, as their readers give them: for `kb formats try` and `kb formats guess`."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from kb import sources
from kb.analysis.credentials import masked
from kb.contract import UnreadableError
from kb.model import Document, Incoming
from kb.sources import readers
from kb.sources.readers import Reader
from kb.workspace import Workspace


class Sample(NamedTuple):
    """A piece of a file: its bytes without credentials, and what they say, or why they say nothing."""

    incoming: Incoming
    reader: Reader
    shown: bytes
    document: Document | None
    fault: str | None


def samples(
    workspace: Workspace, paths: Sequence[Path], limit: int, format_name: str | None = None
) -> Iterator[Sample]:
    """At most so many pieces for each path, of as many files below it as that allows; no more of a file is read.

    Raises:
        KbError: a path is missing, or of a kind that is not read.
    """
    for path in paths:
        files = sources.discover(path, workspace, format_name).files
        each = max(1, limit // max(len(files), 1))
        taken = (one for file in files for one in islice(sources.read(file), each))
        yield from map(_read, islice(taken, limit))


def _read(incoming: Incoming) -> Sample:
    reader = readers.of(incoming.origin.path)
    shown = masked(incoming.raw)
    if incoming.fault is not None:
        return Sample(incoming, reader, shown, None, incoming.fault)
    try:
        return Sample(incoming, reader, shown, reader.read(shown), None)
    except UnreadableError as error:
        return Sample(incoming, reader, shown, None, str(error))
