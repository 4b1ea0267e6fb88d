"""A base through a long life: whatever was done to it, it equals one that is made at once; and it grows no fatter."""

import random
import shutil
import tempfile
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from kb.jobs.doctor import doctor
from kb.publish import swap
from tests.bases import Base, record
from tests.conftest import LONGEST
from tests.property.test_incremental import (
    DAYS,
    FOLDERS,
    LISTS,
    NDJSON,
    REWRITES,
    SETTINGS,
    SINGLE,
    Edit,
    Trial,
    compare,
    move,
    paths,
    puts,
    rewrite,
)
from tests.publish.test_swap import Crash, at_each_line, crash_at
from tests.torture.conftest import Count
from tests.torture.trials import state

NAMES = (*SINGLE, *LISTS, *NDJSON)


class Life(RuleBasedStateMachine):
    """Whatever happens to raw/, the settings, the day and the process, the base ends as a fresh one would be."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.trial = Trial(Base(self.folder / "base", is_gated=True))
        self.ingests = 0
        for folder in FOLDERS:
            (self.trial.base.root / folder).mkdir(parents=True)

    @initialize(first=st.lists(puts, min_size=2, max_size=5))
    def begin(self, first: list[Edit]) -> None:
        for edit in first:
            edit(self.trial)
        self.trial.ingest(FOLDERS)

    @rule(edit=puts)
    def add_or_edit(self, edit: Edit) -> None:
        edit(self.trial)

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str) -> None:
        (self.trial.base.root / name).unlink(missing_ok=True)

    @rule(old=st.sampled_from(SINGLE), new=st.sampled_from(SINGLE))
    def rename(self, old: str, new: str) -> None:
        move(old, new)(self.trial)

    @rule(name=st.sampled_from(NDJSON), how=st.sampled_from(list(REWRITES)))
    def reorder(self, name: str, how: str) -> None:
        rewrite(name, how)(self.trial)

    @rule(name=st.sampled_from(NAMES), at=st.integers(0, 2_000), byte=st.integers(0, 255))
    def corrupt(self, name: str, at: int, byte: int) -> None:
        path = self.trial.base.root / name
        if path.exists() and (data := path.read_bytes()):
            at %= len(data)
            path.write_bytes(data[:at] + bytes([byte]) + data[at + 1 :])

    @rule(text=st.sampled_from(SETTINGS))
    def set_or_suppress(self, text: str) -> None:
        self.trial.configure(text)

    @rule(day=st.sampled_from(DAYS))
    def a_day_passes(self, day: object) -> None:
        self.trial.day = day  # type: ignore[assignment]  # a date

    @rule(line=st.integers(1, 60))
    def killed(self, line: int) -> None:
        """At a line of what publishes; what was made is carried through or thrown away."""
        told = self.trial.base.workspace
        before = swap.manifest(told.curated).get("digest")
        try:
            with at_each_line(crash_at(line)):
                self.trial.ingest(FOLDERS)
        except Crash:
            swap.recover(told)
            if swap.manifest(told.curated).get("digest") != before:
                self.trial.ingest(FOLDERS)

    @precondition(lambda self: self.trial.base.workspace.store.exists())
    @rule()
    def the_store_is_lost(self) -> None:
        self.trial.base.workspace.store.unlink()
        self.trial.held = {}
        self.trial.ingest(FOLDERS)

    @rule(names=paths)
    def ingest(self, names: tuple[str, ...]) -> None:
        self.trial.ingest(names)
        self.ingests += 1
        if self.ingests % 4 == 1:
            compare(self.trial, self.folder / f"fresh {self.ingests}")

    def teardown(self) -> None:
        self.trial.ingest(FOLDERS)
        compare(self.trial, self.folder / "fresh")
        if self.trial.base.workspace.store.exists():
            assert doctor(self.trial.base.workspace) == []
        shutil.rmtree(self.folder)


@pytest.mark.long
def test_whatever_happens_it_equals_a_fresh_base(count: Count) -> None:
    lives, steps = (200, 40) if LONGEST else (1, 8)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not LONGEST,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    count("lives of a base", lives)


@pytest.mark.long
def test_a_base_does_not_fatten(base: Base, tmp_path: Path, count: Count) -> None:
    """Memory, descriptors and the file stay as they were, however often it is edited and ingested."""
    chance = random.Random(17)
    turns, warm = (2_000, 200) if LONGEST else (8, 3)
    base.configure("max_removals = 1\n")
    for i in range(20):
        base.record(f"r{i}")
    process = psutil.Process()
    after_warm: tuple[int, int, int] | None = None
    for turn in range(turns):
        slug = f"r{chance.randrange(25)}"
        if chance.random() < 0.2 and (base.root / f"raw/git/{slug}.json").exists():
            base.drop(f"raw/git/{slug}.json")
        else:
            base.put(f"raw/git/{slug}.json", record(slug, tags=[str(turn)], confidence=chance.choice((0.5, 0.7, 85))))
        base.ingest()
        if turn == warm:
            after_warm = _weight(process, base)
    assert after_warm is not None
    memory, handles, size = _weight(process, base)
    assert handles <= after_warm[1] + 2
    assert memory <= after_warm[0] * 1.3 + (64 << 20)
    fresh = base.again(tmp_path / "fresh")
    assert state(base) == state(fresh)
    # runs, and what came and went with each, are kept: a few rows a run
    assert size <= 3 * fresh.workspace.store.stat().st_size + turns * 4_096
    count("edits and ingests of a soak", turns)


def _weight(process: psutil.Process, base: Base) -> tuple[int, int, int]:
    return process.memory_info().rss, process.num_fds(), base.workspace.store.stat().st_size
