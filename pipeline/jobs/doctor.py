"""`kb doctor`: is the base as it was published?"""

from pipeline import gate, publish, store
from pipeline.gate import Breach
from pipeline.model import KbError
from pipeline.rules.ruleset import RuleSet
from pipeline.workspace import Workspace


def doctor(workspace: Workspace) -> list[Breach]:
    """Hold the store against its contracts, and `curated/` against what it says of itself; no breach is health.

    Raises:
        KbError: there is no base, or it cannot be read.
    """
    publish.recover(workspace)
    rules = RuleSet(workspace.settings)
    with store.read(workspace.store) as base:
        altered = base.unlike_declared()
        if altered:
            raise KbError(f"kb.duckdb: {altered} is not as kb made it; delete kb.duckdb and run `kb ingest`")
        return [*gate.check(base, rules), *gate.check_files(base, workspace.curated)]
