"""Custom rules judge, and can do nothing else."""

import os
import re
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.jobs.validate import validate
from kb.judging.request import Request
from tests.bases import DAY, Base, ndjson, record
from tests.conftest import ROOT
from tests.terminal import kb

pytestmark = pytest.mark.long(every=3)

HEADER = "-- code: ORG001\n-- name: {name}\n-- severity: {severity}\n-- text: Is as we want it.\n"
LOW = "SELECT id, '/confidence' AS pointer, confidence || ' is low; say why' AS message FROM records WHERE confidence < 0.9"


def rule(base: Base, query: str, *, file: str = "own", code: str = "ORG001", severity: str = "warning") -> None:
    header = HEADER.format(name=file, severity=severity).replace("ORG001", code)
    base.put(f"rules/{file}.sql", f"{header}{query}".encode())


@pytest.fixture
def base(base: Base) -> Base:
    base.configure("")
    base.record("a", confidence=0.7)
    base.record("b", signature="error: pathspec", regex="pathspec")
    return base


def found(base: Base, code: str = "ORG001") -> list[tuple[str, str, str, str]]:
    return [(f["record"], f["severity"], f["pointer"], f["message"]) for f in base.findings() if f["code"] == code]


def test_its_findings_stand_beside_all_others(base: Base) -> None:
    rule(base, LOW)
    base.ingest()
    assert found(base) == [("git/a", "warning", "/confidence", "0.7 is low; say why")]
    assert base.query("SELECT name FROM findings WHERE code = 'ORG001'") == [("own",)]
    assert base.slugs() == ["a", "b"]


def test_an_error_sends_the_record_to_quarantine(base: Base) -> None:
    rule(base, LOW, severity="error")
    base.ingest()
    assert base.slugs() == ["b"]
    assert base.query("SELECT record_id, codes FROM quarantine") == [("git/a", ["ORG001"])]
    base.record("a", confidence=0.9)
    base.ingest()
    assert base.slugs() == ["a", "b"]


def test_kb_toml_has_the_last_word(base: Base) -> None:
    rule(base, LOW, severity="error")
    base.configure('[rules.severity]\nORG001 = "info"\n')
    base.ingest()
    assert [severity for _, severity, _, _ in found(base)] == ["info"]
    base.configure('[rules]\nignore = ["ORG001"]\n')
    base.ingest()
    assert found(base) == []


def test_a_change_of_the_rule_judges_again(base: Base) -> None:
    rule(base, LOW)
    base.ingest()
    assert not base.ingest().written
    rule(base, LOW.replace("0.9", "0.5"))
    assert base.ingest().written
    assert found(base) == []
    base.drop("rules")
    base.ingest()
    assert base.ingest().notes == ()


def test_validate_judges_by_it_one_record_too(base: Base) -> None:
    rule(base, LOW)
    for path in ("raw", "raw/git/a.json"):
        result = validate(base.workspace, [base.root / path], Request(DAY, jobs=1))
        assert [f.record for f in result.findings if f.code == "ORG001"] == ["git/a"]
    base.ingest()
    given = base.put("new/git/c.json", record("c", confidence=0.6))
    result = validate(base.workspace, [given], Request(DAY, jobs=1))
    assert [f.record for f in result.findings if f.code == "ORG001"] == ["git/c"]


def test_the_day_is_at_hand(base: Base) -> None:
    rule(base, "SELECT id, '' AS pointer, age || ' days' AS message FROM trust($as_of) ORDER BY id")
    base.ingest()
    assert found(base)[0] == ("git/a", "warning", "", "113 days")


@pytest.mark.long
def test_many_processes_know_it_too(base: Base) -> None:
    rule(base, LOW)
    base.configure('[rules.severity]\nORG001 = "info"\n')
    base.put("raw/many.ndjson", ndjson(*(record(f"r{i}", root_cause="x" * 3_000) for i in range(2_000))))
    result = validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=2))
    assert [f.record for f in result.findings if f.code == "ORG001"] == ["git/a"]


def test_foreign_records_are_pointed_into_as_they_came(base: Base, corpora: Path) -> None:
    rule(base, "SELECT id, '/confidence' AS pointer, 'is ' || confidence AS message FROM records")
    some = corpora / "errorcanon/canons/git/refusing-to-merge-unrelated"
    result = validate(base.workspace, [some], Request(DAY, jobs=1))
    assert {f.pointer for f in result.findings if f.code == "ORG001"} == {"/verdict/confidence"}


