"""JUnit's XML: a suite for each file, a case for each record, a failure from `fail_on` up."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.jobs.validate import ValidateOptions, validate
from kb.judging.request import Request
from kb.render.validations import render
from kb.results import ValidateResult
from kb.settings import Settings
from tests.bases import DAY, Base, ndjson, record
from tests.findings import ERROR, INFO, located, result

ORIGINS = (("raw/all.ndjson", 6), ("raw/all.ndjson", 7), ("raw/git/a.json", None))


def read(found: ValidateResult, fail_on: str = "error") -> ET.Element:
    return ET.fromstring(render(found, "junit", Settings(fail_on=fail_on)))  # noqa: S314 - our own


def test_a_case_for_each_record_a_suite_for_each_file() -> None:
    top = read(result(ERROR, located(), INFO, origins=ORIGINS))
    assert {suite.get("name"): [case.get("name") for case in suite] for suite in top} == {
        "raw/all.ndjson": ["raw/all.ndjson:6", "raw/all.ndjson:7"],
        "raw/git/a.json": ["raw/git/a.json"],
    }
    assert (top.get("tests"), top.get("failures")) == ("3", "1")
    assert [(suite.get("tests"), suite.get("failures")) for suite in top] == [("2", "1"), ("1", "0")]


@pytest.mark.parametrize(("fail_on", "failing"), [("error", 1), ("warning", 2), ("info", 2)])
def test_a_record_fails_from_a_severity_on(fail_on: str, failing: int) -> None:
    assert len(list(read(result(ERROR, located(), INFO, origins=ORIGINS), fail_on).iter("failure"))) == failing


def test_a_failure_says_what_and_the_rest_is_output() -> None:
    top = read(result(located(), located(line=4), INFO, origins=ORIGINS), "warning")
    (failure,) = top.iter("failure")
    assert failure.get("message") == (
        'DED001 /dead_ends/0/action: "" does not say what not to try; name the step (and 1 more)'
    )
    assert len((failure.text or "").splitlines()) == 2
    (output,) = top.iter("system-out")
    assert (output.text or "").startswith("raw/git/a.json:9:5: info TXT001 /tags/0: ")


def test_a_validation_tells_of_clean_records_if_asked(base: Base) -> None:
    base.put("raw/all.ndjson", ndjson(record("a"), record("b", confidence=7)))
    base.record("c")
    paths = [base.root / "raw"]
    asked = validate(base.workspace, paths, Request(DAY, jobs=1), ValidateOptions(origins=True))
    top = read(asked)
    assert (top.get("tests"), top.get("failures")) == ("3", "1")
    assert validate(base.workspace, paths, Request(DAY, jobs=1)).origins == ()


@given(st.text())
def test_every_text_gives_xml_that_can_be_read(text: str) -> None:
    top = read(result(located(message=text, path=text or "x"), origins=()), "info")
    assert top.get("failures") == "1"
