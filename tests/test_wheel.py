"""What is in the wheel is all that `kb` needs."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from kb.cli.app import app
from kb.settings import Settings
from tests.bases import Base
from tests.conftest import ROOT
from tests.git import commit, git
from tests.terminal import ARGV, environment

EXAMPLE = ROOT / "raw/tensorflow/optimizer-nan-loss.json"

pytestmark = pytest.mark.skipif(
    find_spec("hatchling") is None, reason="building a wheel needs hatchling (in the dev extra)"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline from what lies here."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=120)
    return next(folder.glob("kb_curation-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_every_file_of_the_package_and_every_schema_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("kb/")}
    package = {
        path.relative_to(ROOT / "pipeline").as_posix()
        for path in (ROOT / "pipeline" / "kb").rglob("*")
        if path.is_file()
    }
    schemas = {f"kb/schemas/{path.name}" for path in (ROOT / "schemas").iterdir()}
    assert names == {name for name in package if "__pycache__" not in name} | schemas


def test_the_schemas_are_its_own(installed: Path, tmp_path: Path) -> None:
    where = "import kb.contract as c; print(c.__file__, c.schema(c.INCOMING)['$id'], c.schema(c.CURATED)['$id'])"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=environment({"PYTHONPATH": str(installed)}),
        capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert found.split() == [
        str(installed / "kb/contract.py"), "urn:kb:record.incoming.v1", "urn:kb:record.curated.v1",
    ]  # fmt: skip


def decide(kb: Callable[..., str], base: Base, day: Sequence[str]) -> None:
    """Every command that decides about records."""
    base.record("a")
    base.record("b")
    kb("ingest", *day)
    by = ("--by", "Ada", *day)
    event = kb("confirm", "git/a", *by).split()[0]
    assert f"retracts {event} about git/a" in kb("retract", event, *by)
    assert "refutes git/a" in kb("refute", "git/a", *by)
    assert "to human_reviewed" in kb("promote", "git/a", "human_reviewed", *by)
    assert "demotes git/a" in kb("demote", "git/a", *by)
    assert "worked" in kb("outcome", "git/a", "workaround:1", "--worked", *by)
    assert "deprecates git/b" in kb("deprecate", "git/b", "--reason", "old", *by)
    assert "withdraws git/b" in kb("withdraw", "git/b", "--reason", "wrong", *by)
    assert "restores git/b" in kb("restore", "git/b", *by)
    assert "merges git/b into git/a" in kb("merge", "git/b", "git/a", *by)
    assert "git/a" in kb("log", "git/a")
    assert "packed" in kb("ledger", "pack", "--before", "2026-11-23")
    assert "withdrawn 1" in kb("ingest", *day)
    assert kb("review", "--limit", "1", *by).startswith("1. ")


@pytest.mark.long
def test_every_command_works_in_any_folder(installed: Path, tmp_path: Path) -> None:
    ran = set()

    def kb(*arguments: str, code: int = 0) -> str:
        ran.add(arguments[0])
        env = environment({"PYTHONPATH": str(installed)})
        done = subprocess.run([*ARGV, *arguments], cwd=tmp_path, env=env, capture_output=True, check=False, timeout=60)
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode()

    day, name = ("--as-of", "2026-11-22"), "tensorflow/optimizer-nan-loss"
    assert "4 [fix]: `kb fix` repairs the file" in kb("validate", str(EXAMPLE))
    assert kb("init", ".").startswith("made kb.toml, raw/.gitkeep, dvc.yaml, .gitignore, .gitattributes in ./")
    written = (tmp_path / "kb.toml").read_text(encoding="utf-8")
    explained = tomllib.loads(re.sub(r"^# (?=\w+ = |\[\[)", "", written, flags=re.MULTILINE))
    assert explained.keys() == set(Settings._fields) - {"own_lines"}

    base = Base(tmp_path)
    base.put(f"raw/{name}.json", EXAMPLE.read_bytes())
    base.put("raw/broken.json", b"{")
    assert kb("validate", "--diff", code=1).count("\n+") == 5
    assert "published 1" in kb("ingest", *day)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    assert "904 days, limit 365" in kb("report", "stale", *day)
    assert kb("sql", "SELECT count(*) AS n FROM records", "--format", "csv").split() == ["n", "1"]
    assert kb("show", name, *day).startswith(f"{name}  published")
    assert kb("match", "InvalidArgumentError: Loss is inf or nan : Tensor had NaN values", *day).startswith(
        f"match {name}  "
    )
    assert kb("why", "raw/broken.json", *day).startswith("(no id)  quarantined")
    assert "raw/broken.json: (no id): SCH001" in kb("quarantine")
    assert kb("export", "-o", "out").startswith("wrote 1 record to out")
    assert kb("serve") == ""
    assert "in raw/inbox/draft-" in kb("propose", f"raw/{name}.json", *day)
    base.drop("raw/inbox")
    assert kb("doctor") == "the base keeps its contracts\n"
    assert kb("gate", *day).startswith("no limits are set")
    assert json.loads(kb("new"))["id"] == "git/not-a-repository"
    assert "record.incoming.v1" in kb("schema")
    assert "DED001" in kb("rules")
    assert "runbook" in kb("formats")
    assert kb("explain", "DED001").startswith("DED001 dead-end-action-empty")
    assert kb("fix", "--diff", code=1).count("\n+") == 5
    assert kb("fix").startswith("fixed 4 findings in 1 file (TXT003 empty-means-null 3, WRK001 how-repeats-action 1)")
    assert "repaired" not in kb("ingest", *day)
    assert "0 added, 0 removed, 1 changed" in kb("diff")

    decide(kb, base, day)

    assert ran == {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
