"""Rules in words: `kb rules`, `kb explain` and docs/rules.md, all from the rule itself."""

import datetime as dt
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from kb.analysis.credentials import masked, masked_text
from kb.model import Kind, Table
from kb.rules import PREFIXES, catalogue
from kb.rules.base import ABSENT, Expected, Rule, Stage, changed
from kb.rules.ruleset import RuleSet
from kb.words import visible

_KINDS = {
    Kind.FIX: "fix: `kb ingest` repairs it and records the change, `kb fix` repairs the raw file",
    Kind.CHECK: "check: looks at one record",
    Kind.CORPUS: "corpus: needs the other records, or the day",
}


def listing(rules: RuleSet) -> Table:
    """Every rule in a row, custom rules after those of kb."""
    rows = [
        (
            rule.code,
            rule.name,
            str(rule.kind),
            str(rules.severities[rule.code]) if rule.code in rules.rules else "off",
            f"a good record {inline(rule.summary)}",
        )
        for rule in rules.known.values()
    ]
    return Table(("code", "name", "kind", "severity", "summary"), rows)


def family(rules: RuleSet, prefix: str) -> Table:
    """The rules whose codes go on after a prefix, each in a row; none where the prefix is a code itself."""
    whole = listing(rules)
    start = prefix.upper()
    return whole._replace(rows=[row for row in whole.rows if start and row[0].startswith(start) and row[0] != start])


def inline(text: str) -> str:
    """A sentence as the end of another."""
    return text[0].lower() + text[1:].rstrip(".")


def explain(rule: Rule) -> Iterator[str]:
    """One rule, for a terminal."""
    yield f"{rule.code} {rule.name} ({rule.severity})"
    yield ""
    yield f"A good record {inline(rule.summary)}."
    yield ""
    for paragraph in rule.prose.split("\n\n"):
        yield from textwrap.wrap(paragraph, 78, break_on_hyphens=False)
        yield ""
    if rule.file:
        yield f"Kind: {_KINDS[rule.kind]}. It is a custom rule, from {rule.file}:"
        yield ""
        yield from (f"  {visible(line)}" for line in rule.sql.splitlines())
        return
    yield f"Kind: {_KINDS[rule.kind]}. The examples say where they differ from a clean record."
    for title, lines in _examples(rule):
        yield ""
        yield f"{title}:"
        yield from (f"  {line}" for line in lines)


def _examples(rule: Rule) -> Iterator[tuple[str, list[str]]]:
    """The bad examples, with where they are found and what becomes of them; then the good ones."""
    bad = [
        line
        for example, expected in zip(rule.bad, rule.expected, strict=True)
        for line in _judged(rule, example, expected)
    ]
    good = [line for example in rule.good for line in _example(rule, example)]
    yield from ((title, lines) for title, lines in (("Bad", bad), ("Good", good)) if lines)


def _judged(rule: Rule, example: Any, expected: Expected) -> Iterator[str]:  # noqa: ANN401 - as in _example
    """A bad example. Where it is found at what it changes, nothing is said of that."""
    *lines, last = list(_example(rule, example)) or ["the clean record"]
    outcome = _outcome(rule, example, expected)
    yield from lines
    if outcome and (lines or len(last) + len(outcome) > _LONGEST):
        yield from (last, f"  {outcome}")
    else:
        yield f"{last} {outcome}".rstrip()


def _outcome(rule: Rule, example: Any, expected: Expected) -> str:  # noqa: ANN401 - as in _example
    pointers = list(expected)
    if rule.kind is Kind.FIX:
        after = _value(*expected.values()) if pointers == list(example) else _changes(expected)
        return f"becomes {after}"
    return "" if pointers == changed(example) else f"(at {_places(rule, pointers)})"


def _places(rule: Rule, pointers: list[str]) -> str:
    shown = [_of_record(pointer) if rule.stage is Stage.CORPUS else pointer for pointer in pointers[:_MOST_PLACES]]
    more = len(pointers) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


_MOST_PLACES = 3


def _of_record(pointer: str) -> str:
    """What a pointer into a list of records leads to; people count from 1."""
    number, _, rest = pointer[1:].partition("/")
    return f"/{rest} of record {int(number) + 1}" if rest else f"record {int(number) + 1}"


