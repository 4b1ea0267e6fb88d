"""`kb doctor`: is the base as it was published?"""

from pipeline import gate, publish, store
from pipeline.gate import Breach
from pipeline.rules.ruleset import RuleSet
from pipeline.workspace import Workspace


def doctor(workspace: Workspace) -> list[Breach]:
    """Hold the store against its contracts, and `curated/` against what it says of itself; no breach is health.

    Raises:
        KbError: there is no base, it cannot be read, or its tables are not those of this kb.
    """
    publish.recover(workspace)
    rules = RuleSet(workspace.settings)
    with store.read(workspace.store) as base:
        return [*gate.check(base, rules), *gate.check_files(base, workspace.curated)]
