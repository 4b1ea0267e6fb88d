"""What is in the wheel is all that `kb` needs."""

import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.bases import Base
from tests.conftest import ROOT
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
        names = {name for name in archive.namelist() if name.startswith("pipeline/")}
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pipeline").rglob("*") if path.is_file()}
    schemas = {f"pipeline/schemas/{path.name}" for path in (ROOT / "schemas").iterdir()}
    assert names == {name for name in package if "__pycache__" not in name} | schemas


def test_it_works_in_any_folder(installed: Path, tmp_path: Path) -> None:
    def kb(*arguments: str) -> str:
        env = environment({"PYTHONPATH": str(installed)})
        done = subprocess.run([*ARGV, *arguments], cwd=tmp_path, env=env, capture_output=True, check=True, timeout=60)
        return done.stdout.decode()

    where = "import pipeline.contract as c; print(c.__file__, c.schema(c.INCOMING)['$id'], c.schema(c.CURATED)['$id'])"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=environment({"PYTHONPATH": str(installed)}),
        capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert found.split() == [
        str(installed / "pipeline/contract.py"), "urn:kb:record.incoming.v1", "urn:kb:record.curated.v1",
    ]  # fmt: skip

    assert kb("validate", str(EXAMPLE)).endswith("4 [fix], which `kb ingest` repairs in what it publishes\n")
    assert kb("init", ".").startswith("made kb.toml, raw/.gitkeep, dvc.yaml, .gitignore in ./")
    Base(tmp_path).put("raw/tensorflow/optimizer-nan-loss.json", EXAMPLE.read_bytes())
    assert "published 1" in kb("ingest", "--as-of", "2026-11-22")
    assert "904 days, limit 365" in kb("report", "stale", "--as-of", "2026-11-22")
    assert kb("doctor") == "the base keeps its contracts\n"
    assert "DED001" in kb("rules")