def _example(rule: Rule, example: Any) -> Iterator[str]:  # noqa: ANN401 - bytes, changes, or lists of changes
    if isinstance(example, bytes):
        text = visible(masked(example).decode("utf-8", errors="backslashreplace"))
        yield (text if len(text) < 80 else f"{text[:40]}… ({len(example)} bytes)") or "(an empty file)"
    elif rule.stage is Stage.SETTINGS:
        suppressions, records = example
        yield f"suppress: {' | '.join(map(_entry, suppressions))}; {next(_records(records))}"
    elif isinstance(example, tuple):
        yield from _events(*example)
    elif rule.stage is Stage.CORPUS:
        if any(example):
            yield from _records(example)
    elif example:
        yield _changes(example)


def _events(events: list[dict[str, Any]], records: list[dict[str, Any]]) -> Iterator[str]:
    """The events of an example, one on a line, of many the first, and the records that they are about."""
    lines = [f"event: {_changes(changes) or 'the clean event'}" for changes in events[:_MOST_PLACES]]
    if len(events) > len(lines):
        lines[-1] += f" and {len(events) - len(lines)} more"
    about = next(_records(records))
    if len("; ".join([*lines, about])) <= _LONGEST:
        yield "; ".join([*lines, about])
    else:
        yield from (*lines, about)


def _records(example: list[dict[str, Any]]) -> Iterator[str]:
    descriptions = [_changes(changes) or "the clean record" for changes in example]
    line = f"records: {' | '.join(descriptions)}"
    if len(line) <= _LONGEST:
        yield line
    else:
        yield from (f"record {number}: {changes}" for number, changes in enumerate(descriptions, start=1))


_LONGEST = 160
"""Records of an example, and what is said of it, stand on one line if it is no longer."""


def _entry(suppression: dict[str, Any]) -> str:
    return ", ".join(f"{key} = {_value(value)}" for key, value in suppression.items())


def _changes(example: Mapping[str, Any]) -> str:
    return ", ".join(f"{pointer}: {_value(value)}" for pointer, value in example.items())


def _value(value: Any) -> str:  # noqa: ANN401 - any JSON value, a day, or ABSENT
    if value is ABSENT:
        return "(absent)"
    if isinstance(value, dt.date):
        return value.isoformat()
    text = masked_text(json.dumps(value, ensure_ascii=True))
    return text if len(text) <= 100 else f"{text[:80]}…"


_INTRODUCTION = """# Rules

Generated from the rules themselves by `make docs`. Every judgement that kb makes about a record is one of these
{} rules. A rule is phrased as what a good record does. Codes are stable for ever.

An **error** sends the record to quarantine, whole, with all its findings. A **warning** is published and flagged.
An **info** is published and noted. A **fix** is repaired by `kb ingest` and recorded as a change, and by `kb fix` in
the raw file itself; a **check** looks at one record; a **corpus** rule needs the other records, or the day, and is
judged anew on every run. `kb.toml` can change severities and take rules out (`[rules]`), except for those marked
*always*, without which the base could not store what it publishes, or would hand out what it must not.

Examples give what differs from the clean record in `pipeline/kb/rules/example.py`, as JSON Pointers and values. A bad one
is found at what it gives, or at the place in parentheses; of a fix it says what the value becomes.
"""


def document() -> str:
    """docs/rules.md."""
    rules = catalogue()
    lines = [_INTRODUCTION.format(len(rules))]
    for prefix, (_, title) in PREFIXES.items():
        lines += [
            f"## {prefix}: {title}",
            "",
            "| code | name | kind | severity | a good record … |",
            "|---|---|---|---|---|",
        ]
        members = [rule for code, rule in rules.items() if code.startswith(prefix)]
        for rule in members:
            severity = f"{rule.severity} (always)" if rule.locked else rule.severity
            link = f"[{rule.code}](#{rule.code.lower()}-{rule.name})"
            lines.append(f"| {link} | {rule.name} | {rule.kind} | {severity} | {inline(rule.summary)} |")
        for rule in members:
            lines += [
                "",
                f"### {rule.code} {rule.name}",
                "",
                f"A good record {inline(rule.summary)}.",
                "",
                rule.prose,
                "",
            ]
            for heading, shown in _examples(rule):
                lines += [f"{heading}:", "", *(f"    {line}" for line in shown), ""]
            lines.pop()
        lines.append("")
    return "\n".join(lines)
