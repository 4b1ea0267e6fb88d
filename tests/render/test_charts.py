"""Charts of the page: valid in the grammar of Vega-Lite, and drawn by code that is kept whole or made anew."""

from pathlib import Path

import altair as alt
import pytest

from kb.model import Table
from kb.render.html.charts import Bar, Chart, library, specification


@pytest.mark.parametrize("key", ["tenth", "tier"])
@pytest.mark.parametrize("bars", [0, 1, 30])
def test_every_kind_of_chart_is_one_in_the_grammar(key: str, bars: int) -> None:
    chart = Chart(key, "Title", "noun", tuple(Bar(str(i), f"label {i}", i, i) for i in range(bars)), Table(("a",), []))
    assert alt.LayerChart.from_dict(specification(chart), validate=True).to_dict(validate=True)


def test_the_code_that_draws_is_kept_where_there_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library(tmp_path) == library()
    monkeypatch.setattr("kb.render.html.charts._library", lambda: pytest.fail("made anew"))
    assert library(tmp_path).startswith("/*!\nVega")
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("charts-")


@pytest.mark.parametrize("harm", [b"", b"x", b"\xff" * 64 + b"\nalert(1)"])
def test_what_is_not_as_it_was_written_is_made_anew(tmp_path: Path, harm: bytes) -> None:
    whole = library(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(harm or file.read_bytes()[:-1])
    assert library(tmp_path) == whole
    assert len(file.read_bytes()) > len(whole)


def test_no_folder_is_made_for_it(tmp_path: Path) -> None:
    assert library(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
