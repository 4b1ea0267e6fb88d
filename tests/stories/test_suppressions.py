"""A curator puts up with a finding, says why, and hears when that is no longer needed."""

import datetime as dt

import pytest

from kb.jobs.show import quarantine, show
from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import Severity
from kb.results import Located, ValidateResult
from kb.rules.example import CLEAN
from kb.store import read
from tests.bases import DAY, Base, record, suppressions
from tests.conftest import value_at
from tests.terminal import kb

pytestmark = pytest.mark.long(every=3)

UNNAMED = {"dead_ends/0/action": ""}
NO_STEP = {"record": "git/a", "code": "DED001", "reason": "the forum post names no step"}
NEXT_YEAR = dt.date(2027, 1, 1)


def judged(base: Base, *names: str, as_of: dt.date = DAY) -> ValidateResult:
    return validate(base.workspace, [base.root / name for name in names or ("raw",)], Request(as_of, jobs=1))


def told(findings: tuple[Located, ...]) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.record) for finding in findings]


# what a suppressed finding still does


def test_it_neither_fails_nor_shows_but_is_counted_and_can_be_listed(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.record("b", **UNNAMED)
    base.configure(f'fail_on = "warning"\n{suppressions({**NO_STEP, "record": "git/*"})}')
    plain = kb(base.root, "validate")
    assert (plain.code, plain.out) == (0, "2 records read, nothing found but 2 suppressed\n")
    listed = kb(base.root, "validate", "--show-suppressed")
    assert listed.code == 0
    assert [line.rpartition(" (")[2] for line in listed.out.splitlines()[:2]] == [
        "suppressed: the forum post names no step)"
    ] * 2


def test_only_the_code_of_that_record_is_suppressed(base: Base) -> None:
    base.record("a", **UNNAMED, **{"dead_ends/1/why_fails": "no"})
    base.record("b", **UNNAMED)
    base.configure(suppressions(NO_STEP))
    result = judged(base)
    assert told(result.findings) == [("DED002", "git/a"), ("DED001", "git/b")]
    assert told(result.suppressed) == [("DED001", "git/a")]
    assert result.clean == 0


def test_it_is_published_with_its_reason_but_not_as_a_flag(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.configure(suppressions(NO_STEP))
    result = base.ingest()
    assert (result.findings, result.flags, result.suppressed) == ({"DED001": 1}, {}, 1)
    assert [(line["code"], line["suppressed"]) for line in base.lines("findings.ndjson")] == [
        ("DED001", "the forum post names no step")
    ]
    assert base.document("a")["curation"]["flags"] == []
    with read(base.workspace.store) as opened:
        assert [finding["suppressed"] for finding in show(opened, "git/a", DAY)["findings"]] == [NO_STEP["reason"]]


def test_an_error_that_is_suppressed_does_not_reject(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.record("b", **UNNAMED)
    base.configure(f'{suppressions(NO_STEP)}\n[rules.severity]\nDED001 = "error"')
    assert base.ingest().quarantined == 1
    assert base.slugs() == ["a"]
    assert judged(base).number(Severity.ERROR) == 1


def test_one_error_suppressed_leaves_the_others(base: Base) -> None:
    base.record("a", confidence=85, **UNNAMED)
    base.configure(f'{suppressions(NO_STEP)}\n[rules.severity]\nDED001 = "error"')
    base.ingest()
    assert base.query("SELECT codes FROM quarantine") == [(["RAT001"],)]
    assert [finding["code"] for line in base.lines("quarantine.ndjson") for finding in line["findings"]] == ["RAT001"]
    with read(base.workspace.store) as opened:
        assert [row["code"] for row in quarantine(opened)[0].records()] == ["RAT001"]


def test_an_error_of_a_corpus_rule_can_be_suppressed_too(base: Base) -> None:
    base.record("a", last_updated="2027-01-15")
    base.configure(
        suppressions({"record": "git/a", "code": "DAT003", "reason": "planned"})
        + '\n[rules.severity]\nDAT003 = "error"'
    )
    result = base.ingest()
    assert (result.quarantined, result.suppressed, result.findings) == (0, 1, {"DAT003": 1})
    assert told(judged(base).suppressed) == [("DAT003", "git/a")]


@pytest.mark.parametrize(
    ("code", "values", "pointer"),
    [
        ("TXT001", {"category": " usage_error "}, "/category"),
        ("VER003", {"versions/1": CLEAN["versions"][0]}, "/versions/1"),
    ],
    ids=["a value", "a list"],
)
def test_a_fix_that_is_suppressed_is_not_made(base: Base, code: str, values: dict[str, object], pointer: str) -> None:
    base.record("a", **values)
    base.configure(suppressions({"record": "git/a", "code": code, "reason": "meant so"}))
    base.ingest()
    assert base.query("SELECT code, pointer, suppressed FROM findings") == [(code, pointer, "meant so")]
    assert base.query("FROM changes") == []
    assert value_at(base.document("a"), pointer) == value_at(record("a", **values), pointer)


def test_a_record_is_known_by_the_id_it_is_published_under(base: Base) -> None:
    base.put("raw/git/a.json", record("a", id=" git/a ", **UNNAMED))
    base.configure(suppressions(NO_STEP))
    assert base.ingest().suppressed == 1


# its end


def test_past_its_day_the_finding_is_back(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.configure(f'{suppressions({**NO_STEP, "until": "2026-12-31"})}\n[rules.severity]\nDED001 = "error"')
    assert base.ingest().published == 1
    assert base.ingest(as_of=dt.date(2026, 12, 31)).published == 0
    after = base.ingest(as_of=NEXT_YEAR, allow_removals=True)
    assert (after.quarantined, after.findings, after.about_settings) == (1, {"DED001": 1, "SUP002": 1}, {"SUP002": 1})
    assert any("a suppression of DED001 changed, or came to its end" in note for note in after.notes)
    back = base.ingest()
    assert (back.quarantined, back.about_settings) == (0, {})


def test_a_suppression_that_expired_is_a_finding_in_kb_toml(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.configure(f'fail_on = "info"\n\n{suppressions({**NO_STEP, "until": "2026-12-31"})}')
    result = judged(base, as_of=NEXT_YEAR)
    (expired,) = [finding for finding in result.findings if finding.code == "SUP002"]
    assert (expired.path.rpartition("/")[2], expired.line, expired.pointer) == ("kb.toml", 3, "/suppress/0")
    assert (expired.record, expired.source) == (None, "[[suppress]]")
    assert result.clean == 0
    assert result.read == 1


def test_an_entry_that_never_held_is_told_of_too(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.ingest()
    base.configure(suppressions({**NO_STEP, "until": "2026-01-01"}))
    assert base.ingest().about_settings == {"SUP002": 1}
    base.configure("")
    assert base.ingest().about_settings == {}


# what it is for is gone


def test_one_that_matches_nothing_is_said_to_be_unused(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.configure(suppressions(NO_STEP))
    assert base.ingest().about_settings == {}
    base.record("a")
    result = base.ingest()
    assert (result.about_settings, result.flags) == ({"SUP001": 1}, {})
    assert told(judged(base).findings) == [("SUP001", None)]
    base.configure("")
    assert base.ingest().findings == {}


def test_of_a_rule_that_is_not_run_nothing_is_said(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.configure(f'{suppressions(NO_STEP)}\n[rules]\nignore = ["DED001"]')
    assert base.ingest().findings == {}
    assert judged(base).findings == ()


@pytest.mark.parametrize("ingested", [False, True], ids=["no base", "a base"])
def test_a_part_of_the_base_does_not_tell_which_are_unused(base: Base, ingested: bool) -> None:  # noqa: FBT001
    base.record("a")
    base.record("b", **UNNAMED)
    if ingested:
        base.ingest()
    base.configure(suppressions({**NO_STEP, "record": "git/b"}, {**NO_STEP, "record": "git/c"}))
    assert judged(base, "raw/git/a.json").findings == ()
    assert told(judged(base).findings) == [("SUP001", None)]


def test_raw_is_but_a_part_where_more_was_ingested(base: Base) -> None:
    base.record("a")
    base.put("inbox/git/b.json", (base.record("b", **UNNAMED)).read_bytes())
    base.drop("raw/git/b.json")
    base.configure(suppressions({**NO_STEP, "record": "git/b"}, {**NO_STEP, "record": "git/c"}))
    base.ingest("raw", "inbox")
    assert judged(base, "raw").findings == ()
    assert told(judged(base, "raw", "inbox").findings) == [("SUP001", None)]


def test_it_may_be_silenced_or_made_an_error_like_any_rule(base: Base) -> None:
    base.record("a")
    base.configure(f'{suppressions(NO_STEP)}\n[rules.severity]\nSUP001 = "error"')
    assert base.ingest().quarantined == 0
    assert judged(base).reaches(Severity.ERROR)
    base.configure(f'{suppressions(NO_STEP)}\n[rules]\nignore = ["SUP"]')
    assert base.ingest().findings == {}
    assert judged(base).findings == ()
