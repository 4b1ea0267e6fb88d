"""The runs of a base, and what is remembered of each."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from kb import __version__
from kb.results import IngestResult
from kb.rules.ruleset import RuleSet
from kb.store import HISTORY, Store
from kb.store.layout import tables


def record_run(
    store: Store, rules: RuleSet, as_of: dt.date, result: IngestResult, figures: Mapping[str, object]
) -> None:
    """Add a row to `runs`; what came and went with an earlier one is forgotten."""
    compared = result.compared
    if compared is None or not (compared.new or compared.fixed):
        store.connection.execute("DELETE FROM finding_changes")
    store.connection.execute(
        "INSERT INTO runs SELECT coalesce(max(run), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM runs",
        [__version__, rules.fingerprint(), json.dumps(rules.judged()), as_of, result.read, result.published,
         result.unchanged, result.quarantined, result.removed, *(compared or (None, None, None))],
    )  # fmt: skip
    remember_figures(store, store.value("SELECT max(run) FROM runs"), as_of, figures)


def take_over(store: Store, history: Mapping[str, Sequence[tuple[object, ...]]]) -> None:
    """Put what only the store before knew into this one."""
    for table in HISTORY:
        store.insert(table, [column.type for column in tables()[table][1]], history[table])


def remember_figures(store: Store, run: int, as_of: dt.date, figures: Mapping[str, object]) -> None:
    """Note what the figures of a published state were, so that a later report can show what moved."""
    numbers = {name: float(value) for name, value in figures.items() if isinstance(value, int | float)}
    if not numbers:
        return
    store.connection.execute(
        "INSERT INTO figures SELECT $1, $2, unnest($3::VARCHAR[]), unnest($4::DOUBLE[])",
        [run, as_of, list(numbers), list(numbers.values())],
    )
