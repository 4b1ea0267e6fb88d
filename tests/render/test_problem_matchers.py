"""Problem matchers have the shape that GitHub and Visual Studio Code take, and find what the records are about."""

import json
import re

from kb.model import Document
from kb.render.patterns import Pattern
from kb.render.problem_matchers import render

PATTERNS = [
    Pattern("git/a", "not a git repository", "fatal: not a git repository"),
    Pattern("git/b", "^warning: .*crlf", "warning: CRLF\x1b[2J will be replaced", "warning"),
    Pattern("git/c", "hint: see", "hint: see", "info"),
    Pattern("git/d", "panic", "panic", "critical"),
]


def rendered(patterns: list[Pattern]) -> tuple[Document, list[str]]:
    notes: list[str] = []
    return json.loads("".join(render(patterns, notes.append))), notes


def test_github_is_told_owner_severity_and_the_whole_line_as_message() -> None:
    """As the runner checks: owners differ by more than case, group 0 is refused, severities are these three."""
    matchers = rendered(PATTERNS)[0]["problemMatcher"]
    assert [(one["owner"], one["severity"]) for one in matchers] == [
        ("kb/git/a", "error"), ("kb/git/b", "warning"), ("kb/git/c", "notice"), ("kb/git/d", "error"),
    ]  # fmt: skip
    (pattern,) = matchers[0]["pattern"]
    assert pattern.keys() == {"regexp", "message"}
    found = re.search(pattern["regexp"], "prefix: Not A Git Repository (or any)")
    assert found
    assert found[pattern["message"]] == "prefix: Not A Git Repository (or any)"
    assert re.search(matchers[1]["pattern"][0]["regexp"], "a warning: crlf") is None


def test_code_is_told_a_file_too_for_it_takes_no_problem_without() -> None:
    matchers = rendered(PATTERNS)[0]["contributes"]["problemMatchers"]
    assert [one["severity"] for one in matchers] == ["error", "warning", "info", "error"]
    assert (matchers[0]["name"], matchers[0]["source"]) == ("kb/git/a", "kb git/a")
    pattern = matchers[0]["pattern"]
    found = re.search(pattern["regexp"], "fatal: not a git repository: .git")
    assert found
    assert (pattern["kind"], found[pattern["file"]]) == ("file", "not a git repository")
    assert "\x1b" not in matchers[1]["label"]


def test_what_they_cannot_be_told_is_said() -> None:
    document, notes = rendered([Pattern("git/a", "a\\nb", "a"), PATTERNS[1]])
    assert [one["owner"] for one in document["problemMatcher"]] == ["kb/git/b"]
    assert notes == [
        "left out 1 record (git/a): it asks for a line break, and these read line by line, which a problem matcher cannot have"
    ]
