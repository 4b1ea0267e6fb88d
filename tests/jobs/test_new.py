"""A record to start from."""

import json

import pytest

from kb.errors import KbError
from kb.jobs import new
from kb.model import Rejected
from kb.rules.example import CLEAN
from tests.bases import Base
from tests.conftest import ROOT, judge


@pytest.mark.parametrize("domain", ["git", "docker", "c.plus-plus"])
def test_the_example_is_a_clean_record_of_its_domain(domain: str) -> None:
    name = f"{domain}/not-a-repository"
    outcome = judge(new.example(domain), path=f"raw/{name}.json")
    assert (outcome.id, outcome.findings) == (name, ())


def test_a_draft_is_kept_out_until_it_says_what_a_record_has_to(base: Base) -> None:
    path = new.new(base.workspace, "git/my-error")
    assert path == base.root / "raw/git/my-error.json"
    document = json.loads(path.read_bytes())
    outcome = judge(document, path="raw/git/my-error.json")
    assert isinstance(outcome, Rejected)
    asked = {finding.pointer for finding in outcome.findings if finding.code == "SCH002"}
    assert asked == {
        "/signature", "/regex", "/category", "/verification_tier", "/confidence", "/resolvable", "/versions/0/version",
        "/dead_ends/0/action", "/dead_ends/0/why_fails", "/workarounds/0/action",
    }  # fmt: skip


def test_a_filled_draft_is_published_without_its_comments(base: Base) -> None:
    path = new.new(base.workspace, "git/my-error")
    filled = json.loads(path.read_bytes()) | {
        "signature": "fatal: my error", "regex": "^fatal: my error", "category": "usage_error",
        "verification_tier": "ai_generated", "confidence": 0.4, "resolvable": "false",
        "versions": [], "dead_ends": [], "workarounds": [],
    }  # fmt: skip
    assert str(filled).count("'$comment':") == 2
    base.put("raw/git/my-error.json", filled)
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
