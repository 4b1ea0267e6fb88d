"""What the reports say of a base that was really ingested."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kb import reports, store
from kb.errors import KbError
from kb.model import Document
from kb.render.answers import document
from kb.reports import Answer, Options
from kb.rules.example import with_changes
from kb.settings import Settings
from tests.bases import DAY, Base, reading

pytestmark = pytest.mark.long(every=3)

NAN_LOSS = "tensorflow/optimizer-nan-loss"
TTL = 100

Ask = Callable[..., Answer]


def asked(base: Base, name: str, as_of: dt.date = DAY, **options: Any) -> Answer:  # noqa: ANN401 - as Options has them
    with reading(base.workspace.store) as opened:
        return reports.run(opened, reports.named(name), Options(as_of, **options))


def listed(answer: Answer, section: str | None = None) -> list[Document]:
    """The rows of a section, by default the first."""
    return (answer.part(section) if section else answer.parts[0]).rows.records()


def rows(answer: Answer, section: str | None = None) -> dict[str, Document]:
    return {row["id"]: row for row in listed(answer, section)}


def totals(answer: Answer) -> Document:
    assert answer.totals is not None
    return answer.totals


def counts(base: Base, name: str, condition: str, **options: Any) -> int:  # noqa: ANN401 - as Options has them
    report, asked = reports.named(name), Options(DAY, **options)
    with store.read(base.workspace.store) as opened:
        return reports.breaking(opened, reports.section(report, asked, None), asked, condition)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Records of every age, in two domains; what is in `npm` lives for 100 days."""
    base = Base(tmp_path_factory.mktemp("reports"))
    base.configure(f"[trust.time_to_live.domain]\nnpm = {TTL}")
    ages = {"half": 50, "over-half": 51, "limit": 100, "over": 101, "twice": 200, "beyond": 5000, "ahead": -3}
    for name, age in ages.items():
        put(base, f"npm/{name}", last_confirmed=str(DAY - dt.timedelta(days=age)))
    put(base, "npm/never", last_confirmed=None, first_seen=None)
    put(base, "git/sure", confidence=1, verification_tier="reproduced")
    put(base, "git/guess", confidence=0.9, verification_tier="ai_generated", sources=[])
    base.ingest()
    return base


def put(base: Base, name: str, sources: list[str] | None = None, **values: object) -> None:
    """The clean record under an id; with no sources at all if so asked."""
    record = with_changes({"/id": name, "/domain": name.partition("/")[0], **{f"/{k}": v for k, v in values.items()}})
    if sources is not None:
        record["official_doc_url"] = None
        for item in (*record["dead_ends"], *record["workarounds"]):
            item["sources"] = sources
    base.put(f"raw/{name}.json", record)


# the example


def test_the_example_is_stale_on_the_day_and_was_not_then(example: Base) -> None:
    found = rows(asked(example, "stale", dt.date(2026, 11, 22)))[NAN_LOSS]
    assert (found["age"], found["time_to_live"], found["why"]) == (904, 365, "904 days, limit 365")
    assert NAN_LOSS not in rows(asked(example, "stale", dt.date(2024, 7, 1)))


def test_the_example_is_worth_a_third_of_what_it_declares(example: Base) -> None:
    found = rows(asked(example, "confidence", dt.date(2026, 11, 22)))[NAN_LOSS]
    assert found == {
        "id": NAN_LOSS,
        "tier": "ai_generated",
        "declared": 0.9,
        "ceiling": 0.6,
        "factor": 0.5,
        "effective": 0.3,
        "why": "capped at 0.60 (1 source, ai_generated); 904 days old, limit 365, so × 0.50",
    }


# freshness, exactly at its borders


