"""What is between records: who has an id, what corpus rules find, what outcomes come to. As Spark's SQL over views.

The views have the names of the tables of the store.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kb.rules.base import Rule
from kb.rules.ruleset import RuleSet
from kb.spark.dialect import UntranslatedError, in_steps, translated
from kb.store import corpus
from kb.store.build import contested, variables_of_rules
from kb.store.layout import script

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ByDuckdb = Callable[[str, Mapping[str, object]], Iterator[tuple[Any, ...]]]
"""Asks the tables by a DuckDB of this process: for what Spark's SQL has no words for."""


class SparkAnswers:
    """A session that is asked in the words of the store. `elsewhere` names what DuckDB answered in this process, and why.

    What a query reads more than once is written below a folder first, and read from there, by the next query too.
    """

    def __init__(self, spark: "SparkSession", by_duckdb: ByDuckdb, rules: RuleSet, folder: Path) -> None:
        self.spark = spark
        self.folder = folder
        self._numbers = count()
        self._shared: dict[str, Mapping[str, object]] = {}
        self.variables = {name: value for name, (_, value) in variables_of_rules(rules).items()}
        self.by_duckdb = by_duckdb
        self.elsewhere: dict[str, str] = {}

    def frame(self, sql: str, values: Mapping[str, object] | None = None) -> "DataFrame":
        """The answer to a query, by Spark.

        Raises:
            UntranslatedError: Spark's SQL has no words for it.
        """
        from pyspark.errors import AnalysisException, ParseException  # noqa: PLC0415 - where Spark is started

        steps, given = in_steps(sql, self.variables), dict(values or {})
        try:
            for name, words in steps.shared.items():
                if self._shared.get(name) != given:
                    self._written(self.spark.sql(words, given)).createOrReplaceTempView(name)
                    self._shared[name] = given
            return self.spark.sql(steps.query, given)
        except (AnalysisException, ParseException) as error:
            raise UntranslatedError(str(error).strip().partition("\n")[0]) from None

    def _written(self, frame: "DataFrame") -> "DataFrame":
        """An answer, from where it is written."""
        folder = str(self.folder / f"{next(self._numbers):05d}")
        frame.write.parquet(folder)
        return self.spark.read.parquet(folder)

    def keep(self, name: str, sql: str) -> None:
        """Work out an answer once, and let it be read by a name.

        Raises:
            UntranslatedError: Spark's SQL has no words for it.
        """
        self.set_view(name, self._written(self.frame(sql)))

    def set_view(self, table: str, frame: "DataFrame") -> None:
        """Let a table be this from now on, to all queries."""
        frame.createOrReplaceTempView(table)
        self._shared.clear()

    def rows(self, what: str, sql: str, values: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
        """The rows of an answer, never all in memory at once."""
        try:
            frame = self.frame(sql, values)
        except UntranslatedError as error:
            self.elsewhere[what] = str(error)
            yield from self.by_duckdb(sql, values)
            return
        yield from (tuple(row) for row in frame.toLocalIterator())


def lost(spark: "SparkSession") -> "DataFrame":
    """Which inputs lose the id that they claim, and why; the views `staged_claims` and `records` are laid out."""
    query = script("candidates.sql").partition("CREATE OR REPLACE TEMP TABLE candidates AS")[2].rstrip().rstrip(";")
    spark.sql(translated(query)).createOrReplaceTempView("candidates")
    return spark.sql(translated(contested()))


def compared(asked: SparkAnswers, rules: RuleSet, folder: Path) -> None:
    """Lay out `buckets`, `bounds`, and `pairs`: what the rules that compare in Python come to."""
    asked.set_view("buckets", asked.spark.createDataFrame([], "band bigint, record_id string"))
    asked.keep("buckets", corpus.BUCKETS.replace("INSERT INTO buckets", ""))
    pairs = "code string, record_id string, other_id string, score double"
    asked.set_view("pairs", asked.spark.createDataFrame([], pairs))
    bounds = [
        (rule.code, *bound)
        for rule in rules.known.values()
        if rule.bounds
        for bound in rule.bounds(_OnSpark(asked, rule))
    ]
    asked.set_view("bounds", asked.spark.createDataFrame(bounds, "code string, literal string, one_in bigint"))
    (folder / "pairs").mkdir()
    for rule in rules.known.values():
        if rule.compares:
            _write_pairs(rule.run(_OnSpark(asked, rule)), rule, folder / "pairs" / f"{rule.code}.parquet")
    asked.spark.read.schema(pairs).parquet(str(folder / "pairs")).createOrReplaceTempView("every_pair")
    most = " ".join(f"WHEN '{rule.code}' THEN {rule.most + 1}" for rule in rules.known.values() if rule.compares)
    kept_pairs = asked.spark.sql(
        f"""SELECT code, record_id, other_id, score FROM every_pair
        QUALIFY row_number() OVER (PARTITION BY code, record_id ORDER BY other_id) <= CASE code {most} END"""
    )
    asked.set_view("pairs", kept_pairs)


class _OnSpark:
    """A session as a rule asks it."""

    def __init__(self, answers: SparkAnswers, rule: Rule) -> None:
        self._answers, self._code = answers, rule.code

    def __call__(self, sql: str, **values: object) -> Iterator[tuple[Any, ...]]:
        yield from self._answers.rows(self._code, sql, values)

    def keep(self, name: str, sql: str) -> None:
        self._answers.keep(name, sql)


_PAIRS = pa.schema(
    [("code", pa.string()), ("record_id", pa.string()), ("other_id", pa.string()), ("score", pa.float64())]
)


def _write_pairs(rows: Iterator[tuple[str, str, float]], rule: Rule, path: Path) -> None:
    rest = iter(rows)
    with pq.ParquetWriter(path, _PAIRS) as writer:
        while batch := [(rule.code, *pair) for pair in islice(rest, _BATCH)]:
            columns = [
                pa.array(column, field.type) for column, field in zip(zip(*batch, strict=True), _PAIRS, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=_PAIRS))


_BATCH = 50_000


FOUND = "code string, id string, pointer string, message string"


def find(
    asked: SparkAnswers,
    rules: RuleSet,
    as_of: dt.date,
    custom: Callable[[Rule], Sequence[tuple[str, str, str]]],
    folder: Path,
) -> None:
    """Write below a folder what the corpus rules find, as `FOUND`. `custom` runs a user's own rule.

    Rule by rule: Spark plans what is left of a query anew after each of its steps, and of all rules at once that is most of it.
    """
    few: list[tuple[str, ...]] = []
    for rule in rules.corpus:
        if rule.code == "IDN003":
            continue
        if rule.file:
            asked.elsewhere[rule.code] = "a rule of the workspace's own, in the words of DuckDB"
            few += [(rule.code, *row) for row in custom(rule)]
            continue
        if rule.only_with and not any(asked.rows(rule.code, f"SELECT 1 FROM {rule.only_with} LIMIT 1", {})):
            continue
        values = {"as_of": as_of} if "$as_of" in rule.sql else {}
        try:
            frame = asked.frame(rule.sql, values)
        except UntranslatedError as error:
            asked.elsewhere[rule.code] = str(error)
            rows = asked.by_duckdb(rule.sql.replace("$as_of", "$as_of::DATE"), values)
            few += [(rule.code, *row) for row in rows]
            continue
        columns = (f"'{rule.code}' AS code", "id", "pointer", "message")
        frame.selectExpr(*columns).write.mode("append").parquet(str(folder))
    asked.spark.createDataFrame(few, FOUND).write.mode("append").parquet(str(folder))
