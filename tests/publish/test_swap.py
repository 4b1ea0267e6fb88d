"""All or nothing: whatever happens while a state is published, what is there is the old one or the new one, whole."""

import ctypes
import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
import pytest

from kb import aside, store
from kb.errors import KbError
from kb.publish import swap
from kb.store import build
from kb.workspace import Workspace, find
from tests.bases import Base, contents, record
from tests.conftest import LONGEST
from tests.terminal import kb

pytestmark = pytest.mark.whole


State = tuple[str, str]
OLD: State = ("old", "old")
NEW: State = ("new", "new")
HALF_WAY: State = ("new", "old")
"""`curated/` changes places a rename before the store does."""


"""Whether every pair of places is tried; that takes minutes."""


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """No crash of these takes the machine along, and hundreds of times to wait for its disk takes a minute."""
    monkeypatch.setattr(os, "sync", lambda: None)
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.mark.parametrize("kind", ["a file", "a link", "a link to nowhere"])
def test_what_lies_in_the_place_of_curated_and_is_none_is_not_replaced(base: Base, kind: str) -> None:
    base.record("a")
    (base.root / "elsewhere").mkdir()
    if kind == "a file":
        base.workspace.curated.write_text("notes")
    else:
        base.workspace.curated.symlink_to("elsewhere" if kind == "a link" else "nowhere")
    what = "no folder" if kind == "a file" else "a link"
    with pytest.raises(
        KbError, match=f"^curated: is {what}, so kb did not make it; move it away, then run `kb ingest`$"
    ):
        base.ingest()
    assert base.workspace.curated.is_symlink() or base.workspace.curated.read_text() == "notes"


def lay(folder: Path, word: str) -> None:
    """A store and a `curated/` that can be told from those of another word."""
    (folder / "curated/records/git").mkdir(parents=True)
    (folder / "curated/manifest.json").write_bytes(orjson.dumps({"digest": word}))
    (folder / f"curated/records/git/{word}.json").write_text(word)
    (folder / "curated/records/git/both.json").write_text(word)
    (folder / "kb.duckdb").write_text(word)


def state(workspace: Workspace) -> State:
    """Which `curated/` and which store are there; fails on a mix within one, or on none."""
    curated = contents(workspace.curated)
    word = str(swap.manifest(workspace.curated).get("digest"))
    assert set(curated) == {"manifest.json", f"records/git/{word}.json", "records/git/both.json"}
    assert curated["records/git/both.json"].decode() == word
    return word, workspace.store.read_text()


def prepared(root: Path) -> Workspace:
    """A workspace with an old state, and a new one made ready."""
    lay(root, "old")
    (root / ".kb").mkdir()
    lay(root / ".kb/next", "new")
    return find(root)


Observer = Callable[[], None]


@contextmanager
def at_each_line(seen: Callable[[int], None]) -> Iterator[None]:
    """Call `seen` with a running number before each line of publish.py that is executed."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ANN401 - as sys.settrace has it
        nonlocal count
        del argument
        if frame.f_code.co_filename != swap.__file__:
            return None
        if event == "line":
            count += 1
            sys.settrace(None)  # what the observer does is not observed
            try:
                seen(count)
            finally:
                sys.settrace(trace)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def crash_at(line: int) -> Callable[[int], None]:
    def seen(count: int) -> None:
        if count == line:
            raise Crash

    return seen


def lines_of_commit(root: Path) -> int:
    lines: list[int] = []
    workspace = prepared(root)
    with at_each_line(lines.append):
        swap.commit(workspace, "new")
    return lines[-1]


@pytest.fixture(params=["exchange", "two renames"])
def exchanging(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the system can exchange two folders at once."""
    if request.param == "two renames":

        def missing(*_: object, **__: object) -> None:
            raise OSError

        monkeypatch.setattr(ctypes, "CDLL", missing)
        return False
    if not sys.platform.startswith("linux"):
        pytest.skip("no renameat2 there")
    return True


def test_a_commit_puts_the_new_state_in_place(tmp_path: Path, exchanging: bool) -> None:  # noqa: FBT001 - a fixture
    del exchanging
    workspace = prepared(tmp_path)
    log = tmp_path / "kb.duckdb.wal"
    log.write_text("of another program, to the store before")
    swap.commit(workspace, "new")
    assert state(workspace) == NEW
    assert not log.exists()
    assert {path.name for path in workspace.scratch.iterdir()} == {"seal", "looks"}


def test_a_first_commit_needs_nothing_to_replace(tmp_path: Path) -> None:
    lay(tmp_path / ".kb/next", "new")
    workspace = find(tmp_path)
    swap.commit(workspace, "new")
    assert state(workspace) == NEW


def test_at_every_instant_a_reader_sees_one_whole_state(tmp_path: Path, exchanging: bool) -> None:  # noqa: FBT001 - a fixture
    workspace = prepared(tmp_path)
    seen: list[State] = []

    def observe(_: int) -> None:
        if exchanging or workspace.curated.exists():  # with two renames, there is none for the length of one
            seen.append(state(workspace))

    with at_each_line(observe):
        swap.commit(workspace, "new")
    assert seen[0] == OLD
    assert seen[-1] == NEW
    assert set(seen) <= {OLD, HALF_WAY, NEW}
    assert sorted(seen, key=[OLD, HALF_WAY, NEW].index) == seen


