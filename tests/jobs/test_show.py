"""What the base knows of one record, or of what it rejected."""

import base64
import gzip
import re

import pytest

from kb.errors import KbError
from kb.jobs import show as job
from kb.model import Document
from kb.render import text
from tests.bases import DAY, Base, encoded, ndjson, reading, record, suppressions

pytestmark = pytest.mark.long(every=3)

NAN_LOSS = "tensorflow/optimizer-nan-loss"
BATCH = "raw/inbox/2026-10-assistant-batch.json"


def show(base: Base, name: str) -> Document:
    with reading(base.workspace.store) as opened:
        return job.show(opened, name, DAY)


def why(base: Base, subject: str) -> list[Document]:
    with reading(base.workspace.store) as opened:
        return job.why(opened, subject, DAY)


def test_all_that_is_known_of_a_record(example: Base) -> None:
    known = show(example, NAN_LOSS)
    assert known["document"]["curation"]["digest"] == known["origin"]["digest"]
    assert known["origin"]["path"] == f"raw/{NAN_LOSS}.json"
    assert (known["trust"]["effective"], known["trust"]["ceiling"], known["trust"]["factor"]) == (0.3, 0.6, 0.5)
    assert [change["code"] for change in known["changes"]] == ["TXT003"] * 3 + ["WRK001"]
    assert {finding["code"] for finding in known["findings"]} >= {"DED001", "EVD005", "LOC001"}
    assert known["neighbours"] == []


def test_the_beginning_of_a_rejected_id_says_where_it_is(base: Base) -> None:
    base.record("a")
    for slug in ("broken", "broken-too"):
        base.record(slug, confidence="odd")
    base.ingest()
    for name, said in {
        "git/broken-": "no published record git/broken-; git/broken-too is in quarantine, see `kb why git/broken-too`",
        "git/brok": "git/broken and 1 more that begin so are in quarantine, see `kb why git/broken`",
    }.items():
        with pytest.raises(KbError, match=re.escape(said)):
            show(base, name)


def test_neighbours_are_named_from_both_sides(base: Base) -> None:
    graph = {"leads_to": ["git/b", "git/nowhere"], "preceded_by": [], "frequently_confused_with": []}
    base.record("a", transition_graph=graph)
    base.record("b")
    base.ingest()
    assert [(n["kind"], n["id"], n["known"]) for n in show(base, "git/a")["neighbours"]] == [
        ("leads_to", "git/b", True),
        ("leads_to", "git/nowhere", False),
    ]
    assert [(n["kind"], n["id"]) for n in show(base, "git/b")["neighbours"]] == [("named by, as leads_to", "git/a")]


def test_what_a_list_lost_has_no_after(base: Base) -> None:
    urls = ["https://git-scm.com/docs/git-clone", "https://git-scm.com/docs/git-clone"]
    base.put("raw/git/a.json", record("a") | {"workarounds": [{**record("a")["workarounds"][0], "sources": urls}]})
    base.ingest()
    known = show(base, "git/a")
    (change,) = [change for change in known["changes"] if change["code"] == "EVD008"]
    assert "after" not in change
    assert any("EVD008" in line and line.endswith("→ (taken out)") for line in text.record(known))


def test_people_read_all_that_they_act_on(base: Base) -> None:
    said = {
        "signature_zh": "致命错误", "root_cause_zh": "目录不对。", "subcategory": "folders", "tags": ["git", "paths"],
        "aliases": ["git/old-name"], "first_seen": "2019-03-12", "last_updated": "2026-08-02",
        "versions": [{"version": "2.39"}, {"version": "1.8", "status": "removed"}],
    }  # fmt: skip
    base.record("a", **said, resolvable=True)
    base.record("b", tags=None, aliases=None, versions=None, workarounds_zh=None, first_seen=None)
    base.ingest()
    lines = list(text.record(show(base, "git/a")))
    document = show(base, "git/a")["document"]
    for line in (
        "  致命错误",
        f"    regex: {document['regex']}",
        "    category: usage_error, folders",
        "    error code: 128",
        "    versions: 2.39, 1.8 (removed)",
        "    dates: first seen 2019-03-12, last confirmed 2026-08-01, last updated 2026-08-02",
        "    tags: git, paths",
        "    aliases: git/old-name",
        "    official document: https://git-scm.com/docs/git-rev-parse",
        "    目录不对。",
        "    用 -C 指定目录",
    ):
        assert line in lines
    at = lines.index("    Install a again (fails in 98%)")
    assert lines[at + 2] == "      https://git-scm.com/docs/gitglossary", "sources stand below what they bear out"
    assert lines[-1] == "  `kb show git/a --format json` has the whole record"
    assert "    tags: " not in "\n".join(text.record(show(base, "git/b")))


