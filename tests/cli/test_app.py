"""`kb` as its users meet it: exit codes, one line for each error, data and notes kept apart."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from rich.cells import cell_len

from kb import __main__
from kb.cli import app
from kb.contract import violations
from kb.errors import StoppedError
from kb.jobs import fix, show
from kb.publish import swap
from kb.reports import REPORTS
from kb.words import visible
from tests.bases import DAY, Base, contents, ndjson, record
from tests.conftest import ROOT
from tests.terminal import ARGV, Outcome, environment, kb, kb_on_terminal, kb_process, kb_process_on_terminal

pytestmark = pytest.mark.long(every=3)

ENDLESS = "FROM range(10_000_000) a(n), range(10_000_000) b(m) WHERE hash(n + m) = 1"
"""It ends in a year."""
NAN_LOSS = "tensorflow/optimizer-nan-loss"
COMMANDS = sorted(
    command.name or command.callback.__name__ for command in app.app.registered_commands if command.callback
)


@pytest.fixture
def copy(example: Base, tmp_path: Path) -> Base:
    """A copy of the example, to be broken."""
    shutil.copytree(example.root, tmp_path / "copy")
    return Base(tmp_path / "copy")


Kb = Callable[..., Outcome]


@pytest.fixture
def kb_within(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kb:
    """Runs `kb` as `kb()` does, but in this process: for the long tables."""

    def run(folder: Path, *arguments: str) -> Outcome:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["kb", *arguments])
        with pytest.raises(SystemExit) as left:
            app.main()
        return Outcome(int(left.value.code or 0), *capsys.readouterr())

    return run


def refused(outcome: Outcome, message: str, code: int = 2) -> None:
    """Nothing on standard output, and one line on standard error that starts with the message."""
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.endswith("\n")
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"kb: {message}")
    assert "Traceback" not in outcome.err


# the record that this project was started from


def test_the_example_is_clean_of_errors_and_not_of_warnings(tmp_path: Path) -> None:
    arguments = ("validate", str(ROOT / f"raw/{NAN_LOSS}.json"), "--format", "json", "--as-of", "2026-11-22")
    fine = kb(tmp_path, *arguments)
    assert (fine.code, fine.err) == (0, "")
    document = json.loads(fine.out)
    assert list(violations(document, "validate.v1")) == []
    assert len(document["findings"]) == 15
    flagged = kb(tmp_path, *arguments, "--fail-on", "warning")
    assert (flagged.code, flagged.out) == (1, fine.out)
    assert list(tmp_path.iterdir()) == []


def test_the_example_is_reported_stale(example: Base) -> None:
    now = kb(example.root, "report", "stale", "--as-of", "2026-11-22")
    assert now.code == 0
    (line,) = [line for line in now.out.splitlines() if line.startswith(NAN_LOSS)]
    assert re.search(r" 904 .* 904 days, limit 365$", line)
    assert NAN_LOSS not in kb(example.root, "report", "stale", "--as-of", "2024-07-01").out


# the first steps of a newcomer


def test_kb_alone_shows_the_help(tmp_path: Path) -> None:
    assert kb(tmp_path) == kb(tmp_path, "--help")
    assert kb(tmp_path).code == 0


def test_the_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"kb \d+\.\d+\.\d+\n", kb(tmp_path, "--version").out)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str, tmp_path: Path, kb_within: Kb) -> None:
    outcome = kb_within(tmp_path, command, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    _, _, examples = outcome.out.partition("Examples:\n")
    assert examples.strip().startswith(f"kb {command}")
    assert max(map(len, outcome.out.splitlines())) <= 100


def test_every_command_is_named_in_full_by_the_help(tmp_path: Path) -> None:
    listed = re.findall(r"^  ([a-z]+) {2,}(\S.*)$", kb(tmp_path, "--help").out.partition("Commands:")[2], re.MULTILINE)
    assert sorted(name for name, _ in listed) == COMMANDS
    assert [text for _, text in listed if "..." in text] == []


MORE_OF_INIT = "--example adds a record to start from, --pre-commit a check before each commit, --github one in CI"


def test_the_way_from_nothing_to_a_base(tmp_path: Path) -> None:
    assert kb(tmp_path, "init", "base") == Outcome(
        0,
        "made kb.toml, raw/.gitkeep, dvc.yaml, .gitignore, .gitattributes in base/; put records into raw/ and run `kb ingest`\n",
        f"note: {MORE_OF_INIT}\n",
    )
    base = Base(tmp_path / "base")
    base.record("a", category=" usage_error ")
    first = kb(base.root, "ingest", "--as-of", "2026-11-22")
    assert (first.code, first.err) == (0, "")
    assert first.out.splitlines() == [
        "read 1 = published 1 + unchanged 0 + quarantined 0",
        "repaired 1 place; most: TXT001 outer-whitespace 1",
        "wrote kb.duckdb and curated/",
    ]
    second = kb(base.root / "raw", "ingest", "--as-of", "2026-11-22")
    assert second.out.splitlines()[-1] == "nothing changed, nothing was written"
    assert kb(base.root, "doctor") == Outcome(0, "the base keeps its contracts\n", "")
    assert kb(tmp_path, "init", "base") == Outcome(
        0,
        "nothing to make in base/: kb.toml, raw/.gitkeep, dvc.yaml, .gitignore, .gitattributes were there already\n",
        "",
    )
    assert kb(base.root, "init", "inner").err == (
        f"note: {MORE_OF_INIT}\nnote: inner/ lies within the workspace ./; in it, kb uses the inner kb.toml alone\n"
    )


def test_a_base_starts_with_what_is_asked_for(tmp_path: Path) -> None:
    assert kb(tmp_path, "init", "base", "--example", "--pre-commit", "--github") == Outcome(
        0,
        "made kb.toml, raw/git/not-a-repository.json, dvc.yaml, .pre-commit-config.yaml, .github/workflows/kb.yml, "
        ".gitignore, .gitattributes in base/; put records into raw/ and run `kb ingest`\n",
        "",
    )
    assert kb(tmp_path / "base", "validate").out == "1 record read, all clean\n"


def test_a_record_starts_from_a_draft_or_an_example(base: Base, kb_within: Kb) -> None:
    base.configure("")
    assert kb_within(base.root, "new", "git/my-error") == Outcome(
        0,
        "wrote raw/git/my-error.json; fill it, then run `kb validate raw/git/my-error.json`\n",
        "",
    )
    said = kb_within(base.root, "validate").out
    assert 'raw/git/my-error.json:4:16: error SCH002 /signature: "" is blank; write the text\n' in said
    example = kb_within(base.root, "new", "--domain", "docker")
    assert json.loads(example.out)["id"] == "docker/not-a-repository"
    refused(kb_within(base.root, "new", "git/my-error"), "raw/git/my-error.json: is there already")
    refused(kb_within(base.root, "new", "My Error"), '"My Error" cannot be the id: ')
    refused(
        kb_within(base.root, "new", "git/x", "--domain", "git"), "Invalid value for --domain: the domain is the first"
    )


def test_without_a_kb_toml_it_is_said_where_a_record_goes(tmp_path: Path, kb_within: Kb) -> None:
    outcome = kb_within(tmp_path, "new", "git/my-error")
    assert outcome.out.startswith("wrote raw/git/my-error.json; ")
    assert outcome.err.endswith(
        "no kb.toml here or above, so this folder is the workspace and the defaults held; see `kb init`\n"
    )


def test_help_says_what_is_meant_by_default() -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert "Processes; 0, the default: one for each core." in page
    assert "0: never; default: sql.seconds in kb.toml, else 60." in page
    assert "all: each but findings and calibration, as JSON into the folder of --output." in page


def test_the_schemas_are_printed(tmp_path: Path, kb_within: Kb) -> None:
    names = [line.split(" ", 1)[0] for line in kb_within(tmp_path, "schema").out.splitlines()]
    assert names == sorted(path.name.removesuffix(".json") for path in (ROOT / "schemas").glob("*.json"))
    for name in names:
        assert kb_within(tmp_path, "schema", name).out == (ROOT / f"schemas/{name}.json").read_text(encoding="utf-8")
    incoming = kb_within(tmp_path, "schema", "record.incoming.v1")
    assert kb_within(tmp_path, "schema", "record.incoming") == kb_within(tmp_path, "schema", "record.incoming.v1.json")
    assert incoming == kb_within(tmp_path, "schema", "record.incoming")
    refused(
        kb_within(tmp_path, "schema", "record.icoming"), "no schema record.icoming; did you mean `record.incoming.v1`?"
    )


def test_without_a_workspace_it_says_where_things_went(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    shutil.copytree(ROOT / "raw/redis", tmp_path / "elsewhere/redis")
    outcome = kb(tmp_path / "here", "ingest", "../elsewhere")
    assert outcome.code == 0
    assert outcome.out.endswith("wrote kb.duckdb and curated/\n")
    assert outcome.err == (
        "note: ../elsewhere: outside of the workspace, so curated/ depends on what is not kept with it; copy it into raw/\n"
        "note: no kb.toml here or above, so this folder is the workspace and the defaults held; see `kb init`\n"
    )
    assert (tmp_path / "here/curated/manifest.json").is_file()


def test_ingest_as_json(tmp_path: Path) -> None:
    Base(tmp_path).record("a")
    outcome = kb(tmp_path, "ingest", "--format", "json")
    document = json.loads(outcome.out)
    assert list(violations(document, "ingest.v1")) == []
    assert (document["read"], document["published"]) == (1, 1)


def test_a_dry_run_leaves_nothing(tmp_path: Path) -> None:
    Base(tmp_path).record("a")
    assert kb(tmp_path, "ingest", "--dry-run").out.endswith("dry run: nothing was written\n")
    assert not (tmp_path / "kb.duckdb").exists()
    assert not (tmp_path / "curated").exists()


def test_another_folder_can_be_the_workspace(example: Base, tmp_path: Path) -> None:
    assert kb(tmp_path, "--root", str(example.root), "sql", "SELECT 1 AS x").out == "x\n1\n"
    refused(kb(tmp_path, "--root", "nowhere", "sql", "SELECT 1"), "--root nowhere: no such folder")


# input of every kind


def test_a_restored_file_is_said(copy: Base) -> None:
    kb(copy.root, "ingest")
    copy.put("curated/findings.ndjson", b"junk")
    os.utime(copy.root / f"raw/{NAN_LOSS}.json")
    outcome = kb(copy.root, "ingest")
    assert outcome.err == "note: put right in curated/ what was not as kb had left it: findings.ndjson\n"
    assert "nothing was written" not in outcome.out


def test_an_empty_standard_input_is_an_error(base: Base) -> None:
    for command in ("ingest", "validate", "fix"):
        refused(kb(base.root, command, "-"), "standard input is empty; nothing was done\n")


def test_what_helps_after_a_deletion_is_said_by_ingest_alone(base: Base) -> None:
    for command in ("validate", "fix"):
        refused(kb(base.root, command, "nowhere"), "nowhere: no such file or folder\n")
    refused(kb(base.root, "ingest", "nowhere"), "nowhere: no such file or folder; to drop the records of a deleted")


def test_an_empty_folder_is_an_error_and_never_passed(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    refused(kb(tmp_path, "validate", "raw"), "raw: no records there")
    refused(kb(tmp_path, "ingest"), "raw: no records there")


def test_no_raw_folder_is_an_error_that_helps(tmp_path: Path) -> None:
    for command in ("ingest", "validate"):
        refused(
            kb(tmp_path, command), "no path was given, and there is no raw/; name files or folders, or see `kb init`"
        )


@pytest.mark.parametrize("command", ["ingest", "validate"])
def test_a_missing_path_and_a_strange_file_are_errors(command: str, tmp_path: Path) -> None:
    refused(kb(tmp_path, command, "nowhere"), "nowhere: no such file or folder")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    refused(kb(tmp_path, command, "notes.txt"), "notes.txt: kb reads .json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.json:1:1: error SCH001 (whole record): the text is empty"),
        (bytes(range(256)) * 8, "a.json:1:"),
        (b'{"id": "\xe9"}', "a.json:1:9: error SCH001 (whole record): not strict JSON: invalid unicode"),
        (b'[{"id": "a/b"}, {"id"', "a.json:1:"),
        (b"{" * 100_000, "a.json:1:"),
        (b'{"a": 1e999}', "a.json:1:7: error SCH001 (whole record): the number 1e999 is too large for a double"),
    ],
    ids=["empty", "binary", "not-utf8", "truncated-array", "deep", "infinite"],
)
def test_unreadable_content_is_a_finding(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    outcome = kb(tmp_path, "validate", "a.json")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith(message)
    assert " error SCH001 (whole record): " in outcome.out
    ingested = kb(tmp_path, "ingest", "a.json")
    assert ingested.code == 0
    assert "published 0 + unchanged 0 + quarantined " in ingested.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads and writes everything")
class TestWithoutPermission:
    def test_an_unreadable_file_is_an_error(self, tmp_path: Path) -> None:
        Base(tmp_path).record("a").chmod(0)
        refused(kb(tmp_path, "ingest"), "raw/git/a.json: cannot be read: Permission denied")

    def test_a_read_only_folder_is_an_error(self, tmp_path: Path) -> None:
        Base(tmp_path).record("a")
        tmp_path.chmod(0o500)
        try:
            refused(kb(tmp_path, "ingest"), "cannot write")
        finally:
            tmp_path.chmod(0o700)


def test_an_output_that_cannot_be_written_is_an_error(example: Base) -> None:
    refused(kb(example.root, "sql", "SELECT 1", "-o", "/"), "/: cannot be written: Is a directory")


def test_what_is_validated_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    refused(
        kb(tmp_path, "validate", "a.json", "-o", "./a.json"),
        "Invalid value for --output: a.json: is what is to be validated; name another place",
    )
    assert (tmp_path / "a.json").read_bytes() == b"{}"


# findings in every form


def test_full_is_for_terminals_and_concise_for_pipes(example: Base) -> None:
    arguments = ("validate", "raw/rust")
    concise, full = (kb(example.root, *arguments, "--format", form).out for form in ("concise", "full"))
    assert kb(example.root, *arguments).out == kb(example.root, *arguments, "--format", "text").out == concise
    assert " | " in full
    assert " | " not in concise
    plain = {"NO_COLOR": "1"}
    wide = kb_on_terminal(example.root, *arguments, columns=500, env=plain).out
    assert [line for line in wide.splitlines() if " | " not in line] == [
        line for line in full.splitlines() if " | " not in line
    ]
    assert kb_on_terminal(example.root, *arguments, "--format", "concise", columns=120, env=plain).out == concise


def test_a_terminal_is_shown_warnings_and_up_and_told_of_the_rest(base: Base) -> None:
    base.record("a", tags=[" x"], last_confirmed=None)
    plain = {"NO_COLOR": "1"}

    def shown(*arguments: str, terminal: bool = True) -> set[str]:
        run = (
            kb_on_terminal(base.root, "validate", *arguments, env=plain)
            if terminal
            else kb(base.root, "validate", *arguments)
        )
        assert run.out.count("1 infos hidden") == 0
        assert ("; 1 info hidden (--level info shows them)" in " ".join(run.out.split())) is (
            " info TXT001 " not in run.out
        )
        return set(re.findall(r" (?:error|warning|info) ([A-Z]{3}[0-9]{3}) ", run.out.replace("\n", " ")))

    everything = {"DAT006", "TXT001"}
    assert (
        shown()
        == shown("--level", "warning", terminal=False)
        == shown("--format", "concise")
        == everything - {"TXT001"}
    )
    assert shown(terminal=False) == shown("--level", "info") == everything
    assert shown("--fail-on", "info") == everything, "what fails the run is shown"
    assert kb_on_terminal(base.root, "validate", "--format", "ndjson").out.count('"code"') == 2


def test_quiet_is_what_fails_the_run_and_the_summary(base: Base) -> None:
    base.record("a", confidence=7, last_confirmed=None, tags=[" x"])
    finding, summary = kb(base.root, "validate", "-q").out.splitlines()
    assert " error RAT001 " in finding
    assert summary.startswith("3 findings in 1 of 1 record: 1 error, 1 warning, 1 info; ")
    assert summary.endswith("; 1 warning and 1 info hidden (--level info shows them)")
    assert len(kb(base.root, "validate", "--quiet", "--fail-on", "warning").out.splitlines()) == 3
    assert "|" not in kb_on_terminal(base.root, "validate", "-q", columns=500).out


def test_the_level_changes_what_is_shown_and_not_what_is_judged(base: Base) -> None:
    base.record("a", last_confirmed=None, tags=[" x"])
    whole = json.loads(kb(base.root, "validate", "--format", "json").out)
    part = kb(base.root, "validate", "--format", "json", "--level", "error", "--fail-on", "info")
    assert (part.code, json.loads(part.out)) == (1, {"findings": [], "summary": whole["summary"]})
    counted = kb(base.root, "validate", "--statistics", "--level", "warning").out
    assert ("DAT006" in counted, "TXT001" in counted) == (True, False)


def test_findings_can_be_put_together_by_rule_and_by_file(base: Base) -> None:
    base.record("a", last_confirmed=None, tags=[" x"])
    base.record("b", last_confirmed=None)
    by_rule = kb(base.root, "validate", "--group-by", "rule", "--format", "full").out
    assert by_rule.startswith("DAT006 never-confirmed: 2 findings in 2 records\n\nraw/git/a.json:")
    by_file = kb(base.root, "validate", "--group-by", "file", "--format", "full").out
    assert "raw/git/a.json: 2 findings\n" in by_file


def test_what_concerns_most_of_a_base_is_said_once_unless_it_is_asked_for(base: Base) -> None:
    base.put("raw/a.ndjson", ndjson(*(record(f"r{n}", last_confirmed=None) for n in range(60))))
    common, summary = kb(base.root, "validate").out.splitlines()
    assert common.startswith("warning DAT006 never-confirmed concerns 60 of 60 records: a good record ")
    assert summary.startswith("60 findings in 60 of 60 records: ")
    for asked in ("DAT006", "dat006", "never-confirmed"):
        assert kb(base.root, "validate", "--select", asked).out.count(" DAT006 ") == 60
    assert kb(base.root, "validate", "--format", "ndjson").out.count('"DAT006"') == 60
    base.configure("[report]\ncommon_share = 1.0\n")
    assert kb(base.root, "validate").out.count(" DAT006 ") == 60


def test_a_form_can_be_written_to_a_file(example: Base, tmp_path: Path) -> None:
    target = tmp_path / "out/kb.sarif"
    outcome = kb(example.root, "validate", "raw/rust", "--format", "sarif", "-o", str(target))
    assert outcome.code == 1
    assert outcome.out.endswith("kb.sarif: 1 finding in 1 of 2 records: 1 error, 0 warnings, 0 infos\n")
    assert target.read_text(encoding="utf-8") == kb(example.root, "validate", "raw/rust", "--format", "sarif").out


@pytest.mark.parametrize(
    "arguments",
    [["report", "stale"], ["report", "html"], ["sql", "SELECT 1"], ["quarantine"], ["quarantine", "--format", "csv"]],
    ids=" ".join,
)
def test_what_is_written_to_a_file_is_said(arguments: list[str], example: Base, tmp_path: Path) -> None:
    outcome = kb(example.root, *arguments, "-o", str(tmp_path / "x"))
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"wrote {os.path.relpath(tmp_path / 'x', example.root)}\n"


def test_a_prefix_lists_its_rules_and_a_name_may_have_underscores(example: Base) -> None:
    listed = kb(example.root, "explain", "ded").out.splitlines()
    assert listed[0].split() == ["code", "name", "kind", "severity", "summary"]
    assert {line.split()[0][:3] for line in listed[1:]} == {"DED"}
    whole = kb(example.root, "explain", "DED001")
    assert whole.out.startswith("DED001 dead-end-action-empty (")
    assert kb(example.root, "explain", "dead_end_action_empty") == whole


def test_prose_fits_a_terminal_and_stays_whole_in_a_pipe(example: Base) -> None:
    shown = kb_on_terminal(example.root, "show", NAN_LOSS, columns=80, env={"NO_COLOR": "1"}).out
    assert max(map(cell_len, shown.splitlines())) <= 80
    piped = kb(example.root, "show", NAN_LOSS).out
    assert shown.split() == piped.split()
    assert len(shown.splitlines()) > len(piped.splitlines())


def test_statistics_take_the_place_of_findings(example: Base) -> None:
    lines = kb(example.root, "validate", "raw", "--statistics").out.splitlines()
    assert lines[0].split() == ["count", "code", "name", "severity", "fixable"]
    assert sum(int(line.split()[0]) for line in lines[1:-1]) == int(lines[-1].split()[0])


def test_the_command_line_goes_before_kb_toml_and_that_before_the_defaults(base: Base) -> None:
    base.record("a", confidence=0.99, tags=[" x"])
    base.configure('fail_on = "info"\n[rules]\nselect = ["TXT"]\n')

    def found(*arguments: str) -> tuple[int, list[str]]:
        outcome = kb(base.root, "validate", *arguments, "--format", "ndjson")
        return outcome.code, [json.loads(line)["code"] for line in outcome.out.splitlines()]

    assert found() == (1, ["TXT001"])
    assert found("--fail-on", "warning") == (0, ["TXT001"])
    assert found("--select", "EVD,TXT") == (1, ["EVD005", "TXT001"])
    assert found("--select", "EVD", "--select", "TXT", "--ignore", "txt001") == (1, ["EVD005"])
    assert found("--ignore", "outer-whitespace") == (0, [])
    assert found("--exit-zero") == (0, ["TXT001"])
    assert found("--severity", "TXT=warning", "--fail-on", "warning") == (1, ["TXT001"])
    base.configure("")
    assert found() == (0, ["EVD005", "TXT001"])


def test_what_is_told_is_chosen_from_what_is_found(example: Base) -> None:
    def found(*arguments: str) -> list[dict[str, str]]:
        out = kb(example.root, "validate", "raw", *arguments, "--format", "ndjson").out
        return [json.loads(line) for line in out.splitlines()]

    whole = found()
    always = {"SCH001", "SCH002", "RAT001", "TIR001", "DAT001", "IDN001", "IDN003"}
    for options, keeps in (
        (["--select", "RGX005"], lambda code: code == "RGX005"),
        (["--select", "TXT,DED", "--ignore", "TXT007"], lambda code: code[:3] in {"TXT", "DED"} and code != "TXT007"),
        (["--ignore", "RAT,TXT,SAF"], lambda code: code[:3] not in {"RAT", "TXT", "SAF"}),
    ):
        assert found(*options) == [f for f in whole if keeps(f["code"]) or f["code"] in always], options
    as_errors = found("--severity", "RGX=error")
    assert as_errors == [{**f, "severity": "error"} if f["code"].startswith("RGX") else f for f in whole]


def test_what_kb_toml_leaves_out_is_run_where_it_is_selected(base: Base) -> None:
    base.record("a", confidence=0.99, tags=[" x"])
    base.configure('[rules]\nignore = ["EVD005"]\n')
    assert "EVD005" not in kb(base.root, "validate").out
    assert " EVD005 " in kb(base.root, "validate", "--select", "EVD").out


def test_a_diff_shows_the_repairs_of_the_chosen_rules(base: Base) -> None:
    base.record("a", tags=[" x"], resolvable=True)
    shown = kb(base.root, "validate", "--diff", "--select", "TXT")
    assert (shown.out.count("\n+"), shown.code) == (2, 1), shown.out
    assert "(TXT001 outer-whitespace 1)" in shown.err


def test_an_editor_pipes_its_buffer(base: Base) -> None:
    saved = base.record("a")
    arguments = ("validate", "-", "--stdin-filename", str(saved))
    assert kb(base.root, *arguments, stdin=saved.read_bytes()).out == "1 record read, all clean\n"
    assert kb(base.root, *arguments, stdin=b"{").out.startswith("raw/git/a.json:1:1: error SCH001")
    careless = saved.read_bytes().replace(b'"usage_error"', b'" usage_error"')
    assert kb(base.root, *arguments, "--diff", stdin=careless).out.startswith("--- raw/git/a.json\n")


# usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validat"], "No such command 'validat'. Did you mean 'validate'?"),
        (["report", "stal"], "no report stal; did you mean `stale`?"),
        (["report", "htm"], "no report htm; did you mean `html`?"),
        (["report"], "Missing argument 'REPORT'"),
        (["report", "stale", "--format", "ndjson"], "Invalid value for --format: 'ndjson'; did you mean `json`?"),
        (
            ["report", "stale", "--format", "yaml"],
            "Invalid value for --format: 'yaml'; there are table, json, csv, md, html",
        ),
        (["report", "stale", "--format", "xml"], "Invalid value for --format: 'xml'; did you mean `html`?"),
        (["validate", "--fail-on", "warn"], "Invalid value for --fail-on: 'warn'; did you mean `warning`?"),
        (
            ["validate", "--formt", "json"],
            "No such option: --formt (Possible options: --format, --from) (see `kb validate --help`)",
        ),
        (["validate", "--format", "sarf"], "Invalid value for --format: 'sarf'; did you mean `sarif`?"),
        (
            ["validate", "--statistics", "--format", "sarif"],
            "Invalid value for --statistics: goes with full, concise, json, not with sarif",
        ),
        (["validate", "--select", "DED0001"], "`--select`: no rule 'DED0001'; did you mean `DED001`?"),
        (
            ["validate", "--severity", "error"],
            "Invalid value for --severity: 'error' names no rule; `--level error` shows",
        ),
        (
            ["validate", "--severity", "Warnings"],
            "Invalid value for --severity: 'Warnings' names no rule; `--level warning`",
        ),
        (
            ["validate", "--select", "error"],
            "`--select`: 'error' is a severity, not a rule; `--level error` shows errors",
        ),
        (
            ["validate", "--select", "EVD,warn"],
            "`--select`: 'warn' is a severity, not a rule; `--level warning` shows warn",
        ),
        (
            ["validate", "--ignore", "infos"],
            "`--ignore`: 'infos' is a severity, not a rule; `--level` chooses what is shown",
        ),
        (["validate", "--level", "errors"], "Invalid value for --level: 'errors'; did you mean `error`?"),
        (["validate", "--level", "INFO"], "Invalid value for --level: 'INFO'; did you mean `info`?"),
        (
            ["validate", "--level", "RGX=info"],
            "Invalid value for --level: 'RGX=info' names rules; `--severity RGX=info`",
        ),
        (
            ["validate", "--level", "evd001"],
            "Invalid value for --level: 'evd001' is a rule; `--select evd001` shows it alone",
        ),
        (
            ["validate", "--fail-on", "EVD001"],
            "Invalid value for --fail-on: 'EVD001' is a rule; `--select EVD001` shows",
        ),
        (["validate", "--group-by", "rules"], "Invalid value for --group-by: 'rules'; did you mean `rule`?"),
        (
            ["validate", "--group-by", "rule", "--format", "sarif"],
            "Invalid value for --group-by: goes with full and concise, not with sarif",
        ),
        (
            ["validate", "--group-by", "rule", "--statistics"],
            "Invalid value for --group-by: goes with lists of findings, not with --statistics",
        ),
        (
            ["validate", "-q", "--format", "json"],
            "Invalid value for --quiet: goes with full and concise, not with json",
        ),
        (
            ["validate", "-q", "--level", "info"],
            "Invalid value for --quiet: says which findings are shown; leave out --level",
        ),
        (
            ["validate", "--diff", "--level", "error"],
            "Invalid value for --diff: shows changes, not findings; leave out",
        ),
        (["show", "docker/"], "no published record docker/; there are docker/"),
        (["show", "p"], "no published record p; it is the beginning of 10 ids, such as pip/"),
        (
            ["why", "git/"],
            "git/: never seen; there are git/dubious-ownership, git/non-fast-forward, git/unrelated-histories",
        ),
        (["validate", "--severity", "DED"], "Invalid value for --severity: 'DED'; write RULES=LEVEL, as in RGX=info"),
        (["validate", "--severity", "DED=fatal"], "`--severity DED` is 'fatal'; choose error, warning or info"),
        (["ingest", "raw", "--as", "x"], "Invalid value for --as: names what `-` reads; name `-` too"),
        (["validate", "raw", "--stdin-filename", "x.json"], "Invalid value for --stdin-filename: name `-` too"),
        (
            ["report", "stale", "--as-of", "2026-02-30"],
            "Invalid value for '--as-of': '2026-02-30' is no day; write YYYY",
        ),
        (["report", "stale", "--as-of", "yesterday"], "Invalid value for '--as-of': 'yesterday' is no day"),
        (["report", "tiers", "--due", "30"], "kb report tiers knows no --due; kb report stale does"),
        (["report", "queue", "--spread", "0"], "Invalid value for '--spread'"),
        (
            ["report", "stale", "--section", "forcast"],
            "kb report stale has no section forcast here; did you mean `forecast`?",
        ),
        (["report", "stale", "--section", "due"], "kb report stale has no section due here; add --due DAYS"),
        (["validte"], "No such command 'validte'. Did you mean 'validate'? (see `kb --help`)"),
        (["report"], "Missing argument 'REPORT'. (see `kb report --help`)"),
        (["sql", ""], 'kb sql: no query; write kb sql "SELECT …", or pipe one in'),
        (["show", "git"], "no published record git; there are git/dubious-ownership, git/"),
        (
            ["report", "stale", "--section", "rows", "--format", "json"],
            "Invalid value for --section: json holds every section; leave it out, or take csv",
        ),
        (["report", "all"], "Invalid value for --output: `kb report all` writes files; name their folder"),
        (["report", "html", "--due", "3"], "Invalid value for --due: the page has no use for it; leave it out"),
        (["report", "html", "--format", "csv"], "Invalid value for --format: the page has no use for it; leave it out"),
        (["report", "html", "--domain", "dockr"], "no published record has the domain dockr; did you mean `docker`?"),
        (["gate", "--format", "csv"], "Invalid value for --format: 'csv'; there are text, json"),
        (["report", "stale", "--limit", "-1"], "Invalid value for '--limit'"),
        (["report", "stale", "--limit", "ten"], "Invalid value for '--limit'"),
        (["report", "stale", "--domain", "dockr"], "no published record has the domain dockr; did you mean `docker`?"),
        (["report", "stale", "--tier", "reviewed"], "no published record has the verification tier reviewed; did you"),
        (["report", "stale", "--fail-on", "agee > 1"], 'sql: Binder Error: Referenced column "agee" not found'),
        (["show", "docker/port-already-alocated"], "no published record docker/port-already-alocated; did you mean"),
        (["show", "rust/linker-cc-not-found"], "no published record rust/linker-cc-not-found; it is in quarantine"),
        (["why", "nothing/of/the/sort"], "nothing/of/the/sort: never seen; run `kb ingest` on it"),
        (["explain", "DED0001"], "no rule DED0001; did you mean `DED001`?"),
        (["explain", "how-repeat-action"], "no rule how-repeat-action; did you mean `how-repeats-action`?"),
        (["sql", "SELECT 1", "--format", "yaml"], "Invalid value for --format: 'yaml'; there are table, json"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_answered_in_one_line(arguments: list[str], message: str, example: Base, kb_within: Kb) -> None:
    refused(kb_within(example.root, *arguments), message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fail_onn = "error"', "kb.toml: unknown setting `fail_onn`; did you mean `fail_on`?"),
        ("fail_on = 'fatal'", "kb.toml: `fail_on` is 'fatal'; choose error, warning or info"),
        ("[", "kb.toml: not TOML"),
        ("[rules]\nselect = ['XXX001']", "kb.toml: `rules.select`: no rule 'XXX001'"),
    ],
)
def test_wrong_settings_are_answered_in_one_line(text: str, message: str, base: Base) -> None:
    base.record("a")
    base.configure(text)
    refused(kb(base.root, "validate"), message)


def test_hostile_words_are_not_echoed_raw(example: Base) -> None:
    for arguments in (
        ["show", "\x1b]0;x\x07\u202e"],
        ["report", "\x1b[2J"],
        ["validate", "\u202etxt.exe"],
        ["\x1b[2J"],
    ):
        outcome = kb(example.root, *arguments)
        assert outcome.code == 2
        assert visible(outcome.err[:-1]) == outcome.err[:-1]


# SQL


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("COPY records TO 'x.csv'", "kb sql only reads"),
        ("DROP TABLE records", "kb sql only reads"),
        ("DELETE FROM records", "kb sql only reads"),
        ("UPDATE records SET confidence = 7", "kb sql only reads"),
        ("ATTACH 'x.db'", "kb sql only reads"),
        ("INSTALL httpfs", "kb sql only reads"),
        ("LOAD httpfs", "kb sql only reads"),
        ("SET threads = 1", "kb sql only reads"),
        ("PRAGMA version", "kb sql only reads"),
        ("EXPORT DATABASE 'x'", "kb sql only reads"),
        ("SELECT 1; SELECT 2", "kb sql takes one statement, this is 2"),
        ("SELECT 1; DROP TABLE records", "kb sql takes one statement, this is 2"),
        (" ; ", "kb sql takes one statement, this is 0"),
        ("SELECT * FROM read_csv('/etc/passwd')", "sql: only the tables of the base can be read: no files, no network"),
        ("SELECT * FROM read_text('kb.toml')", "sql: only the tables of the base can be read: no files, no network"),
        ("SELECT * FROM glob('*')", "sql: only the tables of the base can be read: no files, no network"),
        ("FROM '/etc/passwd'", "sql: "),
        ("SELECT getenv('HOME')", "sql: "),
        ("EXPLAIN ANALYZE DELETE FROM records", "sql: "),
        ("SELECT * FROM recrds", 'sql: Catalog Error: Table with name recrds does not exist!; Did you mean "records"?'),
        ("SELECT", "sql: Parser Error"),
    ],
)
def test_sql_that_does_more_than_read_is_refused(query: str, message: str, example: Base, kb_within: Kb) -> None:
    before = contents(example.root)
    refused(kb_within(example.root, "sql", query), message)
    assert contents(example.root) == before


def test_sql_from_an_argument_and_from_a_pipe(example: Base) -> None:
    query = "SELECT count(*) AS n FROM dead_ends WHERE action = ''"
    answer = kb(example.root, "sql", query, "--format", "json")
    assert json.loads(answer.out)[0]["n"] > 0
    assert kb(example.root, "sql", "--format", "json", stdin=query.encode()) == answer
    refused(kb(example.root, "sql"), "kb sql: no query; write kb sql")


def test_sql_into_a_file(example: Base, tmp_path: Path) -> None:
    target = tmp_path / "new/folder/x.csv"
    outcome = kb(example.root, "sql", "SELECT 'é' AS x", "--format", "csv", "--output", str(target))
    assert (outcome.code, outcome.out, target.read_bytes()) == (0, "", "x\né\n".encode())


# the base itself


@pytest.mark.parametrize(
    "arguments", [["sql", "SELECT 1"], ["report", "stale"], ["show", "a/b"], ["doctor"], ["gate"], ["quarantine"]]
)
def test_without_a_base_it_says_how_to_get_one(arguments: list[str], tmp_path: Path, kb_within: Kb) -> None:
    nothing = "kb.duckdb: there is no knowledge base here yet"
    refused(kb_within(tmp_path, *arguments), f"{nothing}, and no kb.toml here or above; see `kb init`")
    (tmp_path / "raw").mkdir()
    refused(kb_within(tmp_path, *arguments), f"{nothing}; run `kb ingest`")


@pytest.mark.parametrize("arguments", [["sql", "SELECT 1"], ["report", "stale"], ["doctor"]])
def test_a_broken_base_is_an_error(arguments: list[str], tmp_path: Path) -> None:
    store = tmp_path / "kb.duckdb"
    store.write_bytes(b"junk")
    refused(kb(tmp_path, *arguments), "kb.duckdb: cannot be opened")
    store.unlink()
    with duckdb.connect(store) as connection:
        connection.execute("CREATE TABLE records (x INTEGER)")
    refused(kb(tmp_path, *arguments), "kb.duckdb: ")


def test_a_base_with_flipped_bytes_is_an_error(copy: Base) -> None:
    store = copy.workspace.store
    data = bytearray(store.read_bytes())
    for i in range(12288, len(data), 1009):
        data[i] ^= 0xFF
    store.write_bytes(data)
    refused(kb(copy.root, "sql", "SELECT * FROM records"), "kb.duckdb: ")


def test_the_doctor_finds_an_update(copy: Base) -> None:
    with duckdb.connect(copy.workspace.store) as connection:
        connection.execute("UPDATE records SET confidence = 7")
    outcome = kb(copy.root, "doctor")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith("records.confidence: not ")
    assert "not between 0 and 1 in 45 rows, such as 7.0\n" in outcome.out


def test_a_failed_condition_is_told_on_the_other_stream(example: Base) -> None:
    outcome = kb(example.root, "report", "stale", "--fail-on", "age > 1000", "--format", "csv", "--limit", "1")
    assert (outcome.code, outcome.err) == (1, "note: --fail-on: 2 rows meet `age > 1000`\n")
    assert outcome.out.startswith("id,tier,last_confirmed,age,time_to_live,why\n")
    assert kb(example.root, "report", "stale", "--fail-on", "age > 9999").code == 0


def test_a_condition_may_be_about_any_section(example: Base) -> None:
    growing = ("report", "stale", "--section", "forecast", "--fail-on", "month = 6 AND stale > 20", "--as-of", str(DAY))
    outcome = kb(example.root, *growing)
    assert (outcome.code, outcome.err) == (1, "note: --fail-on: 1 row meets `month = 6 AND stale > 20`\n")
    assert "id" not in outcome.out.splitlines()[1].split()


def test_the_page_goes_to_a_file_or_into_a_pipe(example: Base, tmp_path: Path) -> None:
    target = tmp_path / "new/base.html"
    assert kb(example.root, "report", "html", "-o", str(target)).out == ""
    page = target.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert kb(example.root, "report", "html").out == page


def test_csv_holds_one_section(example: Base) -> None:
    heads = {
        (): "id,tier,last_confirmed,age,time_to_live,why",
        ("--section", "forecast"): "month,day,stale,more,stale_share",
        ("--section", "due", "--due", "30"): "id,tier,last_confirmed,due,time_to_live,why",
    }
    for arguments, head in heads.items():
        outcome = kb(example.root, "report", "stale", "--format", "csv", *arguments)
        assert (outcome.code, outcome.out.splitlines()[0]) == (0, head)


def test_every_report_can_be_written_as_it_is_published(example: Base, tmp_path: Path) -> None:
    outcome = kb(example.root, "report", "all", "-o", str(tmp_path / "new" / "reports"))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("wrote 10 files to ")
    published = {name: data for name, data in example.curated().items() if name.startswith("reports/")}
    del published["reports/day-findings.ndjson"]
    assert {f"reports/{name}": data for name, data in contents(tmp_path / "new" / "reports").items()} == published


@pytest.mark.long(every=3)
@pytest.mark.parametrize("name", list(REPORTS))
@pytest.mark.parametrize("form", ["table", "json"])
def test_the_same_report_of_the_same_base_is_the_same_bytes(name: str, form: str, example: Base) -> None:
    first, second = (kb(example.root, "report", name, "--format", form) for _ in range(2))
    assert (first.code, first.err) == (0, "")
    assert first.out
    assert first.out == second.out


# streams and terminals


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "raw/inbox"],
        ["report", "confidence"],
        ["show", NAN_LOSS],
        ["quarantine"],
        ["rules"],
        ["explain", "TXT002"],
        ["sql", "SELECT id, signature FROM records"],
        ["why", "raw/inbox/2026-09-forum-scrape.ndjson:5"],
    ],
    ids=" ".join,
)
def test_a_pipe_gets_text_alone(arguments: list[str], example: Base) -> None:
    piped = kb(example.root, *arguments)
    assert piped.code in {0, 1}
    assert piped.err == ""
    assert "\x1b" not in piped.out
    assert not any(line != line.rstrip() for line in piped.out.splitlines())


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_gets_tables_that_fit(columns: int, example: Base) -> None:
    for name in REPORTS:
        outcome = kb_on_terminal(example.root, "report", name, columns=columns, env={"NO_COLOR": "1"})
        assert outcome.code == 0
        assert max(map(len, outcome.out.splitlines())) <= columns
        assert "\x1b" not in outcome.out


def test_a_terminal_gets_colour_unless_it_is_not_wanted(example: Base) -> None:
    arguments = ("validate", f"raw/{NAN_LOSS}.json")
    assert "\x1b[1;33mDED001\x1b[0m" in kb_on_terminal(example.root, *arguments).out
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = kb_on_terminal(example.root, *arguments, env=env)
        assert "\x1b" not in plain.out
        assert '    41 |       "action": "",' in plain.out


@pytest.mark.parametrize("arguments", [["validate", "raw/inbox"], ["show", NAN_LOSS], ["why", NAN_LOSS]], ids=" ".join)
def test_colour_can_be_forced_into_a_pipe_and_is_only_added(arguments: list[str], example: Base) -> None:
    plain = kb(example.root, *arguments)
    forced = kb(example.root, *arguments, env={"FORCE_COLOR": "1"})
    assert "\x1b[" in forced.out
    assert re.sub("\x1b\\[[0-9;]*m", "", forced.out) == plain.out
    assert kb(example.root, *arguments, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}) == plain


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "raw/inbox", "--format", "ndjson"],
        ["validate", "raw/inbox", "--format", "github"],
        ["validate", "raw", "--diff"],
        ["show", NAN_LOSS, "--format", "json"],
        ["report", "tiers", "--format", "csv"],
    ],
    ids=" ".join,
)
def test_what_programs_read_is_never_coloured(arguments: list[str], example: Base) -> None:
    assert "\x1b" not in kb(example.root, *arguments, env={"FORCE_COLOR": "1"}).out


def test_a_file_is_never_coloured(example: Base, tmp_path: Path) -> None:
    kb(example.root, "validate", "raw/inbox", "-o", str(tmp_path / "x"), env={"FORCE_COLOR": "1"})
    assert "\x1b" not in (tmp_path / "x").read_text(encoding="utf-8")


def test_a_record_is_coloured_by_what_it_says(example: Base) -> None:
    shown = kb_on_terminal(example.root, "show", "mysql/lock-wait-timeout").out
    assert "\x1b[31mRestart the MySQL server" in shown
    assert "\x1b[32mShorten the transaction" in shown
    assert re.search("\x1b\\[3[123]mdeclared 0.70", shown)


def test_a_locale_without_the_characters_is_no_error(example: Base) -> None:
    in_ascii = {"PYTHONIOENCODING": "ascii"}
    piped = kb_process(example.root, "report", "confidence", env=in_ascii)
    assert (piped.code, piped.err) == (0, "")
    assert "× 0.50" in piped.out, "a pipe is UTF-8"
    shown = kb_process_on_terminal(example.root, "report", "confidence", env=in_ascii)
    assert shown.code == 0
    assert r"\xd7 0.50" in shown.out


def test_a_reader_that_stops_early_is_no_error(example: Base) -> None:
    process = subprocess.Popen(
        [*ARGV, "sql", "SELECT range, repeat('x', 1000) FROM range(5000)"],
        cwd=example.root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 0


def test_a_bug_of_ours_is_three_and_says_how_to_see_it(
    example: Base, kb_within: Kb, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops\nand more")

    monkeypatch.setattr(show, "quarantine", broken)
    message = "a bug in kb: ZeroDivisionError: oops and more; KB_TRACEBACK=1 shows where, please report it\n"
    refused(kb_within(example.root, "quarantine"), message, code=3)
    monkeypatch.setenv("KB_TRACEBACK", "1")
    assert kb_within(example.root, "quarantine").err.startswith("Traceback")


def test_an_interruption_is_one_line(example: Base, kb_within: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(show, "quarantine", interrupted)
    refused(kb_within(example.root, "quarantine"), "interrupted; nothing was changed\n", code=130)


@pytest.fixture
def interrupted_soon() -> Iterator[None]:
    """Ctrl-C, a little later."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests side by side ignores it
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    yield
    timer.join()
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupted_soon")
@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["sql", f"SELECT count(*) {ENDLESS}"], "nothing was changed"),
        (["report", "stale", "--fail-on", f"(SELECT count(*) {ENDLESS}) > 0"], "nothing was changed"),
        (["export", "-o", "out", "--where", f"(SELECT count(*) {ENDLESS}) > 0"], "out may be written in part"),
    ],
    ids=lambda value: value[0],
)
def test_a_query_that_is_interrupted_is_no_bug(arguments: list[str], left: str, copy: Base, kb_within: Kb) -> None:
    refused(kb_within(copy.root, *arguments), f"interrupted; {left}\n", code=130)


