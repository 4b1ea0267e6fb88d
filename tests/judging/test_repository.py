"""Paths as the host of a repository finds them."""

import json
from pathlib import Path

import pytest

from kb.judging.repository import from_top
from kb.model import Severity
from kb.results import Located, ValidateResult
from tests.bases import Base
from tests.terminal import kb_process


def result(path: str) -> ValidateResult:
    found = Located("RGX001", "x", Severity.ERROR, "git/a", "/regex", "bad", False, path, 1, 1, "", "f")  # noqa: FBT003
    return ValidateResult((found,), 1, 0, suppressed=(found,))


def path_of(path: str, here: Path, **environment: str) -> str:
    told = from_top(result(path), here, environment)
    assert told.findings == told.suppressed
    return told.findings[0].path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "top/data/kb"
    folder.mkdir(parents=True)
    return folder


def test_where_git_knows_the_top_paths_are_told_from_it(here: Path) -> None:
    (here.parents[1] / ".git").mkdir()
    assert path_of("raw/git/a.json", here) == "data/kb/raw/git/a.json"
    assert path_of("../more/a.json", here) == "data/more/a.json"
    assert path_of("<stdin>.json", here) == "<stdin>.json"


def test_a_worktree_has_a_file_for_it(here: Path) -> None:
    (here.parents[0] / ".git").write_text("gitdir: /elsewhere\n", encoding="utf-8")
    assert path_of("raw/git/a.json", here) == "kb/raw/git/a.json"


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_what_the_host_says_goes_before(name: str, here: Path) -> None:
    (here / ".git").mkdir()
    assert path_of("raw/a.json", here, **{name: str(here.parents[1])}) == "data/kb/raw/a.json"
    link = here.parents[1].with_name("link")
    link.symlink_to(here.parents[1])
    assert path_of("raw/a.json", here, **{name: str(link)}) == "data/kb/raw/a.json"


def test_a_top_that_is_elsewhere_is_none(here: Path) -> None:
    elsewhere = {"GITHUB_WORKSPACE": str(here / "raw"), "CI_PROJECT_DIR": ""}
    assert path_of("raw/a.json", here, **elsewhere) == "raw/a.json"


@pytest.mark.parametrize("form", ["github", "gitlab", "sarif"])
def test_annotations_from_a_folder_of_a_repository_are_found(form: str, base: Base) -> None:
    base.record("a", regex="(")
    home = base.root / "raw"
    told = kb_process(
        home, "--root", "..", "validate", "git", "--format", form, env={"GITHUB_WORKSPACE": str(base.root)}
    ).out
    if form == "github":
        assert told.startswith("::error file=raw/git/a.json,line=")
    elif form == "gitlab":
        assert json.loads(told)[0]["location"]["path"] == "raw/git/a.json"
    else:
        place = json.loads(told)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place == {"uri": "raw/git/a.json", "uriBaseId": "%SRCROOT%"}
