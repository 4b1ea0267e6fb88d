"""`kb ingest` and the ledger: what was decided shows in the curated form of its record, and nowhere else."""

import datetime as dt

import pytest

from kb.errors import KbError
from kb.jobs.validate import validate
from kb.judging.request import Request
from tests.bases import DAY, Base, record
from tests.ledger.bases import decide

pytestmark = pytest.mark.long(every=3)

A = record("a", last_confirmed="2026-08-01", verification_tier="community_reported", confidence=0.5)


@pytest.fixture
def decided(base: Base) -> Base:
    base.put("raw/git/a.json", A)
    base.record("b", verification_tier="community_reported", confidence=0.5)
    return base


def _ledger(base: Base, slug: str = "a") -> dict[str, object]:
    found: dict[str, object] = base.document(slug)["curation"]["ledger"]
    return found


def _findings(base: Base) -> list[tuple[str, str]]:
    return [(one["code"], one["pointer"]) for one in base.findings() if one["code"].startswith("LED")]


def test_without_a_ledger_nothing_says_that_there_could_be_one(decided: Base) -> None:
    decided.ingest()
    before = decided.curated()
    assert not any(b"ledger" in data or b"withdrawn" in data for data in before.values())
    decided.put("ledger/README.md", b"Nothing was decided yet.")
    assert not decided.ingest().written
    assert decided.curated() == before


def test_a_confirmation_sets_the_day_and_changes_nothing_else(decided: Base) -> None:
    decided.ingest()
    before = decided.curated()
    event = decide(decided, "confirm", A)
    result = decided.ingest()
    assert "decisions about 1 record came or went: 1 record is judged again" in result.notes
    assert (result.published, result.unchanged) == (1, 1)
    assert decided.document("a")["last_confirmed"] == "2026-11-01"
    assert _ledger(decided)["confirmed"] == event.id
    after = decided.curated()
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name for name in changed if not name.startswith("reports/")} == {"records/git/a.json", "manifest.json"}


def test_a_confirmation_never_makes_a_record_older(decided: Base) -> None:
    decide(decided, "confirm", A, at="2026-01-01T00:00:00Z")
    decided.ingest()
    assert decided.document("a")["last_confirmed"] == "2026-08-01"


def test_a_confirmation_of_an_earlier_text_sets_no_day(decided: Base) -> None:
    event = decide(decided, "confirm", A)
    decided.ingest()
    decided.put("raw/git/a.json", {**A, "root_cause": "Another cause altogether, as it turned out."})
    decided.ingest()
    assert decided.document("a")["last_confirmed"] == "2026-08-01"
    assert (_ledger(decided)["confirmed"], _ledger(decided)["outdated"]) == (None, event.id)
    assert _findings(decided) == [("LED003", "/digest")]


@pytest.mark.parametrize(
    ("raw", "settings"),
    [
        ({**A, "category": " usage_error "}, ""),
        ({**A, "fix_success_rate": "94%", "resolvable": True}, ""),
        ({**A, "category": " usage_error "}, '[rules]\nignore = ["TXT"]\n'),
        ({**A, "tags": None, "verification_tier": "community_reported", "last_updated": "2026-11-20"}, ""),
    ],
    ids=["space", "types", "a fix that is not run", "dates and tier"],
)
def test_what_kb_repairs_itself_is_no_other_text(decided: Base, raw: dict[str, object], settings: str) -> None:
    decide(decided, "confirm", A)
    decided.configure(settings)
    decided.put("raw/git/a.json", raw)
    decided.ingest()
    assert decided.document("a")["last_confirmed"] == "2026-11-01"
    assert _findings(decided) == []


def test_a_promotion_raises_and_a_demotion_lowers(decided: Base) -> None:
    decided.put("raw/git/a.json", low := {**A, "verification_tier": "ai_generated"})
    decide(decided, "promote", low)
    decided.ingest()
    assert decided.document("a")["verification_tier"] == "human_reviewed"
    decide(decided, "demote", low, at="2026-11-02T00:00:00Z", tier="community_reported")
    decided.ingest()
    assert decided.document("a")["verification_tier"] == "ai_generated"
    decided.put("raw/git/a.json", A)
    decided.ingest()
    assert decided.document("a")["verification_tier"] == "community_reported"


