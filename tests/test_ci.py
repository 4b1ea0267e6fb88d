"""The hook, the workflow and the pages on them: read by the programs they are for, with commands that work."""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kb import __version__
from kb.jobs.init import REPOSITORY, init
from tests.bases import Base, record
from tests.conftest import ROOT
from tests.sessions import copy, follow

pytestmark = pytest.mark.long(every=4)

HOOKS, CONFIG, WORKFLOW = ".pre-commit-hooks.yaml", ".pre-commit-config.yaml", ".github/workflows/kb.yml"
TESTS, FORMS = ".github/workflows/tests.yml", ".github/ISSUE_TEMPLATE"
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(yaml|sh)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
GITHUB, GITLAB = (
    next(text for kind, text in BLOCKS if kind == "yaml" and mark in text) for mark in ("runs-on", "artifacts")
)


def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment, out of reach of the user's settings and of the network."""
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit-home"),
        "PRE_COMMIT_COLOR": "never",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
        "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
    }  # fmt: skip
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def done(folder: Path, *command: str) -> str:
    ended = call(folder, *command)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def yaml(text: str) -> Any:  # noqa: ANN401
    return YAML(typ="safe").load(io.StringIO(text))


def texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any YAML value
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from texts(child)


def commands(workflow: Any) -> list[str]:  # noqa: ANN401 - any YAML value
    """Every line of its scripts that runs kb."""
    return [line for part in texts(workflow) for line in part.splitlines() if line.startswith("kb ")]


