"""A stranger's statement reads the base at most: no file, no network, no environment, nothing written, no other statement."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from kb import store
from kb.errors import KbError
from kb.settings import Sql
from kb.store import custom_queries, statements
from tests.bases import Base
from tests.conftest import LONGEST
from tests.torture.conftest import Count

if TYPE_CHECKING:
    from kb.rules.base import Rule

REACHES = (
    "read_csv('{secret}')",
    "READ_CSV_AUTO('{secret}')",
    "read_text('{secret}')",
    "read_blob('{secret}')",
    "read_json('{secret}')",
    "read_ndjson_objects('{secret}')",
    "read_parquet('{secret}')",
    "glob('{secret}*')",
    "'{secret}'",
    "sniff_csv('{secret}')",
    "read_duckdb('{secret}')",
    "read_csv('https://example.org/x.csv')",
    "'https://example.org/x.parquet'",
    "query('SELECT content FROM read_text(''{secret}'')')",
    "query_table('{secret}')",
    '"{secret}"',
    "parquet_metadata('{secret}')",
    "duckdb_secrets()",
    "which_secret('{secret}', 'http')",
)
"""What reaches beyond the base, where a table can stand."""

AROUND = (
    "SELECT * FROM {it}",
    "FROM {it}",
    "WITH x AS (SELECT * FROM {it}) SELECT * FROM x",
    "SELECT (SELECT count(*) FROM {it})",
    "SELECT * FROM records, LATERAL (SELECT * FROM {it})",
    "SELECT 1 UNION ALL SELECT 1 FROM {it}",
    "DESCRIBE SELECT * FROM {it}",
    "EXPLAIN ANALYZE SELECT * FROM {it}",
    "/* x */ sELeCt * fRoM {it} -- y",
    "SELECT * FROM (PIVOT {it} ON 1)",
    "SUMMARIZE FROM {it}",
    "SELECT id FROM records WHERE EXISTS (FROM {it})",
)
COMMANDS = (
    "COPY records TO '{out}'",
    "COPY (SELECT 1) TO '{out}' (FORMAT csv)",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}' AS x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{secret}'",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "SET GLOBAL lock_configuration = false",
    "PRAGMA enable_profiling",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x (y INT)",
    "CREATE MACRO trust(x) AS 1",
    "CREATE VIEW x AS SELECT 1",
    "DELETE FROM records",
    "UPDATE records SET id = 'x'",
    "DROP TABLE records",
    "INSERT INTO records SELECT * FROM records",
    "ALTER TABLE records ADD COLUMN x INT",
    "TRUNCATE records",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN",
    "COMMIT",
    "USE memory",
    "DETACH kb",
    "CALL pragma_database_list()",
    "IMPORT DATABASE '{out}'",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "CREATE SECRET (TYPE http)",
    "SELECT 1; COPY records TO '{out}'",
    "SELECT 1; SELECT 2",
    "",
    ";",
    "-- x",
    "WITH x AS (DELETE FROM records RETURNING *) FROM x",
    "MERGE INTO records USING records AS o ON true WHEN MATCHED THEN DELETE",
    "COMMENT ON TABLE records IS 'x'",
    "CREATE SCHEMA x",
    "CREATE SEQUENCE x",
    "CREATE TYPE x AS ENUM ('a')",
    "CREATE INDEX x ON records (id)",
)
MARK = "only-in-the-secret"


def hostile(secret: Path, out: Path) -> list[str]:
    texts = [*COMMANDS, *[around.replace("{it}", it) for it in REACHES for around in AROUND]]
    texts = texts if LONGEST else texts[::4]
    return [text.replace("{secret}", str(secret)).replace("{out}", str(out)) for text in texts]


@pytest.fixture
def asked(base: Base, tmp_path: Path) -> tuple[Base, list[str], Path]:
    secret, out = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text(f"id,pointer,message\ngit/a,/x,{MARK}\n")
    base.record("a")
    base.ingest()
    return base, hostile(secret, out), out


@pytest.mark.long
def test_kb_sql_answers_from_the_base_alone(asked: tuple[Base, list[str], Path], count: Count) -> None:
    base, texts, out = asked
    before = base.footprint()
    with store.read(base.workspace.store) as opened:
        for text in texts:
            try:
                told = repr(statements.select(opened, text))
            except KbError as error:
                told = str(error)
                assert "\n" not in told
                count("statements refused")
            assert MARK not in told, text
            assert not out.exists(), text
    assert base.footprint() == before


def test_nor_does_a_condition(asked: tuple[Base, list[str], Path], count: Count) -> None:
    base, texts, out = asked
    before = base.footprint()
    with store.read(base.workspace.store) as opened:
        for text in texts:
            for where in (f"EXISTS ({text})", f"true) UNION ({text}", f"id = ({text})"):
                try:
                    told = repr(statements.guarded(lambda where=where: list(opened.documents(where))))  # type: ignore[misc]
                except KbError as error:
                    told = str(error)
                    count("statements refused")
                assert MARK not in told, where
    assert not out.exists()
    assert base.footprint() == before


def test_nor_does_a_rule(asked: tuple[Base, list[str], Path], count: Count) -> None:
    base, texts, out = asked
    before = base.footprint()
    with store.read(base.workspace.store) as opened:
        for text in texts:
            rule = cast("Rule", SimpleNamespace(sql=text, file="rules/own.sql"))
            with pytest.raises(KbError) as refused:
                custom_queries.check(opened, rule, Sql())
            assert "\n" not in str(refused.value)
            assert MARK not in str(refused.value)
            count("statements refused")
    assert not out.exists()
    assert base.footprint() == before
