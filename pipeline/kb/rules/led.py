"""LED: the ledger. Most of these look at an event, not at a record; what is an error there is set aside, the record stays."""

from collections.abc import Iterator
from typing import NamedTuple

from kb.ledger.book import Fault
from kb.ledger.event import Event
from kb.model import Document, Severity
from kb.rules.base import At, Found, Stage, check, corpus
from kb.rules.example import TEXT_NOW
from kb.words import did_you_mean, show


class EventCase(NamedTuple):
    """An event as the rules see it: with the tiers of the ladder, and who wrote its record, as far as that is known."""

    event: Event
    ladder: tuple[str, ...]
    authors: frozenset[str] = frozenset()


def authors(document: Document) -> frozenset[str]:
    """Who a record says wrote it: what stands under `author`, `authors` or `created_by`, there or in what a format kept."""
    kept = document.get("extensions")
    holders = [
        document,
        *(part for part in (kept.values() if isinstance(kept, dict) else ()) if isinstance(part, dict)),
    ]
    said = [holder.get(key) for holder in holders for key in ("author", "authors", "created_by")]
    names = [
        name for value in said for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)
    ]
    return frozenset(part for name in names for part in _names(name))


def _names(person: str) -> Iterator[str]:
    """The name and the address in `Ada <ada@example.org>`, folded; `person:` before it does not matter."""
    name, _, address = person.removeprefix("person:").partition("<")
    yield from (part for part in (name.strip().casefold(), address.strip(" >").casefold()) if part)


@check(
    "LED001",
    "event-invalid",
    Severity.ERROR,
    stage=Stage.LEDGER,
    locked=True,
    good=[([{}], [{}])],
    bad=[
        At(([{"/by": "Ada"}], [{}]), "/0/by"),
        At(([{"/at": "2026-11-31T09:00:00Z"}], [{}]), "/0/at"),
        At(([{"/kind": "praise"}], [{}]), "/0/kind"),
    ],
)
def event_invalid(fault: Fault) -> Found:
    """Has only valid events in its ledger, each under its own digest's name.

    An event is never edited: its name is made of what it says. One that was edited, or is none, is set aside: it decides
    nothing, and its record stays as it is. Put the file back as it was, or delete it, and decide anew; what was a mistake is
    taken back with `kb retract`.
    """
    yield fault.pointer, fault.reason


@corpus(
    "LED002",
    "event-of-unknown-record",
    Severity.WARNING,
    stage=Stage.LEDGER,
    sql="""
        WITH known AS (
            SELECT id AS name FROM records UNION SELECT unnest(aliases) FROM records
            UNION SELECT record_id FROM quarantine UNION SELECT record_id FROM withdrawn UNION SELECT record_id FROM tombstones
        )
        SELECT event, '/record' AS pointer,
            shown(record_id) || ' is the id of no record, alias or tombstone; take the event back, or add the record' AS message
        FROM events WHERE record_id NOT IN (SELECT name FROM known WHERE name IS NOT NULL)
        UNION ALL
        SELECT event, '/retracts',
            shown(retracts) || ' is no event about ' || record_id || ', so nothing is taken back; name another'
        FROM events e
        WHERE kind = 'retract' AND NOT EXISTS (FROM events t WHERE t.event = e.retracts AND t.record_id = e.record_id)
    """,
    good=[([{}], [{}]), ([{"/record": "git/old-name"}], [{"/aliases/0": "git/old-name"}])],
    bad=[
        At(([{"/record": "git/other"}], [{}]), "/0/record"),
        At(([{"/kind": "retract", "/retracts": "2026-01-01-000000000000"}], [{}]), "/0/retracts"),
    ],
)
def event_of_unknown_record() -> None:
    """Exists, if an event is about it.

    An event about an id that no record, alias or tombstone has decides nothing: the id is misspelt, or the record went
    without being withdrawn. So does a retraction of an event that is not there.
    """


