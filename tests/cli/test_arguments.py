"""Words of the command line become values without pydantic, whose import takes longer than a small command."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from kb.cli.app import app as program
from kb.cli.arguments import Group, narrowed
from tests.bases import Base

pytestmark = pytest.mark.long(every=3)


def loaded(root: Path, *words: str) -> set[str]:
    """The modules that a command imports, in a process of its own."""
    command = [sys.executable, "-X", "importtime", "-m", "kb", *words]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode in {0, 1}, ended.stderr
    return {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time:")}


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (["--version"], {"typer", "duckdb", "kb.model", "kb.cli"}),
        (["--help"], {"pydantic", "duckdb", "kb.model"}),
        (["validate", "raw/git/a.json"], {"pydantic", "pandas", "jsonschema", "multiprocessing", "filelock"}),
        (["report", "stale"], {"pydantic", "pandas", "jiter", "re2", "kb.rules", "filelock", "jinja2", "altair"}),
        (["report", "stale", "--format", "html"], {"pydantic", "pandas", "altair", "vl_convert", "kb.rules"}),
        (["sql", "FROM runs"], {"pydantic", "pandas", "jiter", "re2", "kb.rules", "filelock"}),
        (["ingest"], {"pydantic", "pandas", "pandera", "jsonschema", "multiprocessing"}),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_command_imports_only_what_it_needs(base: Base, words: list[str], unwanted: set[str]) -> None:
    base.configure("as_of = 2026-11-22")
    base.record("a")
    base.ingest()
    found = loaded(base.root, *words)
    assert "kb" in found
    assert not found & unwanted


def test_one_file_without_a_base_is_judged_without_a_store(base: Base) -> None:
    base.configure("as_of = 2026-11-22")
    base.record("a")
    found = loaded(base.root, "validate", "raw/git/a.json")
    assert "jiter" in found
    assert not found & {"pydantic", "duckdb", "pandas", "jsonschema", "multiprocessing", "filelock"}


app = typer.Typer(cls=Group)


@app.callback()
def _options(root: Annotated[Path | None, typer.Option()] = None) -> None:
    typer.echo(repr(root))


@app.command()
def take(  # noqa: PLR0913, PLR0917 - a parameter for each kind
    paths: Annotated[list[Path] | None, typer.Argument()] = None,
    number: Annotated[int, typer.Option(min=1, max=9)] = 3,
    word: Annotated[str | None, typer.Option()] = None,
    doubled: Annotated[int | None, typer.Option(parser=lambda text: 2 * int(text))] = None,
    share: Annotated[float, typer.Option()] = 0.5,
    folder: Annotated[Path | None, typer.Option(exists=True)] = None,
    flag: Annotated[bool, typer.Option("--flag")] = False,  # noqa: FBT002 - Typer's way to declare a flag
) -> None:
    typer.echo(repr((paths, number, word, doubled, share, folder, flag)))


def said(*words: str) -> list[str]:
    outcome = CliRunner().invoke(app, words)
    return [line for line in (outcome.output).splitlines() if line]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ([], (None, 3, None, None, 0.5, None, False)),
        (["a", "b/c"], ([Path("a"), Path("b/c")], 3, None, None, 0.5, None, False)),
        (["--number", "9", "--word", "7", "--flag"], (None, 9, "7", None, 0.5, None, True)),
        (["--doubled", "4"], (None, 3, None, 8, 0.5, None, False)),
        (["--share", "0.25"], (None, 3, None, None, 0.25, None, False)),
    ],
)
def test_words_become_values(words: list[str], values: tuple[Any, ...]) -> None:
    assert said("take", *words) == ["None", repr(values)]


def test_options_before_the_command_do_too() -> None:
    assert said("--root", "x", "take")[0] == repr(Path("x"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--number", "ten"], "'ten' is no whole number; write one such as 1"),
        (["--number", "1.5"], "'1.5' is no whole number; write one such as 1"),
        (["--number", "0"], "0 is too low; write 1 or more"),
        (["--number", "10"], "10 is too high; write 9 or less"),
        (["--share", "half"], "'half' is no number; write one such as 1"),
        (["--folder", "nowhere/at/all"], "does not exist"),  # a kind that is left to Typer
    ],
)
def test_words_that_are_no_values_are_refused(words: list[str], message: str) -> None:
    assert message in " ".join(said("take", *words))


NAMES = sorted(typer.main.get_command(program).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_is_made_ready_alone_is_the_same(name: str) -> None:
    alone = narrowed(program, [name, "--help"])
    assert len(alone.registered_commands) == 1 < len(program.registered_commands)
    helps = [CliRunner().invoke(one, [name, "--help"], prog_name="kb").output for one in (program, alone)]
    assert helps[0] == helps[1]


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["--root", "x", "report"], ["reports"], ["match_error"], ["_confirm"]]
)
def test_words_that_begin_with_no_command_leave_the_program_whole(words: list[str]) -> None:
    assert narrowed(program, words) is program
