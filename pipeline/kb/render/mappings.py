"""Mappings of foreign formats: which there are, and what one makes of a few records."""

import shutil
from collections.abc import Iterator, Sequence

from kb.model import Severity
from kb.render.tables import GAP, as_json, as_text, columns_of, hanging, plain
from kb.render.text import count, paint, style
from kb.results import Trial, Tried
from kb.words import visible

_MOST_LINES = 40
"""So many lines of a source and of a record are shown; --format json has all."""

_BESIDE = 100
"""From so many columns on, a source and its record stand side by side."""


def trial(result: Trial, *, fit: int | None, colour: bool) -> Iterator[str]:
    """Each record of a trial, and a summary; `fit` is how many columns a terminal has."""
    for one in result.tried:
        yield from _tried(one, result, fit, colour=colour)
        yield ""
    if result.mapped and result.always_empty:
        missed = [field for field in result.always_empty if field in result.declared]
        others = [field for field in result.always_empty if field not in result.declared]
        if missed:
            told = f"mapped, but empty in all: {', '.join(missed)}; see whether what its expression names is there"
            yield from _fitted(told, fit)
        if others:
            yield from _fitted(f"empty in all: {', '.join(others)}", fit)
    yield from _fitted(summary(result), fit)


def summary(result: Trial) -> str:
    """What came of it, in one line."""
    mapped = result.mapped
    files = len({one.path for one in result.tried})
    clean = sum(not one.is_rejected for one in mapped)
    keys = {what: len(result.keys(what)) for what in ("used", "kept", "lost")}
    told = ", ".join(f"{number:,} {what}" for what, number in keys.items())
    return (
        f"{result.name}: {count(len(result.tried), 'record')} of {count(files, 'file')} tried, {len(mapped)} mapped,"
        f" {clean} fit to be published; of the keys of the source {told}"
    )


def _tried(one: Tried, result: Trial, fit: int | None, *, colour: bool) -> Iterator[str]:
    line = "" if one.line is None else f":{one.line}"
    yield paint(visible(f"{one.path}{line} {one.place}".strip()), "1", colour=colour)
    source = _cut(one.shown.strip("\n").split("\n")) if one.shown else []
    record = _cut(as_json(plain(_said(one)), indent=2).split("\n")) if one.record is not None else []
    if source and record and fit is not None and fit >= _BESIDE:
        yield from as_text(("source", "record"), [("\n".join(source), "\n".join(record))], terminal=True).splitlines()
    else:
        yield from _below("source", source, fit, colour=colour)
        yield from _below("record", record, fit, colour=colour)
    for told in _told(one, result, colour=colour):
        yield from _fitted(told, fit)


def _said(one: Tried) -> dict[str, object]:
    return {key: value for key, value in (one.record or {}).items() if value not in (None, "", [], {})}


def _cut(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_LINES
    shown = [visible(line.removesuffix("\r").expandtabs(4))[:_WIDEST] for line in lines[:_MOST_LINES]]
    return [*shown, f"… {count(more, 'more line')}"] if more > 0 else shown


_WIDEST = 1_000


def _below(title: str, lines: Sequence[str], fit: int | None, *, colour: bool) -> Iterator[str]:
    if lines:
        yield paint(title, "2", colour=colour)
        for line in lines:
            yield from _fitted(f"{GAP}{line}", fit)


def _fitted(line: str, fit: int | None) -> Iterator[str]:
    if fit is None or columns_of(line) <= fit:
        yield line
    else:
        yield from hanging(line, fit)


def _told(one: Tried, result: Trial, *, colour: bool) -> Iterator[str]:
    """What is to be said of a record, each in one line."""
    if one.fault is not None:
        yield f"{paint('not read', style(Severity.ERROR), colour=colour)}: {visible(one.fault)}"
    for title, keys in (("used", one.used), ("kept", one.kept)):
        if keys:
            yield f"{title}: {_named(keys)}"
    if one.lost:
        lost = _named(one.lost)
        yield f"{paint('lost', style(Severity.ERROR), colour=colour)}: {lost}; neither the record nor what is kept says it"
    if one.required:
        yield f"empty, and required: {', '.join(one.required)}; map them, or give them under [default]"
    if one.record is not None and not one.is_recognised:
        yield f"not recognised: `kb ingest` takes it for {result.name} only with --from {result.name}"
    for finding in one.findings:
        severity = result.severities[finding.code]
        word = paint(f"{severity.value} {finding.code}", style(severity), colour=colour)
        yield f"{word} {visible(finding.pointer) or '(whole)'}: {visible(finding.message)}"


_MOST_KEYS = 50


def _named(keys: Sequence[str]) -> str:
    """Some keys in words; of very many the first."""
    more = [f"and {len(keys) - _MOST_KEYS:,} more"] if len(keys) > _MOST_KEYS else []
    return visible(", ".join([*keys[:_MOST_KEYS], *more]))


def width(*, terminal: bool) -> int | None:
    """How many columns there are to fill."""
    return shutil.get_terminal_size().columns if terminal else None
