"""What the columns of reports hold: a column is declared with its meaning and its values, as JSON Schema says them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from kb.model import Severity

Values = Mapping[str, Any]
"""Keywords of JSON Schema that describe the values of a column, but for null."""

TEXT: Values = {"type": "string", "minLength": 1}
TEXT_OR_EMPTY: Values = {"type": "string"}
DAY: Values = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10}
CODE: Values = {"type": "string", "pattern": "^[A-Z]{2,6}[0-9]{1,4}$"}
NAME: Values = {"type": "string", "pattern": "^[a-z0-9-]+$"}
POINTER: Values = {"type": "string", "pattern": "^$|^/"}
TENTH: Values = {"type": "string", "pattern": "^[01][.][0-9]–[01][.][0-9]$"}
WHOLE: Values = {"type": "integer"}
COUNT: Values = {"type": "integer", "minimum": 0}
SOME: Values = {"type": "integer", "minimum": 1}
NUMBER: Values = {"type": "number"}
RATE: Values = {"type": "number", "minimum": 0, "maximum": 1}


def one_of(*words: str) -> Values:
    """One of some words."""
    return {"enum": list(words)}


SEVERITY = one_of(*(severity.value for severity in sorted(Severity, key=lambda severity: -severity.rank)))


class Column(NamedTuple):
    """A column: what it means, which values it has, and, if it may have none, what that means (`null`)."""

    meaning: str
    values: Values
    null: str | None = None
