"""The table of events: each row is what its event says."""

import tempfile
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.ledger.book import packed, read_all
from kb.ledger.event import KINDS, Event, canonical
from kb.model import Json
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from kb.store.events import lay_out
from tests.bases import created
from tests.ledger.events import event

TEXTS = ["x", "null", "[]", "{}", "a\0b", 'é "\\/\n\x1f\x7f\u2028', "😀", "NaN", "1e400", "'; DROP TABLE events"]
texts = st.sampled_from(TEXTS)
of_evidence = st.fixed_dictionaries(
    {"kind": st.just("command"), "ref": texts, "exit": st.sampled_from([None, 0, -1, 2**63])}
)
said = st.builds(
    event,
    st.sampled_from(KINDS),
    note=st.none() | texts,
    reason=texts,
    evidence=st.lists(of_evidence, max_size=2),
    **{"with": st.dictionaries(texts, texts, max_size=2)},
)


def _row(one: Event) -> tuple[Json, ...]:
    item, position, action = one.target or (None, None, None)
    return (
        one.id, one.digest, one.kind, one.record, one.text, item, position, action, one.at, one.by, dict(one.used) or None,
        one.worked, one.tier, one.reason, one.successor, one.retracts, one.evidence or None, one.note,
    )  # fmt: skip


@given(st.lists(said, max_size=6))
@settings(max_examples=20, deadline=None)
def test_every_event_is_a_row_that_says_the_same(events: list[Event]) -> None:
    files = [(one.name, canonical(one.document)) for one in events[::2]]
    ledger = read_all([*files, *([packed(events)] if events else [])])
    with tempfile.TemporaryDirectory() as folder, created(Path(folder) / "kb.duckdb") as draft:
        rules = RuleSet(Settings(), ledger=ledger)
        draft.begin(rules)
        lay_out(draft, rules)
        rows = draft.query(
            """SELECT event, digest, kind, record_id, text, item, item_position, action,
            strftime(decided_at, '%Y-%m-%dT%H:%M:%SZ'), actor, used, worked, tier, reason, successor, retracts, evidence, note
            FROM events ORDER BY decided_at, digest"""
        ).rows
        places = draft.query("SELECT file, line FROM events ORDER BY decided_at, digest").rows
    assert [tuple(_parsed(i, value) for i, value in enumerate(row)) for row in rows] == [*map(_row, ledger.events)]
    assert places == [(f"ledger/{place.file}", place.line) for place in map(ledger.place, ledger.events)]


def _parsed(column: int, value: Json) -> Json:
    return orjson.loads(value) if column in {10, 16} and value is not None else value
