"""What a stranger may ask: it reads the tables of the base, changes nothing, and takes neither all time nor all memory."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kb import store
from kb.errors import KbError
from kb.settings import Sql
from kb.store import connection, statements
from tests.bases import Base
from tests.terminal import kb

pytestmark = pytest.mark.long(every=3)

HOSTILE = """
    INSERT INTO records SELECT * FROM records
    UPDATE records SET id = 'x'
    DELETE FROM records
    MERGE INTO records USING dead_ends ON id = record_id WHEN MATCHED THEN DELETE
    WITH gone AS (DELETE FROM records RETURNING id) SELECT * FROM gone
    TRUNCATE records
    DROP TABLE records
    DROP VIEW IF EXISTS records
    ALTER TABLE records ADD COLUMN x INTEGER
    ALTER TABLE records RENAME TO other
    CREATE TABLE t AS SELECT 1
    CREATE TEMP TABLE t (x INTEGER)
    CREATE OR REPLACE VIEW v AS SELECT 1
    CREATE MACRO m() AS 1
    CREATE SCHEMA s
    CREATE SEQUENCE s
    CREATE TYPE t AS ENUM ('a')
    CREATE INDEX i ON records (id)
    CREATE SECRET s (TYPE s3)
    COMMENT ON TABLE records IS 'x'
    VACUUM
    ANALYZE
    CHECKPOINT
    FORCE CHECKPOINT
    BEGIN
    COMMIT
    ROLLBACK
    ATTACH 'other.duckdb'
    ATTACH ':memory:' AS m
    ATTACH IF NOT EXISTS 'https://host.example/x.duckdb'
    DETACH kb
    USE memory
    INSTALL httpfs
    INSTALL spatial FROM community
    FORCE INSTALL httpfs
    LOAD httpfs
    UPDATE EXTENSIONS
    SET enable_external_access = true
    SET memory_limit = '100GB'
    SET GLOBAL threads = 99
    SET VARIABLE x = 1
    SET lock_configuration = false
    RESET memory_limit
    RESET enable_external_access
    PRAGMA enable_profiling
    PRAGMA database_size
    PRAGMA memory_limit='100GB'
    COPY records TO 'out.csv'
    COPY (SELECT 1) TO 'out.parquet'
    COPY records FROM 'in.csv'
    COPY FROM DATABASE kb TO memory
    EXPORT DATABASE 'out'
    IMPORT DATABASE 'in'
    CALL pragma_database_size()
    CALL force_checkpoint()
    PREPARE p AS SELECT 1
    EXECUTE p
    DEALLOCATE p
    EXPLAIN ANALYZE DELETE FROM records
    EXPLAIN ANALYZE COPY records TO 'out.csv'
    SELECT 1; DROP TABLE records
    SELECT 1; SELECT 2
    SELECT * FROM 'kb.toml'
    SELECT * FROM 'raw/git/a.json'
    FROM read_csv('kb.toml')
    FROM read_text('/etc/hostname')
    FROM read_blob('kb.toml')
    FROM read_json('raw/**')
    FROM read_json_objects('raw/git/a.json')
    FROM read_ndjson('raw/git/a.json')
    FROM read_parquet('x.parquet')
    FROM parquet_scan('x.parquet')
    FROM sniff_csv('kb.toml')
    FROM glob('*')
    FROM read_text('https://host.example/')
    FROM 'https://host.example/x.parquet'
    FROM 's3://bucket/x.csv'
    FROM '/proc/self/environ'
    SELECT getenv('HOME')
    FROM duckdb_secrets() SELECT secret_string WHERE read_text('x') IS NULL
    SELECT * FROM query('DROP TABLE records')
    SELECT * FROM query('SELECT 1; DROP TABLE records')
    FROM query_table('kb.toml')
    SELECT read_text('kb.toml')
    SELECT nextval('s')
    SELECT load_extension('httpfs')
    SUMMARIZE 'kb.toml'
    DESCRIBE FROM 'kb.toml'
    PIVOT 'kb.toml' ON x
    FROM json_execute_serialized_sql(json_serialize_sql('DROP TABLE records'))
    FROM sqlite_scan('x.db', 't')
    FROM postgres_scan('host=host.example', 'public', 't')
    FROM delta_scan('x')
    FROM iceberg_scan('x')
