"""A record that the gate would refuse is rejected alone (SCH004), whatever let it pass, and all others are published."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kb.errors import KbError
from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import Json
from kb.rules import catalogue
from kb.rules import ruleset as rulesets
from kb.rules.base import Record, Rule, Stage
from kb.rules.ruleset import RuleSet
from kb.store.build import Draft, change
from tests.bases import DAY, Base, ndjson, record
from tests.careless import near, records
from tests.conftest import LONGEST

if TYPE_CHECKING:
    from kb.results import Located

pytestmark = [pytest.mark.gated, pytest.mark.long(every=3)]

MANY = 20_000 if LONGEST else 400


def silenced(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """Make rules find nothing, as a bug of theirs would."""

    def nothing(_: Record) -> Iterator[tuple[str, str]]:
        yield from ()

    patched: Mapping[str, Rule] = {
        code: dataclasses.replace(rule, run=nothing) if code in codes else rule for code, rule in catalogue().items()
    }
    monkeypatch.setattr(rulesets, "catalogue", lambda: patched)


def broken(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    """Run some SQL over the draft after all rules had their say, as a bug of a script would."""
    judged = Draft.judge_together

    def judge_together(self: Draft, rules: RuleSet, as_of: object) -> object:
        told = judged(self, rules, as_of)  # type: ignore[arg-type]
        for statement in statements:
            self.connection.execute(statement)
        return told

    monkeypatch.setattr(Draft, "judge_together", judge_together)


def told(base: Base) -> list[tuple[str, str, str]]:
    return base.query("SELECT record_id, pointer, message FROM findings WHERE code = 'SCH004' ORDER BY ALL")


def quarantined(base: Base) -> list[tuple[str, list[str]]]:
    return base.query("SELECT record_id, codes FROM quarantine ORDER BY ALL")


@pytest.fixture
def two(base: Base) -> Base:
    base.record("good", transition_graph={"leads_to": ["git/bad"]})
    base.record("bad", confidence=0.7)
    return base


SILENCED: dict[str, tuple[dict[str, Json], str, str]] = {
    "RAT001": ({"confidence": 10}, "/confidence", "10 is not between 0 and 1, which records.confidence asks"),
    "DAT001": (
        {"last_confirmed": "2024-02-30"},
        "/last_confirmed",
        '"2024-02-30" is not a day, which records.last_confirmed',
    ),
    "TIR001": (
        {"verification_tier": "sure"},
        "/verification_tier",
        '"sure" is not a tier of the ladder, which records.',
    ),
    "IDN001": ({"id": "git/no id"}, "/id", '"git/no id" is not an id, which records.id asks'),
}


@pytest.mark.long(every=4)
@pytest.mark.parametrize("code", SILENCED)
def test_what_a_rule_lets_pass_by_mistake_is_rejected_alone(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    values, pointer, message = SILENCED[code]
    base.record("good")
    base.record("bad", **values)
    silenced(monkeypatch, code)
    result = base.ingest()
    assert (result.read, result.published, result.quarantined) == (2, 1, 1)
    assert base.slugs() == ["good"]
    ((_, place, text),) = told(base)
    assert place == pointer
    assert text.startswith(message)
    assert text.endswith("is a bug of kb: report it, and correct the value meanwhile")
    assert base.ingest().quarantined == 1
    assert base.curated() == base.again(tmp_path / "fresh").curated()


def test_validate_says_the_same(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.record("good")
    base.record(
        "bad", dead_ends=[{"action": "Reinstall git at once", "why_fails": "It changes nothing.", "fail_rate": 100}]
    )
    silenced(monkeypatch, "RAT001")
    found: list[Located] = list(validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=1)).findings)
    (said,) = [(finding.pointer, finding.message) for finding in found if finding.code == "SCH004"]
    base.ingest()
    assert [(pointer, message) for _, pointer, message in told(base)] == [said]


def test_where_a_rule_speaks_the_net_below_it_is_silent(base: Base) -> None:
    base.record("good")
    base.record("bad", confidence=10)
    base.ingest()
    assert quarantined(base) == [("git/bad", ["RAT001"])]


BROKEN = {
    "UPDATE records SET confidence = 7 WHERE id = $id": "7.0 is not between 0 and 1, which records.confidence asks",
    "UPDATE records SET confidence = 'nan' WHERE id = $id": "nan is not a number, which records.confidence asks",
    "UPDATE records SET last_confirmed = NULL WHERE id = $id": "what stands there is not as in doc, which records.last_co",
    "UPDATE records SET first_seen = '2030-01-01' WHERE id = $id": "what stands there is not before last_confirmed",
    "UPDATE dead_ends SET fail_rate = 2 WHERE record_id = $id AND position = 1": "2.0 is not between 0 and 1, which dead_e",
    "UPDATE workarounds SET success_rate = -1 WHERE record_id = $id": "-1.0 is not between 0 and 1, which workarounds.succ",
    "UPDATE sources SET item = 'blog' WHERE record_id = $id": "blog is not an item, which sources.item asks",
    "INSERT INTO versions FROM versions WHERE record_id = $id": "$id is not unique, which versions.record_id + pos",
}  # fmt: skip


@pytest.mark.long
def test_what_only_the_tables_show_is_rejected_alone(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.record("good")
    for n in range(len(BROKEN)):
        base.record(f"bad{n}", signature=f"fatal: number {n}", regex=f"fatal: number {n}")
    broken(monkeypatch, *(statement.replace("$id", f"'git/bad{n}'") for n, statement in enumerate(BROKEN)))
    result = base.ingest()
    assert (result.read, result.published, result.quarantined) == (len(BROKEN) + 1, 1, len(BROKEN))
    assert base.slugs() == ["good"]
    for n, ((name, pointer, message), expected) in enumerate(zip(told(base), BROKEN.values(), strict=True)):
        assert (name, pointer) == (f"git/bad{n}", "")
        assert message.startswith(expected.replace("$id", name))
    assert base.ingest().quarantined == len(BROKEN)
    base.record("third")
    assert base.ingest().published == 1
    fresh = base.again(tmp_path / "fresh")
    assert base.curated() == fresh.curated()
    assert base.tables() == fresh.tables()


@pytest.mark.long
def test_it_is_published_once_kb_is_mended(two: Base, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, "UPDATE records SET confidence = 7 WHERE id = 'git/bad'")
        two.ingest()
    assert two.slugs() == ["good"]
    two.record("third")
    two.ingest()
    assert two.slugs() == ["bad", "good", "third"]
    assert two.tables() == two.again(tmp_path / "fresh").tables()


def test_copies_go_with_it(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.put("raw/all.ndjson", ndjson(record("good"), record("bad"), record("bad")))
    broken(monkeypatch, "UPDATE records SET confidence = 7 WHERE id = 'git/bad'")
    result = base.ingest()
    assert (result.read, result.published, result.quarantined) == (3, 1, 2)
    assert quarantined(base) == [("git/bad", ["SCH004"]), ("git/bad", ["SCH004"])]


def test_the_new_version_of_a_published_record_is_no_exception(two: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    two.ingest()
    two.record("bad", confidence=0.6)
    broken(monkeypatch, "UPDATE records SET confidence = 7 WHERE id = 'git/bad'")
    result = two.ingest(allow_removals=True)
    assert (result.read, result.published, result.unchanged, result.quarantined, result.removed) == (2, 0, 1, 1, 1)


def test_the_share_that_may_be_lost_holds_for_it_too(two: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    two.ingest()
    two.record("bad", confidence=0.6)
    broken(monkeypatch, "UPDATE records SET confidence = 7 WHERE id = 'git/bad'")
    with pytest.raises(KbError, match="1 rejected"):
        two.ingest()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE findings SET severity = 'fatal'",
        "UPDATE dead_ends SET record_id = 'git/gone' WHERE record_id = 'git/bad'",
        "UPDATE records SET confidence = 7 WHERE id = 'git/bad'; UPDATE findings SET severity = 'fatal'",
    ],
)
def test_what_concerns_no_record_alone_refuses_the_whole(
    two: Base, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    broken(monkeypatch, *statement.split("; "))
    with pytest.raises(KbError, match=r"^the gate refuses to publish: .*; nothing was published$"):
        two.ingest()
    assert not two.workspace.store.exists()


def test_a_store_that_somebody_changed_is_no_bug_of_a_record(two: Base) -> None:
    two.ingest()
    with change(two.workspace.store) as opened:
        opened.query("UPDATE records SET confidence = 7 WHERE id = 'git/bad'")
    two.record("third")
    assert any("was changed by another program" in note for note in two.ingest().notes)
    assert two.slugs() == ["bad", "good", "third"]
    assert told(two) == []


ERRORS = {code for code, rule in catalogue().items() if rule.stage is Stage.CHECK and code != "DAT002"}


@pytest.mark.parametrize("blind", [set(), ERRORS], ids=["with the rules", "with the net alone"])
def test_what_the_record_stage_lets_pass_the_tables_take(
    base: Base, monkeypatch: pytest.MonkeyPatch, blind: set[str]
) -> None:
    raws = [*records(MANY), *near(catalogue()["SCH004"]), *near(catalogue()["RAT001"])]
    named = (raw.replace(b'"id":"git/not-a-repository"', b'"id":"git/x%d"' % i) for i, raw in enumerate(raws))
    base.put("raw/all.ndjson", b"\n".join(named))
    silenced(monkeypatch, *blind)
    result = base.ingest()
    assert result.published > MANY // 10
    assert (
        base.query("SELECT record_id, codes FROM quarantine WHERE by_corpus AND list_contains(codes, 'SCH004')") == []
    )
    assert bool(told(base)) is bool(blind)
