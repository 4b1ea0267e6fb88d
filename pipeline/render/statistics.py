"""How often each rule speaks."""

from collections import Counter
from typing import Any

from pipeline.model import Document, Table, ValidateResult


def counted(result: ValidateResult) -> Table:
    """A row for each rule that speaks, the most frequent first."""
    counts = Counter((f.code, f.name, str(f.severity), f.fixable) for f in result.findings)
    rows: list[tuple[Any, ...]] = sorted(((n, *rule) for rule, n in counts.items()), key=lambda row: (-row[0], row[1]))
    return Table(("count", "code", "name", "severity", "fixable"), rows)


def document(result: ValidateResult) -> Document:
    """The same as JSON; its schema is `schemas/statistics.v1.json`."""
    return {"statistics": counted(result).records(), "summary": result.summary()}
