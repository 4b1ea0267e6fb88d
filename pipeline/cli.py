"""What a user can type: arguments and exit codes. No logic here, and heavy imports stay inside commands.

Exit codes: 0 clean, 1 findings at or above --fail-on or a failed gate, 2 usage or environment, 3 a bug of kb.
"""

import datetime as dt
import os
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import __version__

if TYPE_CHECKING:
    from pipeline.workspace import Workspace

app = typer.Typer(
    name="kb",
    help="Curate a knowledge base of failures: repair what can be repaired, quarantine what would mislead, flag the rest.",
    epilog="Start with `kb init`, put records into raw/, then `kb ingest`. Docs: README.md and docs/.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Chosen:
    """What was said before the command."""

    root: Path | None = None


def _example(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _version(asked: bool) -> None:  # noqa: FBT001 - Typer's way to call it
    if asked:
        print(f"kb {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    root: Annotated[Path | None, typer.Option("--root", help="The workspace; else the nearest folder with kb.toml.")] = None,
    _: Annotated[bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)] = False,
) -> None:
    _Chosen.root = root


def _workspace() -> "Workspace":
    from pipeline import workspace

    return workspace.find(_Chosen.root)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


Paths = Annotated[list[Path] | None, typer.Argument(help="Files and folders; default: the workspace's raw/.", show_default=False)]
AsOf = Annotated[dt.date | None, typer.Option("--as-of", parser=_day, metavar="YYYY-MM-DD", help="The day that age is counted to.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes; 0: one for each core.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write there instead of to the terminal.")]


def _form(*choices: str) -> str:
    return f"One of {', '.join(choices)}."


@app.command(epilog=_example("kb ingest", "kb ingest raw/ inbox/2026-10.ndjson", "kb ingest raw/ --dry-run"))
def ingest(
    paths: Paths = None,
    as_of: AsOf = None,
    jobs: Jobs = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but publish.")] = False,
    allow_removals: Annotated[bool, typer.Option("--allow-removals", help="Publish even if many known records would go.")] = False,
    form: Annotated[str, typer.Option("--format", help=_form("text", "json"))] = "text",
) -> None:
    """Read raw records and publish: kb.duckdb, curated records, quarantine, findings, changes and reports."""
    from pipeline.jobs.ingest import Request, ingest as run
    from pipeline.render import text
    from pipeline.render.progress import progress

    _choose("--format", form, ("text", "json"))
    where = _workspace()
    with progress("judged") as tick:
        request = Request(where.as_of(as_of), jobs, dry_run, allow_removals, tick)
        result = run(where, paths or [where.raw], request)
    _say(result.notes)
    if form == "json":
        _json(result.document())
        return
    _print(text.ingestion(result, dry_run=dry_run))
    if result.written and not dry_run:
        print(f"wrote {_shown(where.store)} and {_shown(where.curated)}/")
        if not where.configured:
            _say(["there is no kb.toml here or above, so the defaults held and this folder is the workspace; see `kb init`"])


@app.command(epilog=_example("kb validate raw/", "kb validate new.json --format json", "kb validate raw/ --fail-on warning"))
def validate(
    paths: Paths = None,
    as_of: AsOf = None,
    fail_on: Annotated[str | None, typer.Option("--fail-on", help="Exit with 1 from this severity on: error, warning or info.")] = None,
    form: Annotated[str, typer.Option("--format", help=_form("text", "json"))] = "text",
    jobs: Jobs = 0,
) -> None:
    """Judge records as ingest would, and write nothing."""
    from pipeline.jobs.ingest import Request
    from pipeline.jobs.validate import validate as run
    from pipeline.model import Severity
    from pipeline.render import text
    from pipeline.render.progress import progress

    _choose("--format", form, ("text", "json"))
    if fail_on is not None:
        _choose("--fail-on", fail_on, tuple(Severity))
    where = _workspace()
    with progress("judged") as tick:
        result = run(where, paths or [where.raw], Request(where.as_of(as_of), jobs, tick=tick))
    _say(result.notes)
    if form == "json":
        _json(result.document())
    else:
        terminal = sys.stdout.isatty()
        _print(text.validation(result, colour=terminal and "NO_COLOR" not in os.environ, source=terminal))
    if result.reaches(Severity(fail_on or where.settings.fail_on)):
        raise typer.Exit(1)


@app.command(epilog=_example("kb report stale", "kb report confidence --domain docker --limit 20", "kb report stale --fail-on 'age > 730'"))
def report(
    name: Annotated[str, typer.Argument(help="stale, confidence or tiers.")],
    as_of: AsOf = None,
    domain: Annotated[str | None, typer.Option("--domain", help="Only records of this domain.")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="Only records of this verification tier.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="At most so many rows; the totals count all.")] = None,
    form: Annotated[str, typer.Option("--format", help=_form("table", "json", "csv", "md"))] = "table",
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", help="Exit with 1 if a row meets this: `any`, or SQL over its columns.")
    ] = None,
    output: Output = None,
) -> None:
    """Say how far the base deserves belief: what is stale, what confidence is worth, how records were verified."""
    from pipeline import reports, store
    from pipeline.render import text
    from pipeline.render.reports import document
    from pipeline.render.tables import render

    _choose("--format", form, ("table", "json", "csv", "md"))
    where = _workspace()
    asked = reports.Options(where.as_of(as_of), domain, tier, limit)
    chosen = reports.named(name)
    with _base(where) as base:
        answer = reports.run(base, chosen, asked)
        broken = fail_on is not None and store.guarded(lambda: reports.breaking(base, chosen, asked, fail_on))
    if form == "json":
        _write(document(answer), output)
    elif form == "table":
        _write("".join(f"{line}\n" for line in text.report(answer, boxes=sys.stdout.isatty() and output is None)), output)
    else:
        _write(render(answer.rows, form, boxes=False), output)
    if broken:
        raise typer.Exit(1)


@app.command(
    epilog=_example(
        'kb sql "SELECT domain, count(*) FROM records GROUP BY ALL"', "kb sql < query.sql", "kb sql 'FROM trust(current_date)' --format csv"
    )
)
def sql(
    query: Annotated[str | None, typer.Argument(help="One SELECT; default: from standard input.", show_default=False)] = None,
    form: Annotated[str, typer.Option("--format", help=_form("table", "json", "ndjson", "csv", "md"))] = "table",
    output: Output = None,
) -> None:
    """Ask the base in SQL, read-only. docs/tables.md describes the tables."""
    from pipeline import store
    from pipeline.model import KbError
    from pipeline.render.tables import FORMATS, render

    _choose("--format", form, FORMATS)
    if query is None:
        if sys.stdin.isatty():
            raise KbError('kb sql: no query; write kb sql "SELECT …", or pipe one in')
        query = sys.stdin.read()
    with _base(_workspace()) as base:
        answer = store.select(base, query)
    _write(render(answer, form, boxes=sys.stdout.isatty() and output is None), output)


@app.command(epilog=_example("kb show docker/port-already-allocated", "kb show git/not-a-repository --format json"))
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Id of a published record.")],
    as_of: AsOf = None,
    form: Annotated[str, typer.Option("--format", help=_form("text", "json"))] = "text",
) -> None:
    """Tell all that is known of one record: origin, trust with its reasons, changes, findings, neighbours."""
    from pipeline.jobs import show as job
    from pipeline.render import text

    _choose("--format", form, ("text", "json"))
    where = _workspace()
    with _base(where) as base:
        known = job.show(base, name, where.as_of(as_of))
    _json(known) if form == "json" else _print(text.record(known))


