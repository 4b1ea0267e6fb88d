"""What a user can type: arguments and exit codes. No logic here, and heavy imports stay inside commands.

Exit codes: 0 clean, 1 findings at or above --fail-on or a failed gate, 2 usage or environment, 3 a bug of kb,
130 interrupted, or 128 and the number of the signal that ended it.
"""

import shutil
import sys
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kb import __version__
from kb.cli import deciding, formatting, proposing, reviewing, serving, streams
from kb.cli.arguments import Group, narrowed
from kb.cli.distributing import Conf, Engine, Master, Target, TextColumn, check_engine, ingest_on_spark
from kb.cli.failures import (
    INTERRUPTED,
    UNCHANGED,
    explain_failure,
    fail,
    interrupted_after,
    listen_for_signals,
    where_help_is,
)
from kb.cli.options import (
    STDIN,
    AnyTable,
    AsOf,
    Chosen,
    FormatOfRecords,
    Jobs,
    Output,
    Paths,
    TextOrJson,
    check_choice,
    check_started,
    complete_codes,
    complete_groups,
    complete_ids,
    complete_reports,
    complete_severities,
    current_workspace,
    examples,
    free_output,
    opened_base,
    parse_release,
)
from kb.cli.output import (
    display_path,
    is_coloured,
    is_terminal,
    print_json,
    print_lines,
    print_notes,
    print_prose,
    report_written,
    to_stderr,
    write_diff,
    write_text,
)

if TYPE_CHECKING:
    from kb.jobs.validate import ValidateOptions
    from kb.judging.request import Request
    from kb.model import Severity
    from kb.reports import Options
    from kb.workspace import Workspace

app = typer.Typer(
    name="kb",
    cls=Group,
    help="Curate a knowledge base of failures.\n\n"
    "What can be repaired is repaired, what would mislead goes to quarantine, the rest is flagged.",
    epilog="Start with `kb init`, put records into raw/ (`kb new` makes one), then `kb ingest`. `kb rules` and `kb explain` "
    "show what is asked of a record, the README and docs/ of the source describe the rest.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:  # noqa: FBT001 - Typer's way to call it
    if asked:
        print(f"kb {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="FOLDER", help="The workspace; else the nearest folder with kb.toml."),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    Chosen.root = root


@app.command(epilog=examples("kb ingest", "kb ingest raw/inbox raw/git", "kb ingest raw/ --dry-run"))
def ingest(
    paths: Paths = None,
    as_of: AsOf = None,
    jobs: Jobs = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but publish.")] = False,
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Publish even if many records would be gone or rejected.")
    ] = False,
    form_of_records: FormatOfRecords = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="What `-` reads is kept as raw/NAME.ndjson, or .json, in place of what `-` read before; default: stdin.",
        ),
    ] = None,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Detect changes by content hash, not by size and time.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print no summary; problems are reported all the same.")
    ] = False,
    format_name: TextOrJson = "text",
    engine: Engine = "duckdb",
    master: Master = None,
    conf: Conf = None,
    column: TextColumn = None,
    target: Target = None,
) -> None:
    """Read raw records, publish what can be trusted.

    Writes kb.duckdb, and into curated/ the records, the quarantine, findings, changes and reports.
    """
    from kb.errors import KbError
    from kb.jobs import ingest as job
    from kb.judging.request import IngestOptions, Request
    from kb.planning.intake import receive
    from kb.render import text
    from kb.render.progress import progress
    from kb.sources import some

    check_choice("--format", format_name, ("text", "json"))
    if quiet and format_name == "json":
        raise typer.BadParameter("prints no summary; leave out --format json", param_hint="--quiet")
    workspace = current_workspace()
    check_engine(engine, (("--master", master), ("--conf", conf), ("--column", column), ("--output", target)))
    if engine == "spark":
        _check_not_of_spark(paths, (("--dry-run", dry_run), ("--allow-removals", allow_removals), ("--as", name),
                                    ("--rehash", rehash), ("--jobs", jobs)))  # fmt: skip
        ingest_on_spark(
            workspace, _inputs(paths, workspace), target, as_of, form=form_of_records, master=master, conf=conf or (),
            column=column, quiet=quiet, as_json=format_name == "json",
        )  # fmt: skip
        return
    if name is not None and STDIN not in (paths or []):
        raise typer.BadParameter("names what `-` reads; name `-` too", param_hint="--as")
    if dry_run and paths and STDIN in paths:
        raise KbError("--dry-run reads no standard input, for that is kept in raw/; see `kb validate -`")
    with ExitStack() as stack, progress("judging") as bar:
        request = Request(workspace.as_of(as_of), jobs, form_of_records, *bar)
        inputs: list[Path] = []
        for path in _inputs(paths, workspace):
            inputs += (
                stack.enter_context(receive(workspace, sys.stdin.buffer, name or "stdin")) if path == STDIN else [path]
            )
        with interrupted_after(
            "what came in is kept in raw/, nothing was published" if STDIN in (paths or []) else UNCHANGED
        ):
            options = IngestOptions(dry_run, allow_removals, rehash)
            result = job.ingest(workspace, inputs, request, options)
    print_notes(result.notes)
    if result.restored:
        verb = "would put right" if dry_run else "put right"
        print_notes(
            [f"{verb} in {display_path(workspace.curated)}/ what was not as kb had left it: {some(result.restored)}"]
        )
    if format_name == "json":
        print_json(result.document())
        return
    if quiet:
        return
    print_lines(text.ingestion(result, dry_run=dry_run, common=workspace.settings.report))
    if result.written and not dry_run:
        qualifier = "what depends on the day in " if result.of_the_day and not result.restored else ""
        print(f"wrote {display_path(workspace.store)} and {qualifier}{display_path(workspace.curated)}/")
        _note_where(workspace)


