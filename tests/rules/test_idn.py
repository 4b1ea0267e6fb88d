"""IDN: which ids are ids, and where their files lie."""

import pytest

from pipeline.rules.example import with_changes
from tests.conftest import codes, found, judge


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
