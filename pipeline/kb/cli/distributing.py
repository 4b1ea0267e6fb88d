"""`kb ingest --engine spark`: what it takes, and how it tells what it did."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kb.cli.failures import interrupted_after
from kb.cli.options import check_choice
from kb.cli.output import display_path, print_json, print_lines, print_notes

if TYPE_CHECKING:
    from kb.workspace import Workspace

ENGINES = ("duckdb", "spark")

Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="duckdb, into kb.duckdb on this machine; or spark, on many machines, into a folder of tables (docs/scale.md).",
    ),
]

Master = Annotated[
    str | None,
    typer.Option(
        "--master", metavar="URL", show_default=False, help="With --engine spark: where it runs; default: local[*,4]."
    ),
]

Conf = Annotated[
    list[str] | None,
    typer.Option(
        "--conf", metavar="K=V", show_default=False, help="With --engine spark: a setting of it, as often as wanted."
    ),
]

TextColumn = Annotated[
    str | None,
    typer.Option(
        "--column", metavar="NAME", help="With --engine spark: the column of the records in tables of Parquet."
    ),
]

Target = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FOLDER", help="With --engine spark: the folder that is filled, and replaced whole."
    ),
]


def check_engine(engine: str, given: Sequence[tuple[str, object]]) -> None:
    """Refuse an engine that is none, and options of Spark's without it."""
    check_choice("--engine", engine, ENGINES)
    for option, value in given if engine == "duckdb" else ():
        if value:
            raise typer.BadParameter("it says something to --engine spark alone", param_hint=option)


def ingest_on_spark(
    workspace: "Workspace", paths: Sequence[Path], target: Path | None, as_of: dt.date | None, *, form: str | None,
    master: str | None, conf: Sequence[str], column: str | None, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Carry out the command, and tell what it did."""
    from kb.judging.request import Request
    from kb.render import text
    from kb.render.progress import progress
    from kb.spark.session import check_installed

    if target is None:
        raise typer.BadParameter("name the folder that Spark fills, with --output FOLDER", param_hint="--engine")
    settings = dict(entry.partition("=")[::2] for entry in conf)
    if not all(settings.values()):
        raise typer.BadParameter("write NAME=VALUE, as in spark.executor.memory=8g", param_hint="--conf")
    check_installed()
    from kb.spark.distributed import SparkOptions, ingest

    with progress("judging") as bar, interrupted_after(f"{display_path(target)} is as it was"):
        request = Request(workspace.as_of(as_of), 0, form, *bar)
        options = SparkOptions(master, settings, column)
        done = ingest(workspace, [str(path) for path in paths], target, request, options)
    print_notes(done.result.notes)
    for what, why in sorted(done.elsewhere.items()):
        print_notes([f"{what}: answered by one process and not by Spark: {why}"])
    if as_json:
        print_json(done.result.document())
    elif not quiet:
        print_lines(text.ingestion(done.result, dry_run=False, common=workspace.settings.report))
        print(f"wrote {display_path(target)}/; read it with `kb --root {display_path(target)}`")