@pytest.mark.parametrize(
    ("name", "factor", "stale"),
    [
        ("npm/half", 1.0, False),
        ("npm/over-half", 1 - 0.5 / 150, False),
        ("npm/limit", 1 - 0.5 * 50 / 150, False),
        ("npm/over", 1 - 0.5 * 51 / 150, True),
        ("npm/twice", 0.5, True),
        ("npm/beyond", 0.5, True),
        ("npm/never", 0.5, True),
        ("npm/ahead", 0.5, True),
    ],
)
def test_age_leaves_so_much(small: Base, name: str, factor: float, stale: bool) -> None:  # noqa: FBT001 - a parameter
    found = rows(asked(small, "confidence"))[name]
    assert found["factor"] == pytest.approx(factor, abs=1e-6)
    assert found["effective"] == pytest.approx(min(found["declared"], found["ceiling"]) * factor, abs=1e-6)
    assert (name in rows(asked(small, "stale"))) is stale


def test_half_of_an_odd_time_to_live_is_not_rounded(base: Base) -> None:
    for age in (182, 183):
        put(base, f"git/a{age}", last_confirmed=str(DAY - dt.timedelta(days=age)))
    base.ingest()
    factors = {name: row["factor"] for name, row in rows(asked(base, "confidence")).items()}
    assert factors["git/a182"] == 1.0
    assert factors["git/a183"] == pytest.approx(1 - 0.5 * 0.5 / 547.5, abs=1e-6)


def test_totals_count_each_state(small: Base) -> None:
    counted = totals(asked(small, "stale"))
    assert {key: counted[key] for key in ("records", "fresh", "aging", "stale", "unknown")} == {
        "records": 10, "fresh": 3, "aging": 2, "stale": 3, "unknown": 2,
    }  # fmt: skip


# stale


def test_the_worst_comes_first(small: Base) -> None:
    assert list(rows(asked(small, "stale"))) == ["npm/ahead", "npm/never", "npm/beyond", "npm/twice", "npm/over"]


def test_who_was_never_confirmed_has_no_age(small: Base) -> None:
    assert rows(asked(small, "stale"))["npm/never"] | {"tier": ""} == {
        "id": "npm/never",
        "tier": "",
        "last_confirmed": None,
        "age": None,
        "time_to_live": TTL,
        "why": "never confirmed, limit 100",
    }


def test_what_expired_longest_ago_in_its_own_terms_comes_first(base: Base) -> None:
    base.configure("[trust.time_to_live.domain]\nnpm = 100\ngit = 10")
    put(base, "npm/a", last_confirmed=str(DAY - dt.timedelta(days=130)))
    put(base, "git/a", last_confirmed=str(DAY - dt.timedelta(days=90)))
    base.ingest()
    assert list(rows(asked(base, "stale"))) == ["git/a", "npm/a"]


# confidence


def test_the_most_overconfident_comes_first(small: Base) -> None:
    found = listed(asked(small, "confidence"))
    gaps = [row["declared"] - row["effective"] for row in found]
    assert gaps == sorted(gaps, reverse=True)
    assert found[0]["id"] == "git/guess"
    assert (found[0]["ceiling"], found[0]["effective"]) == (0.3, 0.3)
    assert found[0]["why"] == "capped at 0.30 (0 sources, ai_generated)"


def test_who_keeps_all_needs_no_reason(small: Base) -> None:
    assert rows(asked(small, "confidence"))["git/sure"] == {
        "id": "git/sure", "tier": "reproduced", "declared": 1.0, "ceiling": 1.0, "factor": 1.0, "effective": 1.0,
        "why": "",
    }  # fmt: skip


def test_the_histogram_counts_every_record_once(small: Base, example: Base) -> None:
    for base in (small, example):
        answer = asked(base, "confidence", limit=1)
        counted = [row["records"] for row in listed(answer, "histogram")]
        assert sum(counted) == answer.part("rows").found == totals(answer)["records"]
        expected = [0] * 10
        for row in rows(asked(base, "confidence")).values():
            expected[min(int(round(row["effective"] * 10, 6)), 9)] += 1
        assert counted == expected


# tiers


def test_tiers_sum_up_their_domains(example: Base) -> None:
    found = listed(asked(example, "tiers"))
    whole = [row for row in found if row["domain"] is None]
    assert sum(row["records"] for row in whole) == totals(asked(example, "tiers"))["records"]
    assert sum(row["share"] for row in whole) == pytest.approx(1, abs=1e-3)
    for tier in whole:
        parts = [row for row in found if row["tier"] == tier["tier"] and row["domain"] is not None]
        assert sum(row["records"] for row in parts) == tier["records"]
        for key, places in (("declared", 1e-3), ("effective", 1e-3), ("sources", 1e-1), ("stale_share", 1e-3)):
            mean = sum(row[key] * row["records"] for row in parts) / tier["records"]
            assert mean == pytest.approx(tier[key], abs=places), key