def test_an_interruption_while_kb_is_loaded_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "kb.cli.app":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "kb.cli.app")
    monkeypatch.delattr("kb.cli.app")
    monkeypatch.setattr("sys.meta_path", [Interrupted, *sys.meta_path])
    with pytest.raises(SystemExit) as left:
        __main__.main()
    assert left.value.code == 130
    assert capsys.readouterr() == ("", "kb: interrupted; nothing was changed\n")


def test_a_commit_that_is_interrupted_says_that_it_holds(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    base.record("a")
    with monkeypatch.context() as patched:
        patched.setattr(swap, "exchange", interrupted)
        with pytest.raises(StoppedError, match=r"^interrupted; what was made is published now, or by the next kb"):
            base.ingest()
    assert not base.workspace.store.exists()
    swap.recover(base.workspace)
    assert base.slugs() == ["a"]


def test_fixes_that_are_interrupted_may_be_half_made(
    base: Base, kb_within: Kb, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    base.record("a", category=" usage_error ")
    monkeypatch.setattr(fix, "carry_out", interrupted)
    refused(kb_within(base.root, "fix"), "interrupted; some files may be fixed already; `kb fix` again", code=130)


@pytest.mark.long(every=3)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [["sql", "SELECT 1"], ["validate"], ["export", "--format", "ndjson", "-o", "-"]], ids=lambda a: a[0]
)
def test_a_full_standard_output_is_named(arguments: list[str], unbuffered: str, example: Base) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*ARGV, *arguments], cwd=example.root, env=environment({"PYTHONUNBUFFERED": unbuffered}), stdout=full,
            stderr=subprocess.PIPE, check=False, timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, b"kb: standard output: No space left on device\n")


