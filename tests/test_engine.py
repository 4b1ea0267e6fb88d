"""Many records over many processes: the same bytes however many there are, and no silent gap when one dies."""

import hashlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import engine
from kb.cli.failures import UNCHANGED
from kb.curate import spool
from kb.curate.batch import curate_batch
from kb.errors import KbError
from kb.jobs.ingest import ingest
from kb.judging.request import Request
from kb.ledger.book import read_all
from kb.ledger.event import canonical, made
from kb.model import Incoming, Origin
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings
from tests.bases import DAY, Base, contents, ndjson, record
from tests.conftest import ROOT, default_rules
from tests.strategies import mutated

pytestmark = [pytest.mark.whole, pytest.mark.long(every=3)]


COUNT = 40


def incoming() -> Iterator[Incoming]:
    """Records good, careless and broken, a few of each."""
    for number in range(COUNT):
        document = record(f"r{number}", category=" usage_error ", confidence=85 if number % 5 == 0 else 0.5)
        raw = b"{" if number % 7 == 0 else orjson.dumps(document)
        yield Incoming(Origin("raw/x.ndjson", number, number + 1, hashlib.sha256(raw).hexdigest()), raw)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the input into some ten chunks. It is cut in this process: workers need not know."""
    monkeypatch.setattr(engine, "CHUNK_BYTES", 10_000)


@pytest.fixture
def no_hang() -> Iterator[None]:
    """Fail, rather than wait for ever."""

    def late(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def run(folder: Path, jobs: int, rules: RuleSet | None = None) -> tuple[dict[str, bytes], list[int]]:
    """What the record stage wrote, and what it told of its progress."""
    folder.mkdir()
    ticks: list[int] = []
    assert engine.run(incoming(), rules or default_rules(), folder, jobs, ticks.append) == COUNT
    return contents(folder), ticks


@pytest.mark.usefixtures("small_chunks", "no_hang")
@pytest.mark.parametrize("jobs", [2, 4])
def test_the_number_of_processes_changes_no_byte(tmp_path: Path, jobs: int) -> None:
    alone, _ = run(tmp_path / "alone", 1)
    together, ticks = run(tmp_path / "together", jobs)
    assert together == alone
    assert len(ticks) > 5
    assert sum(ticks) == COUNT


@pytest.mark.usefixtures("small_chunks", "no_hang")
@pytest.mark.parametrize(("jobs", "times"), [(1, 0), (2, 1)])
def test_only_while_workers_are_busy_is_there_time_for_something_else(tmp_path: Path, jobs: int, times: int) -> None:
    done: list[None] = []
    engine.run(incoming(), default_rules(), tmp_path, jobs, meanwhile=lambda: done.append(None))
    assert len(done) == times


@pytest.mark.usefixtures("small_chunks")
def test_progress_adds_up_in_one_process(tmp_path: Path) -> None:
    _, ticks = run(tmp_path / "alone", 1)
    assert sum(ticks) == COUNT
    assert len(ticks) > 5


def test_one_chunk_is_done_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_run_parallel", None)
    _, ticks = run(tmp_path / "alone", 4)
    assert ticks == [COUNT]


@pytest.mark.parametrize("jobs", [1, 4])
def test_nothing_in_is_nothing_out(tmp_path: Path, jobs: int) -> None:
    assert engine.run(iter(()), default_rules(), tmp_path, jobs) == 0


@pytest.mark.usefixtures("small_chunks", "no_hang")
def test_workers_judge_by_the_settings(tmp_path: Path) -> None:
    quiet = RuleSet(Settings(rules=RuleSettings(select=("SCH",))))
    alone, _ = run(tmp_path / "alone", 1, quiet)
    together, _ = run(tmp_path / "together", 2, quiet)
    assert together == alone
    assert b"TXT001" not in b"".join(together.values())


@pytest.mark.usefixtures("small_chunks", "no_hang")
def test_workers_know_what_was_decided(tmp_path: Path) -> None:
    event = made(kind="withdraw", record="git/r1", at="2026-11-01T00:00:00Z", by="person:Ada", reason="it is wrong")
    rules = RuleSet(Settings(), ledger=read_all([(event.name, canonical(event.document))]))
    found = []
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        engine.run(incoming(), rules, folder, jobs)
        found.append(contents(folder))
    assert found[0] == found[1]
    assert any(b'"withdrawn":true' in data for data in found[0].values())


@pytest.mark.usefixtures("small_chunks", "no_hang")
def test_an_ingest_gives_the_same_bytes_for_any_number_of_processes(base: Base, tmp_path: Path) -> None:
    base.put("raw/x.ndjson", ndjson(*(one.raw for one in incoming())))
    alone = base.again(tmp_path / "alone")
    result = ingest(base.workspace, [base.root / "raw"], Request(as_of=DAY, jobs=3))
    assert result.read == COUNT
    assert base.curated() == alone.curated()
    assert base.tables() == alone.tables()


# a worker that dies


def kill_workers() -> None:
    """Kill the worker processes of this one, as soon as there are any."""
    until = time.monotonic() + 30
    while not multiprocessing.active_children() and time.monotonic() < until:
        time.sleep(0.01)
    for child in multiprocessing.active_children():
        child.kill()


def deadly(after: int) -> Iterator[Incoming]:
    for number, one in enumerate(incoming()):
        if number == after:
            kill_workers()
        yield one


@pytest.mark.usefixtures("small_chunks", "no_hang")
@pytest.mark.parametrize("after", [COUNT // 2, COUNT - 1])
def test_a_worker_that_dies_is_an_error_that_names_the_place(tmp_path: Path, after: int) -> None:
    with pytest.raises(KbError, match=r"worker process died on or near raw/x\.ndjson:\d+ … raw/x\.ndjson:\d+") as died:
        engine.run(deadly(after), default_rules(), tmp_path, 2)
    assert "\n" not in str(died.value)
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("small_chunks", "no_hang")
def test_a_worker_that_dies_publishes_nothing(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.record("a")
    base.ingest()
    base.put("raw/x.ndjson", ndjson(*(one.raw for one in incoming())))
    before = base.footprint()

    def tick(count: int) -> None:
        del count
        kill_workers()

    with pytest.raises(KbError, match="worker process died"):
        ingest(base.workspace, [base.root / "raw"], Request(as_of=DAY, jobs=2, tick=tick))
    assert base.footprint() == before
    monkeypatch.undo()
    assert base.ingest().read == COUNT + 1


TO_BE_STOPPED = """
import sys, time
from kb import engine
from kb.cli.app import main

