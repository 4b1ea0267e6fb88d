"""What a person asks in SQL: answered whole, and no more than was asked."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from kb.errors import KbError
from kb.store import Store, read
from kb.store.statements import condition, select
from tests.bases import Base


@pytest.fixture
def store(example: Base) -> Any:  # noqa: ANN401 - a generator of a Store
    with read(example.workspace.store) as opened:
        yield opened


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("INTERVAL '3 months 2 days'", "3 months 2 days"),
        ("DATE 'infinity'", "infinity"),
        ("DATE '-infinity'", "-infinity"),
        ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
        ("DATE '0500-01-01'", "0500-01-01"),
        ("DATE '12000-01-01'", "12000-01-01"),
        ("TIMESTAMP 'infinity'", "infinity"),
        ("TIMESTAMP '2026-11-22 01:02:03.5'", "2026-11-22T01:02:03.5"),
        ("TIMESTAMP_NS '2026-11-22 01:02:03.123456789'", "2026-11-22T01:02:03.123456789"),
        ("TIMETZ '12:00:00+05'", "12:00:00+05"),
        ("TIME '24:00:00'", "24:00:00"),
        ("1.50::DECIMAL(30, 20)", Decimal("1.50000000000000000000")),
        ("170141183460469231731687303715884105727::HUGEINT", 2**127 - 1),
        ("'\\xFF'::BLOB", b"\xff"),
        ("NULL", None),
        ("[INTERVAL '1 month']", ["1 month"]),
        ("[DATE 'infinity', NULL]", ["infinity", None]),
        ("MAP {1: DATE 'infinity'}", {"1": "infinity"}),
        ("MAP {[1]: 2}", {"[1]": 2}),
        ("{'a b': {'c': INTERVAL '1 day', 'd': 1.5}}", {"a b": {"c": "1 day", "d": Decimal("1.5")}}),
        ("union_value(n := INTERVAL '1 day')", "1 day"),
        ("union_value(n := 1)", 1),
        ("[]", []),
        ("'101'::BIT", "101"),
        ("'a'::ENUM('a', 'b')", "a"),
    ],
)
def test_no_value_is_altered_on_the_way(sql: str, value: object, store: Store) -> None:
    assert select(store, f"SELECT {sql} AS x").rows == [(value,)]


def test_columns_keep_their_names_and_their_order(store: Store) -> None:
    answer = select(
        store,
        'SELECT n AS id, n AS id, DATE \'2026-01-01\' + n::INT AS "a""b" FROM range(3) t(n) ORDER BY n DESC; -- x',
    )
    assert answer.columns == ("id", "id", 'a"b')
    assert answer.rows == [(n, n, f"2026-01-0{n + 1}") for n in (2, 1, 0)]


@pytest.mark.parametrize(
    "sql", ["EXPLAIN SELECT 1", "SHOW TABLES", "DESCRIBE records", "SUMMARIZE records", "VALUES (1)"]
)
def test_other_questions_are_answered_too(sql: str, store: Store) -> None:
    assert select(store, sql).columns


def test_days_of_python_are_for_ours_alone(store: Store) -> None:
    assert isinstance(store.value("SELECT DATE '2026-01-01'"), dt.date)


@pytest.mark.parametrize(
    "text", ["true", "id = 'a' -- why", "id IN (SELECT id FROM records)", "a OR b", "/* x */ true"]
)
def test_one_condition_is_taken(text: str) -> None:
    assert condition(text) == f"({text}\n)"


@pytest.mark.parametrize(
    "text",
    ["true) OR (true", "true; SELECT 1", "true GROUP BY id", "true LIMIT 1", "true ORDER BY id", "true UNION SELECT 1",
     "SELECT 1", "true) --", "true /* x", "", "true;", "1 = 1 QUALIFY true", "'", "a, b"],
)  # fmt: skip
def test_more_than_a_condition_is_refused(text: str) -> None:
    with pytest.raises(KbError, match=r"^sql: "):
        condition(text)
