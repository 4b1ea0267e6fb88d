"""Patterns as problem matchers: GitHub Actions annotates a line of a log by them, Visual Studio Code lists it as a problem.

Both shapes stand in one file. GitHub reads `problemMatcher` and passes over the rest; `contributes` is what the manifest of an
extension of Visual Studio Code has, or a task takes one by one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from kb.analysis.javascript import UntranslatableError, translated
from kb.render.patterns import Pattern, not_told
from kb.words import brief, visible

_GITHUB = {"info": "notice", "warning": "warning"}
_VSCODE = {"info": "info", "warning": "warning"}
"""Their words for the severity of a record; every other is an error."""

_LABEL = 120


def render(patterns: Iterable[Pattern], warn: Callable[[str], None]) -> Iterator[str]:
    """The file; a note says which patterns these programs cannot take, and why."""
    untold: dict[str, list[str]] = defaultdict(list)
    github, code = [], []
    for pattern in patterns:
        try:
            regexp = _whole_line(translated(pattern.regex))
        except UntranslatableError as error:
            untold[str(error)].append(pattern.id)
            continue
        github.append(_github(pattern, regexp))
        code.append(_code(pattern, regexp))
    for why, ids in sorted(untold.items()):
        warn(not_told(ids, f"{why}, which a problem matcher cannot have"))
    document = {"problemMatcher": github, "contributes": {"problemMatchers": code}}
    yield orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _whole_line(regexp: str) -> str:
    """A pattern that takes the whole line as group 1, and what it finds there as group 2: group 0 is not to be had.

    To begin at the beginning of the line costs no more than to search from each character of it.
    """
    return f"^(.*({regexp}).*)"


def _github(pattern: Pattern, regexp: str) -> dict[str, Any]:
    return {
        "owner": f"kb/{pattern.id}",
        "severity": _GITHUB.get(pattern.severity or "", "error"),
        "pattern": [{"regexp": regexp, "message": 1}],
    }


def _code(pattern: Pattern, regexp: str) -> dict[str, Any]:
    """A matcher that asks for no file would be refused, so what was found stands where the name of one does."""
    return {
        "name": f"kb/{pattern.id}",
        "label": brief(visible(pattern.signature), _LABEL),
        "owner": "kb",
        "source": f"kb {pattern.id}",
        "severity": _VSCODE.get(pattern.severity or "", "error"),
        "fileLocation": "relative",
        "pattern": {"regexp": regexp, "kind": "file", "file": 2, "message": 1},
    }
