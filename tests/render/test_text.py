"""What people read: findings with their source, sums, records, health."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import Severity
from kb.publish.integrity import Breach
from kb.render import text
from kb.render.progress import progress
from kb.results import IngestResult, Located, ValidateResult
from kb.settings import ReportSettings
from kb.words import visible
from tests.bases import DAY, Base
from tests.conftest import clean

HOSTILE = "\x1b]0;title\x07\u202e\x9b"


def located(source: str, column: int, message: str = "wrong; correct it", path: str = "a.json") -> Located:
    return Located(
        code="DED001", name="dead-end-action-empty", severity=Severity.WARNING, record="git/a", pointer="/x",
        message=message, fixable=False, path=path, line=3, column=column, source=source, fingerprint="0" * 16,
    )  # fmt: skip


def shown(finding: Located, width: int = 80) -> tuple[str, str]:
    """The source line and the caret line, as a terminal of some width has them."""
    source, caret = text.caret(finding, colour=False, width=width)
    return source, caret


def above_caret(finding: Located, width: int = 80) -> str:
    """What a reader sees above the caret and to the right of it."""
    source, caret = shown(finding, width)
    assert caret.strip() == "^"
    columns = caret.index("^")
    for i in range(len(source), -1, -1):
        if cell_len(source[:i]) == columns:
            return source[i:]
    pytest.fail("the caret stands within a character")


# the caret


@pytest.mark.parametrize(
    ("source", "column", "below"),
    [
        ('  "action": "",', 13, '"",'),
        ('"签名": "错误", "action": ""', 23, '""'),
        ('\t\t"a": 1', 3, '"a": 1'),
        ('"e\u0301": 1', 7, "1"),
        ('"👩\u200d💻": 1', 8, "1"),
        ("x\x1b[31m中\u202e 1", 10, "1"),
        ("{", 1, "{"),
        ("", 1, ""),
        ("{", 2, ""),
    ],
)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_caret_stands_under_the_place(source: str, column: int, below: str, width: int) -> None:
    assert above_caret(located(source, column), width) == below


@pytest.mark.parametrize("filler", ["x", "中", "e\u0301", "\u202e", "\t", "👩\u200d💻"])
@pytest.mark.parametrize("width", [40, 80])
def test_a_long_line_is_cut_around_the_place(filler: str, width: int) -> None:
    source = f"{filler * 500}<here>{filler * 500}"
    finding = located(source, len(filler) * 500 + 1)
    assert above_caret(finding, width).startswith("<here>")
    assert all(cell_len(line) < width for line in shown(finding, width))


def test_the_line_is_not_cut_where_it_fits() -> None:
    source = f'{"x" * 60} "y"'
    assert shown(located(source, 62))[0] == f"     3 | {source}"


# findings


def test_a_finding_is_one_line_that_says_where_and_what() -> None:
    assert text.concise(located("", 7)) == "a.json:3:7: warning DED001 /x: wrong; correct it"


def test_nothing_hostile_gets_through() -> None:
    finding = located(HOSTILE * 30, 40, message=HOSTILE, path=HOSTILE)
    lines = [text.concise(finding), *text.caret(finding, colour=False, width=60)]
    assert [visible(line) for line in lines] == lines


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (ValidateResult((), 1, 1), "1 record read, all clean"),
        (ValidateResult((), 2522, 2522), "2,522 records read, all clean"),
        (
            ValidateResult((located("", 1),), 1200, 1199),
            "1 finding in 1 of 1,200 records: 0 errors, 1 warning, 0 infos",
        ),
        (
            ValidateResult((located("", 1),), 1200, 1199).shown_from(Severity.ERROR),
            "1 finding in 1 of 1,200 records: 0 errors, 1 warning, 0 infos; 1 warning hidden (--level warning shows them)",
        ),
    ],
)
def test_the_summary_counts_what_is_shown_and_what_is_hidden(result: ValidateResult, line: str) -> None:
    assert text.summary(result) == line


# from files to the caret


@pytest.mark.parametrize(
    ("content", "line", "column", "source"),
    [
        (b'{"id": "\xff"}', 1, 9, '{"id": "\ufffd"}'),
        ('{"签名": "错误", "签名": 1}'.encode(), 1, 19, '{"签名": "错误", "签名": 1}'),
        (b'\xef\xbb\xbf{"id": 1,\r\n "id": 2}\r\n', 2, 7, ' "id": 2}'),
        (b'{"id": "x"', 1, 10, '{"id": "x"'),
        (b"", 1, 1, ""),
    ],
)
def test_unreadable_bytes_are_pointed_at(base: Base, content: bytes, line: int, column: int, source: str) -> None:
    base.put("raw/a.json", content)
    finding = judged(base)[0]
    assert (finding.code, finding.line, finding.source) == ("SCH001", line, source)
    assert finding.column == column


def test_a_value_is_pointed_at_wherever_its_record_stands(base: Base) -> None:
    bad = json.dumps({**clean(), "confidence": 85}, ensure_ascii=False)
    pretty = json.dumps({**clean(), "confidence": 85}, ensure_ascii=False, indent=2)
    base.put("raw/a.ndjson", f"\n  {bad}\n".encode())
    base.put("raw/b.json", f"[\n  {bad}, {bad}]".encode())
    base.put("raw/c.json", pretty.replace("\n", "\r\n").encode())
    base.put("raw/d.json", f"[{pretty.replace('  ', chr(9))}]".encode())
    found = [finding for finding in judged(base) if finding.code == "RAT001"]
    assert [finding.path for finding in found] == ["a.ndjson", "b.json", "b.json", "c.json", "d.json"]
    for finding in found:
        lines = (base.root / "raw" / finding.path).read_text(encoding="utf-8").split("\n")
        assert lines[finding.line - 1][finding.column - 1 :].startswith("85")
        assert finding.source[finding.column - 1 :].startswith("85")


def judged(base: Base) -> list[Located]:
    result = validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=1))
    names = [Path(finding.path).resolve().relative_to(base.root / "raw").as_posix() for finding in result.findings]
    return [finding._replace(path=name) for finding, name in zip(result.findings, names, strict=True)]


# sums


def outcome(**values: object) -> IngestResult:
    numbers = dict.fromkeys(("read", "published", "unchanged", "quarantined", "removed", "changes"), 0)
    return IngestResult(**{**numbers, "findings": {}, "written": True, **values})  # type: ignore[arg-type]


def test_an_ingest_says_how_its_sums_balance() -> None:
    result = outcome(
        read=1200, published=1197, quarantined=3, changes=2, repairs={"TXT003": 2}, flags={"DED001": 5, "EVD001": 3}
    )
    assert list(text.ingestion(result, dry_run=False, common=ReportSettings())) == [
        "read 1,200 = published 1,197 + unchanged 0 + quarantined 3",
        "repaired 2 places; most: TXT003 empty-means-null 2",
        "flagged 8 times; most: DED001 dead-end-action-empty 5, EVD001 evidence-overcounted 3",
        "quarantined 3 records; `kb quarantine` says why",
    ]


def test_an_ingest_says_once_what_concerns_most_records() -> None:
    flags = {"EVD001": 90, "DAT004": 80, "DED001": 5}
    result = outcome(read=100, published=60, unchanged=40, flags=flags, flagged={**flags, "DED001": 4})
    assert list(text.ingestion(result, dry_run=False, common=ReportSettings()))[1:] == [
        (
            "of 100 records most have EVD001 evidence-overcounted 90, DAT004 date-placeholder 80;"
            " `kb validate --select EVD001` lists them"
        ),
        "flagged 5 times besides; most: DED001 dead-end-action-empty 5",
    ]


def test_an_ingest_that_changes_nothing_says_so() -> None:
    result = outcome(read=1, unchanged=1, written=False)
    lines = list(text.ingestion(result, dry_run=False, common=ReportSettings()))
    assert lines == ["read 1 = published 0 + unchanged 1 + quarantined 0", "nothing changed: curated/ stays as it is"]
    idle = list(text.ingestion(result._replace(idle=True), dry_run=False, common=ReportSettings()))
    assert idle == [lines[0], "nothing changed, nothing was written"]


def test_a_dry_run_says_so() -> None:
    lines = list(text.ingestion(outcome(read=1, quarantined=1, removed=1), dry_run=True, common=ReportSettings()))
    assert lines[1:] == [
        "removed 1 record",
        "quarantined 1 record; `kb validate` says why",
        "dry run: nothing was written",
    ]
    assert (
        list(text.ingestion(outcome(written=False), dry_run=True, common=ReportSettings()))[-1]
        == "dry run: nothing would change"
    )


# health and quarantine


def test_health_names_each_breach() -> None:
    assert list(text.health([], "")) == ["the base keeps its contracts"]
    breach = Breach("records", "confidence", "between 0 and 1", 45, "7.0")
    assert list(text.health([breach, Breach("macro", "trust", "as kb made it", 0, "")], "mend them")) == [
        "records.confidence: not between 0 and 1 in 45 rows, such as 7.0",
        "macro.trust: not as kb made it",
        "2 breaches; mend them",
    ]
    assert "in 1 row, such as" in str(breach._replace(rows=1))


def test_an_empty_quarantine_says_so() -> None:
    assert list(text.quarantine([], 0)) == ["nothing is in quarantine"]


def test_a_pipe_hears_nothing_of_progress(capfd: pytest.CaptureFixture[str]) -> None:
    with progress("judging") as told:
        told.tick(7)
        told.step("loading")
    assert capfd.readouterr() == ("", "")
