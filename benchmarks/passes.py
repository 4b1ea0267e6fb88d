"""What each pass over the bytes of a record costs, and what typed columns would cost instead: `python -m benchmarks.passes`.

CPU time of this process alone, one thread of judging, in microseconds a record. DuckDB's threads count.
"""

import argparse
import datetime as dt
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.generate import records as generated
from kb import engine
from kb.curate import spool
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from kb.sources import records
from kb.store import as_pattern, build
from kb.store.build import Draft
from kb.store.layout import script

_DAY = dt.date(2026, 11, 22)


_STEPS = {script("stage.sql"): "parse the outcomes as JSON", script("match_keys.sql"): "work out the match keys"}
_TYPED = "FORMAT parquet, COMPRESSION zstd"


class _Costs:
    """Seconds of CPU by what they went into."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Count what is done inside."""
        before = _cpu()
        yield
        self.seconds[what] += _cpu() - before


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


class _Watched:
    """The connection of a store: the steps of a load are counted, and each slice is written and read as typed columns besides."""

    def __init__(self, connection: Any, typed: Path, costs: _Costs) -> None:  # noqa: ANN401 - the store alone knows DuckDB
        self._connection = connection
        self._typed = as_pattern(typed)
        self._costs = costs

    def execute(self, sql: str, *parameters: object) -> Any:  # noqa: ANN401 - likewise
        """Ask what is asked."""
        with self._costs.of(_STEPS.get(sql, "enter the tables")):
            answer = self._connection.execute(sql, *parameters)
        if sql == script("stage.sql"):
            with self._costs.of("(write them as typed columns)"):
                self._connection.execute(f"COPY staged TO '{self._typed}' ({_TYPED})")
            with self._costs.of("(read those instead)"):
                self._connection.execute(f"CREATE OR REPLACE TEMP TABLE typed AS FROM '{self._typed}'")
        return answer


def measured(count: int, folder: Path) -> dict[str, float]:
    """Seconds of CPU for some synthetic records, by pass."""
    rules, costs = RuleSet(Settings(), _DAY), _Costs()
    incoming = list(records("some.ndjson", b"\n".join(generated(count)) + b"\n"))
    batches = folder / "batches"
    batches.mkdir()
    with costs.of("record stage"):
        engine.run(incoming, rules, batches, 1)
    with build.create(folder / "kb.duckdb") as draft:
        draft.begin(rules)
        draft.contest(batches)
        draft.demote([])
        watched: Any = _Watched(draft.connection, folder / "typed.parquet", costs)
        Draft(watched).load(_merged(spool.slices(batches), costs))
        with costs.of("read the documents back"):
            for _ in draft.documents():
                pass
    return dict(costs.seconds)


def _merged(slices: Iterator[tuple[Path, int]], costs: _Costs) -> Iterator[tuple[Path, int]]:
    """The slices as they are, counted."""
    while True:
        with costs.of("merge what was sorted"):
            merged = next(slices, None)
        if merged is None:
            return
        yield merged


def main() -> None:
    """Print a line for each pass; what is in parentheses no ingest does."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="kb-passes-") as folder:
        for what, seconds in measured(count, Path(folder)).items():
            print(f"{what:32} {seconds / count * 1e6:7.0f} µs")


if __name__ == "__main__":
    main()
