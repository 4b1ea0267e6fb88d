"""What a disk, another program or a person can do to a run or to what it left: one line, and nothing is lost."""

import errno
import os
import random
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from kb import sources
from kb.errors import KbError
from kb.model import Incoming
from kb.sources import SourceFile
from tests.bases import Base, contents
from tests.conftest import LONGEST
from tests.terminal import kb
from tests.torture.conftest import Count, Scene
from tests.torture.test_kills import INGEST, is_untouched, started
from tests.torture.trials import FAULTS, State, Trials, hold, is_one_line, points, state

pytestmark = pytest.mark.whole


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=[errno.errorcode[fault] for fault in FAULTS])
def test_a_disk_that_refuses_from_a_call_on(trials: Trials, tmp_path: Path, count: Count, fault: int) -> None:
    """Full, broken, read-only or forbidden: the run says so in one line, and what was published is old or new."""
    scene = Scene(tmp_path, fresh=False)
    whole = trials.run(scene.set().root, *INGEST)
    for at in points(whole.seen, 2):
        base = scene.set()
        ended = trials.run(base.root, *INGEST, at=at, act=fault, stays=True)
        assert ended.left == []
        assert ended.code in {0, 2}, ended.err
        assert is_one_line(ended.err), ended.err
        assert "Traceback" not in ended.err
        if LONGEST or not is_untouched(base, scene):
            hold(base, scene.old, scene.new)
        count("faults injected")


@pytest.mark.long
def test_one_call_that_fails(trials: Trials, tmp_path: Path, count: Count) -> None:
    scene = Scene(tmp_path, fresh=False)
    whole = trials.run(scene.set().root, *INGEST)
    for at in points(whole.seen, 3):
        base = scene.set()
        ended = trials.run(base.root, *INGEST, at=at, act=errno.EIO)
        assert ended.code in {0, 2}, ended.err
        assert is_one_line(ended.err), ended.err
        if LONGEST or not is_untouched(base, scene):
            hold(base, scene.old, scene.new)
        count("faults injected")


@pytest.mark.long
def test_a_small_disk(tmp_path: Path, count: Count) -> None:
    """A real one that is full, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = "16m"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this process may not mount a disk")
    try:
        base = Base(disk / "base", is_whole=True)
        base.root.mkdir()
        base.configure("as_of = 2026-11-22\n")
        base.record("a")
        base.ingest()
        before = state(base)
        with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"x" * 65_536)
        base.root.joinpath("raw/git/a.json").unlink()
        (tmp_path / "b.json").write_text("{}")
        ended = kb(base.root, "ingest", "raw", "--jobs", "1", "--allow-removals")
        assert ended.code == 2, ended
        assert is_one_line(ended.err), ended.err
        assert state(base) == before
        (disk / "filler").unlink()
        base.record("b")
        base.ingest(allow_removals=True)
        assert base.slugs() == ["b"]
        count("faults injected")
    finally:
        subprocess.run(["umount", disk], check=True)


# files that change under the reader


def changing(monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], object]) -> None:
    """Let `act` happen to a file after it was found and before it is read."""
    read = sources.read

    def late(file: SourceFile, *rest: object) -> Iterator[Incoming]:
        if Path(file.path).name == "b.json":
            act(Path(file.path))
        return read(file, *rest)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(sources, "read", late)


def folded(path: Path) -> None:
    path.unlink()
    path.mkdir()


def looped(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def barred(path: Path) -> None:
    path.unlink()
    path.symlink_to("/proc/self/mem")


def refusal(base: Base) -> str | None:
    """What an ingest says where it is refused."""
    try:
        base.ingest()
    except KbError as error:
        return str(error)
    return None


CHANGES: dict[str, Callable[[Path], object]] = {
    "vanishes": Path.unlink,
    "is cut": lambda path: path.write_bytes(path.read_bytes()[:200]),
    "grows": lambda path: path.write_bytes(path.read_bytes() + b" " * 10_000),
    "is another": lambda path: path.write_bytes(path.read_bytes().replace(b"0.9", b"0.8")),
    "is a folder": folded,
    "leads to itself": looped,
    "cannot be read": barred,
}


@pytest.fixture(scope="module")
def of_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Base, State]:
    """A base of two records, and what one publishes that is made at once when the second is as it ends below."""
    base = Base(tmp_path_factory.mktemp("of two"), is_whole=True)
    base.configure("max_removals = 1\n")
    for slug in ("a", "b"):
        base.record(slug)
    base.ingest()
    mended = Base(shutil.copytree(base.root / "raw", tmp_path_factory.mktemp("mended") / "raw").parent, is_whole=True)
    mended.configure("max_removals = 1\n")
    mended.record("b", confidence=0.8)
    mended.ingest()
    return base, state(mended)


@pytest.mark.long(every=4)
@pytest.mark.parametrize("how", CHANGES)
def test_a_file_changes_while_it_is_read(
    of_two: tuple[Base, State], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: Count, how: str
) -> None:
    base = Base(shutil.copytree(of_two[0].root, tmp_path / "base"), is_whole=True)
    before = state(base)
    base.record("b", confidence=0.7)
    with monkeypatch.context() as patched:
        changing(patched, CHANGES[how])
        said = refusal(base)
    if said is not None:
        assert "\n" not in said
        assert state(base) == before
    path = base.root / "raw/git/b.json"
    path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    base.record("b", confidence=0.8)
    base.ingest()
    assert state(base) == of_two[1]
    count("faults injected")


# a store that is not ours, or not whole


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE records (id TEXT)")
    other.close()


def flipped(path: Path, place: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 0xFF
    path.write_bytes(data)


CHANCE = random.Random(17)
PLACES = [CHANCE.random() for _ in range(60 if LONGEST else 2)]

STORES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut in its head": lambda path: path.write_bytes(path.read_bytes()[:4_000]),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "no database": lambda path: path.write_text("a poem\n" * 9_999),
    "of another program": foreign,
    "a newer format": lambda path: path.write_bytes(path.read_bytes()[:12] + b"\xff" + path.read_bytes()[13:]),
    **{f"flipped at {place:.3f}": partial(flipped, place=place) for place in PLACES},
}


@pytest.fixture(scope="module")
def of_one(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = Base(tmp_path_factory.mktemp("of one"), is_whole=True)
    base.configure("as_of = 2026-11-22\n")
    base.record("a")
    base.ingest()
    return base


@pytest.mark.long(every=4)
@pytest.mark.parametrize("how", STORES)
def test_a_store_that_is_not_as_kb_left_it(of_one: Base, tmp_path: Path, count: Count, how: str) -> None:
    """One line at worst, never a bug; and once the store is deleted, all is as it was."""
    base = Base(shutil.copytree(of_one.root, tmp_path / "base"), is_whole=True)
    before = base.curated()
    STORES[how](base.workspace.store)
    for command in (
        (["doctor"], ["sql", "SELECT count(*) FROM records"], ["ingest", "raw"]) if LONGEST else (["ingest", "raw"],)
    ):
        ended = kb(base.root, *command)
        assert ended.code in {0, 1, 2}, ended
        assert "Traceback" not in ended.err
    base.workspace.store.unlink(missing_ok=True)
    base.ingest()
    assert base.curated() == before
    count("faults injected")


@pytest.mark.long
def test_a_clock_that_is_set_back(base: Base, tmp_path: Path, count: Count) -> None:
    """A file that is edited while the clock is wrong is read again all the same."""
    path = base.record("a")
    base.record("b")
    base.ingest()
    for seconds in (-86_400, 0, 10 * 365 * 86_400):
        base.record("a", confidence=0.7, tags=[str(abs(seconds))])
        os.utime(path, (time.time() + seconds,) * 2)
        base.ingest()
        assert base.document("a")["tags"] == [str(abs(seconds))]
        count("faults injected")
    assert state(base) == state(base.again(tmp_path / "fresh"))


# several at once


@pytest.mark.long
def test_two_writers_at_once(tmp_path: Path, count: Count) -> None:
    """Either is done after the other or told to wait; nothing is mixed."""
    scene = Scene(tmp_path, fresh=False)
    for _ in range(10 if LONGEST else 1):
        base = scene.set()
        with (
            started(base, "ingest", str(base.root / "raw")) as one,
            started(base, "ingest", str(base.root / "raw")) as other,
        ):
            told = [process.communicate()[1] for process in (one, other)]
        codes = sorted((one.returncode, other.returncode))
        assert codes in ([0, 0], [0, 2]), told
        assert all(map(is_one_line, told)), told
        hold(base, scene.old, scene.new)
        count("faults injected")


ONE_STATE = """
    SELECT (SELECT count(*) FROM records), (SELECT count(DISTINCT record_id) FROM dead_ends)
