"""Events in words: one on a line, and the history of a record or of a base."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kb.words import show, visible

if TYPE_CHECKING:
    from kb.ledger.event import Event

_VERBS = {
    "confirm": "confirms",
    "refute": "refutes",
    "outcome": "tried",
    "promote": "promotes",
    "demote": "demotes",
    "deprecate": "deprecates",
    "withdraw": "withdraws",
    "merge": "merges",
    "restore": "restores",
    "retract": "retracts",
}


def line(event: "Event") -> str:
    """An event on one line."""
    return visible(_line({"event": event.id, **event.document}))


def _line(event: dict[str, Any]) -> str:
    target = event.get("target")
    part = f" {target['item']}:{target['position'] + 1}" if target else ""
    worked = {True: ", which worked", False: ", which failed", None: ""}[event.get("worked")]
    tier = f" to {event['tier']}" if event.get("tier") else ""
    taken = f" {event['retracts']} about" if event["kind"] == "retract" else ""
    into = f" into {event['successor']}" if event["kind"] == "merge" else ""
    return f"{event['event']} {event['by']} {_VERBS[event['kind']]}{taken} {event['record']}{part}{tier}{into}{worked}"


def reported(given: Iterable[tuple[str, "Event"]]) -> Iterator[str]:
    """Outcomes that wait to be let in: where each stands, what it says, and with what."""
    for place, event in given:
        yield visible(f"{place}: {_line({'event': event.id, **event.document})}")
        yield from (f"  {visible(detail)}" for detail in details(event.document))


def conflict(pointer: str, kept: object, other: object) -> str:
    """What two records say differently, and which of it stays; of long texts, where they part."""
    if show(kept) == show(other) and isinstance(kept, str) and isinstance(other, str):
        parting = next((i for i, pair in enumerate(zip(kept, other, strict=False)) if len(set(pair)) > 1), 0)
        start = max(0, parting - 15)
        kept, other = (f"{'…' if start else ''}{text[start : start + 40]}" for text in (kept, other))
    return f"{pointer}: they differ, {show(kept)} stays, the other says {show(other)}"


def history(told: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Every event with what it rests on and what it changed."""
    is_empty = True
    for event in told:
        is_empty = False
        if event["event"] is None:
            place = "" if event["line"] is None else f":{event['line']}"
            yield visible(f"{event['file']}{place}: no valid event: {event['effect']}")
            continue
        yield visible(_line(event))
        yield from (f"  {visible(detail)}" for detail in details(event))
    if is_empty:
        yield "nothing was decided yet; `kb confirm`, `kb withdraw` and their like do"


def details(event: dict[str, Any]) -> Iterator[str]:
    """What an event changed, and what it rests on, a line each."""
    effect = event.get("effect")
    state = event.get("state", "counts")
    if effect or state != "counts":
        yield f"{'' if state == 'counts' else f'{state}: '}{effect}"
    for key in ("reason", "successor", "note"):
        if event.get(key) and not (key == "successor" and event["kind"] == "merge"):
            yield f"{key}: {event[key]}"
    if event.get("with"):
        yield f"with {', '.join(f'{product} {version}' for product, version in sorted(event['with'].items()))}"
    for evidence in event.get("evidence") or ():
        ended = "" if evidence.get("exit") is None else f" -> {evidence['exit']}"
        digest = f" (sha256 {evidence['sha256'][:12]})" if evidence.get("sha256") else ""
        yield f"{evidence['kind']}: {evidence['ref']}{ended}{digest}"
