"""Wherever a run is killed: what was published is the old state or the new one, and the next run succeeds."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.publish import swap
from tests.bases import Base, contents
from tests.conftest import LONGEST, ROOT
from tests.torture.conftest import Count, Scene
from tests.torture.trials import KILL, KILL_GROUP, TEAR, Ended, Trials, hold, is_one_line, points

pytestmark = pytest.mark.whole

INGEST = ("ingest", "raw", "--jobs", "1")
IN_TWO = ("ingest", "raw", "--jobs", "2")

CHUNK = 8_000
"""Bytes of a chunk, so that a few records are work for two processes."""


def is_untouched(base: Base, scene: Scene) -> bool:
    """Whether what is published is byte for byte as it was."""
    stores = [_bytes(one.workspace.store) for one in (base, scene.origin)]
    return base.curated() == scene.origin.curated() and stores[0] == stores[1]


def is_killed(ended: Ended, at: int) -> bool:
    """Whether a run was killed and left nothing running; DuckDB's threads make some calls more in one run than in another."""
    return not ended.left and (ended.code == -signal.SIGKILL or (ended.code == 0 and ended.seen < at))


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


@pytest.mark.long(every=4)
@pytest.mark.parametrize("act", [KILL, TEAR], ids=["killed", "half written"])
def test_an_ingest_killed_at_a_call(trials: Trials, scene: Scene, count: Count, act: int) -> None:
    whole = trials.run(scene.set().root, *INGEST)
    assert whole.code == 0, whole.err
    most = 3 if act == KILL else 2
    for turn, at in enumerate(points(whole.seen, most)):
        base = scene.set()
        ended = trials.run(base.root, *INGEST, at=at, act=act)
        assert is_killed(ended, at)
        swap.recover(base.workspace)
        if turn % 8 == 1 or not is_untouched(base, scene):
            hold(base, scene.old, scene.new)
        count("kills survived")


@pytest.mark.long
@pytest.mark.parametrize(
    ("of", "act"), [("worker", KILL), ("parent", KILL_GROUP), *([("parent", KILL)] if LONGEST else [])]
)
def test_an_ingest_of_two_processes_killed_at_a_call(
    trials: Trials, tmp_path: Path, count: Count, of: str, act: int
) -> None:
    """Whoever dies, the others do not stay."""
    scene = Scene(tmp_path, fresh=False, lines=24)
    whole = trials.run(scene.set().root, *IN_TWO, chunk=CHUNK)
    assert whole.code == 0, whole.err
    calls = whole.seen if of == "parent" else 6
    for at in points(calls, 1):
        base = scene.set()
        ended = trials.run(base.root, *IN_TWO, at=at, act=act, of=of, chunk=CHUNK)
        assert ended.left == []
        if of == "worker":
            assert ended.code == 2
            assert is_one_line(ended.err), ended.err
        else:
            assert is_killed(ended, at)
        hold(base, scene.old, scene.new)
        count("kills survived")


Prepare = Callable[[Base], object]


def careless(base: Base) -> None:
    base.configure("as_of = 2026-11-22\n")
    for slug in ("a", "b"):
        base.record(slug, category=" usage_error ", root_cause=" x ")


def ingested(base: Base) -> None:
    careless(base)
    base.ingest()


def exported(base: Base) -> None:
    """With an older export in place, which has other bytes."""
    ingested(base)
    for form in ("ndjson", "json"):
        base.put(f"out.{form}", b"old\n" * 999)
    for table in ("records", "dead_ends"):
        base.put(f"tables/{table}.csv", b"old\n")


OTHERS: dict[str, tuple[Prepare, tuple[str, ...]]] = {
    "fix": (careless, ("fix", "raw")),
    "export to a file": (exported, ("export", "--format", "ndjson", "-o", "out.ndjson")),
    "export to a folder": (ingested, ("export", "--format", "files", "-o", "there")),
    "export of tables": (exported, ("export", "--format", "csv", "-o", "tables")),
    "baseline": (careless, ("validate", "raw", "--write-baseline", "--exit-zero")),
    "init": (lambda base: base.put(".gitignore", b"*.bak\n"), ("init",)),
    "new": (careless, ("new", "git/other")),
    "findings": (exported, ("validate", "raw", "--format", "json", "-o", "out.json", "--exit-zero")),
    "report": (exported, ("report", "queue", "--format", "json", "-o", "out.json")),
}


@pytest.mark.long
@pytest.mark.parametrize("name", OTHERS)
def test_any_other_command_killed_at_a_call(trials: Trials, tmp_path: Path, count: Count, name: str) -> None:
    """A file is as it was or as it should be, and what is left aside, the next run takes away."""
    prepare, argv = OTHERS[name]
    origin = Base(tmp_path / "origin", is_whole=True)
    origin.root.mkdir()
    prepare(origin)
    old = contents(origin.root)
    made = shutil.copytree(origin.root, tmp_path / "made")
    whole = trials.run(made, *argv)
    assert whole.code == 0, whole.err
    new = contents(made)
    for act in (KILL, TEAR) if LONGEST else (TEAR,):
        for at in points(whole.seen, 2):
            root = shutil.copytree(origin.root, tmp_path / f"at {at} {act}")
            ended = trials.run(root, *argv, at=at, act=act)
            assert is_killed(ended, at)
            for path, data in contents(root).items():
                aside = Path(path).name.startswith(".") and path.endswith(".part")
                assert aside or data in (old.get(path), new.get(path)), f"{path} is neither old nor new"
            again = trials.run(root, *argv)
            if name != "new" or "is there already" not in again.err:
                assert again.code == 0, again.err
            assert contents(root) == new
            count("kills survived")


# at times, from outside


def started(base: Base, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kb", "--root", base.root, *argv],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.long
@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT", "SIGTERM", "SIGHUP"])
def test_an_ingest_stopped_at_some_time(tmp_path: Path, count: Count, name: str) -> None:
    """Whatever it was at: no time is asked for, since on a busy machine it means something else."""
    chance = random.Random(name)
    scene = Scene(tmp_path, fresh=False)
    for _ in range(25 if LONGEST else 1):
        base = scene.set()
        with started(base, "ingest", str(base.root / "raw")) as running:
            try:
                running.wait(chance.uniform(0.1, 3.0))
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.Signals[name])
            _, err = running.communicate()
        if running.returncode not in (0, -signal.Signals[name]):
            assert running.returncode == 128 + signal.Signals[name], err
        assert is_one_line(err), err
        hold(base, scene.old, scene.new)
        count("kills survived")
