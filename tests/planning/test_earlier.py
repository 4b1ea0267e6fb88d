"""What a store that is new takes from `curated/` about the state before."""

import datetime as dt
import shutil
from pathlib import Path

import orjson
import pytest

from kb.planning.earlier import figures
from kb.workspace import METRICS
from tests.bases import DAY, Base, contents, ndjson, record

TODAY = dt.date(2030, 1, 1)


@pytest.fixture
def clone(example: Base, tmp_path: Path) -> Path:
    """`curated/` without what git ignores."""
    folder = shutil.copytree(example.workspace.curated, tmp_path / "curated")
    shutil.rmtree(folder / "reports")
    (folder / "manifest.json").unlink()
    return folder


def test_published_figures_are_taken_with_their_day(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(record("a"), record("bad", confidence=7)))
    base.ingest()
    base.put(f"curated/{METRICS}", {"records": 7})
    assert figures(base.workspace.curated, TODAY) == (DAY, {"records": 7})


def test_in_a_clone_they_are_counted_and_are_those_of_the_base(clone: Path, example: Base) -> None:
    day, counted = figures(clone, TODAY)
    (row,) = example.query(f"SELECT records, errors, quarantined FROM quality(DATE '{DAY}')")  # noqa: S608 - a day of ours
    assert (day, counted) == (TODAY, dict(zip(("records", "errors", "quarantined"), row, strict=True)))


def test_records_in_one_file_are_counted_too(clone: Path, example: Base) -> None:
    count = len(contents(clone / "records"))
    shutil.rmtree(clone / "records")
    (clone / "records.ndjson").write_bytes(b"{}\n" * count)
    assert figures(clone, TODAY)[1]["records"] == count == len(example.column("SELECT id FROM records"))


def test_a_finding_that_is_suppressed_is_no_error(clone: Path) -> None:
    lines = [
        orjson.loads(line) | {"suppressed": "so"} for line in (clone / "findings.ndjson").read_bytes().splitlines()
    ]
    (clone / "findings.ndjson").write_bytes(ndjson(*lines))
    assert figures(clone, TODAY)[1]["errors"] == 0


@pytest.mark.parametrize("spoilt", [b"<<<<<<< HEAD\n", b"{}\n", b"7\n"])
def test_what_cannot_be_read_tells_nothing(clone: Path, spoilt: bytes) -> None:
    (clone / "findings.ndjson").write_bytes(spoilt)
    assert figures(clone, TODAY) == (TODAY, {})


def test_where_nothing_was_published_nothing_is_known(tmp_path: Path) -> None:
    assert figures(tmp_path / "curated", TODAY) == (TODAY, {})