def test_rules_and_explain_know_it(base: Base) -> None:
    rule(base, LOW, severity="error")
    assert re.search(
        r"^ORG001 +own +corpus +error +a good record is as we want it$", kb(base.root, "rules").out, re.MULTILINE
    )
    shown = kb(base.root, "explain", "own").out
    assert shown.startswith("ORG001 own (error)\n\nA good record is as we want it.\n")
    assert "rules/own.sql" in shown
    assert LOW in shown


def test_a_summary_names_it(base: Base) -> None:
    rule(base, LOW)
    assert "ORG001 own 1" in kb(base.root, "ingest", "raw", "--as-of", str(DAY)).out


# what it may not

FORBIDDEN = {
    "two statements": f"{LOW}; {LOW}",
    "no query": "-- nothing\n",
    "insert": "INSERT INTO records SELECT * FROM records",
    "delete within": "WITH x AS (DELETE FROM records RETURNING id) SELECT id, '' AS pointer, '' AS message FROM x",
    "update within": "WITH x AS (UPDATE records SET line = 1 RETURNING id) SELECT id, '' AS pointer, '' AS message FROM x",
    "create": "CREATE TABLE mine AS SELECT 1",
    "copy": f"COPY ({LOW}) TO '{{out}}'",
    "export": "EXPORT DATABASE '{out}'",
    "attach": "ATTACH '{out}' AS other",
    "pragma": "PRAGMA database_list",
    "set": "SET threads = 1",
    "call": "CALL force_checkpoint()",
    "install": "INSTALL httpfs",
    "explain": f"EXPLAIN {LOW}",
    "read_csv": "SELECT id, '' AS pointer, '' AS message FROM read_csv('{secret}') JOIN records ON true",
    "read_text": "SELECT '' AS id, '' AS pointer, content AS message FROM read_text('{secret}')",
    "read_blob": "SELECT (SELECT content FROM read_blob('{secret}')) AS id, '' AS pointer, '' AS message",
    "glob": "SELECT file AS id, '' AS pointer, '' AS message FROM glob('{secret}*')",
    "a file as a table": "SELECT '' AS id, '' AS pointer, '' AS message FROM '{secret}'",
    "a Python variable": "SELECT '' AS id, '' AS pointer, '' AS message FROM HEADER",
    "query": "SELECT * FROM query('SELECT 1 AS id, 2 AS pointer, 3 AS message')",
    "query_table": "SELECT id, '' AS pointer, '' AS message FROM query_table('records')",
    "environment": "SELECT id, '' AS pointer, getenv('HOME') AS message FROM records",
    "settings": "SELECT id, '' AS pointer, current_setting('temp_directory') AS message FROM records",
    "settings as a table": "SELECT name AS id, '' AS pointer, value AS message FROM duckdb_settings()",
    "variable": "SELECT id, '' AS pointer, getvariable('shape') AS message FROM records",
    "clock": "SELECT id, '' AS pointer, now()::VARCHAR AS message FROM records",
    "calendar": "SELECT id, '' AS pointer, current_date::VARCHAR AS message FROM records",
    "ago": "SELECT id, '' AS pointer, ago(INTERVAL 1 DAY)::VARCHAR AS message FROM records",
    "chance": "SELECT id, '' AS pointer, '' AS message FROM records WHERE random() < 0.5",
    "chance in an order": "SELECT id, '' AS pointer, 'x' AS message FROM records ORDER BY random() LIMIT 1",
    "uuid": "SELECT id, '' AS pointer, uuid()::VARCHAR AS message FROM records",
    "sample": "SELECT id, '' AS pointer, 'x' AS message FROM records USING SAMPLE 1",
    "sleep": "SELECT id, '' AS pointer, sleep_ms(1)::VARCHAR AS message FROM records",
    "log": "SELECT id, '' AS pointer, write_log('x')::VARCHAR AS message FROM records",
    "the catalogue": "SELECT table_name AS id, '' AS pointer, '' AS message FROM duckdb_tables()",
    "information schema": "SELECT table_name AS id, '' AS pointer, '' AS message FROM information_schema.tables",
    "describe": "SELECT column_name AS id, '' AS pointer, '' AS message FROM (DESCRIBE records)",
    "findings": "SELECT record_id AS id, pointer, message FROM findings",
    "runs": "SELECT version AS id, '' AS pointer, '' AS message FROM runs",
    "match_keys": "SELECT record_id AS id, '' AS pointer, '' AS message FROM match_keys",
    "another parameter": "SELECT id, '' AS pointer, $day AS message FROM records",
    "other columns": "SELECT id, message FROM (SELECT id, '' AS message FROM records)",
    "columns in disorder": "SELECT id, 'x' AS message, '' AS pointer FROM records",
    "no such column": "SELECT id, '' AS pointer, nope AS message FROM records",
    "no such function": "SELECT id, '' AS pointer, nope(id) AS message FROM records",
    "no SQL": "SELEKT id",
    "an unknown id": "SELECT 'git/zz' AS id, '' AS pointer, 'x' AS message",
    "no id": "SELECT NULL AS id, '' AS pointer, 'x' AS message",
    "no pointer": "SELECT id, 'confidence' AS pointer, 'x' AS message FROM records",
    "no message": "SELECT id, '' AS pointer, NULL AS message FROM records",
    "failing": "SELECT id, '' AS pointer, CAST(id AS INTEGER) || '' AS message FROM records",
}


