"""`kb propose` and the exports for other programs, as they are typed."""

import json

import pytest

from kb.contract import violations
from tests.bases import Base, encoded, record
from tests.terminal import kb


def of_two(base: Base) -> None:
    base.configure("as_of = 2026-11-22")
    base.record("a")
    base.record("b", official_doc_url=None)


@pytest.fixture
def made(base: Base) -> Base:
    base.settle(of_two)
    return base


def test_a_draft_from_standard_input_is_answered_as_json(made: Base) -> None:
    outcome = kb(made.root, "propose", "-", "--format", "json", stdin=encoded(record("new")))
    said = json.loads(outcome.out)
    assert (outcome.code, outcome.err, said["publishable"], said["existing"]) == (0, "", True, [])
    assert list(violations(said, "propose.v1")) == []
    assert (made.root / said["file"]).read_bytes() == encoded(record("new"))


def test_a_draft_that_lacks_something_exits_with_1_and_one_that_is_refused_with_2(made: Base) -> None:
    made.put("draft.json", record("new", confidence=7))
    outcome = kb(made.root, "propose", "draft.json")
    assert (outcome.code, outcome.err) == (1, "")
    assert "missing until it could be published:\n  RAT001 /confidence: " in outcome.out
    outcome = kb(made.root, "propose", "nothing.json")
    assert (outcome.code, outcome.out, outcome.err) == (
        2,
        "",
        "kb: nothing.json: cannot be read: No such file or directory\n",
    )


def test_without_a_workspace_there_is_no_inbox(base: Base) -> None:
    base.put("draft.json", record("new"))
    outcome = kb(base.root, "propose", "draft.json")
    assert outcome.code == 2
    assert "see `kb init`" in outcome.err
    assert [path.name for path in base.root.iterdir()] == ["draft.json"]


def test_one_file_goes_to_standard_output_where_no_place_is_named(made: Base) -> None:
    outcome = kb(made.root, "export", "--format", "links", "--base-url", "https://example.org/kb/")
    assert [link["url"].rpartition("/kb/")[2] for link in json.loads(outcome.out)["links"]][1:] == [
        "records/git/b.json"
    ]
    outcome = kb(made.root, "export", "--format", "links")
    assert outcome.err.startswith("note: left out 1 record (git/b): no `official_doc_url`")
    assert kb(made.root, "export", "--format", "site").err.startswith(
        "kb: --format site has no place on standard output;"
    )


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org", "https://", "https://a b", "javascript:x"])
def test_a_base_url_is_one(url: str, made: Base) -> None:
    outcome = kb(made.root, "export", "--format", "links", "--base-url", url)
    assert (outcome.code, outcome.out) == (2, "")
    assert "write a URL such as https://example.org/kb/" in outcome.err


def test_a_base_url_is_for_links_alone(made: Base) -> None:
    assert "goes with --format links" in kb(made.root, "export", "-o", "x", "--base-url", "https://example.org").err
