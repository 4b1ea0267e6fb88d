"""ErrorCanon, the format of deadends.dev (schema 1.0.0, github.com/dbwls99706/deadends.dev)."""

import re

from kb.model import GONE, Change, Document
from kb.sources.formats.mapping import Mapping

MAPPING = Mapping(
    "errorcanon",
    pairs=(
        ("/id", "/id"),
        ("/error/signature", "/signature"),
        ("/error/regex", "/regex"),
        ("/error/domain", "/domain"),
        ("/error/category", "/category"),
        ("/error/first_seen", "/first_seen"),
        ("/error/last_confirmed", "/last_confirmed"),
        ("/verdict/summary", "/root_cause"),
        ("/verdict/resolvable", "/resolvable"),
        ("/verdict/fix_success_rate", "/fix_success_rate"),
        ("/verdict/confidence", "/confidence"),
        ("/verdict/last_updated", "/last_updated"),
        ("/metadata/review_status", "/verification_tier"),
        ("/metadata/evidence_count", "/evidence_count"),
    ),
    lists=(
        ("/dead_ends", "/dead_ends", "dead_end"),
        ("/workarounds", "/workarounds", "workaround"),
        ("/transition_graph/leads_to", "/transition_graph/leads_to", "transition"),
        ("/transition_graph/preceded_by", "/transition_graph/preceded_by", "transition"),
        ("/transition_graph/frequently_confused_with", "/transition_graph/frequently_confused_with", "transition"),
    ),
)


def recognises(document: Document) -> bool:
    """Whether a record is ErrorCanon: its error and its verdict are objects of their own."""
    return (
        isinstance(document.get("error"), dict)
        and isinstance(document.get("verdict"), dict)
        and "signature" not in document
    )


_REVIEW_STATUSES = frozenset({"auto_generated", "human_reviewed", "community_verified"})

_REQUIRED = re.compile(
    r"/verdict/(?:summary|last_updated)|/transition_graph/frequently_confused_with/[0-9]+/distinction"
)


def worded(change: Change) -> Change | None:
    """A change of a document of this format in its own words, or None where it has none for what is now there.

    It has its own tiers, and no null: what is not said is not there, unless the format requires it.
    """
    if change.pointer == "/metadata/review_status":
        return change if change.after in _REVIEW_STATUSES else None
    if change.after is None:
        return None if _REQUIRED.fullmatch(change.pointer) else change._replace(after=GONE)
    return change


def file_names(name: str) -> tuple[str, ...]:
    """`domain/slug/environment`, or with the environment in the name of the file: `domain/slug_environment`."""
    head, _, environment = name.rpartition("/")
    return (name, f"{head}_{environment}") if "/" in head else (name,)
