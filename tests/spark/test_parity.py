"""What Spark makes of records is what DuckDB's way makes of them: every table row for row, every file byte for byte."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.generate import records
from kb.errors import KbError
from kb.jobs.decide import Decision, decide
from kb.jobs.doctor import doctor
from kb.jobs.gate import gate
from kb.jobs.ingest import ingest
from kb.judging.request import Request
from kb.publish import swap
from kb.reports import REPORTS, Options, run
from kb.rules import collisions
from kb.store import parquet_tables
from kb.store import read as read_store
from kb.workspace import find
from tests.bases import DAY, INCIDENTAL, Base, contents, copy, ndjson, record, suppressions
from tests.conftest import CORPORA, LONG, ROOT
from tests.ledger.bases import decide as put_event
from tests.ledger.events import event
from tests.spark.conftest import OnSpark

pytestmark = [pytest.mark.spark, pytest.mark.whole]

_OF_KB = {"match_keys": "* EXCLUDE (compared) REPLACE (list_sort(sentence_keys) AS sentence_keys)"}


def rows(base: Base, target: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The rows of every table, those of kb itself too, of DuckDB's way and of Spark's."""
    with read_store(base.workspace.store, any_layout=True) as one, parquet_tables.read(target) as two:
        made = []
        for store in (one, two):
            asked = {table: {**INCIDENTAL, **_OF_KB}.get(table, "*") for table in parquet_tables.declared()}
            made.append(
                {
                    table: sorted(map(repr, store.query(f"SELECT {columns} FROM {table}").rows))  # noqa: S608 - names of ours
                    for table, columns in asked.items()
                }
            )
    return made[0], made[1]


def published(folder: Path) -> dict[str, bytes]:
    """The files below `curated/`; the parts of the records as one."""
    files = contents(folder)
    parts = sorted(name for name in files if name.startswith("records.ndjson/"))
    whole = b"".join(files.pop(name) for name in parts)
    return {**({"records.ndjson": whole} if parts else {}), **files}


def check_equal(base: Base, target: Path) -> None:
    ours, theirs = rows(base, target)
    assert {table: theirs[table] for table in ours if ours[table] != theirs[table]} == {}
    assert published(target / "curated") == base.curated()


def check_read(base: Base, target: Path) -> None:
    """What kb makes of the folder is what it makes of the base; it writes nothing there, and finds what others changed."""
    workspace = find(target)
    answers = []
    for one in (base.workspace, workspace):
        with swap.reading(one) as store:
            answers.append([run(store, REPORTS[name], Options(DAY)).parts for name in ("stale", "tiers", "findings")])
    assert answers[0] == answers[1]
    assert gate(workspace, DAY) == gate(base.workspace, DAY)
    assert doctor(workspace) == []
    with pytest.raises(KbError, match="--engine spark"):
        ingest(workspace, [base.root / "raw"], Request(DAY))
    with pytest.raises(BaseException, match="disabled by configuration"), swap.reading(workspace) as store:
        store.query(f"FROM read_text('{base.root / 'kb.toml'}')")
    part = next((target / "curated" / "records.ndjson").iterdir())
    part.write_bytes(part.read_bytes().replace(b"git/one", b"git/two", 1))
    assert [str(breach) for breach in doctor(workspace)] == ["curated/records.ndjson: not as in the store"]


def configure(base: Base, more: str = "") -> None:
    base.configure(f'as_of = {DAY}\n[export]\nrecords = "ndjson"\n{more}')


def hostile(base: Base) -> None:
    """A base with a case of each kind that is between records, and that no file of lines is read in one."""
    one, two = record("one"), record("two", aliases=["git/old"])
    base.put("raw/one.json", one)
    base.put(
        "raw/lines.ndjson",
        ndjson(
            one, two, b"{", {**one, "confidence": 0.4}, {**record("three"), "last_updated": "2026-01-01"}, b"", b"[1]",
            record("nine", last_confirmed="2027-01-01", first_seen="2027-02-01"), b"\xff\xfe",
        ),
    )  # fmt: skip
    base.put("raw/more/three.json", record("three"))
    base.put(
        "raw/more/two.ndjson",
        ndjson(two, record("six", **{"transition_graph/leads_to": ["git/none", "git/old", "git/two"]})),
    )
    base.put("raw/more/alike.json", [copy(f"same-{word}") for word in ("ax", "bx", "cx", "dx", "ex", "fx", "gx")])
    base.put("raw/aliases.ndjson", ndjson(record("al", aliases=["git/one"]), record("al", aliases=["git/one"])))
    base.put("raw/page.yaml", b"id: git/page\nsignature: 'fatal: a page'\n")
    base.put(
        "rules/own.sql",
        b"-- code: ORG001\n-- name: says-two\n-- severity: warning\n-- text: Says nothing of two.\n--\n-- Because.\n"
        b"SELECT id, '/signature' AS pointer, 'it says ' || signature AS message FROM records WHERE id LIKE '%two%'\n",
    )
    configure(
        base,
        '[rules.severity]\nIDN006 = "error"\n'
        + suppressions(
            {"record": "git/same-*", "code": "IDN004", "reason": "they are one"},
            {"record": "git/zzz", "code": "TXT007", "reason": "nobody"},
            {"record": "git/one", "code": "SCH003", "reason": "no more", "until": "2026-01-01"},
        ),
    )