@corpus(
    "LED003",
    "event-of-other-text",
    Severity.WARNING,
    stage=Stage.LEDGER,
    sql="""
        SELECT e.event, '/digest' AS pointer,
            CASE kind WHEN 'confirm' THEN 'this confirms' ELSE 'this promotes' END
                || ' an earlier text of the record, so it no longer counts; look at what changed, then `kb '
                || CASE kind WHEN 'confirm' THEN 'confirm ' || record_id ELSE 'promote ' || record_id || ' ' || tier END
                || '`' AS message
        FROM (
            FROM events WHERE stands AND item IS NULL AND kind IN ('confirm', 'promote')
            QUALIFY row_number() OVER (PARTITION BY record_id, kind ORDER BY decided_at DESC, event DESC) = 1
        ) e
        JOIN match_keys k USING (record_id)
        WHERE e.text IS DISTINCT FROM k.text
            AND (kind = 'confirm' OR NOT EXISTS (
                FROM events d WHERE d.record_id = e.record_id AND d.kind = 'demote' AND d.stands AND d.decided_at > e.decided_at))
    """,
    good=[
        ([{}], [{}]),
        ([{"/digest": f"sha256:{'0' * 64}"}, {"/at": "2026-11-02T09:00:00Z"}], [{}]),
        ([{"/kind": "refute", "/digest": f"sha256:{'0' * 64}"}], [{}]),
    ],
    bad=[
        At(([{"/digest": f"sha256:{'0' * 64}"}], [{}]), "/0/digest"),
        At(
            ([{"/kind": "promote", "/tier": "human_reviewed", "/digest": f"sha256:{'0' * 64}"}], [{}]),
            "/0/digest",
        ),
    ],
)
def event_of_other_text() -> None:
    """Says what it said when it was confirmed, or promoted.

    A confirmation is bound to the text that was looked at. After an edit it is one of an earlier text: it stays on record,
    and no longer sets `last_confirmed`. What kb repairs by its own fixes is no edit. Only the newest confirmation of a
    record is looked at, for an older one has done its work.
    """


@corpus(
    "LED004",
    "event-in-future",
    Severity.WARNING,
    stage=Stage.LEDGER,
    sql="""
        SELECT event, '/at' AS pointer,
            '"' || strftime(decided_at, '%Y-%m-%d') || '" is after ' || $as_of || '; nobody can have decided that yet, take it back'
                AS message
        FROM events WHERE stands AND CAST(decided_at AS DATE) > $as_of
    """,
    good=[([{}], [{}]), ([{"/at": "2026-11-22T23:59:59Z"}], [{}])],
    bad=[At(([{"/at": "2026-11-23T00:00:00Z"}], [{}]), "/0/at")],
)
def event_in_future() -> None:
    """Has no event that is dated after `as_of`.

    The day counted to is `--as-of`, else `as_of` in kb.toml, else today. Days of events are UTC. Age does not count a
    confirmation from a day that has not come.
    """


_HUMAN = "human_reviewed"
_REPRODUCED = "reproduced"


