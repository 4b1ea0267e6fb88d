"""The DVC pipeline in a fresh repository, with dvc as a program: offline, idempotent, and awake to what changes."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from tests.sessions import ROOT

needs_dvc = pytest.mark.skipif(importlib.util.find_spec("dvc") is None, reason="dvc is not installed (extra `dev`)")

RECORD = "raw/tensorflow/optimizer-nan-loss.json"
METRICS = "curated/reports/metrics.json"


def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    nowhere = "http://127.0.0.1:9"
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder / ".dvc" / "tmp" / "site"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
    }
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def dvc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(folder, sys.executable, "-m", "dvc", *arguments)


def repro(folder: Path) -> list[str]:
    """The stages that ran."""
    done = dvc(folder, "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("Running stage")]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a clone of this repository holds, as far as the pipeline reads it."""
    for name in ("raw", "curated"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("kb.toml", "dvc.yaml", "dvc.lock", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    done = call(folder, "git", *who, *arguments)
    assert done.returncode == 0, done.stderr


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "state")


def confirm(folder: Path) -> None:
    """Confirm the example record anew."""
    path = folder / RECORD
    path.write_text(path.read_text(encoding="utf-8").replace('"2024-06-01"', '"2026-11-01"'), encoding="utf-8")


def test_dvc_yaml_is_what_init_writes() -> None:
    template = resources.files("kb").joinpath("dvc.yaml.template").read_text(encoding="utf-8")
    assert (ROOT / "dvc.yaml").read_text(encoding="utf-8") == template


@needs_dvc
def test_repro_leaves_a_clone_as_it_is_and_does_nothing_twice(clone: Path) -> None:
    repro(clone)
    assert repro(clone) == []
    assert call(clone, "git", "status", "--porcelain").stdout == ""


@needs_dvc
def test_repro_runs_again_when_a_record_changes(clone: Path) -> None:
    confirm(clone)
    assert repro(clone) == ["ingest", "report", "gate"]
    curated = json.loads((clone / "curated/records/tensorflow/optimizer-nan-loss.json").read_bytes())
    assert curated["last_confirmed"] == "2026-11-01"
    assert "tensorflow/optimizer-nan-loss" not in (clone / "curated/reports/stale.json").read_text(encoding="utf-8")
    assert repro(clone) == []


@needs_dvc
def test_repro_runs_again_when_a_setting_changes_and_metrics_and_params_show_it(clone: Path) -> None:
    path = clone / "kb.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("\nignore = []", '\nignore = ["DED"]'), encoding="utf-8")
    assert repro(clone) == ["ingest", "report", "gate"]
    metrics = json.loads(dvc(clone, "metrics", "diff", "--json").stdout)[METRICS]
    assert metrics["warnings"]["diff"] < 0
    assert "rules.ignore" in dvc(clone, "params", "diff").stdout


@needs_dvc
def test_a_lost_report_comes_back_without_the_cache(clone: Path) -> None:
    report = clone / "curated/reports/stale.json"
    before = report.read_bytes()
    report.unlink()
    assert not (clone / "kb.duckdb").exists()
    assert "report" in repro(clone)
    assert report.read_bytes() == before


@needs_dvc
def test_the_gate_stops_at_a_record_changed_by_hand(clone: Path) -> None:
    path = clone / "curated/records/tensorflow/optimizer-nan-loss.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"confidence": 0.9', '"confidence": 1'), encoding="utf-8")
    done = dvc(clone, "repro")
    assert done.returncode != 0 or '"confidence": 0.9' in path.read_text(encoding="utf-8")


@needs_dvc
def test_metrics_tell_two_commits_apart(clone: Path) -> None:
    confirm(clone)
    repro(clone)
    commit(clone)
    moved = json.loads(dvc(clone, "metrics", "diff", "HEAD~1", "HEAD", "--json").stdout)[METRICS]
    assert moved["stale"]["diff"] == -1
    assert moved["mean_effective_confidence"]["diff"] > 0
    assert moved["stale_share"]["new"] == json.loads((clone / METRICS).read_bytes())["stale_share"]


@needs_dvc
def test_confidence_and_staleness_are_plotted(clone: Path) -> None:
    confirm(clone)
    repro(clone)
    plots = json.loads(dvc(clone, "plots", "diff", "HEAD", "--json").stdout)["data"]
    for name, axes in (("confidence", ("records", "range")), ("staleness", ("month", "stale"))):
        (plot,) = plots[name]
        points = plot["content"]["data"]["values"]
        assert {point["rev"] for point in points} == {"HEAD", "workspace"}
        assert tuple(plot["content"]["encoding"][axis]["field"] for axis in "xy") == axes
    assert dvc(clone, "plots", "show", "--out", "plots").returncode == 0
    assert "Stale month by month" in (clone / "plots/index.html").read_text(encoding="utf-8")


@needs_dvc
def test_the_reports_are_there_when_the_gate_fails(clone: Path) -> None:
    path = clone / "kb.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\n[gate]\n", "\n[gate]\nmax_stale_share = 0.3\n"), encoding="utf-8"
    )
    confirm(clone)
    done = dvc(clone, "repro")
    assert done.returncode != 0
    assert "max_stale_share" in done.stdout
    assert "BROKEN" in done.stdout
    assert "tensorflow/optimizer-nan-loss" not in (clone / "curated/reports/stale.json").read_text(encoding="utf-8")
    again = dvc(clone, "repro")
    assert "Running stage 'gate'" in again.stdout
    assert again.returncode != 0
