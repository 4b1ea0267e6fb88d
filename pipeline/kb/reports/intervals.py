"""How sure the rate of an action is: the 90 % interval of its Beta distribution, which SQL cannot work out."""

from kb.analysis import beta
from kb.model import Table

_LEAST = 1e-6
"""A declared rate of 0 or 1 leaves one parameter of the distribution at 0, which it cannot have."""


def bounds(alpha: float, beta_: float) -> tuple[float, float]:
    """The lower and the upper bound of the interval, to four digits."""
    shape = max(alpha, _LEAST), max(beta_, _LEAST)
    low, high = (round(beta.quantile(share, *shape), 4) for share in (0.05, 0.95))
    return low, high


def surest_first(rates: Table) -> Table:
    """Rows of rates whose columns `low` and `high` hold alpha and beta, with the bounds there; the highest lower one first."""
    at, end = rates.columns.index("low"), rates.columns.index("high")
    rows = []
    for row in rates.rows:
        values = list(row)
        values[at], values[end] = bounds(row[at], row[end])
        rows.append(tuple(values))
    return rates._replace(rows=sorted(rows, key=lambda row: -row[at]))
