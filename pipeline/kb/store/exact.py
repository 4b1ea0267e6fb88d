"""How to ask for an answer so that nothing of it is lost on the way into Python.

DuckDB's client makes 92 days of three months, the last day of 9999 of an infinite date, and cuts nanoseconds. What has no
equal in Python is asked for as the text that DuckDB writes.
"""

from collections.abc import Sequence
from typing import Any

_KEPT = frozenset(
    {"boolean", "tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint",
     "uhugeint", "float", "double", "decimal", "varchar", "blob", "bit", "enum", "uuid", "json", "bignum", "variant", "null"}
)  # fmt: skip

_MOMENTS = frozenset({"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"})


def columns(kinds: Sequence[Any]) -> str | None:
    """The columns of an answer for a SELECT from it, given their types; None where all are kept as they are."""
    wanted = [_column(f"#{number}", kind) for number, kind in enumerate(kinds, start=1)]
    return None if all(text == f"#{number}" for number, text in enumerate(wanted, start=1)) else ", ".join(wanted)


def _column(name: str, kind: Any) -> str:  # noqa: ANN401 - a type of DuckDB
    if kind.id in _MOMENTS:  # as ISO 8601 writes it
        return rf"regexp_replace(CAST({name} AS VARCHAR), '^(\d+-\d\d-\d\d) ', '\1T')"
    lossless = _lossless(kind)
    return name if lossless == str(kind) else f"CAST({name} AS {lossless})"


def _lossless(kind: Any) -> str:  # noqa: ANN401, PLR0911 - likewise; a case for each kind
    """The type to ask for, so that nothing is lost."""
    if kind.id in _KEPT:
        return str(kind)
    children = {name: _lossless(child) for name, child in kind.children if name != "size"} if kind.id in _NESTED else {}
    match kind.id:
        case "list":
            return f"{children['child']}[]"
        case "array":
            return f"{children['child']}[{dict(kind.children)['size']}]"
        case "map":
            return f"MAP(VARCHAR, {children['value']})"  # the keys of a JSON object are texts
        case "struct":
            return f"STRUCT({', '.join(f'{_quoted(name)} {child}' for name, child in children.items())})"
        case "tuple" | "union" if all(str(child) == _lossless(child) for _, child in kind.children):
            return str(kind)
        case _:
            return "VARCHAR"


_NESTED = frozenset({"list", "array", "map", "struct"})


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
