"""How often each rule speaks."""

from collections import Counter
from typing import Any

from kb.model import Document, Table
from kb.results import ValidateResult


def counted(result: ValidateResult) -> Table:
    """A row for each rule that speaks, the gravest first, and the most frequent of those."""
    counts = Counter((f.code, f.name, f.severity, f.fixable) for f in result.findings)
    ranked = sorted(counts.items(), key=lambda rule: (-rule[0][2].rank, -rule[1], rule[0][0]))
    rows: list[tuple[Any, ...]] = [(n, code, name, str(level), fix) for (code, name, level, fix), n in ranked]
    return Table(("count", "code", "name", "severity", "fixable"), rows)


def document(result: ValidateResult) -> Document:
    """The same as JSON; its schema is `schemas/statistics.v1.json`."""
    return {"statistics": counted(result).records(), "summary": result.summary()}