@app.command(epilog=_example("kb why raw/inbox/2026-09.ndjson:4", "kb why rust/linker-cc-not-found"))
def why(
    subject: Annotated[str, typer.Argument(metavar="PATH_OR_ID", help="An id, a file, or file:line, as in a finding.")],
    as_of: AsOf = None,
    form: Annotated[str, typer.Option("--format", help=_form("text", "json"))] = "text",
) -> None:
    """Tell what became of a record or a file, in quarantine too, and why."""
    from pipeline import sources
    from pipeline.jobs import show as job
    from pipeline.render import text

    _choose("--format", form, ("text", "json"))
    where = _workspace()
    path, colon, line = subject.rpartition(":")
    file, rest = (path, f":{line}") if colon and line.isdecimal() else (subject, "")
    if Path(file).is_file():
        subject = sources.name_of(Path(file), where) + rest
    with _base(where) as base:
        fates = job.why(base, subject, where.as_of(as_of))
    _json(fates) if form == "json" else _print(line for fate in fates for line in text.record(fate))


@app.command(epilog=_example("kb quarantine", "kb quarantine --format json"))
def quarantine(
    form: Annotated[str, typer.Option("--format", help=_form("table", "json", "ndjson", "csv", "md"))] = "table",
    output: Output = None,
) -> None:
    """List what was rejected, and why."""
    from pipeline.jobs import show as job
    from pipeline.render.tables import FORMATS, render

    _choose("--format", form, FORMATS)
    with _base(_workspace()) as base:
        rejected = job.quarantine(base)
    if form == "table" and not rejected.rows:
        print("nothing is in quarantine")
        return
    _write(render(rejected, form, boxes=sys.stdout.isatty() and output is None), output)