@check(
    "LED005",
    "promotion-unsupported",
    Severity.ERROR,
    stage=Stage.LEDGER,
    kinds=("promote", "demote"),
    good=[
        ([{"/kind": "promote", "/tier": _HUMAN}], [{"/author": "Bob"}]),
        (
            [
                {
                    "/kind": "promote",
                    "/tier": _REPRODUCED,
                    "/evidence": [{"kind": "command", "ref": "git status", "exit": 128}],
                }
            ],
            [{}],
        ),
        ([{"/kind": "demote", "/tier": "ai_generated", "/by": "agent:checker"}], [{}]),
        ([{"/kind": "promote", "/tier": "community_verified", "/by": "ci:nightly"}], [{}]),
    ],
    bad=[
        At(([{"/kind": "promote", "/tier": _HUMAN, "/by": "agent:checker"}], [{}]), "/0/by"),
        At(([{"/kind": "promote", "/tier": _HUMAN, "/by": "ci:nightly"}], [{}]), "/0/by"),
        At(([{"/kind": "promote", "/tier": _HUMAN}], [{"/author": "Ada <ada@example.org>"}]), "/0/by"),
        At(([{"/kind": "promote", "/tier": _REPRODUCED}], [{}]), "/0/evidence"),
        At(([{"/kind": "promote", "/tier": "blessed"}], [{}]), "/0/tier"),
    ],
)
def promotion_unsupported(case: EventCase) -> Found:
    """Is promoted with what its new tier asks for.

    `human_reviewed` takes a person other than its author (`author`, `authors` or `created_by` of the record, where it
    has one); an `agent:` or a `ci:` reviews nothing. `reproduced` takes a command with its exit status or the digest of its
    output, or a log with its digest. A promotion without is set aside: the tier stays as it was.
    """
    event, ladder, written_by = case
    if event.tier not in ladder:
        yield "/tier", f"{show(event.tier)} is no tier of the ladder; {did_you_mean(event.tier or '', ladder)}"
    elif event.kind == "promote" and event.tier == _HUMAN:
        if not event.by.startswith("person:"):
            yield "/by", f"{show(event.by)} is no person, and only a person reviews; let somebody look at it"
        elif written_by.intersection(_names(event.by)):
            yield "/by", f"{show(event.by)} wrote the record; let somebody else review it"
    elif event.kind == "promote" and event.tier == _REPRODUCED and not any(map(_shows_a_run, event.evidence)):
        yield (
            "/evidence",
            "nothing shows that it was reproduced; give the command with its exit status, or the log with its digest",
        )


def _shows_a_run(evidence: Document) -> bool:
    has_digest = evidence.get("sha256") is not None
    match evidence["kind"]:
        case "command" | "test":
            return has_digest or evidence.get("exit") is not None
        case "log":
            return has_digest
    return False


@check(
    "LED006",
    "withdrawal-unexplained",
    Severity.ERROR,
    stage=Stage.LEDGER,
    kinds=("withdraw",),
    good=[
        ([{"/kind": "withdraw", "/reason": "the pages it cites say otherwise"}], [{}]),
        ([{"/kind": "withdraw", "/reason": "Duplicate", "/successor": "git/other"}], [{}, {"/id": "git/other"}]),
    ],
    bad=[
        At(([{"/kind": "withdraw"}], [{}]), "/0/reason"),
        At(([{"/kind": "withdraw", "/reason": "duplicate of the other one"}], [{}]), "/0/successor"),
    ],
)
def withdrawal_unexplained(case: EventCase) -> Found:
    """Is withdrawn with a reason, and as a duplicate with its successor.

    Whoever looks for a record that is gone has to find out why, and where to look instead. A withdrawal without is set
    aside: the record stays.
    """
    event = case.event
    if event.reason is None:
        yield "/reason", "nobody says why the record is withdrawn; give a reason"
    elif event.successor is None and event.reason.strip().casefold().startswith(("duplicate", "dup ")):
        yield "/successor", f"{show(event.reason)} names no successor; say which record it is a duplicate of"


