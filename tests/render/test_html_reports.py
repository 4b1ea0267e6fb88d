"""Each report as a page to read and to print."""

import html as markup
import re

import pytest

from kb import reports
from kb.render.answers import render
from kb.render.sections import people, totals
from kb.render.tables import cell
from kb.reports import REPORTS, Answer, Options
from tests.bases import DAY, Base, reading
from tests.render import pages


def asked(base: Base, name: str) -> Answer:
    with reading(base.workspace.store) as opened:
        return reports.run(opened, reports.named(name), Options(DAY))


def page_of(base: Base, name: str) -> str:
    return render(asked(base, name), "html", terminal=False)


@pytest.mark.parametrize("name", REPORTS)
def test_every_figure_of_a_report_is_in_it(example: Base, name: str) -> None:
    answer = asked(example, name)
    html = render(answer, "html", terminal=False)
    cells = [markup.unescape(cell) for cell in re.findall(r"<bdi>(.*?)</bdi>", html)]
    told = [cell(value) for part in answer.parts for row in people(part, answer.options).rows for value in row]
    assert cells == told
    below = totals(answer.totals) if answer.totals else []
    assert [line for line in below if line not in markup.unescape(html)] == []


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_closed_and_runs_nothing(example: Base, name: str) -> None:
    html = page_of(example, name)
    assert "<script" not in html
    assert "script-src" not in html
    assert "default-src 'none'" in markup.unescape(html)
    assert re.findall(r'(?:src|href)="(?!data:,)[^"]*"', html) == []


def test_it_is_the_same_every_time(example: Base) -> None:
    assert page_of(example, "quality") == page_of(example, "quality")


def test_harmful_text_is_text(base: Base) -> None:
    pages.fill_with_harm(base)
    assert "<img" not in page_of(base, "queue")
