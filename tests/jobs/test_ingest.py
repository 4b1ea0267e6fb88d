"""What `kb ingest` makes of a workspace, seen from outside: its result, the store and `curated/`."""

import base64
import datetime as dt
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
import pytest

from kb import __version__
from kb.curate import record as record_stage
from kb.errors import KbError
from kb.jobs.ingest import ingest
from kb.judging.request import IngestOptions, Request
from kb.model import Curated, Document, Incoming, Json, Rejected
from kb.rules import ruleset
from kb.rules.ruleset import RuleSet
from kb.store import build
from kb.store.build import change
from tests.bases import DAY, Base, ndjson, record, sha256

pytestmark = pytest.mark.long(every=4)

UNREADABLE = b'{"id": "git/broken"'
REJECTED = record("rejected", confidence=85, first_seen="2026-02-30", category=" usage_error ")
OLDER = {"last_updated": "2025-01-01", "confidence": 0.5}
NEWER = {"last_updated": "2026-09-01", "confidence": 0.5}


def as_bytes(line: Document) -> bytes:
    """The bytes that a line of quarantine.ndjson holds."""
    raw: str = line["raw"]
    return base64.b64decode(raw) if line["encoding"] == "base64" else raw.encode()


def quarantined(base: Base) -> list[tuple[str, list[str]]]:
    """Path and error codes of every rejected record."""
    return base.query("SELECT path, codes FROM quarantine ORDER BY path, position")


def reasons(base: Base, code: str) -> list[str]:
    return [line["message"] for line in base.lines("findings.ndjson") if line["code"] == code]


def lines_of(base: Base) -> dict[str, int | None]:
    return dict(base.query("SELECT id, line FROM records ORDER BY id"))


def many(count: int) -> list[Document]:
    return [record(f"r{number:02}") for number in range(count)]


# nothing is lost


def test_the_sums_balance(base: Base) -> None:
    base.record("a")
    base.put("raw/copy.json", record("a"))
    base.put("raw/loser.json", record("a", **OLDER))
    base.put("raw/many.ndjson", ndjson(record("b"), UNREADABLE, REJECTED, record("c")))
    base.put("raw/list.json", [record("d"), 7, None])
    result = base.ingest()
    assert (result.read, result.published, result.unchanged, result.quarantined) == (10, 4, 1, 5)
    assert (result.copies, result.removed) == (1, 0)
    assert base.slugs() == ["a", "b", "c", "d"]
    counts = base.manifest()["counts"]
    assert counts["records"] + counts["copies"] + counts["quarantine"] == result.read


def test_the_result_counts_findings_and_changes(base: Base) -> None:
    base.record("a", category=" usage_error ")
    base.put("raw/git/rejected.json", REJECTED)
    result = base.ingest()
    assert result.findings == {"DAT001": 1, "RAT001": 1, "TXT001": 2} | result.findings
    assert sum(result.findings.values()) == len(base.lines("findings.ndjson"))
    assert result.changes == len(base.lines("changes.ndjson")) == 1


BAD = [
    b"",
    b" \n",
    b"{",
    b"null",
    b"\x00",
    b"not json\r\n\r\n",
    b'\xef\xbb\xbf{"id": 1}\n',
    b'{"id": "\xff\xfe"}',
    b'{"id": "\xed\xa0\x80"}',
    '{"id": "é"}'.encode("utf-16"),
    b'{"a": 1, "a": 2}',
    b'{"a": 1e999}',
    b'{"a": "\\ud800"}',
    b'{"a": ' * 5000,
    bytes(range(256)),
    b'  {"id": "git/x", "confidence": 1.50}  ',
]


def test_the_quarantine_keeps_the_bytes(base: Base) -> None:
    for n, raw in enumerate(BAD):
        base.put(f"raw/bad{n:02}.json", raw)
    result = base.ingest()
    assert (result.read, result.quarantined) == (len(BAD), len(BAD))
    assert base.query("SELECT path, position, line, digest, raw FROM quarantine ORDER BY path") == [
        (f"raw/bad{n:02}.json", 0, None, sha256(raw), raw) for n, raw in enumerate(BAD)
    ]
    lines = sorted(base.lines("quarantine.ndjson"), key=lambda line: line["path"])
    for line, raw in zip(lines, BAD, strict=True):
        assert as_bytes(line) == raw
        assert line["digest"] == f"sha256:{sha256(raw)}"
        assert line["findings"]


def test_the_quarantine_keeps_the_bytes_of_each_line(base: Base) -> None:
    bad = [b'{"id": "\xff"}', b"{", b'{ "id" : 1.50 }', b"\x00\x01"]
    base.put("raw/bad.ndjson", b"\n".join([bad[0], b"  " + bad[1] + b"\r", bad[2], bad[3]]))
    base.ingest()
    assert base.query("SELECT line, raw FROM quarantine ORDER BY position") == list(enumerate(bad, start=1))
    assert [as_bytes(line) for line in base.lines("quarantine.ndjson")] == bad


def test_a_rejected_record_keeps_every_finding(base: Base) -> None:
    base.put("raw/git/rejected.json", REJECTED)
    base.ingest()
    (line,) = base.lines("quarantine.ndjson")
    found = [(finding["code"], finding["severity"], finding["pointer"]) for finding in line["findings"]]
    assert {("RAT001", "error", "/confidence"), ("DAT001", "error", "/first_seen")} < set(found)
    assert ("TXT001", "info", "/category") in found
    assert [finding["code"] for finding in line["findings"]] == base.column("SELECT code FROM findings ORDER BY seq")
    assert quarantined(base) == [("raw/git/rejected.json", ["DAT001", "RAT001"])]