""".strip().splitlines()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = Base(tmp_path_factory.mktemp("base"))
    base.configure("")
    base.record("a")
    base.ingest()
    return base


@pytest.fixture
def opened(asked: Base) -> Iterator[store.Store]:
    with store.read(asked.workspace.store, limits=Sql(memory=0.1)) as base:
        yield base


def test_a_stranger_can_only_read_the_tables(opened: store.Store, asked: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(asked.root)
    before = asked.footprint()
    answered = [statement.strip() for statement in HOSTILE if _is_answered(opened, statement)]
    assert answered == []
    assert asked.footprint() == before


def _is_answered(opened: store.Store, statement: str) -> bool:
    try:
        statements.select(opened, statement)
    except KbError as refused:
        return "\n" in str(refused)
    return True


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        "SELECT max(a.range) FROM range(100_000_000) a, range(100_000_000) b WHERE hash(a.range, b.range) = 1",
    ],
)
def test_what_takes_too_long_is_stopped(opened: store.Store, statement: str) -> None:
    with pytest.raises(
        KbError, match=r"sql: takes longer than 0\.2 s; ask for less, or raise `sql\.seconds` in kb\.toml"
    ):
        statements.select(opened, statement, Sql(seconds=0.2))
    assert statements.select(opened, "SELECT count(*) FROM records").rows == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT list(range) FROM range(1_000_000_000)",
        "SELECT repeat('x', 10_000_000) FROM range(2_000)",
        "SELECT * FROM range(2_000_000_000)",
    ],
)
def test_what_takes_too_much_memory_is_stopped(asked: Base, statement: str) -> None:
    with store.read(asked.workspace.store, limits=Sql(memory=0.01)) as base:
        with pytest.raises(
            KbError, match=r"sql: takes more than 1% of the memory; ask for less, or raise `sql\.memory`"
        ):
            statements.select(base, statement, Sql(seconds=0, memory=0.01))
        assert statements.select(base, "SELECT count(*) FROM records").rows == [(1,)]


@pytest.mark.parametrize("deep", ["(" * 20_000 + "1" + ")" * 20_000, "1" + "+1" * 20_000, "NOT " * 20_000 + "true"])
def test_a_deep_statement_is_answered_or_refused(opened: store.Store, deep: str) -> None:
    with suppress(KbError):
        statements.select(opened, f"SELECT {deep}")


def test_the_command_line_goes_before_the_settings(asked: Base) -> None:
    forever = "SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b"
    stopped = kb(asked.root, "sql", forever, "--timeout", "0.1")
    assert (stopped.code, stopped.out, stopped.err.count("\n")) == (2, "", 1)
    assert "takes longer than 0.1 s" in stopped.err


def test_a_rule_of_ones_own_is_held_to_the_same(tmp_path: Path) -> None:
    base = Base(tmp_path)
    base.configure("[sql]\nseconds = 0.2\n")
    base.put(
        "rules/slow.sql",
        b"-- code: ORG001\n-- name: slow\n-- severity: info\n-- text: Is quick.\n"
        b"SELECT id, '' AS pointer, 'slow' AS message FROM records, range(1000000) a, range(1000000) b"
        b" WHERE a.range * b.range = -1",
    )
    base.record("a")
    with pytest.raises(KbError, match=r"rules/slow\.sql: takes longer than 0\.2 s"):
        base.ingest()


def test_so_is_a_condition(base: Base) -> None:
    base.configure("[sql]\nseconds = 0.2\n")
    base.record("a")
    base.ingest()
    forever = "(SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = -1) > 0"
    for arguments in (
        ["export", "-o", "out", "--where", forever],
        ["export", "--format", "ndjson", "-o", "-", "--where", forever],
        ["report", "stale", "--fail-on", forever],
    ):
        stopped = kb(base.root, *arguments)
        assert (stopped.code, stopped.out) == (2, ""), arguments
        assert "sql: takes longer than 0.2 s; ask for less" in stopped.err
    assert not (base.root / "out").exists()


def test_ctrl_c_while_a_store_is_opened_is_no_bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """DuckDB's client says so of whatever it was at; attaching a store is a query too."""

    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("duckdb.connect", interrupted)
    for read_only in (True, False):
        with (
            pytest.raises(KeyboardInterrupt),
            connection.connected(str(tmp_path / "kb.duckdb"), {}, read_only=read_only),
        ):
            pass
