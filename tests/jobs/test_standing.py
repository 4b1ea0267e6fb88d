"""A store that is not as kb left it is made anew from raw/, or left alone where kb did not make it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipeline import publish, store
from pipeline.jobs.doctor import doctor
from pipeline.jobs.ingest import ingest
from pipeline.jobs.request import Request
from pipeline.jobs.validate import validate
from pipeline.model import KbError
from pipeline.workspace import Workspace
from tests.bases import DAY, Base, ndjson, record

ELSEWHERE = "inbox"
"""Ingested once, and not named again."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base with something in every table, made in two runs from two places. It is for reading."""
    base = Base(tmp_path_factory.mktemp("published"))
    base.record("a", category=" usage_error ", aliases=["git/z"])
    base.put("raw/copy.json", record("a", category=" usage_error ", aliases=["git/z"]))
    base.put(
        "raw/x.ndjson", ndjson(record("b"), b"{", record("a", last_updated="2025-01-01"), record("c", confidence=85))
    )
    base.put(f"{ELSEWHERE}/d.json", record("d", regex=record("b")["regex"]))
    base.ingest("raw", ELSEWHERE)
    base.record("e")
    base.ingest()
    return base


@pytest.fixture(scope="module")
def fresh(published: Base, tmp_path_factory: pytest.TempPathFactory) -> Base:
    """What one ingest makes of the same files."""
    return published.again(tmp_path_factory.mktemp("fresh"), "raw", ELSEWHERE)


@pytest.fixture
def copy(published: Base, tmp_path: Path) -> Base:
    """A copy of the base, to be harmed."""
    shutil.copytree(published.root, tmp_path / "copy")
    return Base(tmp_path / "copy")


def alter(base: Base, *statements: str) -> None:
    with duckdb.connect(base.workspace.store) as connection:
        for statement in statements:
            connection.execute(statement)


def runs(base: Base) -> list[int]:
    return base.column("SELECT run FROM runs ORDER BY run")


def holds_what_a_fresh_one_holds(base: Base, fresh: Base) -> bool:
    return base.curated() == fresh.curated() and base.tables() == fresh.tables()


# changed by hand

BY_HAND = {
    "a finding": "UPDATE findings SET message = 'all is well'",
    "findings gone": "DELETE FROM findings",
    "findings twice": "INSERT INTO findings FROM findings",
    "a record gone": "DELETE FROM records WHERE id = 'git/b'",
    "a value": "UPDATE records SET confidence = 0.99",
    "documents": "UPDATE records SET doc = replace(doc, 'git', 'got')",
    "documents gone": "UPDATE records SET doc = '{}'",
    "digests of records": "UPDATE records SET digest = 'x'",
    "contents": "UPDATE records SET content = 'x'",
    "places": "UPDATE records SET path = 'raw/nowhere.json'",
    "files gone": "DELETE FROM files",
    "digests of files": "UPDATE files SET digest = 'x'",
    "roots": "UPDATE files SET root = 'elsewhere'",
    "formats": "UPDATE files SET form = 'errorcanon'",
    "match keys": "UPDATE traits SET signature_key = 7, bands = [], sentence_keys = []",
    "comparisons": "INSERT INTO pairs SELECT 'REF003', 'git/a', 'git/b', 1.0",
    "quarantine gone": "DELETE FROM quarantine",
    "quarantine": "UPDATE quarantine SET raw = 'x'::BLOB, by_corpus = NOT by_corpus",
    "copies gone": "DELETE FROM copies",
    "changes gone": "DELETE FROM changes",
    "dead ends": "UPDATE dead_ends SET action = 'Do this'",
    "sources": "UPDATE sources SET host = 'example.com'",
    "a macro": "CREATE OR REPLACE MACRO freshness(age, ttl) AS 'fresh'",
    "a macro of a table": "CREATE OR REPLACE MACRO trust(as_of) AS TABLE SELECT 1 AS id",
    "a macro gone": "DROP MACRO alike",
    "a view": "CREATE VIEW mine AS FROM records",
    "a table": "CREATE TABLE mine (i INTEGER)",
    "a table gone": "DROP TABLE sources",
    "a table that is a view": "DROP TABLE sources; CREATE VIEW sources AS SELECT 1 AS record_id",
    "all tables gone": "; ".join(f"DROP TABLE {name}" for name in store.PUBLISHED),
    "a column": "ALTER TABLE records ADD COLUMN mine INTEGER",
    "a column gone": "ALTER TABLE findings DROP COLUMN fingerprint",
    "a type": "ALTER TABLE files ALTER size TYPE VARCHAR",
    "an index": "CREATE INDEX mine ON records (domain)",
    "a comment": "COMMENT ON TABLE records IS 'mine'",
}

