"""The DVC pipeline in a fresh repository, with dvc as a program: offline, idempotent, and awake to what changes."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.git import commit, git
from tests.sessions import ROOT

pytestmark = pytest.mark.long(every=4)
needs_dvc = pytest.mark.skipif(importlib.util.find_spec("dvc") is None, reason="dvc is not installed (extra `dev`)")

AS_OF = "\nas_of = 2026-11-29\n"
RECORD = "raw/tensorflow/optimizer-nan-loss.json"
METRICS = "curated/reports/metrics.json"
STALE = "curated/reports/stale.json"


def call(folder: Path, *command: str, programs: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program that finds no network, and the `kb` of this Python, or first what a folder of `programs` has."""
    nowhere = "http://127.0.0.1:9"
    path = [*([str(programs)] if programs else []), str(Path(sys.executable).parent), os.environ["PATH"]]
    env = os.environ | {
        "PATH": os.pathsep.join(path),
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder / ".dvc" / "tmp" / "site"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
    }
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def dvc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(folder, sys.executable, "-m", "dvc", *arguments)


def stages(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The stages that ran."""
    return [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("Running stage")]


def repro(folder: Path) -> list[str]:
    """The stages that ran, all of them well."""
    done = dvc(folder, "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    return stages(done)


def status(folder: Path, *paths: str) -> str:
    return git(folder, "status", "--porcelain", "--", *paths)


class Clone(NamedTuple):
    """A clone of this repository, as far as the pipeline reads it, and which stages its first `dvc repro` ran."""

    root: Path
    ran: list[str]


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """For reading: whoever changes it copies it first."""
    folder = tmp_path_factory.mktemp("clone")
    ignored = shutil.ignore_patterns("reports", "manifest.json")
    for name in ("raw", "curated"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored if name == "curated" else None)
    for name in ("kb.toml", "dvc.yaml", "dvc.lock", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    commit(folder)
    return Clone(folder, repro(folder))


@pytest.fixture
def clone(cloned: Clone, tmp_path: Path) -> Path:
    return shutil.copytree(cloned.root, tmp_path / "clone")


@pytest.fixture(scope="module")
def confirmed(cloned: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone with a second commit, in which a record is confirmed anew; for reading."""
    folder = shutil.copytree(cloned.root, tmp_path_factory.mktemp("confirmed") / "clone")
    confirm(folder)
    ran = repro(folder)
    commit(folder)
    return Clone(folder, ran)


def confirm(folder: Path) -> None:
    """Confirm the example record anew."""
    path = folder / RECORD
    path.write_text(path.read_text(encoding="utf-8").replace('"2024-06-01"', '"2026-11-01"'), encoding="utf-8")


def configure(folder: Path, old: str, new: str) -> None:
    path = folder / "kb.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def on_a_day(day: str, folder: Path) -> Path:
    """A folder with a `kb` for which this is today."""
    folder.mkdir()
    program = folder / "kb"
    program.write_text(
        f"""#!/bin/sh
case "$1" in
ingest | report | gate) exec "{sys.executable}" -m kb "$@" --as-of {day} ;;
*) exec "{sys.executable}" -m kb "$@" ;;
esac
"""
    )
    program.chmod(0o755)
    return folder


def test_dvc_yaml_is_what_init_writes() -> None:
    template = resources.files("kb").joinpath("dvc.yaml.template").read_text(encoding="utf-8")
    assert (ROOT / "dvc.yaml").read_text(encoding="utf-8") == template


@needs_dvc
def test_repro_leaves_a_clone_as_it_is_and_ingests_nothing(cloned: Clone) -> None:
    assert cloned.ran == ["report", "gate"]
    assert status(cloned.root) == ""
    assert repro(cloned.root) == ["report", "gate"]
    assert status(cloned.root) == ""


@needs_dvc
def test_repro_runs_again_when_a_record_changes(confirmed: Clone) -> None:
    assert confirmed.ran == ["ingest", "report", "gate"]
    curated = json.loads((confirmed.root / "curated/records/tensorflow/optimizer-nan-loss.json").read_bytes())
    assert curated["last_confirmed"] == "2026-11-01"
    assert "tensorflow/optimizer-nan-loss" not in (confirmed.root / STALE).read_text(encoding="utf-8")
    assert repro(confirmed.root) == ["report", "gate"]


@needs_dvc
def test_repro_runs_again_when_a_setting_changes_and_metrics_and_params_show_it(clone: Path) -> None:
    configure(clone, AS_OF, f'{AS_OF}[rules]\nignore = ["DED"]\n')
    assert repro(clone) == ["ingest", "report", "gate"]
    metrics = json.loads(dvc(clone, "metrics", "diff", "--json").stdout)[METRICS]
    assert metrics["warnings"]["diff"] < 0
    assert "rules.ignore" in dvc(clone, "params", "diff").stdout


@needs_dvc
def test_what_is_lost_or_changed_by_hand_comes_back_without_any_cache(clone: Path) -> None:
    report, edited = clone / STALE, clone / "curated/records/tensorflow/optimizer-nan-loss.json"
    before = report.read_bytes(), edited.read_bytes()
    report.unlink()
    edited.write_bytes(before[1].replace(b'"confidence": 0.9', b'"confidence": 1'))
    assert edited.read_bytes() != before[1]
    (clone / "kb.duckdb").unlink()
    shutil.rmtree(clone / ".dvc/cache")
    assert "report" in repro(clone)
    assert (report.read_bytes(), edited.read_bytes()) == before


@needs_dvc
def test_metrics_tell_two_commits_apart(confirmed: Clone) -> None:
    moved = json.loads(dvc(confirmed.root, "metrics", "diff", "HEAD~1", "HEAD", "--json").stdout)[METRICS]
    assert moved["stale"]["diff"] == -1
    assert moved["mean_effective_confidence"]["diff"] > 0
    assert moved["stale_share"]["new"] == json.loads((confirmed.root / METRICS).read_bytes())["stale_share"]


@needs_dvc
def test_confidence_and_staleness_are_plotted(confirmed: Clone, tmp_path: Path) -> None:
    plots = json.loads(dvc(confirmed.root, "plots", "diff", "HEAD~1", "--json").stdout)["data"]
    for name, axes in (("confidence", ("records", "range")), ("staleness", ("month", "stale"))):
        (plot,) = plots[name]
        points = plot["content"]["data"]["values"]
        assert {point["rev"] for point in points} == {"HEAD~1", "workspace"}
        assert tuple(plot["content"]["encoding"][axis]["field"] for axis in "xy") == axes
    assert dvc(confirmed.root, "plots", "show", "--out", str(tmp_path / "plots")).returncode == 0
    assert "Stale month by month" in (tmp_path / "plots/index.html").read_text(encoding="utf-8")


@needs_dvc
def test_a_year_later_the_gate_fails_though_nothing_changed_and_the_reports_are_there(
    clone: Path, tmp_path: Path
) -> None:
    def on(programs: Path) -> subprocess.CompletedProcess[str]:
        return call(clone, sys.executable, "-m", "dvc", "repro", programs=programs)

    configure(clone, AS_OF, "\n[gate]\nmax_stale_share = 0.15\n")
    confirm(clone)
    done = on(on_a_day("2026-11-29", tmp_path / "today"))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("read 215 = ") == 1, "the summary of an ingest is there once"
    commit(clone)
    later = on_a_day("2027-10-20", tmp_path / "later")
    for _ in ("once", "until it passes"):
        done = on(later)
        assert done.returncode != 0
        assert stages(done) == ["report", "gate"]
        assert "max_stale_share" in done.stdout
        assert "BROKEN" in done.stdout
        assert "read 215 = " not in done.stdout
    stale = (clone / STALE).read_text(encoding="utf-8")
    assert '"as_of": "2027-10-20"' in stale
    assert "tensorflow/optimizer-nan-loss" not in stale
    assert status(clone, "curated") == ""
