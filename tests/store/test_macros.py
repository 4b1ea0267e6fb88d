"""Trust and age in SQL, held against the formulas in plain Python."""

import datetime as dt
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.store import Store, draft
from tests.bases import DAY

NEAR = 1.5e-6
"""Six digits, and the last may fall either way."""


class Belief(NamedTuple):
    """What trust is computed from."""

    age: int | None
    ttl: int
    declared: float
    ceiling: float


def factor(age: int | None, ttl: int) -> Fraction:
    """1 up to half the time to live, then linear to 0.5 at twice it, then 0.5."""
    if age is None:
        return Fraction(1, 2)
    start, end = Fraction(ttl, 2), Fraction(2 * ttl)
    progress = min(max((age - start) / (end - start), Fraction(0)), Fraction(1))
    return 1 - progress / 2


def freshness(age: int | None, ttl: int) -> str:
    if age is None:
        return "unknown"
    return "fresh" if 2 * age <= ttl else "aging" if age <= ttl else "stale"


def effective(belief: Belief) -> float:
    return float(min(Fraction(belief.declared), Fraction(belief.ceiling)) * factor(belief.age, belief.ttl))


@pytest.fixture(scope="module")
def base() -> Iterator[Store]:
    with draft.create(None) as opened:
        yield opened


def fill(base: Store, beliefs: list[Belief]) -> None:
    """Records with these beliefs and nothing else to say, named by their place."""
    base.query("DELETE FROM records")
    base.query("DELETE FROM transitions")
    days = [None if belief.age is None else DAY - dt.timedelta(days=belief.age) for belief in beliefs]
    base.query(
        """INSERT INTO records BY NAME SELECT
            unnest($1::VARCHAR[]) AS id, '' AS signature, '' AS regex, 'git' AS domain, '' AS category,
            'reproduced' AS verification_tier,
            unnest($2::DOUBLE[]) AS confidence, 'true' AS resolvable, unnest($3::DATE[]) AS last_confirmed,
            2 AS distinct_sources, unnest($4::DOUBLE[]) AS evidence_ceiling, unnest($5::INTEGER[]) AS time_to_live,
            '' AS path, 0 AS position, '' AS digest, '' AS content, '{}' AS doc""",
        [
            [f"git/{number:03}" for number in range(len(beliefs))],
            [belief.declared for belief in beliefs],
            days,
            [belief.ceiling for belief in beliefs],
            [belief.ttl for belief in beliefs],
        ],
    )


def ask(base: Store, macro: str) -> list[dict[str, Any]]:
    return base.query(f"SELECT * FROM {macro}($day) ORDER BY id", {"day": DAY}).records()  # noqa: S608 - a name of ours


rates = st.floats(0, 1) | st.sampled_from([0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0])
beliefs = st.lists(
    st.builds(Belief, st.none() | st.integers(-400, 80_000), st.integers(1, 36_500), rates, rates),
    min_size=1,
    max_size=20,
)
EDGES = [
    Belief(age, ttl, 0.9, 0.6) for ttl in (1, 2, 3, 365) for age in (0, ttl // 2, ttl // 2 + 1, ttl, ttl + 1, 2 * ttl)
]


@given(beliefs)
@example(EDGES)
def test_trust_is_what_its_formula_says(base: Store, beliefs: list[Belief]) -> None:
    fill(base, beliefs)
    for belief, row in zip(beliefs, ask(base, "trust"), strict=True):
        assert (row["age"], row["freshness"]) == (belief.age, freshness(belief.age, belief.ttl))
        assert row["factor"] == pytest.approx(float(factor(belief.age, belief.ttl)), abs=NEAR)
        assert row["effective"] == pytest.approx(effective(belief), abs=NEAR)
        assert row["overconfidence"] == pytest.approx(belief.declared - effective(belief), abs=NEAR)
        assert 0 <= row["effective"] <= min(belief.declared, belief.ceiling) + NEAR
        assert all(round(row[key], 6) == row[key] for key in ("factor", "effective", "overconfidence"))


@given(beliefs)
@example(EDGES)
def test_trust_says_why(base: Store, beliefs: list[Belief]) -> None:
    fill(base, beliefs)
    for belief, row in zip(beliefs, ask(base, "trust"), strict=True):
        assert ("2 sources and reproduced bear" in row["why"]) == (belief.declared > belief.ceiling)
        assert ("never confirmed" in row["why"]) == (belief.age is None)
        assert (" days old, limit " in row["why"]) == (belief.age is not None and row["factor"] < 1)


@given(beliefs)
@example(EDGES)
def test_staleness_counts_days(base: Store, beliefs: list[Belief]) -> None:
    fill(base, beliefs)
    for belief, row in zip(beliefs, ask(base, "staleness"), strict=True):
        overdue = None if belief.age is None else belief.age - belief.ttl
        assert (row["age"], row["overdue"], row["freshness"]) == (
            belief.age,
            overdue,
            freshness(belief.age, belief.ttl),
        )


@given(beliefs, st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=30))
def test_the_queue_puts_misplaced_belief_first(
    base: Store, beliefs: list[Belief], links: list[tuple[int, int]]
) -> None:
    fill(base, beliefs)
    if links:
        base.query(
            """INSERT INTO transitions BY NAME
            SELECT record_id, 'leads_to' AS kind, 0 AS position, error_id FROM (SELECT
                'git/' || lpad(unnest($1::VARCHAR[]), 3, '0') AS record_id,
                'git/' || lpad(unnest($2::VARCHAR[]), 3, '0') AS error_id)""",
            [[str(start) for start, _ in links], [str(end) for _, end in links]],
        )
    queue = base.query("FROM review_queue($day)", {"day": DAY}).records()
    risks = {}
    for number, belief in enumerate(beliefs):
        pointing = len({start for start, end in links if start != end == number})
        weight = (2 - float(factor(belief.age, belief.ttl))) * (1 + math.log(1 + pointing))
        risks[f"git/{number:03}"] = (pointing, (belief.declared - effective(belief)) * weight)
    assert {row["id"]: row["pointing"] for row in queue} == {name: pointing for name, (pointing, _) in risks.items()}
    for row in queue:
        assert row["risk"] == pytest.approx(risks[row["id"]][1], abs=2e-5)
    assert [(-row["risk"], row["id"]) for row in queue] == sorted((-row["risk"], row["id"]) for row in queue)


@pytest.mark.parametrize(
    ("day", "age", "state", "worth"),
    [("2024-06-01", 0, "fresh", 0.6), ("2025-06-02", 366, "stale", 0.499452), ("2026-11-22", 904, "stale", 0.3)],
)
def test_the_example_record(base: Store, day: str, age: int, state: str, worth: float) -> None:
    confirmed = dt.date(2024, 6, 1)
    fill(base, [Belief((DAY - confirmed).days, 365, 0.9, 0.6)])
    (row,) = base.query("FROM trust($day)", {"day": dt.date.fromisoformat(day)}).records()
    assert (row["age"], row["freshness"]) == (age, state)
    assert row["effective"] == pytest.approx(worth, abs=NEAR)
