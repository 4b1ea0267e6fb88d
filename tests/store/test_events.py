"""The table of events: each row is what its event says."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.ledger.book import packed, read_all
from kb.ledger.event import KINDS, Event, action_of, canonical
from kb.model import Json
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from kb.store.events import lay_out, let_go
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


actions = st.lists(st.sampled_from(["Run it", "Run it again", "", "é"]), max_size=4)
tried = st.builds(
    event,
    st.sampled_from(["outcome", "confirm", "refute"]),
    record=st.sampled_from(["git/a", "git/b", "git/gone"]),
    target=st.builds(
        lambda item, position, text: {"item": item, "position": position, "action": action_of(text)},
        st.sampled_from(["workaround", "dead_end"]),
        st.integers(0, 4),
        st.sampled_from(["Run it", "Run it again", "Run something else", "é"]),
    ),
    note=st.integers(0, 3).map(str),
)


@given(st.lists(tried, max_size=8), st.tuples(actions, actions), st.tuples(actions, actions))
@settings(max_examples=20, deadline=None)
def test_an_event_points_to_where_its_action_stands_now(
    events: list[Event], workarounds: tuple[list[str], list[str]], dead_ends: tuple[list[str], list[str]]
) -> None:
    """Against the slow way: the fingerprint of each action of its record."""
    now = {
        (record, item): texts
        for item, both in (("workaround", workarounds), ("dead_end", dead_ends))
        for record, texts in zip(("git/a", "git/b"), both, strict=True)
    }
    with tempfile.TemporaryDirectory() as folder, created(Path(folder) / "kb.duckdb") as draft:
        rules = RuleSet(Settings(), ledger=read_all((one.name, canonical(one.document)) for one in events))
        draft.begin(rules)
        for (record, item), texts in now.items():
            why = ", '' AS why_fails" if item == "dead_end" else ""
            draft.query(
                f"""INSERT INTO {item}s BY NAME SELECT $id AS record_id, i AS position, $texts[i + 1] AS action{why}
                FROM range(len($texts::VARCHAR[])) t(i)""",  # noqa: S608 - of ours
                {"id": record, "texts": texts},
            )
        lay_out(draft, rules)
        found = dict(draft.query("SELECT digest, action_position FROM events").rows)
        let_go(draft, ["git/a"])
        left = dict(draft.query("SELECT digest, action_position FROM events").rows)
    assert found == {one.digest: _place(one, now) for one in rules.ledger.events}
    assert left == {one.digest: None if one.record == "git/a" else found[one.digest] for one in rules.ledger.events}


def _place(one: Event, now: Mapping[tuple[str, str], list[str]]) -> int | None:
    target = one.target
    assert target
    places = [i for i, text in enumerate(now.get((one.record, target.item), [])) if action_of(text) == target.action]
    return target.position if target.position in places else min(places, default=None)


def _parsed(column: int, value: Json) -> Json:
    return orjson.loads(value) if column in {10, 16} and value is not None else value
