"""What kb says uses the words of its field: docs/glossary.md has them. CHANGELOG.md is history, and may keep its own."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
CODE = sorted((ROOT / "pipeline/kb").rglob("*.py"))
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "pipeline/kb/kb.toml.template")),
    *sorted((ROOT / "docs").glob("*.md")),
]
TEXTS = [*sorted((ROOT / "schemas").glob("*.json")), *sorted((ROOT / "pipeline/kb").rglob("*.sql"))]
"""Descriptions, comments and messages, all of them: there is little else in these files."""
DATA = "pipeline/kb/analysis/"
"""Here, literals other than docstrings are the words of records."""

BETTER = {
    r"told": "report, show, say or name",
    r"tells? of": "report, show or describe",
    r"goes? before": "override",
    r"puts? up with": "suppress or accept",
    r"mend(?:s|ed|ing)?": "fix or repair",
    r"as (?:it|they) came": "as ingested",
    r"whom it concerns": "affected records",
    r"witness(?:es)?": "sample rows",
    r"traits?": "match keys",
    r"crowds?": "buckets",
    r"oust(?:s|ed|ing)?": "demote",
    r"gone round": "bypassed",
    r"amiss": "wrong",
    r"bears?|borne": "support, allow or cap",
    r"deserves? belief": "confidence",
}
"""Words that the field has a better one for."""

_WORDS = re.compile(r"\b(?:" + "|".join(f"({word})" for word in BETTER).replace(" ", r"\s+") + r")\b", re.IGNORECASE)
_FENCED = re.compile(r"^( *)(```|~~~).*?^\1\2[^\n]*$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"`[^`\n]{,60}`")


class Banned(NamedTuple):
    """A word that is to go, and where it stands."""

    line: int
    word: str
    better: str


def banned(text: str, first: int = 1) -> Iterator[Banned]:
    """The words of a text whose first line has that number; what stands between backticks is a name."""
    for match in _WORDS.finditer(_NAME.sub("``", text)):
        better = list(BETTER.values())[(match.lastindex or 1) - 1]
        yield Banned(first + match.string.count("\n", 0, match.start()), " ".join(match.group().split()), better)


def literals(source: str, *, documentation_only: bool = False) -> Iterator[Banned]:
    """The banned words in the string literals of a module, docstrings and parts of f-strings among them."""
    tree = ast.parse(source)
    documentation = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in documentation if documentation_only else ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from banned(node.value, node.lineno)


def prose(page: str) -> Iterator[Banned]:
    """The banned words in a page, outside of its fenced blocks."""
    yield from banned(_FENCED.sub(lambda block: "\n" * block.group().count("\n"), page))


def _named(path: Path, words: Iterator[Banned]) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    return [f'{name}:{line}: "{word}"; better: {better}' for line, word, better in sorted(set(words))]


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_messages_help_and_docstrings_use_the_words_of_the_field(path: Path) -> None:
    only = path.relative_to(ROOT).as_posix().startswith(DATA)
    lines = _named(path, literals(path.read_text(encoding="utf-8"), documentation_only=only))
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages_use_the_words_of_the_field(path: Path) -> None:
    lines = _named(path, prose(path.read_text(encoding="utf-8")))
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_schemas_and_sql_use_the_words_of_the_field(path: Path) -> None:
    lines = _named(path, banned(path.read_text(encoding="utf-8")))
    assert not lines, "\n".join(lines)


def test_what_an_index_of_packages_shows_uses_the_words_of_the_field() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert list(banned(" ".join([project["description"], *project.get("keywords", [])]))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is told.", [Banned(1, "told", "report, show, say or name")]),
        ("It\n  tells\n  of `told`", [Banned(2, "tells of", "report, show or describe")]),
        ("a\n```\ntold\n```\nMended", [Banned(5, "Mended", "fix or repair")]),
        ("It bears 0.6.", [Banned(1, "bears", "support, allow or cap")]),
        ("We recommend 3,000 tellers to the bearer.", []),
    ],
)
def test_a_banned_word_is_found_where_it_stands(text: str, found: list[Banned]) -> None:
    assert list(prose(text)) == found


def test_docstrings_and_parts_of_messages_are_looked_into() -> None:
    source = '"""A docstring:\nit is amiss."""\nx = f"{1} was told"  # told in a comment\n'
    docstring = Banned(2, "amiss", "wrong")
    assert list(literals(source)) == [docstring, Banned(3, "told", "report, show, say or name")]
    assert list(literals(source, documentation_only=True)) == [docstring]