@app.command(epilog=_example("kb rules", "kb rules --format json"))
def rules(form: Annotated[str, typer.Option("--format", help=_form("table", "json", "ndjson", "csv", "md"))] = "table") -> None:
    """List every rule."""
    from pipeline.render.rules import listing
    from pipeline.render.tables import FORMATS, render

    _choose("--format", form, FORMATS)
    _write(render(listing(), form, boxes=sys.stdout.isatty()), None)


@app.command(epilog=_example("kb explain DED001", "kb explain how-repeats-action"))
def explain(code: Annotated[str, typer.Argument(help="Code or name of a rule.")]) -> None:
    """Explain one rule: what it asks and why, with bad and good examples."""
    from pipeline.render import rules as words
    from pipeline.rules import named

    _print(words.explain(named(code)))


@app.command(epilog=_example("kb init", "kb init knowledge/"))
def init(folder: Annotated[Path, typer.Argument(help="The folder; it need not exist.")] = Path()) -> None:
    """Make a folder a workspace: kb.toml with every setting explained, raw/, .gitignore, dvc.yaml."""
    from pipeline.jobs.init import init as run

    made = run(folder)
    print(f"made {', '.join(made)} in {_shown(folder)}/; put records into raw/ and run `kb ingest`")


@app.command(epilog=_example("kb doctor"))
def doctor() -> None:
    """Hold the base against its contracts, and curated/ against the base. Exits with 1 if one is broken."""
    from pipeline.jobs.doctor import doctor as run
    from pipeline.render import text

    breaches = run(_workspace())
    _print(text.health(breaches))
    if breaches:
        raise typer.Exit(1)


def _base(where: "Workspace"):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Store, which is not to be imported yet
    from pipeline import publish, store

    publish.recover(where)
    return store.read(where.store)


def _choose(option: str, word: str, choices: tuple[str, ...]) -> None:
    if word not in choices:
        from pipeline.words import did_you_mean

        raise typer.BadParameter(f"{word!r}; {did_you_mean(word, choices)}", param_hint=option)


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _say(notes: Iterable[str]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def _json(value: object) -> None:
    import json

    from pipeline.render.tables import plain

    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")


def main() -> None:
    """Run kb and exit: the one error handler of the program."""
    sys.exit(_run())


def _run() -> int:
    from typer import Abort, TyperException

    try:
        code = app(prog_name="kb", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        return _fail(error.format_message(), error.exit_code)
    except (Abort, KeyboardInterrupt):
        return _fail("interrupted; what was not published yet is not", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: whatever is left is a bug, or the environment
        return _explain(error)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    from pipeline.model import KbError

    if isinstance(error, KbError):
        return _fail(str(error), 2)
    if isinstance(error, OSError):
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}", 2)
    if isinstance(error, MemoryError):
        return _fail("out of memory; try --jobs 1, or ingest less at a time", 2)
    if "KB_TRACEBACK" in os.environ:
        traceback.print_exception(error)
    return _fail(f"a bug in kb: {type(error).__name__}: {error}; KB_TRACEBACK=1 shows where, please report it", 3)


def _fail(message: str, code: int) -> int:
    print(f"kb: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