def _note_where(workspace: "Workspace") -> None:
    """Which folder was written to, where no kb.toml says so."""
    if not workspace.configured:
        print_notes(["no kb.toml here or above, so this folder is the workspace and the defaults held; see `kb init`"])


@app.command(
    epilog=examples(
        "kb validate raw/",
        "kb validate raw/ --statistics",
        "kb validate raw/ --level info --group-by rule",
        "kb validate raw/git --select RGX,SAF --fail-on warning",
        "kb validate raw/ --format sarif -o kb.sarif",
        "kb validate - --stdin-filename raw/git/x.json < buffer",
    )
)
def validate(
    paths: Paths = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", metavar="RULES", help="Report only these rules: codes, prefixes or names, with commas."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="RULES", help="Do not report these rules, whatever else is set."),
    ] = None,
    severity: Annotated[
        list[str] | None,
        typer.Option(
            "--severity", metavar="RULES=LEVEL", help="Report these rules as error, warning or info, as in RGX=info."
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="SEVERITY", help="Exit with 1 from this on: error, warning or info."),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 even if there are such findings.")
    ] = False,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="{forms_of_findings}.",
        ),
    ] = None,
    output: Output = None,
    level: Annotated[
        str | None,
        typer.Option(
            "--level",
            metavar="SEVERITY",
            help="Show findings from this on: error, warning (default on a terminal) or info (default elsewhere).",
            autocompletion=complete_severities,
        ),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Show what fails the run alone (errors, unless --fail-on says more), a line each, and the summary.",
        ),
    ] = False,
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="WHAT",
            help="{groups}: what is put together; in full and concise.",
            autocompletion=complete_groups,
        ),
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Show how often each rule speaks, not what it says.")
    ] = False,
    stdin_filename: Annotated[
        Path | None, typer.Option("--stdin-filename", metavar="FILE", help="The file that `-` reads the buffer of.")
    ] = None,
    as_of: AsOf = None,
    jobs: Jobs = 0,
    form_of_records: FormatOfRecords = None,
    show_suppressed: Annotated[
        bool, typer.Option("--show-suppressed", help="List what kb.toml suppresses too, with the reasons.")
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", metavar="FILE", help="Known findings, not shown; default: kb.baseline.json, if there."
        ),
    ] = None,
    no_baseline: Annotated[bool, typer.Option("--no-baseline", help="Show and fail on known findings too.")] = False,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Make every finding a known one, from now on.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what ingest would repair instead, and exit with 1 if anything.")
    ] = False,
) -> None:
    """Judge records as ingest would, and write nothing.

    Errors come first, and again at the end where they would be out of sight. --level, --quiet and --group-by choose what is
    shown; it is counted and failed on all the same. What concerns most records is reported once: `--select CODE` lists it, and
    --no-baseline everything.
    --select, --ignore and --severity choose what is reported, counted and failed on, and override kb.toml; records are judged
    by the rules of kb.toml and those that --select names. Nothing is written but the baseline: after --write-baseline only
    new findings are shown and failed on.
    """
    from kb.jobs import validate as job
    from kb.judging.repository import from_top
    from kb.judging.request import Request
    from kb.model import Severity
    from kb.render import text, validations
    from kb.render.listing import Look
    from kb.render.progress import progress
    from kb.rules.ruleset import RuleSet, added_in, overridden, with_selected
    from kb.workspace import real

    about_findings = (fail_on, output, level, quiet, group_by, statistics, show_suppressed, baseline, no_baseline)
    if diff and any((format_name, *about_findings, write_baseline)):
        raise typer.BadParameter("shows changes, not findings; leave out what is about findings", param_hint="--diff")
    terminal = is_terminal(output)
    if format_name in {None, "text"}:
        format_name = "full" if terminal and not quiet else "concise"
    _check_form(format_name, statistics=statistics, show_suppressed=show_suppressed)
    _check_look(format_name, group_by, quiet=quiet, statistics=statistics)
    _check_severities(fail_on, level, quiet=quiet)
    if stdin_filename is not None and STDIN not in (paths or []):
        raise typer.BadParameter("name `-` too, for that reads the buffer", param_hint="--stdin-filename")
    if no_baseline and (baseline or write_baseline):
        raise typer.BadParameter("takes no --baseline and no --write-baseline", param_hint="--no-baseline")
    workspace = current_workspace()
    default_baseline = workspace.baseline if write_baseline or workspace.baseline.exists() else None
    request = Request(workspace.as_of(as_of), jobs, form_of_records)
    options = job.ValidateOptions(
        None if no_baseline else baseline or default_baseline, write_baseline, stdin_filename, format_name == "junit"
    )
    added = added_in(workspace)
    settings = overridden(
        workspace.settings, select=_words(select), ignore=_words(ignore), severity=_levels(severity), added=added
    )
    settings = settings._replace(fail_on=fail_on or settings.fail_on)
    if select or ignore or severity:
        chosen = RuleSet(settings, added=added)
        options = options._replace(reported={code: chosen.severities[code] for code in chosen.rules})
        workspace = workspace._replace(settings=with_selected(workspace.settings, _words(select), added))
    inputs = _inputs(paths, workspace)
    if output is not None and real(output) in map(real, inputs):
        raise typer.BadParameter(f"{output}: is what is to be validated; name another place", param_hint="--output")
    if diff:
        _preview(workspace, inputs, request, options)
    with progress("judging") as bar:
        result = job.validate(
            workspace, inputs, request._replace(tick=bar.tick, step=bar.step), options, sys.stdin.buffer
        )
    print_notes(result.notes)
    result = (from_top(result, Path.cwd()) if format_name in validations.ON_A_HOST else result).shown_from(
        _least(
            level,
            settings.fail_on,
            quiet=quiet,
            briefly=terminal and format_name in validations.FOR_PEOPLE and not statistics,
        )
    )
    look = Look(
        group_by or "record", fit=shutil.get_terminal_size().columns if terminal else None, colour=is_coloured(output),
        common=None if select or no_baseline else settings.report,
    )  # fmt: skip
    answer = (
        validations.statistics(result, format_name, terminal=terminal)
        if statistics
        else validations.render(result, format_name, settings, added=added, suppressed=show_suppressed, look=look)
    )
    write_text(answer, output)
    if output is not None:
        print(f"wrote {display_path(output)}: {text.summary(result)}")
    if result.reaches(Severity(settings.fail_on)) and not exit_zero:
        raise typer.Exit(1)