def test_after_a_crash_at_any_line_the_state_is_old_or_new(tmp_path: Path, exchanging: bool) -> None:  # noqa: FBT001 - a fixture
    del exchanging
    outcomes = []
    for line in range(1, lines_of_commit(tmp_path / "count") + 1):
        workspace = prepared(tmp_path / str(line))
        with pytest.raises(Crash), at_each_line(crash_at(line)):
            swap.commit(workspace, "new")
        swap.recover(workspace)
        outcomes.append(state(workspace))
    assert set(outcomes) == {OLD, NEW}
    assert sorted(outcomes, reverse=True) == outcomes  # once committed, always carried through


def test_a_crash_while_recovering_from_a_crash_is_recovered_from(tmp_path: Path, exchanging: bool) -> None:  # noqa: FBT001 - a fixture
    del exchanging
    lines = lines_of_commit(tmp_path / "count")
    for first in range(1, lines + 1, 1 if LONGEST else 9):
        for second in range(1 if LONGEST else 1 + first % 11, 2 * lines, 1 if LONGEST else 11):
            workspace = prepared(tmp_path / f"{first}-{second}")
            with pytest.raises(Crash), at_each_line(crash_at(first)):
                swap.commit(workspace, "new")
            try:
                with at_each_line(crash_at(second)):
                    swap.recover(workspace)
            except Crash:
                swap.recover(workspace)
            assert state(workspace) in {OLD, NEW}


def test_the_next_writer_cleans_up_after_a_crash(tmp_path: Path) -> None:
    for line in range(1, lines_of_commit(tmp_path / "count") + 1):
        workspace = prepared(tmp_path / str(line))
        with pytest.raises(Crash), at_each_line(crash_at(line)):
            swap.commit(workspace, "new")
        with swap.writer(workspace) as folder:
            assert list(folder.iterdir()) == []
        left = {path.name for path in workspace.scratch.iterdir()} - {"lock"}
        assert left <= {"commit.draft", "seal", "looks"}
        assert state(workspace) in {OLD, NEW}


def test_a_store_that_this_kb_published_is_as_it_left_it(tmp_path: Path) -> None:
    workspace = prepared(tmp_path)
    assert not swap.is_as_left(workspace)
    swap.commit(workspace, "new")
    assert swap.is_as_left(workspace)


@pytest.mark.parametrize(
    "harm",
    [
        lambda workspace: workspace.store.write_text("new, and more"),
        lambda workspace: workspace.store.unlink(),
        lambda workspace: (workspace.scratch / "seal").unlink(),
        lambda workspace: edit_seal(workspace, "layout", "of another kb"),
    ],
    ids=["touched", "gone", "no seal", "another kb"],
)
def test_a_store_is_looked_through_where_anything_speaks_for_it(
    tmp_path: Path, harm: Callable[[Workspace], object]
) -> None:
    workspace = prepared(tmp_path)
    swap.commit(workspace, "new")
    harm(workspace)
    assert not swap.is_as_left(workspace)


def edit_seal(workspace: Workspace, key: str, value: str) -> None:
    seal = workspace.scratch / "seal"
    seal.write_bytes(orjson.dumps(orjson.loads(seal.read_bytes()) | {key: value}))


def test_a_store_from_before_a_crash_is_looked_through(tmp_path: Path) -> None:
    workspace = prepared(tmp_path)
    (workspace.scratch / "commit").write_text("new")  # of any kb
    swap.recover(workspace)
    assert state(workspace) == NEW
    assert not swap.is_as_left(workspace)
    assert not swap.standing(workspace).is_changed


def test_what_a_writer_leaves_when_it_fails_is_cleaned(tmp_path: Path) -> None:
    lay(tmp_path, "old")
    workspace = find(tmp_path)

    def fail() -> None:
        with swap.writer(workspace) as folder:
            lay(folder, "new")
            raise Crash

    with pytest.raises(Crash):
        fail()
    assert not (workspace.scratch / "next").exists()
    assert state(workspace) == OLD


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    lay(tmp_path, "old")
    workspace = find(tmp_path)

    def fail() -> None:
        with swap.writer(workspace):
            raise OSError(28, "No space left on device", "records.json")

    with pytest.raises(KbError, match=r"^cannot write records\.json: No space left on device; nothing was published$"):
        fail()
    assert state(workspace) == OLD


