"""A new workspace."""

import subprocess
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
        "/.dvc/tmp", "/.dvc/cache", ".dvc/config.local", "/dvc_plots/",
    ]  # fmt: skip
    assert "curated/*.ndjson merge=union" in (folder / ".gitattributes").read_text(encoding="utf-8").splitlines()


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("mine\n.kb/", encoding="utf-8")
    assert init(tmp_path)[:2] == (["kb.toml", "raw/.gitkeep", ".gitignore", ".gitattributes"], ["dvc.yaml"])
    assert (tmp_path / "dvc.yaml").read_text(encoding="utf-8") == "mine"
    ignored = (tmp_path / ".gitignore").read_text(encoding="utf-8")
    assert ignored.startswith("mine\n.kb/\nkb.duckdb\nkb.duckdb.wal\nbase.html\n")
    assert ignored.splitlines().count(".kb/") == 1


def test_a_second_time_adds_what_is_missing(tmp_path: Path) -> None:
    init(tmp_path)
    base = Base(tmp_path)
    base.configure('fail_on = "info"')
    base.drop("dvc.yaml", "raw/.gitkeep")
    base.record("a")
    assert init(tmp_path)[:2] == (["dvc.yaml"], ["kb.toml", ".gitignore", ".gitattributes"])
    assert base.workspace.settings.fail_on == "info"
    assert not (tmp_path / "raw/.gitkeep").exists(), "git keeps a folder that holds records"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"example": True}, "raw/git/not-a-repository.json"),
        ({"pre_commit": True}, ".pre-commit-config.yaml"),
        ({"github": True}, ".github/workflows/kb.yml"),
    ],
)
def test_more_comes_only_when_asked_for_and_replaces_nothing(tmp_path: Path, asked: dict[str, bool], name: str) -> None:
    assert name not in init(tmp_path).made
    assert init(tmp_path, **asked).made == [name]
    (tmp_path / name).write_text("mine", encoding="utf-8")
    assert name in init(tmp_path, **asked).kept
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_the_example_is_published_without_a_finding(tmp_path: Path) -> None:
    assert "raw/.gitkeep" not in init(tmp_path, example=True).made, "the example keeps the folder in git"
    base = Base(tmp_path)
    assert base.ingest().published == 1
    assert base.lines("findings.ndjson") == []


@pytest.mark.parametrize("asked", [{"pre_commit": True}, {"github": True}])
def test_hooks_and_workflows_are_refused_where_nothing_reads_them(tmp_path: Path, asked: dict[str, bool]) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(KbError, match=r"below the top of the repository .*docs/ci\.md"):
        init(tmp_path / "knowledge", **asked)
    assert not (tmp_path / "knowledge").exists()
    assert init(tmp_path, **asked).made


def test_git_ignores_what_kb_and_dvc_make(tmp_path: Path) -> None:
    init(tmp_path)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    made = ["kb.duckdb", ".kb/lock", ".dvc/tmp/lock", ".dvc/cache/files/a", ".dvc/config.local", "dvc_plots/index.html",
            "curated/manifest.json", "curated/reports/quality.json"]  # fmt: skip
    shared = ["raw/a.json", "kb.toml", "dvc.lock", ".dvc/config", "curated/findings.ndjson"]
    asked = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", *made, *shared], capture_output=True, text=True, check=True
    )
    assert asked.stdout.split() == made


def test_a_workspace_within_another_is_told(tmp_path: Path) -> None:
    assert init(tmp_path).within is None
    assert init(tmp_path / "deep/inner").within == tmp_path.resolve()


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "base").write_text("x", encoding="utf-8")
    with pytest.raises(KbError, match=r"base.*: cannot be written"):
        init(tmp_path / "base")
