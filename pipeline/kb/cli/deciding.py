"""The commands that decide about records: each writes events, and `kb ingest` lets the base follow from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb.cli import streams
from kb.cli.options import STDIN, AsOf, TextOrJson, check_choice, complete_ids, current_workspace, examples, parse_day
from kb.cli.output import print_json, print_notes, print_prose, write_diff

if TYPE_CHECKING:
    import datetime as dt

    from kb.jobs.decide import Decision
    from kb.ledger.event import Event
    from kb.workspace import Workspace

Ids = Annotated[
    list[str],
    typer.Argument(
        metavar="ID", help="Ids of published records; - reads them from standard input.", autocompletion=complete_ids
    ),
]
OneId = Annotated[
    str, typer.Argument(metavar="ID", help="Id of a record, or the beginning of one.", autocompletion=complete_ids)
]
Evidence = Annotated[
    list[str] | None,
    typer.Option(
        "--evidence",
        metavar="WHAT",
        help="An address, a file (kept by its digest), or a command; `COMMAND -> 0` gives its exit status.",
    ),
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What to keep beside it.")]
With = Annotated[
    list[str] | None, typer.Option("--with", metavar="PRODUCT=VERSION", help="What it was tried with, as docker=27.1.")
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="WHO", help="person:, agent: or ci: and a name; default: ledger.by, else git's user."),
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")]
Successor = Annotated[str | None, typer.Option("--successor", metavar="ID", help="The record that takes its place.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check it and print it, and write nothing.")]


def _confirm(
    ids: Ids,
    evidence: Evidence = None,
    note: Note = None,
    used: With = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Say that records hold, as they stand.

    It is bound to what they say now: once that changes, it no longer counts.
    """
    _decide("confirm", ids, by, as_of, evidence, used, dry_run=dry_run, note=note)


