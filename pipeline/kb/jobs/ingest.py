"""`kb ingest`: raw records in, a trusted knowledge base out."""

from collections.abc import Sequence
from pathlib import Path

from kb.judging.request import IngestOptions, Request
from kb.planning import unchanged
from kb.publish import swap
from kb.results import IngestResult
from kb.workspace import Workspace

_DEFAULT = IngestOptions()


def ingest(
    workspace: Workspace, paths: Sequence[Path], request: Request, options: IngestOptions = _DEFAULT
) -> IngestResult:
    """Make the base hold exactly what is below each path now; records that came from elsewhere stay.

    Raises:
        KbError: a path is missing or holds no records, too many records would go, another process writes, or the gate
            finds fault. Nothing is published then.
    """
    with swap.writer(workspace) as folder:
        question = None if options.rehash else unchanged.question(workspace, paths, request)
        known = unchanged.answer(workspace, question)
        if known is not None:
            return known
        from kb.planning.carrying import carry_out  # noqa: PLC0415 - imports duckdb, which the answer above does without
        from kb.rules import ruleset  # noqa: PLC0415 - likewise: the rules

        rules = ruleset.of(workspace, request.as_of)
        if request.form is not None:
            rules.formats.named(request.form)
        result = carry_out(workspace, paths, rules, request, options, folder)
        unchanged.remember(workspace, question, result)
        return result
