"""What `kb match` costs: one message on 2,500 and on 200,000 records, and a log of 100 MB, beside `grep -F -f`.

python -m benchmarks.matching.speed                # all of it
python -m benchmarks.matching.speed --records 2500 # on so many records alone
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from benchmarks.generate import records
from benchmarks.matching import ordinary_lines

MEGABYTES = 100

_PYTHON = [sys.executable, "-c", "import duckdb, re2, typer"]
"""What a process that opens a base has to import."""

_MESSAGE = "error: the widget of the frobnicator was not found in the registry of sprockets"


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[2_500, 200_000])
    for count in parser.parse_args().records:
        with tempfile.TemporaryDirectory(prefix="speed-") as folder:
            _measure(Path(folder), count)


def _measure(folder: Path, count: int) -> None:
    raw = folder / "raw"
    raw.mkdir()
    lines = list(records(count))
    (raw / "all.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    (folder / "kb.toml").write_text('as_of = 2026-11-22\n[export]\nrecords = "ndjson"\n')
    kb = [sys.executable, "-m", "kb", "--root", str(folder)]
    subprocess.run([*kb, "ingest"], check=True, capture_output=True)
    signatures = [orjson.loads(line)["signature"] for line in lines]
    for what, message in (("a message that no record knows", _MESSAGE), ("a message that one does", signatures[7])):
        ours, imports = _paired([*kb, "match", message], _PYTHON)
        print(
            f"{count:,} records, {what}: {ours:.3f} s, {ours / imports:.2f} × `import duckdb, re2, typer`", flush=True
        )
    if count > 10_000:
        return
    log = folder / "build.log"
    _write_log(log, signatures)
    wanted = folder / "signatures.txt"
    wanted.write_text("".join(f"{text}\n" for text in signatures if text.strip()))
    ours, grep = _paired(
        [*kb, "match", "--log", str(log), "--limit", "1"], ["grep", "-c", "-F", "-f", str(wanted), str(log)], 3
    )
    size = log.stat().st_size / 1e6
    print(f"{count:,} records, a log of {size:.0f} MB: {size / ours:.1f} MB/s; `grep -F -f`: {size / grep:.1f} MB/s")


def _paired(ours: Sequence[str], other: Sequence[str], times: int = 5) -> tuple[float, float]:
    """The medians of the seconds of two commands, run in turn."""
    taken = [(_seconds(ours), _seconds(other)) for _ in range(times)]
    middle = times // 2
    return sorted(first for first, _ in taken)[middle], sorted(second for _, second in taken)[middle]


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - started


def _write_log(path: Path, signatures: Sequence[str]) -> None:
    """A log as of a service: ordinary lines, some that sound like trouble, and one in a thousand that a record knows."""
    chance = random.Random(7)
    plain = [line for _, line in ordinary_lines.read()]
    with path.open("w", encoding="utf-8") as log:
        size = 0
        while size < MEGABYTES * 1_000_000:
            kind = chance.random()
            text = (
                chance.choice(signatures) if kind < 0.001
                else f"ERROR request {chance.randrange(10**6)} failed: timeout after {chance.randrange(99)} s" if kind < 0.03
                else chance.choice(plain)
            )  # fmt: skip
            minute, second, pod = chance.randrange(60), chance.randrange(60), chance.randrange(99)
            line = f"2026-11-29T20:{minute:02}:{second:02}.{chance.randrange(1000):03}Z pod-{pod} {text}\n"
            size += log.write(line)


if __name__ == "__main__":
    main()
