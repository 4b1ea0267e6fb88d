"""Python's own regular expressions: none that some Python of those that kb runs on takes otherwise."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{\{?[0-9,]*\}?\})\+")
MODULES = sorted((ROOT / "pipeline" / "kb").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT / "pipeline" / "kb").as_posix())
def test_no_group_is_repeated_possessively(path: Path) -> None:
    """Before 3.11.5 Python matches that wrong where the group holds a choice; `(?>(?:…)*)` says the same, and it does that."""
    classes = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        assert not POSSESSIVE_GROUP.search(classes.sub("[]", line)), f"line {number}"


@pytest.mark.parametrize("pattern", ["(?:a|b)*+", "(?:a|b)++c", "(a)?+", "(?:a|b){0,40}+", "(?:a|b){{0,40}}+"])
def test_such_a_group_would_be_found(pattern: str) -> None:
    assert POSSESSIVE_GROUP.search(pattern)


@pytest.mark.parametrize("pattern", ["(?>(?:a|b)*)", r"\)*+", "[a-z]*+", "(?:a)+b", "(?:a){2}b"])
def test_and_another_would_not(pattern: str) -> None:
    assert not POSSESSIVE_GROUP.search(pattern)
