"""What is held against the store before: all that reports and lists are made of, and nothing that they are not made of."""

import shutil
from pathlib import Path

import pytest

from kb.publish import curated_files
from kb.reports import Options
from kb.store import build
from kb.store.as_before import _OF_RUNS, _WORDS, as_before, compared
from kb.store.build import Draft
from kb.store.layout import tables
from tests.bases import DAY, Base, contents, ndjson, record, suppressions
from tests.conftest import default_rules
from tests.ledger.bases import decide

LEFT_OUT = [(table, column) for table, columns in _WORDS.items() for column in columns]
COMPARED = [
    (table, column.name)
    for table, (_, columns) in tables().items()
    for column in columns
    if table not in _OF_RUNS and (table, column.name) not in LEFT_OUT
]
KINDS = {(table, column.name): column.type for table, (_, columns) in tables().items() for column in columns}


@pytest.fixture(scope="module")
def rich(example: Base, tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base with rows in every table: the example, what is copied, and what was decided."""
    base = Base(tmp_path_factory.mktemp("rich"), is_whole=True)
    shutil.copytree(example.root / "raw", base.root / "raw")
    clean = {slug: record(slug, verification_tier="community_reported", confidence=0.5) for slug in "abcd"}
    graph = {"leads_to": [{"error_id": "git/b", "probability": 0.5}]}
    wide = record("wide", regex="fatal: . is no repository", transition_graph=graph)
    base.put("raw/x.ndjson", ndjson(b"{", *clean.values(), clean["b"], wide))
    for kind in ("confirm", "promote", "outcome"):
        decide(base, kind, clean["a"])
    evidence = [{"kind": "url", "ref": "https://a.example.org/1"}]
    by_ci = {"worked": False, "by": "ci:nightly", "with": {"git": "2.40"}, "note": "seen", "evidence": evidence}
    decide(base, "outcome", clean["b"], **by_ci)
    retracted = decide(base, "refute", clean["b"])
    decide(base, "retract", clean["b"], retracts=retracted.id)
    decide(base, "withdraw", clean["c"])
    decide(base, "merge", clean["d"], successor="git/a")
    base.configure(f"as_of = {DAY}\n" + suppressions({"record": "git/a", "code": "EVD003", "reason": "as it is"}))
    base.ingest()
    return base


def copied(base: Base, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(base.workspace.store, folder / "kb.duckdb"))


def changed(table: str, column: str) -> str:
    """A statement that changes a column in every row; words keep their length."""
    value = {
        "VARCHAR": f"reverse({column} || '.')" if (table, column) in COMPARED else f"reverse({column})",
        "VARCHAR[]": f"[reverse(one) FOR one IN {column}] || CASE WHEN '{table}' = 'quarantine' THEN ['X'] ELSE [] END",
        "BOOLEAN": f"NOT {column}",
        "DATE": f"{column} + 1",
        "TIMESTAMP": f"{column} + INTERVAL 1 DAY",
        "DOUBLE": f"{column} / 2 + 0.1",
        "JSON": """'{"other": 1}'""",
        "BLOB": f"{column} || 'x'::BLOB",
    }.get(KINDS[table, column], f"{column} + 1")
    return f"UPDATE {table} SET {column} = {value}"  # noqa: S608 - names of ours


def made(draft: Draft, folder: Path) -> dict[str, bytes]:
    """Lists and reports, by the names of their files."""
    folder.mkdir()
    elsewhere = curated_files.Known(elsewhere={"records.ndjson": ""})
    curated_files.write(draft, folder, folder / "none", Options(DAY), default_rules(), elsewhere)
    return {name: data for name, data in contents(folder).items() if not name.startswith(("records", "manifest"))}


def test_nothing_that_is_left_out_is_in_a_list_or_a_report(rich: Base, tmp_path: Path) -> None:
    with build.change(copied(rich, tmp_path)) as draft:
        before = made(draft, tmp_path / "before")
        for table, column in LEFT_OUT:
            draft.query(changed(table, column))
        for table in _OF_RUNS:
            draft.query(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        assert made(draft, tmp_path / "after") == before
        assert all(table in compared() for table in tables() if table not in _OF_RUNS)


@pytest.mark.long(every=3)
@pytest.mark.parametrize(("table", "column"), COMPARED)
def test_a_column_that_is_not_left_out_is_compared(rich: Base, tmp_path: Path, table: str, column: str) -> None:
    with build.change(copied(rich, tmp_path)) as draft:
        if not draft.holds(f"{table} WHERE {column} IS NOT NULL"):
            pytest.skip("the base has nothing there")
        draft.lay_out("touched", {"id": "VARCHAR"}, draft.query("SELECT id FROM records").rows)
        assert as_before(draft, rich.workspace.store) == compared().keys()
        draft.query(changed(table, column))
        assert table not in as_before(draft, rich.workspace.store)