def _check_form(format_name: str, *, statistics: bool, show_suppressed: bool) -> None:
    from kb.render import validations

    check_choice("--format", format_name, validations.FORMATS)
    if statistics and format_name not in validations.COUNTED:
        raise typer.BadParameter(
            f"goes with {', '.join(validations.COUNTED)}, not with {format_name}", param_hint="--statistics"
        )
    if show_suppressed and (statistics or format_name not in validations.LISTED):
        raise typer.BadParameter(f"goes with {', '.join(validations.LISTED)}", param_hint="--show-suppressed")


def _check_look(format_name: str, group_by: str | None, *, quiet: bool, statistics: bool) -> None:
    from kb.render.listing import GROUPS
    from kb.render.validations import FOR_PEOPLE

    if group_by is not None:
        check_choice("--group-by", group_by, GROUPS)
    for option, is_given in (("--group-by", group_by is not None), ("--quiet", quiet)):
        if is_given and (statistics or format_name not in FOR_PEOPLE):
            what = (
                "lists of findings, not with --statistics"
                if statistics
                else f"full and concise, not with {format_name}"
            )
            raise typer.BadParameter(f"goes with {what}", param_hint=option)


def _check_severities(fail_on: str | None, level: str | None, *, quiet: bool) -> None:
    from kb.model import Severity
    from kb.rules import catalogue

    if level is not None and quiet:
        raise typer.BadParameter("says which findings are shown; leave out --level", param_hint="--quiet")
    for option, value in (("--fail-on", fail_on), ("--level", level)):
        if value is not None and "=" in value:
            raise typer.BadParameter(f"{value!r} names rules; `--severity {value}` takes that", param_hint=option)
        if value is not None and value.upper() in catalogue():
            raise typer.BadParameter(f"{value!r} is a rule; `--select {value}` shows it alone", param_hint=option)
        if value is not None:
            check_choice(option, value, tuple(Severity))


def _least(level: str | None, fail_on: str, *, quiet: bool, briefly: bool) -> "Severity":
    """From which severity on findings are shown: never so that what fails the run is hidden, unless that was asked for."""
    from kb.model import Severity

    if level is not None:
        return Severity(level)
    if not quiet and not briefly:
        return Severity.INFO
    return min(Severity.ERROR if quiet else Severity.WARNING, Severity(fail_on), key=lambda severity: severity.rank)


def _words(values: list[str] | None) -> list[str]:
    return [word.strip() for text in values or () for word in text.split(",") if word.strip()]


def _levels(values: list[str] | None) -> dict[str, str]:
    from kb.rules import severity_meant, shown_at

    levels = {}
    for entry in _words(values):
        word, sign, level = entry.partition("=")
        if not sign and (severity := severity_meant(word)):
            problem = f"{word!r} names no rule; `--level {severity}` shows {shown_at(severity)}"
            raise typer.BadParameter(
                f"{problem}, and `RGX={severity}` takes findings of RGX for {severity}s", param_hint="--severity"
            )
        if not sign:
            raise typer.BadParameter(f"{entry!r}; write RULES=LEVEL, as in RGX=info", param_hint="--severity")
        levels[word] = level
    return levels


