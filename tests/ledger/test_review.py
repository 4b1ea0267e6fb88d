"""`kb review`: driven by a pipe of answers, as over a line."""

import pytest

from kb.ledger.book import read_all
from tests.bases import Base
from tests.terminal import Outcome, kb


def review(base: Base, *answers: str, options: tuple[str, ...] = ()) -> Outcome:
    outcome = kb(base.root, "review", *options, stdin="".join(f"{answer}\n" for answer in answers).encode())
    assert outcome.code == 0, outcome
    return outcome


def decided(base: Base) -> list[tuple[str, str]]:
    ledger = read_all(base.workspace.ledger_files())
    return [(event.kind, event.reason or event.note or "") for event in ledger.events]


def test_each_answer_decides_about_the_next_record(desk: Base) -> None:
    outcome = review(desk, "c", "s", "r", "the flag is gone", "d", "it is old", "q")
    assert sorted(decided(desk)) == [("confirm", ""), ("deprecate", "it is old"), ("refute", "the flag is gone")]
    assert "note: 1 confirmed, 1 refuted, 1 deprecated\n" in outcome.err
    assert outcome.err.endswith("note: wrote 3 events into ledger/; `kb ingest` lets the base follow\n")
    assert outcome.out.startswith("1. ")
    assert "\x1b" not in outcome.out


def test_what_was_decided_is_not_asked_again(desk: Base) -> None:
    review(desk, "c", "q")
    (event,) = read_all(desk.workspace.ledger_files()).events
    assert f"{event.record}  published" not in review(desk, "s", "s", "s", "s", "s").out


def test_the_end_of_the_answers_is_the_end_of_the_session(desk: Base) -> None:
    review(desk, "c")
    assert len(decided(desk)) == 1


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["x", "q"], "c confirms, r refutes"),
        (["w", "", "q"], "without a reason nothing is decided"),
        (["w", "duplicate", "q"], '"duplicate" names no successor'),
    ],
)
def test_what_is_no_answer_is_asked_again(desk: Base, answers: list[str], said: str) -> None:
    assert said in review(desk, *answers).err
    assert decided(desk) == []


def test_a_trial_writes_nothing(desk: Base) -> None:
    review(desk, "c", "q", options=("--dry-run", "--by", "Bob", "--limit", "2"))
    assert decided(desk) == []


def test_the_editor_is_opened_on_the_raw_file(desk: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sh -c 'echo >> \"$0\"'")
    assert "has to be ingested" in review(desk, "e", "c", "q").err
    assert decided(desk) == []
