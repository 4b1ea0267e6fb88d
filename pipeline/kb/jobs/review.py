"""`kb review`: the records to look at, the first of the queue first."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from kb.jobs.show import show
from kb.publish import swap
from kb.rules import ruleset
from kb.workspace import Workspace

_QUEUE = """
    SELECT id, why FROM review_queue($as_of)
    WHERE ($domain IS NULL OR domain = $domain) ORDER BY place
"""


def to_review(workspace: Workspace, as_of: dt.date, domain: str | None, limit: int) -> Iterator[dict[str, Any]]:
    """Of each record of the queue all that `kb show` knows, and why it is to be reviewed; so many at most.

    What was decided about since the last ingest is left out: that it was looked at, the base does not know yet.
    """
    ledger = ruleset.of(workspace).ledger
    with swap.reading(workspace) as base:
        known = base.events_by_record()
        rows = base.query(_QUEUE, {"as_of": as_of, "domain": domain}).rows
    waiting = [(name, why) for name, why in rows if {one.digest for one in ledger.of(name)} <= known.get(name, set())]
    for name, why in waiting[:limit]:
        with swap.reading(workspace) as base:
            yield {**show(base, name, as_of), "why": why}