def test_what_was_repaired_is_told_once(base: Base) -> None:
    base.record("a", resolvable=True, subcategory="")
    base.record("b", resolvable=True)
    base.configure(suppressions({"record": "git/b", "code": "RAT006", "reason": "it stays"}))
    base.ingest()
    known = show(base, "git/a")
    assert {finding["code"] for finding in known["findings"]} == {"RAT006", "TXT003"}
    told = "\n".join(text.record(known))
    assert (told.count("RAT006"), told.count("TXT003"), "  findings" in told) == (1, 1, False)


@pytest.mark.parametrize("record", ['{"id": 1}\n', '{"id": 1}'], ids=["with a line end", "without"])
def test_what_came_ends_where_it_ends(base: Base, record: str) -> None:
    base.put("raw/a.json", record.encode())
    base.ingest()
    (fate,) = why(base, "raw/a.json")
    assert list(text.record(fate))[-1] == '    {"id": 1}'


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tensorflow/optimiser-nan-loss", f"did you mean `{NAN_LOSS}`?"),
        ("rust/linker-cc-not-found", "it is in quarantine, see `kb why rust/linker-cc-not-found`"),
        ("git", "there are git/dubious-ownership, git/"),
        ("0", '`kb sql "SELECT id FROM records"` lists all'),
    ],
)
def test_a_record_that_is_not_published_is_not_shown(example: Base, name: str, hint: str) -> None:
    with pytest.raises(KbError, match=re.escape(f"no published record {name}; {hint}")):
        show(example, name)


# why


def test_the_fate_of_a_rejected_record(example: Base) -> None:
    (fate,) = why(example, "rust/linker-cc-not-found")
    assert (fate["state"], fate["codes"]) == ("quarantined", ["RAT001"])
    assert fate["raw"].encode() == (example.root / "raw/rust/linker-cc-not-found.json").read_bytes()
    assert any("85 is not between 0 and 1" in line for line in text.record(fate))


def test_the_fate_of_a_published_record_is_all_that_is_known_of_it(example: Base) -> None:
    assert why(example, NAN_LOSS) == [{**show(example, NAN_LOSS), "state": "published"}]


def test_two_records_under_one_id_have_two_fates(example: Base) -> None:
    fates = why(example, "git/non-fast-forward")
    assert sorted(fate["state"] for fate in fates) == ["published", "quarantined"]


def test_the_fates_of_a_file_come_in_its_order(example: Base) -> None:
    fates = why(example, "raw/inbox/2026-09-forum-scrape.ndjson")
    positions = [fate["origin"]["position"] for fate in fates]
    assert positions == sorted(positions)
    assert {fate["state"] for fate in fates} == {"published", "quarantined"}


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (f"{BATCH}:262", "mysql/caching-sha2-plugin"),
        (f"{BATCH}:336", "mysql/caching-sha2-plugin"),
        (f"{BATCH}:336:26", "mysql/caching-sha2-plugin"),
        (f"raw/{NAN_LOSS}.json:41:17", NAN_LOSS),
        ("raw/inbox/2026-09-forum-scrape.ndjson:4:7", "k8s/image-pull-back-off"),
    ],
)
def test_the_place_of_a_finding_leads_to_its_record(example: Base, subject: str, name: str) -> None:
    assert [fate["id"] for fate in why(example, subject)] == [name]


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("raw/a.ndjson:500", "the file has 4 lines; the nearest record is that of raw/a.ndjson:4"),
        ("raw/a.ndjson:3", "no record stands there; the nearest record is that of raw/a.ndjson:2"),
        ("raw/b.json:1", "no record stands there; the nearest record is that of raw/b.json:2"),
        ("raw/b.json:7", "the file has 6 lines; the nearest record is that of raw/b.json:4"),
        ("raw/git/c.json:2", "the file has 1 line; the nearest record is that of raw/git/c.json:1"),
        ("raw/d.ndjson.gz:9", "no record stands there; the nearest record is that of raw/d.ndjson.gz:1"),
    ],
)
def test_a_line_without_a_record_is_told(base: Base, subject: str, message: str) -> None:
    base.put("raw/a.ndjson", ndjson(record("a"), record("b")) + b"\n" + ndjson(record("d")))
    one, two = (encoded(record(slug)) for slug in "ef")
    base.put("raw/b.json", b"[\n" + one + b",\n\n" + two + b"\n\n]\n")
    base.record("c")
    base.put("raw/d.ndjson.gz", gzip.compress(ndjson(record("g"))))
    base.ingest()
    with reading(base.workspace.store) as opened, pytest.raises(KbError) as raised:
        job.why(opened, subject, DAY, base.root)
    assert str(raised.value) == f"{subject}: {message}"


