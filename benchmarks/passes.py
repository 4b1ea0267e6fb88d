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
        slices = spool.slices(batches)
        while True:
            with costs.of("merge what was sorted"):
                slice_of = next(slices, None)
            if slice_of is None:
                break
            _load(draft, *slice_of, folder / "typed.parquet", costs)
        with costs.of("read the documents back"):
            for _ in draft.documents():
                pass
    return dict(costs.seconds)


def _load(draft: Draft, path: Path, longest: int, typed: Path, costs: _Costs) -> None:
    """Load a slice as an ingest does, and write and read it as typed columns besides."""
    draft.connection.execute("SET VARIABLE slice = $1", [as_pattern(path)])
    draft.connection.execute("SET VARIABLE longest = $1::UINTEGER", [max(longest, 4 << 20) + 1])
    with costs.of("parse the outcomes as JSON"):
        draft.connection.execute(script("stage.sql"))
    with costs.of("(write them as typed columns)"):
        draft.copy_to("FROM staged", typed, "FORMAT parquet, COMPRESSION zstd")
    with costs.of("(read those instead)"):
        draft.connection.execute(f"CREATE OR REPLACE TEMP TABLE typed AS FROM '{as_pattern(typed)}'")
    draft._lay_out_slice(draft.value("SELECT count(*) FROM staged"))  # noqa: SLF001 - the step between
    with costs.of("enter the tables"):
        for name in (
            "enter",
            *(f"enter/{name}" for name in ("findings", "quarantine", "versions", "transitions", "changes")),
        ):
            draft.connection.execute(script(f"{name}.sql"))
    with costs.of("work out the match keys"):
        draft.connection.execute(script("match_keys.sql"))


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
