"""`kb init --from`: a workspace around records that are there already."""

from pathlib import Path

import pytest

from kb import workspace
from kb.errors import KbError
from kb.jobs.start import start
from kb.sources.formats import Formats
from tests.bases import Base, encoded, record

PAGE = "# NodeDown\n\n## Cause\n\nThe node is gone.\n\n## Solution\n\n* Start it\n"


def test_what_lies_elsewhere_is_copied(tmp_path: Path) -> None:
    base = Base(tmp_path)
    base.put("docs/alerts/a.md", PAGE.encode())
    base.put("docs/README.md", b"# About\n")
    started = start(tmp_path / "kb", [tmp_path / "docs"])
    assert started.copied == ["raw/docs/alerts/a.md"]
    assert (started.paths, started.mapping) == (["raw/docs"], "formats/a.toml")
    assert (tmp_path / "kb/raw/docs/alerts/a.md").read_text() == PAGE
    assert Formats(workspace.find(tmp_path / "kb").format_files()).names[1] == "a"


def test_what_lies_in_the_folder_stays(tmp_path: Path) -> None:
    base = Base(tmp_path)
    base.put("docs/a.md", PAGE.encode())
    started = start(tmp_path, [tmp_path / "docs/a.md"])
    assert (started.copied, started.paths) == ([], ["docs/a.md"])
    assert not (tmp_path / "raw/a.md").exists()


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    base = Base(tmp_path)
    base.put("docs/a.md", PAGE.encode())
    start(tmp_path / "kb", [tmp_path / "docs"])
    mapping = tmp_path / "kb/formats/a.toml"
    mapping.write_text(f"{mapping.read_text()}# mine\n")
    before = Base(tmp_path / "kb").footprint()
    again = start(tmp_path / "kb", [tmp_path / "docs"])
    assert (again.made.made, again.copied, again.mapping) == ([], [], None)
    assert Base(tmp_path / "kb").footprint() == before


def test_a_mapping_of_other_files_keeps_its_name(tmp_path: Path) -> None:
    base = Base(tmp_path)
    base.put("notes/a.md", PAGE.encode())
    first = start(tmp_path / "kb", [tmp_path / "notes/a.md"]).mapping
    base.put("other/a.csv", b"message,fix\r\ncannot lock,Remove the lock\r\n")
    assert first == "formats/a.toml"
    before = (tmp_path / "kb" / first).read_bytes()
    assert start(tmp_path / "kb", [tmp_path / "other/a.csv"]).mapping == "formats/a-2.toml"
    assert (tmp_path / "kb" / first).read_bytes() == before


@pytest.mark.parametrize("content", [record("a"), {"id": "x"}])
def test_native_records_need_no_mapping(tmp_path: Path, content: dict[str, object]) -> None:
    path = Base(tmp_path).put("mine.json", content)
    started = start(tmp_path / "kb", [path])
    assert (started.known == "native") == (started.mapping is None)


def test_before_anything_is_made_it_is_known_that_it_can_be(tmp_path: Path) -> None:
    base = Base(tmp_path)
    for name, content, why in (("a.json", b"", "nothing to guess from"), ("a.txt", b"x", "kb reads")):
        path = base.put(name, content)
        with pytest.raises(KbError, match=why):
            start(tmp_path / "kb", [path])
    with pytest.raises(KbError, match="no such file"):
        start(tmp_path / "kb", [tmp_path / "none"])
    with pytest.raises(KbError, match="repeat --from"):
        start(base.put("b.json", b"{}"), [base.put("c.json", b"{}")])
    assert not (tmp_path / "kb").exists()


def test_no_file_is_replaced(tmp_path: Path) -> None:
    base = Base(tmp_path)
    path = base.put("a.json", encoded({"message": "cannot lock"}))
    base.put("kb/raw/a.json", b"{}")
    with pytest.raises(KbError, match="is there already"):
        start(tmp_path / "kb", [path])


def test_what_it_is_about_is_known_by_where_it_came_from(tmp_path: Path) -> None:
    base = Base(tmp_path)
    for name in ("a", "b"):
        base.put(f"runbooks/alerts/{name}.md", PAGE.encode())
    assert start(tmp_path / "kb", [tmp_path / "runbooks/alerts"]).mapping == "formats/runbooks.toml"
    assert '"runbooks"' in (tmp_path / "kb/formats/runbooks.toml").read_text()
