"""What a new user sees where something of Spark's is missing: one line that says how to get it."""

from pathlib import Path

import pytest

from kb.errors import KbError
from kb.spark import session


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda _: object())


def java(folder: Path, version: str) -> Path:
    """A folder as Java is installed in, with no Java."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder


def message() -> str:
    with pytest.raises(KbError) as raised:
        session.check_installed()
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None if name == "pyspark" else object())
    assert message() == "--engine spark: pyspark not installed; run `pip install 'kb-curation[spark]'`"


@pytest.mark.usefixtures("installed")
def test_without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert message().startswith("--engine spark: there is no Java here, and Spark runs on it; install Java 17 or newer")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("version", ["11.0.2", "1.8.0_392"])
def test_with_an_old_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "old", version)))
    assert "and Spark needs 17 or newer" in message()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("version", ["17.0.15", "21"])
def test_with_a_java_that_is_new_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "new", version)))
    session.check_installed()
