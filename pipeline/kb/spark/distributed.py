"""`kb ingest --engine spark`: the order of steps over many machines, from files to a folder of tables."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from kb import __version__, sources
from kb.errors import KbError
from kb.judging.request import Request
from kb.planning.plan import Plan, plan_for
from kb.planning.standing import Found
from kb.results import IngestResult
from kb.rules import ruleset
from kb.rules.ruleset import RuleSet
from kb.settings import FILE as SETTINGS
from kb.sources import LineSpan, SourceFile, Survey
from kb.spark import between, macros_by_duckdb, portions, reporting, session, stages, target
from kb.spark.between import SparkAnswers
from kb.spark.reporting import SparkReports
from kb.store import custom_queries, events, parquet_tables
from kb.store.build import Draft, create, set_variables
from kb.store.layout import of_documents
from kb.workspace import Workspace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SparkOptions(NamedTuple):
    """Where Spark runs, and what is set for it.

    `column` is that of the text, where tables of Parquet are read. A file of lines larger than `cut_at` bytes is read in
    spans. From `reported_by_spark` records on Spark answers the reports too, and up to `sent_by_guess` Spark may guess which
    sides of a join are small.
    """

    master: str | None = None
    conf: Mapping[str, str] = {}
    column: str | None = None
    cut_at: int = portions.CUT_AT
    reported_by_spark: int = 1_000_000
    sent_by_guess: int = 20_000


class SparkIngest(NamedTuple):
    """What an ingest came to, and what Spark's SQL had no words for, with the reason: that a DuckDB of this process answered."""

    result: IngestResult
    elsewhere: Mapping[str, str]


def ingest(
    workspace: Workspace, inputs: Sequence[str], folder: Path, request: Request, options: SparkOptions
) -> SparkIngest:
    """Make a folder hold exactly what the inputs come to: tables of Parquet, and what is published, in the place of what it held.

    Raises:
        KbError: an input is missing or holds no records, Spark cannot be had, the folder holds what kb did not make, another
            kb writes it, or the gate finds fault. The folder is then as it was.
    """
    session.check_installed()
    rules = ruleset.of(workspace, request.as_of)
    if request.form is not None:
        rules.formats.named(request.form)
    tables, paths = _split(inputs, options.column)
    plan = plan_for(workspace, paths, rules, Found(None), request.form, rehash=False)[0] if paths else None
    with target.writer(folder) as work, session.started(options.master, options.conf) as spark:
        run = _Run(workspace, rules, request, options, spark, work)
        return run.carry_out(plan, tables)


def _split(inputs: Sequence[str], column: str | None) -> tuple[list[Path], list[Path]]:
    """The tables of Parquet among the inputs, and all else.

    Raises:
        KbError: there are tables and no column is named, or the other way round.
    """
    paths = portions.expanded(inputs)
    tables = [path for path in paths if portions.is_parquet(path)]
    if tables and column is None:
        raise KbError(f"{tables[0]}: which column holds the records? name it with --column")
    if column is not None and not tables:
        raise KbError("--column is about tables of Parquet, and none is named")
    return tables, [path for path in paths if path not in tables]


