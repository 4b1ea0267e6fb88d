"""Measure the same base on Spark: `python -m benchmarks.spark [--records N] [--write]`.

On one core and on two, and DuckDB's way with as many processes, in turn. Of the two figures of Spark the scaling factor follows.
`--write` puts the figures into docs/scale.md. It needs the extra `spark` and Java, and a machine that does nothing else.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.generate import records
from benchmarks.measure import once

_HERE = Path(__file__).parent.parent
_KB = [sys.executable, "-m", "kb"]
_PAGE = _HERE / "docs" / "scale.md"


class Figures(NamedTuple):
    """Of `size` records, seconds of whole processes, medians: on one core and on two, by Spark and by DuckDB's way."""

    size: int
    spark: tuple[float, float]
    duckdb: tuple[float, float]

    def lines(self) -> list[str]:
        """The figures as a table, and what follows from them."""
        (one, two), (alone, both) = self.spark, self.duckdb
        return [
            f"| {self.size:,} synthetic records | one core | two cores | factor |",
            "|---|---:|---:|---:|",
            f"| `kb ingest --engine spark` | {one:,.0f} s | {two:,.0f} s | {one / two:.2f} |",
            f"| `kb ingest` | {alone:,.0f} s | {both:,.0f} s | {alone / both:.2f} |",
            f"| ratio | {one / alone:.2f} | {two / both:.2f} | |",
            "",
            f"On two cores that is {2 * two / self.size * 1000:.2f} ms of a core for each record.",
        ]


def _workspace(folder: Path, count: int) -> Path:
    (folder / "raw").mkdir(parents=True)
    (folder / "kb.toml").write_text('as_of = 2026-11-22\n[export]\nrecords = "ndjson"\n', encoding="utf-8")
    with (folder / "raw" / "big.ndjson").open("wb") as out:
        out.writelines(line + b"\n" for line in records(count))
    return folder


def measure(count: int, runs: int) -> Figures:
    """Run each way in turn, `runs` times."""
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as scratch:
        folder = _workspace(Path(scratch) / "base", count)
        target = Path(scratch) / "target"

        def clear() -> None:
            for path in (target, folder / "curated", folder / ".kb"):
                shutil.rmtree(path, ignore_errors=True)
            (folder / "kb.duckdb").unlink(missing_ok=True)

        ways = {
            "spark 1": [*_KB, "ingest", "--engine", "spark", "--master", "local[1]", "-o", str(target)],
            "spark 2": [*_KB, "ingest", "--engine", "spark", "--master", "local[2]", "-o", str(target)],
            "duckdb 1": [*_KB, "ingest", "--jobs", "1"],
            "duckdb 2": [*_KB, "ingest", "--jobs", "2"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(runs):
            for name, command in ways.items():
                clear()
                seconds[name].append(once(command, folder).seconds)
                print(f"{name}: {seconds[name][-1]:.1f} s", file=sys.stderr)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return Figures(count, (medians["spark 1"], medians["spark 2"]), (medians["duckdb 1"], medians["duckdb 2"]))


def _write(lines: Sequence[str]) -> None:
    head, _, rest = _PAGE.read_text(encoding="utf-8").partition("<!-- figures -->\n")
    _, _, tail = rest.partition("<!-- end -->")
    table = "\n".join(lines)
    _PAGE.write_text(f"{head}<!-- figures -->\n{table}\n<!-- end -->{tail}", encoding="utf-8")


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/scale.md")
    arguments = parser.parse_args()
    lines = measure(arguments.records, arguments.runs).lines()
    print("\n".join(lines))
    if arguments.write:
        _write(lines)


if __name__ == "__main__":
    main()
