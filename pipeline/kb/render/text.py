"""Results as lines for people: the code in every line, one summary line at the end."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kb.model import Severity
from kb.render.decisions import details
from kb.render.tables import as_json, as_text, columns_of, cropped, plain
from kb.results import FixResult, GateResult, IngestResult, Located, ValidateResult, Verdict
from kb.settings import ReportSettings
from kb.words import brief, visible

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


def style(severity: Severity) -> str:
    """The ANSI style of a severity."""
    return f"1;{_COLOURS[severity]}"


def paint(text: str, codes: str, *, colour: bool) -> str:
    """Text in an ANSI style, where there is a terminal to show it."""
    return f"\x1b[{codes}m{text}\x1b[0m" if colour else text


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def summary(result: ValidateResult) -> str:
    """What was found, in one line."""
    errors, warnings, infos = (result.number(s) for s in (Severity.ERROR, Severity.WARNING, Severity.INFO))
    counted = ((len(result.suppressed), "suppressed"), (result.known, "in the baseline"))
    aside = ", ".join(f"{number:,} {where}" for number, where in counted if number)
    total = len(result.findings) + len(result.hidden)
    if not total:
        return f"{count(result.read, 'record')} read, {f'nothing found but {aside}' if aside else 'all clean'}"
    fixable = (
        f"; {result.fixable:,} [fix]: `kb fix` repairs the file, `kb ingest` what it publishes"
        if result.fixable
        else ""
    )
    return (
        f"{count(total, 'finding')} in {result.read - result.clean:,} of {count(result.read, 'record')}:"
        f" {count(errors, 'error')}, {count(warnings, 'warning')}, {count(infos, 'info')}"
        f"{fixable}{aside and f'; {aside}'}{_hidden(result)}"
    )


def _hidden(result: ValidateResult) -> str:
    """How many findings are not shown, and what shows them."""
    counts = Counter(finding.severity for finding in result.hidden)
    if not counts:
        return ""
    ranked = sorted(counts, key=lambda severity: -severity.rank)
    hidden = " and ".join(count(counts[severity], str(severity)) for severity in ranked)
    return f"; {hidden} hidden (--level {ranked[-1]} shows them)"


def fixing(result: FixResult, *, written: bool) -> Iterator[str]:
    """What `kb fix` repaired, or would repair."""
    fixed = sum(result.fixed.values())
    rest = "`kb validate` shows what is left"
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
    location = paint(f"{visible(finding.path)}:{finding.line}:{finding.column}", "1", colour=colour)
    code = paint(finding.code, style(finding.severity), colour=colour)
    return f"{location}: {finding.severity} {code} {judgement(finding, colour=colour)}"


def judgement(finding: Located, *, colour: bool = False) -> str:
    """What is said against which value."""
    fix = f" {paint('[fix]', '32', colour=colour)}" if finding.fixable else ""
    why = f" (suppressed: {visible(finding.suppressed)})" if finding.suppressed is not None else ""
    return f"{_pointer(finding.pointer)}: {visible(finding.message)}{fix}{why}"


def _pointer(pointer: str) -> str:
    return brief(visible(pointer)) or "(whole record)"


def caret(finding: Located, *, colour: bool, width: int) -> Iterator[str]:
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
    yield " " * (len(margin) + columns_of(before)) + paint("^", style(finding.severity), colour=colour)


def ingestion(result: IngestResult, *, dry_run: bool, common: ReportSettings) -> Iterator[str]:
    """The sums of a run, what was repaired and what is flagged most; what is `common` to most records is said apart."""
    yield (
        f"read {result.read:,} = published {result.published:,} + unchanged {result.unchanged:,}"
        f" + quarantined {result.quarantined:,}{f' + withdrawn {result.withdrawn:,}' if result.withdrawn else ''}"
    )
    if result.removed:
        yield f"removed {count(result.removed, 'record')}"
    if result.copies:
        yield f"{count(result.copies, 'record says', 'records say')} just what another says; one of each is published"
    if result.changes:
        yield f"repaired {count(result.changes, 'place')}; most: {_most(result.repairs, result.names)}"
    if result.flags:
        yield from _flagged(result, common)
    if result.suppressed:
        yield f"suppressed {count(result.suppressed, 'finding')}, as kb.toml says"
    if result.about_settings:
        yield f"kb.toml has suppressions to fix: {_most(result.about_settings, result.names)}; `kb validate` says which"
    if result.about_events:
        yield f"ledger/ has events to look at: {_most(result.about_events, result.names)}; `kb validate` shows them"
    if result.compared is not None:
        new, fixed, as_before = result.compared
        yield f"findings: {new:,} new, {fixed:,} fixed, {as_before:,} as before"
    if result.quarantined:
        verb = "validate" if dry_run else "quarantine"
        yield f"quarantined {count(result.quarantined, 'record')}; `kb {verb}` says why"
    if dry_run:
        yield "dry run: nothing was written" if result.written else "dry run: nothing would change"
    elif not result.written and not result.restored:
        yield "nothing changed, nothing was written" if result.idle else "nothing changed: curated/ stays as it is"


def _flagged(result: IngestResult, common: ReportSettings) -> Iterator[str]:
    among = result.published + result.unchanged
    once = {code: records for code, records in result.flagged.items() if common.is_common(records, among)}
    rest = {code: flags for code, flags in result.flags.items() if code not in once}
    most = f"; most: {_most(rest, result.names)}" if rest else ""
    if not once:
        yield f"flagged {count(sum(result.flags.values()), 'time')}{most}"
        return
    first = min(once, key=lambda code: (-once[code], code))
    yield f"of {count(among, 'record')} most have {_most(once, result.names)}; `kb validate --select {first}` lists them"
    if rest:
        yield f"flagged {count(sum(rest.values()), 'time')} besides{most}"


def _most(counts: Mapping[str, int], names: Mapping[str, str]) -> str:
    """The codes that are counted most, with their names where these are known, else with those of the rules of kb."""
    if not counts.keys() <= names.keys():
        from kb.rules import catalogue  # noqa: PLC0415 - an ingest that has nothing to do is answered without the rules

        names = {code: rule.name for code, rule in catalogue().items()} | dict(names)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = f", {len(ranked) - 4} more" if len(ranked) > 4 else ""
    return ", ".join(f"{code} {names[code]} {n:,}" for code, n in ranked[:4]) + rest


def quarantine(rejected: Sequence[dict[str, Any]], records: int) -> Iterator[str]:
    """A line for each error of a rejected record, and how many records these are."""
    for row in rejected:
        yield visible(
            f"{row['origin']}: {row['record'] or '(no id)'}: {row['code']} {_pointer(row['pointer'])}: {row['message']}"
        )
    if records:
        yield f"{count(records, 'record')} in quarantine; `kb why PATH` shows one whole"
    else:
        yield "nothing is in quarantine"


def record(known: dict[str, Any], *, colour: bool = False) -> Iterator[str]:
    """All that is known of a record, or why it was rejected."""
    origin = known["origin"]
    line = "" if origin["line"] is None else f":{origin['line']}"
    state = known.get("state", "published")
    name = paint(visible(known["id"] or "(no id)"), "1", colour=colour)
    shown_state = paint(state, _STATES.get(state, ""), colour=colour and state in _STATES)
    came = f", from {visible(origin['path'])}{line}" if origin["path"] else ", and no longer in raw/"
    yield f"{name}  {shown_state}{came}"
    if origin["digest"]:
        yield f"  {origin['digest']}"
    if "tombstone" in known:
        yield from _section("tombstone", _of_tombstone(known["tombstone"]), colour=colour)
    if "document" in known:
        yield from _published(known, colour=colour)
    repaired = {(change["code"], change["pointer"]) for change in known.get("changes", ())}
    remaining = [
        f for f in known["findings"] if f["suppressed"] is not None or (f["code"], f["pointer"]) not in repaired
    ]
    yield from _flags(remaining, colour=colour)
    yield from _section("outcomes", map(_rate, known.get("rates", ())), colour=colour)
    yield from _section("decisions", map(_decision, known.get("events", ())), colour=colour)
    if "raw" in known:
        raw = known["raw"].replace("\r\n", "\n").removesuffix("\n").expandtabs(4)
        yield from _section(f"as ingested ({known['encoding']})", [raw], colour=colour)
    if "document" in known:
        yield visible(f"  `kb show {known['id']} --format json` has the whole record")


def _of_tombstone(stone: dict[str, Any]) -> Iterator[str]:
    yield f"{stone['status']} on {stone['at'][:10]} by {stone['by']} ({stone['event']})"
    if stone["reason"]:
        yield f"reason: {stone['reason']}"
    if stone["successor"]:
        yield f"successor: {stone['successor']}"


def _rate(rate: dict[str, Any]) -> str:
    """How often an action worked, and what follows for its rate beside what is declared."""
    declared = "none" if rate["declared"] is None else f"{rate['declared']:.2f}"
    rate_of = "success" if rate["item"] == "workaround" else "fail"
    return (
        f"{rate['item']}:{rate['position'] + 1} worked in {rate['worked']} of {rate['outcomes']}:"
        f" {rate_of} rate {rate['mean']:.2f} ({rate['low']:.2f} to {rate['high']:.2f}), declared {declared}"
    )


def _decision(event: dict[str, Any]) -> str:
    """An event on a record: who decided what and when, whether it counts, and below it what it rests on."""
    part = f" {event['item']}:{event['item_position'] + 1}" if event["item"] else ""
    verb = {True: " worked", False: " failed", None: ""}[event["worked"]]
    tier = f" to {event['tier']}" if event["tier"] else ""
    is_bound = event["kind"] in {"confirm", "refute", "promote"} and not event["item"]
    state = (
        " (does not count)"
        if not event["stands"]
        else " (of an earlier text)"
        if is_bound and event["of_this_text"] is False
        else ""
    )
    first = f"{event['at'][:10]} {event['by']}: {event['kind']}{part}{verb}{tier}{state}"
    return "\n  ".join([first, *details({**event, "effect": None})])


def _published(known: dict[str, Any], *, colour: bool) -> Iterator[str]:
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
    dead_ends = (_action(item, "fail_rate", "fails", "why_fails") for item in document["dead_ends"])
    workarounds = (_action(item, "success_rate", "works", "how") for item in document["workarounds"])
    sections: tuple[tuple[str, Iterable[str], str], ...] = (
        ("trust", [worth], _trusted(trust["effective"])),
        ("", filter(None, [trust["why"]]), ""),
        ("about", _particulars(document), ""),
        ("also printed as", document["signatures"], ""),
        ("root cause", filter(None, [document["root_cause"], document["root_cause_zh"]]), ""),
        ("diagnosis", document["diagnosis"], ""),
        ("dead ends", dead_ends, "31"),
        ("workarounds", workarounds, "32"),
        ("workarounds in Chinese", document["workarounds_zh"], "32"),
        ("verify", document["verify"], ""),
        ("changes", map(_change, known["changes"]), ""),
        ("neighbours", map(_neighbour, known["neighbours"]), ""),
    )
    for title, texts, tone in sections:
        yield from _section(title, texts, colour=colour, tone=tone)


_STATES = {"published": "32", "quarantined": "31", "withdrawn": "33", "merged": "33"}


def _trusted(effective: float) -> str:
    """The style of how far a record is to be trusted."""
    return "32" if effective >= 0.7 else "33" if effective >= 0.4 else "31"


def _section(title: str, texts: Iterable[str], *, colour: bool, tone: str = "") -> Iterator[str]:
    """A title and texts below it, the first line of each in the tone; without a title, they go on with the one before."""
    for number, text in enumerate(texts):
        if title and not number:
            yield f"  {paint(title, '1', colour=colour)}"
        first, *others = (visible(line).rstrip() for line in text.split("\n"))
        yield f"    {paint(first, tone, colour=colour and bool(tone and first))}".rstrip()
        yield from (f"    {line}".rstrip() for line in others)


def _flags(findings: Iterable[dict[str, Any]], *, colour: bool) -> Iterator[str]:
    for number, finding in enumerate(findings):
        if not number:
            yield f"  {paint('findings', '1', colour=colour)}"
        code = finding["code"]
        painted = paint(code, style(Severity(finding["severity"])), colour=colour)
        yield f"    {visible(_flag(finding)).replace(code, painted, 1)}"


def _particulars(document: dict[str, Any]) -> Iterator[str]:
    """What a record says of its error in single values, a line for each that it says."""
    days = ("first_seen", "last_confirmed", "last_updated")
    values = {
        "regex": document["regex"],
        "category": ", ".join(filter(None, [document["category"], document["subcategory"]])),
        "severity": document["severity"],
        "error code": document["error_code"],
        "versions": ", ".join(map(_version, document["versions"])),
        "dates": ", ".join(f"{key.replace('_', ' ')} {document[key]}" for key in days if document[key]),
        "tags": ", ".join(document["tags"]),
        "aliases": ", ".join(document["aliases"]),
        "official document": document["official_doc_url"],
    }
    yield from (f"{name}: {value}" for name, value in values.items() if value)


def _version(entry: dict[str, Any]) -> str:
    version, status = entry["version"], entry["status"]
    return f"{version}" if status in {None, "active"} else f"{version} ({status})"


def _action(item: dict[str, Any], rate: str, verb: str, more: str) -> str:
    share = "" if item[rate] is None else f" ({verb} in {item[rate]:.0%})"
    condition = "" if item["condition"] is None else f" [{item['condition']}]"
    text = f"{item['action'] or '(not said)'}{share}{condition}"
    quote = [f"“{item['quote']}”"] if item["quote"] else []
    return "\n".join([text, *filter(None, [item[more]]), *quote, *item["sources"]]).replace("\n", "\n  ")


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
    text = as_json(plain(value))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def health(breaches: Sequence[object], remedy: str) -> Iterator[str]:
    """What the doctor found, and how to fix it."""
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
