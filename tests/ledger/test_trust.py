"""What outcomes and other events do to trust and to the queue, on a day."""

import datetime as dt
import json
import re

import pytest

from kb import reports, store
from kb.contract import violations
from kb.errors import KbError
from kb.jobs.show import show
from kb.render import answers
from tests.bases import DAY, Base, record
from tests.conftest import ROOT
from tests.ledger.bases import decide, target

pytestmark = pytest.mark.long(every=3)

A = record("a", last_confirmed="2026-11-20", confidence=0.8)
B = record("b", last_confirmed="2026-11-20", confidence=0.8)


@pytest.fixture
def tried(base: Base) -> Base:
    base.put("raw/git/a.json", A)
    base.put("raw/git/b.json", B)
    return base


def effective(base: Base, slug: str, day: dt.date = DAY) -> tuple[float, str]:
    rows = base.query(f"SELECT effective, why FROM trust(DATE '{day}') WHERE id = 'git/{slug}'")  # noqa: S608 - a day of ours
    return rows[0][0], rows[0][1]


def queue(base: Base) -> list[tuple[str, str]]:
    return base.query(f"SELECT id, why FROM review_queue(DATE '{DAY}') ORDER BY place")  # noqa: S608 - a day of ours


def test_outcomes_move_the_confidence_of_their_record_and_of_no_other(tried: Base) -> None:
    """By the prior: 0.8 is worth 6 outcomes for human_reviewed; three that support it, and one against it, of today."""
    day = f"{DAY}T00:00:00Z"
    for number, worked in enumerate([True, True, True, False]):
        decide(tried, "outcome", A, worked=worked, at=day, by=f"person:{number}")
    tried.ingest()
    value, why = effective(tried, "a")
    assert value == pytest.approx((0.8 * 6 + 3) / (6 + 4))
    assert why == "3 of 4 outcomes support it, so 0.78"
    assert effective(tried, "b") == (0.8, "")


def test_the_prior_weight_is_a_setting_and_a_change_of_it_counts_at_the_next_ingest(tried: Base) -> None:
    decide(tried, "outcome", A, worked=False, at=f"{DAY}T00:00:00Z")
    tried.ingest()
    assert effective(tried, "a")[0] == pytest.approx(0.8 * 6 / 7)
    for table, weight in (("human_reviewed = 3", 3), ("reproduced = 30", 2)):
        tried.configure(f"[trust.prior_weight]\n{table}\n")
        tried.ingest()
        assert effective(tried, "a")[0] == pytest.approx(0.8 * weight / (weight + 1), abs=1e-6)
    assert effective(tried, "b") == (0.8, "")


def test_rates_stand_beside_the_declared_ones_the_surest_first(tried: Base) -> None:
    confidence = reports.named("confidence")
    for number, worked in enumerate([True, True, False]):
        decide(tried, "outcome", A, worked=worked, at=f"{DAY}T00:00:00Z", by=f"person:{number}")
    decide(tried, "outcome", B, at=f"{DAY}T00:00:00Z")
    tried.ingest()
    with store.read(tried.workspace.store) as opened:
        answer = reports.run(opened, confidence, reports.Options(DAY))
        rates = {name: show(opened, name, DAY)["rates"][0] for name in ("git/a", "git/b")}
        other = reports.run(opened, confidence, reports.Options(DAY, domain="none"))
        with pytest.raises(KbError, match="are no SQL"):
            reports.breaking(opened, answer.part("rates").section, answer.options, "low < 0.5")
    rows = answer.part("rates").rows.records()
    assert [(row["id"], row["action"], row["outcomes"], row["worked"]) for row in rows] == [
        ("git/b", "workaround:1", 1, 1),
        ("git/a", "workaround:1", 3, 2),
    ]
    shared = ("declared", "mean", "low", "high")
    assert [[row[key] for key in shared] for row in rows] == [[rates[row["id"]][key] for key in shared] for row in rows]
    assert not list(violations(json.loads(answers.document(answer)), "report.confidence.v1"))
    assert "rates" not in other.document()


def test_a_dead_end_that_fails_bears_the_record_out(tried: Base) -> None:
    decide(tried, "outcome", A, worked=False, at=f"{DAY}T00:00:00Z", target=target(A, "dead_end", 1))
    tried.ingest()
    assert effective(tried, "a")[0] == pytest.approx((0.8 * 6 + 1) / (6 + 1))
    assert tried.query(f"SELECT item, position, worked, mean FROM rates(DATE '{DAY}')") == [  # noqa: S608 - a day of ours
        ("dead_end", 1, 0, round((0.9 * 6 + 1) / 7, 4))
    ]


def test_old_outcomes_lose_weight_not_direction(tried: Base) -> None:
    decide(tried, "outcome", A, worked=False, at="2026-11-22T00:00:00Z")
    tried.ingest()
    values = [effective(tried, "b", day)[0] - effective(tried, "a", day)[0] for day in (DAY, dt.date(2026, 12, 22))]
    assert values[0] > values[1] > 0
    year = dt.date(2027, 11, 22)
    worth = effective(tried, "b", year)[0]
    assert effective(tried, "a", year)[0] == pytest.approx(worth * 6 / 6.5, abs=1e-6)


def test_one_actor_has_few_votes_and_one_a_day(tried: Base) -> None:
    for day in range(1, 11):
        for hour in (8, 9):
            decide(tried, "outcome", A, worked=True, at=f"2026-11-{day:02}T{hour:02}:00:00Z")
    tried.ingest()
    assert tried.column("SELECT day(decided_at) FROM events WHERE counted ORDER BY 1") == [6, 7, 8, 9, 10]
    assert len([one for one in tried.findings() if one["code"] == "LED008"]) == 5


