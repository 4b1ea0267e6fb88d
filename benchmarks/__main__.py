"""Measure kb against yardsticks in the same run and write docs/performance.md: `python -m benchmarks [--quick]`.

Machines are noisy: only ratios of runs taken in turn are told, as medians.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import calibration, pages
from benchmarks.generate import records
from benchmarks.measure import Pair, of, once, pair
from kb.ledger.event import canonical

_HERE = Path(__file__).parent.parent
_PYTHON = sys.executable
_KB = [_PYTHON, "-m", "kb"]
_YARDSTICK = [_PYTHON, str(_HERE / "benchmarks" / "yardsticks.py")]
_CORPORA = Path(os.environ.get("KB_CORPORA", _HERE.parent / "shared" / "corpora")) / "errorcanon" / "canons"


_BEGUN = 53


class Row(NamedTuple):
    """One line of the table."""

    what: str
    yardstick: str
    ratio: float
    reach: float
    memory: float | None = None


def _workspace(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "kb.toml").write_text('as_of = 2026-11-22\n[export]\nrecords = "ndjson"\n', encoding="utf-8")
    (folder / "raw").mkdir()
    return folder


def _clear(folder: Path) -> None:
    for name in ("curated", ".kb"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "kb.duckdb").unlink(missing_ok=True)


def _clear_all(folders: Sequence[Path]) -> None:
    for folder in folders:
        _clear(folder)


def _write(path: Path, count: int) -> Path:
    with path.open("wb") as out:
        out.writelines(line + b"\n" for line in records(count))
    return path


def _change_one(path: Path) -> None:
    """Change one record in the middle, in place: the same length, so that nothing else moves."""
    data = path.read_bytes()
    at = data.index(b'"root_cause":"', len(data) // 2) + len(b'"root_cause":"') + 1
    path.write_bytes(data[:at] + (b"x" if data[at : at + 1] != b"x" else b"y") + data[at + 1 :])


def _rows(scratch: Path, count: int, growth: int, runs: int) -> Iterator[Row]:
    large = _workspace(scratch / "large")
    source = _write(large / "raw" / "big.ndjson", count)
    full = pair(
        [*_KB, "ingest"],
        [*_YARDSTICK, "duckdb", str(source), str(scratch)],
        large,
        runs,
        lambda: _clear(large),
    )
    yield Row(
        f"{count:,} records, one NDJSON, from nothing",
        "DuckDB: read_json into a table, COPY to json",
        full.ratio,
        3.5,
        full.memory_ratio,
    )

    changed = []
    for _ in range(runs):
        _change_one(source)
        changed.append((once([*_KB, "ingest"], large), full.ours))
    yield Row(f"one record of {count:,} changed", "the full ingest above", of(changed).ratio, 0.08)

    stale = pair([*_KB, "report", "stale", "--limit", "20"], [_PYTHON, "-c", "import duckdb"], large, runs)
    yield Row(f"`kb report stale`, {count:,} records", "`import duckdb`", stale.ratio, 2)

    if _CORPORA.is_dir():
        yield from _small_files(scratch, runs)
    yield from _pages(scratch, count // 2, runs)
    yield from _ledger(scratch, runs)
    yield from _small_base(scratch, runs)
    yield from _starts(scratch, runs)
    if growth > count:
        yield from _growth(scratch, full, count, growth)


def _small_files(scratch: Path, runs: int) -> Iterator[Row]:
    small = _workspace(scratch / "small")
    schema = _errorcanon_schema(scratch / "errorcanon.schema.json")
    number = sum(1 for _ in _CORPORA.rglob("*.json"))
    whole = pair(
        [*_KB, "ingest", str(_CORPORA)],
        [*_YARDSTICK, "jsonschema", str(schema), str(_CORPORA)],
        small,
        runs,
        lambda: _clear(small),
    )
    yield Row(
        f"{number:,} ErrorCanon files, from nothing",
        "one jsonschema validator, all errors",
        whole.ratio,
        2,
        whole.memory_ratio,
    )
    again = pair([*_KB, "ingest", str(_CORPORA)], [_PYTHON, "-c", "import duckdb"], small, runs)
    yield Row("nothing changed, same files", "`import duckdb`", again.ratio, 1.5)


def _pages(scratch: Path, count: int, runs: int) -> Iterator[Row]:
    """The same texts as pages of Markdown by a mapping, and as native records a line each."""
    of_pages, of_lines = _workspace(scratch / "pages"), _workspace(scratch / "lines")
    pages.write(of_pages / "raw", count)
    (of_pages / "formats").mkdir()
    (of_pages / "formats" / "pages.toml").write_text(pages.MAPPING, encoding="utf-8")
    _write(of_lines / "raw" / "some.ndjson", count)
    cost = pair(
        [*_KB, "--root", str(of_pages), "ingest", str(of_pages / "raw")],
        [*_KB, "--root", str(of_lines), "ingest", str(of_lines / "raw")],
        scratch,
        runs,
        lambda: _clear_all([of_pages, of_lines]),
    )
    yield Row(
        f"{count:,} pages of Markdown, from nothing", "the same records as NDJSON", cost.ratio, 4, cost.memory_ratio
    )


def _ledger(scratch: Path, runs: int) -> Iterator[Row]:
    """What decisions cost, and what outcomes are worth: the Brier scores of a base whose true rates are known."""
    plain, decided = _workspace(scratch / "plain"), _workspace(scratch / "decided")
    for folder in (plain, decided):
        _write(folder / "raw" / "some.ndjson", 2_500)
    for event in calibration.decisions(records(2_500), 10_000):
        path = decided / "ledger" / event.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical(event.document))
    cost = pair(
        [*_KB, "--root", str(decided), "ingest", str(decided / "raw")],
        [*_KB, "--root", str(plain), "ingest", str(plain / "raw")],
        scratch,
        runs,
        lambda: _clear_all([plain, decided]),
    )
    yield Row("2,500 records with 10,000 events, from nothing", "without", cost.ratio, 1.2, cost.memory_ratio)
    brier = calibration.brier_scores()
    for other in ("declared", "constant"):
        yield Row(
            "Brier score of effective confidence, 5,000 simulated outcomes",
            f"of {'declared confidence' if other == 'declared' else 'a constant'}",
            brier["effective"] / brier[other],
            1,
        )


def _errorcanon_schema(path: Path) -> Path:
    """A schema of the foreign format, about as strict as ours of the native one."""
    incoming = json.loads((_HERE / "schemas" / "record.incoming.v1.json").read_text(encoding="utf-8"))
    text, rate = {"type": "string", "minLength": 1}, {"type": "number", "minimum": 0, "maximum": 1}
    properties = {
        "id": text,
        "error": {
            "type": "object",
            "required": ["signature", "regex", "domain", "category"],
            "properties": {"signature": text},
        },
        "verdict": {"type": "object", "required": ["resolvable", "confidence"], "properties": {"confidence": rate}},
        "dead_ends": {"type": "array", "items": {"$ref": "#/$defs/dead_end"}},
        "workarounds": {"type": "array", "items": {"$ref": "#/$defs/workaround"}},
        "transition_graph": {"$ref": "#/$defs/transition_graph"},
    }
    schema = {"type": "object", "required": list(properties), "properties": properties, "$defs": incoming["$defs"]}
    path.write_text(json.dumps(schema), encoding="utf-8")
    return path


def _starts(scratch: Path, runs: int) -> Iterator[Row]:
    alone = scratch / "alone"
    alone.mkdir()
    example = alone / "example.json"
    example.write_bytes(next(records(1)))
    one = pair([*_KB, "validate", str(example)], [_PYTHON, "-c", "import typer, jiter, jsonschema_rs"], alone, runs)
    yield Row("`kb validate` of one file", "`import typer, jiter, jsonschema_rs`", one.ratio, 1.5)
    start = pair([*_KB, "--version"], [_PYTHON, "-c", "import typer"], alone, runs)
    yield Row("`kb --version`", "`import typer`", start.ratio, 1.3)


def _small_base(scratch: Path, runs: int) -> Iterator[Row]:
    """Some of the project's own records, as many as somebody has who begins."""
    small = _workspace(scratch / "own")
    (small / "kb.toml").write_text("as_of = 2026-11-22\n", encoding="utf-8")
    for path in sorted((_HERE / "raw").rglob("*.json"))[:_BEGUN]:
        target = small / path.relative_to(_HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    frames, bare = "import duckdb, pandas, pandera", "import typer, jiter, jsonschema_rs"
    anew = pair([*_KB, "validate"], [_PYTHON, "-c", bare], small, runs)
    yield Row(f"`kb validate` of {_BEGUN} records, without a base", f"`{bare}`", anew.ratio, 3)
    fresh = pair([*_KB, "ingest"], [_PYTHON, "-c", frames], small, runs, lambda: _clear(small))
    yield Row(f"{_BEGUN} records, a file each, from nothing", f"`{frames}`", fresh.ratio, 1.5)
    asked = (
        ("`kb ingest` of them, nothing changed", ["ingest"], "import duckdb", 1.5),
        ("`kb validate` of them, as they were ingested", ["validate"], bare, 3),
        ("`kb doctor`", ["doctor"], frames, 1.5),
        (
            "`kb report html`",
            ["report", "html", "-o", str(small / "page.html")],
            "import duckdb, altair, vl_convert",
            1.5,
        ),
    )
    for what, words, yardstick, reach in asked:
        measured = pair([*_KB, *words], [_PYTHON, "-c", yardstick], small, runs)
        yield Row(what, f"`{yardstick}`", measured.ratio, reach)


def _growth(scratch: Path, full: Pair, count: int, growth: int) -> Iterator[Row]:
    huge = _workspace(scratch / "huge")
    _write(huge / "raw" / "big.ndjson", growth)
    run = once([*_KB, "ingest"], huge)
    yield Row(
        f"seconds a record at {growth:,}", f"at {count:,}", (run.seconds / growth) / (full.ours.seconds / count), 1.1
    )
    yield Row(f"peak memory at {growth:,}", f"at {count:,}", run.memory / full.ours.memory, 1.1)


def _table(rows: list[Row]) -> str:
    lines = ["| ours | yardstick | ratio | reach | peak memory |", "|---|---|---:|---:|---:|"]
    for row in rows:
        memory = "" if row.memory is None else f"{row.memory:.2f}"
        mark = "" if row.ratio <= row.reach else " (not reached)"
        lines.append(f"| {row.what} | {row.yardstick} | {row.ratio:.2f} | ≤ {row.reach:g}{mark} | {memory} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run every row, print the table, and put it into docs/performance.md."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run each, nothing written to docs")
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--growth", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    count, growth, runs = (5_000, 0, 1) if given.quick else (given.count, given.growth, given.runs)
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
        rows = []
        for row in _rows(Path(folder), count, growth, runs):
            print(f"{row.what}: {row.ratio:.2f} of {row.yardstick} (reach {row.reach:g})", file=sys.stderr)
            rows.append(row)
    table = _table(rows)
    print(table)
    document = _HERE / "docs" / "performance.md"
    if not given.quick and document.is_file():
        text = document.read_text(encoding="utf-8")
        before, _, rest = text.partition("<!-- table -->\n")
        _, _, after = rest.partition("<!-- end -->")
        document.write_text(f"{before}<!-- table -->\n{table}<!-- end -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
