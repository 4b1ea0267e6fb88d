"""A new workspace."""

from pathlib import Path

import pytest

from kb import workspace
from kb.errors import KbError
from kb.jobs.init import init
from kb.settings import Settings
from tests.bases import Base


def test_a_new_workspace_has_every_default_and_takes_records(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "base"
    assert init(folder).made == ["kb.toml", "raw/.gitkeep", "dvc.yaml", ".gitignore", ".gitattributes"]
    found = workspace.find(folder)
    assert (found.configured, found.settings) == (True, Settings())
    base = Base(folder)
    base.record("a")
    assert base.ingest().published == 1
    assert (folder / ".gitignore").read_text(encoding="utf-8").splitlines() == [
        "kb.duckdb", "kb.duckdb.wal", ".kb/", "base.html", "curated/reports/", "curated/manifest.json",
    ]  # fmt: skip
    assert "curated/*.ndjson merge=union" in (folder / ".gitattributes").read_text(encoding="utf-8").splitlines()


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("mine\n.kb/", encoding="utf-8")
    assert init(tmp_path)[:2] == (["kb.toml", "raw/.gitkeep", ".gitignore", ".gitattributes"], ["dvc.yaml"])
    assert (tmp_path / "dvc.yaml").read_text(encoding="utf-8") == "mine"
    ignored = (tmp_path / ".gitignore").read_text(encoding="utf-8")
    assert ignored.startswith("mine\n.kb/\nkb.duckdb\nkb.duckdb.wal\nbase.html\n")


def test_a_second_time_adds_what_is_missing(tmp_path: Path) -> None:
    init(tmp_path)
    base = Base(tmp_path)
    base.configure('fail_on = "info"')
    base.drop("dvc.yaml", "raw/.gitkeep")
    base.record("a")
    assert init(tmp_path)[:2] == (["dvc.yaml"], ["kb.toml", ".gitignore", ".gitattributes"])
    assert base.workspace.settings.fail_on == "info"
    assert not (tmp_path / "raw/.gitkeep").exists(), "git keeps a folder that holds records"


def test_a_workspace_within_another_is_told(tmp_path: Path) -> None:
    assert init(tmp_path).within is None
    assert init(tmp_path / "deep/inner").within == tmp_path.resolve()


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "base").write_text("x", encoding="utf-8")
    with pytest.raises(KbError, match=r"base.*: cannot be written"):
        init(tmp_path / "base")
