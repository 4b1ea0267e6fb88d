"""DAT: which writings of a day have one reading."""

import datetime as dt

import pytest

from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import Json
from kb.rules import catalogue
from kb.rules.example import with_changes
from tests.bases import DAY, Base, ndjson, record
from tests.conftest import found, judge


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024/06/01", "2024-06-01"),
        ("2024/6/1", "2024-06-01"),
        ("2024-6-1", "2024-06-01"),
        ("2024-6-01", "2024-06-01"),
        ("2024-06-1", "2024-06-01"),
        ("2024-06-01T09:30:00Z", "2024-06-01"),
        ("2024-06-01t09:30:00z", "2024-06-01"),
        ("2024-06-01 09:30:00+02:00", "2024-06-01"),
        ("2024-06-01T23:59:60.123Z", "2024-06-01"),
        ("2024-02-29T00:00:00Z", "2024-02-29"),
        ("2024-06-01T23:30:00-05:00", "2024-06-01"),
        ("2024-06-01T00:30:00+14:00", "2024-06-01"),
        ("2017-01-01T05:29:60+05:30", "2017-01-01"),
        ("2024/12/31", "2024-12-31"),
    ],
)
def test_a_day_with_one_reading_is_rewritten(text: str, day: str) -> None:
    assert catalogue()["DAT005"].run(text) == day
    assert found({"/last_updated": text}, "DAT005") == ["/last_updated"]
    assert found({"/last_updated": text}, "DAT001") == []


@pytest.mark.parametrize(
    "text",
    [
        "01/06/2024",
        "01.06.2024",
        "6/1/24",
        "2024/6-1",
        "2024-6",
        "2024",
        "20240601",
        "2023-02-29",
        "2024-13-01",
        "2024/13/1",
        "0000-01-01",
        "2024-06-01T09:30",
        "2024-06-01T09:30:00",
        "２０２４-06-01",
        "2024-06-01T25:00:00Z",
        "2024-06-01T24:00:00Z",
        "2024-06-01T09:60:00Z",
        "2024-06-01T09:30:61Z",
        "2024-06-01T09:30:60Z",
        "2024-06-01T23:59:60+01:00",
        "2024-06-01T09:30:00+25:00",
        "2024-06-01T09:30:00+02:60",
        "2024-06-01T09:30:00+0200",
        "2024-06-01T9:30:00Z",
        "2024-06-01T09:30:00.Z",
        "2024-06-01T09:30:00,5Z",
        "2024-06-31T09:30:00Z",
        "2024/31/12",
        "2024/2/30",
        "2024-0-1",
        "01/02/2024",
        "yesterday",
        "",
    ],
)
def test_what_has_two_readings_or_none_is_not_guessed_at(text: str) -> None:
    assert catalogue()["DAT005"].run(text) == text


@pytest.mark.parametrize(
    "text",
    ["01/06/2024", "2023-02-29", "2024-13-01", "0000-01-01", "２０２４-06-01", "20240601", "2024-06-01T25:00:00Z"],
)
def test_what_no_calendar_has_is_an_error(text: str) -> None:
    assert found({"/first_seen": text}, "DAT001") == ["/first_seen"]


def test_one_day_for_all_is_in_order() -> None:
    assert found({"/first_seen": "2026-08-01"}, "DAT002") == []


def test_each_day_before_the_first_is_named_in_one_finding() -> None:
    (finding,) = [f for f in judge(with_changes({"/first_seen": "2026-08-02"})).findings if f.code == "DAT002"]
    assert "is after last_confirmed 2026-08-01 and last_updated 2026-08-01" in finding.message


def _future(base: Base, **values: Json) -> list[tuple[str, str, str]]:
    base.put("raw/all.ndjson", ndjson(*({**record(slug), **values} for slug in ("one", "two"))))
    found = validate(base.workspace, [base.root / "raw"], Request(DAY)).findings
    return sorted((f.record or "", f.code, f.pointer) for f in found if f.code.startswith("DAT"))


@pytest.mark.parametrize("day", ["2031-01-01", "2031-05-05"])
def test_a_first_day_in_the_future_is_told_as_that_alone(base: Base, day: str) -> None:
    assert _future(base, first_seen=day) == [(f"git/{slug}", "DAT003", "/first_seen") for slug in ("one", "two")]


def test_it_is_told_as_disorder_where_the_rule_about_the_future_is_not_run(base: Base) -> None:
    base.configure('rules.ignore = ["DAT003"]')
    assert {code for _, code, _ in _future(base, first_seen="2031-01-01")} == {"DAT002"}


def test_once_the_day_has_come_it_is_told_as_disorder_again(base: Base) -> None:
    base.record("one", first_seen="2027-03-03")
    told = []
    for day in (DAY, dt.date(2027, 4, 1), DAY):
        base.ingest(as_of=day)
        told.append(base.column("SELECT code FROM findings WHERE pointer = '/first_seen'"))
    assert told == [["DAT003"], ["DAT002"], ["DAT003"]]


def test_a_day_on_which_too_many_were_confirmed_is_told_once(base: Base) -> None:
    days = {"2026-08-01": 51, "2026-08-02": 50, "2026-08-03": 60, "2031-01-02": 70}
    base.put("raw/all.ndjson", ndjson(*(
        {**record(f"r{day[-1]}-{i:02}"), "last_confirmed": day, "last_updated": day} for day, n in days.items() for i in range(n)
    )))  # fmt: skip
    found = validate(base.workspace, [base.root / "raw"], Request(DAY)).findings
    bulk = [(f.record, f.message) for f in found if f.code == "DAT007"]
    assert [name for name, _ in bulk] == ["git/r1-00", "git/r3-00"]
    assert bulk[1][1].startswith(
        "60 records say that they were confirmed on 2026-08-03, such as git/r3-00, git/r3-01, git/r3-02 and 57 more; "
    )