def test_a_promotion_that_nothing_bears_is_set_aside(decided: Base) -> None:
    decided.put("raw/git/a.json", low := {**A, "verification_tier": "ai_generated"})
    decide(decided, "promote", low, by="agent:one")
    decide(decided, "promote", low, tier="reproduced")
    decided.ingest()
    assert decided.document("a")["verification_tier"] == "ai_generated"
    assert sorted(_findings(decided)) == [("LED005", "/by"), ("LED005", "/evidence")]
    decided.configure('[rules.severity]\nLED005 = "warning"\n')
    decided.ingest()
    assert decided.document("a")["verification_tier"] in {"human_reviewed", "reproduced"}


def test_a_withdrawn_record_leaves_a_tombstone(decided: Base) -> None:
    decided.record("c", transition_graph={"leads_to": ["git/a"]})
    decided.ingest()
    event = decide(decided, "withdraw", A, reason="the pages say otherwise", successor="git/b")
    result = decided.ingest()
    assert (result.read, result.published, result.unchanged, result.withdrawn) == (3, 0, 2, 1)
    assert decided.slugs() == ["b", "c"]
    files = decided.curated()
    assert "records/git/a.json" not in files
    stone = files["withdrawn/git/a.json"].decode()
    assert all(
        word in stone for word in ("the pages say otherwise", "git/b", event.id, "person:Ada", "2026-11-01T12:00:00Z")
    )
    (reference,) = [one for one in decided.findings() if one["code"] == "REF001"]
    assert reference["message"] == '"git/a" was withdrawn; refer to its successor "git/b"'
    decide(decided, "restore", A, at="2026-11-03T00:00:00Z")
    decided.ingest()
    assert decided.slugs() == ["a", "b", "c"]
    assert "withdrawn/git/a.json" not in decided.curated()


def test_a_withdrawal_is_no_loss_to_be_afraid_of(decided: Base) -> None:
    decided.ingest()
    for slug in ("a", "b"):
        decide(decided, "withdraw", A if slug == "a" else record("b"))
    assert decided.ingest().withdrawn == 2


def test_a_tombstone_outlives_the_raw_file(decided: Base) -> None:
    decide(decided, "withdraw", A)
    decided.ingest()
    decided.drop("raw/git/a.json")
    decided.ingest()
    assert "withdrawn/git/a.json" in decided.curated()
    assert _findings(decided) == []


def test_a_deprecated_record_stays_marked(decided: Base) -> None:
    event = decide(decided, "deprecate", A, reason="the product is gone", successor="git/b")
    decided.ingest()
    marked = _ledger(decided)
    assert (marked["status"], marked["deprecated"]) == ("deprecated", event.id)
    assert (marked["reason"], marked["successor"]) == ("the product is gone", "git/b")


def test_an_event_that_is_none_is_set_aside_and_the_record_stays(decided: Base) -> None:
    event = decide(decided, "confirm", A)
    decided.put(f"ledger/{event.name}", b'{"v": 1}')
    decided.put("ledger/git/a/odd.json", b"{")
    result = decided.ingest()
    assert result.about_events == {"LED001": 2}
    assert decided.document("a")["last_confirmed"] == "2026-08-01"
    assert "ledger" not in decided.document("a")["curation"]
    found = validate(decided.workspace, [decided.root / "raw"], Request(DAY, jobs=1)).findings
    assert [(one.code, one.path.rpartition("/")[2]) for one in found] == [
        ("LED001", f"{event.id}.json"),
        ("LED001", "odd.json"),
    ]


def test_an_event_taken_back_leaves_no_trace_in_the_record(decided: Base) -> None:
    event = decide(decided, "withdraw", A)
    decide(decided, "retract", A, retracts=event.id)
    decided.ingest()
    assert decided.slugs() == ["a", "b"]
    assert decided.document("a")["last_confirmed"] == "2026-08-01"


def test_curated_does_not_depend_on_the_day(decided: Base) -> None:
    decide(decided, "confirm", A, at="2027-01-01T00:00:00Z")
    decided.ingest()
    assert [one["code"] for one in decided.findings() if one["code"] in {"DAT003", "LED004"}] == ["LED004"]
    early = {name: data for name, data in decided.curated().items() if not name.startswith(("reports/", "manifest"))}
    decided.ingest(as_of=dt.date(2028, 1, 1))
    late = {name: data for name, data in decided.curated().items() if not name.startswith(("reports/", "manifest"))}
    assert early == late


def test_the_ledger_is_no_folder_of_records(decided: Base) -> None:
    decide(decided, "confirm", A)
    assert decided.ingest(".").read == 2
    with pytest.raises(KbError, match="decisions about records"):
        decided.ingest("ledger")
