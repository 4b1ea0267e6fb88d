"""Results as lines for people: the code in every line, one summary line at the end."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pipeline.model import FixResult, GateResult, IngestResult, Located, Severity, ValidateResult, Verdict
from pipeline.render.tables import as_text, columns_of, cropped, plain
from pipeline.words import visible

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


def paint(text: str, codes: str, *, colour: bool) -> str:
    """Text in an ANSI style, where there is a terminal to show it."""
    return f"\x1b[{codes}m{text}\x1b[0m" if colour else text


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def validation(result: ValidateResult, *, colour: bool, width: int | None, suppressed: bool = False) -> Iterator[str]:
    """A line for each finding; if a width is given, the line of the source and a caret under the place; the summary.

    What is suppressed is listed if asked for; it and what is in the baseline is counted in any case.
    """
    for finding in result.listed(suppressed=suppressed):
        yield concise(finding, colour=colour)
        if width:
            yield from _caret(finding, colour=colour, width=width)
    yield summary(result)


def summary(result: ValidateResult) -> str:
    """What was found, in one line."""
    errors, warnings, infos = (result.number(s) for s in (Severity.ERROR, Severity.WARNING, Severity.INFO))
    counted = ((len(result.suppressed), "suppressed"), (result.known, "in the baseline"))
    aside = ", ".join(f"{number:,} {where}" for number, where in counted if number)
    if not result.findings:
        return f"{count(result.read, 'record')} read, {f'nothing found but {aside}' if aside else 'all clean'}"
    fixable = (
        f"; {result.fixable:,} [fix]: `kb fix` repairs the file, `kb ingest` what it publishes"
        if result.fixable
        else ""
    )
    return (
        f"{count(len(result.findings), 'finding')} in {result.read - result.clean:,} of {count(result.read, 'record')}:"
        f" {count(errors, 'error')}, {count(warnings, 'warning')}, {count(infos, 'info')}{fixable}{aside and f'; {aside}'}"
    )


def fixing(result: FixResult, *, written: bool) -> Iterator[str]:
    """What `kb fix` repaired, or would repair."""
    fixed = sum(result.fixed.values())
    rest = "`kb validate` tells what is left"
    if fixed:
        yield (
            f"{'fixed' if written else 'would fix'} {count(fixed, 'finding')} in {count(result.files, 'file')}"
            f" ({_most(result.fixed, {})}); {rest}"
        )
    else:
        yield f"{count(result.read, 'record')} read, nothing to fix; {rest}"


def preview(result: FixResult) -> Iterator[str]:
    """What ingest would repair."""
    fixed = sum(result.fixed.values())
    if fixed:
        yield f"`kb ingest` would repair {count(fixed, 'place')} in {count(result.files, 'file')} ({_most(result.fixed, {})})"
    else:
        yield f"{count(result.read, 'record')} read, `kb ingest` would repair nothing"


def diff(lines: Iterable[bytes], *, colour: bool) -> Iterator[str]:
    """A unified diff for a terminal, where nothing in it can act."""
    for line in lines:
        text = line.rstrip(b"\r\n").decode("utf-8", errors="backslashreplace")
        text = visible(text[:1] + text[1:].expandtabs(4))
        style = next((style for mark, style in _DIFF_STYLES.items() if line.startswith(mark)), None)
        yield paint(text, style or "", colour=colour and style is not None)


_DIFF_STYLES = {b"--- ": "1", b"+++ ": "1", b"@@ ": "36", b"-": "31", b"+": "32"}


def concise(finding: Located, *, colour: bool = False) -> str:
    """A finding in one line."""
    place = paint(f"{visible(finding.path)}:{finding.line}:{finding.column}", "1", colour=colour)
    code = paint(finding.code, f"1;{_COLOURS[finding.severity]}", colour=colour)
    return f"{place}: {finding.severity} {code} {judgement(finding, colour=colour)}"


def judgement(finding: Located, *, colour: bool = False) -> str:
    """What is said against which value."""
    fix = f" {paint('[fix]', '32', colour=colour)}" if finding.fixable else ""
    why = f" (suppressed: {visible(finding.suppressed)})" if finding.suppressed is not None else ""
    return f"{_pointer(finding.pointer)}: {visible(finding.message)}{fix}{why}"


def _pointer(pointer: str) -> str:
    return visible(pointer) or "(whole record)"


def _caret(finding: Located, *, colour: bool, width: int) -> Iterator[str]:
    """The source around the place, cut to the width of the terminal, and the caret below it."""
    margin = f"{finding.line:>6} | "
    room = max(width - len(margin) - 1, 20)
    line = finding.source.replace("\t", " ")
    at = finding.column - 1
    before = visible(line[max(0, at - room) : at])
    if len(line) > room or columns_of(visible(line)) > room:
        while columns_of(before) > room // 2:
            before = before[1:]
    after = cropped(visible(line[at : at + room]), room - columns_of(before))
    yield paint(margin, "2", colour=colour) + before + after
    yield " " * (len(margin) + columns_of(before)) + paint("^", f"1;{_COLOURS[finding.severity]}", colour=colour)


def ingestion(result: IngestResult, *, dry_run: bool) -> Iterator[str]:
    """The sums of a run, what was repaired and what is flagged most."""
    yield (
        f"read {result.read:,} = published {result.published:,} + unchanged {result.unchanged:,}"
        f" + quarantined {result.quarantined:,}"
    )
    if result.removed:
        yield f"removed {count(result.removed, 'record')}"
    if result.copies:
        yield f"{count(result.copies, 'record says', 'records say')} just what another says; one of each is published"
    if result.changes:
        yield f"repaired {count(result.changes, 'place')}; most: {_most(result.repairs, result.names)}"
    if result.flags:
        yield f"flagged {count(sum(result.flags.values()), 'time')}; most: {_most(result.flags, result.names)}"
    if result.suppressed:
        yield f"suppressed {count(result.suppressed, 'finding')}, as kb.toml says"
    if result.about_settings:
        yield f"kb.toml has suppressions to mend: {_most(result.about_settings, result.names)}; `kb validate` says which"
    if result.compared is not None:
        new, fixed, as_before = result.compared
        yield f"findings: {new:,} new, {fixed:,} fixed, {as_before:,} as before"
    if result.quarantined:
        verb = "validate" if dry_run else "quarantine"
        yield f"quarantined {count(result.quarantined, 'record')}; `kb {verb}` says why"
    if dry_run:
        yield "dry run: nothing was written" if result.written else "dry run: nothing would change"
    elif not result.written and not result.restored:
        yield "nothing changed, nothing was written"


def _most(counts: Mapping[str, int], own: Mapping[str, str]) -> str:
    from pipeline.rules import catalogue  # noqa: PLC0415 - a report does without the rules

    names = {code: rule.name for code, rule in catalogue().items()} | dict(own)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = f", {len(ranked) - 4} more" if len(ranked) > 4 else ""
    return ", ".join(f"{code} {names[code]} {n:,}" for code, n in ranked[:4]) + rest


def quarantine(rejected: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each error of a rejected record."""
    for row in rejected:
        yield visible(
            f"{row['origin']}: {row['record'] or '(no id)'}: {row['code']} {_pointer(row['pointer'])}: {row['message']}"
        )
    records = len({row["origin"] for row in rejected})
    if records:
        yield f"{count(records, 'record')} in quarantine; `kb why PATH` shows one whole"
    else:
        yield "nothing is in quarantine"


