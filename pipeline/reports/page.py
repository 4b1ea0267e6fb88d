"""What the page of a base shows, asked of the store: a row for each record, and the riskiest of them whole."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pipeline.model import Table
from pipeline.reports import Options, totals
from pipeline.store import Store

WHOLE = 5000
"""So many records, the riskiest, are in the page with all that is known of them, unless asked for otherwise."""

_SHOWN = 4000
"""So many bytes of a rejected record are shown."""


@dataclass(frozen=True, slots=True)
class Page:
    """A base on a day. The first rows of `records` and all of `whole` tell of the same records, in one order."""

    options: Options
    totals: dict[str, Any]
    records: Table
    whole: Table
    quarantine: Table
    quarantined: int
    ladder: tuple[str, ...]


def ask(store: Store, options: Options, ladder: tuple[str, ...]) -> Page:
    """Ask a store for all that its page shows."""
    scope = {"as_of": options.as_of, "domain": options.domain, "tier": options.tier}
    limit = WHOLE if options.limit is None else options.limit
    return Page(
        options,
        totals(store, options),
        store.query(_sql("records"), scope),
        store.query(_sql("documents"), {**scope, "limit": limit}),
        store.query(_sql("quarantine"), {"limit": limit, "shown": _SHOWN}),
        store.value("SELECT count(*) FROM quarantine"),
        ladder,
    )


@cache
def _sql(name: str) -> str:
    return resources.files("pipeline.store").joinpath(f"sql/page/{name}.sql").read_text(encoding="utf-8")
