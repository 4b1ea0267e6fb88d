"""Measure the review queue against records that were read by hand: `python -m benchmarks.queue`.

benchmarks/queue.csv holds a sample of errorcanon, nine records from each eighth of the former risk (seed 2026), each
read by hand without a look at any figure: grade 1 (misleads) to 5 (right, and can be followed). Grades 1 and 2 are the
records that a queue has to put first. What the risk is made of was chosen on one half, and is measured on the other.
"""

import csv
import datetime as dt
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kb import store

_HERE = Path(__file__).parent
_CORPUS = Path(os.environ.get("KB_CORPORA", _HERE.parent.parent / "shared" / "corpora")) / "errorcanon" / "canons"
_DAY = dt.date(2026, 11, 28)
_BAD = 2
_ROUNDS = 2000

_SCORES = """
SELECT q.id, q.risk, 1 - t.ceiling AS ceiling,
    t.overconfidence * (2 - t.factor) * (1 + ln(1 + q.pointing)) AS former
FROM review_queue($day) q JOIN trust($day) t USING (id)
"""


class Read(NamedTuple):
    """One record that was read by hand."""

    id: str
    half: str
    bad: bool


def auc(scores: Sequence[float], bad: Sequence[bool]) -> float:
    """How often a bad record has the higher score than one that is not; equal ones count half."""
    worse = [score for score, is_bad in zip(scores, bad, strict=True) if is_bad]
    better = [score for score, is_bad in zip(scores, bad, strict=True) if not is_bad]
    won = sum((a > b) + (a == b) / 2 for a in worse for b in better)
    return won / (len(worse) * len(better))


def interval(scores: Sequence[float], bad: Sequence[bool]) -> tuple[float, float]:
    """Where 95 % of the figures lie that samples drawn from the sample give."""
    draw = random.Random(1)
    found: list[float] = []
    while len(found) < _ROUNDS:
        places = draw.choices(range(len(bad)), k=len(bad))
        drawn = [bad[place] for place in places]
        if any(drawn) and not all(drawn):
            found.append(auc([scores[place] for place in places], drawn))
    found.sort()
    return found[_ROUNDS // 40], found[-_ROUNDS // 40 - 1]


def labels() -> list[Read]:
    """The records that were read."""
    with (_HERE / "queue.csv").open(encoding="utf-8", newline="") as file:
        return [Read(row["id"], row["half"], int(row["grade"]) <= _BAD) for row in csv.DictReader(file)]


def _scores(folder: Path) -> dict[str, dict[str, Any]]:
    """What kb makes of the whole corpus, in a workspace of its own."""
    shutil.copytree(_CORPUS, folder / "raw")
    (folder / "kb.toml").write_text(f"as_of = {_DAY}\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "kb", "--root", str(folder), "ingest"], check=True, capture_output=True)
    with store.read(folder / "kb.duckdb") as opened:
        return {row["id"]: row for row in opened.query(_SCORES, {"day": _DAY}).records()}


def _rows(read: Sequence[Read], known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = []
    for half in ("chosen", "measured", "both"):
        some = [one for one in read if half in {one.half, "both"}]
        bad = [one.bad for one in some]
        for name in ("former", "ceiling", "risk"):
            scores = [known[one.id][name] for one in some]
            low, high = interval(scores, bad)
            rows.append(f"{half:9} {len(some):3} {sum(bad):3}  {name:8} {auc(scores, bad):.2f}  {low:.2f}–{high:.2f}")
    return rows


def main() -> None:
    """Print how well each score puts the bad records first."""
    with tempfile.TemporaryDirectory() as scratch:
        known = _scores(Path(scratch))
    read = [one for one in labels() if one.id in known]
    print("half      all bad  score     AUC  95 %")
    print("\n".join(_rows(read, known)))


if __name__ == "__main__":
    main()
