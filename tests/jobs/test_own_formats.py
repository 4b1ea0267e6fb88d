"""A workspace with a mapping of its own: ingested, judged again when the mapping changes, and given back."""

import datetime as dt
import pickle
from pathlib import Path

import orjson
import pytest

from kb import store
from kb.errors import KbError
from kb.jobs.export import export
from kb.jobs.fix import carry_out, plan
from kb.judging.request import Request
from kb.rules import ruleset
from kb.rules.ruleset import RuleSet
from kb.sources import discover
from tests.bases import DAY, Base
from tests.sources.formats.mappings import ROW, SPREADSHEET

pytestmark = pytest.mark.long(every=3)

MAPPING = SPREADSHEET.replace('read = "csv"', 'read = "json"')
OTHER = {**ROW, "error": "No space left on device", "why": " Images fill the disk. ", "fix": "Prune what is unused"}


@pytest.fixture
def sheet(base: Base) -> Base:
    base.put("kb.toml", b"")
    base.put("formats/sheet.toml", MAPPING.encode())
    base.put("raw/a.json", ROW)
    base.put("raw/b.ndjson", orjson.dumps(OTHER) + b"\n")
    base.ingest()
    return base


def _ids(base: Base) -> list[str]:
    return base.column("SELECT id FROM records ORDER BY id")


def test_what_a_mapping_makes_is_published_with_its_source(sheet: Base) -> None:
    assert _ids(sheet) == ["docker/no-space-left-on-device", "docker/port-n-is-already-allocated"]
    assert sheet.column("SELECT form FROM match_keys") == ["sheet", "sheet"]
    (name, *_) = [name for name in sheet.curated() if "no-space" in name]
    document = orjson.loads(sheet.curated()[name])
    assert document["extensions"] == {"sheet": OTHER}
    assert document["root_cause"] == "Images fill the disk."
    assert {"code": "TXT001", "pointer": "/why"} in document["curation"]["changes"]


def test_a_changed_mapping_judges_every_record_again(sheet: Base) -> None:
    assert sheet.ingest().idle
    sheet.put("formats/sheet.toml", MAPPING.replace('confidence = "number(sure)"', "").encode())
    result = sheet.ingest()
    assert "formats/sheet.toml changed: 2 records are judged again" in result.notes
    assert sheet.column("SELECT confidence FROM records") == [0.5, 0.5]
    sheet.drop("formats/sheet.toml")
    assert "formats/sheet.toml is gone: 2 records are judged again" in sheet.ingest(allow_removals=True).notes
    assert _ids(sheet) == []


def test_another_process_judges_by_the_same_mappings(sheet: Base) -> None:
    rules = ruleset.of(sheet.workspace, DAY)
    theirs = RuleSet(*pickle.loads(pickle.dumps(rules.given)))  # noqa: S301 - of our own making
    assert theirs.fingerprint() == rules.fingerprint()
    assert theirs.formats.names == rules.formats.names
    assert theirs.formats.names[:2] == ("native", "sheet")


def test_every_finding_points_into_the_source_those_of_corpus_rules_too(sheet: Base) -> None:
    sheet.put("rules/x.sql", _RULE)
    sheet.ingest(as_of=DAY + dt.timedelta(days=800))
    own = {(one["path"], one["pointer"]) for one in sheet.findings() if one["code"] == "ORG001"}
    assert own == {("raw/a.json", "/sure"), ("raw/b.ndjson", "/sure")}
    assert {one["pointer"] for one in sheet.findings()} <= {"", *(f"/{key}" for key in ROW)}


_RULE = b"""-- code: ORG001
-- name: own
-- severity: info
-- text: Every record.
SELECT id, '/confidence' AS pointer, 'look at it' AS message FROM records
"""


def test_it_goes_back_as_it_came_even_where_the_files_are_gone(sheet: Base, tmp_path: Path) -> None:
    told: list[str] = []
    with store.read(sheet.workspace.store) as opened:
        export(opened, "sheet", tmp_path / "a", "true", sheet.workspace, told.append)
        sheet.drop("raw/a.json", "raw/b.ndjson")
        export(opened, "sheet", tmp_path / "b", "true", sheet.workspace, told.append)
    for folder in ("a", "b"):
        written = [orjson.loads(path.read_bytes()) for path in sorted((tmp_path / folder).rglob("*.json"))]
        assert written == [OTHER, ROW]


def test_an_export_in_a_format_that_there_is_not_names_the_nearest(sheet: Base, tmp_path: Path) -> None:
    with store.read(sheet.workspace.store) as opened, pytest.raises(KbError, match="did you mean `sheet`"):
        export(opened, "shet", tmp_path / "a", "true", sheet.workspace)


def test_a_fix_edits_what_stands_in_the_source_as_it_is_and_nothing_that_was_computed(sheet: Base) -> None:
    planned = plan(sheet.workspace, [discover(sheet.root / "raw", sheet.workspace)], Request(DAY, jobs=1))
    carry_out(planned)
    fixed = orjson.loads((sheet.root / "raw/b.ndjson").read_bytes())
    assert fixed == {**OTHER, "why": "Images fill the disk."}
    assert orjson.loads((sheet.root / "raw/a.json").read_bytes()) == ROW


def test_a_mapping_that_is_wrong_stops_every_command_with_one_line(sheet: Base) -> None:
    sheet.put("formats/sheet.toml", b"[map]\nidd = 'x'")
    with pytest.raises(
        KbError, match=r"^formats/sheet.toml:2: map.idd: `idd` is no field of a record; did you mean `id`\?$"
    ):
        sheet.ingest()
