"""`curated/`: the same base gives the same bytes, and what did not change is not written again."""

import datetime as dt
import shutil
from pathlib import Path

import orjson
import pytest

from kb import __version__
from kb.publish import curated_files
from kb.publish.curated_files import raw_text
from kb.render import answers
from kb.reports import REPORTS, Options
from kb.store import build
from tests.bases import DAY, Base, contents, ndjson, record, sha256
from tests.conftest import default_rules

pytestmark = [pytest.mark.whole, pytest.mark.long(every=3)]


def of_every_kind(base: Base) -> None:
    base.record("a", category=" usage_error ")
    base.record("b")
    base.put("raw/x.ndjson", ndjson(b"{", record("c"), record("c", confidence=0.5), record("b")))


@pytest.fixture
def published(base: Base) -> Base:
    base.settle(of_every_kind)
    return base


def written(base: Base, folder: Path, previous: Path, day: dt.date = DAY) -> str:
    """Export a base once more; the digest."""
    folder.mkdir()
    copy = shutil.copyfile(base.workspace.store, folder.with_suffix(".duckdb"))
    with build.change(copy) as opened:
        sealed = curated_files.write(opened, folder, previous, Options(day), default_rules()).digest
    assert orjson.loads((folder / "manifest.json").read_bytes())["digest"] == sealed
    return sealed


def test_the_same_base_gives_the_same_bytes(published: Base, tmp_path: Path) -> None:
    first = written(published, tmp_path / "1", tmp_path / "none")
    second = written(published, tmp_path / "2", tmp_path / "1")
    assert first == second == published.manifest()["digest"]
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == published.curated()


def test_a_report_in_parts_has_the_bytes_of_one_at_once(
    example: Base, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The example is small, so its reports were written at once."""
    monkeypatch.setattr(answers, "_AT_ONCE", 0)
    assert written(example, tmp_path / "parts", tmp_path / "none") == example.manifest()["digest"]


def test_nothing_names_the_machine_or_the_hour(published: Base) -> None:
    everything = b"".join(published.curated().values()).decode()
    assert str(published.root) not in everything
    assert str(dt.datetime.now(tz=dt.UTC).year * 10) not in everything
    assert "T00:" not in everything


def test_another_day_is_another_digest(published: Base, tmp_path: Path) -> None:
    later = written(published, tmp_path / "later", tmp_path / "none", dt.date(2026, 11, 23))
    assert later != published.manifest()["digest"]


def test_equal_digests_mean_equal_files(published: Base) -> None:
    before = published.curated()
    sealed = published.manifest()["digest"]
    published.put("raw/other/git/a.json", record("a", category=" usage_error "))
    published.ingest()
    assert published.curated() != before
    assert published.manifest()["digest"] != sealed


def test_what_did_not_change_is_linked(published: Base) -> None:
    def inodes() -> dict[str, int]:
        folder = published.workspace.curated
        return {name: (folder / name).stat().st_ino for name in contents(folder)}

    before, bytes_before = inodes(), published.curated()
    published.record("b", root_cause="The folder is no working tree at all.")
    published.ingest()
    after, bytes_after = inodes(), published.curated()
    same = {name for name in after if bytes_before.get(name) == bytes_after[name]}
    assert {"records/git/a.json", "records/git/c.json", "changes.ndjson"} <= same
    assert "records/git/b.json" not in same
    assert {name for name in after if before.get(name) == after[name]} == same


def test_a_file_that_was_altered_by_hand_is_written_again(published: Base, tmp_path: Path) -> None:
    good = published.curated()
    published.put("curated/records/git/a.json", b"altered")
    written(published, tmp_path / "again", published.workspace.curated)
    assert contents(tmp_path / "again") == good


def test_every_record_has_its_file(published: Base) -> None:
    names = {name for name in published.curated() if name.startswith("records/")}
    assert names == {f"records/git/{slug}.json" for slug in published.slugs()}
    for slug, doc in published.query("SELECT id, doc FROM records"):
        assert published.document(slug.removeprefix("git/")) == orjson.loads(doc)


def test_there_is_a_file_for_each_kind(published: Base) -> None:
    names = {name for name in published.curated() if not name.startswith("records/")}
    kept = {report.name: report.asked(Options(DAY, history=False)) for report in REPORTS.values()}
    reports = {f"reports/{name}.json" for name in ("metrics", *(name for name, sections in kept.items() if sections))}
    reports |= {
        f"reports/{name}-{section.name}.csv"
        for name, sections in kept.items()
        for section in sections
        if section.plotted
    }
    assert names == reports | {
        "findings.ndjson", "changes.ndjson", "quarantine.ndjson", "manifest.json", "reports/day-findings.ndjson",
    }  # fmt: skip


def test_lines_stand_in_the_order_of_their_places(published: Base) -> None:
    for name in ("findings.ndjson", "changes.ndjson", "quarantine.ndjson"):
        places = [(line["path"], line["position"]) for line in published.lines(name)]
        assert places
        assert places == sorted(places)


def test_the_manifest_counts(published: Base) -> None:
    manifest = published.manifest()
    assert manifest["kb_version"] == __version__
    assert manifest["as_of"] == DAY.isoformat()
    for table in ("records", "quarantine", "copies", "findings", "changes", "files"):
        assert manifest["counts"][table] == published.column(f"SELECT count(*) FROM {table}")[0]  # noqa: S608 - names of ours
    assert manifest["counts"]["quarantine"] == len(published.lines("quarantine.ndjson"))
    assert sum(manifest["findings_by_code"].values()) == len(published.findings())


def test_a_change_that_took_an_element_away_has_no_after(base: Base) -> None:
    document = record("a")
    base.record("a", dead_ends=[*document["dead_ends"], document["dead_ends"][0]], subcategory="")
    base.ingest()
    changes = {change["code"]: change for change in base.lines("changes.ndjson")}
    assert "after" not in changes["DED003"]
    assert changes["TXT003"]["after"] is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", {"encoding": "utf-8", "raw": ""}),
        ("é\0".encode(), {"encoding": "utf-8", "raw": "é\0"}),
        (b"\xff", {"encoding": "base64", "raw": "/w=="}),
        (b"\xed\xa0\x80", {"encoding": "base64", "raw": "7aCA"}),
    ],
)
def test_bytes_are_told_as_text_or_as_base64(raw: bytes, expected: dict[str, str]) -> None:
    assert raw_text(raw) == expected


def test_digests_of_records_are_those_of_their_bytes(published: Base) -> None:
    data = (published.root / "raw/git/a.json").read_bytes()
    assert published.document("a")["curation"]["digest"] == f"sha256:{sha256(data)}"
