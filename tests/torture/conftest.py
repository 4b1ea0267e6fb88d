"""What the trials share: the library that counts calls, and the count of what was tried."""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.bases import Base, ndjson, record
from tests.torture.trials import NOTHING, State, Trials, compiled, state

Count = Callable[..., None]


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Count:
    """Say that something was survived; the sums stand at the end of the run."""

    def counted(what: str, times: int = 1) -> None:
        record_property(f"torture: {what}", times)

    return counted


@pytest.fixture(scope="session")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    folder = tmp_path_factory.mktemp("calls")
    library = compiled(folder)
    if library is None:
        pytest.skip(
            "there is no C compiler, or this is not Linux: calls cannot be counted (tests/publish/test_swap.py kills too)"
        )
    with Trials(library, folder) as running:
        yield running


class Scene:
    """A base before and after an ingest; `set` puts a copy of it as it is before."""

    def __init__(self, folder: Path, *, fresh: bool, lines: int = 0) -> None:
        self.folder = folder
        self.origin, self.old, self.new = _around_an_ingest(fresh, lines)

    def set(self) -> Base:
        """A copy of the base as it is before the ingest, its files as old as they were."""
        root = self.folder / "base"
        shutil.rmtree(root, ignore_errors=True)
        return _copied(self.origin, root)


def _copied(base: Base, root: Path) -> Base:
    shutil.copytree(base.root, root)
    return Base(root, is_whole=True)


@cache
def _around_an_ingest(fresh: bool, lines: int) -> tuple[Base, State, State]:  # noqa: FBT001 - what is kept is found by it
    """A base before an ingest, which nobody changes, and what it publishes before and after that; made once."""
    scratch = tempfile.TemporaryDirectory(prefix="kb-scene-")
    atexit.register(scratch.cleanup)
    folder = Path(scratch.name)
    origin = Base(folder / "origin", is_whole=True)
    origin.configure("as_of = 2026-11-22\nmax_removals = 1\n")
    for slug in ("a", "b", "c"):
        origin.record(slug, category=" usage_error ")
    origin.record("d", confidence=85)
    if lines:
        origin.put("raw/lines.ndjson", ndjson(*(record(f"l{i}") for i in range(lines))))
    old = NOTHING
    if not fresh:
        origin.ingest()
        old = state(origin)
        origin.record("b", confidence=0.7)
        origin.record("e")
        origin.drop("raw/git/a.json")
        if lines:
            origin.put("raw/lines.ndjson", ndjson(*(record(f"l{i}", tags=["new"]) for i in range(lines))))
    made = _copied(origin, folder / "made")
    made.ingest(allow_removals=True)
    return origin, old, state(made)


@pytest.fixture(params=["fresh", "incremental"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene(tmp_path, fresh=request.param == "fresh")