def _preview(workspace: "Workspace", paths: list[Path], request: "Request", options: "ValidateOptions") -> NoReturn:
    from kb.jobs import fix as job
    from kb.judging.given import given
    from kb.render import text
    from kb.render.progress import progress

    with given(workspace, paths, request.form, sys.stdin.buffer, options.stdin_filename) as roots:
        with progress("judging") as bar:
            plan = job.preview(workspace, roots, request._replace(tick=bar.tick), options.reported)
        write_diff(job.diff(plan))
    print_notes(plan.result.notes)
    to_stderr(text.preview(plan.result))
    raise typer.Exit(1 if plan.edits else 0)


@app.command(epilog=examples("kb fix raw/inbox --diff", "kb fix raw/inbox", "kb fix - < record.json > fixed.json"))
def fix(
    paths: Paths = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show the changes, write nothing, and exit with 1 if there are any.")
    ] = False,
    as_of: AsOf = None,
    form_of_records: FormatOfRecords = None,
) -> None:
    """Repair the raw files themselves.

    What `kb validate` marks with [fix] is edited, and nothing else in the file. What `-` reads goes to standard output.
    """
    from kb.errors import KbError
    from kb.jobs import fix as job
    from kb.judging.given import given
    from kb.judging.request import Request
    from kb.render import text
    from kb.render.progress import progress

    workspace = current_workspace()
    inputs = _inputs(paths, workspace)
    from_stdin = STDIN in inputs
    if from_stdin and len(inputs) > 1:
        raise KbError("`-` goes to standard output once it is fixed; name it alone")
    request = Request(workspace.as_of(as_of), form=form_of_records)
    with given(workspace, inputs, request.form, sys.stdin.buffer) as roots:
        with progress("judging") as bar:
            plan = job.plan(workspace, roots, request._replace(tick=bar.tick))
        if diff:
            write_diff(job.diff(plan))
        elif from_stdin:
            sys.stdout.buffer.writelines(job.fixed(plan))
        else:
            with interrupted_after("some files may be fixed already; `kb fix` again does the rest"):
                job.carry_out(plan)
    print_notes(plan.result.notes)
    summary = text.fixing(plan.result, written=not diff)
    if diff or from_stdin:
        to_stderr(summary)
    else:
        print_lines(summary)
    if diff and plan.edits:
        raise typer.Exit(1)


