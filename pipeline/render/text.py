"""Results as lines for people: the code in every line, one summary line at the end."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.model import IngestResult, Kind, Located, Severity, ValidateResult
from pipeline.render.tables import as_text, plain, visible
from pipeline.reports import Answer
from pipeline.rules import catalogue

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


def paint(text: str, codes: str, *, colour: bool) -> str:
    """Text in an ANSI style, where there is a terminal to show it."""
    return f"\x1b[{codes}m{text}\x1b[0m" if colour else text


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def validation(result: ValidateResult, *, colour: bool, source: bool) -> Iterator[str]:
    """A line for each finding, with the line of the source and a caret under the place if asked; then the summary."""
    for finding in result.findings:
        yield _finding(finding, colour=colour)
        if source:
            yield from _caret(finding, colour=colour)
    errors, warnings, infos = (result.count(s) for s in (Severity.ERROR, Severity.WARNING, Severity.INFO))
    if not result.findings:
        yield f"{count(result.read, 'record')} read, all clean"
        return
    fixable = f"; {result.fixable} [fix], which `kb ingest` repairs" if result.fixable else ""
    yield (
        f"{count(len(result.findings), 'finding')} in {result.read - result.clean:,} of {count(result.read, 'record')}:"
        f" {count(errors, 'error')}, {count(warnings, 'warning')}, {count(infos, 'info')}{fixable}"
    )


def _finding(finding: Located, *, colour: bool) -> str:
    place = paint(f"{visible(finding.path)}:{finding.line}:{finding.column}", "1", colour=colour)
    code = paint(finding.code, f"1;{_COLOURS[finding.severity]}", colour=colour)
    fix = f" {paint('[fix]', '32', colour=colour)}" if finding.fixable else ""
    return f"{place}: {finding.severity} {code} {visible(finding.pointer) or '(whole record)'}: {visible(finding.message)}{fix}"


def _caret(finding: Located, *, colour: bool, width: int = 100) -> Iterator[str]:
    start = max(0, finding.column - 1 - width // 2)
    shown = visible(finding.source[start : start + width].replace("\t", " "))
    before = visible(finding.source[start : finding.column - 1].replace("\t", " "))
    from rich.cells import cell_len  # noqa: PLC0415 - Chinese characters are two columns wide

    margin = f"{finding.line:>6} | "
    yield paint(margin, "2", colour=colour) + shown
    yield " " * (len(margin) + cell_len(before)) + paint("^", f"1;{_COLOURS[finding.severity]}", colour=colour)


def ingestion(result: IngestResult, *, dry_run: bool) -> Iterator[str]:
    """The sums of a run, what was repaired and what is flagged most."""
    rules = catalogue()
    repaired = {code: n for code, n in result.findings.items() if rules[code].kind is Kind.FIX}
    flagged = {code: n for code, n in result.findings.items() if code not in repaired}
    yield (
        f"read {result.read:,} = published {result.published:,} + unchanged {result.unchanged:,}"
        f" + quarantined {result.quarantined:,}"
    )
    if result.removed:
        yield f"removed {count(result.removed, 'record')}"
    if result.copies:
        yield f"{count(result.copies, 'record says', 'records say')} exactly what another says; one of each is published"
    if result.changes:
        yield f"repaired {count(result.changes, 'place')}; most: {_most(repaired)}"
    if flagged:
        yield f"flagged {count(sum(flagged.values()), 'time')}; most: {_most(flagged)}"
    if result.quarantined:
        yield f"quarantined {count(result.quarantined, 'record')}; `kb quarantine` says why"
    if dry_run:
        yield "dry run: nothing was written" if result.written else "dry run: nothing would change"
    elif not result.written:
        yield "nothing changed, nothing was written"


def _most(counts: dict[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = f", {len(ranked) - 4} more" if len(ranked) > 4 else ""
    return ", ".join(f"{code} {catalogue()[code].name} {n:,}" for code, n in ranked[:4]) + rest


def report(answer: Answer, *, boxes: bool) -> Iterator[str]:
    """A report as a table, its chart, and its totals."""
    yield f"{answer.report.title}, as of {answer.options.as_of}"
    if answer.rows.rows:
        yield as_text(answer.rows.columns, answer.rows.rows, boxes=boxes).rstrip("\n")
    if len(answer.rows.rows) < answer.found:
        yield f"… {len(answer.rows.rows):,} of {answer.found:,} rows (--limit)"
    if answer.chart:
        most = max(n for _, n in answer.chart) or 1
        yield ""
        yield f"records by {answer.report.chart} confidence"
        for label, n in answer.chart:
            yield f"  {label} {n:>7,} {'█' * round(40 * n / most)}".rstrip()
    t = answer.totals
    yield (
        f"{count(t['records'], 'record')}: {t['fresh']:,} fresh, {t['aging']:,} aging, {t['stale']:,} stale,"
        f" {t['unknown']:,} never confirmed"
        + (f"; mean confidence {t['declared']:.2f} declared, {t['effective']:.2f} effective" if t["records"] else "")
    )


def record(known: dict[str, Any]) -> Iterator[str]:
    """All that is known of a record, or why it was rejected."""
    origin = known["origin"]
    line = "" if origin["line"] is None else f":{origin['line']}"
    state = known.get("state", "published")
    yield visible(f"{known['id'] or '(no id)'}  {state}, from {origin['path']}{line}")
    yield f"  {origin['digest']}"
    if "document" in known:
        yield from _published(known)
    yield from _section("findings", (_flag(f) for f in known["findings"]))
    if "raw" in known:
        yield from _section(f"as it came ({known['encoding']})", known["raw"].splitlines())


def _published(known: dict[str, Any]) -> Iterator[str]:
    document, trust = known["document"], known["trust"]
    yield visible(f"  {document['signature']}")
    yield (
        f"  {document['verification_tier']}, resolvable {document['resolvable']},"
        f" {count(len(document['dead_ends']), 'dead end')}, {count(len(document['workarounds']), 'workaround')}"
    )
    yield from _section(
        "trust",
        [
            f"declared {trust['declared']:.2f}, ceiling {trust['ceiling']:.2f}, freshness {trust['factor']:.2f}"
            f" ({trust['freshness']}): effective {trust['effective']:.2f}",
            *([trust["why"]] if trust["why"] else []),
        ],
    )
    yield from _section("dead ends", (_action(item, "fail_rate", "fails") for item in document["dead_ends"]))
    yield from _section("workarounds", (_action(item, "success_rate", "works") for item in document["workarounds"]))
    yield from _section(
        "changes",
        (f"{c['code']} {c['pointer']}: {_short(c['before'])} → {_short(c['after'])}" for c in known["changes"]),
    )
    yield from _section(
        "neighbours",
        (f"{n['kind']} {n['id']}{'' if n['known'] else ' (not in the base)'}" for n in known["neighbours"]),
    )


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield f"  {title}"
        yield from (visible(f"    {line}") for line in shown)


def _action(item: dict[str, Any], rate: str, verb: str) -> str:
    share = "" if item[rate] is None else f" ({verb} in {item[rate]:.0%})"
    condition = "" if item["condition"] is None else f" [{item['condition']}]"
    return f"{item['action'] or '(not said)'}{share}{condition}"


def _flag(finding: dict[str, Any]) -> str:
    fix = " [fix]" if finding["fixable"] else ""
    return f"{finding['severity']} {finding['code']} {finding['pointer'] or '(whole record)'}: {finding['message']}{fix}"


def _short(value: Any, limit: int = 60) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(plain(value), ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def health(breaches: Sequence[object]) -> Iterator[str]:
    """What the doctor found."""
    for breach in breaches:
        yield visible(str(breach))
    if breaches:
        yield f"{count(len(breaches), 'breach', 'breaches')}; delete kb.duckdb and run `kb ingest` to make it anew"
    else:
        yield "the base keeps its contracts"
