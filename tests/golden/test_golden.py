"""What people and programs see, whole, as files beside this one.

A file begins with the command, as it was typed in the example workspace, and ends with the exit code; ESC stands for
the escape character. After a change that is meant: `pytest tests/golden --update-goldens`, then read what `git diff`
says.
"""

from pathlib import Path

import pytest

from tests.bases import DAY, Base
from tests.terminal import kb, kb_on_terminal

FOLDER = Path(__file__).parent

PIPED = {
    "validate": f"validate raw/inbox raw/tensorflow --as-of {DAY}",
    "validate-json": f"validate raw/tensorflow/optimizer-nan-loss.json --format json --as-of {DAY}",
    "validate-clean": f"validate raw/redis --as-of {DAY}",
    "report-stale": f"report stale --as-of {DAY}",
    "report-stale-json": f"report stale --limit 3 --format json --as-of {DAY}",
    "report-confidence": f"report confidence --as-of {DAY}",
    "report-confidence-csv": f"report confidence --limit 5 --format csv --as-of {DAY}",
    "report-quality": f"report quality --as-of {DAY}",
    "report-quality-md": f"report quality --domain docker --format md --as-of {DAY}",
    "report-quality-csv": f"report quality --format csv --as-of {DAY}",
    "report-queue": f"report queue --limit 5 --spread 7 --as-of {DAY}",
    "report-queue-json": f"report queue --limit 1 --spread 7 --format json --as-of {DAY}",
    "report-queue-plan-csv": f"report queue --spread 7 --section plan --format csv --as-of {DAY}",
    "report-sources": f"report sources --limit 5 --as-of {DAY}",
    "report-stale-due": f"report stale --due 60 --domain linux --as-of {DAY}",
    "gate": f"gate --as-of {DAY}",
    "report-tiers": f"report tiers --as-of {DAY}",
    "report-tiers-md": f"report tiers --tier ai_generated --format md --as-of {DAY}",
    "show": f"show tensorflow/optimizer-nan-loss --as-of {DAY}",
    "show-json": f"show mysql/lock-wait-timeout --format json --as-of {DAY}",
    "why": f"why raw/inbox/2026-09-forum-scrape.ndjson:5 --as-of {DAY}",
    "quarantine": "quarantine",
    "explain": "explain TXT002",
    "explain-corpus": "explain IDN003",
    "rules": "rules",
}

ON_TERMINAL = {
    "terminal-80-validate": (80, f"validate raw/inbox raw/mysql --as-of {DAY}"),
    "terminal-120-validate": (120, f"validate raw/inbox raw/mysql --as-of {DAY}"),
    "terminal-80-report-stale": (80, f"report stale --as-of {DAY}"),
    "terminal-120-report-stale": (120, f"report stale --as-of {DAY}"),
    "terminal-80-report-confidence": (80, f"report confidence --limit 5 --as-of {DAY}"),
    "terminal-80-report-quality": (80, f"report quality --as-of {DAY}"),
    "terminal-80-report-queue": (80, f"report queue --limit 4 --spread 7 --as-of {DAY}"),
    "terminal-200-report-queue": (200, f"report queue --limit 4 --as-of {DAY}"),
    "terminal-80-report-sources": (80, f"report sources --limit 4 --as-of {DAY}"),
    "terminal-80-report-tiers": (80, f"report tiers --limit 5 --as-of {DAY}"),
    "terminal-80-rules": (80, "rules"),
    "terminal-80-show": (80, f"show mysql/lock-wait-timeout --as-of {DAY}"),
    "terminal-80-quarantine": (80, "quarantine"),
}


@pytest.mark.parametrize("name", PIPED)
def test_in_a_pipe(name: str, example: Base, request: pytest.FixtureRequest) -> None:
    outcome = kb(example.root, *PIPED[name].split())
    assert outcome.err == ""
    compare(name, f"$ kb {PIPED[name]}\n{outcome.out}exit {outcome.code}\n", request)


@pytest.mark.parametrize("name", ON_TERMINAL)
def test_on_a_terminal(name: str, example: Base, request: pytest.FixtureRequest) -> None:
    columns, command = ON_TERMINAL[name]
    outcome = kb_on_terminal(example.root, *command.split(), columns=columns)
    shown = outcome.out.replace("\x1b", "ESC")
    compare(name, f"$ kb {command}\n{shown}exit {outcome.code}\n", request)


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {*PIPED, *ON_TERMINAL}


def compare(name: str, shown: str, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{name}.txt"
    if request.config.getoption("--update-goldens"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