@corpus(
    "LED007",
    "successor-unknown",
    Severity.WARNING,
    stage=Stage.LEDGER,
    only_with="events WHERE stands AND successor IS NOT NULL",
    sql="""
        WITH RECURSIVE names AS (SELECT id AS name FROM records UNION SELECT unnest(aliases) FROM records),
        way AS (
            SELECT event, record_id, successor, 1 AS steps FROM tombstones WHERE successor IS NOT NULL
            UNION ALL
            SELECT w.event, w.record_id, t.successor, steps + 1
            FROM way w JOIN tombstones t ON t.record_id = w.successor WHERE t.successor IS NOT NULL AND steps < 32
        ), circles AS (SELECT DISTINCT event FROM way WHERE successor = record_id)
        SELECT event, '/successor' AS pointer, shown(successor) || CASE
            WHEN successor = record_id THEN ' is the record itself; name another'
            WHEN event IN (FROM circles) THEN ' leads back to this record by its own successors; restore one of them'
            WHEN successor IN (SELECT record_id FROM tombstones) THEN ' is withdrawn itself; name what takes its place'
            WHEN successor IN (SELECT record_id FROM quarantine) THEN ' is in quarantine; fix that record'
            ELSE ' is the id or alias of no record; take the event back, and name one that exists' END AS message
        FROM events
        WHERE stands AND successor IS NOT NULL AND (event IN (SELECT event FROM tombstones) OR kind = 'deprecate')
            AND (successor = record_id OR successor NOT IN (SELECT name FROM names))
    """,
    good=[
        ([{"/kind": "withdraw", "/reason": "wrong", "/successor": "git/other"}], [{}, {"/id": "git/other"}]),
        ([{"/kind": "withdraw", "/reason": "wrong"}], [{}]),
    ],
    bad=[
        At(([{"/kind": "withdraw", "/reason": "wrong", "/successor": "git/other"}], [{}]), "/0/successor"),
        At(
            (
                [
                    {"/kind": "withdraw", "/reason": "wrong", "/successor": "git/other"},
                    {
                        "/record": "git/other",
                        "/kind": "withdraw",
                        "/reason": "wrong",
                        "/successor": "git/not-a-repository",
                    },
                ],
                [{}, {"/id": "git/other"}, {"/id": "git/third"}],
            ),
            "/0/successor",
            "/1/successor",
        ),
    ],
)
def successor_unknown() -> None:
    """Has a successor that exists, is not withdrawn, and does not lead back.

    Whoever follows a withdrawn record to its successor has to arrive. An alias counts: what was merged on leads there too.
    """


@corpus(
    "LED008",
    "votes-beyond-cap",
    Severity.INFO,
    stage=Stage.LEDGER,
    only_with="events WHERE kind = 'outcome' AND stands AND NOT counted",
    sql="""
        SELECT event, '/by' AS pointer,
            shown(actor) || ' has more than ' || getvariable('votes_per_actor')
                || ' outcomes of this action; they stay on record, and only so many count' AS message
        FROM votes() WHERE NOT counted
    """,
    good=[([{"/kind": "outcome", "/worked": True, "/target": 0}], [{}])],
    bad=[
        At(
            (
                [
                    {"/kind": "outcome", "/worked": True, "/target": 0, "/at": f"2026-10-{day:02}T09:00:00Z"}
                    for day in range(1, 7)
                ],
                [{}],
            ),
            "/0/by",
        )
    ],
)
def votes_beyond_cap() -> None:
    """Rests on the outcomes of many, if it has any.

    One actor who tries an action every day would outvote all others: of one actor's outcomes of one action only the newest
    count, as many as `ledger.votes_per_actor` says, one for each day and set of versions.
    """