@contextmanager
def refusing(first: int, last: int) -> Iterator[list[str]]:
    """Let the disk refuse some of the changes to folders that are asked for, by number; what was asked for is listed."""
    asked: list[str] = []

    def hedged(name: str, change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(path: Path, *arguments: object, **options: Any) -> object:  # noqa: ANN401 - as given
            asked.append(name)
            if first <= len(asked) <= last:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            return change(path, *arguments, **options)

        return changed

    with pytest.MonkeyPatch.context() as patch:
        for name in ("replace", "rename", "unlink", "write_text"):
            patch.setattr(Path, name, hedged(name, getattr(Path, name)))
        patch.setattr(swap, "exchange", hedged("exchange", vars(swap)["exchange"]))
        patch.setattr(swap, "sync", hedged("sync", aside.sync))
        yield asked


@pytest.mark.parametrize("times", [1, 99], ids=["once", "from then on"])
def test_what_is_said_when_the_disk_refuses_is_true(tmp_path: Path, exchanging: bool, times: int) -> None:  # noqa: FBT001 - a fixture
    with refusing(0, 0) as asked:
        swap.commit(prepared(tmp_path / "count"), "new")
    for number in range(1, len(asked) + 1):
        workspace = prepared(tmp_path / str(number))
        try:
            with refusing(number, number + times - 1), swap.writer(workspace):
                lay(workspace.scratch / "next", "new")
                swap.commit(workspace, "new")
            said = "all was published"  # without what was refused
        except KbError as error:
            said = str(error)
        is_published = "nothing was published" not in said
        if "carries through" in said:
            if exchanging or workspace.curated.exists():
                assert swap.standing(workspace).store.read_text() == state(workspace)[0]
        else:
            assert state(workspace) == (NEW if is_published else OLD), said
        with swap.writer(workspace) as folder:
            assert list(folder.iterdir()) == []
        assert state(workspace) == (NEW if is_published else OLD), said


# one writer, many readers


def test_a_second_writer_is_refused_in_one_line(base: Base) -> None:
    base.record("a")
    base.ingest()
    base.record("b")
    with swap.writer(base.workspace):
        words = (
            rf"^base: another kb \(process {os.getpid()}\) is writing kb\.duckdb and curated/ here; wait for it to end"
        )
        with pytest.raises(KbError, match=words) as refused:
            base.ingest()
        assert "\n" not in str(refused.value)
        (base.workspace.scratch / "writer").write_text("")
        with pytest.raises(KbError, match=r"^base: another kb is writing"):
            base.ingest()
    assert base.ingest().published == 1


def test_a_second_process_is_refused_in_one_line(base: Base) -> None:
    base.record("a")
    with swap.writer(base.workspace):
        ended = subprocess.run(
            [sys.executable, "-m", "kb", "--root", base.root, "ingest", base.root / "raw"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert f"another kb (process {os.getpid()}) is writing" in ended.stderr


def test_readers_see_the_old_state_while_another_is_written(base: Base) -> None:
    base.record("a")
    base.ingest()
    with swap.writer(base.workspace) as folder:
        with build.create(folder / "kb.duckdb"):
            assert base.slugs() == ["a"]
        assert base.slugs() == ["a"]


def test_readers_are_not_refused_while_a_commit_is_carried_through(base: Base) -> None:
    base.record("a")
    base.ingest()
    with swap.writer(base.workspace) as folder:
        (base.workspace.scratch / "commit").write_text("token")
        with swap.reading(base.workspace) as opened:
            assert opened.value("SELECT count(*) FROM records") == 1
        assert folder.exists()
        (base.workspace.scratch / "commit").unlink()


def test_a_reader_keeps_what_it_opened(base: Base) -> None:
    base.record("a")
    base.ingest()
    with store.read(base.workspace.store) as opened:
        base.record("b")
        assert kb(base.root, "ingest").code == 0
        assert opened.value("SELECT count(*) FROM records") == 1
    assert base.slugs() == ["a", "b"]


def test_to_recover_needs_nothing_to_be_there(tmp_path: Path) -> None:
    swap.recover(find(tmp_path))
    assert list(tmp_path.iterdir()) == []


# a whole ingest, killed


@pytest.mark.long(every=3)
@pytest.mark.parametrize("name", ["kb.duckdb", "commit", "curated"])
def test_an_ingest_that_is_killed_is_carried_through_or_undone(base: Base, tmp_path: Path, name: str) -> None:
    base.record("a")
    base.ingest()
    before = base.curated()
    base.put("raw/git/b.json", record("b"))
    script = f"""
        import datetime as dt, os
        from pathlib import Path
        from kb.publish import swap
        from kb.jobs.ingest import ingest
        from kb.judging.request import Request
        from kb.workspace import find

        def deadly(method):
            def moved(self, target):
                os._exit(9) if Path(target).name == {name!r} else None
                return method(self, target)
            return moved

        exchange = swap.exchange
        swap.exchange = lambda new, old: os._exit(9) if {name!r} == "curated" else exchange(new, old)
        Path.replace = deadly(Path.replace)
        Path.rename = deadly(Path.rename)
        root = Path({str(base.root)!r})
        ingest(find(root), [root / "raw"], Request(as_of=dt.date(2026, 11, 22), jobs=1))
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert ended.returncode == 9
    fresh = base.again(tmp_path / "fresh")
    assert base.curated() in (before, fresh.curated())
    assert base.slugs() == ["a"]
    swap.recover(base.workspace)
    assert (base.curated(), base.slugs()) == ((before, ["a"]) if name == "commit" else (fresh.curated(), ["a", "b"]))
    base.ingest()
    assert base.curated() == fresh.curated()
    assert base.tables() == fresh.tables()
