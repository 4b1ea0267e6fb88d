"""Wherever a run is killed: what was published is the old state or the new one, and the next run succeeds."""

from pathlib import Path

import pytest

from tests.torture.conftest import Count, Scene
from tests.torture.trials import KILL, KILL_GROUP, TEAR, Trials, hold, points

INGEST = ("ingest", "raw", "--jobs", "1", "--allow-removals")


@pytest.mark.parametrize("act", [KILL, TEAR], ids=["killed", "half written"])
def test_an_ingest_killed_at_a_call(trials: Trials, scene: Scene, count: Count, act: int) -> None:
    whole = trials.run(scene.set().root, *INGEST)
    assert whole.code == 0, whole.err
    for at in points(whole.seen, 8):
        base = scene.set()
        ended = trials.run(base.root, *INGEST, at=at, act=act)
        assert ended.code == -9
        assert ended.left == []
        hold(base, scene.old, scene.new)
        count("kills survived")