def test_an_outcome_stays_with_its_action_and_goes_with_it(tried: Base) -> None:
    decide(tried, "outcome", A, worked=True)
    tried.ingest()
    first, second = A["workarounds"]
    tried.put("raw/git/a.json", {**A, "workarounds": [second, first], "workarounds_zh": []})
    tried.ingest()
    assert tried.query(f"SELECT item, position FROM rates(DATE '{DAY}')") == [("workaround", 1)]  # noqa: S608 - a day of ours
    tried.put("raw/git/a.json", {**A, "workarounds": [second], "workarounds_zh": []})
    tried.ingest()
    assert tried.query(f"FROM rates(DATE '{DAY}')") == []
    assert effective(tried, "a") == (0.8, "")


def test_the_queue_asks_for_what_an_event_asks_for_first(tried: Base) -> None:
    """Before all risk: an outcome against a record, then a refutation, then a text that changed since."""
    for slug in ("changed", "refuted", "failed", "settled"):
        tried.record(slug)
    tried.record("risky", last_confirmed=None, confidence=1.0)
    decide(tried, "confirm", record("changed", root_cause="It said something else before."))
    decide(tried, "refute", record("refuted"))
    decide(tried, "outcome", record("failed"), worked=False)
    decide(tried, "refute", record("settled"))
    decide(tried, "confirm", record("settled"), at="2026-11-03T00:00:00Z")
    tried.ingest()
    rows = queue(tried)
    assert [name for name, _ in rows[:4]] == ["git/failed", "git/refuted", "git/changed", "git/risky"]
    assert rows[0][1].startswith("an outcome against it (2026-11-01); ")
    assert rows[1][1].startswith("refuted (2026-11-01); ")
    assert rows[2][1].startswith("another text since it was confirmed (2026-11-01); ")


def test_the_worked_examples_of_the_page_are_right() -> None:
    """Each line `= (M × W + S) / (W + N) = RESULT` of docs/trust.md."""
    page = (ROOT / "docs/trust.md").read_text(encoding="utf-8")
    examples = re.findall(r"\(([\d.]+) × (\d+) \+ ([\d.]+)\) / \((\d+) \+ ([\d.]+)\) = ([\d.]+)", page)
    assert len(examples) >= 3
    for prior, weight, held, again, number, result in examples:
        assert weight == again
        assert f"{(float(prior) * int(weight) + float(held)) / (int(weight) + float(number)):.2f}" == result


def test_a_rate_has_an_interval_and_the_surest_workaround_is_first(tried: Base) -> None:
    for number in range(8):
        decide(tried, "outcome", A, worked=True, by=f"person:{number}", target=target(A, "workaround", 1))
    decide(tried, "outcome", A, worked=False)
    tried.ingest()
    with store.read(tried.workspace.store) as base:
        first, second = show(base, "git/a", DAY)["rates"]
    assert (first["position"], first["worked"], first["outcomes"], first["declared"]) == (1, 8, 8, 0.92)
    assert (second["position"], second["worked"], second["outcomes"]) == (0, 0, 1)
    assert 0 < second["low"] < second["mean"] < second["high"] < first["high"] <= 1
    assert second["low"] < first["low"] < first["mean"]


def test_a_release_shows_what_was_confirmed_with_an_older_one(tried: Base) -> None:
    tried.record("c")
    decide(tried, "confirm", A, **{"with": {"docker": "9.1"}})
    decide(tried, "confirm", B, **{"with": {"docker": "30.0"}})
    decide(tried, "confirm", record("c"), **{"with": {"docker": "27.1", "os": "linux"}})
    tried.ingest()
    with store.read(tried.workspace.store) as base:
        answer = reports.run(base, reports.named("stale"), reports.Options(DAY, released="docker=30"))
        none = reports.run(base, reports.named("stale"), reports.Options(DAY, released="git=3"))
    assert [(row["id"], row["why"]) for row in answer.part("released").rows.records()] == [
        ("git/a", "confirmed with docker 9.1, 30 is out"),
        ("git/c", "confirmed with docker 27.1, 30 is out"),
    ]
    assert none.part("released").rows.rows == []
    assert not list(violations(json.loads(answers.document(answer)), "report.stale.v1"))


def test_calibration_waits_for_fifty_outcomes(tried: Base) -> None:
    report = reports.named("calibration")
    for number in range(50):
        if number == 49:
            tried.ingest()
            with store.read(tried.workspace.store) as base:
                few = reports.run(base, report, reports.Options(DAY))
        decide(
            tried,
            "outcome",
            A if number % 2 else B,
            worked=number % 10 > 1,
            by=f"person:{number}",
            at=f"{DAY}T00:00:00Z",
        )
    assert [part.rows.rows for part in few.parts] == [[], []]
    assert "too few outcomes: 50 are needed" in answers.render(few, "table", terminal=False)
    tried.ingest()
    with store.read(tried.workspace.store) as base:
        scores, bins = (part.rows.records() for part in reports.run(base, report, reports.Options(DAY)).parts)
    by_name = {row["predictor"]: row for row in scores}
    share = 0.8
    assert by_name["constant"]["brier"] == pytest.approx(share * (1 - share))
    assert by_name["declared"]["brier"] == pytest.approx((share * 0.2**2) + (1 - share) * 0.8**2)
    assert sum(row["outcomes"] for row in bins) == 50
    assert len(bins) == 10


def test_no_report_on_outcomes_lies_in_curated() -> None:
    assert not reports.named("calibration").asked(reports.Options(DAY, history=False))
