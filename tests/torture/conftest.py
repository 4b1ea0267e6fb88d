"""What the trials share: the library that counts calls, and the count of what was tried."""

import shutil
from collections.abc import Callable, Iterator
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
        self.origin = Base(folder / "origin", is_whole=True)
        self.origin.configure("as_of = 2026-11-22\nmax_removals = 1\n")
        for slug in ("a", "b", "c"):
            self.origin.record(slug, category=" usage_error ")
        self.origin.record("d", confidence=85)
        if lines:
            self.origin.put("raw/lines.ndjson", ndjson(*(record(f"l{i}") for i in range(lines))))
        self.old = NOTHING
        if not fresh:
            self.origin.ingest()
            self.old = state(self.origin)
            self.origin.record("b", confidence=0.7)
            self.origin.record("e")
            self.origin.drop("raw/git/a.json")
            if lines:
                self.origin.put("raw/lines.ndjson", ndjson(*(record(f"l{i}", tags=["new"]) for i in range(lines))))
        made = self.set()
        made.ingest(allow_removals=True)
        self.new: State = state(made)

    def set(self) -> Base:
        """A copy of the base as it is before the ingest, its files as old as they were."""
        root = self.folder / "base"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.origin.root, root)
        return Base(root, is_whole=True)


@pytest.fixture(params=["fresh", "incremental"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene(tmp_path, fresh=request.param == "fresh")
