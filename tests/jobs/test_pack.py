"""`kb ledger pack`: fewer files, the same set."""

import datetime as dt
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.jobs.pack import pack
from kb.ledger.book import read_all
from kb.ledger.event import Event, canonical
from tests.bases import Base, contents
from tests.ledger.events import event

OLD = [event(note="one"), event("refute", record="git/b"), event(at="2026-11-03T00:00:00Z")]
NEW = event(at="2026-11-09T00:00:00Z")
BEFORE = dt.date(2026, 11, 9)


def _put(base: Base, *events: Event) -> None:
    for one in events:
        base.put(f"ledger/{one.name}", canonical(one.document))


def test_packed_events_are_the_same_set(base: Base) -> None:
    _put(base, *OLD, NEW)
    before = read_all(base.workspace.ledger_files())
    packing = pack(base.workspace, BEFORE)
    after = read_all(base.workspace.ledger_files())
    assert (after.events, after.digest) == (before.events, before.digest)
    assert sorted(contents(base.root / "ledger")) == sorted([str(packing.file), NEW.name])
    assert (packing.events, len(packing.gone)) == (3, 3)


def test_the_base_knows_where_an_event_stands(base: Base, tmp_path: Path) -> None:
    base.record("a")
    _put(base, *OLD)
    base.ingest()
    packing = pack(base.workspace, BEFORE)
    base.ingest()
    assert set(base.column("SELECT file FROM events")) == {f"ledger/{packing.file}"}
    assert base.tables() == base.again(tmp_path / "again").tables()


def test_packs_are_packed_again_and_twice_changes_nothing(base: Base) -> None:
    _put(base, *OLD)
    first = pack(base.workspace, BEFORE)
    _put(base, NEW)
    second = pack(base.workspace, dt.date(2027, 1, 1))
    assert set(second.gone) == {NEW.name, first.file}
    assert pack(base.workspace, dt.date(2027, 1, 1)) == (0, None, ())
    assert len(read_all(base.workspace.ledger_files()).events) == 4


def test_a_trial_writes_nothing(base: Base) -> None:
    _put(base, *OLD)
    before = contents(base.root / "ledger")
    assert pack(base.workspace, BEFORE, dry_run=True).events == 3
    assert contents(base.root / "ledger") == before


def test_nothing_old_is_packed_into_nothing(base: Base) -> None:
    assert pack(base.workspace, BEFORE).file is None
    _put(base, NEW)
    assert pack(base.workspace, BEFORE).file is None


def test_a_ledger_with_a_fault_is_left_alone(base: Base) -> None:
    _put(base, *OLD)
    base.put("ledger/git/a/odd.json", b"{}")
    before = contents(base.root / "ledger")
    with pytest.raises(KbError, match=r"ledger/git/a/odd.json: .*nothing was packed"):
        pack(base.workspace, BEFORE)
    assert contents(base.root / "ledger") == before
