"""What is read, cut into portions that Spark's tasks take: whole files, and spans of large files of lines."""

import glob
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from kb.errors import KbError
from kb.sources import LineSpan, SourceFile, Survey, is_cut

CUT_AT = 64 << 20
"""A file of lines that is larger, in bytes, is cut into spans of about half as much."""


class Work(NamedTuple):
    """A file, or a span of one, for a task; `begin` is -1 for a whole file."""

    part: int
    name: str
    path: str
    size: int
    modified: int
    inode: int | Decimal
    form: str | None
    begin: int
    end: int
    lines: int
    records: int


WORK = (
    "part int, name string, path string, size bigint, modified bigint, inode decimal(20,0), form string, `begin` bigint,"
    " `end` bigint, `lines` bigint, records bigint"
)
"""The columns of `Work`, as Spark writes them."""


def expanded(inputs: Sequence[str]) -> list[Path]:
    """The paths that are named, and those that a pattern such as raw/*.ndjson stands for.

    Raises:
        KbError: a pattern stands for nothing.
    """
    paths: list[Path] = []
    for text in inputs:
        if re.match(r"[a-z][a-z0-9+.-]+:/", text):
            raise KbError(f"{text}: is an address; kb reads paths that all workers see: mount it, or copy it")
        if glob.has_magic(text) and not Path(text).exists():
            found = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - the pattern may be absolute
            if not found:
                raise KbError(f"{text}: no file or folder has such a name")
            paths += map(Path, found)
        else:
            paths.append(Path(text))
    return paths


def is_parquet(path: Path) -> bool:
    """Whether a path is a table of Parquet: a file, or a folder of such."""
    if path.is_dir():
        return any(path.rglob("*.parquet"))
    return path.suffix == ".parquet"


def is_large(file: SourceFile, cut_at: int) -> bool:
    """Whether a file is read in spans."""
    return file.size > cut_at and is_cut(file)


def laid_out(files: Sequence[SourceFile], surveys: dict[str, Survey], parts: int, most_records: int) -> Iterator[Work]:
    """The portions of all files, in `parts` of about as many bytes each.

    A file with more records than the limit is read whole, so that it is known where its rest begins.
    """
    portions: list[tuple[int, SourceFile, LineSpan]] = []
    for file in files:
        survey = surveys.get(file.name)
        if survey is not None and survey.records <= most_records:
            portions += [(span.end - span.begin, file, span) for span in survey.spans]
        else:
            portions.append((file.size, file, LineSpan(-1, -1, 0, 0)))
    share = max(1, sum(size + _OPENED for size, *_ in portions) // max(1, parts))
    passed = 0
    for size, file, span in portions:
        part = min(parts - 1, passed // share)
        passed += size + _OPENED
        yield Work(
            part, file.name, file.path, file.size, file.modified, file.inode, file.form, span.begin, span.end,
            span.lines, span.records,
        )  # fmt: skip


_OPENED = 4096
"""To open a file takes as long as to read so many bytes more."""