def test_tiers_agree_with_the_records(small: Base) -> None:
    found = {(row["tier"], row["domain"]): row for row in listed(asked(small, "tiers"))}
    guess = found["ai_generated", "git"]
    assert (guess["records"], guess["share"], guess["sources"], guess["stale_share"]) == (1, 0.1, 0, 0)
    assert (guess["declared"], guess["effective"]) == (0.9, 0.3)
    (npm,) = [row for key, row in found.items() if key[1] == "npm"]
    assert (npm["records"], npm["share"], npm["stale_share"]) == (8, 0.8, 0.625)


# stale: what falls due, and when


def test_a_domain_goes_before_a_tier_and_a_tier_before_the_default(base: Base) -> None:
    base.configure("[trust.time_to_live]\ntier = {reproduced = 730}\ndomain = {npm = 180}")
    old = str(DAY - dt.timedelta(days=2000))
    put(base, "npm/a", last_confirmed=old, verification_tier="reproduced")
    put(base, "git/a", last_confirmed=old, verification_tier="reproduced")
    put(base, "git/b", last_confirmed=old, verification_tier="ai_generated")
    base.ingest()
    lives = {name: row["time_to_live"] for name, row in rows(asked(base, "stale")).items()}
    assert lives == {"npm/a": 180, "git/a": 730, "git/b": 365}


def test_what_falls_due_is_told_when_asked_and_the_soonest_first(small: Base) -> None:
    due = rows(asked(small, "stale", due=50), "due")
    assert {name: (row["due"], row["why"]) for name, row in due.items()} == {
        "npm/limit": (DAY, "on its last day"),
        "npm/over-half": (DAY + dt.timedelta(days=49), "falls due in 49 days"),
        "npm/half": (DAY + dt.timedelta(days=50), "falls due in 50 days"),
    }
    assert list(rows(asked(small, "stale", due=49), "due")) == ["npm/limit", "npm/over-half"]
    assert list(rows(asked(small, "stale", due=0), "due")) == ["npm/limit"]
    assert [part.section.name for part in asked(small, "stale").parts] == ["rows", "forecast"]


def test_what_falls_due_is_stale_on_the_day_after(small: Base) -> None:
    for name, row in rows(asked(small, "stale", due=99), "due").items():
        assert name not in rows(asked(small, "stale", row["due"]))
        assert name in rows(asked(small, "stale", row["due"] + dt.timedelta(days=1)))


def test_the_forecast_is_what_the_report_will_say_if_nothing_is_done(small: Base, example: Base) -> None:
    for base in (small, example):
        forecast = listed(asked(base, "stale"), "forecast")
        assert [row["month"] for row in forecast] == list(range(13))
        assert [row["day"] for row in forecast[:4]] == [
            DAY, dt.date(2026, 12, 22), dt.date(2027, 1, 22), dt.date(2027, 2, 22),
        ]  # fmt: skip
        for before, row in zip([forecast[0], *forecast], forecast, strict=False):
            then = asked(base, "stale", row["day"])
            assert row["stale"] == then.part("rows").found
            assert row["stale_share"] == round(row["stale"] / totals(then)["records"], 4)
            assert row["more"] == row["stale"] - before["stale"]


# queue


def test_every_record_is_in_the_queue_the_riskiest_first(small: Base) -> None:
    found = listed(asked(small, "queue"))
    assert {row["id"] for row in found} == {row["id"] for row in listed(asked(small, "confidence"))}
    assert [-row["risk"] for row in found] == sorted(-row["risk"] for row in found)
    assert found[0]["id"] == "git/guess", "nothing bears it out"
    assert found[-1]["id"] == "git/sure"


