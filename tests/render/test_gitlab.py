"""GitLab's Code Quality report."""

import json

from kb.model import Document
from kb.render.validations import render
from kb.results import Located
from kb.settings import Settings
from tests.findings import ERROR, INFO, located, result


def issues(*findings: Located) -> list[Document]:
    parsed: list[Document] = json.loads(render(result(*findings), "gitlab", Settings()))
    return parsed


def test_an_issue_has_what_gitlab_asks_for() -> None:
    assert issues(ERROR) == [
        {
            "description": "RAT001 /confidence: 90 is not between 0 and 1; write 0.9",
            "check_name": "rate-out-of-range",
            "fingerprint": "00000000000000bb",
            "severity": "critical",
            "location": {"path": "raw/all.ndjson", "lines": {"begin": 7}},
        }
    ]


def test_each_severity_has_its_word() -> None:
    assert [issue["severity"] for issue in issues(ERROR, located(), INFO)] == ["critical", "minor", "info"]


def test_no_key_is_there_twice() -> None:
    assert [issue["fingerprint"] for issue in issues(INFO, INFO, INFO)] == [
        "00000000000000cc", "00000000000000cc-2", "00000000000000cc-3",
    ]  # fmt: skip


def test_nothing_found_is_an_empty_list() -> None:
    assert issues() == []
