"""A curator inherits a base full of findings, and wants to hear of new ones only."""

import json
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.jobs.validate import ValidateOptions, validate
from kb.judging.request import Request
from kb.results import ValidateResult
from tests.bases import DAY, Base, copy, ndjson, record, suppressions
from tests.terminal import Outcome, kb

pytestmark = pytest.mark.long(every=3)

UNNAMED = {"dead_ends/0/action": ""}
NOT_NAMED = "/dead_ends/0/action"
BASELINE = "kb.baseline.json"


@pytest.fixture
def inherited(base: Base) -> Base:
    """Two hundred records with a finding each, and their baseline."""
    records = (record(f"r{n:04}", **UNNAMED, last_confirmed=f"2026-08-{n % 31 + 1:02}") for n in range(200))
    base.put("raw/inherited.ndjson", ndjson(*records))
    base.configure('fail_on = "info"\n')
    assert told(base, "--write-baseline").code == 0
    return base


def told(base: Base, *arguments: str) -> Outcome:
    return kb(base.root, "validate", "--jobs", "1", "--as-of", str(DAY), *arguments)


def judged(base: Base, *names: str, write: bool = False) -> ValidateResult:
    options = ValidateOptions(base.root / BASELINE, write_baseline=write)
    return validate(base.workspace, [base.root / name for name in names or ("raw",)], Request(DAY, jobs=1), options)


def found(result: ValidateResult) -> list[tuple[str | None, str]]:
    return [(finding.record, finding.code) for finding in result.findings]


def entries(base: Base) -> list[dict[str, object]]:
    parsed: list[dict[str, object]] = json.loads((base.root / BASELINE).read_bytes())["findings"]
    return parsed


def rewrite(base: Base, line: int, **values: object) -> None:
    """Change a record of the inherited file."""
    path = base.root / "raw/inherited.ndjson"
    lines = path.read_bytes().splitlines()
    lines[line] = ndjson(record(f"r{line:04}", **values)).rstrip()
    path.write_bytes(b"\n".join([*lines, b""]))


# the story


def test_only_the_new_fault_of_a_new_record_fails(inherited: Base) -> None:
    assert (told(inherited).code, told(inherited).out) == (
        0,
        "200 records read, nothing found but 200 in the baseline\n",
    )
    inherited.record("new", **UNNAMED)
    after = told(inherited)
    assert after.code == 1
    finding, summary = after.out.splitlines()
    assert finding.startswith("raw/git/new.json:")
    assert "DED001" in finding
    assert summary.startswith("1 finding in 1 of 201 records: ")
    assert summary.endswith("; 200 in the baseline")


def test_what_is_mended_shrinks_the_baseline_when_told_so(inherited: Base) -> None:
    rewrite(inherited, 7)
    rewrite(inherited, 8)
    after = told(inherited)
    assert (after.code, after.out) == (0, "200 records read, nothing found but 198 in the baseline\n")
    assert "2 entries of the baseline are fixed; `kb validate --write-baseline` shrinks it" in after.err
    written = told(inherited, "--write-baseline")
    assert f"wrote {BASELINE}: 198 findings, 0 added, 2 taken out" in written.err
    assert "fixed" not in told(inherited).err
    rewrite(inherited, 7, **UNNAMED)
    assert told(inherited).code == 1, "what was mended may not come back unseen"


def test_known_findings_can_be_looked_at_still(inherited: Base) -> None:
    plain = told(inherited, "--no-baseline")
    assert plain.code == 1
    assert plain.out.count(" DED001 ") == 200


# what a finding is known by


def test_edits_elsewhere_do_not_revive_old_findings(inherited: Base) -> None:
    elsewhere = {"tags": ["moved"], "dead_ends/1/why_fails": "It is the same repository in another folder.", **UNNAMED}
    rewrite(inherited, 3, **elsewhere)
    path = inherited.root / "raw/inherited.ndjson"
    path.write_bytes(b"\n".join(reversed(path.read_bytes().splitlines())))
    result = judged(inherited)
    assert (found(result), result.known, result.fixed) == ([], 200, 0)


def test_a_record_may_move_to_another_file(inherited: Base) -> None:
    path = inherited.root / "raw/inherited.ndjson"
    path.rename(inherited.root / "raw/renamed.ndjson")
    assert found(judged(inherited)) == []


def test_another_finding_of_the_same_code_is_new(inherited: Base) -> None:
    rewrite(inherited, 3, **UNNAMED, **{"dead_ends/1/action": ""})
    new = [finding for finding in judged(inherited).findings if finding.code == "DED001"]
    assert [(finding.record, finding.pointer) for finding in new] == [("git/r0003", "/dead_ends/1/action")]


def test_a_finding_that_occurs_oftener_than_before_is_new(base: Base) -> None:
    base.put("raw/1.json", record("a", confidence=85))
    judged(base, write=True)
    base.put("raw/2.json", record("a", confidence=85))
    result = judged(base)
    assert [finding.path.rpartition("/")[2] for finding in result.findings if finding.code == "RAT001"] == ["2.json"]
    judged(base, write=True)
    assert [entry["count"] for entry in entries(base) if entry["code"] == "RAT001"] == [2]


# what was judged, and what was not


def test_a_part_of_the_base_says_nothing_of_the_rest(inherited: Base) -> None:
    inherited.record("other", **UNNAMED)
    result = judged(inherited, "raw/git")
    assert (found(result), result.known, result.fixed) == ([("git/other", "DED001")], 0, 0)
    judged(inherited, "raw/git", write=True)
    assert len(entries(inherited)) == 201