def test_the_queue_says_why_in_words(base: Base) -> None:
    put(base, "git/target", confidence=0.9, verification_tier="ai_generated", sources=[])
    for slug in ("a", "b"):
        put(base, f"git/{slug}", transition_graph={"leads_to": ["git/target"]})
    put(base, "git/self", confidence=0.9, verification_tier="ai_generated", sources=[],
        transition_graph={"leads_to": ["git/self"]})  # fmt: skip
    base.ingest()
    found = rows(asked(base, "queue"))
    assert {name: (row["pointing"], row["risk"], row["why"]) for name, row in found.items() if name != "git/b"} == {
        "git/target": (2, 0.34, "0.28 sources: 0, ai_generated; 0.06 findings: IDN004, IDN005; 2 records point here"),
        "git/self": (0, 0.42, "0.28 sources: 0, ai_generated; 0.14 findings: REF002, IDN004, IDN005"),
        "git/a": (0, 0.1, "0.04 sources: 4, human_reviewed; 0.06 findings: IDN004, IDN005"),
    }


def test_a_day_to_come_confirms_nothing_in_any_report(small: Base) -> None:
    day = DAY + dt.timedelta(days=3)
    told = f"confirmed only later, on {day}"
    assert rows(asked(small, "stale"))["npm/ahead"]["why"] == f"{told}, limit {TTL}"
    assert rows(asked(small, "confidence"))["npm/ahead"]["why"] == f"{told}, so × 0.50"
    assert f"0.15 age: {told}, limit {TTL}" in rows(asked(small, "queue"))["npm/ahead"]["why"]
    assert figures(small)["never_confirmed"] == 2
    assert "npm/ahead" not in rows(asked(small, "stale", as_of=day))


@pytest.mark.parametrize("days", [1, 2, 3, 4, 5, 99])
def test_the_stale_are_dealt_evenly_and_the_riskiest_first(small: Base, days: int) -> None:
    answer = asked(small, "queue", spread=days)
    plan = listed(answer, "plan")
    assert {row["id"] for row in plan} == set(rows(asked(small, "stale")))
    ranks = [row["id"] for row in listed(answer)]
    assert [row["id"] for row in plan] == sorted((row["id"] for row in plan), key=ranks.index)
    on = [(row["review_on"] - DAY).days for row in plan]
    assert on == sorted(on)
    assert all(0 <= day < days for day in on)
    loads = [on.count(day) for day in range(days)]
    assert max(loads) - min(loads) <= 1


def test_without_spread_there_is_no_plan(small: Base) -> None:
    assert [part.section.name for part in asked(small, "queue").parts] == ["rows"]


# sources


