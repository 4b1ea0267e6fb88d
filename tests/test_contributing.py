"""Each recipe of docs/contributing.md, followed in a copy of the tree, adds the thing; what is left out is said."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jsonschema_rs
import pytest

from kb.rules.example import with_changes
from tests import sessions
from tests.sessions import ROOT

pytestmark = pytest.mark.long(every=3)

PAGE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")

SHOUTED = with_changes({"/workarounds/0/action": "CHANGE INTO THE CLONED FOLDER FIRST"})
OTHER = with_changes(
    {"/id": "git/other", "/category": "Usage_Error", "/component": "index", "/tags": ["clone", "remote"]}
)
FAQ = {
    "key": "npm/peer",
    "question": "ERESOLVE unable to resolve dependency tree",
    "pattern": "ERESOLVE unable to resolve",
    "topic": "npm",
    "kind": "build_error",
    "trust": {"tier": "ai_generated", "confidence": 0.3},
    "solved": "true",
    "not": [],
    "do": [],
    "asked_by": "somebody",
}


def recipe(heading: str) -> str:
    """One section of the page."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


HEADINGS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)


class Tree(NamedTuple):
    """A copy of the repository, as far as recipes touch it, and a base that is curated by it."""

    root: Path

    @property
    def base(self) -> Path:
        return self.root / "base"

    def python(self, *words: str, within: str = "base") -> subprocess.CompletedProcess[str]:
        """Run Python with the packages of the copy."""
        path = os.pathsep.join([str(self.root / "pipeline"), str(self.root)])
        return subprocess.run(
            [sys.executable, *words], cwd=self.root / within, capture_output=True, text=True, encoding="utf-8",
            env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"}, check=False,
        )  # fmt: skip

    def kb(self, *words: str) -> str:
        """What a command of the copy prints."""
        done = self.python("-m", "kb", *words)
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout + done.stderr

    def found(self, code: str) -> list[tuple[str, str]]:
        """The record and the place of each finding of a rule."""
        lines = (self.base / "curated/findings.ndjson").read_text(encoding="utf-8").splitlines()
        return [(line["record"], line["pointer"]) for line in map(json.loads, lines) if line["code"] == code]

    def page(self, name: str) -> str:
        return (self.root / "docs" / name).read_text(encoding="utf-8")


