"""Whatever a stranger's record says, no output lets it act: on a terminal, in CI, in a parser, in a browser."""

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from kb.cli import app
from kb.words import visible
from tests.bases import Base
from tests.render import hostile


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return hostile.fill(Base(tmp_path_factory.mktemp("hostile")))


class Said(NamedTuple):
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(base: Base, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(base.root)

    def ran(*argv: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["kb", *argv])
        assert app.run() in {0, 1}  # main without its exit
        return Said(*capsys.readouterr())

    return ran


FOR_PEOPLE = (
    ("validate", "raw", "--format", "full"),
    ("validate", "raw", "--format", "concise"),
    ("validate", "raw", "--group-by", "file"),
    ("report", "queue"),
    ("report", "findings"),
    ("quarantine",),
    ("show", "git/h01"),
    ("show", "git/h14"),
    ("why", "git/r09"),
    ("why", "git/h16"),
    ("sql", "SELECT * FROM records ORDER BY id"),
    ("sql", "SELECT * FROM findings ORDER BY ALL"),
    ("sql", "SELECT action FROM dead_ends", "--format", "md"),
    ("fix", "raw", "--diff"),
)

FOR_PROGRAMS = (
    ("validate", "raw", "--format", "json"),
    ("validate", "raw", "--format", "sarif"),
    ("validate", "raw", "--format", "gitlab"),
    ("report", "queue", "--format", "json"),
    ("show", "git/h14", "--format", "json"),
    ("quarantine", "--format", "json"),
    ("sql", "SELECT * FROM records", "--format", "json"),
)


@pytest.mark.parametrize("argv", FOR_PEOPLE, ids=" ".join)
def test_nothing_acts_on_a_terminal_or_a_log(run: Run, argv: tuple[str, ...]) -> None:
    for stream in run(*argv):
        lines = stream.split("\n")
        assert [line for line in lines if visible(line) != line] == []
        assert [line for line in lines if line.startswith(("::", "##["))] == []


@pytest.mark.parametrize("argv", FOR_PROGRAMS, ids=" ".join)
def test_what_programs_read_is_whole(run: Run, argv: tuple[str, ...]) -> None:
    out = run(*argv).out
    assert json.loads(out)
    assert [line for line in out.split("\n") if visible(line) != line] == []


def test_lines_of_json_are_lines(run: Run) -> None:
    for argv in (("validate", "raw", "--format", "ndjson"), ("sql", "FROM records", "--format", "ndjson")):
        lines = run(*argv).out.removesuffix("\n").split("\n")
        assert all(json.loads(line) for line in lines)


def test_a_text_commands_no_runner(run: Run) -> None:
    """Every line is one of kb's own commands but the summary, and no property of one holds a delimiter of the record's."""
    *commands, _, _ = [*run("validate", "raw", "--format", "github").out.split("\n"), ""][:-1]
    for line in commands:
        assert re.match(r"::(error|warning|notice) file=[^:,]+(,line=\d+,col=\d+)?,title=[^:,]+::", line), line


def test_a_text_makes_no_element_of_xml(run: Run) -> None:
    root = ET.fromstring(run("validate", "raw", "--format", "junit").out)  # noqa: S314 - our own
    assert {element.tag for element in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "system-out"}


def test_a_text_makes_no_cell(run: Run) -> None:
    rows = list(
        csv.reader(io.StringIO(run("sql", "SELECT id, signature, category FROM records", "--format", "csv").out))
    )
    assert {len(row) for row in rows} == {3}
    assert len(rows) == len(hostile.HARM) + 1
    said = run("sql", "SELECT id, signature FROM records", "--format", "md").out
    assert said.count("\n") == len(hostile.HARM) + 2


def test_a_text_asks_nothing_of_the_base(base: Base) -> None:
    assert base.column("SELECT count(*) FROM records") == [len(hostile.HARM)]