def test_copies_are_known_too(base: Base) -> None:
    base.put("raw/a.ndjson", ndjson(record("a"), record("a")))
    base.ingest()
    assert [fate["state"] for fate in why(base, "git/a")] == ["published", "a copy"]


def test_bytes_that_are_no_text_are_kept(base: Base) -> None:
    base.put("raw/a.json", b'{"id": "\xff"}')
    base.ingest()
    (fate,) = why(base, "raw/a.json")
    assert (fate["id"], fate["encoding"]) == (None, "base64")
    assert base64.b64decode(fate["raw"]) == b'{"id": "\xff"}'
    assert next(iter(text.record(fate))) == "(no id)  quarantined, from raw/a.json"


@pytest.mark.parametrize("subject", ["raw", "raw/", "."])
def test_a_folder_is_all_that_lies_below_it(base: Base, subject: str) -> None:
    base.record("a")
    base.put("raw/b.json", b"{")
    base.ingest()
    assert [fate["origin"]["path"] for fate in why(base, subject)] == ["raw/b.json", "raw/git/a.json"]


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        ("raw/inbox/2026-09-forum-scrap.ndjson", "did you mean `raw/inbox/2026-09-forum-scrape.ndjson`?"),
        ("zzz", "run `kb ingest` on it"),
    ],
)
def test_what_was_never_seen_is_an_error(example: Base, subject: str, hint: str) -> None:
    with pytest.raises(KbError, match=re.escape(f"{subject}: never seen; {hint}")):
        why(example, subject)


def test_quarantine_has_a_row_for_each_error(example: Base) -> None:
    with reading(example.workspace.store) as opened:
        table, records = job.quarantine(opened)
    rejected = table.records()
    errors = example.query("SELECT count(*) FROM findings WHERE severity = 'error'")[0][0]
    assert len(rejected) == errors
    lines = list(text.quarantine(rejected, records))
    assert lines[-1] == "8 records in quarantine; `kb why PATH` shows one whole"
    assert any(line.startswith(f"{BATCH}:262: mysql/caching-sha2-plugin: DAT001 /last_confirmed: ") for line in lines)
    assert any(": (no id): SCH001 (whole record): " in line for line in lines)


def test_records_on_one_line_are_counted_each(base: Base) -> None:
    base.put("raw/x.json", [record("a", confidence=7), record("b", confidence=8)])
    base.ingest()
    with reading(base.workspace.store) as opened:
        table, records = job.quarantine(opened)
    assert list(text.quarantine(table.records(), records))[-1].startswith("2 records in quarantine; ")


def test_hostile_records_are_shown_harmless(base: Base) -> None:
    hostile = "\x9b31m\u202eevil\u2066"
    base.record("a", root_cause=f"a{hostile}b\nc", regex=hostile)
    base.put("raw/b.json", f'{{"id": "{hostile}", \n\t"x": 1'.encode())
    base.ingest()
    for fate in (*why(base, "git/a"), *why(base, "raw/b.json")):
        for line in text.record(fate):
            assert line.isprintable() or "\u200d" in line, line
