"""A record to start from."""

import json

import pytest

from kb.errors import KbError
from kb.jobs import new
from kb.rules.example import CLEAN
from tests.bases import Base
from tests.conftest import ROOT, judge


@pytest.mark.parametrize("domain", ["git", "docker", "c.plus-plus"])
def test_a_draft_is_a_clean_record_of_its_domain(domain: str) -> None:
    name = f"{domain}/not-a-repository"
    outcome = judge(new.draft(domain), path=f"raw/{name}.json")
    assert (outcome.id, outcome.findings) == (name, ())


def test_its_comments_are_not_published(base: Base) -> None:
    path = new.new(base.workspace, "git/my-error")
    assert path == base.root / "raw/git/my-error.json"
    assert path.read_text(encoding="utf-8").count('"$comment":') == 5
    base.ingest()
    assert "$comment" not in (base.root / "curated/records/git/my-error.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["git", "Git/x", "git/../x", "git/a/b/c", "/etc/passwd", "", "git/x.json", "git/" + "x" * 200]
)
def test_a_malformed_id_writes_nothing(base: Base, name: str) -> None:
    with pytest.raises(KbError, match="cannot be the id"):
        new.new(base.workspace, name)
    assert not list(base.root.rglob("*.json"))


def test_what_is_there_stays(base: Base) -> None:
    new.new(base.workspace, "git/x").write_text("mine", encoding="utf-8")
    with pytest.raises(KbError, match=r"raw/git/x\.json: is there already"):
        new.new(base.workspace, "git/x")
    assert (base.root / "raw/git/x.json").read_text(encoding="utf-8") == "mine"


def test_the_documentation_shows_the_clean_record() -> None:
    page = (ROOT / "docs/record.md").read_text(encoding="utf-8")
    assert json.loads(page.split("```json\n")[1].split("```")[0]) == CLEAN