"""


@pytest.mark.long
def test_readers_through_ingests(base: Base, count: Count) -> None:
    """Every reader gets an answer, and each is of one state."""
    base.configure("max_removals = 1\n")
    base.record("a", confidence=0.5)
    base.ingest()
    seen: list[tuple[int, int]] = []
    wrong: list[Exception] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            try:
                ((records, ends),) = base.query(ONE_STATE)
                seen.append((records, ends))
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is told below
                wrong.append(error)
                return

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for turn in range(60 if LONGEST else 3):
            base.record(f"r{turn}")
            base.ingest()
    finally:
        done.set()
        reader.join()
    assert wrong == []
    assert all(records == ends for records, ends in seen)
    assert [records for records, _ in seen] == sorted(records for records, _ in seen)
    count("readers through an ingest", len(seen))


def test_a_reader_that_goes_away_early(base: Base, count: Count) -> None:
    """As `| head` does: no word, no error."""
    base.record("a")
    base.ingest()
    with started(base, "sql", "SELECT range, repeat('x', 1000) FROM range(5000)", "--format", "ndjson") as running:
        assert running.stdout
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr
        assert running.stderr.read() == ""
    assert running.returncode == 0
    count("faults injected")


def test_nothing_is_written_into_a_planted_link(base: Base, tmp_path: Path, count: Count) -> None:
    """A draft is never written through a link that lies where it will be."""
    base.record("a", category=" usage_error ")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for place in ("raw/git/.a.json.part", ".kb.baseline.json.part", ".out.ndjson.part"):
        (base.root / place).symlink_to(victim)
    assert kb(base.root, "fix", "raw").code == 0
    assert kb(base.root, "validate", "raw", "--write-baseline", "--exit-zero").code == 0
    assert kb(base.root, "ingest", "raw").code == 0
    assert kb(base.root, "export", "--format", "ndjson", "-o", "out.ndjson").code == 0
    assert victim.read_text() == "mine"
    assert not [name for name in contents(base.root) if name.endswith(".part")]
    count("faults injected")
