"""How sure the rate of an action is: the 90 % interval of its Beta distribution, which SQL cannot work out."""

from kb.analysis.beta import interval
from kb.model import Table


def surest_first(rates: Table) -> Table:
    """Rows of rates whose columns `low` and `high` hold alpha and beta, with the bounds there; the highest lower one first."""
    at, end = rates.columns.index("low"), rates.columns.index("high")
    rows = []
    for row in rates.rows:
        values = list(row)
        values[at], values[end] = interval(row[at], row[end])
        rows.append(tuple(values))
    return rates._replace(rows=sorted(rows, key=lambda row: -row[at]))
