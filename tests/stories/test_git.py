"""A base is kept in git: what is committed depends on records and settings alone, and branches merge."""

import datetime as dt
from pathlib import Path

import pytest

from kb.jobs.doctor import doctor
from kb.jobs.init import init
from tests.bases import DAY, Base, suppressions
from tests.git import commit, git
from tests.terminal import kb

pytestmark = pytest.mark.long(every=3)

LATER = DAY + dt.timedelta(days=400)
AHEAD = {"first_seen": "2027-01-01", "last_confirmed": "2027-02-01", "last_updated": "2027-02-01"}
"""As of DAY these days are ahead (DAT003), later on the first only looks filled in (DAT004)."""


in_both_layouts = pytest.mark.parametrize("kept", ["files", "ndjson"], indirect=True)


@pytest.fixture
def kept(base: Base, request: pytest.FixtureRequest) -> Base:
    """A workspace as `kb init` completes it, ingested and committed."""
    base.configure(f'[export]\nrecords = "{getattr(request, "param", "files")}"')
    init(base.root)
    for slug in ("a", "k", "z"):
        base.record(slug, workarounds=[])
    base.record("ahead", **AHEAD)
    base.record("bad", confidence=7)
    base.ingest()
    git(base.root, "init", "--quiet")
    commit(base.root)
    git(base.root, "tag", "start")
    return base


def committed(base: Base) -> dict[str, bytes]:
    """The files below `curated/` that git does not ignore, as they lie there."""
    names = git(base.root, "ls-files", "curated").splitlines()
    return {name: (base.root / name).read_bytes() for name in names}


def changed(base: Base) -> str:
    return git(base.root, "status", "--porcelain")


# the day


@pytest.mark.whole
@in_both_layouts
def test_on_another_day_an_idle_ingest_rewrites_nothing_that_is_committed(kept: Base) -> None:
    before, files = kept.footprint(), committed(kept)
    assert kept.ingest(as_of=LATER).of_the_day
    assert changed(kept) == ""
    after = kept.footprint()
    assert [name for name in files if before[str(kept.root / name)] != after[str(kept.root / name)]] == []
    assert kept.manifest()["as_of"] == LATER.isoformat()
    assert b'"as_of": "2027-12-27"' in kept.curated()["reports/stale.json"]
    assert doctor(kept.workspace) == []


def test_what_is_committed_is_not_what_depends_on_the_day(kept: Base) -> None:
    names = {name.split("/")[1].removesuffix(".ndjson") for name in committed(kept)}
    assert names == {"records", "findings", "changes", "quarantine"}


def test_findings_that_depend_on_the_day_stand_apart(kept: Base) -> None:
    def found(name: str) -> set[tuple[str, str]]:
        return {(line["code"], line["pointer"]) for line in kept.lines(name) if line["record"] == "git/ahead"}

    lasting = found("findings.ndjson")
    assert ("DAT004", "/first_seen") in lasting
    assert found("reports/day-findings.ndjson") == {("DAT003", f"/{key}") for key in AHEAD}
    assert "DAT004" not in kept.column("SELECT code FROM findings")
    kept.ingest(as_of=LATER)
    assert found("findings.ndjson") == lasting
    assert found("reports/day-findings.ndjson") == set()
    assert "DAT004" in kept.column("SELECT code FROM findings")


def test_what_the_day_says_of_a_rejected_record_is_not_kept_with_it(base: Base) -> None:
    base.configure('[rules.severity]\nREF002 = "error"')
    base.record("ahead", **AHEAD, **{"transition_graph/leads_to": ["git/ahead"]})
    base.record("other")
    base.ingest()
    rejected = base.curated()["quarantine.ndjson"]
    assert b"REF002" in rejected
    base.ingest(as_of=DAY + dt.timedelta(days=1))
    assert base.curated()["quarantine.ndjson"] == rejected


def test_a_record_that_the_day_itself_rejects_is_kept_with_the_reason(base: Base) -> None:
    base.configure('[rules.severity]\nDAT003 = "error"')
    base.record("ahead", **AHEAD)
    base.record("other")
    assert base.ingest().quarantined == 1
    (rejected,) = base.lines("quarantine.ndjson")
    assert {finding["code"] for finding in rejected["findings"]} >= {"DAT003"}


def test_suppressions_end_on_a_day_so_what_is_found_about_them_stands_apart(base: Base) -> None:
    base.configure(suppressions({"record": "git/a", "code": "DED001", "reason": "so"}))
    base.record("a")
    base.ingest()
    assert [line["code"] for line in base.lines("reports/day-findings.ndjson")] == ["SUP001"]
    assert "SUP001" not in [line["code"] for line in base.lines("findings.ndjson")]


def test_the_next_ingest_says_that_only_the_day_is_another(kept: Base) -> None:
    kb(kept.root, "ingest", "raw", "--as-of", str(DAY))
    outcome = kb(kept.root, "ingest", "raw", "--as-of", str(LATER))
    assert outcome.out.endswith("wrote kb.duckdb and what depends on the day in curated/\n")
    kept.record("new")
    outcome = kb(kept.root, "ingest", "raw", "--as-of", str(LATER))
    assert outcome.out.endswith("wrote kb.duckdb and curated/\n")


# branches


def branch(base: Base, name: str, slug: str) -> None:
    """A branch from the start with two records more: one repaired and flagged, one rejected."""
    git(base.root, "checkout", "--quiet", "-b", name, "start")
    base.record(slug, category=" usage_error ", **{"dead_ends/0/action": ""})
    base.record(f"{slug}-bad", confidence=7)
    base.ingest(allow_removals=True)
    commit(base.root, name)


def merge(base: Base, name: str) -> None:
    git(base.root, "merge", "--quiet", "--no-edit", name)


@pytest.mark.long(every=2)
@in_both_layouts
def test_branches_with_new_records_merge_and_an_ingest_puts_curated_in_order(kept: Base, tmp_path: Path) -> None:
    branch(kept, "left", "m")
    branch(kept, "right", "n")
    merge(kept, "left")
    kept.ingest()
    assert {*kept.slugs()} == {"a", "k", "z", "ahead", "m", "n"}
    git(tmp_path, "clone", "--quiet", str(kept.root), "clone")
    clone = Base(tmp_path / "clone")
    clone.ingest()
    assert kept.curated() == clone.curated()
    assert kept.tables() == clone.tables()


def test_a_record_that_both_branches_changed_is_a_conflict_in_raw_that_an_ingest_carries_over(
    kept: Base, tmp_path: Path
) -> None:
    for name, confidence in (("left", 0.3), ("right", 0.5)):
        git(kept.root, "checkout", "--quiet", "-b", name, "start")
        kept.record("k", workarounds=[], confidence=confidence)
        kept.ingest()
        commit(kept.root, name)
    git(kept.root, "merge", "--quiet", "left", code=1)
    kept.record("k", workarounds=[], confidence=0.4)
    kept.ingest()
    commit(kept.root, "merged")
    assert kept.curated() == kept.again(tmp_path / "fresh").curated()
    assert changed(kept) == ""