class _Run:
    """One ingest: what all its steps share."""

    def __init__(
        self,
        workspace: Workspace,
        rules: RuleSet,
        request: Request,
        options: SparkOptions,
        spark: "SparkSession",
        work: Path,
    ) -> None:
        self.workspace = workspace
        self.rules = rules
        self.request = request
        self.options = options
        self.spark = spark
        self.work = work
        context = spark.sparkContext
        self.given = stages.Given(uuid_of(rules), __version__, context.broadcast(rules.given))
        self.parts = max(context.defaultParallelism * 3, 2)
        self.notes: list[str] = []
        self.surveys: dict[str, Survey] = {}
        macros_by_duckdb.register(spark)

    # ---- the steps -----------------------------------------------------------------------------------------------

    def carry_out(self, plan: Plan | None, tables: Sequence[Path]) -> SparkIngest:
        try:
            return self._steps(plan, tables)
        except KbError:
            raise
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in {"pyspark", "py4j"}:
                raise
            raise KbError(f"Spark gave up: {session.first_of(error)}; nothing was published") from error

    def _steps(self, plan: Plan | None, tables: Sequence[Path]) -> SparkIngest:
        read, misread = self._judge(plan, tables)
        if read > self.options.sent_by_guess:
            session.send_by_size(self.spark)
        self.request.step("loading")
        self._load()
        self.request.step("comparing")
        answers = self._compare()
        self.request.step("writing")
        with parquet_tables.read(self.work, files=True) as base:
            store = base
            if base.value("SELECT count(*) FROM records") >= self.options.reported_by_spark:
                reporting.lay_out(answers, self.work)
                store = SparkReports(base, answers)
            result = target.finish(
                store, self.work, self.workspace, self.rules, self.request, target.Beforehand(read, answers.elsewhere)
            )
        notes = (*(plan.notes if plan else ()), *self.notes, *misread)
        return SparkIngest(result._replace(notes=notes), answers.elsewhere)

    # ---- the record stage ----------------------------------------------------------------------------------------

    def _judge(self, plan: Plan | None, tables: Sequence[Path]) -> tuple[int, list[str]]:
        """Carry every record through the record stage; how many there were, and which files were taken for what they are not."""
        outcomes = self.work / "outcomes"
        frames = [] if plan is None else [self._of_files(plan.read)]
        frames += [self._of_table(path) for path in tables]
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.unionAll(frame)
        whole.write.partitionBy("kind").parquet(str(outcomes))
        self._stop_at_errors(outcomes)
        self.outcomes = self._kind("record")
        read = self.outcomes.count()
        misread = self._files(plan, tables)
        if not read:
            roots = plan.roots if plan else ()
            raise KbError(f"{sources.nothing_in(roots, self.notes)}; nothing was done")
        return read, misread

    def _kind(self, kind: str) -> "DataFrame":
        schema = _spark_schema(stages.OUTCOMES)
        folder = self.work / "outcomes" / f"kind={kind}"
        without = type(schema)([field for field in schema.fields if field.name != "kind"])
        return (
            self.spark.read.schema(without).parquet(str(folder))
            if folder.exists()
            else self.spark.createDataFrame([], without)
        )

    def _of_files(self, files: Sequence[SourceFile]) -> "DataFrame":
        large = [file for file in files if portions.is_large(file, self.options.cut_at)]
        works = list(portions.laid_out(files, self._survey(large), self.parts, self.rules.settings.limits.records))
        return self._over(works, partial(stages.judged, self.given))

    def _over(self, works: Sequence[portions.Work], function: stages.MadeOf) -> "DataFrame":
        """What a function makes of portions, each part of them by a task."""
        rows = [work._replace(inode=Decimal(work.inode)) for work in works]
        number = max((work.part for work in works), default=0) + 1
        frame = self.spark.createDataFrame(rows, portions.WORK)
        placed = frame.repartitionById(number, "part").drop("part")
        return placed.mapInArrow(function, _spark_schema(stages.OUTCOMES))

    def _survey(self, files: Sequence[SourceFile]) -> dict[str, Survey]:
        """Where the spans of large files begin: one task goes through each."""
        if not files:
            return {}
        works = [
            portions.Work(number, f.name, f.path, f.size, f.modified, f.inode, f.form, -1, -1, 0, 0)
            for number, f in enumerate(files)
        ]
        frame = self._over(works, partial(stages.surveyed, self.given, max(1, self.options.cut_at // 2)))
        for row in frame.toLocalIterator():
            if row["kind"] == "error":
                raise KbError(bytes(row["outcome"]).decode())
            found = orjson.loads(bytes(row["outcome"]))
            spans = [LineSpan(*span) for span in found["spans"]]
            self.surveys[row["path"]] = Survey(found["digest"], found["records"], spans)
        return self.surveys

    def _of_table(self, path: Path) -> "DataFrame":
        """The record stage over a column of text of a table of Parquet; a row is known by its file and its place there."""
        from pyspark.sql import functions as f  # noqa: PLC0415 - where Spark is started

        name = sources.name_of(path, self.workspace)
        table = self.spark.read.parquet(str(path))
        if self.options.column not in table.columns:
            raise KbError(f"{path}: has no column {self.options.column}; there are {', '.join(table.columns)}")
        file = f.regexp_replace(f.col("_metadata.file_path"), "^file:/+", "/")
        place = f.regexp_replace(file, _java_quoted(str(path.absolute())), "")
        rows = table.select(
            f.concat(f.lit(name), place).alias("path"),
            f.col("_metadata.row_index").cast("bigint").alias("position"),
            f.col(self.options.column or "").cast("binary").alias("text"),
            f.lit(self.request.form).cast("string").alias("form"),
        )
        return rows.mapInArrow(partial(stages.judged_texts, self.given), _spark_schema(stages.OUTCOMES))

    def _stop_at_errors(self, outcomes: Path) -> None:
        if (outcomes / "kind=error").exists():
            rows = self._kind("error").select("path", "outcome").orderBy("path").limit(1).collect()
            raise KbError(bytes(rows[0]["outcome"]).decode())

    def _files(self, plan: Plan | None, tables: Sequence[Path]) -> list[str]:
        """Write what is known of the files, note what was passed over, and say which were taken for what they are not."""
        roots = {file.name: root.name for root in plan.roots for file in root.files} if plan else {}
        by_name: dict[str, list[dict[str, Any]]] = {}
        for row in self._kind("file").select("outcome").toLocalIterator():
            entry = orjson.loads(bytes(row["outcome"]))
            by_name.setdefault(entry["name"], []).append(entry)
        rows, alien = [], []
        for name in sorted(by_name):
            parts = sorted(by_name[name], key=lambda entry: entry["begin"])
            first, records = parts[0], sum(part["records"] for part in parts)
            digest = first["digest"] or self.surveys[name].digest
            rows.append(
                (name, roots[name], first["size"], first["modified"], first["inode"], first["form"], digest, records)
            )
            note = next((part["note"] for part in parts if part["note"]), None)
            self.notes += [note] if note else []
            alien += [name] if records and all(part["alien"] for part in parts) else []
        for path in tables:
            rows += self._files_of_table(path)
        target.write_files(self.work, rows)
        form = self.request.form
        return [sources.misread(alien, form)] if form and alien else []

    def _files_of_table(self, path: Path) -> Iterator[tuple[Any, ...]]:
        name = sources.name_of(path, self.workspace)
        counts = {row["path"]: row["count"] for row in self.outcomes.groupBy("path").count().toLocalIterator()}
        for file in sorted(path.rglob("*.parquet")) if path.is_dir() else [path]:
            known = name if file == path else f"{name}/{file.relative_to(path).as_posix()}"
            status = file.stat()
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if known in counts:
                yield (
                    known,
                    name,
                    status.st_size,
                    sources.last_change(status),
                    status.st_ino,
                    self.request.form,
                    digest,
                    counts[known],
                )

    # ---- the tables ----------------------------------------------------------------------------------------------

    def _load(self) -> None:
        """The tables that outcomes come to, once it is known which records lose their id."""
        claims = self.outcomes.where("id IS NOT NULL").selectExpr(
            "path", "position", "line", "digest", "id", "content", "CAST(last_updated AS date) AS last_updated"
        )
        claims.createOrReplaceTempView("staged_claims")
        claims.where("false").createOrReplaceTempView("records")
        losing = between.lost(self.spark).selectExpr(
            "path AS lost_path", "position AS lost_position", "code", "pointer", "message", "true AS lost"
        )
        columns = ["path", "position", "line", "digest", "id", "outcome"]
        rows = self.outcomes.join(
            losing, (self.outcomes.path == losing.lost_path) & (self.outcomes.position == losing.lost_position), "left"
        ).selectExpr(
            *columns,
            "code",
            "pointer",
            "message",
            "coalesce(lost, false) AS lost",
            "CASE WHEN lost THEN raw END AS raw",
        )
        made = rows.mapInArrow(partial(stages.loaded, self.given), _spark_schema(stages.LOADED))
        self._keep_tagged(made, "loaded")

    def _keep_tagged(self, made: "DataFrame", name: str) -> None:
        made.write.partitionBy("filed").parquet(str(self.work / name))

    def _tagged(self, name: str, table: str) -> "DataFrame":
        """The rows of a table among those that were kept side by side, with the domain that each is filed under."""
        schema = _spark_schema(stages.tagged((table,)))
        kept = type(schema)([field for field in schema.fields if field.name != "filed"])
        folder = self.work / name / f"filed={table}"
        frame = (
            self.spark.read.schema(kept).parquet(str(folder))
            if folder.exists()
            else self.spark.createDataFrame([], kept)
        )
        return frame.selectExpr("domain AS filed_under", f"`{table}`.*")

    # ---- what is between records ---------------------------------------------------------------------------------

    def _compare(self) -> SparkAnswers:
        """Let the corpus rules judge all records together, and write every table as it is then."""
        for table in stages.FROM_DOCUMENTS:
            frame = self._tagged("loaded", table)
            frame.drop("filed_under").createOrReplaceTempView(table)
        with self._driver() as draft:
            events.lay_out(draft, self.rules)
            for table in ("events", "tombstones"):
                self._view_of_few(draft, table)
            asked = SparkAnswers(self.spark, self._by_duckdb, self.rules, self.work / "shared")
            between.compared(asked, self.rules, self.work)
            between.find(asked, self.rules, self.request.as_of, self._custom, self.work / "found")
            self._settle()
            self._write_tables(draft)
        return asked

    @contextmanager
    def _driver(self) -> Iterator[Draft]:
        """A store in memory with the records that the ledger speaks of, for what is about the ledger."""
        with create(None) as draft:
            draft.begin(self.rules)
            if self.rules.ledger:
                names = sorted({n for e in self.rules.ledger.events for n in (e.record, e.successor, e.retracts) if n})
                named = self.spark.createDataFrame([(name,) for name in names], "named string")
                for table, condition in _NAMED_BY_LEDGER.items():
                    view = self.spark.table(table)
                    rows = view.join(named, on=_expr(condition), how="left_semi")
                    target.insert(draft, table, rows.toArrow())
            yield draft

    def _view_of_few(self, draft: Draft, table: str) -> None:
        """Let Spark see a table of the driver's."""
        rows = target.rows_of(draft, table)
        schema = _spark_schema(rows.schema)
        self.spark.createDataFrame(rows.to_pylist(), schema).createOrReplaceTempView(table)

    def _by_duckdb(self, sql: str, values: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
        with target.asked_in_place(self.spark, self.work) as base:
            set_variables(base, self.rules)
            yield from base.query(sql, values).rows

    def _custom(self, rule: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - a Rule
        with target.asked_in_place(self.spark, self.work) as base:
            custom_queries.check(base, rule, self.rules.settings.sql)
            return custom_queries.found(base, rule, self.request.as_of, self.rules.settings.sql)

    def _settle(self) -> None:
        """What was found becomes findings, record by record."""
        from pyspark.sql import functions as f  # noqa: PLC0415 - where Spark is started

        found = self.spark.read.schema(between.FOUND).parquet(str(self.work / "found"))
        by_id = found.groupBy("id").agg(f.collect_list(f.struct("code", "pointer", "message")).alias("found"))
        codes = sorted({c for rule in self.rules.corpus for c in (*rule.yields_to, *rule.replaces)})
        findings = self.spark.table("findings").where(f.col("code").isin(codes) & f.col("record_id").isNotNull())
        own = findings.groupBy(f.col("path").alias("own_path"), f.col("position").alias("own_position")).agg(
            f.collect_list(f.struct(*findings.columns)).alias("own")
        )
        records = self.spark.table("records").select("id", "path", "position", "line", "digest", "doc")
        forms = self.spark.table("match_keys").selectExpr("record_id", "form")
        rows = (
            by_id.join(records, "id")
            .join(forms, records.id == forms.record_id)
            .join(own, (records.path == own.own_path) & (records.position == own.own_position), "left")
            .select(records.id, records.path, "position", "line", "digest", "doc", "form", "found", "own")
        )
        made = rows.mapInArrow(partial(stages.settled, self.given), _spark_schema(stages.SETTLED))
        self._keep_tagged(made, "settled")

    # ---- what is written -----------------------------------------------------------------------------------------

    def _write_tables(self, draft: Draft) -> None:
        """Every table as it is in the end, filed by domain where its rows are of records."""
        tables = {table: self._tagged("loaded", table) for table in stages.FROM_DOCUMENTS}
        events.judge(draft, self.rules, self.request.as_of)
        draft.suppress_and_withhold(self.rules)
        tables["withheld"] = self._tagged("settled", "withheld")
        gone = tables["withheld"].select("path", "position", "seq", "code")
        key = ["path", "position", "seq", "code"]
        found = self._tagged("settled", "findings")
        of_events = self._of_driver(draft, "findings", "starts_with(path, 'ledger/')")
        findings = tables["findings"].join(gone, key, "left_anti").select(*found.columns)
        tables["findings"] = findings.unionAll(found).unionAll(of_events)
        losing = self._tagged("settled", "quarantine")
        if losing.head():
            tables = self._without(losing, tables)
            if self.rules.ledger:
                events.let_go(draft, (row[0] for row in losing.select("record_id").toLocalIterator()))
        tables["findings"] = tables["findings"].unionAll(self._about_settings(tables["findings"]))
        for table, frame in tables.items():
            self._write(table, frame)
        for table in ("buckets", "bounds", "pairs"):
            self._write(table, self.spark.table(table))
        for table in ("events", "tombstones", "prior_weights"):
            target.write_few(draft, self.work, table)

    def _of_driver(self, draft: Draft, table: str, where: str) -> "DataFrame":
        """Some rows of a table of the driver's, filed under no domain."""
        rows = target.rows_of(draft, table, where)
        frame = self.spark.createDataFrame(rows.to_pylist(), _spark_schema(rows.schema))
        return frame.selectExpr("CAST(NULL AS string) AS filed_under", *frame.columns)

    def _without(self, losing: "DataFrame", tables: "dict[str, DataFrame]") -> "dict[str, DataFrame]":
        """The tables without the records that a corpus rule rejects, which lie in quarantine then, and their copies too."""
        from pyspark.sql import functions as f  # noqa: PLC0415 - where Spark is started

        names = losing.select(f.col("record_id").alias("gone_id"))

        def kept(table: str, column: str) -> "DataFrame":
            frame = tables[table]
            return frame.join(names, frame[column] == names.gone_id, "left_anti")

        def listed(frame: "DataFrame", name: str) -> "DataFrame":
            columns = [column for column in frame.columns if column != "filed_under"]
            by_id = frame.groupBy(f.col("record_id").alias(f"{name}_id"))
            return by_id.agg(f.collect_list(f.struct(*columns)).alias(name))

        said = listed(tables["findings"], "said")
        copies = listed(tables["copies"], "copies")
        places = losing.selectExpr("record_id AS id", "path", "position", "codes[0] AS code")
        rows = (
            places.join(self.outcomes.select("path", "position", "line", "digest", "raw"), ["path", "position"])
            .join(copies, f.col("id") == f.col("copies_id"), "left")
            .join(said, f.col("id") == f.col("said_id"), "left")
            .selectExpr(
                "path", "position", "line", "digest", "id", "code", "CAST(NULL AS string) AS pointer",
                "CAST(NULL AS string) AS message", "raw", "copies", "said",
            )
        )  # fmt: skip
        made = rows.mapInArrow(partial(stages.rejected, self.given), _spark_schema(stages.REJECTED))
        self._keep_tagged(made, "rejected")
        inputs = losing.select("path", "position")
        left = {table: kept(table, "record_id") for table in (*of_documents(), "match_keys", "copies")}
        changes = tables["changes"].join(inputs, ["path", "position"], "left_anti").select(*tables["changes"].columns)
        more = {
            table: tables[table].unionAll(self._tagged("rejected", table).select(*tables[table].columns))
            for table in ("quarantine", "findings")
        }
        return {**tables, **left, "records": kept("records", "id"), "changes": changes, **more}

    def _about_settings(self, findings: "DataFrame") -> "DataFrame":
        """What the rules about kb.toml find; of the findings they need to know which code there is on which record."""
        with create(None) as draft:
            draft.begin(self.rules)
            codes = [entry.code for entry in self.rules.settings.suppress]
            if codes:
                seen = findings.where(findings.code.isin(codes)).select("code", "record_id").distinct()
                stages.fill(draft, "findings", seen.toArrow().to_pylist())
            draft.judge_settings(self.rules)
            return self._of_driver(draft, "findings", f"path = '{SETTINGS}'")

    def _write(self, table: str, frame: "DataFrame") -> None:
        folder = str(target.folder_of(self.work, table))
        names = [column.name for column in stages.all_tables()[table] if column.name != "domain"]
        if table not in _FILED:
            frame.select(*[column.name for column in stages.all_tables()[table]]).write.parquet(folder)
            return
        filed = frame.selectExpr("filed_under AS domain", *[f"`{name}`" for name in names])
        filed.hint("rebalance", "domain").write.partitionBy("domain").parquet(folder)


_FILED = frozenset(
    {"records", "dead_ends", "workarounds", "versions", "transitions", "sources", "findings", "changes", "quarantine",
     "copies", "withdrawn"}
)  # fmt: skip
"""The tables that lie in a folder for each domain."""

_NAMED_BY_LEDGER = {
    "records": "named = id OR array_contains(aliases, named)",
    "match_keys": "named = record_id",
    "workarounds": "named = record_id",
    "dead_ends": "named = record_id",
    "quarantine": "named = record_id",
    "withdrawn": "named = record_id",
}


def _expr(text: str) -> Any:  # noqa: ANN401 - a column of Spark
    from pyspark.sql.functions import expr  # noqa: PLC0415 - where Spark is started

    return expr(text)


def _spark_schema(schema: Any) -> Any:  # noqa: ANN401 - from Arrow's types to Spark's
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 - where Spark is started

    return from_arrow_schema(schema)


def _java_quoted(text: str) -> str:
    return "\\Q" + text + "\\E"


def uuid_of(rules: RuleSet) -> str:
    """A name for the rules of one run, so that a worker that is used again makes others anew."""
    return f"{rules.fingerprint()}-{uuid.uuid4().hex}"
