"""GitHub's workflow commands: one a line, at the line, and nothing in a record can write one of its own."""

import re

import pytest

from kb.render.validations import render
from kb.results import Located
from kb.settings import Settings
from tests.findings import ERROR, HOSTILE, INFO, located, result

_COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^,:]*,?)+)::(.*)")


def commands(*findings: Located) -> list[tuple[str, dict[str, str], str]]:
    """What GitHub reads: the command, its properties and its message, unescaped."""
    *lines, _ = render(result(*findings), "github", Settings()).splitlines()
    found = []
    for line in lines:
        match = _COMMAND.fullmatch(line)
        assert match, line
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        found.append((match[1], {key: plain(value) for key, value in properties.items()}, plain(match[3])))
    return found


def plain(text: str) -> str:
    for sign in ("%0D", "%0A", "%3A", "%2C", "%25"):
        text = text.replace(sign, bytes.fromhex(sign[1:]).decode())
    return text


def test_a_finding_annotates_its_line() -> None:
    assert commands(ERROR) == [
        (
            "error",
            {"file": "raw/all.ndjson", "line": "7", "col": "40", "title": "RAT001 rate-out-of-range"},
            "/confidence: 90 is not between 0 and 1; write 0.9",
        )
    ]


def test_each_severity_has_its_command_and_the_gravest_come_first() -> None:
    assert [command for command, _, _ in commands(INFO, located(), ERROR)] == ["error", "warning", "notice"]


@pytest.mark.parametrize("key", ["path", "message", "name", "pointer"])
def test_no_text_can_end_its_command(key: str) -> None:
    ((command, properties, message),) = commands(located(**{key: f"50%, a: b{HOSTILE}"}))
    assert command == "warning"
    assert properties.keys() == {"file", "line", "col", "title"}
    told = {"path": properties["file"], "name": properties["title"]}.get(key, message)
    assert "50%, a: b" in told


def test_what_lies_in_an_archive_is_at_the_archive() -> None:
    ((_, properties, message),) = commands(located(path="raw/x.zip!git/a.json"))
    assert properties == {"file": "raw/x.zip", "title": "DED001 dead-end-action-empty"}
    assert message.startswith("raw/x.zip!git/a.json:3: /dead_ends/0/action: ")


def test_the_log_ends_with_the_summary() -> None:
    last = render(result(ERROR), "github", Settings()).splitlines()[-1]
    assert last == "1 finding in 2 of 3 records: 1 error, 0 warnings, 0 infos"
