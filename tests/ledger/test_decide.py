"""The commands that decide: an event for each record, or one clear line and nothing."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest

from kb.errors import KbError
from kb.jobs.decide import (
    Decision,
    actor,
    decide,
    evidence_of,
    outcomes,
    read_outcomes,
    retract,
    target_of,
    used_of,
    write,
)
from kb.jobs.log import log
from kb.ledger.book import read_all
from kb.ledger.event import Event, action_of, made
from kb.model import Document
from tests.bases import Base, contents, ndjson, record
from tests.ledger.bases import text_of

pytestmark = pytest.mark.long(every=3)

AT = "2026-11-22T00:00:00Z"
RUN: Document = {"kind": "command", "ref": "git status", "exit": 128}


def asked(kind: str, **values: Any) -> Decision:  # noqa: ANN401 - what Decision has
    return Decision(kind, AT, "person:Ada")._replace(**values)


def events(base: Base) -> tuple[Event, ...]:
    ledger = read_all(base.workspace.ledger_files())
    assert ledger.faults == ()
    return ledger.events


def test_a_decision_is_bound_to_what_the_record_says(desk: Base) -> None:
    decide(desk.workspace, ["git/a", "git/b"], asked("confirm", evidence=[RUN], used={"git": "2.50"}, note="as said"))
    (one, _) = sorted(events(desk), key=lambda event: event.record)
    assert (one.record, one.text, one.by, one.at) == ("git/a", text_of(record("a")), "person:Ada", AT)
    assert (list(one.evidence), dict(one.used), one.note) == ([RUN], {"git": "2.50"}, "as said")


def test_a_trial_writes_nothing(desk: Base) -> None:
    (event,) = decide(desk.workspace, ["git/a"], asked("confirm"), dry_run=True)
    assert event.record == "git/a"
    assert not desk.workspace.ledger.exists()


def test_where_spark_filled_a_folder_nothing_is_decided(base: Base) -> None:
    """The next run replaces the folder whole, and its ledger is that of the workspace that it is made from."""
    (base.root / "tables" / "records").mkdir(parents=True)
    event = made(kind="confirm", record="git/a", digest=text_of(record("a")), at=AT, by="person:Ada")
    for act in (lambda: write(base.workspace, [event]), lambda: log(base.workspace, "git/a")):
        with pytest.raises(KbError, match=r"^base: Spark filled this folder.*the workspace that it was made from"):
            act()
    assert not base.workspace.ledger.exists()


def test_nobody_is_advised_to_put_a_record_in_its_own_place(desk: Base) -> None:
    with pytest.raises(
        KbError, match=r"^--successor git/aa: is no published record; did you mean `git/b`\?|see `kb sql`$"
    ):
        decide(desk.workspace, ["git/a"], asked("withdraw", reason="duplicate", successor="git/aa"))


def test_what_is_decided_last_is_the_last(desk: Base) -> None:
    """Two decisions within one second, or on one `as_of`, still have an order."""
    for kind in ("confirm", "refute", "confirm"):
        decide(desk.workspace, ["git/a"], asked(kind))
    assert [(event.kind, event.at[-3:]) for event in events(desk)] == [
        ("confirm", "00Z"),
        ("refute", "01Z"),
        ("confirm", "02Z"),
    ]


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (["zzz"], asked("confirm"), 'no published record zzz; `kb sql "SELECT id FROM records"` lists all'),
        (["git/nope", "git/a"], asked("confirm"), "no published record git/nope; did you mean"),
        (["git/y"], asked("confirm"), "no published record git/y; it is in quarantine, see `kb why git/y`"),
        (
            ["git/low"],
            asked("promote", tier="human_reviewed"),
            'git/low: "person:Ada" wrote the record; let somebody else',
        ),
        (["git/low"], asked("promote", tier="human_reviewed", by="agent:x"), 'git/low: "agent:x" is no person'),
        (["git/a"], asked("promote", tier="reproduced"), "git/a: nothing shows that it was reproduced"),
        (
            ["git/a"],
            asked("promote", tier="ai_generated"),
            "git/a: is human_reviewed; `kb demote` moves it to ai_generated",
        ),
        (["git/a"], asked("promote", tier="blessed"), "blessed: no tier of the ladder"),
        (["git/low"], asked("demote"), "git/low: is ai_generated, and no tier is lower"),
        (["git/a"], asked("withdraw", reason="duplicate"), 'git/a: "duplicate" names no successor'),
        (["git/a"], asked("withdraw", reason="x", successor="git/a"), "git/a: cannot be its own successor"),
        (["git/a"], asked("withdraw", reason="x", successor="git/q"), "--successor git/q: is no published record"),
        (["git/a"], asked("restore"), "git/a: is neither withdrawn nor deprecated"),
        (
            ["git/a"],
            asked("confirm", note="key ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ0bC2dF4hJ6"),
            "what you say holds a credential",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_decided_is_one_line_and_writes_nothing(
    desk: Base, names: list[str], wanted: Decision, message: str
) -> None:
    with pytest.raises(KbError) as refused:
        decide(desk.workspace, names, wanted)
    assert str(refused.value).startswith(message)
    assert not desk.workspace.ledger.exists()


def test_somebody_may_vouch_once_for_a_tier_that_is_only_declared(desk: Base) -> None:
    wanted = asked("promote", tier="human_reviewed")
    decide(desk.workspace, ["git/a"], wanted)
    desk.ingest()
    with pytest.raises(KbError, match="git/a: is human_reviewed already"):
        decide(desk.workspace, ["git/a"], wanted)


def test_an_outcome_said_twice_counts_once(desk: Base) -> None:
    tried = asked("outcome", worked=True)
    first = decide(desk.workspace, ["git/a"], tried, target="workaround:1")
    assert decide(desk.workspace, ["git/a"], tried, target="workaround:1") == first
    assert len(events(desk)) == 1


def test_what_was_withdrawn_a_moment_ago_can_be_restored(desk: Base) -> None:
    decide(desk.workspace, ["git/a"], asked("withdraw", reason="wrong"))
    decide(desk.workspace, ["git/a"], asked("restore"))
    assert [event.kind for event in events(desk)] == ["withdraw", "restore"]


def test_who_looked_at_another_text_decides_nothing(desk: Base) -> None:
    desk.record("a", root_cause="It is something else that happens there.")
    with pytest.raises(KbError, match=r"git/a: raw/git/a.json changed since it was ingested; run `kb ingest`"):
        decide(desk.workspace, ["git/a"], asked("confirm"))
    decide(desk.workspace, ["git/a"], asked("withdraw", reason="whatever it says"))


def test_a_file_that_was_only_touched_is_no_other_text(desk: Base) -> None:
    path = desk.root / "raw/git/a.json"
    path.write_bytes(path.read_bytes())
    decide(desk.workspace, ["git/a"], asked("confirm"))


def test_withdrawn_comes_back_by_restore_or_retract(desk: Base) -> None:
    (event,) = decide(desk.workspace, ["git/a"], asked("withdraw", reason="wrong", successor="git/b"))
    desk.ingest()
    with pytest.raises(KbError, match=r"git/a: was withdrawn; `kb restore git/a` brings it back first"):
        decide(desk.workspace, ["git/a"], asked("confirm"))
    with pytest.raises(KbError, match="--successor git/a: was withdrawn itself in favour of git/b"):
        decide(desk.workspace, ["git/c"], asked("withdraw", reason="wrong", successor="git/a"))
    decide(desk.workspace, ["git/a"], asked("restore"), dry_run=True)
    retract(desk.workspace, event.id[:15], asked("retract", reason="the wrong one"))
    desk.ingest()
    assert "a" in desk.slugs()
    with pytest.raises(KbError, match="was taken back already"):
        retract(desk.workspace, event.id, asked("retract"))
    states = [(one["kind"], one["state"]) for one in log(desk.workspace, "git/a")]
    assert states == [("withdraw", "taken back"), ("retract", "counts")]


def test_what_is_no_event_cannot_be_taken_back(desk: Base) -> None:
    with pytest.raises(KbError, match=r"2026-01-01-00: is no event of the ledger; `kb log` lists them"):
        retract(desk.workspace, "2026-01-01-00", asked("retract"))


def test_an_outcome_is_about_an_action(desk: Base) -> None:
    (event,) = decide(desk.workspace, ["git/a"], asked("outcome", worked=False), target="workaround:2")
    assert event.target is not None
    assert event.target == ("workaround", 1, action_of(record("a")["workarounds"][1]["action"]))
    assert event.worked is False


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("workaround:0", 'git/a has no workaround:0; it has workaround:1 "Give a its folder"'),
        ("workaround:3", "git/a has no workaround:3; it has workaround:1"),
        ("step:1", "step:1: write workaround:1 or dead_end:1, counted from 1"),
    ],
)
def test_an_action_that_is_not_there_is_named(words: str, message: str) -> None:
    with pytest.raises(KbError) as refused:
        target_of(record("a"), words)
    assert str(refused.value).startswith(message)


def test_many_outcomes_are_one_packed_file(desk: Base) -> None:
    lines = [
        {"record": "git/a", "target": "workaround:1", "worked": True, "at": f"2026-11-{day:02}T00:00:00Z", "by": "ci:x"}
        for day in range(1, 21)
    ]
    path = desk.put("outcomes.ndjson", ndjson(*lines))
    outcomes(desk.workspace, read_outcomes(desk.workspace, path, asked("outcome")))
    assert len(events(desk)) == 20
    assert len(contents(desk.workspace.ledger)) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", ":1: write an object with record, target and worked"),
        (b'{"record": "git/a", "target": "workaround:1"}', ":1: write an object with record"),
        (b'{"record": "git/a", "target": "workaround:1", "worked": "yes"}', ":1: worked is true or false"),
        (b'{"record": "git/a", "target": "workaround:9", "worked": true}', ":1: git/a has no workaround:9"),
        (b'{"record": "git/a", "target": "workaround:1", "worked": true, "at": "now"}', ":1: git/a: at: "),
    ],
)
def test_a_line_that_is_no_outcome_is_named_and_nothing_is_written(desk: Base, line: bytes, message: str) -> None:
    path = desk.put("outcomes.ndjson", line)
    with pytest.raises(KbError) as refused:
        outcomes(desk.workspace, read_outcomes(desk.workspace, path, asked("outcome")))
    assert message in str(refused.value)
    assert not desk.workspace.ledger.exists()


def test_evidence_says_what_it_is(desk: Base) -> None:
    log_file = desk.put("run.log", b"fatal")
    digest = hashlib.sha256(b"fatal").hexdigest()
    for words, wanted in {
        "https://example.org/x": {"kind": "url", "ref": "https://example.org/x"},
        "git push -> 1": {"kind": "command", "ref": "git push", "exit": 1},
        "git push": {"kind": "command", "ref": "git push"},
        "review: read the manual": {"kind": "review", "ref": "read the manual"},
        str(log_file): {"kind": "log", "ref": "run.log", "sha256": digest},
        f"test: {log_file}": {"kind": "test", "ref": "run.log", "sha256": digest},
    }.items():
        assert evidence_of(desk.workspace, words) == wanted
    for words, message in {
        " ": "blank",
        "https://ada:secret@example.org/1": "carries credentials",
        "logs/gone.txt": "is no file here",
    }.items():
        with pytest.raises(KbError, match=message):
            evidence_of(desk.workspace, words)


def test_versions_and_actors_are_read_as_people_write_them(desk: Base) -> None:
    assert used_of(["Docker=27.1", "os = linux"]) == {"docker": "27.1", "os": "linux"}
    with pytest.raises(KbError, match="--with"):
        used_of(["docker"])
    assert actor(desk.workspace, "Bob") == "person:Bob"
    assert actor(desk.workspace, "ci:nightly") == "ci:nightly"
    assert actor(desk.workspace, None) == "person:Ada"
    for name, message in {
        "agent:": "write a name",
        "  ": "blank",
        "robot:x": "robot decides nothing",
        "Agent:x": "did you mean `agent`",
    }.items():
        with pytest.raises(KbError, match=f"--by.*{message}"):
            actor(desk.workspace, name)


def test_the_log_says_what_each_event_changed(desk: Base) -> None:
    decide(desk.workspace, ["git/a"], asked("confirm"))
    decide(desk.workspace, ["git/a"], asked("demote", reason="nobody looked"))
    decide(desk.workspace, ["git/b"], asked("withdraw", reason="wrong", successor="git/c"))
    told = [(one["kind"], one["effect"]) for one in log(desk.workspace)]
    assert sorted(told) == [
        ("confirm", "last confirmed 2026-11-22"),
        ("demote", "tier community_reported"),
        ("withdraw", "withdrawn, see git/c"),
    ]
    with pytest.raises(KbError, match="git/c: nothing was decided about it"):
        log(desk.workspace, "git/c")


def test_now_is_when_an_event_is_decided(tmp_path: Path) -> None:
    base = Base(tmp_path)
    base.configure("")
    assert dt.datetime.fromisoformat(base.workspace.moment(None)).tzinfo is dt.UTC
    assert base.workspace.moment(dt.date(2026, 1, 2)) == "2026-01-02T00:00:00Z"
    with pytest.raises(KbError, match="2999-01-01, which has not come"):
        base.workspace.moment(dt.date(2999, 1, 1))


def test_events_are_written_canonically(desk: Base) -> None:
    decide(desk.workspace, ["git/a"], asked("confirm"))
    (data,) = contents(desk.workspace.ledger).values()
    assert data == orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
