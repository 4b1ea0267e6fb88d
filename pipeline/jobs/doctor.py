"""`kb doctor`: is the base as it was published?"""

from pipeline import gate, publish, store
from pipeline.gate import Breach
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
        altered = _altered(base)
        if altered:  # nothing else can be asked of such a base
            return altered
        return [*gate.check(base, rules), *gate.check_files(base, workspace.curated)]


def _altered(base: store.Store) -> list[Breach]:
    """The first table column, and the macros, that are not as kb made them."""
    column = base.unlike_declared()
    macros = {row[0] for row in base.query("SELECT function_name FROM duckdb_functions() WHERE NOT internal").rows}
    names = [column.split(".")] if column else []
    names += [["macro", name] for name in store.macros() if name not in macros]
    return [Breach(table, name, "as kb made it", 0, "") for table, name in names]