def _refute(
    ids: Ids,
    evidence: Evidence = None,
    note: Note = None,
    used: With = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Say that records do not hold, as they stand. They stay, and come first in the queue."""
    _decide("refute", ids, by, as_of, evidence, used, dry_run=dry_run, note=note)


def _promote(
    name: OneId,
    tier: Annotated[str, typer.Argument(metavar="TIER", help="A tier of the ladder, higher than its own.")],
    evidence: Evidence = None,
    note: Note = None,
    used: With = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Raise the verification tier of a record, as it stands.

    human_reviewed takes a person who did not write it, reproduced a command with its exit status or a log.
    """
    _decide("promote", [name], by, as_of, evidence, used, dry_run=dry_run, note=note, tier=tier)


def _demote(
    name: OneId,
    tier: Annotated[
        str | None, typer.Argument(metavar="TIER", help="A lower tier; default: one step.", show_default=False)
    ] = None,
    reason: Reason = None,
    evidence: Evidence = None,
    note: Note = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Lower the verification tier of a record."""
    _decide("demote", [name], by, as_of, evidence, dry_run=dry_run, note=note, tier=tier, reason=reason)


def _deprecate(
    ids: Ids,
    reason: Reason = None,
    successor: Successor = None,
    note: Note = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Mark records as out of date. They stay published."""
    if reason is None:
        raise typer.BadParameter("say in a few words why; it is kept with the record", param_hint="--reason")
    _decide("deprecate", ids, by, as_of, dry_run=dry_run, note=note, reason=reason, successor=successor)


def _withdraw(
    ids: Ids,
    reason: Reason = None,
    successor: Successor = None,
    evidence: Evidence = None,
    note: Note = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Take records out. A tombstone says why, by whom, and what takes their place."""
    if reason is None:
        raise typer.BadParameter("say in a few words why; the tombstone keeps it", param_hint="--reason")
    _decide("withdraw", ids, by, as_of, evidence, dry_run=dry_run, note=note, reason=reason, successor=successor)


def _restore(
    ids: Ids,
    reason: Reason = None,
    note: Note = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Bring withdrawn, merged or deprecated records back."""
    _decide("restore", ids, by, as_of, dry_run=dry_run, note=note, reason=reason)


def _retract(
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="Its name as `kb log` has it, or the beginning of that.")
    ],
    reason: Reason = None,
    note: Note = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Take an earlier event back, as if it had not been decided. Both stay on record."""
    from kb.jobs import decide as job

    workspace = current_workspace()
    asked = decision(workspace, "retract", by, as_of, note=note, reason=reason)
    _report([job.retract(workspace, event, asked, dry_run=dry_run)], dry_run=dry_run)


def _merge(
    from_id: Annotated[str, typer.Argument(metavar="FROM", help="The record that goes.", autocompletion=complete_ids)],
    into_id: Annotated[str, typer.Argument(metavar="INTO", help="The record that stays.", autocompletion=complete_ids)],
    reason: Reason = None,
    note: Note = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Merge one record into another.

    Shows what is added to the raw file of INTO: dead ends, workarounds, sources, aliases. What the two say differently
    is listed, INTO keeps its own. FROM leaves a tombstone, and its id becomes an alias.
    """
    from kb.jobs.merge import merge as run
    from kb.render import decisions

    workspace = current_workspace()
    asked = decision(workspace, "merge", by, as_of, note=note, reason=reason)
    merged = run(workspace, from_id, into_id, asked, dry_run=dry_run)
    write_diff(merged.diff.splitlines(keepends=True))
    print_notes(decisions.conflict(*one) for one in merged.conflicts)
    print_prose([decisions.line(merged.event)])
    if dry_run:
        print_notes(["dry run: nothing was written"])
    else:
        print_notes([f"edited {merged.file} and wrote 1 event into ledger/; `kb ingest` lets the base follow"])


def _outcome(
    name: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Id of a record.", show_default=False, autocompletion=complete_ids),
    ] = None,
    target: Annotated[
        str | None,
        typer.Argument(metavar="ACTION", help="workaround:1 or dead_end:1, counted from 1.", show_default=False),
    ] = None,
    worked: Annotated[bool, typer.Option("--worked", help="It helped.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="It did not help.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Many at once: lines with record, target, worked, with, at, by."),
    ] = None,
    evidence: Evidence = None,
    note: Note = None,
    used: With = None,
    by: By = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
) -> None:
    """Say whether an action of a record worked when it was tried.

    --from takes a folder too: `kb outcome --from ledger-inbox --dry-run` shows what agents reported, and without --dry-run
    it is let into the ledger.
    """
    from kb.jobs import decide as job
    from kb.jobs import inbox
    from kb.render import decisions

    workspace = current_workspace()
    if file is not None:
        if name or target or worked or failed:
            raise typer.BadParameter(
                "its lines say of what, and whether it worked; leave the rest out", param_hint="--from"
            )
        asked = decision(workspace, "outcome", by, as_of, evidence, used, note=note)
        files = job.outcome_files(file)
        given = [one for path in files for one in job.read_outcomes(workspace, path, asked)]
        events = job.outcomes(workspace, given, dry_run=dry_run)
        if dry_run:
            print_prose(decisions.reported((one.place, event) for one, event in zip(given, events, strict=True)))
        wrote(len(events), dry_run=dry_run)
        if not dry_run and (gone := inbox.let_in(workspace, files)):
            print_notes([f"took {gone:,} of the files out of {workspace.inbox.name}/, for the ledger has them"])
        return
    if not (name and target):
        raise typer.BadParameter(
            "name a record and its action, as in git/x workaround:1, or --from FILE", param_hint="ID"
        )
    if worked == failed:
        raise typer.BadParameter("say one of --worked and --failed", param_hint="--worked")
    asked = decision(workspace, "outcome", by, as_of, evidence, used, note=note)._replace(worked=worked)
    _report(job.decide(workspace, [name], asked, target=target, dry_run=dry_run), dry_run=dry_run)


def _log(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="Of one record; default: all.", show_default=False, autocompletion=complete_ids
        ),
    ] = None,
    format_name: TextOrJson = "text",
) -> None:
    """Show what was decided, by whom, and what that changed."""
    from kb.jobs.log import log as run
    from kb.render import decisions

    check_choice("--format", format_name, ("text", "json"))
    told = run(current_workspace(), name)
    print_json(told) if format_name == "json" else print_prose(decisions.history(told))


def _ledger(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="pack: old events into one file.")],
    before: Annotated[
        str, typer.Option("--before", metavar="YYYY-MM-DD", help="Pack the events of all days before this one.")
    ],
    dry_run: DryRun = False,
) -> None:
    """Look after the files of the ledger. It says the same afterwards."""
    from kb.jobs.pack import pack

    check_choice("ACTION", action, ("pack",))
    packing = pack(current_workspace(), parse_day(before), dry_run=dry_run)
    if packing.file is None:
        print(f"no event is from before {before}; nothing was packed")
        return
    verb = "would pack" if dry_run else "packed"
    print(f"{verb} {_events(packing.events)} into ledger/{packing.file}, in place of {len(packing.gone):,} files")