def receive(*arguments, judge=engine._receive):
    judge(*arguments)
    print(flush=True)
    time.sleep(60)

engine.CHUNK_BYTES, engine._receive = 400, receive
main()
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes there")
def test_a_group_that_is_stopped_leaves_one_line_and_no_process(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*(one.raw for one in incoming())))
    command = [sys.executable, "-c", TO_BE_STOPPED, "--root", str(base.root), "ingest", "-j2", str(base.root / "raw")]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGTERM)
        _, said = process.communicate(timeout=60)  # ends when nobody has the pipes open any more
    assert said == f"kb: interrupted; {UNCHANGED}\n"
    assert process.returncode == 128 + signal.SIGTERM
    assert not base.workspace.store.exists()
    assert [path.name for path in base.workspace.scratch.iterdir()] == ["lock"]


# slices


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("most_open", [2, 3, 200])
def test_outcomes_are_handed_on_in_the_order_of_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_open: int
) -> None:
    written, _ = run(tmp_path / "alone", 1)
    lines = [line for name, data in written.items() if "outcomes" in name for line in data.splitlines()]
    monkeypatch.setattr(spool, "SLICE_BYTES", 20_000)
    monkeypatch.setattr(spool, "_MOST_OPEN", most_open)
    parts = [(path.read_bytes().splitlines(), longest) for path, longest in spool.slices(tmp_path / "alone")]
    assert len(parts) > 3
    assert sorted(line for part, _ in parts for line in part) == sorted(lines)
    assert all(longest == max(map(len, part)) + 1 for part, longest in parts)
    names = [name for part, _ in parts for line in part if (name := orjson.loads(line)["record_id"]) is not None]
    assert names == sorted(names)


def test_of_nothing_there_are_no_slices(tmp_path: Path) -> None:
    assert list(spool.slices(tmp_path)) == []


# the record stage as a function


@settings(max_examples=50)
@given(st.lists(mutated, max_size=4))
def test_the_record_stage_is_pure(documents: list[dict[str, object]]) -> None:
    raws = [orjson.dumps(document) for document in documents]
    batch = [Incoming(Origin("x.ndjson", i, i, hashlib.sha256(raw).hexdigest()), raw) for i, raw in enumerate(raws)]
    once = curate_batch(batch, default_rules())
    assert curate_batch(iter(batch), default_rules()) == once
    assert curate_batch(batch, RuleSet(Settings())) == once
    assert [one.raw for one in batch] == raws


EXAMPLES = re.findall(
    r"```python\n(.*?)```\n\n```text\n(.*?)```", (ROOT / "docs/engine.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.mark.parametrize(("code", "said"), EXAMPLES, ids=["lines", "arrow"])
def test_the_examples_in_the_docs_run(code: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    if "pyarrow" in code:
        pytest.importorskip("pyarrow")
    exec(compile(code, "docs/engine.md", "exec"), {})  # noqa: S102 - it is ours
    assert capsys.readouterr().out == said