@pytest.fixture(scope="module")
def citing(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Records that cite two pages of one host, one page, one page each of two hosts, and nothing."""
    base = Base(tmp_path_factory.mktemp("citing"))
    pages = {
        "deep": ["https://a.example.org/1", "https://a.example.org/2"],
        "one": ["https://a.example.org/1"],
        "wide": ["https://a.example.org/1", "https://b.example.org/1"],
        "none": [],
    }
    for slug, urls in pages.items():
        put(base, f"git/{slug}", sources=urls)
    base.ingest()
    return base


def test_hosts_count_records_pages_and_who_has_no_other(citing: Base) -> None:
    assert listed(asked(citing, "sources")) == [
        {"host": "a.example.org", "records": 3, "share": 0.75, "pages": 2, "alone": 2},
        {"host": "b.example.org", "records": 1, "share": 0.25, "pages": 1, "alone": 0},
    ]


def test_who_rests_on_one_page_or_none_is_named(citing: Base) -> None:
    single = rows(asked(citing, "sources"), "single")
    assert {name: (row["sources"], row["url"]) for name, row in single.items()} == {
        "git/one": (1, "https://a.example.org/1"),
        "git/none": (0, None),
    }


# quality


def figures(base: Base, as_of: dt.date = DAY, **options: Any) -> Document:  # noqa: ANN401 - as Options has them
    (row,) = listed(asked(base, "quality", as_of, **options), "figures")
    return row


def test_the_figures_agree_with_the_other_reports(small: Base, example: Base) -> None:
    for base in (small, example):
        f, counted = figures(base), totals(asked(base, "stale"))
        assert (
            f["records"] == counted["records"] == sum(row["records"] for row in listed(asked(base, "quality"), "trust"))
        )
        assert (f["stale"], f["never_confirmed"]) == (counted["stale"], counted["unknown"])
        assert f["stale_share"] == listed(asked(base, "stale"), "forecast")[0]["stale_share"]
        assert f["records"] == asked(base, "queue").part("rows").found
        worth_less = [row for row in listed(asked(base, "queue")) if row["declared"] > row["effective"]]
        assert f["overconfident"] == len(worth_less)
        assert f["unsourced"] + f["single_source"] == asked(base, "sources").part("single").found
        assert f["hosts"] == asked(base, "sources").part("hosts").found
        assert f["mean_effective_confidence"] == counted["effective"]


def test_the_figures_agree_with_the_tables(example: Base) -> None:
    f = figures(example)
    (severities,) = example.query("SELECT count(*) FILTER (severity = 'error'), count(*) FROM findings")
    assert (f["errors"], f["errors"] + f["warnings"] + f["infos"] + f["repairs"]) == severities
    assert f["repairs"] == example.query("SELECT count(*) FROM changes")[0][0]
    assert f["quarantined"] == example.query("SELECT count(*) FROM quarantine")[0][0]
    assert f["dead_ends"] == example.query("SELECT count(*) FROM dead_ends")[0][0]


def test_each_section_counts_the_same_findings(example: Base) -> None:
    answer, f = asked(example, "quality"), figures(example)
    by_code = listed(answer, "findings")
    assert sum(row["findings"] for row in by_code) == f["errors"] + f["warnings"] + f["infos"] + f["repairs"]
    assert sum(row["repaired"] for row in by_code) == f["repairs"]
    assert sum(row["findings"] for row in listed(answer, "hotspots")) == f["errors"] + f["warnings"] + f["infos"]
    domains = listed(answer, "domains")
    assert sum(row["quarantined"] for row in domains) == f["quarantined"]
    assert sum(row["records"] for row in domains) == f["records"]
    assert sum(row["records"] for row in listed(answer, "freshness")) == f["records"]
    assert sum(row["records"] for row in listed(answer, "tiers")) == f["records"]
    reasons = {row["code"]: row["records"] for row in listed(answer, "quarantine")}
    told = example.query("SELECT unnest(codes) AS code, count(*) FROM quarantine GROUP BY code")
    assert reasons == dict(told)


def test_a_rejected_record_counts_in_the_domain_of_its_id(base: Base) -> None:
    put(base, "git/good")
    put(base, "npm/bad", confidence=2)
    base.put("raw/unreadable.json", b"{")
    base.ingest()
    counted = {row["domain"]: (row["records"], row["quarantined"]) for row in listed(asked(base, "quality"), "domains")}
    assert counted == {"git": (1, 0), "npm": (0, 1), None: (0, 1)}
    assert figures(base, domain="git")["quarantined"] == 0
    assert figures(base, domain="npm")["quarantined_share"] == 1


def test_means_do_not_hang_on_the_order_of_rows(base: Base) -> None:
    """In one order of these eight the floating-point mean is 0.7087, in another 0.7088; exactly it is 0.70875."""
    for i, confidence in enumerate((0.7, 0.85, 0.9, 0.55, 0.52, 0.66, 0.77, 0.72)):
        put(base, f"git/a{i}", confidence=confidence)
    base.ingest()
    assert figures(base)["mean_declared_confidence"] == 0.7088


# what moved


def moved(base: Base, as_of: dt.date = DAY, **options: Any) -> dict[str, tuple[float, float, float, dt.date]]:  # noqa: ANN401 - as Options has them
    rows = listed(asked(base, "quality", as_of, **options), "moved")
    return {row["figure"]: (row["before"], row["after"], row["change"], row["since"]) for row in rows}


@pytest.mark.whole
def test_that_nothing_moved_is_not_that_nobody_knows(base: Base) -> None:
    for root_cause, told in (
        ("Nobody looked.", ("no earlier state is known", "no earlier state is known")),
        ("Somebody looked.", ("nothing moved", "nothing came and nothing went")),
    ):
        put(base, "git/a", root_cause=root_cause)
        base.ingest()
        parts = (asked(base, "quality").part("moved"), asked(base, "findings").part("changes"))
        assert [part.rows.rows for part in parts] == [[], []]
        assert tuple(part.nothing for part in parts) == told


@pytest.mark.whole
def test_what_moved_is_told_against_the_state_before(base: Base) -> None:
    put(base, "git/a", confidence=0.8)
    base.ingest()
    put(base, "git/b", confidence=0.6)
    base.ingest(as_of=DAY + dt.timedelta(days=1))
    assert moved(base)["records"] == (1, 2, 1, DAY)
    assert moved(base)["mean_declared_confidence"] == (0.8, 0.7, -0.1, DAY)
    assert "quarantined" not in moved(base)
    base.drop("raw/git/b.json")
    base.ingest(allow_removals=True)
    assert moved(base)["records"] == (2, 1, -1, DAY + dt.timedelta(days=1))


@pytest.mark.whole
def test_an_ingest_that_changes_nothing_is_no_new_state(base: Base) -> None:
    put(base, "git/a")
    base.ingest()
    put(base, "git/b")
    base.ingest()
    base.ingest()
    assert moved(base)["records"] == (1, 2, 1, DAY)


@pytest.mark.whole
def test_a_new_store_takes_the_state_before_from_what_was_published(base: Base) -> None:
    put(base, "git/a")
    base.ingest()
    base.drop("kb.duckdb")
    put(base, "git/b")
    base.ingest(as_of=DAY + dt.timedelta(days=1))
    assert moved(base)["records"] == (1, 2, 1, DAY)


@pytest.mark.whole
def test_the_whole_base_alone_can_move(base: Base) -> None:
    put(base, "git/a")
    base.ingest()
    assert "moved" not in [part.section.name for part in asked(base, "quality", domain="git").parts]


@pytest.mark.whole
def test_what_is_published_knows_nothing_of_earlier_runs(base: Base, tmp_path: Path) -> None:
    put(base, "git/a")
    base.ingest()
    put(base, "git/b")
    base.ingest()
    assert "moved" not in json.loads(base.curated()["reports/quality.json"])
    assert base.again(tmp_path / "again").curated() == base.curated()


# scope


@pytest.mark.parametrize("name", [report.name for report in reports.REPORTS.values() if report.totals])
def test_a_domain_and_a_tier_narrow_rows_and_totals(small: Base, name: str) -> None:
    npm = asked(small, name, domain="npm", spread=3, due=9)
    assert totals(npm)["records"] == 8
    for part in npm.parts:
        for row in part.rows.records():
            assert row.get("domain") in {None, "npm"}
            assert not row.get("id", "").startswith("git")
    sure = asked(small, name, tier="reproduced")
    assert totals(sure)["records"] == 1
    assert {row["tier"] for part in sure.parts for row in part.rows.records() if "tier" in row} <= {"reproduced"}
    assert totals(asked(small, name, domain="npm", tier="reproduced"))["records"] == 0


@pytest.mark.parametrize(
    "scope", [{}, {"domain": "npm"}, {"tier": "reproduced"}, {"domain": "git", "tier": "reproduced"}]
)
@pytest.mark.parametrize("name", list(reports.REPORTS))
def test_a_limit_cuts_the_lists_and_nothing_else(small: Base, name: str, scope: dict[str, Any]) -> None:
    whole, cut, nothing = (asked(small, name, limit=limit, spread=3, due=99, **scope) for limit in (None, 2, 0))
    assert cut.totals == nothing.totals == whole.totals
    for full, two, none in zip(whole.parts, cut.parts, nothing.parts, strict=True):
        assert (full.found, two.found, none.found) == (len(full.rows.rows),) * 3
        ranked = full.section.ranked
        assert two.rows.rows == (full.rows.rows[:2] if ranked else full.rows.rows)
        assert none.rows.rows == ([] if ranked else full.rows.rows)


def test_the_whole_base_may_be_asked_for_any_tier_of_the_ladder_but_no_misspelt_one(small: Base) -> None:
    ladder = Settings().trust.ladder
    with store.read(small.workspace.store) as opened:
        for fine in (Options(DAY), Options(DAY, "npm", "reproduced"), Options(DAY, tier="community_reported")):
            reports.check_scope(opened, fine, ladder)
        with pytest.raises(KbError, match=r"no published record has the domain nmp; did you mean `npm`\?"):
            reports.check_scope(opened, Options(DAY, "nmp"), ladder)
        with pytest.raises(KbError, match=r"has the verification tier reproducd; did you mean `reproduced`\?"):
            reports.check_scope(opened, Options(DAY, tier="reproducd"), ladder)


def test_an_option_that_a_report_has_no_use_for_is_refused() -> None:
    reports.check_use(reports.named("stale"), Options(DAY, due=3))
    with pytest.raises(KbError, match=r"^kb report tiers knows no --due; kb report stale does$"):
        reports.check_use(reports.named("tiers"), Options(DAY, due=3))
    with pytest.raises(KbError, match=r"^kb report stale knows no --spread; kb report queue does$"):
        reports.check_use(reports.named("stale"), Options(DAY, spread=3))


def test_a_section_that_is_not_there_is_refused() -> None:
    report = reports.named("queue")
    assert reports.section(report, Options(DAY, spread=3), "plan").name == "plan"
    with pytest.raises(KbError, match=r"^kb report queue has no section plan here; add --spread DAYS$"):
        reports.section(report, Options(DAY), "plan")
    with pytest.raises(KbError, match=r"no section due here; add --due DAYS$"):
        reports.section(reports.named("stale"), Options(DAY), "due")
    with pytest.raises(KbError, match=r"no section moved here; it is about the whole base, so leave out --domain and"):
        reports.section(reports.named("quality"), Options(DAY, "git"), "moved")
    with pytest.raises(KbError, match=r"no section plans here; there are rows$"):
        reports.section(report, Options(DAY), "plans")


@pytest.mark.parametrize("name", list(reports.REPORTS))
def test_a_report_has_the_columns_that_it_declares(small: Base, name: str) -> None:
    for part in asked(small, name, spread=3, due=9).parts:
        assert part.rows.columns == tuple(part.section.columns), part.section.name


def test_an_unknown_report_is_refused() -> None:
    with pytest.raises(KbError, match=r"no report stal; did you mean `stale`\?"):
        reports.named("stal")


# conditions


@pytest.mark.parametrize(
    ("name", "condition", "count"),
    [
        ("stale", "any", 5),
        ("stale", "age > 150", 2),
        ("stale", "age > 150 -- and nothing else", 2),
        ("stale", "age IS NULL", 2),
        ("stale", "age > 6000", 0),
        ("confidence", "declared - effective >= 0.6", 1),
        ("tiers", "domain IS NULL AND records < 2", 2),
    ],
)
def test_rows_that_meet_a_condition_are_counted(small: Base, name: str, condition: str, count: int) -> None:
    assert counts(small, name, condition) == count


def test_a_condition_sees_all_rows_of_the_scope_whatever_the_limit(small: Base) -> None:
    assert counts(small, "stale", "any", limit=0) == 5
    assert counts(small, "stale", "any", domain="git") == 0


@pytest.mark.parametrize(
    "condition",
    ["agee > 3", "", "(", "1); DROP TABLE records; --", "'x'", "age > (SELECT count(*) FROM read_csv('/etc/passwd'))"],
)
def test_what_is_no_condition_is_refused_in_one_line(small: Base, condition: str) -> None:
    with pytest.raises(KbError, match=r"^sql: ") as refused:
        counts(small, "stale", condition)
    assert "\n" not in str(refused.value)


# as files


@pytest.mark.parametrize("name", [name for name in reports.REPORTS if name not in {"findings", "calibration"}])
def test_the_published_report_is_what_the_command_gives(example: Base, name: str) -> None:
    published = example.curated()[f"reports/{name}.json"]
    kept = reports.named(name).kept
    assert published.decode() == document(asked(example, name, history=False, limit=kept))
    assert json.loads(published)["as_of"] == str(DAY)