def test_every_repair_is_a_change_with_both_values(base: Base) -> None:
    base.record("a", category=" usage_error ")
    base.ingest()
    assert base.lines("changes.ndjson") == [
        {
            "record": "git/a",
            "path": "raw/git/a.json",
            "position": 0,
            "code": "TXT001",
            "pointer": "/category",
            "before": " usage_error ",
            "after": "usage_error",
        }
    ]


# the same content twice


def test_a_copy_is_kept_aside_and_not_reported(base: Base) -> None:
    base.record("a")
    base.put("raw/other/git/a.json", record("a"))
    result = base.ingest()
    assert (result.read, result.published, result.unchanged, result.quarantined, result.copies) == (2, 1, 1, 0, 1)
    assert result.findings == {}
    assert base.document("a")["curation"]["source"] == "raw/git/a.json"


def test_a_copy_takes_the_place_of_a_published_record_that_goes(base: Base) -> None:
    base.record("a")
    base.put("raw/other/git/a.json", record("a"))
    base.ingest()
    base.drop("raw/git/a.json")
    result = base.ingest()
    assert (result.read, result.removed, result.copies) == (1, 0, 0)
    assert base.document("a")["curation"]["source"] == "raw/other/git/a.json"


def test_a_copy_that_changes_is_a_copy_no_more(base: Base) -> None:
    base.record("a")
    base.put("raw/other/git/a.json", record("a"))
    base.ingest()
    base.put("raw/other/git/a.json", record("a", **OLDER))
    assert base.ingest().quarantined == 1
    assert base.query("FROM copies") == []