# where it writes


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["export", "-o", "raw"], "raw/"),
        (["export", "-o", "linked/new"], "raw/"),
        (["export", "--format", "ndjson", "-o", "kb.toml"], "kb.toml"),
        (["export", "-o", "curated/reports"], "curated/"),
        (["validate", "raw/git", "-o", "raw/x/y.json"], "raw/"),
        (["validate", "-o", "kb.baseline.json"], "kb.baseline.json"),
        (["sql", "SELECT 1", "-o", ".kb/lock"], ".kb/"),
        (["quarantine", "-o", "rules/own.sql"], "rules"),
        (["report", "html", "-o", "kb.duckdb"], "kb.duckdb"),
        (["report", "queue", "-o", "curated/records/x"], "curated/"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_kb_works_from_is_never_written_over(arguments: list[str], part: str, copy: Base, kb_within: Kb) -> None:
    (copy.root / "linked").symlink_to("raw")
    before = copy.footprint()
    outcome = kb_within(copy.root, *arguments)
    refused(outcome, "Invalid value for '--output' / '-o': ")
    assert f": {part} is what kb itself reads or writes; name another place" in outcome.err
    assert copy.footprint() == before


def test_reports_may_be_written_where_they_belong(copy: Base) -> None:
    assert kb(copy.root, "report", "all", "-o", "curated/reports").code == 0
    assert kb(copy.root, "doctor").code == 0


def test_a_dash_is_standard_output(example: Base) -> None:
    for arguments in (["sql", "SELECT 1"], ["validate", "raw/git"], ["quarantine"]):
        assert kb(example.root, *arguments, "-o", "-") == kb(example.root, *arguments)
    lines = kb(example.root, "export", "--format", "ndjson", "-o", "-", "--where", "domain = 'git'").out.splitlines()
    assert [json.loads(line)["domain"] for line in lines] == ["git", "git"]
    assert len(json.loads(kb(example.root, "export", "--format", "json", "-o", "-").out)) == 45
    assert kb(example.root, "export", "--format", "json", "-o", "-", "--where", "false").out == "[]\n"
    refused(kb(example.root, "export", "-o", "-"), "--format files has no place on standard output; name a folder")


@pytest.mark.parametrize(
    ("name", "how", "record"),
    [
        ("git/non", "the beginning of", "git/non-fast-forward"),
        ("git/push-rejected", "an alias of", "git/non-fast-forward"),
        ("tensorflow/", "the beginning of", NAN_LOSS),
    ],
)
@pytest.mark.parametrize("command", ["show", "why"])
def test_an_alias_or_the_beginning_of_one_id_finds_its_record(
    command: str, name: str, how: str, record: str, example: Base
) -> None:
    found = kb(example.root, command, name)
    assert (found.code, found.err) == (0, f"note: {name} is {how} {record}\n")
    assert found.out.startswith(kb(example.root, "show", record).out)


def completed(folder: Path, typed: str) -> list[str]:
    asked = {"_KB_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": typed}
    outcome = kb_process(folder, env=asked)
    assert outcome.err == ""
    return re.findall(r'"([^"]+)"', outcome.out)


def test_ids_complete_with_tab(example: Base, tmp_path: Path) -> None:
    git = ["git/dubious-ownership", "git/non-fast-forward", "git/unrelated-histories"]
    assert completed(example.root, "kb show git/") == git
    assert completed(example.root, "kb why rust/linker") == ["rust/linker-cc-not-found"], "it is in quarantine"
    assert completed(tmp_path, f"kb --root {example.root} show git/n") == ["git/non-fast-forward"]
    assert completed(example.root, "kb explain RGX00")[:2] == ["RGX001", "RGX002"]
    assert completed(example.root, "kb validate --level ") == ["info", "warning", "error"]


def test_completion_is_silent_where_there_is_nothing_to_ask(tmp_path: Path) -> None:
    assert completed(tmp_path, "kb show g") == []
    (tmp_path / "kb.duckdb").write_bytes(b"junk")
    assert completed(tmp_path, "kb show g") == []
    (tmp_path / "kb.toml").write_bytes(b"[")
    assert completed(tmp_path, "kb why g") == []
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["kb.duckdb", "kb.toml"]


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "COMP_WORDS"), ("zsh", "#compdef kb"), ("fish", "complete --command kb")]
)
def test_completion_is_there(shell: str, word: str, tmp_path: Path) -> None:
    outcome = kb_process(tmp_path, env={"_KB_COMPLETE": f"source_{shell}"})
    assert (outcome.code, outcome.err) == (0, "")
    assert "_KB_COMPLETE" in outcome.out
    assert word in outcome.out
