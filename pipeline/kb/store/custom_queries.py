"""Custom rules, run so that they can do nothing but read the records.

Two fences stand one behind the other: only a query made of known parts is run at all, and it is run in a transaction
that cannot write.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import orjson

from kb.errors import KbError
from kb.rules.base import Rule
from kb.settings import Sql
from kb.store import Store
from kb.store.layout import of_records
from kb.store.limits import within
from kb.words import first_line

_TABLES = frozenset({"records", *of_records(), "quarantine"})
"""What stands when corpus rules have their turn, and is the same whether a base was made in one run or in many."""

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "repeat", "json_each", "json_tree"})

_TABLE_KINDS, _VALUE_KINDS = ["table", "table_macro"], ["scalar", "aggregate", "window", "macro"]

_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})

_MACROS = re.compile(
    r"(list|array|map|json)_\w+|json|nullif|if|split_part|md5_number_\w+|fdiv|fmod|date_add|days_in_month|geomean"
    r"|geometric_mean|wavg|weighted_avg|generate_subscripts"
)

_OUTSIDE = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user",
                      "session_user", "user", "current_role", "current_catalog", "current_schema"})  # fmt: skip

_A_DAY = dt.date(2000, 1, 1)

_COLUMNS = ["id", "pointer", "message"]

_POINTER = re.compile(r"(/([^~/]|~[01])*)*")


def check(base: Store, rule: Rule, limits: Sql) -> None:
    """Refuse a rule that is not one query over the records.

    Raises:
        KbError: it is none, it uses what it may not, or DuckDB does not understand it.
    """
    try:
        fault = next(_faults(base, rule.sql), None)
        if fault:
            raise KbError(f"{rule.file}: {fault}")
        columns = [row[0] for row in _read(base, f"DESCRIBE {rule.sql}", rule, _A_DAY, limits)]
    except duckdb.Error as error:
        raise KbError(f"{rule.file}: {first_line(error)}") from None
    except (orjson.JSONDecodeError, RecursionError):
        raise KbError(f"{rule.file}: is nested too deep to be checked; write it flatter") from None
    if columns != _COLUMNS:
        raise KbError(f"{rule.file}: selects {', '.join(columns)}; select id, pointer and message, in this order")


def found(base: Store, rule: Rule, as_of: dt.date, limits: Sql) -> list[tuple[str, str, str]]:
    """What a rule that was checked finds, in order: id, pointer and message.

    Raises:
        KbError: it selects an id that no record has, what is no pointer, or no message, takes too much, or fails.
    """
    try:
        rows = sorted({tuple(map(_text, row)) for row in _read(base, rule.sql, rule, as_of, limits)})
    except duckdb.Error as error:
        raise KbError(f"{rule.file}: {first_line(error)}") from None
    known = {row[0] for row in base.query("SELECT id FROM records").rows} if rows else set()
    for name, pointer, message in rows:
        if name not in known:
            raise KbError(
                f"{rule.file}: selects the id {name!r}, which no record has; select records.id or a record_id"
            )
        if not _POINTER.fullmatch(pointer):
            raise KbError(f"{rule.file}: selects the pointer {pointer!r}; write one such as /signature, or '' for all")
        if not message:
            raise KbError(f"{rule.file}: has no message for {name}; say what is wrong, then what to do")
    return [(name, pointer, message) for name, pointer, message in rows]


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _read(base: Store, sql: str, rule: Rule, as_of: dt.date, limits: Sql) -> list[tuple[Any, ...]]:
    values = {"as_of": as_of} if _parameters(base, rule.sql) else {}
    with base.cursor() as cursor:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        try:
            with within(cursor, limits):
                return cursor.execute(sql, values).fetchall()
        except KbError as error:
            raise KbError(f"{rule.file}: {error}") from None


def _faults(base: Store, sql: str) -> Iterator[str]:
    """Why a query is not run."""
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        yield "is more or other than a query; write one SELECT"
        return
    tree = _parsed(base, sql)
    if "error_message" in tree:
        yield tree["error_message"].splitlines()[0]
        return
    nodes = list(_nodes(tree["statements"]))
    own = {entry["key"].lower() for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    tables = [node["function"] for node in nodes if node.get("type") == "TABLE_FUNCTION"]
    values = [node for node in nodes if "function_name" in node and not any(node is table for table in tables)]
    for node in nodes:
        yield from _faults_of(node, own)
    yield from _calls(base, tables, _TABLE_KINDS)
    yield from _calls(base, values, _VALUE_KINDS)
    if _parameters(base, sql) - {"as_of"}:
        yield "uses a parameter other than $as_of; there is no other"


def _faults_of(node: dict[str, Any], own: set[str]) -> Iterator[str]:
    kind = node.get("type")
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _NODES:
        yield "does more than read; write one SELECT"
    elif kind == "BASE_TABLE" and (
        node["table_name"].lower() not in _TABLES | own
        or node["schema_name"] not in {"", "main"}
        or node["catalog_name"]
    ):
        yield f"reads {node['table_name']!r}; there are {', '.join(sorted(_TABLES))}"
    elif kind == "SHOW_REF":
        yield "lists the tables; docs/tables.md has them"
    elif node.get("sample") is not None:
        yield "takes a sample, which differs from run to run"
    elif kind == "COLUMN_REF" and node["column_names"][-1].lower() in _OUTSIDE:
        yield f"asks for {node['column_names'][-1]}; the day that age is counted to is $as_of"


def _calls(base: Store, calls: list[dict[str, Any]], kinds: list[str]) -> Iterator[str]:
    """The calls of functions whose answer does not depend on their arguments alone, or may not."""
    rows = base.query(
        """SELECT DISTINCT function_name, function_type, coalesce(stability, '') FROM duckdb_functions()
        WHERE internal AND function_name IN (SELECT unnest($names::VARCHAR[]))
            AND function_type IN (SELECT unnest($kinds::VARCHAR[])) ORDER BY ALL""",
        {"names": [call["function_name"].lower() for call in calls], "kinds": kinds},
    ).rows
    for name, kind, stability in rows:
        if not _is_harmless(name, kind, stability):
            yield f"calls {name}, which reaches beyond the records or differs from run to run"


def _is_harmless(name: str, kind: str, stability: str) -> bool:
    if kind == "macro":
        return _MACROS.fullmatch(name) is not None
    return name in _TABLE_FUNCTIONS if kind in _TABLE_KINDS else stability == "CONSISTENT"


def _parsed(base: Store, sql: str) -> dict[str, Any]:
    tree: dict[str, Any] = orjson.loads(base.value("SELECT json_serialize_sql($sql::VARCHAR)", {"sql": sql}))
    return tree


def _parameters(base: Store, sql: str) -> set[str]:
    return {n["identifier"] for n in _nodes(_parsed(base, sql)["statements"]) if n.get("type") == "VALUE_PARAMETER"}


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Every object of a parsed query."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(child)