# pre-commit


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with records, that uses the hook of a repository like this one."""
    tool, project = tmp_path / "tool", tmp_path / "project"
    for folder in (tool, project):
        folder.mkdir()
        done(folder, "git", "init", "--quiet", "--initial-branch=main")
    shutil.copy(ROOT / HOOKS, tool)
    done(tool, "git", "add", ".")
    done(tool, "git", "commit", "--quiet", "--message", "hook")
    rev = done(tool, "git", "rev-parse", "HEAD").strip()
    # with the kb of this environment, for `language: python` would install one from a registry
    hook = "{id: kb-validate, language: system}"
    (project / CONFIG).write_text(f"repos: [{{repo: {tool}, rev: {rev}, hooks: [{hook}]}}]\n", encoding="utf-8")
    Base(project).configure("")
    Base(project).record("a")
    done(project, "git", "add", ".")
    return project


def hook(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(project, "pre-commit", "run", "--verbose", *arguments)


def test_the_hook_is_one_that_pre_commit_takes() -> None:
    done(ROOT, "pre-commit", "validate-manifest", HOOKS)
    done(ROOT, "pre-commit", "validate-config", CONFIG)


def test_the_hook_lets_sound_records_pass(project: Path) -> None:
    ran = hook(project)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 record read, all clean" in ran.stdout


def test_the_hook_stops_a_broken_record(project: Path) -> None:
    Base(project).put("raw/git/b.json", record("b", confidence=7))
    done(project, "git", "add", ".")
    ran = hook(project)
    assert ran.returncode == 1
    assert "raw/git/b.json" in ran.stdout
    assert "error RAT001 /confidence: 7 is not between 0 and 1" in ran.stdout


def test_the_hook_looks_at_what_is_to_be_committed_below_raw(project: Path) -> None:
    done(project, "git", "commit", "--quiet", "--no-verify", "--message", "records")
    Base(project).put("notes.json", b"{")
    done(project, "git", "add", ".")
    assert "Skipped" in hook(project).stdout


def test_this_repository_uses_the_hook_on_itself() -> None:
    (own,) = [
        h for repo in yaml((ROOT / CONFIG).read_text())["repos"] for h in repo["hooks"] if h["id"] == "kb-validate"
    ]
    (offered,) = yaml((ROOT / HOOKS).read_text())
    assert {key: own[key] for key in ("entry", "files", "require_serial")} == {
        key: offered[key] for key in ("entry", "files", "require_serial")
    }


def test_the_records_of_this_repository_pass_it(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("raw", "kb.toml", CONFIG):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, clone / name)
    done(clone, "git", "init", "--quiet")
    done(clone, "git", "add", ".")
    ran = hook(clone, "kb-validate", "--all-files")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " 0 errors" in ran.stdout


# workflows


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("vendor.github-workflows", (ROOT / TESTS).read_text(encoding="utf-8")),
        ("vendor.github-workflows", (ROOT / WORKFLOW).read_text(encoding="utf-8")),
        ("vendor.github-workflows", GITHUB),
        ("vendor.gitlab-ci", GITLAB),
    ],
    ids=["our tests", "ours", "the page's for GitHub", "the page's for GitLab"],
)
def test_a_workflow_is_one_that_its_host_takes(schema: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text(text, encoding="utf-8")
    done(tmp_path, "check-jsonschema", "--builtin-schema", schema, "workflow.yml")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(tmp_path_factory.mktemp("checkout"))


@pytest.mark.long(every=4)
@pytest.mark.parametrize("command", commands(yaml((ROOT / WORKFLOW).read_text(encoding="utf-8"))))
def test_what_our_workflow_runs_succeeds(command: str, checkout: Path) -> None:
    done(checkout, *shlex.split(command))


@pytest.mark.long(every=4)
@pytest.mark.parametrize("command", commands([yaml(t) if kind == "yaml" else t for kind, t in BLOCKS]))
def test_what_the_page_says_works(command: str, checkout: Path) -> None:
    ran = call(checkout, "bash", "-c", command)
    assert ran.returncode in {0, 1}, ran.stderr
    assert ran.stderr == ""


def test_the_page_has_commands_for_every_format_and_the_workflow_its_steps() -> None:
    assert len(commands(yaml((ROOT / WORKFLOW).read_text(encoding="utf-8")))) == 3
    assert len(commands([yaml(t) if kind == "yaml" else t for kind, t in BLOCKS])) == 5


def test_the_page_names_every_format() -> None:
    from kb.render.validations import FORMATS

    table = " ".join(
        line.split("|")[1] for line in PAGE.partition("\n\n`sarif`")[0].splitlines() if line.startswith("| `")
    )
    assert re.findall(r"`(\w+)`", table) == list(FORMATS)


# what `kb init` writes


@pytest.fixture(scope="module")
def new_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed base with all that `kb init` can add."""
    folder = tmp_path_factory.mktemp("new") / "base"
    init(folder, example=True, pre_commit=True, github=True)
    done(folder, "git", "init", "--quiet")
    done(folder, "kb", "ingest", "raw/")
    done(folder, "git", "add", ".")
    done(folder, "git", "commit", "--quiet", "--no-verify", "--message", "base")
    return folder


@pytest.fixture
def started(new_base: Path, tmp_path: Path) -> Path:
    return shutil.copytree(new_base, tmp_path / "base")


def scripts(workflow: Any) -> list[str]:  # noqa: ANN401 - any YAML value
    """What its steps run, but for the installation."""
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [step["run"] for step in steps if "run" in step and "pip install" not in step["run"]]


def failing(folder: Path) -> str | None:
    """The first step of the workflow that `kb init` wrote that fails in a new clone, as on a host."""
    clone = folder.parent / "clone"
    done(folder.parent, "git", "clone", "--quiet", str(folder), str(clone))
    steps = scripts(yaml((clone / WORKFLOW).read_text(encoding="utf-8")))
    return next((step for step in steps if call(clone, "bash", "-e", "-c", step).returncode), None)


def commit_all(folder: Path) -> None:
    done(folder, "git", "add", ".")
    done(folder, "git", "commit", "--quiet", "--no-verify", "--message", "change")


