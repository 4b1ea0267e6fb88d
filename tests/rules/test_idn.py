"""IDN: which ids are ids, and where their files lie."""

import pytest

from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import Document
from kb.rules.example import with_changes
from tests.bases import DAY, Base, ndjson
from tests.conftest import codes, found, judge
from tests.errorcanon import ERRORCANON


@pytest.mark.parametrize(
    "name", ["git/x", "git/x/linux", "git/0-day", "git/a.b_c-d", "git/" + "x" * 120, "git/x.json5"]
)
def test_an_id_is_two_or_three_plain_segments_in_its_domain(name: str) -> None:
    assert found({"/id": name}, "IDN001") == []


@pytest.mark.parametrize(
    "name",
    [
        "git",
        "git/",
        "/git/x",
        "git//x",
        "git/x/y/z",
        "git/X",
        "git/.x",
        "git/-x",
        "git/..",
        "git/../x",
        "git/x y",
        "git/é",
        "git/x\ny",
        "git\\x",
        "GIT/x",
        "svn/x",
        "git/x.json",
        "git/" + "x" * 121,
    ],
    ids=ascii,
)
def test_anything_else_is_none(name: str) -> None:
    assert found({"/id": name}, "IDN001") == ["/id"]


@pytest.mark.parametrize("path", ["raw/git/x.json", "git/x.json", "/srv/a/raw/git/x.json", "-", "raw/all.ndjson"])
def test_a_record_may_lie_at_its_id_below_any_folder(path: str) -> None:
    assert "IDN002" not in codes(judge(with_changes({"/id": "git/x"}), path=path))


@pytest.mark.parametrize("path", ["raw/x.json", "raw/git_x.json", "raw/agit/x.json", "raw/git/x.json/y.json"])
def test_a_record_that_lies_elsewhere_is_flagged(path: str) -> None:
    assert "IDN002" in codes(judge(with_changes({"/id": "git/x"}), path=path))


def _errorcanon() -> Document:
    return ERRORCANON.to_source(with_changes({"/id": "git/x/linux"}))


@pytest.mark.parametrize("path", ["canons/git/x/linux.json", "canons/git/x_linux.json", "x.zip!git/x_linux.json"])
def test_a_record_may_lie_where_its_format_has_it(path: str) -> None:
    assert "IDN002" not in codes(judge(_errorcanon(), path=path))


@pytest.mark.parametrize("path", ["canons/git/x.json", "canons/git_x_linux.json", "canons/git/x_windows.json"])
def test_but_nowhere_else(path: str) -> None:
    assert "IDN002" in codes(judge(_errorcanon(), path=path))


def test_a_native_record_lies_at_its_id_alone() -> None:
    assert "IDN002" in codes(judge(with_changes({"/id": "git/x/linux"}), path="raw/git/x_linux.json"))


def _together(base: Base, code: str, *names: str) -> list[tuple[str | None, str]]:
    base.put("raw/all.ndjson", ndjson(*(with_changes({"/id": name}) for name in names)))
    found = validate(base.workspace, [base.root / "raw"], Request(DAY)).findings
    return [(finding.record, finding.message) for finding in found if finding.code == code]


@pytest.mark.parametrize("code", ["IDN004", "IDN005"])
def test_environments_of_one_error_are_no_copies_but_those_of_another_are(base: Base, code: str) -> None:
    mine = [f"git/x/{name}" for name in ("a", "b", "c", "d", "e", "f")]
    assert _together(base, code, "git/x", *mine) == []
    told = dict(_together(base, code, "git/x", *mine, "git/y/a", "git/y/b"))
    assert told.keys() == {"git/x", *mine, "git/y/a", "git/y/b"}
    named = {name: text.partition("`kb merge")[0] for name, text in told.items() if name}
    assert all(("git/y/a" in text) == (name.startswith("git/x")) for name, text in named.items())
