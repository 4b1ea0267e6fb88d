"""What reports say to people, in whatever form."""

import html

import pytest

from kb import reports
from kb.render.answers import render
from kb.reports import Answer, Options
from kb.settings import ReportSettings
from tests.bases import DAY, Base, reading


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
    with reading(example.workspace.store) as opened:
        answer = reports.run(opened, chosen, options, only=reports.section(chosen, options, section))
    told = f"{heading}, as of {DAY}"
    assert render(answer, "table", terminal=False).startswith(f"{told}\n")
    assert render(answer, "md", terminal=False).startswith(f"## {told}\n")
    page = render(answer, "html", terminal=False)
    assert f"<h1>{told}</h1>" in page
    assert "<h2>" not in page


# what concerns most records

EVERYTHING = Options(DAY, common=ReportSettings(common_share=0.1, common_from=2))


@pytest.fixture(scope="module")
def hotspots(example: Base) -> Answer:
    quality = reports.named("quality")
    with reading(example.workspace.store) as opened:
        return reports.run(opened, quality, EVERYTHING, only=reports.section(quality, EVERYTHING, "hotspots"))


@pytest.mark.parametrize("form", ["table", "md", "html"])
def test_people_are_told_once_of_what_concerns_most_records(hotspots: Answer, form: str) -> None:
    (part,) = hotspots.parts
    assert part.common
    told = html.unescape(render(hotspots, form, terminal=False))
    for once in part.common:
        line = f"{once.severity} {once.code} {once.name} concerns {once.records} of {once.among} records"
        assert told.count(once.code) == 2, "in its line and in the command that lists them"
        assert line in told
    rest = {row["code"] for row in part.rows.records()} - {each.code for each in part.common}
    assert any(code in told for code in rest)


def test_programs_are_told_all(hotspots: Answer, example: Base) -> None:
    quality = reports.named("quality")
    with reading(example.workspace.store) as opened:
        whole = reports.run(opened, quality, Options(DAY)).part("hotspots")
    assert hotspots.parts[0].rows == whole.rows
    assert not whole.common
