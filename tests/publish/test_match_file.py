"""The index beside the store: made by ingest, bound to its store, deleted with it."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from kb.match import build_index
from kb.publish import match_file
from kb.workspace import MATCH_INDEX
from tests.bases import Base, reading

pytestmark = pytest.mark.long(every=3)


def _index(base: Base) -> bytes:
    return (base.workspace.scratch / MATCH_INDEX).read_bytes()


def _opened(base: Base) -> bool:
    with reading(base.workspace.store) as store:
        index, is_own = match_file.opened(store, base.workspace.scratch, base.workspace.settings.own_lines)
        assert len(index) == store.value("SELECT count(*) FROM records")
    return is_own


def test_an_index_after_any_edit_is_that_of_a_fresh_ingest(base: Base, tmp_path: Path) -> None:
    base.record("a")
    base.record("b")
    base.ingest()
    base.record("b", regex="b is no (repository|folder)")
    base.record("c")
    base.drop("raw/git/a.json")
    base.ingest(allow_removals=True)
    assert _index(base) == _index(base.again(tmp_path / "again"))
    assert _opened(base)


def test_an_edit_of_what_no_error_is_found_by_lays_no_index_out_anew(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.record("a")
    base.record("b")
    base.ingest()
    laid_out = []
    whole = build_index.build

    def noting(columns: build_index.Columns, ordinary: Sequence[Collection[int]]) -> Iterator[build_index.Buffer]:
        laid_out.append(len(columns.owners))
        return whole(columns, ordinary)

    monkeypatch.setattr(build_index, "build", noting)
    base.record("b", root_cause="Another cause, found later.")
    base.ingest()
    assert laid_out == []
    assert _index(base) == _index(base.again(tmp_path / "again"))
    assert _opened(base)
    for edit in ({"regex": "b is no (repository|folder)"}, {"signatures": ["b vanished"]}, {"error_code": "E12"}):
        laid_out.clear()
        base.record("b", **edit)
        base.ingest()
        assert laid_out
        assert _index(base) == _index(base.again(tmp_path / next(iter(edit))))


def test_an_index_that_is_gone_damaged_or_of_another_base_is_made_anew_for_the_answer_and_kept_by_the_next_ingest(
    base: Base, tmp_path: Path
) -> None:
    base.record("a")
    base.ingest()
    whole = _index(base)
    other = base.again(tmp_path / "other")
    other.record("b")
    other.ingest()
    path = base.workspace.scratch / MATCH_INDEX
    for damaged in (b"", whole[:40], b"\x00" * len(whole), _index(other)):
        path.write_bytes(damaged)
        assert not _opened(base)
        base.ingest()
        assert _opened(base)
        assert _index(base) == whole
    path.unlink()
    assert not _opened(base)
    base.ingest()
    assert _index(base) == whole


def test_lines_of_a_log_are_looked_for_by_what_the_records_say(base: Base) -> None:
    base.record("a", signature="Segment vanished", regex="Segment vanish")
    base.record("b", regex="done")
    base.ingest()
    with reading(base.workspace.store) as store:
        cues = match_file.cues(store, base.workspace.settings.own_lines)
    assert cues is not None
    assert "vanished" in cues
    assert "done" not in cues
