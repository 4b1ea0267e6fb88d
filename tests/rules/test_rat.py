"""RAT001: which numbers are rates; RAT002: which texts are numbers."""

import orjson
import pytest

from kb.model import Json, Rejected
from kb.rules import catalogue
from kb.rules.example import with_changes
from tests.conftest import codes, found, judge, value_at
from tests.errorcanon import ERRORCANON


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
        ("0." + "5" * 22, 0.5555555555555556),
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
    ("rate", "hint"),
    [(85, "write 0.85"), (1.5, "write 0.015"), (100, "write 1"), (101, "correct it"), (-1, "correct it")],
)
def test_a_rate_out_of_range_may_be_a_percentage_only_up_to_a_hundred(rate: float, hint: str) -> None:
    outcome = judge(with_changes({"/confidence": rate}))
    assert [f.message.endswith(hint) for f in outcome.findings if f.code == "RAT001"] == [True]


KEYS = (
    "/dead_ends/1/fail_rate",
    "/workarounds/0/success_rate",
    "/transition_graph/leads_to/0/probability",
    "/transition_graph/preceded_by/0/probability",
    "/transition_graph/frequently_confused_with/0/probability",
    "/confidence",
    "/fix_success_rate",
)

BEYOND = (
    "10", "100", "1000", "1e2", "1E2", "1.5e0", "10.0", "1.0000001", "-1e-9", "-1", "2", "19", "101", "1e16", "1e308", "15e-1",
    '"100"', '"10"', '"1.01"', '"101%"', '"1000.0"',
)  # fmt: skip

WITHIN = ("0", "-0", "-0.0", "1", "1.0", "10e-1", "1e0", "1.00000000000000000001", "1e-300", '"100%"', '"0"', '"1.0"')


def _spelt(pointer: str, number: str) -> bytes:
    """The clean record, with a number at a place as JSON may spell it."""
    entry = {"error_id": "git/dubious-ownership"}
    graph = {f"/transition_graph/{key}": [entry] for key in ("leads_to", "preceded_by", "frequently_confused_with")}
    document = with_changes({**graph, pointer: "HERE"})
    return orjson.dumps(document).replace(b'"HERE"', number.encode())


@pytest.mark.parametrize("pointer", KEYS)
@pytest.mark.parametrize("number", BEYOND)
def test_a_number_beyond_the_range_rejects_its_record_however_spelt(pointer: str, number: str) -> None:
    outcome = judge(_spelt(pointer, number))
    assert isinstance(outcome, Rejected)
    assert [finding.pointer for finding in outcome.findings if finding.code == "RAT001"] == [pointer]


@pytest.mark.parametrize("pointer", KEYS)
@pytest.mark.parametrize("number", WITHIN)
def test_a_number_within_the_range_is_none_of_its_business(pointer: str, number: str) -> None:
    assert "RAT001" not in codes(judge(_spelt(pointer, number)))


@pytest.mark.parametrize("pointer", KEYS)
@pytest.mark.parametrize("number", ["10", "100", "1e2", "1000", '"100"'])
def test_a_rate_of_a_foreign_record_is_told_where_it_stands_there(pointer: str, number: str) -> None:
    native = orjson.loads(_spelt(pointer, "4242"))
    foreign = ERRORCANON.to_source({key: value for key, value in native.items() if key != "extensions"})
    outcome = judge(orjson.dumps(foreign).replace(b"4242", number.encode()))
    assert isinstance(outcome, Rejected)
    (place,) = [finding.pointer for finding in outcome.findings if finding.code == "RAT001"]
    assert value_at(foreign, place) == 4242
