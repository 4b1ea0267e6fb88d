"""The judgement of ingest, without writing."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.jobs.decide import Decision, decide
from kb.jobs.validate import ValidateOptions, validate
from kb.judging.request import Request
from kb.model import Severity
from kb.results import ValidateResult
from kb.store.build import change
from tests.bases import DAY, Base, contents, copy, encoded, ndjson, record, suppressions
from tests.conftest import ROOT

pytestmark = pytest.mark.long(every=4)

EXAMPLE = {
    ("TXT003", "/dead_ends/0/condition", "info", True),
    ("TXT003", "/dead_ends/1/condition", "info", True),
    ("TXT003", "/workarounds/0/condition", "info", True),
    ("WRK001", "/workarounds/0/how", "info", True),
    ("DED001", "/dead_ends/0/action", "warning", False),
    ("DED001", "/dead_ends/1/action", "warning", False),
    ("RAT007", "/fix_success_rate", "info", False),
    ("EVD002", "/dead_ends/0/sources", "info", False),
    ("EVD002", "/dead_ends/1/sources", "info", False),
    ("EVD002", "/workarounds/0/sources", "info", False),
    ("EVD005", "/confidence", "warning", False),
    ("VER001", "/versions/0/version", "info", False),
    ("VER001", "/versions/1/version", "info", False),
    ("VER001", "/versions/2/version", "info", False),
    ("LOC001", "/workarounds_zh/0", "warning", False),
}


def judged(base: Base, *paths: Path, as_of: dt.date = DAY) -> ValidateResult:
    return validate(base.workspace, paths or [base.root / "raw"], Request(as_of, jobs=1))


@pytest.mark.parametrize("as_of", [dt.date(2024, 7, 1), DAY, dt.date(2040, 1, 1)])
def test_the_example_has_exactly_its_findings_whatever_the_day(base: Base, as_of: dt.date) -> None:
    result = judged(base, ROOT / "raw/tensorflow/optimizer-nan-loss.json", as_of=as_of)
    assert {(f.code, f.pointer, str(f.severity), f.fixable) for f in result.findings} == EXAMPLE
    assert len(result.findings) == len(EXAMPLE)
    assert result.document()["summary"] == {
        "read": 1, "clean": 0, "errors": 0, "warnings": 4, "infos": 11, "fixable": 4, "suppressed": 0, "baseline": 0, "fixed": 0,
    }  # fmt: skip
    assert result.reaches(Severity.WARNING)
    assert not result.reaches(Severity.ERROR)


def test_it_finds_what_ingest_finds(example: Base) -> None:
    result = judged(example)
    there = {(f.code, f.record, f.pointer, f.message) for f in result.findings}
    published = {(f["code"], f["record"], f["pointer"], f["message"]) for f in example.findings()}
    assert there == published


def test_nothing_is_written(base: Base) -> None:
    base.record("a")
    before = contents(base.root)
    judged(base)
    assert contents(base.root) == before
    assert [path.name for path in base.root.iterdir()] == ["raw"]


def test_records_are_judged_together_across_paths(base: Base) -> None:
    one, two = base.put("x/a.json", record("a")), base.put("y/a.json", record("a", confidence=0.5))
    result = judged(base, one, two)
    assert [(f.code, f.severity) for f in result.findings if f.severity is Severity.ERROR] == [("IDN003", "error")]


def test_a_path_below_another_is_judged_once(base: Base) -> None:
    base.record("a")
    assert judged(base, base.root / "raw", base.root / "raw/git").read == 1


def test_findings_come_by_place(example: Base) -> None:
    places = [(f.path, f.line, f.column, f.code) for f in judged(example).findings]
    assert places == sorted(places)


def test_a_long_line_is_held_once_however_much_is_found_in_it(base: Base) -> None:
    base.put("raw/a.json", ndjson({**record("a"), **{f"key{i}": i for i in range(500)}}))
    found = judged(base).findings
    assert len(found) > 500
    assert len({id(finding.source) for finding in found}) == 1


def test_paths_are_as_the_user_stands(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.record("a", confidence=85)
    monkeypatch.chdir(base.root / "raw")
    assert {f.path for f in judged(base).findings} == {"git/a.json"}


def test_the_day_counts(base: Base) -> None:
    base.record("a", last_updated="2027-01-15")
    assert [f.code for f in judged(base).findings] == ["DAT003"]
    assert judged(base, as_of=dt.date(2027, 1, 15)).findings == ()


@pytest.mark.parametrize("content", [b"[]", None])
def test_no_record_at_all_is_never_passed(base: Base, content: bytes | None) -> None:
    (base.root / "raw").mkdir()
    if content is not None:
        base.put("raw/a.json", content)
        base.put("raw/b.ndjson", b"\n\n")
    with pytest.raises(KbError, match=r"raw: no records there; nothing was validated"):
        judged(base)


def test_what_is_passed_over_is_said(base: Base) -> None:
    base.record("a")
    base.put("raw/notes.txt", b"x")
    assert any("raw/notes.txt" in note for note in judged(base).notes)


def test_processes_do_not_matter(base: Base) -> None:
    base.put("raw/a.ndjson", ndjson(*(record(f"r{i}", confidence=85) for i in range(50))))
    one = judged(base)
    two = validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=2))
    assert one == two


# what an editor hands over


def piped(base: Base, content: bytes, name: str) -> ValidateResult:
    options = ValidateOptions(stdin_filename=base.root / name)
    return validate(base.workspace, [Path("-")], Request(DAY, jobs=1), options, io.BytesIO(content))


def test_a_buffer_is_judged_as_the_file_it_is_of(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(base.root)
    saved = base.record("a", confidence=7)
    there = judged(base, saved)
    assert piped(base, saved.read_bytes(), "raw/git/a.json") == there
    assert [(f.code, f.path) for f in there.findings] == [("RAT001", "raw/git/a.json")]


def test_the_name_of_a_buffer_counts(base: Base) -> None:
    assert [f.code for f in piped(base, encoded(record("a")), "raw/git/b.json").findings] == ["IDN002"]


def test_a_buffer_need_not_be_saved_and_what_is_saved_stays(base: Base) -> None:
    saved = base.record("a")
    before = contents(base.root)
    assert [f.code for f in piped(base, b"{", "raw/git/a.json").findings] == ["SCH001"]
    assert [f.line for f in piped(base, ndjson(record("b"), b"{"), "raw/git/new.ndjson").findings] == [2]
    assert contents(base.root) == before
    assert saved.is_file()


def test_a_buffer_of_what_is_not_read_is_refused(base: Base) -> None:
    with pytest.raises(KbError, match=r"notes\.txt: kb reads \.json"):
        piped(base, b"{}", "notes.txt")


# against a base


def codes_of(result: ValidateResult) -> list[tuple[str, str | None]]:
    return sorted((f.code, f.record) for f in result.findings)


def test_a_record_is_held_against_those_of_the_base(base: Base) -> None:
    base.put("raw/git/a.json", copy("a"))
    base.put("raw/git/b.json", record("b"))
    base.ingest()
    given = base.put("new/git/c.json", copy("c", transition_graph={"leads_to": ["git/b", "git/lost"]}))
    result = judged(base, given)
    assert codes_of(result) == [
        ("IDN004", "git/c"), ("IDN005", "git/c"), ("REF001", "git/c"), ("REF004", "git/c"), ("RGX005", "git/c"),
    ]  # fmt: skip
    assert next(f.message for f in result.findings if f.code == "REF001").startswith('"git/lost" is')
    assert (result.read, result.clean) == (1, 0)


def test_a_file_of_the_base_is_not_held_against_what_it_was(base: Base) -> None:
    path = base.record("a")
    base.record("b")
    base.ingest()
    assert judged(base, path).findings == ()
    base.record("a", confidence=0.8)
    assert judged(base, path).findings == ()


def test_an_id_of_the_base_is_contested_as_ingest_would(base: Base) -> None:
    base.record("a", last_updated="2026-08-02")
    base.put("raw/git/b.json", record("b"))
    base.ingest()
    older = base.put("new/git/a.json", record("a"))
    assert [(f.code, str(f.severity)) for f in judged(base, older).findings] == [("IDN003", "error")]
    newer = base.put("new/git/a.json", record("a", last_updated="2026-08-03"))
    assert judged(base, newer).findings == ()
    same = base.put("new/git/a.json", record("a", last_updated="2026-08-02"))
    assert judged(base, same).findings == ()


def test_findings_on_records_of_the_base_are_not_told(base: Base) -> None:
    base.put("raw/git/b.json", record("b", transition_graph={"leads_to": ["git/a"]}, confidence=0.95))
    base.put("raw/git/a.json", copy("a"))
    base.ingest()
    given = base.put("raw/git/a.json", record("renamed"))
    assert codes_of(judged(base, given)) == [("IDN002", "git/renamed")]


def test_validating_a_file_finds_what_ingesting_it_would(base: Base) -> None:
    base.put("raw/git/a.json", copy("a"))
    base.put("raw/git/b.json", record("b"))
    base.put("raw/lines.ndjson", ndjson(record("c", confidence=0.8), record("d", aliases=["git/e"]), b"{"))
    base.ingest()
    base.put("raw/lines.ndjson", ndjson(copy("e"), copy("a", confidence=0.1), record("f", aliases=["git/lost"])))
    before = judged(base, base.root / "raw/lines.ndjson")
    base.ingest(allow_removals=True)
    there = [(f["code"], f["record"], f["pointer"], f["message"]) for f in base.lines("findings.ndjson")
             if f["path"] == "raw/lines.ndjson"]  # fmt: skip
    assert sorted((f.code, f.record, f.pointer, f.message) for f in before.findings) == sorted(there)


def test_a_base_is_not_touched(base: Base) -> None:
    base.put("raw/git/a.json", copy("a"))
    base.put("raw/git/b.json", record("b"))
    base.ingest()
    before = base.footprint()
    judged(base, base.put("new/git/a.json", record("a")))
    assert {name: was for name, was in base.footprint().items() if "/new" not in name and name != str(base.root)} == {
        name: was for name, was in before.items() if name != str(base.root)
    }


def test_all_files_of_a_base_are_judged_among_themselves(base: Base) -> None:
    base.put("raw/git/a.json", copy("a"))
    base.put("raw/git/b.json", copy("b"))
    base.ingest()
    assert codes_of(judged(base)) == codes_of(judged(base, base.root / "raw/git"))
    base.drop("raw/git/b.json")
    assert judged(base).findings == ()


def test_a_base_of_another_kb_is_not_asked(base: Base) -> None:
    base.put("raw/git/a.json", copy("a"))
    base.put("raw/git/b.json", copy("b"))
    base.ingest()
    with change(base.workspace.store) as opened:
        opened.query("ALTER TABLE records DROP COLUMN locale")
    result = judged(base, base.root / "raw/git/a.json")
    assert result.findings == ()
    (note,) = result.notes
    assert note == "kb.duckdb was changed by another program (or damaged), so the records are judged among themselves"
    base.drop(".kb/seal")  # as an earlier kb left none
    (note,) = judged(base, base.root / "raw/git/a.json").notes
    assert note == "kb.duckdb has an outdated schema, so the records are judged among themselves"


def _edit_a_suppression(base: Base) -> None:
    base.configure(suppressions({"record": "git/b", "code": "EVD005", "reason": "so it is"}))


def _spoil_the_store(base: Base) -> None:
    with change(base.workspace.store) as opened:
        opened.query("DELETE FROM findings")


SINCE: dict[str, Callable[[Base], object]] = {
    "nothing": lambda base: None,  # noqa: ARG005
    "a record": lambda base: base.put("raw/git/b.json", record("b", confidence=0.2)),
    "a record more": lambda base: base.put("raw/git/c.json", copy("c")),
    "a record less": lambda base: base.drop("raw/git/a.json"),
    "a severity": lambda base: base.configure('[rules.severity]\nEVD005 = "error"\n'),
    "a suppression": _edit_a_suppression,
    "an event": lambda base: decide(base.workspace, ["git/a"], Decision("confirm", "2026-11-20T00:00:00Z", "person:Ada")),
    "the store": _spoil_the_store,
}  # fmt: skip


def _of_many_kinds(base: Base) -> Base:
    base.put("raw/git/a.json", copy("a"))
    base.put("raw/git/b.json", record("b", confidence=0.99, evidence_count=0))
    base.put("raw/lines.ndjson", ndjson(copy("x", aliases=["git/e"]), b"{", record("y", aliases=["git/e"])))
    base.put("raw/README.md", b"# Read me\n")
    base.put("raw/note.json", b'{"not": "a record"}')
    base.configure(f"as_of = {DAY}\n" + suppressions({"record": "git/none", "code": "EVD001", "reason": "unused"}))
    base.ingest()
    return base


@pytest.mark.long(every=4)
@pytest.mark.parametrize("since", SINCE.values(), ids=SINCE)
@pytest.mark.parametrize("where", ["raw", "raw/git", "raw/lines.ndjson"])
def test_what_the_last_ingest_found_is_what_judging_again_finds(
    base: Base, monkeypatch: pytest.MonkeyPatch, where: str, since: Callable[[Base], object]
) -> None:
    since(_of_many_kinds(base))
    path = base.root / where
    for day in (DAY, DAY + dt.timedelta(days=400)):
        ours = judged(base, path, as_of=day)
        with monkeypatch.context() as patch:
            patch.setattr("kb.jobs.validate._ingested", lambda *_, **__: None)
            assert judged(base, path, as_of=day) == ours


def test_what_was_ingested_as_it_is_now_is_not_judged_again(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    _of_many_kinds(base)
    wanted = judged(base)
    monkeypatch.setattr("kb.jobs.validate.judge", lambda *_, **__: pytest.fail("judged again"))
    assert judged(base) == wanted
    assert wanted.read == 6
    base.put("raw/git/c.json", copy("c"))
    with pytest.raises(pytest.fail.Exception, match="judged again"):
        judged(base)