@app.command(
    epilog=examples(
        "kb report quality",
        "kb report queue --domain docker --limit 20",
        "kb report queue --spread 30 --section plan --format csv",
        "kb report stale --due 30",
        "kb report stale --released docker=30 --section released --format ids",
        "kb report stale --fail-on 'age > 730'",
        "kb report all -o reports/",
        "kb report html -o base.html",
    )
)
def report(
    name: Annotated[
        str,
        typer.Argument(
            metavar="REPORT",
            help="{reports}; html: a page of it all, for a browser; all: each but {reports_of_runs}, as JSON into the"
            " folder of --output.",
            autocompletion=complete_reports,
        ),
    ],
    as_of: AsOf = None,
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="DOMAIN", help="Only records of this domain.")
    ] = None,
    tier: Annotated[
        str | None, typer.Option("--tier", metavar="TIER", help="Only records of this verification tier.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, metavar="N", help="At most so many rows; the totals count all.")
    ] = None,
    due: Annotated[
        int | None,
        typer.Option("--due", min=0, max=36500, metavar="DAYS", help="stale: also what falls due within so many days."),
    ] = None,
    spread: Annotated[
        int | None,
        typer.Option(
            "--spread",
            min=1,
            max=36500,
            metavar="DAYS",
            help="queue: also the stale ones, dealt evenly over so many days.",
        ),
    ] = None,
    released: Annotated[
        str | None,
        typer.Option(
            "--released",
            metavar="PRODUCT=VERSION",
            callback=parse_release,
            help="stale: also what was last confirmed with an older version, as docker=30.",
        ),
    ] = None,
    section_name: Annotated[
        str | None,
        typer.Option("--section", metavar="NAME", help="Only this section; csv holds one, by default the first."),
    ] = None,
    format_name: Annotated[str, typer.Option("--format", metavar="FORMAT", help="{forms_of_reports}.")] = "table",
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="CONDITION",
            help="Exit with 1 if a row of the first section, or of --section, meets it: any, or SQL over columns.",
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Report on quality, confidence, tiers and staleness.

    {what_reports_say} html: the quality, the queue and every record, as one page for a browser; --limit says how many
    it has whole. docs/reports.md describes their sections and columns.
    """
    from kb import reports
    from kb.jobs import uses
    from kb.render import text
    from kb.render.answers import FORMATS, render
    from kb.render.tables import IDS, as_ids

    check_choice("--format", format_name, (*FORMATS, IDS))
    if format_name == IDS and name in {"all", "html"}:
        raise typer.BadParameter("ids are of one report; name it", param_hint="--format")
    workspace = current_workspace()
    common = workspace.settings.report if name != "all" and format_name in {"table", "md", "html"} else None
    options = reports.Options(workspace.as_of(as_of), domain, tier, limit, due, spread, released, common=common)
    if name == "all":
        _report_all(workspace, options, output)
        return
    if name == "html":
        other_format = None if format_name in {"table", "html"} else format_name
        unused = {
            "--due": due,
            "--spread": spread,
            "--released": released,
            "--section": section_name,
            "--fail-on": fail_on,
            "--format": other_format,
        }
        _report_page(workspace, options, output, [option for option, value in unused.items() if value is not None])
        return
    if section_name is not None and format_name == "json":
        raise typer.BadParameter("json holds every section; leave it out, or take csv", param_hint="--section")
    chosen = reports.named(name)
    reports.check_use(chosen, options)
    if any(section.needs == "uses" for section in chosen.sections):
        options = options._replace(uses=uses.counted(workspace))
    with opened_base(workspace) as base:
        reports.check_scope(base, options, workspace.settings.trust.ladder)
        section = reports.section(chosen, options, section_name)
        answer = reports.run(
            base, chosen, options, only=section if section_name is not None or format_name in {"csv", IDS} else None
        )
        broken = 0 if fail_on is None else reports.breaking(base, section, options, fail_on, workspace.settings.sql)
    form = (
        as_ids(answer.parts[0].rows)
        if format_name == IDS
        else render(answer, format_name, terminal=is_terminal(output))
    )
    write_text(form, output)
    report_written(output)
    if broken:
        print_notes([f"--fail-on: {text.count(broken, 'row meets', 'rows meet')} `{fail_on}`"])
        raise typer.Exit(1)


@app.command(
    epilog=examples(
        'kb sql "SELECT domain, count(*) FROM records GROUP BY ALL"',
        "kb sql < query.sql",
        "kb sql 'FROM trust(current_date)' --format csv",
    )
)
def sql(
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help="One SELECT; default: from standard input.", show_default=False),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=86_400,
            metavar="SECONDS",
            help="Stop after so long; 0: never; default: sql.seconds in kb.toml, else {sql_seconds}.",
            show_default=False,
        ),
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="table, json, ndjson, csv, md or ids.")
    ] = "table",
    output: Output = None,
) -> None:
    """Ask the base in SQL, read-only. docs/tables.md describes the tables."""
    from kb.errors import KbError
    from kb.render.tables import FORMATS, IDS, as_ids, keys, render
    from kb.store import statements

    check_choice("--format", format_name, (*FORMATS, IDS))
    if query is None:
        query = "" if sys.stdin.isatty() else streams.read_text("the query")
    if not query.strip():
        raise KbError('kb sql: no query; write kb sql "SELECT …", or pipe one in')
    workspace = current_workspace()
    limits = workspace.settings.sql if timeout is None else workspace.settings.sql._replace(seconds=timeout)
    with opened_base(workspace, limits) as base:
        answer = statements.select(base, query, limits)
    renamed = [key for key, name in zip(keys(answer.columns), answer.columns, strict=True) if key != name]
    if renamed and format_name in {"json", "ndjson"}:
        print_notes([f"several columns have one name, so the later ones are called {', '.join(renamed)}"])
    form = as_ids(answer) if format_name == IDS else render(answer, format_name, terminal=is_terminal(output))
    write_text(form, output)
    report_written(output)


@app.command(epilog=examples("kb show docker/port-already-allocated", "kb show git/non-fast-forward --format json"))
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Id of a published record, an alias, or the beginning of an id, where it is that of one alone.",
            autocompletion=complete_ids,
        ),
    ],
    as_of: AsOf = None,
    format_name: TextOrJson = "text",
) -> None:
    """Show all that is known of one record.

    Its origin, trust with its reasons, changes, findings, neighbours.
    """
    from kb.jobs import show as job
    from kb.render import text

    check_choice("--format", format_name, ("text", "json"))
    workspace = current_workspace()
    with opened_base(workspace) as base:
        match = job.published_as(base, name)
        details = job.show(base, match.id, workspace.as_of(as_of))
    print_notes(match.notes)
    print_json(details) if format_name == "json" else print_prose(text.record(details, colour=is_coloured(None)))


@app.command(
    name="match",
    epilog=examples(
        "kb match 'error[E0382]: borrow of moved value: `items`'",
        "make 2>&1 | kb match --log -",
        "kb match --log build.log --limit 10",
        "kb match --with docker=27.1 --os linux - < error.txt",
    ),
)
def match_error(
    message: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="What the tool printed; - for standard input.", show_default=False),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log",
            metavar="FILE",
            help="A log of any length, - for standard input: its lines that look like errors are looked up.",
        ),
    ] = None,
    used: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="PRODUCT=VERSION", help="What is used here, as in docker=27.1; may be repeated."
        ),
    ] = None,
    system: Annotated[
        str | None, typer.Option("--os", metavar="NAME", help="The operating system here: linux, macos or windows.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="So many answers at most.")] = 3,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Say also which records took how many of the lines, by their pattern or at all."
        ),
    ] = False,
    as_of: AsOf = None,
    format_name: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or md.")] = "text",
) -> None:
    """Say which record an error is, or that none is.

    And what not to try, what works, and how far to believe it. Exits with 1 where no record is near enough.
    """
    from kb.jobs import look_up as job
    from kb.jobs import uses
    from kb.match.conditions import SYSTEMS, Here
    from kb.match.verdict import Certainty, Thresholds
    from kb.render import matches

    check_choice("--format", format_name, ("text", "json", "md"))
    if system is not None:
        check_choice("--os", system, tuple(SYSTEMS))
    if (message is None) == (log is None):
        raise typer.BadParameter("give the TEXT of an error, - for standard input, or --log FILE")
    workspace = current_workspace()
    versions = dict((parse_release(one) or "").split("=", 1) for one in used or ())
    settings = workspace.settings.match
    question = job.Question(Thresholds(settings.score, settings.margin), Here(versions, system), limit, explain)
    check_started(workspace)
    if log is None:
        given = sys.stdin.buffer.read(job.LONGEST_MESSAGE + 1) if message == str(STDIN) else message or ""
        found, notes = job.look_up_message(workspace, given, question, workspace.as_of(as_of))
    else:
        with nullcontext(sys.stdin.buffer) if log == STDIN else job.log_file(log) as stream:
            found, notes = job.look_up_log(workspace, stream, question, workspace.as_of(as_of))
    print_notes(notes)
    uses.note(workspace, found)
    if format_name == "json":
        print_json(found)
    elif format_name == "md":
        print_lines(matches.markdown(found))
    else:
        print_prose(matches.text(found, colour=is_coloured(None)))
    if found["verdict"] == Certainty.NONE:
        raise typer.Exit(1)


@app.command(epilog=examples("kb why raw/inbox/2026-09-forum-scrape.ndjson:5", "kb why rust/linker-cc-not-found"))
def why(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="PATH_OR_ID",
            help="An id, an alias, the beginning of one id, a file, or file:line as in a finding.",
            autocompletion=complete_ids,
        ),
    ],
    as_of: AsOf = None,
    format_name: TextOrJson = "text",
) -> None:
    """Show what became of a record or a file, and why.

    It finds what was published and what is in quarantine.
    """
    from kb import sources
    from kb.jobs import show as job
    from kb.render import text

    check_choice("--format", format_name, ("text", "json"))
    workspace = current_workspace()
    path, _ = job.split_place(subject)
    if Path(path).is_file():
        subject = sources.name_of(Path(path), workspace) + subject.removeprefix(path)
    with opened_base(workspace) as base:
        match = job.known_as(base, subject)
        fates = job.why(base, match.id, workspace.as_of(as_of), workspace.root)
    print_notes(match.notes)
    colour = is_coloured(None)
    print_json(fates) if format_name == "json" else print_prose(
        line for fate in fates for line in text.record(fate, colour=colour)
    )


@app.command(epilog=examples("kb quarantine", "kb quarantine --format json"))
def quarantine(
    format_name: AnyTable = "table",
    output: Output = None,
) -> None:
    """List what was rejected, and why."""
    from kb.jobs import show as job
    from kb.render import text
    from kb.render.tables import FORMATS, render

    check_choice("--format", format_name, FORMATS)
    with opened_base(current_workspace()) as base:
        rejected, records = job.quarantine(base)
    if format_name == "table":
        write_text("".join(f"{line}\n" for line in text.quarantine(rejected.records(), records)), output)
    else:
        write_text(render(rejected, format_name, terminal=is_terminal(output)), output)
    report_written(output)


@app.command(
    epilog=examples(
        "kb export --format parquet -o out/",
        "kb export --format ndjson -o git.ndjson --where \"domain = 'git'\"",
        "kb export --format site -o public/",
        "kb export --format links --base-url https://example.org/kb/ -o links.json",
    )
)
def export(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            callback=free_output,
            help="A file for {exports_in_one_file}, - or nothing for standard output; a folder for all else.",
        ),
    ] = None,
    format_name: Annotated[str, typer.Option("--format", metavar="FORMAT", help="{forms_of_exports}.")] = "files",
    condition: Annotated[
        str, typer.Option("--where", metavar="CONDITION", help="Which ones: SQL over the table records.")
    ] = "true",
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help="For links: where the site is, or a URL with {id} in it; a record that names no official page is there.",
        ),
    ] = None,
) -> None:
    """Write published records elsewhere.

    What came in a foreign format goes back in it byte for byte as ingested, without repairs, as long as its file in raw/
    has not changed since (else with the same values). Any other record goes out as published; what the format has no
    place for is kept under `kb`. A folder must hold no records but those that are written: of an earlier export some
    could be left that this one does not pick.

    site is a static API, which is written whole or not at all. problem-matchers and links tell other programs the patterns
    of the base; those that would mislead are left out, and a note says why.
    """
    from kb.jobs import export as job
    from kb.publish import swap
    from kb.words import escaped

    workspace = current_workspace()
    check_started(workspace)
    if base_url is not None and format_name != "links":
        raise typer.BadParameter("goes with --format links", param_hint="--base-url")
    notes: list[str] = []
    pages = None if base_url is None else job.base_url(base_url)
    if output is None or output == STDIN:
        terminal = sys.stdout.isatty()
        with swap.reading(workspace) as base:
            sys.stdout.writelines(
                escaped(line) if terminal else line
                for line in job.lines(job.Picked(base, condition, pages, notes.append), format_name, workspace)
            )
        print_notes(notes)
        return
    with interrupted_after(f"{output} may be written in part"), swap.reading(workspace, files=True) as base:
        count = job.export(base, format_name, output, condition, workspace, notes.append, pages=pages)
    print_notes(notes)
    records = f"{count:,} {'record' if count == 1 else 'records'}"
    if format_name in job.OF_PATTERNS:
        print(f"wrote {display_path(output)}, out of {records}")
    else:
        print(f"wrote {records} to {display_path(output)}")


@app.command(epilog=examples("kb rules", "kb rules --format json"))
def rules(
    format_name: AnyTable = "table",
) -> None:
    """List every rule.

    With the severity that it has in this workspace, or `off` where the settings take it out.
    """
    from kb.render.rule_pages import listing
    from kb.render.tables import FORMATS, render
    from kb.rules import ruleset

    check_choice("--format", format_name, FORMATS)
    write_text(render(listing(ruleset.of(current_workspace())), format_name, terminal=is_terminal(None)), None)


@app.command(epilog=examples("kb explain DED001", "kb explain how-repeats-action", "kb explain DED"))
def explain(
    code: Annotated[
        str,
        typer.Argument(
            metavar="RULE",
            help="Its code or its name; a prefix of codes lists all that have it.",
            autocompletion=complete_codes,
        ),
    ],
) -> None:
    """Explain one rule.

    What it asks and why, with bad and good examples.
    """
    from kb.render import rule_pages as words
    from kb.render.tables import render
    from kb.rules import named, ruleset

    known = ruleset.of(current_workspace())
    family = words.family(known, code)
    if family.rows:
        write_text(render(family, "table", terminal=is_terminal(None)), None)
    else:
        print_lines(words.explain(named(code.replace("_", "-"), known.known)))


@app.command(
    epilog=examples("kb init", "kb init knowledge/ --example --pre-commit --github", "kb init knowledge/ --from docs/")
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="It need not exist.")] = Path(),
    example: Annotated[bool, typer.Option("--example", help="Add a valid, commented record to raw/.")] = False,
    pre_commit: Annotated[
        bool, typer.Option("--pre-commit", help="Add .pre-commit-config.yaml, which checks records before each commit.")
    ] = False,
    github: Annotated[
        bool, typer.Option("--github", help="Add .github/workflows/kb.yml, which checks every push and pull request.")
    ] = False,
    start_from: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="PATH",
            help="Bring in the records of a file or a folder, and guess their mapping; may be repeated.",
        ),
    ] = None,
) -> None:
    """Make a folder a workspace.

    Writes kb.toml with every setting explained, raw/, dvc.yaml, .gitignore and .gitattributes; what is there already stays,
    so that it can be run again, with more options too. What --from names is copied into raw/, unless it lies in FOLDER: then
    it stays where it is.
    """
    from kb.jobs.init import init as run

    if start_from:
        made, kept, outer = formatting.start(folder, start_from, example=example, pre_commit=pre_commit, github=github)
    else:
        made, kept, outer = run(folder, example=example, pre_commit=pre_commit, github=github)
    kept_note = f"{', '.join(kept)} {'was' if len(kept) == 1 else 'were'} there already"
    if made:
        more = "" if start_from else "; put records into raw/ and run `kb ingest`"
        print(f"made {', '.join(made)} in {display_path(folder)}/{more}")
    else:
        print(f"nothing to make in {display_path(folder)}/: {kept_note}")
    if made and kept:
        print_notes([kept_note])
    if made and not (example or pre_commit or github or start_from):
        print_notes(
            ["--example adds a record to start from, --pre-commit a check before each commit, --github one in CI"]
        )
    if outer is not None:
        print_notes(
            [
                f"{display_path(folder)}/ lies within the workspace {display_path(outer)}/; in it, kb uses the inner kb.toml alone"
            ]
        )


@app.command(epilog=examples("kb new docker/no-space-left", "kb new --domain docker > draft.json"))
def new(
    name: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Write raw/ID.json; default: print an example.", show_default=False),
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="DOMAIN", help="The domain of what is printed; default: git.")
    ] = None,
) -> None:
    """Start a record.

    With ID it says nothing yet, and `kb validate` says what it has to; without, a whole record is printed as an example. Its
    comments ($comment) are not published.
    """
    from kb.jobs import new as job

    if name is None:
        sys.stdout.write(job.text(job.example(domain or "git")))
        return
    if domain is not None:
        raise typer.BadParameter("the domain is the first segment of ID; leave it out", param_hint="--domain")
    workspace = current_workspace()
    path = display_path(job.new(workspace, name))
    print(f"wrote {path}; fill it, then run `kb validate {path}`")
    _note_where(workspace)


@app.command(epilog=examples("kb schema", "kb schema record.incoming", "kb schema report.stale"))
def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="As listed, with or without its version.", show_default=False),
    ] = None,
) -> None:
    """Print a JSON Schema, or list them all."""
    from kb import contract

    if name is None:
        print_lines(f"{key:24} {contract.schema(key)['title']}" for key in contract.names())
    else:
        sys.stdout.write(contract.text(name))


@app.command(epilog=examples("kb doctor"))
def doctor() -> None:
    """Hold the base against its contracts.

    And curated/ against the base. Exits with 1 if a contract is broken.
    """
    from kb.jobs.doctor import doctor as run
    from kb.render import text

    workspace = current_workspace()
    check_started(workspace)
    breaches = run(workspace)
    print_lines(text.health(breaches, breaches[0].remedy if breaches else ""))
    if breaches:
        raise typer.Exit(1)


@app.command(epilog=examples("kb gate", "kb gate --as-of 2027-01-01 --format json"))
def gate(
    as_of: AsOf = None,
    format_name: TextOrJson = "text",
) -> None:
    """Hold the base against the limits in kb.toml.

    Shows each figure and its limit. Exits with 1 if a limit is broken.
    """
    from kb.jobs.gate import gate as run
    from kb.render import text

    check_choice("--format", format_name, ("text", "json"))
    workspace = current_workspace()
    check_started(workspace)
    result = run(workspace, workspace.as_of(as_of))
    print_json(result.document()) if format_name == "json" else print_lines(
        text.gate(result, terminal=is_terminal(None))
    )
    if result.broken:
        raise typer.Exit(1)


@app.command(epilog=examples("kb diff", "kb diff main", "kb diff HEAD~10 --format json", "kb diff --exit-code"))
def diff(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A commit, branch or tag of git.")] = "HEAD",
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if a record was added, removed or changed.")
    ] = False,
    format_name: TextOrJson = "text",
) -> None:
    """Show what changed in the records since a commit.

    Compares the records in curated/ with those that the commit has there: which were added or removed, and of the others what
    changed in them. Asks git for them, which has to be installed.
    """
    from kb.jobs.diff import diff as run
    from kb.render.comparison import comparison
    from kb.render.tables import styled

    check_choice("--format", format_name, ("text", "json"))
    result = run(current_workspace(), revision)
    print_json(result.document()) if format_name == "json" else print_lines(
        comparison(result, colour=styled(terminal=is_terminal(None)))
    )
    if exit_code and result.differs:
        raise typer.Exit(1)


deciding.add_to(app)
reviewing.add_to(app)
serving.add_to(app)
formatting.add_to(app)
proposing.add_to(app)


def _report_page(workspace: "Workspace", options: "Options", output: Path | None, unused: list[str]) -> None:
    from kb import reports
    from kb.errors import KbError
    from kb.render.html.base_page import document
    from kb.reports import page_data
    from kb.rules import ruleset

    if unused:
        raise typer.BadParameter("the page has no use for it; leave it out", param_hint=unused[0])
    if is_terminal(output):
        raise KbError("kb report html: a page is for a browser; write it with -o FILE, and open that")
    with opened_base(workspace) as base:
        reports.check_scope(base, options, workspace.settings.trust.ladder)
        content = page_data.ask(base, options, workspace.settings.trust.ladder)
    write_text(document(content, ruleset.of(workspace).known, workspace.scratch), output)
    report_written(output)


def _report_all(workspace: "Workspace", options: "Options", folder: Path | None) -> None:
    from kb import reports
    from kb.publish import curated_files
    from kb.render.text import count

    if folder is None:
        raise typer.BadParameter("`kb report all` writes files; name their folder", param_hint="--output")
    with opened_base(workspace) as base:
        reports.check_scope(base, options, workspace.settings.trust.ladder)
        files = {
            name: data if isinstance(data, bytes) else b"".join(data)
            for name, data in curated_files.reports(base, options)
        }
    with interrupted_after(f"{folder} may be written in part"):
        for name, data in files.items():
            write_text(data.decode(), folder / Path(name).name)
    print(f"wrote {count(len(files), 'file')} to {display_path(folder)}/")


def _check_not_of_spark(paths: list[Path] | None, given: tuple[tuple[str, object], ...]) -> None:
    """Refuse what Spark has no use for: its folder is made anew, and replaced whole."""
    for option, value in given:
        if value:
            raise typer.BadParameter("is not for --engine spark, which fills a folder anew", param_hint=option)
    if STDIN in (paths or []):
        raise typer.BadParameter("reads no standard input; name files", param_hint="--engine spark")


def _inputs(paths: list[Path] | None, workspace: "Workspace") -> list[Path]:
    from kb.errors import KbError

    if not paths and not workspace.raw.is_dir():
        raise KbError(
            f"no path was given, and there is no {display_path(workspace.raw)}/; name files or folders, or see `kb init`"
        )
    return paths or [workspace.raw]


def main() -> None:
    """Run kb and exit: the one error handler of the program."""
    signals = listen_for_signals()
    code = run()
    streams.finish()
    sys.exit(128 + signals[0] if signals and code == INTERRUPTED else code)


def run() -> int:
    """Carry out what was typed, and say what fails; returns the exit code."""
    from typer import Abort, TyperException

    streams.set_up()
    try:
        words = sys.argv[1:] or ["--help"]
        code = narrowed(app, words)(words, prog_name="kb", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        return fail(f"{error.format_message()}{where_help_is(error)}", error.exit_code)
    except (Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        streams.discard_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: whatever is left is a bug, or the environment
        return explain_failure(error)
    if code == INTERRUPTED:
        return fail(f"interrupted; {UNCHANGED}", INTERRUPTED)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
