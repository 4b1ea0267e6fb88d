"""`kb validate`: the judgement of ingest, without writing anything.

Where the workspace has a base, records are judged as if their files were ingested into it; without one, among
themselves.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import compress
from pathlib import Path
from typing import IO, NamedTuple

from kb import sources
from kb.errors import KbError
from kb.judging import baseline
from kb.judging.baseline import Entry
from kb.judging.bench import Bench, Judged, found, judge
from kb.judging.given import given, shown_path
from kb.judging.places_in_files import located
from kb.judging.request import Request
from kb.model import Incoming, Severity
from kb.results import ValidateResult
from kb.rules import ruleset
from kb.rules.base import Rule, Stage
from kb.rules.ruleset import RuleSet
from kb.workspace import Workspace, is_of_record


class ValidateOptions(NamedTuple):
    """What is reported of what was judged.

    `baseline` is the file of known findings that is looked into, or, with `write_baseline`, written. What standard input
    holds is judged as if it stood in the file `stdin_filename`; with `origins`, the result lists where every record
    stands, clean ones too. `reported` are the rules whose findings are reported, by code, with the severity of each;
    without it, all that judge, with theirs.
    """

    baseline: Path | None = None
    write_baseline: bool = False
    stdin_filename: Path | None = None
    origins: bool = False
    reported: Mapping[str, Severity] | None = None


_DEFAULT = ValidateOptions()


def validate(
    workspace: Workspace,
    paths: Sequence[Path],
    request: Request,
    options: ValidateOptions = _DEFAULT,
    standard_input: IO[bytes] | None = None,
) -> ValidateResult:
    """Judge every record below some paths, each by itself and all together; the path `-` stands for `standard_input`.

    Nothing is written but the baseline, where the options ask for it.

    Raises:
        KbError: a path is missing, no path holds a record, or the baseline cannot be read or written.
    """
    rules = ruleset.of(workspace, request.as_of)
    if request.form is not None:
        rules.formats.named(request.form)
    with given(workspace, paths, request.form, standard_input, options.stdin_filename) as roots:
        files = {file.name: file for root in roots for file in root.files}
        readings: list[sources.Reading] = []
        incoming: Iterator[Incoming] = (
            record for file in files.values() for record in sources.read(file, readings.append)
        )
        origins: list[tuple[str, int | None]] = []
        if options.origins:
            incoming = _noting(incoming, files, origins)
        is_asked = bool(workspace.settings.suppress or options.baseline or rules.ledger)
        whole = is_asked and _are_whole(roots, workspace)
        about_settings = whole and bool(workspace.settings.suppress or rules.ledger)
        bench = Bench(workspace, roots, list(files), [], readings, is_compared=options.baseline is not None)
        judged = _ingested(incoming, paths, rules, request, bench, about_settings=about_settings) or judge(
            incoming, rules, request, bench, about_settings=about_settings
        )
        reported = rules.severities if options.reported is None else options.reported
        rows = [row._replace(severity=reported[row.code]) for row in judged.rows if row.code in reported]
        standing = [row for row in rows if row.suppressed is None]
        compared = baseline.hold_against(
            options.baseline,
            [row.entry for row in standing],
            _judged_now(
                judged, {code: rule for code, rule in rules.rules.items() if code in reported}, files, whole=whole
            ),
            write=options.write_baseline,
        )
        new = list(compress(standing, compared.new))
        alien = [reading.name for reading in readings if reading.alien]
        aside = [row for row in rows if row.suppressed is not None]
        findings, suppressed = (located(rows, files, workspace) for rows in (new, aside))
    return ValidateResult(
        findings,
        judged.read,
        judged.read - len({(row.path, row.position) for row in new if is_of_record(row.path)}),
        (
            *bench.notes,
            *(note for root in roots for note in root.passed_over),
            *bench.remarks(),
            *([sources.misread(alien, request.form)] if request.form and alien else []),
            *compared.notes,
        ),
        suppressed,
        len(standing) - len(new),
        compared.gone,
        tuple(origins),
    )


def _ingested(
    incoming: Iterator[Incoming],
    paths: Sequence[Path],
    rules: RuleSet,
    request: Request,
    bench: Bench,
    *,
    about_settings: bool,
) -> Judged | None:
    """What the last ingest found, if it would have nothing to do now: the same files, rules, events and day.

    The records are read all the same, for what is said of their files. tests/property/test_shortcuts.py holds it against
    judging them.
    """
    if not bench.workspace.store.exists() or not all(path.exists() for path in paths):
        return None
    from kb.planning import standing  # noqa: PLC0415 - imports duckdb
    from kb.planning.plan import plan_for  # noqa: PLC0415 - likewise

    with ExitStack() as stack:
        try:
            existing = stack.enter_context(standing.found(bench.workspace))
            plan, last = plan_for(bench.workspace, paths, rules, existing, request.form, rehash=False)
        except KbError:  # to be said by who judges, if it hinders that
            return None
        if existing.base is None or not (plan.idle and last and last["as_of"] == request.as_of):
            return None
        return found(existing.base, bench, sum(1 for _ in incoming), about_settings=about_settings)


def _noting(
    incoming: Iterable[Incoming], files: Mapping[str, sources.SourceFile], origins: list[tuple[str, int | None]]
) -> Iterator[Incoming]:
    for record in incoming:
        origins.append((shown_path(record, files), record.origin.line))
        yield record


def _are_whole(roots: Sequence[sources.Root], workspace: Workspace) -> bool:
    """Whether the paths hold all that the base is made of: raw/, and what else was ingested."""
    ingested = [sources.name_of(workspace.raw, workspace)] if workspace.raw.exists() else []
    if workspace.store.exists():
        from kb import store  # noqa: PLC0415 - one record with nothing to suppress does without

        with store.read(workspace.store, any_layout=True) as base:
            ingested += base.roots()
    return bool(ingested) and all(any(root.holds(path) for root in roots) for path in ingested)


def _judged_now(
    judged: Judged, rules: Mapping[str, Rule], files: Mapping[str, sources.SourceFile], *, whole: bool
) -> Callable[[Entry], bool]:
    """A test of baseline entries: would it have been found again, and reported, were it still there?"""
    rejected: dict[str, set[str]] = defaultdict(set)
    for row in judged.rows:
        if row.entry.record not in judged.published and is_of_record(row.path):
            rejected[row.entry.record].add(row.code)

    def is_judged(entry: Entry) -> bool:
        rule = rules.get(entry.code)
        if rule is None or entry.record in judged.published:
            return rule is not None
        if entry.record in rejected:
            return _was_run(rule.stage, rejected[entry.record])
        return whole or sources.file_of(entry.record) in files

    return is_judged


def _was_run(stage: Stage, codes: set[str]) -> bool:
    """Whether the rules of a stage looked at a record that was rejected with some codes."""
    if "SCH001" in codes:
        return stage is Stage.PARSE
    if "SCH002" in codes:
        return stage in {Stage.PARSE, Stage.VALUE, Stage.CONTRACT}
    return stage not in {Stage.TABLES, Stage.LIST, Stage.CORPUS}