@pytest.mark.long(every=4)
@pytest.mark.parametrize("name", FORBIDDEN)
def test_anything_else_is_one_line_and_does_nothing(base: Base, name: str, tmp_path: Path) -> None:
    out, secret = tmp_path / "out", tmp_path / "secret.csv"
    secret.write_text("id,pointer,message\ngit/a,/x,hidden\n", encoding="utf-8")
    rule(base, FORBIDDEN[name].format(out=out, secret=secret))
    before = base.footprint()
    for job in (base.ingest, lambda: validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=1))):
        with pytest.raises(KbError) as caught:
            job()
        assert str(caught.value).startswith("rules/own.sql: ")
        assert "\n" not in str(caught.value)
        assert "hidden" not in str(caught.value)
        assert os.environ["HOME"] not in str(caught.value).replace(str(tmp_path), "")
    assert {k: v for k, v in base.footprint().items() if k != str(base.root)} == {
        k: v for k, v in before.items() if k != str(base.root)
    }
    assert not out.exists()


def test_a_broken_file_is_exit_2_and_names_the_file(base: Base) -> None:
    rule(base, "SELEKT")
    for command in (["ingest", "raw"], ["validate", "raw"]):
        outcome = kb(base.root, *command)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("kb: rules/own.sql: ")
        assert outcome.err.count("\n") == 1


def test_a_file_that_is_no_text_is_told(base: Base) -> None:
    base.put("rules/own.sql", b"\xff")
    assert "rules/own.sql: cannot be read" in kb(base.root, "rules").err


def test_other_files_and_other_folders_are_left_alone(base: Base) -> None:
    base.put("rules/notes.md", b"x")
    base.put("rules/.draft.sql", b"x")
    base.put("rules/old/own.sql", b"x")
    base.ingest()
    base.drop("kb.toml")
    base.put("rules/own.sql", b"x")
    assert base.workspace.rule_files() == {}


# the page


def test_the_example_of_the_page_works(base: Base) -> None:
    page = (ROOT / "docs/custom-rules.md").read_text(encoding="utf-8")
    query = page.partition("```sql\n")[2].partition("```")[0]
    name = re.search(r"`(rules/[a-z-]+\.sql)`", page)
    assert name
    base.put(name[1], query.encode())
    actions = {"workarounds/0/action": "Restart the daemon", "workarounds/1/action": "Restart the machine"}
    for slug, changes in {"only": actions, "better": {"workarounds/0/action": "Restart the daemon"}}.items():
        base.put(f"raw/docker/{slug}.json", record("x", id=f"docker/{slug}", domain="docker", **changes))
    base.record("restarts", **actions)
    base.ingest()
    assert found(base) == [
        ("docker/only", "warning", "/workarounds",
         'every workaround restarts something, such as "Restart the daemon"; name a step before that')
    ]  # fmt: skip
    settings = page.partition("```toml\n")[2].partition("```")[0]
    base.configure(settings)
    base.ingest(allow_removals=True)
    assert base.column("SELECT record_id FROM quarantine") == ["docker/only"]