def copied(root: Path) -> Tree:
    skipped = shutil.ignore_patterns("raw", "curated")
    for name in ("pipeline", "schemas", "docs", "tools", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=skipped)
    shutil.copy(ROOT / "pyproject.toml", root)
    return Tree(root)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A copy in which every recipe was followed, with a base of three records."""
    made = copied(tmp_path_factory.mktemp("tree"))
    for heading in HEADINGS:
        for _ in sessions.follow(recipe(heading), made.root):
            pass
    written = made.python("-m", "tools.docs", within=".")
    assert written.returncode == 0, written.stderr
    for name, document in {"git/not-a-repository": SHOUTED, "git/other": OTHER, "npm/peer": FAQ}.items():
        path = made.base / "raw" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    (made.base / "kb.toml").write_text('as_of = 2026-11-22\ndraft_domain = "npm"\n', encoding="utf-8")
    made.kb("ingest")
    return made


def test_there_is_a_recipe_for_each_thing() -> None:
    assert {heading.removeprefix("Add a ") for heading in HEADINGS} == {
        "rule", "corpus rule", "report", "format of findings", "setting", "command", "format of export",
        "format of records", "field of records", "table",
    }  # fmt: skip


@pytest.mark.long
def test_a_rule_finds_its_bad_example_and_is_explained(tree: Tree) -> None:
    assert tree.found("WRK012") == [("git/not-a-repository", "/workarounds/0/action")]
    assert "A good record does not write an action in capitals alone." in tree.kb("explain", "WRK012")
    assert "WRK011" in tree.page("rules.md")


def test_a_corpus_rule_compares_records(tree: Tree) -> None:
    assert tree.found("IDN008") == [("git/other", "/category")]
    assert "IDN007" in tree.page("rules.md")


def test_a_report_answers_as_its_schema_says(tree: Tree) -> None:
    answer = json.loads(tree.kb("report", "categories", "--format", "json"))
    assert {"category": "build_error", "records": 1} in answer["rows"]
    schema = json.loads((tree.root / "schemas/report.categories.v1.json").read_text(encoding="utf-8"))
    assert jsonschema_rs.is_valid(schema, answer)
    assert not jsonschema_rs.is_valid(schema, {**answer, "rows": [{"category": "x", "records": 0}]})
    assert (tree.base / "curated/reports/categories.json").is_file()
    assert "categories" in tree.page("reports.md")


def test_help_names_the_new_report_and_formats(tree: Tree) -> None:
    page = tree.page("cli.md")
    assert "findings, calibration, matching or categories; html" in page
    assert "categories: which kinds of errors there are." in page
    assert "gitlab, junit or tap." in page
    assert "A file for ids, ndjson, json, problem-matchers and links" in page
    assert "native, faq, errorcanon, cq, ruff, msvc, runbook or spreadsheet;" in page


def test_a_format_of_findings_is_printed(tree: Tree) -> None:
    lines = tree.kb("validate", "--format", "tap").splitlines()
    assert lines[0] == "TAP version 14"
    assert lines[-1] == f"1..{len(lines) - 2}"
    assert any(line.endswith(" WRK012") for line in lines)


def test_a_setting_is_read_and_documented(tree: Tree) -> None:
    assert json.loads(tree.kb("new"))["domain"] == "npm"
    assert 'draft_domain = "git"' in tree.page("settings.md")


def test_a_command_runs_and_is_documented(tree: Tree) -> None:
    assert tree.kb("domains").splitlines() == ["git", "npm"]
    assert "## kb domains" in tree.page("cli.md")


def test_a_format_of_export_is_written(tree: Tree) -> None:
    assert tree.kb("export", "--format", "ids", "-o", "-").splitlines() == [
        "git/not-a-repository",
        "git/other",
        "npm/peer",
    ]


def test_a_format_of_records_is_read_and_comes_back_as_it_came(tree: Tree) -> None:
    tree.kb("export", "--format", "faq", "-o", "out", "--where", "domain = 'npm'")
    back = (tree.base / "out/npm/peer.json").read_bytes()
    assert back == (tree.base / "raw/npm/peer.json").read_bytes()


def test_a_field_of_records_is_published_in_order_and_asked_for(tree: Tree) -> None:
    curated = json.loads((tree.base / "curated/records/git/other.json").read_text(encoding="utf-8"))
    keys = list(curated)
    assert (keys[keys.index("locale") + 1], curated["component"]) == ("component", "index")
    answer = tree.kb("sql", "SELECT component FROM records WHERE component IS NOT NULL", "--format", "csv")
    assert answer.splitlines() == ["component", "index"]
    assert "| `component` | VARCHAR | yes | The part of the tool that fails. |" in tree.page("tables.md")


def test_a_table_is_filled_and_exported_and_documented(tree: Tree) -> None:
    tree.kb("export", "--format", "csv", "-o", "tables", "--where", "id = 'git/other'")
    lines = (tree.base / "tables/keywords.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["record_id,position,keyword", "git/other,0,clone", "git/other,1,remote"]
    assert "## keywords" in tree.page("tables.md")


# what is left out


def without(heading: str, *titles: str) -> str:
    """A recipe without its blocks for some files."""
    text = recipe(heading)
    for title in titles:
        text, cut = re.subn(rf'^```\w+ title="{re.escape(title)}"\n.*?^```$', "", text, flags=re.DOTALL | re.MULTILINE)
        assert cut
    return text


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A copy in which the last step of some recipes was forgotten."""
    made = copied(tmp_path_factory.mktemp("half"))
    for text in (
        recipe("Add a corpus rule"),
        without("Add a rule", "tests/rules/test_examples.py"),
        without("Add a setting", "pipeline/kb/kb.toml.template"),
        without("Add a report", "tests/test_schemas.py"),
        without("Add a format of findings", "docs/ci.md"),
        without("Add a field of records", "pipeline/kb/store/sql/schema.sql"),
    ):
        for _ in sessions.follow(text, made.root):
            pass
    return made


def test_a_setting_that_no_page_would_tell_of_stops_make_docs(half_done: Tree) -> None:
    done = half_done.python("-m", "tools.docs", within=".")
    assert done.returncode == 1
    assert done.stderr == ("list `draft_domain` in pipeline/kb/kb.toml.template, with its default and what it means\n")


@pytest.mark.long
def test_the_tests_say_where_the_rest_belongs(half_done: Tree) -> None:
    done = half_done.python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", "tests/rules/test_examples.py", "tests/test_docs.py",
        "tests/test_schemas.py", "tests/store/test_schema.py", "-k",
        "((WRK012 or IDN008) and not together) or generated_pages or form_of_findings or each_output or setting_stands"
        " or has_a_column", within=".",
    )  # fmt: skip
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert "IDN008" not in told, "nothing of that one was forgotten"
    assert "list WRK012 in PROMISES of tests/rules/test_examples.py" in told
    assert "run `make docs`" in told
    assert "list tap in the first table of docs/ci.md" in told
    assert "write schemas/report.categories.v1.json" in told
    assert "list them in pipeline/kb/kb.toml.template" in told
    assert "list component in CREATE TABLE records of pipeline/kb/store/sql/schema.sql" in told
