"""A curator sees what an ingest brought, what it mended, and what is as it was."""

import datetime as dt

import duckdb
import orjson
import pytest

from kb import reports
from kb.results import StateComparison
from tests.bases import DAY, Base, ndjson, reading, record, suppressions
from tests.terminal import kb

pytestmark = pytest.mark.long(every=3)

UNNAMED = {"dead_ends/0/action": ""}
WHY = {"record": "git/a", "code": "DED001", "reason": "no step is known"}


def changes(base: Base) -> list[tuple[str, str, str]]:
    return base.query("SELECT state, record_id, code FROM finding_changes ORDER BY ALL")


def counts(base: Base) -> list[tuple[int | None, ...]]:
    return base.query("SELECT findings_new, findings_fixed, findings_as_before FROM runs ORDER BY run")


def test_the_first_ingest_has_nothing_to_compare_with(base: Base) -> None:
    base.record("a", **UNNAMED)
    assert base.ingest().compared is None
    assert (changes(base), counts(base)) == ([], [(None, None, None)])


def test_what_is_new_fixed_and_as_before_is_told(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.record("b", **UNNAMED)
    base.ingest()
    base.record("a")
    base.record("c", confidence=85)
    result = base.ingest()
    assert result.compared == StateComparison(new=1, fixed=1, as_before=1)
    assert result.document()["finding_changes"] == {"new": 1, "fixed": 1, "as_before": 1}
    assert changes(base) == [("fixed", "git/a", "DED001"), ("new", "git/c", "RAT001")]
    assert counts(base)[-1] == (1, 1, 1)


def test_the_summary_says_so(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.ingest()
    base.record("b", **UNNAMED)
    assert "\nfindings: 1 new, 0 fixed, 1 as before\n" in kb(base.root, "ingest", "--as-of", str(DAY)).out


def test_only_the_newest_run_is_told_of(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.ingest()
    base.record("a")
    base.ingest()
    base.record("b")
    assert base.ingest().compared == StateComparison(0, 0, 0)
    assert changes(base) == []
    assert counts(base) == [(None, None, None), (0, 1, 0), (0, 0, 0)]


def test_an_ingest_that_changes_nothing_leaves_the_last_word_standing(base: Base) -> None:
    base.record("a")
    base.ingest()
    path = base.record("a", **UNNAMED)
    base.ingest()
    assert base.ingest().compared == StateComparison(0, 0, 1)
    path.write_bytes(path.read_bytes())
    path.touch()
    assert base.ingest().compared == StateComparison(0, 0, 1)
    assert changes(base) == [("new", "git/a", "DED001")]


def test_moved_lines_and_edits_elsewhere_are_no_news(base: Base) -> None:
    base.put("raw/a.ndjson", ndjson(record("a", **UNNAMED), record("b", **UNNAMED)))
    base.ingest()
    base.put("raw/a.ndjson", b"\n" + ndjson(record("c"), record("b", **UNNAMED, tags=["x"]), record("a", **UNNAMED)))
    assert base.ingest().compared == StateComparison(0, 0, 2)


def test_judging_everything_again_is_no_news(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.record("b", last_updated="2027-01-15")
    base.ingest()
    base.configure('[rules.severity]\nDED001 = "info"')
    result = base.ingest()
    assert any("judged again" in note for note in result.notes)
    assert result.compared == StateComparison(0, 0, 2)
    base.configure('[rules]\nignore = ["DED001"]')
    assert base.ingest().compared == StateComparison(0, 1, 1)


def test_a_day_brings_and_takes_findings(base: Base) -> None:
    base.record("a", last_updated="2027-01-15")
    base.ingest()
    assert base.ingest(as_of=dt.date(2027, 2, 1)).compared == StateComparison(0, 1, 0)
    assert base.ingest().compared == StateComparison(1, 0, 0)


def test_to_suppress_a_finding_does_not_fix_it(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.ingest()
    base.configure(suppressions(WHY))
    assert base.ingest().compared == StateComparison(0, 0, 1)


def test_equal_findings_are_counted_one_by_one(base: Base) -> None:
    for name in ("1", "2", "3"):
        base.put(f"raw/{name}.json", record("a", confidence=85))
    base.ingest()
    base.drop("raw/2.json", "raw/3.json")
    result = base.ingest()
    assert [row for row in changes(base) if row[2] == "RAT001"] == [("fixed", "git/a", "RAT001")] * 2
    assert result.compared is not None
    assert result.compared.new == 0


def test_a_dry_run_tells_it_and_keeps_nothing(base: Base) -> None:
    base.record("a")
    base.ingest()
    base.record("b", **UNNAMED)
    assert base.ingest(dry_run=True).compared == StateComparison(1, 0, 0)
    assert changes(base) == []


@pytest.mark.whole
def test_what_is_published_does_not_depend_on_it(base: Base) -> None:
    base.record("a", **UNNAMED)
    first = base.ingest()
    before = base.curated()
    base.record("a")
    base.ingest()
    base.record("a", **UNNAMED)
    again = base.ingest()
    assert (first.compared, again.compared) == (None, StateComparison(1, 0, 0))
    assert base.curated() == before


def test_a_store_of_another_layout_is_nothing_to_compare_with(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.ingest()
    with duckdb.connect(base.workspace.store) as connection:
        connection.execute("ALTER TABLE findings DROP COLUMN fingerprint")
    assert base.ingest().compared is None


# the report


def report(base: Base, domain: str | None = None) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The rows of both sections of `kb report findings`."""
    with reading(base.workspace.store) as opened:
        answer = reports.run(opened, reports.named("findings"), reports.Options(DAY, domain))
    codes, changed = (part.rows.records() for part in answer.parts)
    return codes, changed


def test_the_report_counts_by_code_and_lists_what_came_and_went(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.record("b", **UNNAMED)
    base.configure(suppressions(WHY))
    base.ingest()
    base.record("b", tags=["x"])
    base.record("c", confidence=85)
    base.put("raw/broken.json", b"{")
    base.ingest()
    codes, changed = report(base)
    assert [(row["code"], row["findings"], row["suppressed"], row["new"], row["fixed"]) for row in codes] == [
        ("RAT001", 1, 0, 1, 0),
        ("SCH001", 1, 0, 1, 0),
        ("DED001", 0, 1, 0, 1),
    ]
    assert [(row["state"], row["code"], row["record"]) for row in changed] == [
        ("new", "RAT001", "git/c"),
        ("new", "SCH001", "raw/broken.json"),
        ("fixed", "DED001", "git/b"),
    ]
    assert report(base, domain="npm") == ([], [])
    assert [row["record"] for row in report(base, domain="git")[1]] == ["git/c", "git/b"]


def test_the_severity_told_is_that_of_now(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.record("b", **UNNAMED)
    base.ingest()
    base.record("a")
    base.configure('[rules.severity]\nDED001 = "info"')
    base.ingest()
    assert [(row["severity"], row["findings"], row["fixed"]) for row in report(base)[0]] == [("info", 1, 1)]


@pytest.mark.whole
def test_the_report_is_not_published_for_it_depends_on_earlier_runs(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.ingest()
    assert "reports/quality.json" in base.curated()
    assert "reports/findings.json" not in base.curated()


@pytest.mark.whole
def test_what_is_suppressed_counts_as_no_error_in_the_figures(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.configure(f'{suppressions(WHY, {**WHY, "record": "git/x"})}\n[rules.severity]\nDED001 = "error"')
    base.ingest()
    figures = orjson.loads(base.curated()["reports/metrics.json"])
    assert (figures["errors"], figures["warnings"], figures["quarantined"]) == (0, 0, 0)
