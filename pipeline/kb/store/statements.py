"""A statement of a user: one query, that only reads, within limits."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import duckdb

from kb.errors import KbError
from kb.model import Table
from kb.settings import Sql
from kb.store import Store, T, exact
from kb.store.limits import within
from kb.words import first_line

_LIMITS = Sql()


def select(store: Store, sql: str, limits: Sql = _LIMITS) -> Table:
    """Answer a question of a person: one statement that reads, and keeps the limits.

    Raises:
        KbError: it is none, or DuckDB refuses it; the message is the first line of its reason.
    """

    def ask() -> Table:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1:
            raise KbError(f"kb sql takes one statement, this is {len(statements)}")
        if not _reads(statements[0]):
            raise KbError(
                "kb sql only reads: SELECT, DESCRIBE, SHOW, EXPLAIN; to change the base, change raw/ and run `kb ingest`"
            )
        return _bounded(store, limits, lambda: _whole(store, statements[0].query))

    return guarded(ask)


def measured(store: Store, sql: str, limits: Sql = _LIMITS, parameters: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - as `value`
    """The first value of a query in which a condition stands that a person wrote; it keeps the limits.

    Raises:
        KbError: DuckDB refuses the condition, or it takes too much.
    """
    return guarded(lambda: _bounded(store, limits, lambda: store.value(sql, parameters)))


def _bounded(store: Store, limits: Sql, ask: Callable[[], T]) -> T:
    try:
        with within(store.connection, limits):
            return ask()
    except KbError as error:
        raise KbError(f"sql: {error}") from None


def _reads(statement: duckdb.Statement) -> bool:
    try:
        return statement.type in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
    except ValueError:  # a kind that the client has no word for
        return False


def _whole(store: Store, sql: str) -> Table:
    """The answer to a query, with what has no equal in Python as text."""
    sql = _without_its_end(sql)
    try:
        shape = store.connection.execute(f"FROM ({sql}\n) LIMIT 0").description
    except duckdb.InterruptException:
        raise
    except duckdb.Error:  # an EXPLAIN, or a mistake, which DuckDB reports better where nothing stands around it
        return store.query(sql)
    columns = exact.columns([kind for _, kind, *_ in shape])
    if columns is None:
        return store.query(sql)
    names = tuple(name for (name,) in store.query(f"SELECT column_name FROM (DESCRIBE {sql}\n)").rows)
    return Table(names, store.query(f"SELECT {columns} FROM ({sql}\n)").rows)


def _without_its_end(sql: str) -> str:
    """A statement that can stand in brackets: what closes it is gone, whatever comments follow."""
    text = sql.encode()
    places = [at for at, kind in duckdb.tokenize(sql) if kind != duckdb.token_type.comment]  # in bytes
    while places and text[places[-1] : places[-1] + 1] == b";":
        text = text[: places.pop()]
    return text.decode()


def _number_of_statements(sql: str) -> int:
    return len(duckdb.extract_statements(sql))


def condition(text: str) -> str:
    """One condition that a person wrote, in brackets, so that it can stand anywhere in a query.

    Raises:
        KbError: it is none, or more: it closes a bracket, adds a clause or a statement.
    """
    for query in (f"FROM records WHERE {text}\n", f"FROM records WHERE ({text}\n)"):
        if guarded(partial(_number_of_statements, query)) != 1:
            raise KbError("sql: more than one condition; write one such as domain = 'git'")
    return f"({text}\n)"


def guarded(ask: Callable[[], T]) -> T:
    """Run SQL that a person wrote; what DuckDB says against it becomes one line."""
    try:
        return ask()
    except duckdb.InterruptException:
        raise
    except duckdb.PermissionException:
        raise KbError("sql: only the tables of the base can be read: no files, no network") from None
    except duckdb.Error as error:
        raise KbError(f"sql: {first_line(error)}") from None
