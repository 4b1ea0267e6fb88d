"""RAT002: which texts are numbers."""

import pytest

from pipeline.model import Json
from pipeline.rules import catalogue
from pipeline.rules.example import with_changes
from tests.conftest import found, judge


def _number(value: Json) -> Json:
    return catalogue()["RAT002"].run(value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.9", 0.9),
        ("1", 1.0),
        ("+0.5", 0.5),
        (" 0.9 ", 0.9),
        ("90%", 0.9),
        ("95 %", 0.95),
        ("14.3%", 0.143),
        ("0.1%", 0.001),
        ("100%", 1.0),
        ("85", 85.0),
    ],
)
def test_a_number_in_quotes_becomes_exactly_that_number(text: str, number: float) -> None:
    assert _number(text) == number
    assert type(_number(text)) is float


@pytest.mark.parametrize(
    "text",
    [
        "",
        "high",
        "about 90%",
        "1e3",
        "0,9",
        ".9",
        "9.",
        "-0.1",
        "0x1",
        "1_0",
        "0.9.1",
        "90%%",
        "９０％",
        "٩",
        "NaN",
        "inf",
        "9" * 25,
        "090",
        "00.9",
        "1e-1",
        "+.9",
        "1.0.0",
        "90％",
        "9 0%",
        "90\u00a0%",
        "%90",
        "±0.9",
    ],
)
def test_what_is_no_plain_number_is_left_to_the_schema(text: str) -> None:
    assert _number(text) is text
    assert found({"/confidence": text}, "SCH002") == ["/confidence"]


@pytest.mark.parametrize("value", [0.9, 1, None, True, [], {}])
def test_what_is_no_text_is_left_alone(value: Json) -> None:
    assert _number(value) is value


@pytest.mark.parametrize(
    ("rate", "hint"), [(85, "write 0.85"), (1.5, "write 0.015"), (101, "correct it"), (-1, "correct it")]
)
def test_a_rate_out_of_range_may_be_a_percentage_only_up_to_a_hundred(rate: float, hint: str) -> None:
    outcome = judge(with_changes({"/confidence": rate}))
    assert [f.message.endswith(hint) for f in outcome.findings if f.code == "RAT001"] == [True]
