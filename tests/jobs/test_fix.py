"""Raw files are repaired in place: as little as can be, each at once, and nothing comes back."""

import gzip
import stat
import zipfile
from pathlib import Path

import pytest

from kb.curate.record import curate
from kb.errors import KbError
from kb.jobs.fix import FixPlan, carry_out, diff, plan, preview
from kb.jobs.validate import validate
from kb.judging.given import given
from kb.judging.request import Request
from kb.model import Curated, Finding, Incoming, Rejected
from kb.rules import catalogue
from kb.rules.example import with_changes
from kb.rules.ruleset import RuleSet
from kb.sources import readers
from kb.sources.edit import Edit
from tests.bases import DAY, Base, contents, ndjson, record
from tests.conftest import ROOT

CASES = ROOT / "tests/cases/fix"
REQUEST = Request(DAY, jobs=1)


def planned(base: Base, *names: str) -> FixPlan:
    with given(base.workspace, [base.root / name for name in names or ("raw",)], None, None) as roots:
        return plan(base.workspace, roots, REQUEST)


def previewed(base: Base) -> FixPlan:
    with given(base.workspace, [base.root / "raw"], None, None) as roots:
        return preview(base.workspace, roots, REQUEST)


def fixed(base: Base, *names: str) -> FixPlan:
    found = planned(base, *names)
    carry_out(found)
    return found


# cases: files as they are before and after


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_the_edit_is_as_small_as_can_be(case: str, base: Base) -> None:
    (before,) = (CASES / case).glob("before.*")
    (after,) = (CASES / case).glob("after.*")
    path = base.put(f"raw/x{before.suffix}", before.read_bytes())
    fixed(base)
    assert path.read_bytes() == after.read_bytes()
    again = planned(base)
    assert (again.edits, again.result.fixed) == ({}, {})


# what is counted


def test_what_is_fixed_is_counted_and_the_rest_is_left(base: Base) -> None:
    base.record("a", subcategory="", confidence=85, resolvable=True)
    base.record("b", root_cause=" x ", last_confirmed=None)
    base.record("c")
    result = fixed(base).result
    assert (result.read, result.files) == (3, 2)
    assert result.fixed == {"RAT006": 1, "TXT001": 1, "TXT003": 1}
    left = validate(base.workspace, [base.root / "raw"], REQUEST)
    assert [finding.code for finding in left.findings] == ["RAT001", "DAT006"]


def test_only_the_selected_rules_are_carried_out(base: Base) -> None:
    path = base.record("a", subcategory="", root_cause=" x")
    base.configure('[rules]\nignore = ["TXT003"]\n')
    assert fixed(base).result.fixed == {"TXT001": 1}
    assert b'"subcategory":""' in path.read_bytes()


def test_no_record_at_all_is_never_passed(base: Base) -> None:
    base.put("raw/a.json", b"[]")
    with pytest.raises(KbError, match="raw: no record there that could be fixed"):
        planned(base)


# what is written


def test_what_needs_no_fix_is_not_written(base: Base) -> None:
    base.record("a")
    base.record("b", subcategory="")
    before = base.footprint()
    fixed(base)
    after = base.footprint()
    assert {name for name, print_ in after.items() if before.get(name) != print_ and Path(name).is_file()} == {
        str(base.root / "raw/git/b.json")
    }


def test_nothing_is_left_behind(base: Base) -> None:
    base.record("a", subcategory="")
    names = set(contents(base.root))
    fixed(base)
    assert set(contents(base.root)) == names


def test_the_mode_of_a_file_stays(base: Base) -> None:
    path = base.record("a", subcategory="")
    path.chmod(0o640)
    fixed(base)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link_and_what_it_leads_to_is_fixed_once(base: Base) -> None:
    path = base.record("a", subcategory="")
    link = base.root / "raw/git/link.json"
    link.symlink_to("a.json")
    assert fixed(base).result.files == 1
    assert link.is_symlink()
    assert b'"subcategory":null' in path.read_bytes()