@pytest.mark.parametrize("ingested", [False, True], ids=["no base", "a base"])
def test_a_part_tells_what_is_mended_in_it_alone(base: Base, ingested: bool) -> None:  # noqa: FBT001
    base.record("a", **UNNAMED)
    base.record("b", **UNNAMED)
    if ingested:
        base.ingest()
    judged(base, write=True)
    base.record("a")
    assert judged(base, "raw/git/a.json").fixed == 1
    assert judged(base, "raw/git/b.json").fixed == 0


def test_a_record_that_is_gone_takes_its_entries_with_it(base: Base) -> None:
    base.record("a", **UNNAMED)
    base.record("b")
    judged(base, write=True)
    base.drop("raw/git/a.json")
    assert judged(base, "raw/git/b.json").fixed == 0
    assert judged(base).fixed == 1


def test_rules_that_did_not_run_miss_nothing(base: Base) -> None:
    base.record("a", **UNNAMED, last_updated="2027-01-15")
    judged(base, write=True)
    base.configure('[rules]\nignore = ["DED001"]')
    assert judged(base).fixed == 0
    base.configure("")
    base.record("a", **UNNAMED, last_updated="2027-01-15", confidence=85)
    assert (found(judged(base)), judged(base).fixed) == ([("git/a", "RAT001")], 0), "corpus rules saw it not"
    base.record("a", **UNNAMED, signature=7)
    assert judged(base).fixed == 0, "no check saw it"


@pytest.mark.parametrize(
    "options", [["--select", "RGX"], ["--ignore", "DED"], ["--select", "EVD", "--ignore", "EVD005"]]
)
def test_rules_that_are_not_told_keep_their_entries(base: Base, options: list[str]) -> None:
    base.record("a", **UNNAMED, confidence=0.99)
    base.record("b", **UNNAMED)
    told(base, "--write-baseline")
    before = entries(base)
    assert {entry["code"] for entry in before} == {"DED001", "EVD005"}
    base.record("b")
    outcome = told(base, *options)
    assert (outcome.code, outcome.err) == (0, "")
    told(base, *options, "--write-baseline")
    assert entries(base) == before
    assert "1 entry of the baseline is fixed" in told(base, "--select", "DED").err
    told(base, "--select", "DED", "--write-baseline")
    assert [entry for entry in before if entry not in entries(base)] == [
        entry for entry in before if (entry["record"], entry["code"]) == ("git/b", "DED001")
    ]


def test_another_severity_leaves_the_baseline_as_it_is(base: Base) -> None:
    base.put("raw/git/a.json", copy("a", **UNNAMED))
    base.put("raw/git/b.json", copy("b"))
    told(base, "--write-baseline")
    before = entries(base)
    outcome = told(base, "--severity", "DED001=error", "--write-baseline")
    assert "0 added, 0 taken out" in outcome.err
    assert entries(base) == before


def test_a_file_without_an_id_is_known_by_its_path(base: Base) -> None:
    base.put("raw/broken.json", b"{")
    base.record("a")
    judged(base, write=True)
    assert [(entry["record"], entry["code"]) for entry in entries(base)] == [("raw/broken.json", "SCH001")]
    assert found(judged(base)) == []
    base.put("raw/broken.json", record("broken"))
    assert judged(base, "raw/broken.json").fixed == 1


def test_what_is_suppressed_needs_no_entry(base: Base) -> None:
    base.record("a", **UNNAMED)
    judged(base, write=True)
    base.configure(suppressions({"record": "git/a", "code": "DED001", "reason": "no step is known"}))
    result = judged(base)
    assert (len(result.suppressed), result.known, result.fixed) == (1, 0, 1)


# the file


def test_it_is_sorted_and_has_a_line_for_each_entry(base: Base) -> None:
    base.put("raw/a.ndjson", ndjson(*(record(slug, **UNNAMED) for slug in "bca")))
    judged(base, write=True)
    before = (base.root / BASELINE).read_text()
    lines = [line for line in before.splitlines() if "DED001" in line]
    assert len(lines) == 3
    assert lines == sorted(lines)
    judged(base, write=True)
    assert (base.root / BASELINE).read_text() == before


def test_nothing_found_is_a_baseline_too(base: Base) -> None:
    base.record("a")
    judged(base, write=True)
    assert entries(base) == []
    assert judged(base).findings == ()


def test_it_is_no_record_even_where_the_whole_folder_is_judged(base: Base) -> None:
    base.record("a", **UNNAMED)
    judged(base, write=True)
    assert judged(base, ".").read == 1


def test_another_file_may_be_named(base: Base) -> None:
    base.record("a", **UNNAMED)
    assert told(base, "--write-baseline", "--baseline", "known.json", "--fail-on", "info").code == 0
    assert not (base.root / BASELINE).exists()
    assert told(base, "--baseline", "known.json", "--fail-on", "info").code == 0
    base.configure('baseline = "known.json"\nfail_on = "info"')
    assert told(base).code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such baseline; `kb validate --write-baseline` writes one"),
        (b"{", "cannot be read as a baseline (unexpected end of data"),
        (b'{"version": 2, "findings": []}', "cannot be read as a baseline (/version: "),
        (b'{"version": 1, "findings": [{"record": "git/a"}]}', "(/findings/0/code: `code` is missing; add it)"),
    ],
    ids=["missing", "no JSON", "of another version", "of another shape"],
)
def test_one_that_cannot_be_read_is_an_error(base: Base, content: bytes | None, message: str) -> None:
    base.record("a")
    if content is not None:
        base.put(BASELINE, content)
    with pytest.raises(KbError) as error:
        judged(base)
    assert message in str(error.value)


def test_options_that_contradict_each_other_are_refused(base: Base, tmp_path: Path) -> None:
    base.record("a")
    for others in (["--write-baseline"], ["--baseline", str(tmp_path / "x")]):
        assert told(base, "--no-baseline", *others).code == 2
