"""`kb log`: what was decided, by whom, on what evidence, and what each decision changed."""

from collections.abc import Iterator, Sequence
from typing import Any

from kb.errors import KbError
from kb.jobs.show import published_as
from kb.ledger.event import ORDER, Event
from kb.ledger.fold import Decided, effective, fold
from kb.model import Document
from kb.publish import swap
from kb.rules import ruleset
from kb.rules.led import authors
from kb.rules.ruleset import RuleSet
from kb.rules.text_digest import text_digest
from kb.words import did_you_mean
from kb.workspace import Workspace


def log(workspace: Workspace, name: str | None = None) -> list[Document]:
    """The events about one record, or all, in order; each as its document, with what became of it.

    Raises:
        KbError: there is no event about that record, or Spark filled the folder.
    """
    if swap.is_of_tables(workspace):
        raise KbError(
            f"{workspace.root.name}: Spark filled this folder, and the ledger is in the workspace that it was made from;"
            " `kb why` and table `events` say here what was decided"
        )
    rules = ruleset.of(workspace)
    if name is not None and not rules.ledger.of(name) and workspace.store.exists():
        with swap.reading(workspace) as base:
            name = published_as(base, name).id
    if name is not None and not rules.ledger.of(name):
        raise KbError(
            f"{name}: nothing was decided about it; {did_you_mean(name, rules.ledger.by_record, '`kb log` lists all')}"
        )
    wanted = rules.ledger.of(name) if name is not None else rules.ledger.events
    documents = _documents(workspace, sorted({event.record for event in wanted}))
    told = {
        event.digest: state
        for record in {event.record for event in wanted}
        for event, state in _states(rules, record, documents.get(record))
    }
    faults = [] if name is not None else [
        {"event": None, "file": f"ledger/{fault.file}", "line": fault.line, "state": "invalid", "effect": fault.reason}
        for fault in rules.ledger.faults
    ]  # fmt: skip
    return [*({"event": event.id, **event.document, **told[event.digest]} for event in wanted), *faults]


def _documents(workspace: Workspace, names: Sequence[str]) -> dict[str, Document]:
    if not workspace.store.exists():
        return {}
    with swap.reading(workspace) as base:
        return base.published(names)


def _states(rules: RuleSet, record: str, document: Document | None) -> Iterator[tuple[Event, dict[str, Any]]]:
    """Of each event about a record whether it counts, and what it changed when it was decided."""
    text = text_digest(document) if document else None
    valid = rules.valid_events(record, document)
    counting = effective(valid)
    takers = {event.retracts: event.id for event in valid if event.kind == "retract"}
    for event in rules.ledger.of(record):
        if event not in valid:
            written_by = authors(document) if document else frozenset()
            reasons = [f"{rule.code} {message}" for rule, _, message in rules.found_in(event, written_by)]
            yield event, {"state": "set aside", "effect": "; ".join(reasons)}
        elif event.kind == "retract":
            yield event, {"state": "counts", "effect": f"takes {event.retracts} back"}
        elif event not in counting:
            yield event, {"state": "taken back", "effect": f"by {takers[event.id]}"}
        else:
            before = [earlier for earlier in counting if ORDER(earlier) < ORDER(event)]
            changed = _changed(fold(before, text), fold([*before, event], text), event)
            if changed is None and document and event.kind in {"confirm", "promote", "refute"} and event.text != text:
                yield (
                    event,
                    {"state": "of an earlier text", "effect": "the record was edited since"},
                )
            else:
                yield event, {"state": "counts", "effect": changed}


def _changed(before: Decided, after: Decided, event: Event) -> str | None:
    """What an event changed, in words; None, where nothing."""
    if event.kind == "merge":
        closing = f"merged into {event.successor}"
    else:
        closing = f"withdrawn, see {event.successor}" if event.successor else "withdrawn"
    effects = {
        "confirmed": f"last confirmed {event.day}",
        "refuted": "refuted: review it",
        "tier": f"tier {event.tier}",
        "closed": closing,
        "deprecated": "deprecated",
    }
    if event.kind == "restore":
        return "published again"
    changed = [words for key, words in effects.items() if getattr(before, key) != getattr(after, key) == event]
    if event.kind == "outcome":
        return f"a vote for the rate of the action: it {'worked' if event.worked else 'failed'}"
    return changed[0] if changed else None
