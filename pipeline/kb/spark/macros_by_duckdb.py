"""Macros about the letters of a text, as functions of Spark that a DuckDB of the worker answers: one text, one meaning."""

import functools
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pyarrow as pa

from kb.store.build import Draft, create

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TEXT, _TEXTS, _NUMBER = "VARCHAR", "VARCHAR[]", "BIGINT"

_SIGNED: dict[str, tuple[tuple[str, ...], str]] = {
    "shown": ((_TEXT,), _TEXT),
    "shortened": ((_TEXT,), _TEXT),
    "spelled_out": ((_TEXT,), _TEXT),
    "alike": ((_TEXT,), _TEXT),
    "sentences": ((_TEXT,), _TEXTS),
    "some_of": ((_TEXTS, _NUMBER), _TEXT),
}
"""What each takes, and gives."""

NAMES = frozenset(_SIGNED)

_SPARK = {_TEXT: "string", _TEXTS: "array<string>", _NUMBER: "bigint"}

_OPEN: list[Draft] = []

_STACK = ExitStack()


def _draft() -> Draft:
    if not _OPEN:
        draft = _STACK.enter_context(create(None))
        draft.connection.execute("SET threads = 1")
        draft.connection.execute("SET preserve_insertion_order = true")
        _OPEN.append(draft)
    return _OPEN[0]


def _answer(name: str, *columns: pa.Array) -> pa.Array:
    taken, given = _SIGNED[name]
    connection = _draft().connection
    kinds = [
        pa.list_(pa.string()) if kind == _TEXTS else pa.string() if kind == _TEXT else pa.int64() for kind in taken
    ]
    arrays = [column.cast(kind) for column, kind in zip(columns, kinds, strict=True)]
    connection.register("asked", pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))]))
    try:
        values = ", ".join(f"CAST(c{i} AS {kind})" for i, kind in enumerate(taken))
        made = connection.sql(f"SELECT CAST({name}({values}) AS {given}) AS made FROM asked").to_arrow_table()
    finally:
        connection.unregister("asked")
    answer = made.column("made").combine_chunks()
    return answer.cast(pa.list_(pa.string()) if given == _TEXTS else pa.string())


def register(spark: "SparkSession") -> None:
    """Let the SQL of a session call the macros by their names."""
    from pyspark.sql.functions import arrow_udf  # noqa: PLC0415 - where Spark is started

    for name, (taken, given) in _SIGNED.items():
        spark.udf.register(f"kb_{name}", arrow_udf(_of(name, len(taken)), _SPARK[given]))


def _of(name: str, arity: int) -> Callable[..., pa.Array]:
    """A function of so many columns: Spark looks at its annotations."""
    answer = functools.partial(_answer, name)
    if arity == 1:

        def one(first: pa.Array) -> pa.Array:
            return answer(first)

        return one

    def two(first: pa.Array, second: pa.Array) -> pa.Array:
        return answer(first, second)

    return two