def test_a_copy_may_be_spelled_differently(base: Base) -> None:
    base.record("a")
    base.put("raw/other/git/a.json", orjson.dumps(record("a"), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    assert base.ingest().copies == 1


def test_identical_lines_of_one_file_are_copies(base: Base) -> None:
    base.put("raw/a.ndjson", ndjson(record("a"), UNREADABLE, record("a"), UNREADABLE, record("a")))
    result = base.ingest()
    assert (result.read, result.published, result.copies, result.quarantined) == (5, 1, 2, 2)
    assert lines_of(base) == {"git/a": 1}
    assert base.column("SELECT line FROM copies ORDER BY line") == [3, 5]


# different content under one id (IDN003)


def test_the_newest_wins_and_the_losers_name_it(base: Base) -> None:
    base.put("raw/1.json", record("a", **OLDER))
    base.put("raw/2.ndjson", ndjson(record("b"), record("a", **NEWER)))
    base.put("raw/3.json", record("a"))
    result = base.ingest()
    assert (result.published, result.quarantined) == (2, 2)
    assert base.document("a")["curation"]["source"] == "raw/2.ndjson"
    assert quarantined(base) == [("raw/1.json", ["IDN003"]), ("raw/3.json", ["IDN003"])]
    assert all("raw/2.ndjson:2" in message for message in reasons(base, "IDN003"))
    assert [as_bytes(line) for line in base.lines("quarantine.ndjson")] == [
        orjson.dumps(record("a", **OLDER)),
        orjson.dumps(record("a")),
    ]


def test_where_dates_tie_the_first_path_wins(base: Base) -> None:
    base.put("raw/b.json", record("a"))
    base.put("raw/a.json", record("a", confidence=0.5))
    base.ingest()
    assert base.document("a")["confidence"] == 0.5
    assert quarantined(base) == [("raw/b.json", ["IDN003"])]


def test_in_one_file_the_first_place_wins(base: Base) -> None:
    contenders = [record("a", confidence=number / 20) for number in range(1, 12)]
    base.put("raw/a.json", contenders)
    base.ingest()
    assert base.document("a")["confidence"] == 0.05
    assert base.column("SELECT position FROM quarantine ORDER BY position") == list(range(1, 11))


def test_a_date_wins_over_none(base: Base) -> None:
    base.put("raw/1.json", record("a", last_updated=None, confidence=0.5))
    base.put("raw/2.json", record("a"))
    base.ingest()
    assert base.document("a")["confidence"] == 0.9


def test_a_newcomer_that_loses_leaves_the_winner_whole(base: Base) -> None:
    base.record("a")
    base.ingest()
    before = base.tables()
    base.put("raw/old.json", record("a", **OLDER))
    base.ingest()
    after = base.tables()
    whole = ("records", "dead_ends", "workarounds", "versions", "transitions", "sources", "changes")
    assert {table: after[table] for table in whole} == {table: before[table] for table in whole}


def test_the_loser_comes_back_when_the_winner_goes(base: Base) -> None:
    base.put("raw/1.json", record("a", **OLDER))
    base.put("raw/2.json", record("a"))
    base.ingest()
    base.drop("raw/2.json")
    result = base.ingest()
    assert (result.read, result.published, result.quarantined) == (1, 1, 0)
    assert base.document("a")["confidence"] == 0.5
    assert reasons(base, "IDN003") == []


def test_the_loser_comes_back_when_the_winner_changes(base: Base) -> None:
    base.put("raw/1.json", record("a", **OLDER))
    base.put("raw/2.json", record("a"))
    base.ingest()
    base.put("raw/2.json", record("b"))
    assert base.ingest().quarantined == 0
    assert base.slugs() == ["a", "b"]


def test_a_loser_names_the_winner_by_its_present_line(base: Base) -> None:
    base.put("raw/1.json", record("a", **OLDER))
    base.put("raw/2.ndjson", ndjson(record("a")))
    base.ingest()
    base.put("raw/2.ndjson", ndjson(record("b"), record("a")))
    base.ingest()
    (message,) = reasons(base, "IDN003")
    assert "raw/2.ndjson:2" in message


def test_a_published_record_loses_to_a_newcomer_from_another_path(base: Base) -> None:
    base.put("inbox/a.ndjson", ndjson(record("b"), record("a")))
    base.ingest("inbox")
    base.record("a", **NEWER)
    result = base.ingest("raw")
    assert (result.read, result.published) == (1, 1)
    assert base.document("a")["confidence"] == 0.5
    assert base.query("SELECT record_id, path, position, line, raw FROM quarantine") == [
        ("git/a", "inbox/a.ndjson", 1, 2, orjson.dumps(record("a")))
    ]
    assert base.slugs() == ["a", "b"]


def test_a_record_in_question_whose_file_changed_stops_the_ingest(base: Base) -> None:
    base.put("inbox/a.json", record("a"))
    base.ingest("inbox")
    base.put("inbox/a.json", record("a", confidence=0.7))
    base.record("a", **NEWER)
    before = base.footprint()
    with pytest.raises(
        KbError, match=r"inbox/a\.json: changed since it was ingested, and its record git/a is in question"
    ):
        base.ingest("raw")
    assert base.footprint() == before
    assert base.ingest("raw", "inbox").quarantined == 1


# what is below a path, and what is not


def test_a_file_that_is_gone_is_gone_from_the_base(base: Base) -> None:
    for slug in "ab":
        base.record(slug)
    base.ingest()
    base.drop("raw/git/a.json")
    result = base.ingest(allow_removals=True)
    assert (result.read, result.published, result.unchanged, result.removed) == (1, 0, 1, 1)
    assert base.slugs() == ["b"]
    assert "records/git/a.json" not in base.curated()
    assert base.column("SELECT path FROM files") == ["raw/git/b.json"]


def test_records_from_elsewhere_stay(base: Base) -> None:
    base.record("a")
    base.put("inbox/b.json", record("b"))
    base.ingest("raw")
    result = base.ingest("inbox")
    assert (result.read, result.published, result.unchanged, result.removed) == (1, 1, 0, 0)
    assert base.slugs() == ["a", "b"]
    base.drop("raw/git/a.json")
    base.ingest("inbox")
    assert base.slugs() == ["a", "b"]


def test_a_path_may_be_one_file(base: Base) -> None:
    base.record("a")
    base.record("b")
    assert base.ingest("raw/git/a.json").read == 1
    assert base.slugs() == ["a"]
    base.record("a", confidence=0.5)
    base.record("b", confidence=0.5)
    base.ingest("raw")
    base.record("a")
    base.record("b")
    assert base.ingest("raw/git/b.json").read == 1
    assert [base.document(slug)["confidence"] for slug in "ab"] == [0.5, 0.9]


@pytest.mark.long(every=3)
@pytest.mark.parametrize(
    "paths",
    [
        ("raw", "raw"),
        ("raw", "raw/git"),
        ("raw/git", "raw"),
        ("raw/git/a.json", "raw", "raw/git"),
        ("raw/../raw",),
        ("raw/git", "raw/git/a.json", "raw/x.ndjson"),
    ],
)
def test_overlapping_paths_are_read_once(base: Base, tmp_path: Path, paths: tuple[str, ...]) -> None:
    base.record("a")
    base.record("b")
    base.put("raw/x.ndjson", ndjson(record("c"), UNREADABLE))
    result = base.ingest(*paths)
    assert (result.read, result.published, result.quarantined) == (4, 3, 1)
    assert base.curated() == base.again(tmp_path / "fresh").curated()


@pytest.mark.parametrize("path", ["..", "../..", "."])
def test_a_path_may_lie_above_the_workspace(tmp_path: Path, path: str) -> None:
    base = Base(tmp_path / "above" / "base")
    base.record("a")
    base.put("../beside.json", record("b"))
    result = base.ingest(path)
    assert result.read == result.published == (1 if path == "." else 2)


def test_what_kb_wrote_itself_is_no_input(base: Base) -> None:
    base.record("a")
    base.ingest(".")
    result = base.ingest(".")
    assert (result.read, result.unchanged, result.written) == (1, 1, False)


def test_the_base_knows_a_file_by_one_name_however_it_is_reached(base: Base, tmp_path: Path) -> None:
    base.record("a")
    link = tmp_path / "link"
    link.symlink_to(base.root)
    Base(link).ingest()
    assert base.column("SELECT path FROM files") == ["raw/git/a.json"]


def test_a_file_that_moved_keeps_its_records(base: Base) -> None:
    base.record("a")
    base.put("raw/x.ndjson", ndjson(record("b"), record("c"), UNREADABLE))
    base.ingest()
    (base.root / "raw/x.ndjson").rename(base.root / "raw/moved.ndjson")
    result = base.ingest()
    assert (result.read, result.published, result.unchanged, result.removed) == (4, 2, 1, 0)
    assert base.document("b")["curation"]["source"] == "raw/moved.ndjson"
    assert quarantined(base) == [("raw/moved.ndjson", ["SCH001"])]


@pytest.mark.parametrize(
    ("name", "message"), [("raw", "no records there"), ("nowhere", "no such file or folder"), ("raw/x.txt", "kb reads")]
)
def test_a_path_without_records_is_an_error(base: Base, name: str, message: str) -> None:
    base.put("raw/x.txt", b"text")
    before = base.footprint()
    with pytest.raises(KbError, match=message):
        base.ingest(name)
    assert base.footprint() == before


@pytest.mark.parametrize(("name", "content"), [("x.json", b"[]"), ("x.ndjson", b"\n \r\n"), ("x.ndjson", b"")])
def test_a_file_without_records_is_an_error_alone(base: Base, name: str, content: bytes) -> None:
    base.put(f"raw/{name}", content)
    with pytest.raises(KbError, match="no records there"):
        base.ingest()
    base.record("a")
    assert base.ingest().read == 1


def test_a_folder_that_was_emptied_empties_the_base(base: Base) -> None:
    base.record("a")
    base.put("raw/git/rejected.json", REJECTED)
    base.ingest()
    base.drop("raw/git")
    result = base.ingest(allow_removals=True)
    assert (result.read, result.removed) == (0, 1)
    assert not any(name.startswith("records/") for name in base.curated())
    assert {table for table, rows in base.tables().items() if rows} == set()


# the guard


def test_a_tenth_may_go(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*many(20)))
    base.ingest()
    base.put("raw/x.ndjson", ndjson(*many(18)))
    assert base.ingest().removed == 2


def test_more_than_a_tenth_needs_leave(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*many(20)))
    base.ingest()
    base.put("raw/x.ndjson", ndjson(*many(17)))
    before = base.footprint()
    with pytest.raises(
        KbError,
        match=r"^raw: 3 of its 20 published records would be lost, more than 10%: 3 gone \(such as git/r17\); noth",
    ) as refused:
        base.ingest()
    assert "--allow-removals" in str(refused.value)
    assert base.footprint() == before
    assert base.ingest(allow_removals=True).removed == 3


