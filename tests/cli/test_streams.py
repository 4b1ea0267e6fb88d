"""Every command, whatever becomes of its streams and its words: an answer or one line, never a bug."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from kb.cli import app
from tests.bases import Base
from tests.conftest import LONG
from tests.git import commit, git
from tests.terminal import ARGV, Outcome, Stream, environment, kb

GROUP: Any = get_command(app.app)
COMMANDS: dict[str, Any] = dict(GROUP.commands)

USUAL = {"report": "quality", "show": "git/a", "why": "git/a", "explain": "DED001", "propose": "raw/git/a.json"}
USUAL |= dict.fromkeys(("confirm", "refute", "deprecate", "withdraw", "restore", "retract"), "git/a")
"""What a command is given where it asks for something; a new one gets a word."""

BY = ["--by", "person:Ada"]
MORE = {
    "export": ["--format", "ndjson"],
    "sql": ["SELECT 1"],
    "match": ["fatal: a is no repository"],
    "confirm": BY,
    "refute": BY,
    "deprecate": ["--reason", "it is old", *BY],
    "withdraw": ["--reason", "it is wrong", *BY],
}
WHOLE = {
    "promote": ["promote", "git/a", "community_verified", *BY],
    "demote": ["demote", "git/a", "ai_generated", "--reason", "so", *BY],
    "outcome": ["outcome", "git/a", "workaround:1", "--worked", *BY],
    "merge": ["merge", "git/a", "git/b", *BY],
    "ledger": ["ledger", "pack", "--before", "2026-01-01"],
}
"""Commands that take words of several kinds."""

pytestmark = pytest.mark.long(every=1)  # with KB_LONG=1 it tries more

NEEDS_EVENTS = {"restore", "retract", "ledger"}
"""What they are about is not there, and that is what they say, whether anybody can be answered or not."""


def words(command: str) -> list[str]:
    """A command with no more than it needs."""
    if command in WHOLE:
        return WHOLE[command]
    found = [command]
    for param in COMMANDS[command].params:
        if param.required:
            found += [] if param.param_type_name == "argument" else [param.opts[0]]
            found.append(USUAL.get(command, "x"))
    return [*found, *MORE.get(command, [])]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = Base(tmp_path_factory.mktemp("made"))
    base.configure("as_of = 2026-11-22")
    base.record("a", category=" usage_error ")
    base.record("b", root_cause=None)
    base.ingest()
    git(base.root, "init", "--quiet")
    commit(base.root)
    return base


@pytest.fixture
def small(made: Base, tmp_path: Path) -> Base:
    """A base of two records, to be broken."""
    return Base(shutil.copytree(made.root, tmp_path / "small"))


def closed(folder: Path, arguments: list[str], *streams: int) -> subprocess.CompletedProcess[bytes]:
    """What a command does where some of its streams are closed, as by `<&-`, `>&-` and `2>&-` of a shell."""
    shut = " ".join(("<&-", ">&-", "2>&-")[stream] for stream in streams)
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {shut}', "sh", *ARGV, *arguments],
        cwd=folder, env=environment(), input=b"", capture_output=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.long(every=14)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_closed_stream_is_a_bug(command: str, small: Base) -> None:
    for streams in ((1,), *([(0, 2), (0, 1, 2)] if LONG or command in {"ingest", "sql", "validate"} else [])):
        done = closed(small.root, words(command), *streams)
        assert done.returncode in {0, 1, 2}, (streams, done.stderr)
        assert b"Traceback" not in done.stderr
        if streams == (1,) and done.returncode == 2 and command not in NEEDS_EVENTS:
            assert done.stderr.splitlines()[-1].startswith(b"kb: standard output: is closed, so the answer is lost")
    assert (small.root / "kb.duckdb").read_bytes()[8:12] == b"DUCK", "nothing was written into what kb had opened"


def test_what_an_ingest_does_is_done_even_if_nobody_hears_of_it(base: Base) -> None:
    base.configure("as_of = 2026-11-22")
    base.record("a")
    assert closed(base.root, ["ingest"], 1).returncode == 2
    assert closed(base.root, ["ingest"], 2).returncode == 0
    assert base.slugs() == ["a"]


@pytest.mark.parametrize(
    ("coding", "arguments"),
    [
        ("gbk", ["export", "-o", "-", "--format", "ndjson"]),
        ("utf-16", ["validate", "--format", "junit"]),
        ("ascii", ["sql", "SELECT 'é中\U0001f600'"]),
    ],
)
def test_a_pipe_gets_utf_8_whatever_the_locale(arguments: list[str], coding: str, small: Base) -> None:
    small.record("c", signature="fatal: café 中文", root_cause=None)
    small.ingest()
    told = [
        subprocess.run(
            [*ARGV, *arguments], cwd=small.root, env=environment(env), capture_output=True, check=True
        ).stdout
        for env in ({}, {"PYTHONIOENCODING": coding})
    ]
    assert told[0] == told[1]
    assert told[0].decode()
    assert any(byte > 127 for byte in told[0])


def test_a_query_that_is_no_utf_8_is_answered_in_one_line(small: Base) -> None:
    query = "SELECT id FROM records\nWHERE root_cause LIKE '%caf\xe9%'".encode("latin-1")
    assert kb(small.root, "sql", stdin=query) == Outcome(
        2, "", "kb: the query: line 2 is not UTF-8 (b'\\xe9'); save it as that\n"
    )


# words


HOSTILE = st.one_of(
    st.sampled_from(
        [
            "",
            "-",
            ".",
            "..",
            "x",
            "git/a",
            "raw",
            "kb.toml",
            "loop",
            "a\udcff",
            "\x1b[2J",
            "a\nb",
            "%s",
            "{}",
            "$x",
            "?",
        ]
    ),
    st.sampled_from(["0", "-1", "1", "2147483647", "2147483648", "9223372036854775808", "-9223372036854775809"]),
    st.sampled_from(["1e3", "1.5", "inf", "nan", "9" * 5000, "0001-01-01", "9999-12-31", "2026-02-30", "x" * 3000]),
    st.sampled_from(["true) OR (true", "true; DROP TABLE records", "true -- x", "'", '"', "(", "SELECT 1", "1 / 0"]),
    st.sampled_from(["table", "json", "ndjson", "csv", "md", "html", "text", "sarif", "junit", "github", "gitlab"]),
    st.sampled_from(["errorcanon", "any", "info", "RGX=info", "quality", "queue", "stale", "DED001", "age > 1"]),
    st.sampled_from(
        ["SELECT INTERVAL '1 month', DATE 'infinity' AS \"a\", 1 AS \"a\"", "SELECT '\\xFF'::BLOB, 'nan'::FLOAT"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
)


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """A command line over what is declared."""
    command = draw(st.sampled_from(sorted(COMMANDS)))
    found = [command]
    for param in COMMANDS[command].params:
        if "--help" in param.opts or not (param.required or draw(st.integers(0, 3)) == 0):
            continue
        if param.param_type_name == "option":
            found.append(draw(st.sampled_from(param.opts)))
        if not getattr(param, "is_flag", False):
            found.append(draw(HOSTILE))
    return found


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Leaves everything as it was."""
    yield monkeypatch
    monkeypatch.undo()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=80 if LONG else 40
)
@given(line=lines(), stdin=st.sampled_from([b"", b"SELECT 1", b"\xff", b"{}"]))
def test_no_words_are_a_bug(small: Base, streams: pytest.MonkeyPatch, line: list[str], stdin: bytes) -> None:
    assume("-j" not in line and "--jobs" not in line)  # which starts processes
    assume("--http" not in line)  # which waits for requests until it is stopped
    loop = small.root / "loop"
    if not loop.is_symlink():
        loop.symlink_to("loop")
    out, err = Stream(), Stream()
    with streams.context() as patched:
        patched.chdir(small.root)
        patched.setattr(sys, "argv", ["kb", *line])
        for name, stream in {"stdin": Stream(stdin), "stdout": out, "stderr": err}.items():
            patched.setattr(sys, name, stream)
        code = app.run()  # without leaving this process
    said = err.told()
    assert code in {0, 1, 2}, (line, said)
    if code == 2:
        assert said.splitlines()[-1].startswith("kb: "), (line, said)
        assert len([text for text in said.splitlines() if text.startswith("kb: ")]) == 1
    assert max(map(len, said.splitlines()), default=0) <= 2010


@pytest.mark.parametrize("command", ["fix", "validate", "ingest"])
def test_an_empty_path_is_no_folder(command: str, small: Base) -> None:
    package = small.put("package.json", b'{"name": "x "}')
    done = kb(small.root, command, "")
    assert (done.code, done.out) == (2, "")
    assert "an empty path; name a file or a folder, or leave it out" in done.err
    assert package.read_bytes() == b'{"name": "x "}'


@pytest.mark.long(every=3)
@pytest.mark.parametrize("part", ["kb.toml", "raw", "curated", "kb.duckdb", "loop", "kb.baseline.json"])
def test_a_link_that_leads_to_itself_is_answered_in_one_line(part: str, small: Base) -> None:
    place = small.root / part
    if place.is_dir():
        os.rename(place, small.root / "aside")  # noqa: PTH104
    place.unlink(missing_ok=True)
    place.symlink_to(part)
    for arguments in (["ingest", "loop"], ["ingest"], ["validate"], ["fix"], ["doctor"], ["export", "-o", "loop"],
                      ["report", "quality", "-o", "loop"], ["sql", "SELECT 1"], ["rules"]):  # fmt: skip
        done = kb(small.root, *arguments)
        assert done.code in {0, 1, 2}, (arguments, done.err)
