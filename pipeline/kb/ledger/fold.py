"""What follows from the events about one record: when it was confirmed, which tier it has, whether it still stands."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from kb.ledger.event import ORDER, Event


class Decided(NamedTuple):
    """What is decided about a record, each as the event that decided it.

    `confirmed` and `refuted` are about what the record says now, `outdated` is the newest confirmation if that was about an
    earlier text. `tier` is the promotion or demotion that holds. `closed` is the withdrawal or merge that takes the record
    out, `deprecated` marks it.
    """

    confirmed: Event | None = None
    outdated: Event | None = None
    refuted: Event | None = None
    tier: Event | None = None
    closed: Event | None = None
    deprecated: Event | None = None

    @property
    def status(self) -> str | None:
        """withdrawn, merged, deprecated, or None."""
        if self.closed:
            return "merged" if self.closed.kind == "merge" else "withdrawn"
        return "deprecated" if self.deprecated else None


def effective(events: Iterable[Event]) -> list[Event]:
    """The events that nobody took back, in order; one that takes back another is not among them.

    A retraction that was retracted itself takes nothing back. Its day does not matter: it may be read before what it is
    about, as on another branch.
    """
    known = list(events)
    takers: dict[str, list[Event]] = {}
    for event in known:
        if event.kind == "retract" and event.retracts:
            takers.setdefault(event.retracts, []).append(event)
    if not takers:
        return sorted((event for event in known if event.kind != "retract"), key=ORDER)

    def stands(event: Event, seen: frozenset[str]) -> bool:
        return event.id in seen or not any(
            stands(taker, seen | {event.id}) for taker in takers.get(event.id, ()) if taker.id not in seen
        )

    return sorted(
        (event for event in known if event.kind != "retract" and stands(event, frozenset())),
        key=ORDER,
    )


def fold(events: Sequence[Event], text: str | None) -> Decided:
    """What follows from the events about a record that now says the text with this digest.

    Confirmation, refutation and promotion are bound to the text that they were about. A demotion, and what takes a record
    out or marks it, holds until another event says otherwise: whoever rewrites a record does not raise it by that.
    """
    return fold_effective(effective(events), text)


def fold_effective(events: Iterable[Event], text: str | None) -> Decided:
    """The same of events that are in order, and of which none is taken back."""
    decided: dict[str, Event | None] = {}
    for event in events:
        decided |= _decided_by(event, is_current=event.text == text)
    return Decided(**decided)


def _decided_by(event: Event, *, is_current: bool) -> Mapping[str, Event | None]:
    """What one event changes of what the earlier ones decided."""
    changes: Mapping[str, Event | None] = _NOTHING
    match event.kind:
        case "confirm" if event.target is None:
            changes = {"confirmed": event, "outdated": None} if is_current else {"outdated": event}
        case "refute" if event.target is None and is_current:
            changes = {"refuted": event}
        case "promote" if is_current:
            changes = {"tier": event}
        case "demote":
            changes = {"tier": event}
        case "withdraw" | "merge":
            changes = {"closed": event}
        case "deprecate":
            changes = {"deprecated": event}
        case "restore":
            changes = {"closed": None, "deprecated": None}
    return changes


_NOTHING: Mapping[str, Event | None] = {}