def test_the_guard_looks_at_each_path(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*many(20)))
    base.put("inbox/y.json", record("y"))
    base.ingest("raw", "inbox")
    base.put("inbox/y.json", record("z"))
    with pytest.raises(KbError, match=r"^inbox: 1 of its 1 "):
        base.ingest("raw", "inbox")


def test_the_guard_is_a_setting(base: Base) -> None:
    base.configure("max_removals = 0.5\n")
    base.put("raw/x.ndjson", ndjson(*many(4)))
    base.ingest()
    base.put("raw/x.ndjson", ndjson(*many(2)))
    assert base.ingest().removed == 2


def test_what_is_rejected_now_is_lost_too(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*many(20)))
    base.ingest()
    base.put("raw/x.ndjson", ndjson(*many(18), UNREADABLE, REJECTED))
    result = base.ingest()
    assert (result.quarantined, result.removed) == (2, 2)
    spoilt = record("r15", confidence=85)
    base.put("raw/x.ndjson", ndjson(*many(15), spoilt))
    words = (
        r"3 of its 18 .*: 2 gone \(such as git/r16\) and 1 rejected \(such as git/r15\); .* `kb validate raw` shows why"
    )
    with pytest.raises(KbError, match=words):
        base.ingest()
    assert base.ingest(allow_removals=True).removed == 3


def test_a_change_of_settings_that_rejects_many_needs_leave(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*(record(f"r{n}", **{"dead_ends/0/action": ""}) for n in range(3))))
    base.ingest()
    base.configure(CHANGES["severity"])
    with pytest.raises(KbError, match=r"^raw: 3 of its 3 .* 3 rejected \(such as git/r0\)"):
        base.ingest()
    assert base.ingest(allow_removals=True).quarantined == 3


def test_a_format_that_nothing_has_is_said(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*many(3)))
    said = "no record of raw/x.ndjson looks like errorcanon; leave --from out"
    foreign = Request(as_of=DAY, jobs=1, form="errorcanon")
    assert said in ingest(base.workspace, [base.root / "raw"], foreign).notes
    base.ingest()
    with pytest.raises(KbError, match=rf"3 rejected .* N{said[1:]}\. If that is meant, add --allow-removals"):
        ingest(base.workspace, [base.root / "raw"], foreign)


# what stands where


def test_a_named_path_that_the_next_ingest_would_pass_over_is_refused(base: Base) -> None:
    base.record("a")
    base.ingest()
    base.put("raw/.dot.json", record("b"))
    for name in ("raw/.dot.json", "curated/records"):
        with pytest.raises(KbError, match=r"kb passes over|is what kb makes"):
            base.ingest(name)
    assert base.ingest(".").published == 0


def test_files_outside_are_read_and_said(base: Base) -> None:
    base.record("a")
    base.put("../elsewhere/b.json", record("b"))
    said = "../elsewhere: outside of the workspace, so curated/ depends on what is not kept with it; copy it into raw/"
    assert base.ingest("../elsewhere").notes == (said,)
    assert base.ingest().notes == ()


def test_a_folder_without_records_is_an_error_beside_a_base_too(base: Base) -> None:
    base.record("a")
    base.ingest()
    base.put("raw/empty/x.txt", b"")
    with pytest.raises(
        KbError, match=r"^raw/empty: no records there \(passed over raw/empty/x.txt: .+\); nothing was done"
    ):
        base.ingest("raw/empty")
    assert "raw/empty: no records there" in base.ingest("raw/git", "raw/empty").notes


def test_what_was_altered_below_curated_is_restored_and_said(base: Base) -> None:
    path = base.record("a")
    base.ingest()
    before = base.curated()
    base.put("curated/findings.ndjson", b"junk")
    base.put("curated/records.ndjson", b"stray")
    base.put("curated/mine.txt", b"kept")
    os.utime(path)
    result = base.ingest()
    assert (result.written, result.restored) == (False, ("findings.ndjson", "records.ndjson"))
    assert base.curated() == before | {"mine.txt": b"kept"}
    os.utime(path)
    assert base.ingest().restored == ()


# dry run, and nothing to do


def test_a_dry_run_writes_nothing_and_says_the_same(base: Base) -> None:
    base.record("a")
    base.put("raw/x.ndjson", ndjson(record("b"), UNREADABLE))
    before = base.footprint()
    foreseen = base.ingest(dry_run=True)
    assert base.footprint() == before
    assert base.ingest().document() == foreseen.document()
    base.put("raw/x.ndjson", ndjson(UNREADABLE, record("c")))
    before = base.footprint()
    base.ingest(dry_run=True, allow_removals=True)
    assert base.footprint() == before


