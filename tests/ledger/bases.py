"""Ledgers of bases for the specifications."""

from kb.contract import complete
from kb.ledger.event import Event, action_of, canonical, made
from kb.model import Document, Json
from kb.rules.text_digest import text_digest
from tests.bases import Base


def text_of(document: Document) -> str:
    """The digest of what a record says."""
    return text_digest(complete(document))


def decide(base: Base, kind: str, document: Document, **values: Json) -> Event:
    """Put an event about a record, as it stands, into the ledger of a base."""
    by_kind: dict[str, dict[str, Json]] = {
        "outcome": {"worked": True},
        "promote": {"tier": "human_reviewed"},
        "demote": {"tier": "ai_generated"},
        "withdraw": {"reason": "it is wrong"},
    }
    needed = by_kind.get(kind, {})
    if kind == "outcome":
        needed["target"] = target(document, "workaround", 0)
    event = made(**{
        "kind": kind, "record": document["id"], "digest": text_of(document), "at": "2026-11-01T12:00:00Z",
        "by": "person:Ada", **needed, **values,
    })  # fmt: skip
    base.put(f"ledger/{event.name}", canonical(event.document))
    return event


def target(document: Document, item: str, position: int) -> Document:
    """An action of a record, as events name it."""
    return {"item": item, "position": position, "action": action_of(document[f"{item}s"][position]["action"])}
