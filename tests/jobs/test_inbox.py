"""What agents report waits in the inbox until a person lets it into the ledger, or takes it out."""

import shutil
from pathlib import Path

import orjson
import pytest

from kb.errors import KbError
from kb.jobs import inbox
from kb.jobs.decide import Decision, Outcome
from kb.ledger.book import read_all
from tests.bases import Base, contents, record
from tests.terminal import kb

TRIED = Decision("outcome", "2026-11-22T00:00:00Z", "agent:checker", used={"git": "2.51"}, note="at once", worked=True)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = Base(tmp_path_factory.mktemp("ingested"))
    base.configure("as_of = 2026-11-22\n")
    base.record("a")
    base.record("b")
    base.ingest()
    return base


@pytest.fixture
def desk(ingested: Base, tmp_path: Path) -> Base:
    return Base(Path(shutil.copytree(ingested.root, tmp_path / "desk")))


def leave(desk: Base, target: str = "workaround:1", asked: Decision = TRIED, name: str = "git/a") -> str:
    return inbox.leave(desk.workspace, Outcome(name, target, asked, "not reported"))


def test_what_waits_is_no_part_of_the_ledger(desk: Base) -> None:
    name = leave(desk)
    assert name.startswith("ledger-inbox/2026-11-22-")
    assert list(desk.workspace.ledger_files()) == []
    before = desk.tables()
    desk.ingest(".")
    assert desk.tables() == before, "not even where all of the workspace is ingested is a report a record"


def test_the_same_report_twice_is_one_file(desk: Base) -> None:
    assert leave(desk) == leave(desk)
    assert leave(desk, "workaround:2") != leave(desk, "dead_end:1")
    assert len(contents(desk.workspace.inbox)) == 3


def test_a_person_looks_at_it_and_lets_it_in(desk: Base) -> None:
    leave(desk)
    leave(desk, asked=TRIED._replace(worked=False, by="agent:other"), name="git/b")
    shown = kb(desk.root, "outcome", "--from", "ledger-inbox", "--dry-run", "--by", "Ada")
    assert shown.code == 0, shown.err
    lines = [line if line[0] == " " else line.replace(": ", " ").split(" ", 2)[2] for line in shown.out.splitlines()]
    rest = ["  note: at once", "  with git 2.51"]
    assert sorted(lines) == sorted(
        [
            *("agent:checker tried git/a workaround:1, which worked", *rest),
            *("agent:other tried git/b workaround:1, which failed", *rest),
        ]
    )
    assert all(f"ledger-inbox/{name}:1: " in shown.out for name in contents(desk.workspace.inbox))
    assert len(contents(desk.workspace.inbox)) == 2
    taken = kb(desk.root, "outcome", "--from", "ledger-inbox", "--by", "Ada")
    assert taken.err.splitlines() == [
        "note: wrote 2 events into ledger/; `kb ingest` lets the base follow",
        "note: took 2 of the files out of ledger-inbox/, for the ledger has them",
    ]
    assert contents(desk.workspace.inbox) == {}
    events = read_all(desk.workspace.ledger_files()).events
    assert sorted((event.by, event.note, dict(event.used)) for event in events) == [
        ("agent:checker", "at once", {"git": "2.51"}),
        ("agent:other", "at once", {"git": "2.51"}),
    ]
    empty = kb(desk.root, "outcome", "--from", "ledger-inbox", "--by", "Ada")
    assert (empty.code, empty.err) == (2, "kb: ledger-inbox: holds no outcomes; they are files *.ndjson\n")


def test_of_what_lies_elsewhere_nothing_is_taken_away(desk: Base) -> None:
    (desk.root / leave(desk)).rename(desk.root / "mine.ndjson")
    assert kb(desk.root, "outcome", "--from", "mine.ndjson", "--by", "Ada").code == 0
    assert (desk.root / "mine.ndjson").exists()


def test_a_report_is_about_what_was_tried_and_not_about_what_stands_there_by_now(desk: Base) -> None:
    name = leave(desk)
    document = record("a")
    desk.put("raw/git/a.json", {**document, "workarounds": document["workarounds"][::-1]})
    desk.ingest()
    refused = kb(desk.root, "outcome", "--from", "ledger-inbox", "--by", "Ada")
    assert (refused.code, refused.err) == (
        2, f"kb: {name}:1: git/a says another thing as workaround:1 by now; take the line out\n",
    )  # fmt: skip
    assert (desk.root / name).exists()
    assert not desk.workspace.ledger.exists()


def test_what_the_ledger_would_not_take_is_not_kept(desk: Base) -> None:
    for target, asked, message in (
        ("workaround:9", TRIED, "git/a has no workaround:9"),
        ("step:1", TRIED, "write workaround:1 or dead_end:1"),
        ("workaround:1", TRIED._replace(note="ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ0bC2dF4hJ6"), "holds a credential"),
    ):
        with pytest.raises(KbError, match=message):
            leave(desk, target, asked)
    assert not desk.workspace.inbox.exists()


def test_an_inbox_that_nobody_looks_through_is_full_one_day(desk: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST", 2)
    first, _ = leave(desk), leave(desk, "workaround:2")
    with pytest.raises(KbError, match="the inbox holds 2 reports already; a person has to look through them first"):
        leave(desk, "dead_end:1")
    assert leave(desk) == first, "what is there already is not one more"
    assert orjson.loads((desk.root / first).read_bytes())["record"] == "git/a"
