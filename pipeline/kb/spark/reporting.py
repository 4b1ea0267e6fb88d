"""The reports of a large base, answered by Spark: from the same queries, in its words."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kb.model import Table
from kb.reports import REPORTS
from kb.spark import stages, target
from kb.spark.between import SparkAnswers
from kb.spark.dialect import UntranslatedError
from kb.store import Store
from kb.store.layout import script
from kb.store.parquet_tables import ParquetStore

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_OF_ALL = ("totals", "figures")
"""The queries that more than one report asks."""


def lay_out(answers: SparkAnswers, work: Path) -> None:
    """Let the views of a session be the tables as they were written."""
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 - where Spark is started

    for table, columns in stages.all_tables().items():
        if table == "files":  # no report is about them
            continue
        folder = target.folder_of(work, table)
        if any(folder.rglob("*.parquet")):
            frame = answers.spark.read.parquet(str(folder))
        else:
            frame = answers.spark.createDataFrame([], from_arrow_schema(pa.schema(list(stages.arrow_struct(table)))))
        answers.set_view(table, frame.select(*[column.name for column in columns]))


class SparkReports(ParquetStore):
    """Tables that DuckDB reads, where Spark answers what reports ask; what it has no words for, DuckDB answers, by name."""

    def __init__(self, base: Store, answers: SparkAnswers) -> None:
        super().__init__(base.connection)
        self._answers = answers
        names = {*_OF_ALL, *(section.sql for report in REPORTS.values() for section in report.sections)}
        self._names = {script(f"reports/{name}.sql"): name for name in names}

    def query(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None) -> Table:
        """As `Store.query`."""
        return self._answered(sql, parameters) or super().query(sql, parameters)

    def first(self, sql: str, parameters: Mapping[str, object], number: int) -> Table:
        """As `Store.first`."""
        return self._answered(sql, parameters, number) or super().first(sql, parameters, number)

    def count(self, sql: str, parameters: Mapping[str, object]) -> int:
        """As `Store.count`."""
        frame = self._frame(sql, parameters)
        rows = None if frame is None else self._collected(sql, frame.groupBy().count())
        return int(rows[0][0]) if rows else super().count(sql, parameters)

    def stream(
        self, sql: str, parameters: Mapping[str, object] | None = None, size: int = 4096, *, beside: str | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """As `Store.stream`."""
        frame = self._frame(sql, parameters)
        if frame is None:
            yield from super().stream(sql, parameters, size, beside=beside)
            return
        _, kinds = self._described(sql, parameters)
        yield from (_as_duckdb(row, kinds) for row in frame.toLocalIterator())

    def _frame(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None) -> "DataFrame | None":
        from pyspark.errors import PySparkException  # noqa: PLC0415 - where Spark is started

        name = self._names.get(sql)
        if name is None or not isinstance(parameters, Mapping | None):
            return None
        try:
            return self._answers.frame(sql, parameters)
        except (UntranslatedError, PySparkException) as error:
            self._answers.elsewhere[f"report query {name}"] = str(error).strip().partition("\n")[0][:200]
            return None

    def _answered(
        self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None, number: int | None = None
    ) -> Table | None:
        """What Spark answers, or the first rows of it; None where it cannot."""
        frame = self._frame(sql, parameters)
        if frame is None:
            return None
        columns, kinds = self._described(sql, parameters)
        rows = self._collected(sql, frame if number is None else frame.limit(number))
        return None if rows is None else Table(columns, [_as_duckdb(row, kinds) for row in rows])

    def _collected(self, sql: str, frame: "DataFrame") -> list[Any] | None:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - where Spark is started

        try:
            return list(frame.collect())
        except PySparkException as error:
            self._answers.elsewhere[f"report query {self._names[sql]}"] = str(error).strip().partition("\n")[0][:200]
            return None

    def _described(self, sql: str, parameters: object) -> tuple[tuple[str, ...], list[str]]:
        """The names of the columns of an answer, and their types, as DuckDB has them."""
        cursor = self.connection.execute(f"FROM ({sql}) LIMIT 0", parameters)
        described = cursor.description or ()
        return tuple(column[0] for column in described), [str(column[1]) for column in described]


def _as_duckdb(row: Sequence[Any], kinds: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_value(value, kind) for value, kind in zip(row, kinds, strict=True))


def _value(value: Any, kind: str) -> Any:  # noqa: ANN401 - any value of a column
    """A value of Spark's as that of DuckDB: where one reckons with decimals, the other may have doubles or whole numbers."""
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        if kind == "DOUBLE":
            return float(value)
        if kind.endswith(("INT", "INTEGER")):
            return int(value)
        if kind.startswith("DECIMAL"):
            return Decimal(str(value)).quantize(Decimal(1).scaleb(-int(kind.rstrip(")").rpartition(",")[2])))
    return value
