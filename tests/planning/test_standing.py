"""A store that is not as kb left it is made anew from raw/, or left alone where kb did not make it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import pytest

from kb import store
from kb.errors import KbError
from kb.jobs.doctor import doctor
from kb.jobs.ingest import ingest
from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.planning import standing
from kb.publish import swap
from kb.sources.formats import NATIVE
from kb.workspace import Workspace
from tests.bases import DAY, Base, contents, ndjson, record
from tests.conftest import LONG

pytestmark = [pytest.mark.whole, pytest.mark.long(every=3)]


ELSEWHERE = "inbox"
"""Ingested once, and not named again."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base with something in every table, made in two runs from two places, one in a format that was named."""
    base = Base(tmp_path_factory.mktemp("published"), is_whole=True)
    base.record("a", category=" usage_error ", aliases=["git/z"])
    base.put("raw/copy.json", record("a", category=" usage_error ", aliases=["git/z"]))
    base.put(
        "raw/x.ndjson", ndjson(record("b"), b"{", record("a", last_updated="2025-01-01"), record("c", confidence=85))
    )
    base.put(f"{ELSEWHERE}/d.json", record("d", regex=record("b")["regex"]))
    ingest(base.workspace, [base.root / ELSEWHERE], Request(as_of=DAY, jobs=1, form=NATIVE))
    base.record("e")
    base.record("f")
    base.ingest()
    return base


@pytest.fixture(scope="module")
def fresh(published: Base, tmp_path_factory: pytest.TempPathFactory) -> Base:
    """What is made of the same files in the places where there was nothing."""
    base = Base(tmp_path_factory.mktemp("fresh"), is_whole=True)
    for name in ("raw", ELSEWHERE):
        shutil.copytree(published.root / name, base.root / name)
    ingest(base.workspace, [base.root / ELSEWHERE], Request(as_of=DAY, jobs=1, form=NATIVE))
    base.ingest()
    return base


@pytest.fixture
def copy(published: Base, tmp_path: Path) -> Base:
    """A copy of the base, to be harmed."""
    shutil.copytree(published.root, tmp_path / "copy")
    return Base(tmp_path / "copy", is_whole=True)


@pytest.fixture
def alone(published: Base, tmp_path: Path) -> Base:
    """A copy of the store and its seal, without the files, to be harmed."""
    shutil.copytree(published.workspace.scratch, tmp_path / "alone/.kb")
    shutil.copy2(published.workspace.store, tmp_path / "alone")
    return Base(tmp_path / "alone", is_whole=True)


def what_is_found(base: Base) -> standing.Found:
    """All that the plan of an ingest is told of the base; where that is the same, so is what is made."""
    with standing.found(base.workspace) as found:
        return found


@pytest.fixture(scope="module")
def history(published: Base) -> standing.History:
    """What the base alone knows."""
    with swap.reading(published.workspace) as opened:
        return opened.history()


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
    "match keys": "UPDATE match_keys SET signature_key = 7, bands = [], sentence_keys = []",
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


NOTICED = "kb.duckdb was changed by another program (or damaged); made anew from raw/"
HISTORY_GONE = f"{NOTICED}; its history of earlier runs was changed too, so that is lost"


@pytest.mark.long(every=8)
@pytest.mark.parametrize("name", BY_HAND)
def test_whatever_was_changed_by_hand_is_noticed(alone: Base, history: standing.History, name: str) -> None:
    statement = BY_HAND[name]
    alter(alone, statement)
    found = what_is_found(alone)
    assert found.base is None
    assert (found.roots, found.forms) == ([ELSEWHERE, "raw"], {f"{ELSEWHERE}/d.json": NATIVE})
    if "DROP TABLE runs" in statement:
        assert (found.history, found.notes) == (None, [HISTORY_GONE])
    else:
        assert (found.history, found.notes) == (history, [NOTICED])