def record(known: dict[str, Any]) -> Iterator[str]:
    """All that is known of a record, or why it was rejected."""
    origin = known["origin"]
    line = "" if origin["line"] is None else f":{origin['line']}"
    state = known.get("state", "published")
    yield visible(f"{known['id'] or '(no id)'}  {state}, from {origin['path']}{line}")
    yield f"  {origin['digest']}"
    if "document" in known:
        yield from _published(known)
    repaired = {(change["code"], change["pointer"]) for change in known.get("changes", ())}
    left = [f for f in known["findings"] if f["suppressed"] is not None or (f["code"], f["pointer"]) not in repaired]
    yield from _section("findings", map(_flag, left))
    if "raw" in known:
        raw = known["raw"].replace("\r\n", "\n").removesuffix("\n").expandtabs(4)
        yield from _section(f"as it came ({known['encoding']})", [raw])
    if "document" in known:
        yield visible(f"  `kb show {known['id']} --format json` has the whole record")


def _published(known: dict[str, Any]) -> Iterator[str]:
    document, trust = known["document"], known["trust"]
    yield from (visible(f"  {document[key]}") for key in ("signature", "signature_zh") if document[key])
    yield (
        f"  {document['verification_tier']}, resolvable {document['resolvable']},"
        f" {count(len(document['dead_ends']), 'dead end')}, {count(len(document['workarounds']), 'workaround')},"
        f" {count(trust['distinct_sources'], 'source')}"
    )
    worth = (
        f"declared {trust['declared']:.2f}, ceiling {trust['ceiling']:.2f}, freshness {trust['factor']:.2f}"
        f" ({trust['freshness']}): effective {trust['effective']:.2f}"
    )
    yield from _section("trust", filter(None, [worth, trust["why"]]))
    yield from _section("about", _particulars(document))
    yield from _section("root cause", filter(None, [document["root_cause"], document["root_cause_zh"]]))
    yield from _section(
        "dead ends", (_action(item, "fail_rate", "fails", "why_fails") for item in document["dead_ends"])
    )
    yield from _section(
        "workarounds", (_action(item, "success_rate", "works", "how") for item in document["workarounds"])
    )
    yield from _section("workarounds in Chinese", document["workarounds_zh"])
    yield from _section("changes", (_change(change) for change in known["changes"]))
    yield from _section("neighbours", (_neighbour(neighbour) for neighbour in known["neighbours"]))


