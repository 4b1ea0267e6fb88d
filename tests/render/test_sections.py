"""What reports say to people, in whatever form."""

import pytest

from pipeline import reports, store
from pipeline.render.reports import render
from pipeline.reports import Options
from tests.bases import DAY, Base


@pytest.mark.parametrize(
    ("report", "section", "heading"),
    [
        ("stale", "due", "Falling due within 400 days"),
        ("stale", "forecast", "Stale month by month, if nothing is done"),
        ("stale", "rows", "Records that nobody confirmed within their time to live"),
        ("queue", "plan", "The stale ones, dealt evenly over 30 days"),
        ("sources", "single", "Records that rest on one page or on none, the most trusted first"),
        ("quality", "figures", "The state of the base"),
        ("quality", "hosts", "Most-cited hosts"),
    ],
)
def test_one_section_alone_is_headed_by_its_own_title(example: Base, report: str, section: str, heading: str) -> None:
    options = Options(DAY, due=400, spread=30)
    chosen = reports.named(report)
    with store.read(example.workspace.store) as opened:
        answer = reports.run(opened, chosen, options, only=reports.section(chosen, options, section))
    told = f"{heading}, as of {DAY}"
    assert render(answer, "table", terminal=False).startswith(f"{told}\n")
    assert render(answer, "md", terminal=False).startswith(f"## {told}\n")
    page = render(answer, "html", terminal=False)
    assert f"<h1>{told}</h1>" in page
    assert "<h2>" not in page
