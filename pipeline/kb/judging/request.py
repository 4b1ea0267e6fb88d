"""What a user asks of a job that judges records."""

import datetime as dt
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from kb.model import Severity


class Request(NamedTuple):
    """How to ingest: the day, how many processes (0: one for each core), what is allowed, and what reports progress.

    `tick` gets the number of records that were judged, `step` what is done next.
    `form` is the format given for the records; without it, each is detected. With `rehash`, files are compared by
    content hash, not by size, time and inode. `baseline` is the file of known findings that `kb validate` looks into, or,
    with `write_baseline`, writes. What it reads from standard input is judged as if it stood in the file
    `stdin_filename`; with `origins`, it lists where every record stands, clean ones too. `reported` are the rules whose
    findings it reports, by code, with the severity of each; without it, all that judge, with theirs.
    """

    as_of: dt.date
    jobs: int = 0
    dry_run: bool = False
    allow_removals: bool = False
    form: str | None = None
    rehash: bool = False
    tick: Callable[[int], None] = lambda _: None
    step: Callable[[str], None] = lambda _: None
    baseline: Path | None = None
    write_baseline: bool = False
    stdin_filename: Path | None = None
    origins: bool = False
    reported: Mapping[str, Severity] | None = None

    @property
    def processes(self) -> int:
        return self.jobs or os.cpu_count() or 1