def _section(title: str, texts: Iterable[str]) -> Iterator[str]:
    lines = [line for text in texts for line in text.split("\n")]
    if lines:
        yield f"  {title}"
        yield from (f"    {visible(line)}".rstrip() for line in lines)


def _particulars(document: dict[str, Any]) -> Iterator[str]:
    """What a record says of its error in single values, a line for each that it says."""
    days = ("first_seen", "last_confirmed", "last_updated")
    told = {
        "regex": document["regex"],
        "category": ", ".join(filter(None, [document["category"], document["subcategory"]])),
        "error code": document["error_code"],
        "versions": ", ".join(map(_version, document["versions"])),
        "dates": ", ".join(f"{key.replace('_', ' ')} {document[key]}" for key in days if document[key]),
        "tags": ", ".join(document["tags"]),
        "aliases": ", ".join(document["aliases"]),
        "official document": document["official_doc_url"],
    }
    yield from (f"{name}: {value}" for name, value in told.items() if value)


def _version(entry: dict[str, Any]) -> str:
    version, status = entry["version"], entry["status"]
    return f"{version}" if status in {None, "active"} else f"{version} ({status})"


def _action(item: dict[str, Any], rate: str, verb: str, more: str) -> str:
    share = "" if item[rate] is None else f" ({verb} in {item[rate]:.0%})"
    condition = "" if item["condition"] is None else f" [{item['condition']}]"
    text = f"{item['action'] or '(not said)'}{share}{condition}"
    return "\n".join([text, *filter(None, [item[more]]), *item["sources"]]).replace("\n", "\n  ")


def _change(change: dict[str, Any]) -> str:
    after = _short(change["after"]) if "after" in change else "(taken out)"
    return f"{change['code']} {change['pointer']}: {_short(change['before'])} → {after}"


def _neighbour(neighbour: dict[str, Any]) -> str:
    hint = neighbour["distinction"] or neighbour["condition"]
    known = "" if neighbour["known"] else " (not in the base)"
    return f"{neighbour['kind']} {neighbour['id']}{known}{f': {hint}' if hint else ''}"


def _flag(finding: dict[str, Any]) -> str:
    fix = " [fix]" if finding["fixable"] else ""
    fix += "" if finding["suppressed"] is None else f" (suppressed: {finding['suppressed']})"
    return f"{finding['severity']} {finding['code']} {_pointer(finding['pointer'])}: {finding['message']}{fix}"


def _short(value: Any, limit: int = 60) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(plain(value), ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def health(breaches: Sequence[object], remedy: str) -> Iterator[str]:
    """What the doctor found, and what mends it."""
    for breach in breaches:
        yield visible(str(breach))
    if breaches:
        yield f"{count(len(breaches), 'breach', 'breaches')}; {remedy}"
    else:
        yield "the base keeps its contracts"


def gate(result: GateResult, *, terminal: bool) -> Iterator[str]:
    """Each limit with its figure, and how many are broken."""
    if not result.verdicts:
        yield "no limits are set; [gate] in kb.toml takes them"
        return
    columns = ("limit", "of", "figure", "bound", "verdict", "why")
    rows = [(v.limit, v.scope, _digits(v.figure), _digits(v.bound), _word(v), v.why) for v in result.verdicts]
    yield as_text(columns, rows, terminal=terminal).rstrip("\n")
    limits = count(len(rows), "limit")
    yield f"{result.broken:,} of {limits} broken, as of {result.as_of}"


def _word(verdict: Verdict) -> str:
    if verdict.figure is None:
        return "no figure"
    return "kept" if verdict.kept else "BROKEN"


def _digits(figure: float | None) -> Decimal | None:
    return None if figure is None else Decimal(repr(figure))
