"""`kb doctor`: is the base as it was published?"""

from kb.publish import curated_files, integrity, swap
from kb.publish.integrity import Breach
from kb.reports import Options
from kb.rules import ruleset
from kb.workspace import Workspace


def doctor(workspace: Workspace) -> list[Breach]:
    """Check the store against its contracts, and every file of `curated/` against the store; no breach is health.

    Raises:
        KbError: there is no base, it cannot be read, or its tables are not those of this kb.
    """
    rules = ruleset.of(workspace)
    state = swap.standing(workspace)
    of_tables = swap.is_of_tables(workspace)
    with swap.reading(workspace, files=True, changed_too=True) as base:
        last = base.last_run()
        breaches = integrity.check(base, rules)
        if last is not None and not breaches:
            differing = curated_files.differences(base, workspace.curated, Options(last["as_of"]), rules)
            breaches = [Breach(f"curated/{name}", "", what, 0, "") for name, what in differing]
        if state.is_changed and not of_tables and not breaches:
            return [Breach(state.store.name, "", "as kb left it", 0, "")]
        return breaches
