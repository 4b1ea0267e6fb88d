"""`kb export`: what is written where, and what is refused."""

from pathlib import Path

import pytest

from pipeline import store
from pipeline.jobs.export import export
from pipeline.model import KbError
from tests.bases import Base, contents


def run(example: Base, form: str, output: Path, where: str = "true") -> int:
    with store.read(example.workspace.store, files=True) as base:
        return export(base, form, output, where)


@pytest.mark.parametrize(
    ("form", "other"), [("files", "cuda/gone.json"), ("errorcanon", "gone.json"), ("csv", "gone.csv")]
)
def test_a_folder_with_records_of_another_export_is_refused(
    form: str, other: str, example: Base, tmp_path: Path
) -> None:
    run(example, form, tmp_path / "out")
    (tmp_path / "out/README.md").write_text("mine", encoding="utf-8")
    run(example, form, tmp_path / "out")
    (tmp_path / "out" / other).write_text("{}", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(KbError, match=rf"out: holds 1 file that this export does not write \(such as {other}\)"):
        run(example, form, tmp_path / "out")
    assert contents(tmp_path) == before


def test_fewer_records_into_the_same_folder_are_refused(example: Base, tmp_path: Path) -> None:
    assert run(example, "files", tmp_path / "out") == 45
    with pytest.raises(KbError, match="holds 43 files that this export does not write"):
        run(example, "files", tmp_path / "out", "domain = 'git'")


@pytest.mark.parametrize("where", ["", " \n"])
def test_an_empty_condition_is_refused(where: str, example: Base, tmp_path: Path) -> None:
    with pytest.raises(KbError, match=r"^--where is empty; leave it out for every record"):
        run(example, "ndjson", tmp_path / "out.ndjson", where)
    assert not list(tmp_path.iterdir())
