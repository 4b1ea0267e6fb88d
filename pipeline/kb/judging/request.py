"""What every job that judges records is asked for; what only one of them needs stands beside that job."""

import datetime as dt
import os
from collections.abc import Callable
from typing import NamedTuple


class Request(NamedTuple):
    """How to judge: the day, in how many processes (0: one for each core), and what reports progress.

    `form` is the format given for the records; without it, each is detected. `tick` gets the number of records that were
    judged, `step` what is done next.
    """

    as_of: dt.date
    jobs: int = 0
    form: str | None = None
    tick: Callable[[int], None] = lambda _: None
    step: Callable[[str], None] = lambda _: None

    @property
    def processes(self) -> int:
        return self.jobs or os.cpu_count() or 1


class IngestOptions(NamedTuple):
    """Whether to do all but publish, to publish whatever is lost, and to compare files by content hash alone."""

    dry_run: bool = False
    allow_removals: bool = False
    rehash: bool = False