def test_a_second_run_writes_nothing_and_says_so(base: Base) -> None:
    base.record("a", category=" usage_error ")
    base.put("raw/copy.json", record("a"))
    base.put("raw/x.ndjson", ndjson(record("b"), UNREADABLE, record("b", **OLDER)))
    first = base.ingest()
    before = base.footprint()
    second = base.ingest()
    assert base.footprint() == before
    assert (first.written, second.written) == (True, False)
    assert (second.read, second.published, second.unchanged) == (first.read, 0, first.published + first.unchanged)
    assert (second.quarantined, second.findings, second.changes) == (first.quarantined, first.findings, first.changes)


def test_a_file_that_was_only_touched_changes_nothing(base: Base) -> None:
    path = base.record("a")
    base.ingest()
    before = base.curated()
    path.touch()
    result = base.ingest()
    assert (result.published, result.unchanged, result.written) == (0, 1, False)
    assert base.curated() == before
    assert base.column("SELECT count(*) FROM runs") == [1]


def test_a_run_that_changes_any_file_says_so(base: Base) -> None:
    base.record("a")
    base.ingest()
    before = base.curated()
    base.put("raw/other/git/a.json", record("a"))
    result = base.ingest()
    assert base.curated() != before
    assert result.written


def test_each_run_that_wrote_is_on_record(base: Base) -> None:
    base.record("a")
    base.ingest()
    base.ingest()
    base.record("b")
    base.ingest()
    assert base.query("SELECT run, read, published, unchanged FROM runs ORDER BY run") == [(1, 1, 1, 0), (2, 2, 1, 1)]


# what has to be judged again

CHANGES = {
    "severity": '[rules.severity]\nDED001 = "error"\n',
    "ignore": '[rules]\nignore = ["DED", "TXT001"]\n',
    "select": '[rules]\nselect = ["SCH"]\n',
    "ceiling": "[trust]\nceiling_by_sources = [0.1]\n[trust.ceiling_by_tier]\n",
    "time to live": "[trust.time_to_live]\ndefault = 30\n",
    "time to live of a domain": "[trust.time_to_live.domain]\ngit = 30\n",
    "aliases": '[trust.aliases]\nchecked = "human_reviewed"\n',
    "thresholds": "[resolvable]\ntrue_at_least = 0.99\n",
    "future dates": '[rules.severity]\nDAT003 = "error"\n',
}


def diverse(base: Base) -> None:
    """Records that settings can change something about."""
    base.record("a")
    base.record("b", **{"dead_ends/0/action": "", "category": " usage_error "})
    base.record("c", verification_tier="checked")
    base.record("d", verification_tier="reviewed")
    base.record("e", last_updated="2026-12-01")
    base.put("raw/x.ndjson", ndjson(record("f"), record("f", **OLDER), UNREADABLE))


@pytest.mark.long(every=3)
@pytest.mark.whole
@pytest.mark.parametrize("text", CHANGES.values(), ids=CHANGES)
def test_a_change_of_settings_judges_again(base: Base, tmp_path: Path, text: str) -> None:
    base.settle(diverse)
    before = base.tables()
    base.configure(text)
    result = base.ingest(allow_removals=True)
    fresh = base.again(tmp_path / "fresh")
    assert result.written
    assert any("judged again" in note for note in result.notes)
    assert base.tables() != before
    assert base.tables() == fresh.tables()
    assert base.curated() == fresh.curated()
    assert not base.ingest().written


def of_one_each(base: Base) -> None:
    """Records each of which some settings concern."""
    base.record("a")
    base.record("b", **{"dead_ends/0/action": ""})
    base.put("raw/x.ndjson", ndjson(record("c", **{"dead_ends/1/action": "", "workarounds/0/condition": ""}),
                                    record("d"), record("e", last_updated="2026-12-01"), UNREADABLE))  # fmt: skip


@pytest.mark.long(every=3)
@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (CHANGES["severity"], ["DED001 is an error now: 2 records are judged again"]),
        (
            '[rules]\nignore = ["WRK001", "TXT003"]\n',
            ["TXT003 is no longer run; WRK001 is no longer run: 1 record is judged again"],
        ),
        (
            '[rules]\nselect = ["SCH", "TXT", "WRK", "DAT003", "IDN", "SUP"]\n',
            [
                "DAT002 is no longer run; DAT004 is no longer run; DAT005 is no longer run; ",
                "DAT007 is no longer run; LED002 is no longer run; ",
            ],
        ),
        (CHANGES["thresholds"], ["RAT004 reads `resolvable`, which changed: 6 records are judged again"]),
        (CHANGES["aliases"], ["TIR002 reads `trust.aliases`, which changed: 6 records are judged again"]),
        (
            "[trust]\nceiling_by_sources = [0.1]\n",
            ["every record's evidence ceiling is made from `trust.ceiling_by_sources`, which changed: 6 records are"],
        ),
        (CHANGES["time to live"], ["`trust.time_to_live` changed: no record has to be judged again for that"]),
        (CHANGES["future dates"], ["DAT003 is an error now: no record has to be judged again for that"]),
        (
            f"{CHANGES['severity']}{CHANGES['time to live']}",
            ["DED001 is an error now: 2 records are judged again", "`trust.time_to_live` changed: no record has to be"],
        ),
    ],
    ids=["severity", "ignored", "selected", "thresholds", "aliases", "ceilings", "time to live", "corpus", "two"],
)
def test_a_change_of_settings_says_whom_it_concerns(
    base: Base, monkeypatch: pytest.MonkeyPatch, text: str, notes: list[str]
) -> None:
    base.settle(of_one_each)
    judged = spied(monkeypatch)
    base.configure(text)
    said = base.ingest(allow_removals=True).notes
    assert len(said) == len(notes)
    assert all(line.startswith(note) for line, note in zip(said, notes, strict=True)), said
    (number,) = {int(found[1]) for line in said if (found := re.search(r"(\d+) records? (?:is|are) judged", line))} or {
        0
    }
    assert len(judged) == number
    assert base.ingest().notes == ()