def test_the_workflow_that_init_writes_is_one_that_github_takes(started: Path) -> None:
    done(started, "check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW)
    installs = [line for line in texts(yaml((started / WORKFLOW).read_text(encoding="utf-8"))) if "pip" in line]
    assert installs == [f"pip install kb-curation=={__version__}"]


def test_the_workflow_that_init_writes_passes_on_a_sound_base(started: Path) -> None:
    assert failing(started) is None


@pytest.mark.long
def test_the_workflow_that_init_writes_fails_on_an_error(started: Path) -> None:
    Base(started).put("raw/git/b.json", record("b", confidence=7))
    commit_all(started)
    assert failing(started) == "kb validate raw/ --format github"


@pytest.mark.long
def test_the_workflow_that_init_writes_fails_on_a_record_that_was_not_ingested(started: Path) -> None:
    Base(started).record("b")
    commit_all(started)
    assert "git diff --exit-code" in str(failing(started))


@pytest.mark.long
def test_the_workflow_that_init_writes_fails_on_a_broken_limit(started: Path) -> None:
    Base(started).configure("[gate]\nmin_mean_effective_confidence = 1.0")
    commit_all(started)
    assert failing(started) == "kb gate"


def test_the_hook_that_init_writes_is_the_one_this_repository_offers(started: Path) -> None:
    done(started, "pre-commit", "validate-config", CONFIG)
    (repo,) = yaml((started / CONFIG).read_text(encoding="utf-8"))["repos"]
    assert (repo["repo"], repo["rev"]) == (REPOSITORY, f"v{__version__}")
    assert [hook["id"] for hook in repo["hooks"]] == [hook["id"] for hook in yaml((ROOT / HOOKS).read_text())]


# the tutorial


@pytest.mark.long
def test_the_tutorial_ends_with_a_committed_base_that_its_workflow_accepts(tmp_path: Path) -> None:
    assert list(follow(TUTORIAL, tmp_path))
    base = tmp_path / "failures"
    assert done(base, "git", "status", "--porcelain") == ""
    assert failing(base) is None


def test_the_tutorial_explains_every_step_of_the_workflow(new_base: Path) -> None:
    explained = re.findall(r"^\| `([^`]+)` \|", TUTORIAL, re.MULTILINE)
    steps = scripts(yaml((new_base / WORKFLOW).read_text(encoding="utf-8")))
    assert len(explained) == len(steps)
    assert all(name in step for name, step in zip(explained, steps, strict=True))


# the repository's own


def test_the_address_of_the_repository_is_the_same_everywhere() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert {url for url in urls.values() if not url.startswith(f"{REPOSITORY}/")} == {REPOSITORY}
    assert set(re.findall(r"https://github\.com/[\w-]+/kb\b", PAGE)) == {REPOSITORY}


def test_the_page_installs_this_version() -> None:
    assert set(re.findall(r"rev: v(\S+)|kb-curation==(\S+)", PAGE)) == {(__version__, ""), ("", __version__)}


def test_our_tests_run_all_of_ci_on_the_oldest_and_the_newest_python() -> None:
    (job,) = yaml((ROOT / TESTS).read_text(encoding="utf-8"))["jobs"].values()
    assert scripts({"jobs": {"": job}})[-1] == ".ci/run"
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert job["strategy"]["matrix"]["python"][0] == oldest.removeprefix(">=")


@pytest.mark.parametrize("path", sorted((ROOT / FORMS).glob("*.yml")), ids=lambda path: path.stem)
def test_an_issue_form_is_one_that_github_takes(path: Path) -> None:
    schema = "vendor.github-issue-config" if path.stem == "config" else "vendor.github-issue-forms"
    done(ROOT, "check-jsonschema", "--builtin-schema", schema, str(path))
    form = yaml(path.read_text(encoding="utf-8"))
    assert path.stem == "config" or any(field.get("validations", {}).get("required") for field in form["body"])


def test_there_is_a_form_for_a_bug_a_false_finding_and_a_rule() -> None:
    assert {path.stem for path in (ROOT / FORMS).glob("*.yml")} == {"bug", "config", "false-finding", "rule"}
