"""Links lead from a pattern to the official page, else to that of the record."""

import json

from kb.contract import violations
from kb.render.links import render
from kb.render.patterns import Pattern

OFFICIAL = Pattern("git/a", "a|b", "a\nb", "warning", "https://git-scm.com/docs/git")
OWN = Pattern("git/b", "c", "x" * 300, "odd")
BROKEN = Pattern("git/c", "c", "c", None, "https://exa mple.org")


def test_the_official_page_comes_first() -> None:
    notes: list[str] = []
    text = "".join(render([OFFICIAL, OWN, BROKEN], "https://kb.example.org/{id}", notes.append))
    document = json.loads(text)
    assert [link["url"] for link in document["links"]] == [
        "https://git-scm.com/docs/git", "https://kb.example.org/git/b", "https://kb.example.org/git/c",
    ]  # fmt: skip
    assert [link["severity"] for link in document["links"]] == ["warning", None, None]
    assert document["links"][0]["pattern"] == "a|b"
    assert list(violations(document, "links.v1")) == []
    assert text.count("\n") == 5
    assert notes == []


def test_without_a_base_url_a_record_that_names_no_page_is_left_out() -> None:
    notes: list[str] = []
    document = json.loads("".join(render([OWN, OFFICIAL], None, notes.append)))
    assert [link["id"] for link in document["links"]] == ["git/a"]
    assert notes == ["left out 1 record (git/b): no `official_doc_url`; --base-url says where the pages of records are"]
    assert json.loads("".join(render([], None, notes.append)))["links"] == []
