"""The pattern of a record as other programs are given it."""

from collections.abc import Sequence
from typing import NamedTuple

from kb.render.text import count


class Pattern(NamedTuple):
    """A record by what finds it: case is ignored."""

    id: str
    regex: str
    signature: str
    severity: str | None = None
    official_doc_url: str | None = None


def not_told(ids: Sequence[str], reason: str) -> str:
    """A note on records that are not in an export."""
    return f"left out {count(len(ids), 'record')} ({', '.join(ids[:3])}{', …' if len(ids) > 3 else ''}): {reason}"
