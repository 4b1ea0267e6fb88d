"""Findings as people read them: errors first and once more at the end, and what concerns most records said once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kb.model import Severity
from kb.render import text
from kb.render.rule_pages import inline
from kb.render.tables import columns_of, cropped, hanging
from kb.results import Located, ValidateResult
from kb.rules import catalogue
from kb.rules.base import Rule
from kb.settings import ReportSettings
from kb.words import visible

GROUPS = ("record", "rule", "file")

SCREEN = 20
"""Where more lines than this stand above the summary, errors may be out of sight, so they are said again below."""

AGAIN = 10
"""So many errors are said again at most."""

ROOM = 14
"""So many lines there are for them on a small terminal, with the summary and the next prompt; else each is cut to one."""

MANY = 100
"""Where more findings than this are listed, the way to a shorter answer is said."""


class Look(NamedTuple):
    """How findings are listed.

    With `source`, each comes with its line of the source, cut to so many columns; `fit` is the width of the terminal that
    lines are wrapped to, if there is one. `common` says when a rule is reported once; without it, never.
    """

    group_by: str = "record"
    source: int | None = None
    fit: int | None = None
    colour: bool = False
    common: ReportSettings | None = None


class CommonRule(NamedTuple):
    """A rule that concerns so many records that it is reported once."""

    code: str
    name: str
    severity: Severity
    records: int


def listing(
    result: ValidateResult, look: Look, *, suppressed: bool = False, added: Sequence[Rule] = ()
) -> Iterator[str]:
    """The lines of a result: findings, common ones, the errors again, the summary.

    What is suppressed is listed if asked for; it and what is in the baseline is counted in any case. `added` are
    custom rules.
    """
    common = _common(result, look.common) if look.common else ()
    folded = {rule.code for rule in common}
    # what is suppressed is listed because it was asked for
    listed = [f for f in result.listed(suppressed=suppressed) if f.code not in folded or f.suppressed is not None]
    errors = [f for f in listed if f.severity is Severity.ERROR and f.suppressed is None]
    lines = list(_findings(listed, look))
    yield from lines
    below = [*_reported_once(common, result.read, look, added), *_hints(listed, look)]
    if errors and len(lines) + len(below) > max(SCREEN, len(errors)):
        below += _again(errors, look)
    if look.source and lines:
        yield ""
    yield from below
    yield from _fitted(text.summary(result), look)


def _common(result: ValidateResult, report: ReportSettings) -> Sequence[CommonRule]:
    """The rules that concern more than a share of the records, but for errors; the gravest and most frequent first."""
    concerned = defaultdict(set)
    for finding in result.findings:
        if finding.severity is not Severity.ERROR:
            concerned[finding.code, finding.name, finding.severity].add(_record(finding))
    rules = [CommonRule(*rule, len(records)) for rule, records in concerned.items()]
    return sorted(
        (rule for rule in rules if report.is_common(rule.records, result.read)),
        key=lambda rule: (-rule.severity.rank, -rule.records, rule.code),
    )


def _record(finding: Located) -> tuple[str, ...]:
    return finding.path, f"{finding.record_line or ''}", finding.record or ""


def _findings(findings: Sequence[Located], look: Look) -> Iterator[str]:
    for number, paragraph in enumerate(_paragraphs(findings, look)):
        if look.source and number:
            yield ""
        yield from paragraph


def _paragraphs(findings: Sequence[Located], look: Look) -> Iterator[Iterable[str]]:
    for title, group in _groups(findings, look.group_by):
        if look.source and title:
            yield _fitted(text.paint(title, "1", colour=look.colour), look)
        for finding in group:
            yield _finding(finding, look)


def _finding(finding: Located, look: Look) -> Iterator[str]:
    yield from _fitted(text.concise(finding, colour=look.colour), look)
    if look.source:
        yield from text.caret(finding, colour=look.colour, width=look.source)


def _fitted(line: str, look: Look) -> Iterable[str]:
    return [line] if look.fit is None else hanging(line, look.fit)


def _groups(findings: Sequence[Located], group_by: str) -> Iterator[tuple[str, list[Located]]]:
    """The findings of each record, rule or file, with a title where a line does not say it; the gravest first in each."""
    members: dict[tuple[str, ...], list[Located]] = defaultdict(list)
    for finding in findings:
        members[_MEMBER[group_by](finding)].append(finding)
    groups = [sorted(group, key=lambda finding: -finding.severity.rank) for group in members.values()]
    if group_by == "rule":
        groups.sort(key=lambda group: (-group[0].severity.rank, -len(group), group[0].code))
    else:
        groups.sort(key=lambda group: -group[0].severity.rank)
    for group in groups:
        yield _TITLE[group_by](group), group


_MEMBER: Mapping[str, Callable[[Located], tuple[str, ...]]] = {
    "record": _record,
    "rule": lambda finding: (finding.code,),
    "file": lambda finding: (finding.path,),
}

_TITLE: Mapping[str, Callable[[Sequence[Located]], str]] = {
    "record": lambda _: "",
    "rule": lambda group: (
        f"{group[0].code} {group[0].name}: {text.count(len(group), 'finding')}"
        f" in {text.count(len(set(map(_record, group))), 'record')}"
    ),
    "file": lambda group: f"{visible(group[0].path)}: {text.count(len(group), 'finding')}",
}


def _reported_once(common: Iterable[CommonRule], read: int, look: Look, added: Sequence[Rule]) -> Iterator[str]:
    rules = {**catalogue(), **{rule.code: rule for rule in added}}
    for code, name, severity, records in common:
        painted = text.paint(code, text.style(severity), colour=look.colour)
        line = (
            f"{severity} {painted} {name} concerns {records:,} of {text.count(read, 'record')}: a good record"
            f" {inline(rules[code].summary)}; `--select {code}` lists them"
        )
        yield from _fitted(line, look)


def _hints(findings: Sequence[Located], look: Look) -> Iterator[str]:
    if look.source and len(findings) > MANY:
        by_code = Counter(finding.code for finding in findings)
        yield from _fitted(
            f"{len(findings):,} findings of {text.count(len(by_code), 'rule')} are listed above;"
            " `--statistics` counts them by rule, `--group-by rule` puts those of a rule together",
            look,
        )


def _again(errors: Sequence[Located], look: Look) -> Iterator[str]:
    """The errors, in a form that no reader of findings takes for more of them; on a terminal in a line each if need be."""
    yield text.paint(f"{text.count(len(errors), 'error')}:", text.style(Severity.ERROR), colour=look.colour)
    lines = [
        f"  {visible(finding.path)}:{finding.line}:{finding.column} {finding.code} {text.judgement(finding)}"
        for finding in errors[:AGAIN]
    ]
    wrapped = [part for line in lines for part in _fitted(line, look)]
    yield from wrapped if look.fit is None or len(wrapped) <= ROOM else [_cut(line, look.fit) for line in lines]
    if len(errors) > AGAIN:
        yield f"  … and {len(errors) - AGAIN:,} more; `--level error` lists errors alone"


def _cut(line: str, width: int) -> str:
    return line if columns_of(line) <= width else f"{cropped(line, width - 1)}…"
