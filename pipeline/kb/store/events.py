"""The ledger in the store: its events, the tombstones that follow from them, and what the rules find in events."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from kb.fingerprint import AT_POINTER, fingerprints
from kb.ledger.event import Event, canonical
from kb.ledger.fold import effective, fold_effective
from kb.model import Document, Kind
from kb.rules import catalogue
from kb.rules.base import Rule
from kb.rules.led import authors
from kb.rules.ruleset import RuleSet
from kb.store import Store
from kb.store.layout import tables
from kb.words import one_line
from kb.workspace import LEDGER


class _OnEvent(NamedTuple):
    """A finding on an event, or on what should be one; `said` is what it says, as far as that is known."""

    code: str
    pointer: str
    message: str
    record: str | None
    file: str
    line: int | None
    owner: str
    said: Document | None


_Stone = tuple[str, str, str, str, str, str | None, str | None]


def lay_out(base: Store, rules: RuleSet) -> None:
    """Let the tables of events and tombstones be those of the ledger now. What was found on events is forgotten."""
    base.query(f"DELETE FROM findings WHERE starts_with(path, '{LEDGER}')")
    base.query("DELETE FROM events")
    base.query("DELETE FROM tombstones")
    if not rules.ledger:
        return
    stones: list[_Stone] = []
    decisions = _decisions(rules, _documents_of_promoted(base, rules), stones)
    base.query(_ENTERED, [[canonical(part).decode() for part in iter(lambda: list(islice(decisions, _TOGETHER)), [])]])
    base.insert("tombstones", [column.type for column in tables()["tombstones"][1]], stones)
    base.query(_RELATED)


def _decisions(rules: RuleSet, documents: Mapping[str, Document], stones: list[_Stone]) -> Iterator[Document]:
    """Every event as it goes into its table; what is left of the records that events took out is added to `stones`."""
    for name, events in rules.ledger.by_record.items():
        valid = rules.valid_events(name, documents.get(name))
        standing = effective(valid)
        counting = {event.digest for event in standing}
        counting |= {event.digest for event in valid if event.kind == "retract"}
        for event in events:
            file, line = rules.ledger.place(event)
            decision = {
                "event": event.id, "digest": event.digest, "file": f"{LEDGER}{file}", "said": event.document,
                "stands": event.digest in counting,
            }  # fmt: skip
            yield decision if line is None else {**decision, "line": line}
        closed = fold_effective(standing, None).closed
        if closed:
            status = "merged" if closed.kind == "merge" else "withdrawn"
            stones.append((name, status, closed.id, closed.at, closed.by, closed.reason, closed.successor))


_TOGETHER = 64
"""So many events are handed to DuckDB as one text: a value for each of their columns takes twice as long."""

_ENTERED = """
    INSERT INTO events
    SELECT event, digest, file, line, said.kind, said.record, said.digest, said.target.item, said.target.position,
        said.target.action, NULL, said.at, said.by, said."with", said.worked, said.tier, said.reason, said.successor, said.retracts,
        said.evidence, said.note, stands, false
    FROM (SELECT unnest(from_json(events, '[{
        "event": "VARCHAR", "digest": "VARCHAR", "file": "VARCHAR", "line": "BIGINT", "stands": "BOOLEAN", "said": {
            "kind": "VARCHAR", "record": "VARCHAR", "digest": "VARCHAR",
            "target": {"item": "VARCHAR", "position": "INTEGER", "action": "VARCHAR"},
            "at": "VARCHAR", "by": "VARCHAR", "with": "JSON", "worked": "BOOLEAN", "tier": "VARCHAR", "reason": "VARCHAR",
            "successor": "VARCHAR", "retracts": "VARCHAR", "evidence": "JSON", "note": "VARCHAR"
        }
    }]'), max_depth := 2) FROM (SELECT unnest($1::VARCHAR[]) AS events))
"""

_RELATED = """
    UPDATE events SET counted = found.counted, action_position = found.position FROM (
        WITH counting AS (
            SELECT digest, true AS counted FROM votes() QUALIFY row_number() OVER (
                PARTITION BY record_id, item, action, actor ORDER BY decided_at DESC, event DESC) <= getvariable('votes_per_actor')
        ), actions AS (
            SELECT record_id, 'workaround' AS item, position, left(sha256(action), 16) AS action FROM workarounds
            WHERE record_id IN (SELECT record_id FROM events WHERE item = 'workaround')
            UNION ALL
            SELECT record_id, 'dead_end', position, left(sha256(action), 16) FROM dead_ends
            WHERE record_id IN (SELECT record_id FROM events WHERE item = 'dead_end')
        ), placed AS (
            SELECT digest, arg_min(position, (position <> item_position, position)) AS position
            FROM events JOIN actions USING (record_id, item, action) GROUP BY digest
        )
        SELECT digest, coalesce(counted, false) AS counted, position FROM counting FULL JOIN placed USING (digest)
    ) found WHERE events.digest = found.digest
"""
"""Which outcomes count, and where the actions stand that events are about: of two that say the same, at its place then, else first.

A digest for each action costs more than all else that reports ask of outcomes, so it is worked out once.
"""


def let_go(base: Store, names: Iterable[str]) -> None:
    """Let events point to no action of some records, which are not published any more."""
    if base.holds("events"):
        base.query(
            """UPDATE events SET action_position = NULL
            WHERE action_position IS NOT NULL AND record_id IN (SELECT unnest($1::VARCHAR[]))""",
            [list(names)],
        )


def _documents_of_promoted(base: Store, rules: RuleSet) -> dict[str, Document]:
    """The published records that somebody promoted: who wrote them decides whether that counts."""
    names = {event.record for event in rules.ledger.events if event.kind == "promote"}
    return base.published(sorted(names)) if names else {}


def judge(base: Store, rules: RuleSet, as_of: dt.date) -> None:
    """Let the findings on events be those of now; the tables have to be laid out, and the records loaded."""
    if not rules.ledger:
        return
    found = [*_faults(rules), *_checked(base, rules), *_together(base, rules, as_of)]
    rows = []
    for number, finding in enumerate(sorted(found, key=lambda one: (one.file, one.line or 0, one.code, one.pointer))):
        (key,) = fingerprints(finding.owner, finding.said, [(finding.code, finding.pointer, AT_POINTER)])
        path, position = f"{LEDGER}{finding.file}", (finding.line or 1) - 1
        rows.append(
            (finding.record, path, position, finding.line, finding.code, finding.pointer, one_line(finding.message), key,
             number)
        )  # fmt: skip
    columns = {
        "record_id": "VARCHAR", "path": "VARCHAR", "position": "BIGINT", "line": "BIGINT", "code": "VARCHAR",
        "pointer": "VARCHAR", "message": "VARCHAR", "fingerprint": "VARCHAR", "number": "BIGINT",
    }  # fmt: skip
    base.lay_out("about_events", columns, rows)
    base.query(
        """INSERT INTO findings BY NAME
        SELECT * EXCLUDE (number), corpus_seq(number) AS seq
        FROM about_events JOIN rule_meta USING (code)"""
    )


def _faults(rules: RuleSet) -> Iterator[_OnEvent]:
    rule = catalogue()["LED001"]
    for fault in rules.ledger.faults:
        for pointer, message in rule.run(fault):
            owner = f"{LEDGER}{fault.file}:{fault.line}"
            yield _OnEvent(rule.code, pointer, message, None, fault.file, fault.line, owner, None)


def _checked(base: Store, rules: RuleSet) -> Iterator[_OnEvent]:
    documents = _documents_of_promoted(base, rules)
    for event in rules.ledger.events:
        document = documents.get(event.record)
        for rule, pointer, message in rules.found_in(event, authors(document) if document else frozenset()):
            yield _on(event, rule, pointer, message, rules)


def _together(base: Store, rules: RuleSet, as_of: dt.date) -> Iterator[_OnEvent]:
    by_id = {event.id: event for event in rules.ledger.events}
    for rule in rules.about_events:
        if rule.kind is Kind.CORPUS and (not rule.only_with or base.holds(rule.only_with)):
            asked = {"as_of": as_of} if "$as_of" in rule.sql else {}
            for name, pointer, message in base.query(rule.sql.replace("$as_of", "$as_of::DATE"), asked).rows:
                yield _on(by_id[name], rule, pointer, message, rules)


def _on(event: Event, rule: Rule, pointer: str, message: str, rules: RuleSet) -> _OnEvent:
    place = rules.ledger.place(event)
    return _OnEvent(rule.code, pointer, message, event.record, place.file, place.line, event.digest, event.document)
