"""One result in every form: what is in it, and that the same result is the same bytes."""

import json
from typing import get_type_hints

import pytest

from kb.contract import schema, violations
from kb.errors import KbError
from kb.model import Severity
from kb.render import text
from kb.render.validations import COUNTED, FOR_PEOPLE, FORMATS, LISTED, render, statistics
from kb.results import Located
from kb.settings import Settings
from kb.words import visible
from tests.findings import ERROR, HOSTILE, INFO, located, result

TEXTS = [name for name, kind in get_type_hints(Located).items() if kind is str and name not in {"code", "fingerprint"}]


@pytest.mark.parametrize("form", FORMATS)
def test_every_finding_is_in_every_form(form: str) -> None:
    shown = render(result(ERROR, located(), INFO), form, Settings())
    for finding in (ERROR, located(), INFO):
        assert finding.path in shown
        assert json.dumps(finding.message)[1:-1] in shown or finding.message in shown.replace("&quot;", '"')


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_found_is_a_whole_document_too(form: str) -> None:
    shown = render(result(clean=3), form, Settings())
    assert shown.endswith("\n") or (form == "ndjson" and not shown)


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_hostile_gets_through(form: str) -> None:
    hostile = located(**dict.fromkeys(TEXTS, HOSTILE), column=3)
    shown = render(result(hostile), form, Settings())
    assert all(visible(line) == line for line in shown.split("\n"))


def test_a_format_that_is_none_names_the_nearest() -> None:
    with pytest.raises(KbError, match="--format sarf: did you mean `sarif`"):
        render(result(), "sarf", Settings())


def test_full_is_concise_and_the_source() -> None:
    full = render(result(ERROR, INFO), "full", Settings()).splitlines()
    concise = render(result(ERROR, INFO), "concise", Settings()).splitlines()
    assert [line for line in full if line and " | " not in line and line.strip() != "^"] == concise
    assert len(full) == len(concise) + 6


def test_json_holds_what_ndjson_says_line_by_line() -> None:
    whole = json.loads(render(result(ERROR, INFO), "json", Settings()))
    lines = [json.loads(line) for line in render(result(ERROR, INFO), "ndjson", Settings()).splitlines()]
    assert whole["findings"] == lines
    assert list(violations(whole, "validate.v1")) == []
    assert [list(violations(line, "validate-line.v1")) for line in lines] == [[], []]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_hidden_is_counted_and_not_shown(form: str) -> None:
    hidden = result(ERROR, INFO).shown_from(Severity.WARNING)
    shown = render(hidden, form, Settings())
    assert ERROR.path in shown
    assert INFO.path not in shown
    assert hidden.summary() == result(ERROR, INFO).summary()
    assert hidden.reaches(Severity.INFO)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - set(FOR_PEOPLE)))
def test_programs_are_told_of_every_finding(form: str) -> None:
    many = [located(code="DED001", path=f"raw/{n}.json", record=f"git/r{n}") for n in range(60)]
    shown = render(result(*many, read=60, clean=0), form, Settings())
    assert all(finding.path in shown for finding in many)


@pytest.mark.parametrize("form", LISTED)
def test_what_is_suppressed_is_listed_if_asked_for(form: str) -> None:
    found = result(ERROR, suppressed=(located(suppressed="known for years"),))
    assert "known for years" in render(found, form, Settings(), suppressed=True)
    assert ("known for years" in render(found, form, Settings())) is (form == "sarif")


@pytest.mark.parametrize("form", sorted(set(FORMATS) - set(LISTED)))
def test_other_formats_know_of_nothing_suppressed(form: str) -> None:
    found = result(ERROR, suppressed=(located(suppressed="known for years"),))
    assert "known for years" not in render(found, form, Settings(), suppressed=True)


def test_the_schemas_know_one_finding_and_one_summary() -> None:
    whole = schema("validate.v1")["$defs"]
    line = {key: schema("validate-line.v1")[key] for key in whole["finding"]}
    assert line == whole["finding"]
    assert schema("statistics.v1")["$defs"]["summary"] == whole["summary"]


# statistics


def test_statistics_count_by_rule_the_gravest_first_and_then_the_most_frequent() -> None:
    found = result(ERROR, INFO, INFO, located(), located(), located(code="DED002", name="dead-end-unexplained"))
    assert statistics(found, "concise").splitlines() == [
        "count  code    name                   severity  fixable",
        "    1  RAT001  rate-out-of-range      error     false",
        "    2  DED001  dead-end-action-empty  warning   false",
        "    1  DED002  dead-end-unexplained   warning   false",
        "    2  TXT001  outer-whitespace       info      true",
        text.summary(found),
    ]


def test_statistics_of_nothing() -> None:
    assert statistics(result(clean=3), "full") == "3 records read, all clean\n"


def test_statistics_as_json() -> None:
    document = json.loads(statistics(result(ERROR, INFO, INFO), "json"))
    assert list(violations(document, "statistics.v1")) == []
    assert [(row["code"], row["count"]) for row in document["statistics"]] == [("RAT001", 1), ("TXT001", 2)]
    assert document["summary"] == result(ERROR, INFO, INFO).summary()


def test_statistics_are_of_formats() -> None:
    assert set(COUNTED) < set(FORMATS)