def decision(
    workspace: "Workspace",
    kind: str,
    by: str | None,
    as_of: "dt.date | None",
    evidence: Sequence[str] | None = None,
    used: Sequence[str] | None = None,
    **values: Any,  # noqa: ANN401 - texts, by the names that Decision has for them
) -> "Decision":
    """What was typed, as a decision.

    Raises:
        KbError: nobody says who decides, or what is typed means nothing.
    """
    from kb.jobs import decide as job

    blank = next((key for key, value in values.items() if value is not None and not value.strip()), None)
    if blank:
        raise typer.BadParameter("is blank; say something, or leave it out", param_hint=f"--{blank}")
    rests_on = [job.evidence_of(workspace, words) for words in evidence or ()]
    moment = workspace.moment(as_of)
    return job.Decision(kind, moment, job.actor(workspace, by), rests_on, job.used_of(used or ()), **values)


def _decide(
    kind: str,
    ids: Sequence[str],
    by: str | None,
    as_of: "dt.date | None",
    evidence: Sequence[str] | None = None,
    used: Sequence[str] | None = None,
    *,
    dry_run: bool,
    **values: str | None,
) -> None:
    """Write an event of a kind about each record, from what was typed, and say so."""
    from kb.jobs import decide as job

    workspace = current_workspace()
    asked = decision(workspace, kind, by, as_of, evidence, used, **values)
    _report(job.decide(workspace, _named(ids), asked, dry_run=dry_run), dry_run=dry_run)
    if kind == "confirm" and not evidence:
        print_notes(
            ["it rests on no evidence; --evidence names an address, a file or a command that others can look at"]
        )


def _named(ids: Sequence[str]) -> list[str]:
    """The ids that were typed, each once; `-` stands for the lines of standard input."""
    from kb.errors import KbError

    names: list[str] = []
    for name in ids:
        names += streams.read_text("the ids").split() if name == str(STDIN) else [name]
    if not names:
        raise KbError("standard input names no record; nothing was decided")
    return list(dict.fromkeys(names))


def _report(events: "Sequence[Event]", *, dry_run: bool) -> None:
    from kb.render import decisions

    print_prose(map(decisions.line, events))
    wrote(len(events), dry_run=dry_run)


def wrote(number: int, *, dry_run: bool) -> None:
    """Say how many events were written, and what comes next."""
    if dry_run:
        print_notes(["dry run: nothing was written"])
    else:
        print_notes([f"wrote {_events(number)} into ledger/; `kb ingest` lets the base follow"])


def _events(number: int) -> str:
    return f"{number:,} event{'' if number == 1 else 's'}"


_COMMANDS = (
    ("confirm", _confirm, ("kb confirm git/non-fast-forward --evidence https://git-scm.com/docs/git-push",
                           "kb report queue --limit 20 --format ids | kb confirm -")),
    ("refute", _refute, ("kb refute git/non-fast-forward --note 'the flag is gone' --with git=2.51",)),
    ("promote", _promote, ("kb promote git/non-fast-forward human_reviewed",
                           "kb promote git/non-fast-forward reproduced --evidence 'git push -> 1'")),
    ("demote", _demote, ("kb demote git/non-fast-forward --reason 'nobody reviewed it'",)),
    ("deprecate", _deprecate, ("kb deprecate docker/old-socket --reason 'gone since 20.10'",)),
    ("withdraw", _withdraw, ("kb withdraw git/x --reason duplicate --successor git/y",)),
    ("restore", _restore, ("kb restore git/x",)),
    ("retract", _retract, ("kb retract 2026-11-22-0123456789ab --reason 'the wrong record'",)),
    ("outcome", _outcome, ("kb outcome git/non-fast-forward workaround:1 --worked --with git=2.51",
                           "kb outcome --from outcomes.ndjson --by ci:nightly",
                           "kb outcome --from ledger-inbox --dry-run")),
    ("merge", _merge, ("kb merge git/x git/y --dry-run", "kb merge git/x git/y --reason 'one error'")),
    ("log", _log, ("kb log", "kb log git/non-fast-forward")),
    ("ledger", _ledger, ("kb ledger pack --before 2026-01-01",)),
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Let a program have the commands."""
    for name, command, lines in _COMMANDS:
        app.command(name, epilog=examples(*lines))(command)
