"""`kb doctor`: is the base as it was published?"""

from pipeline import export, gate, publish, store
from pipeline.gate import Breach
from pipeline.reports import Options
from pipeline.rules import ruleset
from pipeline.workspace import Workspace


def doctor(workspace: Workspace) -> list[Breach]:
    """Hold the store against its contracts, and every file of `curated/` against the store; no breach is health.

    Raises:
        KbError: there is no base, it cannot be read, or its tables are not those of this kb.
    """
    publish.recover(workspace)
    rules = ruleset.of(workspace)
    with store.read(workspace.store, files=True) as base:
        last = base.last_run()
        breaches = gate.check(base, rules)
        if last is not None and not breaches:
            wrong = export.differences(base, workspace.curated, Options(last["as_of"]), rules)
            breaches = [Breach(f"curated/{name}", "", what, 0, "") for name, what in wrong]
        return breaches