OF_HISTORY = {
    "runs gone": "DELETE FROM runs",
    "what was judged with": "UPDATE runs SET judged = '[]'",
    "a day": "UPDATE runs SET as_of = DATE '2030-01-01'",
    "figures": "UPDATE figures SET value = 7",
    "figures gone": "DROP TABLE figures",
}


@pytest.mark.parametrize("statement", BY_HAND.values(), ids=BY_HAND)
def test_whatever_was_changed_by_hand_is_made_anew_and_said(copy: Base, fresh: Base, statement: str) -> None:
    alter(copy, statement)
    result = copy.ingest()
    assert [note for note in result.notes if "by another program" in note] == [
        "kb.duckdb was changed by another program; made anew from raw/"
        + (
            "; what it told of earlier runs is not as kb left it, so that is gone"
            if "DROP TABLE runs" in statement
            else ""
        )
    ]
    assert holds_what_a_fresh_one_holds(copy, fresh)
    assert runs(copy) == ([1] if "DROP TABLE runs" in statement else [1, 2, 3])
    assert not copy.ingest().written
    assert doctor(copy.workspace) == []


@pytest.mark.parametrize("statement", OF_HISTORY.values(), ids=OF_HISTORY)
def test_a_history_that_was_changed_by_hand_goes_with_a_word(copy: Base, fresh: Base, statement: str) -> None:
    alter(copy, statement)
    (note,) = [note for note in copy.ingest().notes if "by another program" in note]
    assert note.endswith("; what it told of earlier runs is not as kb left it, so that is gone")
    assert runs(copy) == [1]
    assert holds_what_a_fresh_one_holds(copy, fresh)


@pytest.mark.parametrize("name", ["a finding", "a macro", "match keys"])
def test_who_reads_refuses_what_was_changed_by_hand(copy: Base, name: str) -> None:
    alter(copy, BY_HAND[name])
    with pytest.raises(KbError, match=r"^kb\.duckdb: was changed by another program .*; run `kb ingest`"):
        reads(copy.workspace)


def test_the_doctor_sees_what_no_contract_shows(copy: Base) -> None:
    alter(copy, BY_HAND["match keys"])
    (breach,) = doctor(copy.workspace)
    assert str(breach) == "kb.duckdb: not as kb left it"


def test_validate_does_not_judge_by_what_was_changed_by_hand(copy: Base) -> None:
    alter(copy, BY_HAND["a record gone"])
    result = validate(copy.workspace, [copy.root / "raw"], Request(as_of=DAY, jobs=1))
    assert "kb.duckdb was changed by another program, so the records are judged among themselves" in result.notes


def test_a_place_that_is_gone_when_a_store_is_made_anew_is_said(copy: Base) -> None:
    alter(copy, BY_HAND["a finding"])
    copy.drop(ELSEWHERE)
    assert f"{ELSEWHERE}: is gone, and what the base held from there with it" in copy.ingest().notes
    assert "d" not in copy.slugs()


def test_a_store_that_was_only_copied_or_touched_is_as_it_was_left(copy: Base) -> None:
    os.utime(copy.workspace.store)
    assert publish.is_as_left(copy.workspace)
    assert copy.ingest().notes == ()
    assert runs(copy) == [1, 2]


def test_changes_that_wait_in_a_log_are_changes(copy: Base, fresh: Base) -> None:
    script = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        " c.execute(\"UPDATE records SET doc = '{}'\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, copy.workspace.store], check=True)
    assert (copy.root / "kb.duckdb.wal").exists()
    with pytest.raises(KbError, match=r"changed by another program \(see kb\.duckdb\.wal\)"):
        reads(copy.workspace)
    copy.ingest()
    assert not (copy.root / "kb.duckdb.wal").exists()
    assert holds_what_a_fresh_one_holds(copy, fresh)


# damaged


def flip(path: Path, start: int, step: int) -> None:
    data = bytearray(path.read_bytes())
    for place in range(start, len(data), step):
        data[place] ^= 0xFF
    path.write_bytes(data)


