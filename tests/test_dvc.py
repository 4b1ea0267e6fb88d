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
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "state")):
        done = call(tmp_path, *git, *arguments)
        assert done.returncode == 0, done.stderr
    return tmp_path


def test_dvc_yaml_is_what_init_writes() -> None:
    template = resources.files("pipeline").joinpath("dvc.yaml.template").read_text(encoding="utf-8")
    assert (ROOT / "dvc.yaml").read_text(encoding="utf-8") == template


@needs_dvc
def test_repro_leaves_a_clone_as_it_is_and_does_nothing_twice(clone: Path) -> None:
    repro(clone)
    assert repro(clone) == []
    assert call(clone, "git", "status", "--porcelain").stdout == ""


@needs_dvc
def test_repro_runs_again_when_a_record_changes(clone: Path) -> None:
    path = clone / RECORD
    path.write_text(path.read_text(encoding="utf-8").replace('"2024-06-01"', '"2026-11-01"'), encoding="utf-8")
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
    metrics = json.loads(dvc(clone, "metrics", "diff", "--json").stdout)["curated/manifest.json"]
    assert metrics["counts.findings"]["diff"] < 0
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
