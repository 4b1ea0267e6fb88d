"""What a user gave to be judged: files and folders, or standard input."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from kb import sources
from kb.analysis.credentials import masked_path
from kb.errors import KbError
from kb.model import Incoming
from kb.sources import split
from kb.sources.formats import Formats
from kb.workspace import Workspace


@contextmanager
def given(
    workspace: Workspace,
    paths: Sequence[Path],
    form: str | None,
    standard_input: IO[bytes] | None,
    stdin_filename: Path | None = None,
) -> Iterator[list[sources.Root]]:
    """What lies below some paths, in a given format or in any; `-` stands for `standard_input`, kept in a file until the end.

    What comes from there is read as if it stood in the file `stdin_filename`.

    Raises:
        KbError: a path is missing, or of a kind that is not read; or standard input is empty or compressed.
    """
    with ExitStack() as stack:
        yield [
            _received(standard_input, stack.enter_context(scratch_folder()), workspace, form, stdin_filename)
            if standard_input is not None and path == Path("-")
            else sources.discover(path, workspace, form)
            for path in paths
        ]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder that is gone in the end."""
    import tempfile  # noqa: PLC0415 - one record in a file does without

    with tempfile.TemporaryDirectory(prefix="kb-") as name:
        yield Path(name)


def _received(
    stream: IO[bytes], folder: Path, workspace: Workspace, form: str | None, stdin_filename: Path | None
) -> sources.Root:
    data = stream.read()
    if stdin_filename is None:
        name = instead_of = Path(f"<stdin>{suffix_of(data[: 1 << 20])}")
    else:
        instead_of = stdin_filename
        sources.check_kind(instead_of)
        name = Path(sources.name_of(instead_of, workspace))
    kept = folder / name.name
    kept.write_bytes(data)
    file = sources.SourceFile(
        name.as_posix(), str(kept), len(data), 0, 0, form, instead_of, formats=Formats(workspace.format_files())
    )
    return sources.Root(file.name, (file,), ())


_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")


def suffix_of(head: bytes) -> str:
    """What to call a stream that begins so.

    Raises:
        KbError: there is nothing in it, or it is compressed.
    """
    if not head:
        raise KbError("standard input is empty; nothing was done")
    if head.startswith(_PACKED):
        raise KbError(
            "standard input is compressed; unpack it in the pipe (gzip -dc, zstd -dc), or name the file itself"
        )
    return ".ndjson" if split.looks_like_lines(head) else ".json"


def shown(file: sources.SourceFile) -> str:
    """A file as a person who stands here would name it, but for a credential in its path."""
    return masked_path(os.path.relpath(file.instead_of or file.path).replace(os.sep, "/"))


def shown_path(record: Incoming, files: Mapping[str, sources.SourceFile]) -> str:
    """The path of a record, which may lie in an archive, as a person who stands here would name it."""
    path = record.origin.path
    name = sources.file_of(path)
    return f"{shown(files[name])}{path[len(name) :]}"