@corpus(
    "LED009",
    "contested",
    Severity.WARNING,
    only_with="events WHERE kind = 'refute' AND stands",
    sql="""
        WITH verdicts AS (
            SELECT record_id, item, action, actor, kind, decided_at, event FROM events e JOIN match_keys k USING (record_id)
            WHERE stands AND kind IN ('confirm', 'refute') AND (item IS NOT NULL OR e.text = k.text)
            QUALIFY row_number() OVER (PARTITION BY record_id, item, action, actor ORDER BY decided_at DESC, event DESC) = 1
        ), counted AS (
            FROM verdicts v JOIN (SELECT id, time_to_live FROM records) r ON r.id = v.record_id
            WHERE date_diff('day', CAST(decided_at AS DATE), CAST($as_of AS DATE)) BETWEEN 0 AND time_to_live
        )
        SELECT record_id AS id, '' AS pointer,
            coalesce(replace(item, '_', ' ') || ': ', '') || shown(max(actor) FILTER (kind = 'confirm')) || ' confirms it, '
                || shown(max(actor) FILTER (kind = 'refute')) || ' refutes it; settle who is right (`kb log ' || record_id || '`)'
                AS message
        FROM counted GROUP BY record_id, item, action HAVING count(DISTINCT kind) = 2
    """,
    good=[
        ([{}, {"/by": "person:Bob"}], [{}]),
        ([{}, {"/kind": "refute", "/at": "2026-11-02T09:00:00Z"}], [{}]),
        ([{}, {"/kind": "refute", "/by": "person:Bob", "/at": "2020-11-02T09:00:00Z"}], [{}]),
        ([{}, {"/kind": "refute", "/by": "person:Bob", "/digest": f"sha256:{'0' * 64}"}], [{}]),
    ],
    bad=[At(([{}, {"/kind": "refute", "/by": "person:Bob", "/digest": TEXT_NOW}], [{}]), "/0")],
)
def contested() -> None:
    """Has no confirmation and refutation that both count.

    Two people looked at one text and came to opposite ends; both stand, and neither is believed more. The newest verdict of
    each counts, within the time to live.
    """


@corpus(
    "LED010",
    "tier-beyond-events",
    Severity.INFO,
    only_with="events",
    sql="""
        WITH supported AS (
            SELECT record_id, CASE kind WHEN 'confirm' THEN 'human_reviewed' ELSE tier END AS tier
            FROM events e JOIN match_keys k USING (record_id)
            WHERE stands AND item IS NULL AND (
                (kind = 'promote' AND e.text = k.text) OR kind = 'demote'
                OR (kind = 'confirm' AND e.text = k.text AND starts_with(actor, 'person:')))
        ), best AS (
            SELECT record_id, max(nullif(list_position(getvariable('ladder'), tier), 0)) AS rank FROM supported GROUP BY record_id
        )
        SELECT id, '/verification_tier' AS pointer,
            shown(verification_tier) || CASE WHEN rank IS NULL THEN ' is declared, but nothing in the ledger supports it; '
                    ELSE ' is declared, but the ledger supports only ' || shown(getvariable('ladder')[rank]) || '; ' END
                || 'look at it, then `kb promote ' || id || ' ' || verification_tier || '`, or lower the tier' AS message
        FROM records LEFT JOIN best ON record_id = id
        WHERE list_position(getvariable('ladder'), verification_tier)
            >= greatest(list_position(getvariable('ladder'), 'human_reviewed'), coalesce(rank, 0) + 1)
            AND list_contains(getvariable('ladder'), 'human_reviewed') AND EXISTS (FROM events)
    """,
    good=[
        ([{}], [{"/verification_tier": _HUMAN}]),
        ([{}], [{"/verification_tier": "community_reported"}]),
        ([], [{"/verification_tier": _REPRODUCED}]),
        (
            [{"/kind": "promote", "/tier": "community_verified", "/by": "ci:nightly"}],
            [{"/verification_tier": "community_verified"}],
        ),
    ],
    bad=[
        At(([{"/by": "agent:checker"}], [{"/verification_tier": _HUMAN}]), "/0/verification_tier"),
        At(([{}], [{"/verification_tier": _REPRODUCED}]), "/0/verification_tier"),
        At(([{"/digest": f"sha256:{'0' * 64}"}], [{"/verification_tier": _HUMAN}]), "/0/verification_tier"),
    ],
)
def tier_beyond_events() -> None:
    """Declares no higher tier than the events about it support.

    Anybody can write a tier into a file. In a base that has a ledger it shows who stands behind it: from `human_reviewed` up,
    a promotion of the text as it is now, or for `human_reviewed` a confirmation of it by a person. A base without events is
    not asked.
    """