@contextmanager
def one_line() -> Iterator[None]:
    """What is damaged need not be what is asked for; where it is, one line says so."""
    said = []
    try:
        yield
    except KbError as error:
        said.append(str(error))
    assert all(line.startswith("kb.duckdb: ") and "\n" not in line for line in said)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": lambda path: flip(path, 12288, 1009),
    "one byte flipped": lambda path: flip(path, 300_000, 10**9),
    "magic bytes flipped": lambda path: flip(path, 8, 10**9),
    "version flipped": lambda path: flip(path, 13, 10**9),
    "header flipped": lambda path: flip(path, 4100, 10**9),
    "all flipped": lambda path: flip(path, 0, 1),
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "truncated to its headers": lambda path: os.truncate(path, 12288),
    "empty": lambda path: os.truncate(path, 0),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
}


def reads(workspace: Workspace) -> None:
    """What every command does that only asks."""
    with publish.reading(workspace) as opened:
        opened.query("SELECT doc FROM records")
        opened.query("FROM findings")


@pytest.mark.parametrize("harm", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_one_line_and_made_anew(copy: Base, fresh: Base, harm: Callable[[Path], object]) -> None:
    harm(copy.workspace.store)
    for ask in (reads, doctor):
        with one_line():
            ask(copy.workspace)
    result = copy.ingest()
    assert [note for note in result.notes if note.startswith("kb.duckdb ") and "made anew from raw/" in note]
    assert holds_what_a_fresh_one_holds(copy, fresh)


# made by others


def of_duckdb(path: Path) -> None:
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE customers (i INTEGER); CREATE TABLE files (path VARCHAR)")


def of_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (i INTEGER)")


def of_newer_duckdb(path: Path) -> None:
    of_duckdb(path)
    data = bytearray(path.read_bytes())
    data[12:20] = (9999).to_bytes(8, "little")
    path.write_bytes(data)


OTHERS: dict[str, Callable[[Path], object]] = {
    "another database": of_duckdb,
    "SQLite": of_sqlite,
    "a newer DuckDB": of_newer_duckdb,
    "text": lambda path: path.write_text("Dear diary"),
    "a folder": lambda path: path.mkdir(),
    "a queue": os.mkfifo,
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("is_sealed", [True, False], ids=["with a seal", "without"])
def test_what_kb_did_not_make_is_left_alone(copy: Base, make: Callable[[Path], object], is_sealed: bool) -> None:  # noqa: FBT001 - a parameter
    path = copy.workspace.store
    path.unlink()
    if not is_sealed:
        copy.drop(".kb")
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for ask in (reads, doctor, lambda _: copy.ingest()):
        with pytest.raises(KbError, match=r"^kb\.duckdb: .+") as refused:
            ask(copy.workspace)
        assert "\n" not in str(refused.value)
    assert "move it away" in str(refused.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_database_without_tables_is_nothing_to_lose(copy: Base, fresh: Base) -> None:
    copy.workspace.store.unlink()
    duckdb.connect(copy.workspace.store).close()
    copy.ingest()
    assert holds_what_a_fresh_one_holds(copy, fresh)


@pytest.fixture
def holding() -> Iterator[Callable[[Path, str], None]]:
    """Another process that has a database open, and writes to it."""
    held: list[subprocess.Popen[str]] = []

    def hold(path: Path, statement: str) -> None:
        script = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); c.execute(sys.argv[2]); print(flush=True); input()"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script, path, statement], stdin=-1, stdout=-1, text=True
        )  # fmt: skip
        held.append(process)
        assert process.stdout is not None
        process.stdout.readline()

    yield hold
    for process in held:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("is_own", [True, False], ids=["the base", "another database"])
def test_a_store_that_another_process_holds_open_is_one_line(
    copy: Base,
    holding: Callable[[Path, str], None],
    is_own: bool,  # noqa: FBT001 - a parameter
) -> None:
    if not is_own:
        copy.workspace.store.unlink()
    holding(copy.workspace.store, "CREATE TABLE mine (i INTEGER)")
    with pytest.raises(KbError, match=r"^kb\.duckdb: cannot be opened; another program has it open for writing"):
        copy.ingest()


def test_a_store_without_a_seal_is_made_anew(copy: Base, fresh: Base) -> None:
    alter(copy, BY_HAND["match keys"])
    copy.drop(".kb")
    assert any(note.startswith("kb.duckdb has no seal of kb") for note in copy.ingest().notes)
    assert holds_what_a_fresh_one_holds(copy, fresh)


def test_a_store_that_may_not_be_read_is_one_line(copy: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened = copy.workspace.store, Path.open

    def refused(self: Path, *arguments: object, **options: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    for ask in (reads, lambda _: ingest(copy.workspace, [copy.root / "raw"], Request(as_of=DAY, jobs=1))):
        with pytest.raises(KbError, match=r"^kb\.duckdb: (cannot be read: Permission denied|was changed)"):
            ask(copy.workspace)