def test_a_base_that_does_not_tell_what_it_was_judged_with_is_judged_again(base: Base) -> None:
    base.record("a")
    base.ingest()
    with change(base.workspace.store) as opened:
        opened.query("UPDATE runs SET judged = '{}'")
    (note,) = base.ingest().notes
    assert note == (
        "kb.duckdb was changed by another program (or damaged); made anew from raw/;"
        " its history of earlier runs was changed too, so that is lost"
    )
    assert base.ingest().notes == ()


def spied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places of the records that are judged from now on."""
    judged: list[str] = []

    def curate_some(some: Sequence[Incoming], rules: RuleSet) -> list[Curated | Rejected]:
        judged.extend(str(incoming.origin) for incoming in some)
        outcomes: list[Curated | Rejected] = real(some, rules)
        return outcomes

    real = vars(record_stage)["curate_some"]
    monkeypatch.setattr(record_stage, "curate_some", curate_some)
    return judged


def test_a_record_that_a_change_concerns_may_have_moved(base: Base, tmp_path: Path) -> None:
    lines = [record("a"), record("b", **{"dead_ends/0/action": ""}), record("c")]
    base.put("raw/x.ndjson", ndjson(*lines))
    base.ingest()
    base.configure(CHANGES["severity"])
    base.put("raw/x.ndjson", ndjson(*lines[::-1], record("d")))
    base.ingest(allow_removals=True)
    fresh = base.again(tmp_path / "fresh")
    assert base.tables() == fresh.tables()
    assert base.curated() == fresh.curated()
    assert base.slugs() == ["a", "c", "d"]


def test_a_base_of_another_version_is_judged_again(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.record("a")
    base.ingest()
    monkeypatch.setattr(ruleset, "__version__", "9.9")
    assert base.ingest().notes == (
        f"the records were judged by kb {__version__}, this is 9.9: 1 record is judged again",
    )


def test_a_change_of_settings_reaches_what_came_from_elsewhere(base: Base) -> None:
    base.record("a", **{"dead_ends/0/action": ""})
    base.put("inbox/b.json", record("b", **{"dead_ends/0/action": ""}))
    base.ingest("raw", "inbox")
    base.configure(CHANGES["severity"])
    result = base.ingest("raw", allow_removals=True)
    assert (result.read, result.quarantined) == (2, 2)


def test_a_setting_that_judges_nothing_changes_nothing(base: Base) -> None:
    diverse(base)
    base.ingest()
    base.configure('fail_on = "info"\nmax_removals = 0.2\n')
    before = base.footprint()
    assert not base.ingest().written
    assert base.footprint() == before


def test_a_time_to_live_for_a_domain_without_records_is_named(base: Base) -> None:
    base.configure("[trust.time_to_live.domain]\ngit = 30\ngti = 30\n")
    base.record("a")
    said = "kb.toml: `trust.time_to_live.domain.gti`: no record has this domain; did you mean `git`?"
    assert base.ingest().notes == (said,)
    again = base.ingest()
    assert (again.written, again.notes) == (False, (said,))


def test_what_is_excluded_later_goes(base: Base) -> None:
    base.record("a")
    base.put("raw/drafts/b.json", record("b"))
    base.ingest()
    base.configure('exclude = ["drafts/*"]\n')
    assert base.ingest(allow_removals=True).removed == 1
    assert base.slugs() == ["a"]


def test_another_day_asks_the_clock_again(base: Base, tmp_path: Path) -> None:
    diverse(base)
    assert base.ingest().findings["DAT003"] == 1
    later = dt.date(2027, 6, 1)
    result = base.ingest(as_of=later)
    assert result.written
    assert "DAT003" not in result.findings
    fresh = base.again(tmp_path / "fresh", as_of=later)
    assert (base.curated(), base.tables()) == (fresh.curated(), fresh.tables())
    base.ingest()
    assert base.column("SELECT record_id FROM findings WHERE code = 'DAT003'") == ["git/e"]


def test_a_record_that_the_day_rejects_comes_back_another_day(base: Base) -> None:
    base.configure(CHANGES["future dates"])
    base.record("e", last_updated="2026-12-01")
    base.record("a")
    assert base.ingest().quarantined == 1
    assert base.ingest(as_of=dt.date(2027, 6, 1)).quarantined == 0
    assert base.slugs() == ["a", "e"]
    assert base.ingest(allow_removals=True).quarantined == 1
    assert base.query("SELECT record_id, codes, by_corpus FROM quarantine") == [("git/e", ["DAT003"], True)]


def test_copies_of_a_record_that_the_day_rejects_are_accounted_for(base: Base) -> None:
    base.configure(CHANGES["future dates"])
    base.record("e", last_updated="2026-12-01")
    base.put("raw/other/git/e.json", record("e", last_updated="2026-12-01"))
    base.record("a")
    result = base.ingest()
    assert (result.read, result.published) == (3, 1)
    assert result.read == result.published + result.unchanged + result.quarantined


# the store and curated/ can be made again


@pytest.mark.parametrize("lost", [("kb.duckdb",), ("curated",), ("kb.duckdb", "curated"), ("curated/manifest.json",)])
def test_what_is_deleted_is_made_again(base: Base, lost: tuple[str, ...]) -> None:
    base.settle(diverse)
    before, tables = base.curated(), base.tables()
    base.drop(*lost)
    base.ingest()
    assert base.curated() == before
    assert base.tables() == tables


def test_files_that_are_not_ours_stay(base: Base) -> None:
    base.record("a")
    base.ingest()
    base.put("curated/README.md", b"by hand")
    base.put("curated/notes/deep/er.txt", b"by hand too")
    (base.root / "curated/link").symlink_to("README.md")
    for slug in "bc":
        base.record(slug)
        base.ingest()
    curated = base.curated()
    assert (curated["README.md"], curated["notes/deep/er.txt"]) == (b"by hand", b"by hand too")
    assert (base.root / "curated/link").readlink() == Path("README.md")
    assert "records/git/c.json" in curated


# shapes of input


DOCUMENTS = [record("a"), record("b", category=" usage_error "), record("c")]
SHAPES: dict[str, tuple[str, bytes, list[int | None]]] = {
    "lines": ("x.ndjson", ndjson(*DOCUMENTS), [1, 2, 3]),
    "lines, jsonl": ("x.jsonl", ndjson(*DOCUMENTS), [1, 2, 3]),
    "lines, upper case": ("x.NDJSON", ndjson(*DOCUMENTS), [1, 2, 3]),
    "lines, no last line feed": ("x.ndjson", ndjson(*DOCUMENTS).rstrip(b"\n"), [1, 2, 3]),
    "lines, CRLF": ("x.ndjson", ndjson(*DOCUMENTS).replace(b"\n", b"\r\n"), [1, 2, 3]),
    "lines, blank ones": ("x.ndjson", b"\n\r\n" + ndjson(*DOCUMENTS).replace(b"\n", b"\n \t\n"), [3, 5, 7]),
    "lines, BOM": ("x.ndjson", b"\xef\xbb\xbf" + ndjson(*DOCUMENTS), [1, 2, 3]),
    "array": ("x.json", orjson.dumps(DOCUMENTS), [1, 1, 1]),
    "array, a line each": ("x.json", b"[\n" + b",\n".join(map(orjson.dumps, DOCUMENTS)) + b"\n]\n", [2, 3, 4]),
    "array, BOM": ("x.json", b"\xef\xbb\xbf\n[\n" + b",".join(map(orjson.dumps, DOCUMENTS)) + b"]", [3, 3, 3]),
    "array, CRLF": ("x.json", b"[\r\n" + b"\r\n,\r\n".join(map(orjson.dumps, DOCUMENTS)) + b"\r\n]\r\n", [2, 4, 6]),
}


def test_records_are_found_in_every_shape(base: Base) -> None:
    for n, (name, data, _) in enumerate(SHAPES.values()):
        base.put(f"raw/{n:02}/{name}", data.replace(b'"id":"git/', b'"id":"git/%02d-' % n))
    result = base.ingest()
    assert (result.read, result.published) == (3 * len(SHAPES), 3 * len(SHAPES))
    for n, (name, _, lines) in enumerate(SHAPES.values()):
        digests = [sha256(orjson.dumps(d | {"id": d["id"].replace("git/", f"git/{n:02}-")})) for d in DOCUMENTS]
        path = f"raw/{n:02}/{name}"
        found = base.query(f"SELECT line, position, digest FROM records WHERE path = '{path}' ORDER BY id")  # noqa: S608
        assert found == list(zip(lines, range(3), digests, strict=True)), name


def test_an_array_laid_out_over_lines_gives_their_numbers(base: Base) -> None:
    data = orjson.dumps(DOCUMENTS, option=orjson.OPT_INDENT_2)
    base.put("raw/x.json", data)
    base.ingest()
    starts = [number for number, line in enumerate(data.split(b"\n"), start=1) if line == b"  {"]
    assert list(lines_of(base).values()) == starts


def test_a_single_object_has_no_line(base: Base) -> None:
    base.put("raw/git/a.json", b"\xef\xbb\xbf" + orjson.dumps(record("a"), option=orjson.OPT_INDENT_2))
    assert base.ingest().findings == {}
    assert lines_of(base) == {"git/a": None}


FAULTY_ARRAYS = {
    "no end": b"[%s,%s",
    "comma, no end": b"[%s,",
    "two commas": b"[%s,,]",
    "text behind": b"[%s] trailing",
    "open object": b"[%s, {]",
    "open text": b'[%s, "open]',
}


def test_what_is_wrong_with_an_array_is_not_passed_over(base: Base) -> None:
    for n, (name, data) in enumerate(FAULTY_ARRAYS.items()):
        records = [orjson.dumps(record(slug)) for slug in (f"a{n}", "b")]
        base.put(f"raw/{name}.json", data % tuple(records[: data.count(b"%s")]))
    base.ingest()
    assert base.query("SELECT path, count(*) FROM findings WHERE code = 'SCH001' GROUP BY path ORDER BY path") == [
        (f"raw/{name}.json", 1) for name in sorted(FAULTY_ARRAYS)
    ]
    assert {f"a{n}" for n in range(len(FAULTY_ARRAYS))} <= set(base.slugs())


def test_one_bad_line_costs_that_line_only(base: Base) -> None:
    bad: list[Json] = [UNREADABLE, b'"text', b"[[[", b"\xff", b"{}"]
    base.put("raw/x.ndjson", ndjson(*(line for pair in zip(bad, many(5), strict=True) for line in pair)))
    result = base.ingest()
    assert (result.published, result.quarantined) == (5, 5)
    assert base.column("SELECT line FROM quarantine ORDER BY line") == [1, 3, 5, 7, 9]


@pytest.mark.parametrize("first", [b"\n\n", ndjson(record("z")), ndjson(UNREADABLE)], ids=["blank", "good", "broken"])
def test_lines_that_moved_keep_their_results(base: Base, tmp_path: Path, first: bytes) -> None:
    lines = ndjson(record("a", category=" usage_error "), UNREADABLE, record("b"), record("b"), record("b", **OLDER))
    base.put("raw/x.ndjson", lines)
    base.ingest()
    documents = {slug: base.document(slug) for slug in "ab"}
    base.put("raw/x.ndjson", first + lines)
    result = base.ingest()
    shift = first.count(b"\n")
    assert result.published == (b"git/z" in first)
    assert {slug: base.document(slug) for slug in "ab"} == documents
    assert {name: line for name, line in lines_of(base).items() if name != "git/z"} == {
        "git/a": 1 + shift,
        "git/b": 3 + shift,
    }
    fresh = base.again(tmp_path / "fresh")
    assert base.curated() == fresh.curated()
    assert base.tables() == fresh.tables()


def test_lines_that_change_places_keep_their_results(base: Base, tmp_path: Path) -> None:
    lines = [record("a"), UNREADABLE, record("b"), record("b", confidence=0.5), record("c"), record("c")]
    base.put("raw/x.ndjson", ndjson(*lines))
    base.ingest()
    base.put("raw/x.ndjson", ndjson(*reversed(lines)))
    base.ingest()
    fresh = base.again(tmp_path / "fresh")
    assert base.curated() == fresh.curated()
    assert base.tables() == fresh.tables()


def test_a_file_may_change_its_shape(base: Base, tmp_path: Path) -> None:
    for content in (record("a"), [record("a"), record("b")], UNREADABLE, [record("a")], record("a")):
        base.put("raw/git/a.json", content)
        base.ingest(allow_removals=True)
        fresh = base.again(tmp_path / f"fresh-{len(list(tmp_path.iterdir()))}")
        assert (base.curated(), base.tables()) == (fresh.curated(), fresh.tables())


def test_the_day_stands_in_the_manifest(base: Base) -> None:
    base.record("a")
    base.ingest()
    assert base.manifest()["as_of"] == DAY.isoformat()


def test_a_format_that_is_said_anew_judges_anew(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(record("a"), record("b")))
    base.ingest()
    foreign, options = Request(as_of=DAY, jobs=1, form="errorcanon"), IngestOptions(allow_removals=True)
    assert ingest(base.workspace, [base.root / "raw"], foreign, options).quarantined == 2
    assert (base.ingest().published, base.ingest().unchanged) == (2, 2)


# what is not looked at again

IN_ONE_FILE = '[export]\nrecords = "ndjson"\n'


def in_one_file(base: Base) -> None:
    base.configure(IN_ONE_FILE)
    base.put("raw/x.ndjson", ndjson(*(record(f"r{number}") for number in range(9))))
    base.ingest()


@pytest.mark.long(every=4)
@pytest.mark.parametrize(
    "edited",
    [
        [record("r0", confidence=0.5), *(record(f"r{number}") for number in range(1, 9))],
        [record(f"r{number}") for number in range(1, 9)],
        [record(f"r{number}") for number in (*range(9), "99", "a", 10)],
        [record(f"r{number}", **({"confidence": 85} if number in {0, 4, 8} else {})) for number in range(9)],
        [*(record(f"r{number}") for number in range(9)), record("r4", **NEWER), record("r5", **OLDER)],
    ],
    ids=["changed", "gone", "new", "rejected", "contested"],
)
def test_records_in_one_file_are_changed_line_by_line(base: Base, tmp_path: Path, edited: list[Json]) -> None:
    in_one_file(base)
    base.put("raw/x.ndjson", ndjson(*edited))
    base.ingest(allow_removals=True)
    fresh = base.again(tmp_path / "fresh")
    assert base.curated() == fresh.curated()
    assert base.tables() == fresh.tables()


@pytest.mark.parametrize(
    "harm",
    [
        lambda base: (base.workspace.curated / "records.ndjson").write_bytes(b"{}\n"),
        lambda base: (base.workspace.curated / "records.ndjson").unlink(),
        lambda base: (base.workspace.scratch / "seal").unlink(),
        lambda base: (base.workspace.scratch / "seal").write_text("{"),
    ],
    ids=["edited", "deleted", "no seal", "broken seal"],
)
def test_records_that_are_not_as_kb_left_them_are_written_anew(
    base: Base, tmp_path: Path, harm: Callable[[Base], object]
) -> None:
    in_one_file(base)
    harm(base)
    base.put("raw/y.ndjson", ndjson(record("y")))
    base.ingest()
    assert base.curated() == base.again(tmp_path / "fresh").curated()


def test_a_change_by_hand_to_another_record_is_made_anew_even_so(base: Base, tmp_path: Path) -> None:
    in_one_file(base)
    with build.change(base.workspace.store) as store:
        store.connection.execute("UPDATE records SET confidence = 0.123 WHERE id = 'git/r3'")
    base.put("raw/y.ndjson", ndjson(record("y")))
    assert "kb.duckdb was changed by another program (or damaged); made anew from raw/" in base.ingest().notes
    fresh = base.again(tmp_path / "fresh")
    assert base.curated() == fresh.curated()
    assert base.tables() == fresh.tables()


def test_where_another_branch_was_checked_out_the_guard_says_what_to_delete(base: Base) -> None:
    base.record("a")
    base.record("b")
    base.ingest()
    base.drop("raw/git/b.json")
    with pytest.raises(KbError) as gone:
        base.ingest()
    assert "another branch" not in str(gone.value), "a record was deleted, and that is all"
    base.drop("curated/records/git/b.json")
    with pytest.raises(KbError, match=r"if kb\.duckdb is of another branch, delete it and ingest again"):
        base.ingest()
    base.drop("kb.duckdb")
    base.ingest()
    assert base.slugs() == ["a"]