@pytest.mark.long(every=20)
@pytest.mark.parametrize(
    "statements",
    [
        [BY_HAND[name] for name in ("findings gone", "a record gone", "documents gone", "digests of files", "match keys",
                                    "quarantine", "a macro", "a table that is a view")],
        *([statement] for statement in BY_HAND.values()),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_made_anew(copy: Base, fresh: Base, statements: list[str]) -> None:
    alter(copy, *statements)
    result = copy.ingest()
    is_gone = any("DROP TABLE runs" in statement for statement in statements)
    assert [note for note in result.notes if "by another program" in note] == [HISTORY_GONE if is_gone else NOTICED]
    assert holds_what_a_fresh_one_holds(copy, fresh)
    assert runs(copy) == ([1] if is_gone else [1, 2, 3])
    assert not copy.ingest().written
    assert doctor(copy.workspace) == []


@pytest.mark.long(every=4)
@pytest.mark.parametrize("name", OF_HISTORY)
def test_a_history_that_was_changed_by_hand_is_noticed(alone: Base, name: str) -> None:
    alter(alone, OF_HISTORY[name])
    found = what_is_found(alone)
    assert (found.base, found.history, found.notes) == (None, None, [HISTORY_GONE])


@pytest.mark.parametrize("name", ["a macro", "match keys"])
def test_who_reads_refuses_what_was_changed_by_hand(alone: Base, name: str) -> None:
    alter(alone, BY_HAND[name])
    with pytest.raises(KbError, match=r"^kb\.duckdb: was changed by another program .*; run `kb ingest`"):
        reads(alone.workspace)


def test_the_doctor_sees_what_no_contract_shows(copy: Base) -> None:
    alter(copy, BY_HAND["match keys"])
    (breach,) = doctor(copy.workspace)
    assert str(breach) == "kb.duckdb: not as kb left it"


def test_validate_does_not_judge_by_what_was_changed_by_hand(copy: Base) -> None:
    alter(copy, BY_HAND["a record gone"])
    result = validate(copy.workspace, [copy.root / "raw"], Request(as_of=DAY, jobs=1))
    assert (
        "kb.duckdb was changed by another program (or damaged), so the records are judged among themselves"
        in result.notes
    )


def test_a_store_that_was_only_copied_or_touched_is_as_it_was_left(alone: Base) -> None:
    os.utime(alone.workspace.store)
    assert swap.is_as_left(alone.workspace)
    found = what_is_found(alone)
    assert found.base is not None
    assert found.notes == ()


def test_changes_that_wait_in_a_log_are_changes(alone: Base) -> None:
    script = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        " c.execute(\"UPDATE records SET doc = '{}'\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, alone.workspace.store], check=True)
    assert (alone.root / "kb.duckdb.wal").exists()
    with pytest.raises(KbError, match=r"changed by another program \(see kb\.duckdb\.wal\)"):
        reads(alone.workspace)
    assert what_is_found(alone).base is None


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
    with swap.reading(workspace) as opened:
        opened.query("SELECT doc FROM records")
        opened.query("FROM findings")


@pytest.mark.parametrize("harm", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_one_line_and_noticed(alone: Base, harm: Callable[[Path], object]) -> None:
    harm(alone.workspace.store)
    with one_line():
        reads(alone.workspace)
    found = what_is_found(alone)
    assert found.base is None
    assert (found.roots, found.forms) == ([ELSEWHERE, "raw"], {f"{ELSEWHERE}/d.json": NATIVE})
    assert found.notes in ([NOTICED], [HISTORY_GONE])


def test_a_byte_that_only_the_database_can_notice_is_one_line(alone: Base) -> None:
    path = alone.workspace.store
    whole = path.read_bytes()
    said = []
    for place in range(20_000, len(whole), len(whole) // (200 if LONG else 20)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            reads(alone.workspace)
        except KbError as error:
            said.append(str(error))
    assert said
    assert {line.split(" (")[0] for line in said} <= {"kb.duckdb: is damaged", "kb.duckdb: cannot be opened"}
    assert all(line.endswith("; move it away, then run `kb ingest`") and "\n" not in line for line in said)


UNKNOWN = {"magic bytes flipped", "version flipped", "all flipped", "zeros"}
"""With such a damage nothing but its size says of a file that it is kb's."""


@pytest.mark.long(every=4)
@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_store_is_made_anew_and_what_is_lost_is_said(copy: Base, name: str) -> None:
    if name not in UNKNOWN:
        alter(copy, OF_HISTORY["a day"])
    DAMAGES[name](copy.workspace.store)
    copy.drop(ELSEWHERE)
    with one_line():
        doctor(copy.workspace)
    assert {HISTORY_GONE, f"{ELSEWHERE}: is gone, and its records with it"} <= {*copy.ingest().notes}
    assert runs(copy) == [1]
    assert copy.slugs() == ["a", "b", "e", "f"]


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
def test_what_kb_did_not_make_is_left_alone(alone: Base, make: Callable[[Path], object], is_sealed: bool) -> None:  # noqa: FBT001 - a parameter
    path = alone.workspace.store
    path.unlink()
    if not is_sealed:
        alone.drop(".kb")
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for ask in (reads, doctor, lambda _: alone.ingest()):
        with pytest.raises(KbError, match=r"^kb\.duckdb: .+") as refused:
            ask(alone.workspace)
        assert "\n" not in str(refused.value)
    assert "move it away" in str(refused.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_database_without_tables_is_nothing_to_lose(alone: Base) -> None:
    alone.workspace.store.unlink()
    duckdb.connect(alone.workspace.store).close()
    assert what_is_found(alone).base is None


HOLD = """
import duckdb, sys
held = [duckdb.connect(path) for path in sys.argv[1:]]
for connection in held:
    connection.execute("CREATE TABLE mine (i INTEGER)")
print(flush=True)
input()
"""


def test_a_store_that_another_process_holds_open_is_one_line(alone: Base, tmp_path: Path) -> None:
    another = Base(tmp_path / "another", is_whole=True)
    another.root.mkdir()
    stores = [alone.workspace.store, another.workspace.store]
    with subprocess.Popen([sys.executable, "-c", HOLD, *stores], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for base in (alone, another):
            with pytest.raises(
                KbError, match=r"^kb\.duckdb: cannot be opened; another program has it open for writing"
            ):
                base.ingest()
        process.kill()


def test_a_store_without_a_seal_is_made_anew(alone: Base) -> None:
    alone.drop(".kb")
    found = what_is_found(alone)
    assert (found.base, found.roots) == (None, [ELSEWHERE, "raw"])
    (note,) = found.notes
    assert note.startswith("kb.duckdb has no seal of kb")


def test_a_store_that_may_not_be_read_is_one_line(alone: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened = alone.workspace.store, Path.open

    def refused(self: Path, *arguments: object, **options: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    for ask in (reads, lambda _: ingest(alone.workspace, [alone.root / "raw"], Request(as_of=DAY, jobs=1))):
        with pytest.raises(KbError, match=r"^kb\.duckdb: (cannot be read: Permission denied|was changed)"):
            ask(alone.workspace)


# curated/ changed by hand


def edited(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"git", b"got", 1))


def replaced_by_queue(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replaced_by_link(path: Path) -> None:
    moved = path.parents[3] / "moved.json"
    path.rename(moved)
    path.symlink_to(moved)


def replaced_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


RECORDS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "edited": ("a", edited),
    "gone": ("b", Path.unlink),
    "a queue in its place": ("f", replaced_by_queue),
    "a link in its place": ("d", replaced_by_link),
    "a folder in its place": ("e", replaced_by_folder),
    "a stray file": ("stray", lambda path: path.write_text("{}")),
    "a stray queue": ("queue", os.mkfifo),
    "a stray link": ("link", partial(os.symlink, "nowhere")),
    "a part": ("part", lambda path: path.write_text("{")),
}
"""Each to another record, so that one ingest can mend them all."""


def test_files_that_were_changed_by_hand_are_seen_and_mended(copy: Base, published: Base) -> None:
    records = copy.workspace.curated / "records/git"
    for slug, harm in RECORDS.values():
        harm(records / f"{slug}.json")
    (copy.workspace.curated / "reports").rename(copy.root / "moved away")
    (records / "folder").mkdir()
    seen = swap.altered(copy.workspace)
    of_records = {f"records/git/{slug}.json" for slug, _ in RECORDS.values()}
    assert {name for name in seen if not name.startswith("reports/")} == of_records | {
        "records/git/e.json/", "records/git/folder/",
    }  # fmt: skip
    assert "reports/metrics.json" in seen
    result = copy.ingest()
    assert (result.written, result.restored, result.notes) == (False, tuple(seen), ())
    assert copy.curated() == published.curated()
    assert swap.is_curated_as_left(copy.workspace)
    assert doctor(copy.workspace) == []


def test_a_folder_that_is_a_link_is_left_where_it_leads(copy: Base, published: Base) -> None:
    copy.workspace.curated.rename(copy.root / "elsewhere")
    copy.workspace.curated.symlink_to("elsewhere")
    assert copy.ingest().restored
    assert not copy.workspace.curated.is_symlink()
    assert copy.curated() == published.curated() == contents(copy.root / "elsewhere")


def test_of_a_copy_that_is_the_same_nothing_is_said(published: Base, tmp_path: Path) -> None:
    shutil.copytree(published.root, tmp_path / "copy", copy_function=shutil.copyfile)
    assert swap.altered(Base(tmp_path / "copy", is_whole=True).workspace) == []