def test_a_link_that_is_named_is_followed(base: Base) -> None:
    path = base.put("elsewhere/a.json", record("a", subcategory=""))
    link = base.root / "here.json"
    link.symlink_to("elsewhere/a.json")
    fixed(base, "here.json")
    assert link.is_symlink()
    assert b'"subcategory":null' in path.read_bytes()


def test_a_file_that_changed_in_the_meantime_is_left_as_it_is(base: Base) -> None:
    path = base.record("a", subcategory="")
    found = planned(base)
    path.write_bytes(b"another hand was faster")
    with pytest.raises(KbError, match=r"a\.json: changed while it was read; it is as it was"):
        carry_out(found)
    assert contents(base.root) == {"raw/git/a.json": b"another hand was faster"}


def test_a_crash_leaves_the_old_file(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    path = base.record("a", subcategory="")
    before = path.read_bytes()

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kb.aside.sync", full)
    with pytest.raises(KbError, match=r"a\.json: cannot be written: No space left on device; it is as it was"):
        fixed(base)
    assert contents(base.root) == {"raw/git/a.json": before}


def test_a_broken_fix_writes_nothing(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    path = base.record("a", subcategory="")
    before = path.read_bytes()
    broken = readers.JSON._replace(edit=lambda raw, _: [Edit(len(raw), len(raw), b" ")])
    monkeypatch.setattr("kb.sources.readers.of_record", lambda *_: broken)
    with pytest.raises(RuntimeError, match="TXT003 would come back"):
        fixed(base)
    assert path.read_bytes() == before


# what is left alone


def test_packed_files_are_left_as_they_are_and_said(base: Base) -> None:
    base.record("a", subcategory="")
    base.put("raw/b.json.gz", gzip.compress(b'{"id": " "}'))
    result = fixed(base).result
    assert result.read == 1
    assert [note for note in result.notes if "b.json.gz; packed files are not edited, so unpack, fix, and pack" in note]
    with pytest.raises(KbError, match=r"packed files are not edited, so unpack, fix, and pack again$"):
        planned(base, "raw/b.json.gz")


def test_a_copy_that_says_more_in_its_own_format_is_kept_and_said(base: Base) -> None:
    base.put("raw/a.json", (CASES / "errorcanon-copy-that-says-more/before.json").read_bytes())
    result = fixed(base).result
    assert "DED003" not in result.fixed
    assert [note for note in result.notes if note.startswith("raw/a.json: DED003 would lose what only")]


def test_what_a_foreign_format_has_no_word_for_stays_in_its_file_and_is_said(base: Base) -> None:
    path = base.put("raw/a.json", (CASES / "errorcanon/before.json").read_bytes())
    result = fixed(base).result
    assert b'"review_status": "auto_generated"' in path.read_bytes()
    assert "TIR002" not in result.fixed
    assert (
        "1 of TIR002: the format errorcanon has no word for what it writes, so the file keeps its own" in result.notes
    )
    assert base.ingest().repairs["TIR002"] == 1


def test_the_trace_of_a_lost_word_is_not_wiped_out(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    path = base.record("a", **{"workarounds/0/how": "docker exec -it ", "root_cause": " x"})

    def traced(incoming: Incoming, rules: RuleSet) -> Curated | Rejected:
        outcome = curate(incoming, rules)
        lost = Finding("TXT008", "/workarounds/0/how", "a word is lost", "")
        return outcome._replace(findings=(*outcome.findings, lost))

    monkeypatch.setattr("kb.jobs.fix.curate", traced)
    assert fixed(base).result.fixed == {"TXT001": 1}
    assert b'"docker exec -it "' in path.read_bytes()


def test_a_record_that_holds_a_credential_is_left_as_it_is_and_shown_to_nobody(base: Base) -> None:
    bad = catalogue()["SAF001"].bad[0]
    leaking = with_changes({**bad, "/subcategory": ""})
    token = leaking["workarounds"][0]["how"].partition("//")[2].partition("@")[0].encode()
    path = base.put("raw/a.ndjson", ndjson(record("a", subcategory=""), leaking, record("c", root_cause=" x")))
    found = planned(base)
    assert found.result.fixed == {"TXT001": 1, "TXT003": 1}
    assert [
        note for note in found.result.notes if note.startswith("raw/a.ndjson:2: left as it is, for it holds a cred")
    ]
    shown = b"".join(diff(found))
    assert token not in shown
    assert b"*" * len(token) in shown
    before = path.read_bytes().splitlines()
    carry_out(found)
    assert path.read_bytes().splitlines()[1] == before[1]


# what is shown


def test_a_diff_shows_what_would_be_written(base: Base) -> None:
    rest = ' "signature": 1, "regex": 1, "domain": 1, "category": 1'
    path = base.put("raw/a.json", f'{{\n "id": "x ",\n{rest}\n}}\n'.encode())
    before = path.read_bytes()
    shown = b"".join(diff(planned(base))).decode()
    assert shown.splitlines()[2:] == ["@@ -1,4 +1,4 @@", " {", '- "id": "x ",', '+ "id": "x",', f" {rest}", " }"]
    assert path.read_bytes() == before


def test_files_without_edits_have_no_diff(base: Base) -> None:
    base.record("a")
    assert b"".join(diff(planned(base))) == b""


def test_ingest_repairs_what_the_preview_shows(base: Base) -> None:
    base.put(
        "raw/a.ndjson", ndjson(record("a", subcategory=""), record("b"), record("c", subcategory="", confidence=85))
    )
    found = previewed(base)
    assert (found.result.fixed, found.result.files) == ({"TXT003": 1}, 1)
    lines = b"".join(diff(found)).decode().splitlines()
    assert [line[:24] for line in lines if line.startswith(("-{", "+{"))] == [
        '-{"id":"git/a","signatur',
        '+{"id":"git/a","signatur',
    ]
    assert base.ingest().changes == 1


def test_the_preview_looks_into_packed_files(base: Base) -> None:
    base.put("raw/a.json.gz", gzip.compress(b"\n" + ndjson(record("a", subcategory=""))))
    with zipfile.ZipFile(base.root / "raw/b.zip", "w") as archive:
        archive.writestr("clean.json", ndjson(record("b")))
        archive.writestr("deep/c.json", ndjson(record("c", subcategory="")))
    found = previewed(base)
    heads = [line for line in b"".join(diff(found)).decode().splitlines() if line.startswith("--- ")]
    assert [line.rpartition("/raw/")[2] for line in heads] == ["a.json.gz", "b.zip!deep/c.json"]
    assert found.result.files == 2


def test_the_preview_shows_merges_that_a_person_would_have_to_do(base: Base) -> None:
    base.put("raw/a.json", (CASES / "errorcanon-copy-that-says-more/before.json").read_bytes())
    assert previewed(base).result.fixed["DED003"] == 2
    assert base.ingest().repairs["DED003"] == 2


# what is not kb's to edit


PACKAGE = b'{"name": "x ", "version": "1.0.0", "description": "", "scripts": {"test": " jest "}}\n'


def test_what_is_no_record_stays_and_is_named(base: Base) -> None:
    package = base.put("raw/package.json", PACKAGE)
    base.record("a", category=" usage_error ")
    found = planned(base)
    carry_out(found)
    assert package.read_bytes() == PACKAGE
    assert found.result.fixed == {"TXT001": 1}
    assert found.result.notes == ("left as it is: raw/package.json; no record of a known format, so not kb's to edit",)


def test_a_folder_without_a_record_is_refused(base: Base) -> None:
    package = base.put("raw/package.json", PACKAGE)
    with pytest.raises(KbError, match=r"raw/package\.json; no record of a known format"):
        planned(base)
    assert package.read_bytes() == PACKAGE
