"""The DuckDB store, and the only importer of duckdb. What it does is in sql/; this file says in which order."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
import orjson

from pipeline import __version__
from pipeline.contract import shapes
from pipeline.model import IngestResult, KbError, Kind, Table
from pipeline.rules import catalogue
from pipeline.rules.ruleset import RuleSet
from pipeline.rules.ver import LONGEST, PRODUCT

T = TypeVar("T")

PUBLISHED = ("records", "dead_ends", "workarounds", "versions", "transitions", "sources", "findings", "changes",
             "quarantine", "copies", "files", "runs")  # fmt: skip

_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


class KnownFile(NamedTuple):
    """A file as the base last saw it."""

    path: str
    root: str
    size: int
    modified: int
    inode: int
    form: str | None
    digest: str
    records: int


class Place(NamedTuple):
    """One input of a changed file that is as it was, at its new place."""

    path: str
    old_position: int
    position: int
    line: int | None


class Ousted(NamedTuple):
    """A record that lost its id: to a copy of itself (`code` is None), or to another."""

    path: str
    position: int
    line: int | None
    digest: str
    record_id: str
    code: str | None
    pointer: str | None
    message: str | None


@cache
def _script(name: str) -> str:
    return resources.files("pipeline.store").joinpath(f"sql/{name}").read_text(encoding="utf-8")


class Store:
    """An open store: a file, or memory. Use as a context manager, so that it is closed before the process ends."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._whole = False

    # ---- queries -------------------------------------------------------------------------------------------------

    def query(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None) -> Table:
        """Run one statement and fetch its answer."""
        cursor = self.connection.execute(sql, parameters)
        columns = tuple(column[0] for column in cursor.description or ())
        return Table(columns, cursor.fetchall())

    def value(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None) -> Any:  # noqa: ANN401
        """The first value of the first row."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def frame(self, sql: str) -> Any:  # noqa: ANN401 - a pandas.DataFrame; pandas stays out of most commands
        """The answer as a pandas frame."""
        return self.connection.execute(sql).df()

    def stream(self, sql: str, size: int = 4096) -> Iterator[tuple[Any, ...]]:
        """The rows of an answer, never all in memory at once."""
        cursor = self.connection.cursor()
        cursor.execute(sql)
        while rows := cursor.fetchmany(size):
            yield from rows

    def copy_to(self, sql: str, path: Path, options: str) -> None:
        """Write the answer to a file; not for a store that was opened without access to files."""
        target = str(path).replace("'", "''")
        self.connection.execute(f"COPY ({sql}) TO '{target}' ({options})")

    def write_lines(self, sql: str, path: Path) -> None:
        """Write an answer of one text column as lines, in its order; the texts hold no control characters."""
        self.copy_to(sql, path, "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'")

    # ---- what the base knows ---------------------------------------------------------------------------------------

    def known_files(self) -> dict[str, KnownFile]:
        """The files that the base was made from, by path."""
        rows = self.query("SELECT path, root, size, epoch_ns(modified), inode, form, digest, records FROM files").rows
        return {row[0]: KnownFile(*row) for row in rows}

    def roots(self) -> list[str]:
        """The paths that were ingested; also of a store of another layout, as far as it tells."""
        try:
            return [row[0] for row in self.query("SELECT DISTINCT root FROM files ORDER BY root").rows]
        except duckdb.Error:
            return []

    def last_run(self) -> dict[str, Any] | None:
        """The newest row of `runs`."""
        runs = self.query("SELECT * FROM runs ORDER BY run DESC LIMIT 1").records()
        return runs[0] if runs else None

    def inputs_of(self, file: str) -> list[tuple[str, str, int, int | None]]:
        """Path, digest, position and line of what one file gave, but for what hangs on other records."""
        return self.query(
            """SELECT path, digest, position, line FROM records WHERE file_of(path) = $file
            UNION ALL
            SELECT path, digest, position, line FROM quarantine WHERE file_of(path) = $file AND NOT by_corpus
            ORDER BY path, position""",
            {"file": file},
        ).rows

    def judged_by_others(self) -> list[tuple[str, int, int | None, bytes]]:
        """Path, position, line and bytes of every input whose fate hangs on other records."""
        return self.query(
            """SELECT path, position, line, raw FROM copies
            UNION ALL SELECT path, position, line, raw FROM quarantine WHERE by_corpus ORDER BY path, position"""
        ).rows

    def unlike_declared(self) -> str | None:
        """The first column of a table of ours that is not as sql/schema.sql declares it, or None."""
        rows = self.query("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal").rows
        declared = {(table, c.name): c.type for table, (_, columns) in tables().items() for c in columns}
        found = {(table, column): kind for table, column, kind in rows if table in tables()}
        found_macros = {
            row[0] for row in self.query("SELECT function_name FROM duckdb_functions() WHERE NOT internal").rows
        }
        if not macros().keys() <= found_macros:
            return min(macros().keys() - found_macros)
        return next((".".join(key) for key in [*declared, *found] if declared.get(key) != found.get(key)), None)

    # ---- the steps of an ingest ------------------------------------------------------------------------------------

    def begin(self, rules: RuleSet) -> None:
        """Lay out what the scripts need to know of the rules and the settings."""
        ttl = rules.settings.trust.time_to_live
        con = self.connection
        con.execute(
            "CREATE OR REPLACE TEMP TABLE rule_meta (code VARCHAR, name VARCHAR, severity VARCHAR, fixable BOOLEAN)"
        )
        codes = list(catalogue().values())
        con.execute(
            "INSERT INTO rule_meta SELECT unnest($1), unnest($2), unnest($3), unnest($4)",
            [
                [rule.code for rule in codes],
                [rule.name for rule in codes],
                [str(rules.severities[rule.code]) for rule in codes],
                [rule.kind is Kind.FIX for rule in codes],
            ],
        )
        for name, days in (("days_by_domain", ttl.domain), ("days_by_tier", ttl.tier)):
            con.execute(f"CREATE OR REPLACE TEMP TABLE {name} (name VARCHAR, days INTEGER)")
            con.execute(
                f"INSERT INTO {name} SELECT unnest($1::VARCHAR[]), unnest($2::INTEGER[])",
                [list(days), list(days.values())],
            )
        con.execute("SET VARIABLE days = $1::INTEGER", [ttl.default])
        con.execute("SET VARIABLE errors = $1::VARCHAR[]", [sorted(rules.errors)])
        con.execute("SET VARIABLE product = $1", [PRODUCT])
        con.execute("SET VARIABLE longest_version = $1::INTEGER", [LONGEST])
        con.execute("SET VARIABLE shape = $1", [_record_shape()])

    def prune(self, dropped: Sequence[tuple[str, int]], kept: Sequence[Place]) -> None:
        """Take out inputs that are gone or judged again, and move those whose file changed around them."""
        con = self.connection
        con.execute("CREATE OR REPLACE TEMP TABLE dropped (path VARCHAR, position BIGINT)")
        con.execute(
            "INSERT INTO dropped SELECT unnest($1::VARCHAR[]), unnest($2::BIGINT[])",
            [[path for path, _ in dropped], [position for _, position in dropped]],
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE kept (path VARCHAR, old_position BIGINT, position BIGINT, line BIGINT)"
        )
        con.execute(
            "INSERT INTO kept SELECT unnest($1::VARCHAR[]), unnest($2::BIGINT[]), unnest($3::BIGINT[]), unnest($4::BIGINT[])",
            [list(column) for column in zip(*kept, strict=True)] if kept else [[], [], [], []],
        )
        con.execute(_script("prune.sql"))

    def inputs_of_files(self, paths: Sequence[str]) -> list[tuple[str, int]]:
        """Path and position of all that the base holds from some files."""
        return self.query(
            """SELECT path, position FROM (
                SELECT path, position FROM records UNION ALL SELECT path, position FROM quarantine
                UNION ALL SELECT path, position FROM copies)
            WHERE file_of(path) IN (SELECT unnest($1::VARCHAR[])) ORDER BY ALL""",
            [list(paths)],
        ).rows

    def contest(self, folder: Path) -> list[Ousted]:
        """Which records lose their id to another with a better right to it (IDN003), or to a copy of themselves.

        `folder` holds what the record stage wrote.
        """
        self.connection.execute("SET VARIABLE claims = $1", [str(folder / "*.claims.ndjson")])
        self.connection.execute(_script("claims.sql"))
        rule = catalogue()["IDN003"]
        rows = self.query(
            f"""SELECT path, position, line, digest, id, NULL, NULL, NULL FROM candidates WHERE place > 1 AND same_content
            UNION ALL
            SELECT c.path, c.position, c.line, c.digest, c.id, 'IDN003', f.pointer, f.message
            FROM ({rule.sql}) f JOIN candidates c USING (path, position)
            ORDER BY 1, 2"""
        ).rows
        return [Ousted(*row) for row in rows]

    def oust(self, ousted: Sequence[tuple[Ousted, bytes]]) -> None:
        """Put records that lost their id, or that a corpus rule speaks against, into quarantine or among the copies."""
        con = self.connection
        con.execute(
            """CREATE OR REPLACE TEMP TABLE ousted (path VARCHAR, position BIGINT, line BIGINT, digest VARCHAR,
            record_id VARCHAR, code VARCHAR, pointer VARCHAR, message VARCHAR, raw BLOB)"""
        )
        if ousted:
            con.execute(
                f"INSERT INTO ousted SELECT {', '.join(f'unnest(${i}::{kind})' for i, kind in enumerate(_OUSTED, start=1))}",
                [[row[i] for row, _ in ousted] for i in range(8)] + [[raw for _, raw in ousted]],
            )
            con.execute(_script("oust.sql"))
            con.execute(_script("orphans.sql"))

    def load(self, folder: Path) -> None:
        """Publish what the record stage wrote into a folder, but for the ousted; slice by slice, so memory is bounded."""
        files = sorted(folder.glob("*.outcomes.ndjson"))
        for i in range(0, len(files), _SLICE):
            self.connection.execute("SET VARIABLE slice = $1", [[str(file) for file in files[i : i + _SLICE]]])
            self.connection.execute(_script("stage.sql"))
        self.connection.execute("DROP TABLE IF EXISTS slice")

    def judge_together(self, rules: RuleSet, as_of: dt.date) -> list[Ousted]:
        """Run the corpus rules over the published records; those that a rule set to error speaks against are returned."""
        con = self.connection
        con.execute("DELETE FROM findings WHERE seq >= 1000000 AND code <> 'IDN003'")
        for rule in rules.corpus:
            if rule.code != "IDN003":
                con.execute(
                    f"""INSERT INTO findings BY NAME
                    SELECT r.id AS record_id, r.path, r.position, r.line, $code AS code, $name AS name, $severity AS severity,
                        f.pointer, f.message, false AS fixable, 1000000 + row_number() OVER (ORDER BY f.pointer, f.message) AS seq
                    FROM ({rule.sql.replace("$as_of", "$as_of::DATE")}) f JOIN records r ON r.id = f.id""",
                    {
                        "code": rule.code,
                        "name": rule.name,
                        "severity": str(rules.severities[rule.code]),
                        **({"as_of": as_of} if "$as_of" in rule.sql else {}),
                    },
                )
        rows = self.query(
            """SELECT r.path, r.position, r.line, r.digest, r.id, min(f.code), NULL, NULL FROM findings f JOIN records r
            ON r.path = f.path AND r.position = f.position WHERE f.severity = 'error' GROUP BY ALL ORDER BY 1, 2"""
        ).rows
        return [Ousted(*row) for row in rows]

    def remember_files(self, gone: Iterable[str], files: Sequence[KnownFile]) -> None:
        """Replace what is known of some files."""
        con = self.connection
        con.execute(
            "DELETE FROM files WHERE path IN (SELECT unnest($1::VARCHAR[]))", [[*gone, *(f.path for f in files)]]
        )
        if files:
            con.execute(
                """INSERT INTO files SELECT unnest($1), unnest($2), unnest($3), make_timestamp_ns(unnest($4)),
                unnest($5), unnest($6::VARCHAR[]), unnest($7), unnest($8)""",
                [list(column) for column in zip(*files, strict=True)],
            )

    def record_run(self, rules: RuleSet, as_of: dt.date, result: IngestResult) -> None:
        """Add a row to `runs`."""
        self.connection.execute(
            "INSERT INTO runs SELECT coalesce(max(run), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM runs",
            [__version__, rules.fingerprint(), as_of, result.read, result.published, result.unchanged,
             result.quarantined, result.removed],
        )  # fmt: skip

    def finish(self) -> None:
        """Write everything into the one file of the store."""
        self.connection.execute("CHECKPOINT")

    # ---- what an ingest came to ------------------------------------------------------------------------------------

    def set_scope(self, scope: Sequence[tuple[str, str]]) -> None:
        """Say which files this is about, as (ingested path, file)."""
        con = self.connection
        con.execute("CREATE OR REPLACE TEMP TABLE scope (root VARCHAR, path VARCHAR)")
        con.execute(
            "INSERT INTO scope SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[])",
            [[root for root, _ in scope], [path for _, path in scope]],
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE was (root VARCHAR, id VARCHAR, path VARCHAR, position BIGINT, doc UBIGINT)"
        )
        self._whole = bool(self.value("SELECT count(*) = 0 FROM files WHERE path NOT IN (SELECT path FROM scope)"))

    def remember_published(self) -> None:
        """Note what is published of the scope, to tell later what an ingest changed."""
        self.connection.execute(
            "INSERT INTO was SELECT root, id, r.path, position, hash(doc) FROM records r JOIN scope s ON s.path = file_of(r.path)"
        )

    def _here(self, table: str) -> str:
        """The rows of a table that come from the scope; the whole table, where that is the same."""
        return table if self._whole else f"(SELECT t.* FROM {table} t JOIN scope s ON s.path = file_of(t.path))"

    def losses(self) -> list[tuple[str, int, int, str]]:
        """Of each ingested path: how many records were published from it, how many of those are nowhere now, and one."""
        return self.query(
            """SELECT root, count(*), count(*) FILTER (lost), min(id) FILTER (lost) FROM (
                SELECT root, id, id NOT IN (SELECT id FROM records)
                    AND id NOT IN (SELECT record_id FROM quarantine WHERE record_id IS NOT NULL)
                    AND (path, position) NOT IN (SELECT path, position FROM quarantine) AS lost
                FROM was) GROUP BY root ORDER BY root"""
        ).rows

    def tally(self, *, changed: bool) -> dict[str, int]:
        """How many inputs of the scope stand in the base or in quarantine, and what changed since they were remembered."""
        records, copies, quarantine = self._here("records"), self._here("copies"), self._here("quarantine")
        published = (
            f"(SELECT count(*) FROM {records} WHERE (id, hash(doc)) NOT IN (SELECT id, doc FROM was))"
            if changed
            else "0"
        )
        return self.query(
            f"""SELECT
                (SELECT count(*) FROM {records}) + (SELECT count(*) FROM {copies}) AS standing,
                {published} AS published,
                (SELECT count(*) FROM {quarantine}) AS quarantined,
                (SELECT count(*) FROM {copies}) AS copies,
                (SELECT count(*) FROM was WHERE id NOT IN (SELECT id FROM records)) AS removed,
                (SELECT count(*) FROM {self._here("changes")}) AS changes"""
        ).records()[0]

    def findings_by_code(self) -> dict[str, int]:
        """How often each code was found in the scope."""
        return dict(self.query(f"SELECT code, count(*) FROM {self._here('findings')} GROUP BY code ORDER BY code").rows)


_SLICE = 16
"""How many chunks of the record stage are loaded at once: about 64 MB."""

_OUSTED = (
    "VARCHAR[]",
    "BIGINT[]",
    "BIGINT[]",
    "VARCHAR[]",
    "VARCHAR[]",
    "VARCHAR[]",
    "VARCHAR[]",
    "VARCHAR[]",
    "BLOB[]",
)


@contextmanager
def create(path: Path | None) -> Iterator[Store]:
    """A new, empty store in a file, or in memory."""
    with _connected(str(path) if path else ":memory:", _OFFLINE) as store:
        store.connection.execute(_script("schema.sql"))
        store.connection.execute(_script("macros.sql"))
        if path is not None:
            for statement in comments():
                store.connection.execute(statement)
        yield store


@contextmanager
def change(path: Path) -> Iterator[Store]:
    """An existing store, to be changed."""
    with _connected(str(path), _OFFLINE) as store:
        yield store


@contextmanager
def read(path: Path, *, files: bool = False, any_layout: bool = False) -> Iterator[Store]:
    """An existing store, read-only, without access to the network, and without access to files but for `files`.

    Raises:
        KbError: there is none, or it cannot be opened, or (but for `any_layout`) its tables are not those of this kb.
    """
    if not path.is_file():
        raise KbError(f"{path.name}: there is no knowledge base here yet; run `kb ingest`")
    locked = _OFFLINE | {"enable_external_access": files, "lock_configuration": True}
    with _connected(str(path), locked, read_only=True) as store:
        odd = None if any_layout else store.unlike_declared()
        if odd:
            raise KbError(f"{path.name}: {odd} is not as this kb makes it; run `kb ingest` to make it anew")
        yield store


@contextmanager
def _connected(path: str, config: dict[str, Any], *, read_only: bool = False) -> Iterator[Store]:
    try:
        connection = duckdb.connect(path, read_only=read_only, config=config)
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        held = "lock" in reason
        hint = "another program has it open for writing; close that first" if held else "delete it and run `kb ingest`"
        raise KbError(f"{Path(path).name}: cannot be opened; {hint}") from None
    except duckdb.Error as error:
        raise KbError(
            f"{Path(path).name}: cannot be opened ({str(error).splitlines()[0]}); delete it and run `kb ingest`"
        ) from None
    try:
        connection.execute("SET TimeZone = 'UTC'") if not read_only else None
        yield Store(connection)
    finally:
        connection.close()


def select(store: Store, sql: str) -> Table:
    """Answer a question of a person: one statement that reads.

    Raises:
        KbError: it is none, or DuckDB refuses it; the first line of its reason is told.
    """

    def ask() -> Table:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1:
            raise KbError(f"kb sql takes one statement, this is {len(statements)}")
        if statements[0].type not in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}:
            raise KbError(
                "kb sql only reads: SELECT, DESCRIBE, SHOW, EXPLAIN; to change the base, change raw/ and run `kb ingest`"
            )
        return store.query(sql)

    return guarded(ask)


def guarded(ask: Callable[[], T]) -> T:
    """Run SQL that a person wrote; what DuckDB says against it becomes one line."""
    try:
        return ask()
    except duckdb.PermissionException:
        raise KbError("sql: only the tables of the base can be read: no files, no network") from None
    except duckdb.Error as error:
        raise KbError(f"sql: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    near = [line for line in lines[1:] if line.startswith(("Candidate", "Did you mean"))]
    return "; ".join([lines[0], *near[:1]])


# ---- what the store is made of -------------------------------------------------------------------------------------


class Column(NamedTuple):
    """A column as the schema declares it."""

    name: str
    type: str
    nullable: bool
    comment: str


_TABLE = re.compile(r"CREATE TABLE (\w+) \( -- (.+)")
_COLUMN = re.compile(r" {4}(\w+) (\S+?)(?P<required> NOT NULL)?,? -- (.+)")
_MACRO = re.compile(r"CREATE MACRO (\w+)\(([^)]*)\) AS (TABLE )?-- (.+)")


@cache
def tables() -> dict[str, tuple[str, tuple[Column, ...]]]:
    """Every table: its comment and its columns, as sql/schema.sql declares them."""
    found: dict[str, tuple[str, list[Column]]] = {}
    for line in _script("schema.sql").splitlines():
        if table := _TABLE.fullmatch(line):
            found[table[1]] = (table[2], columns := [])
        elif column := _COLUMN.fullmatch(line):
            columns.append(Column(column[1], column[2], column["required"] is None, column[4]))
    return {name: (comment, tuple(columns)) for name, (comment, columns) in found.items()}


@cache
def macros() -> dict[str, tuple[str, bool, str]]:
    """Every macro: its parameters, whether it is a table, and its comment, as sql/macros.sql declares them."""
    return {m[1]: (m[2], m[3] is not None, m[4]) for m in _MACRO.finditer(_script("macros.sql"))}


def comments() -> Iterator[str]:
    """The statements that put the comments of the scripts into the store."""

    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    for table, (comment, columns) in tables().items():
        yield f"COMMENT ON TABLE {table} IS {quoted(comment)}"
        for column in columns:
            yield f'COMMENT ON COLUMN {table}."{column.name}" IS {quoted(column.comment)}'
    for name, (_, is_table, comment) in macros().items():
        yield f"COMMENT ON MACRO {'TABLE ' if is_table else ''}{name} IS {quoted(comment)}"


@cache
def _record_shape() -> str:
    """The curated document as DuckDB's `from_json` wants it: a JSON structure of type names."""
    shape = shapes()
    special = {
        "confidence": "DOUBLE",
        "fix_success_rate": "DOUBLE",
        "fail_rate": "DOUBLE",
        "success_rate": "DOUBLE",
        "probability": "DOUBLE",
        "first_seen": "DATE",
        "last_confirmed": "DATE",
        "last_updated": "DATE",
        "evidence_count": "BIGINT",
        "os_specific": "JSON",
        "tags": ["VARCHAR"],
        "aliases": ["VARCHAR"],
        "workarounds_zh": ["VARCHAR"],
        "sources": ["VARCHAR"],
    }

    def fields(kind: str) -> dict[str, Any]:
        return {key: special.get(key, "VARCHAR") for key in shape[kind].keys}

    graph = {key: [fields("transition")] for key in shape["transition_graph"].keys}
    record = fields("record") | {
        "versions": [fields("version")],
        "dead_ends": [fields("dead_end")],
        "workarounds": [fields("workaround")],
        "transition_graph": graph,
        "extensions": "JSON",
        "curation": {"distinct_sources": "INTEGER", "evidence_ceiling": "DOUBLE"},
    }
    return orjson.dumps(record).decode()