def decide_some(base: Base) -> None:
    """Events that hold, that do not, and that take a record out."""
    asked = Decision("confirm", "2026-11-20T00:00:00Z", "person:Ada")
    decide(base.workspace, ["git/one"], asked)
    decide(base.workspace, ["git/nine"], asked._replace(kind="withdraw", reason="it is wrong"))
    for slug in ("one", "al"):  # the second is rejected for its alias, so nothing stands there that was tried
        put_event(base, "outcome", record(slug, aliases=["git/one"] if slug == "al" else []))
    gone = event("confirm", record="git/gone")
    base.put("ledger/gone.json", gone.document)
    base.put("ledger/broken.json", b"{")


def test_what_is_between_records(base: Base, on_spark: OnSpark, tmp_path: Path) -> None:
    hostile(base)
    base.ingest()
    decide_some(base)
    base.drop("kb.duckdb", "curated", ".kb")
    result = base.ingest()
    done = on_spark(base, tmp_path / "target", cut_at=2000, sent_by_guess=0)
    check_equal(base, tmp_path / "target")
    assert done.result._replace(restored=()) == result._replace(restored=())
    assert set(done.elsewhere) == {"ORG001"}
    pointing = "SELECT record_id, action_position FROM events WHERE kind = 'outcome' ORDER BY record_id"
    assert base.query(pointing) == [("git/al", None), ("git/one", 0)]
    check_read(base, tmp_path / "target")


def test_raw_the_corpora_and_synthetic_records(
    base: Base, on_spark: OnSpark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400 of them, with bounds as low as that; with `KB_LONG` 50,000. The corpora are left out where they are not there."""
    if not LONG:
        monkeypatch.setattr(collisions, "_MOST_HELD", 32)
        monkeypatch.setattr(collisions, "_COUNTED_IN", 64)
    shutil.copytree(ROOT / "raw", base.root / "raw")
    if CORPORA.is_dir():
        shutil.copytree(CORPORA, base.root / "raw" / "corpora")
    base.put("raw/made.ndjson", b"".join(line + b"\n" for line in records(50_000 if LONG else 400)))
    configure(base)
    base.ingest()
    done = on_spark(base, tmp_path / "target", cut_at=20_000_000 if LONG else 200_000, reported_by_spark=0)
    check_equal(base, tmp_path / "target")
    assert base.query("SELECT * FROM bounds WHERE one_in > 1") != []
    assert done.elsewhere == {}
    manifest = json.loads((tmp_path / "target" / "manifest.json").read_bytes())
    assert manifest["not_run"] == {}
    assert manifest["answered_by_one_process"] == {}


def test_a_column_of_a_table(base: Base, on_spark: OnSpark, tmp_path: Path) -> None:
    """A row is a record, known by its place in its file; patterns name files."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    lines = [json.dumps(record("one")), "{", json.dumps(record("two"))]
    pq.write_table(pa.table({"n": [1, 2, 3], "body": lines}), base.root / "crawl.parquet")
    base.put("more/x.ndjson", ndjson(record("three")))
    configure(base)
    target = tmp_path / "target"
    done = on_spark(base, target, "crawl.parquet", "more/*.ndjson", column="body")
    assert (done.result.read, done.result.published, done.result.quarantined) == (4, 3, 1)
    with parquet_tables.read(target) as store:
        assert store.query("SELECT id, path, position, line FROM records ORDER BY id").rows == [
            ("git/one", "crawl.parquet", 0, None),
            ("git/three", "more/x.ndjson", 0, 1),
            ("git/two", "crawl.parquet", 2, None),
        ]
        assert store.query("SELECT path, position, raw FROM quarantine").rows == [("crawl.parquet", 1, b"{")]
        assert store.query("SELECT path, records FROM files ORDER BY path").rows == [
            ("crawl.parquet", 3),
            ("more/x.ndjson", 1),
        ]
