"""DAT: which writings of a day have one reading."""

import pytest

from pipeline.rules import catalogue
from tests.conftest import found


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


def test_each_day_before_the_first_is_named() -> None:
    assert found({"/first_seen": "2026-08-02"}, "DAT002") == ["/first_seen", "/first_seen"]
