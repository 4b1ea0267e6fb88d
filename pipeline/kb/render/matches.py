"""What `kb match` found, for people: as text, and as Markdown."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from kb.render.text import count, paint
from kb.words import visible

_LONGEST = 160

_UNSAID = "its text is withheld (SAF004)"


def text(found: dict[str, Any], *, colour: bool = False) -> Iterator[str]:
    """The answers, each with the line that it is for, why, what not to try and what to try."""
    for answer in found["answers"]:
        yield from _answer(answer, colour=colour)
        yield ""
    if not found["answers"]:
        yield from _misses(found)
    if found["elsewhere"]:
        yield f"  left out {', '.join(found['elsewhere'])}: for another system or version than --os and --with say"
    yield from _taken(found)
    yield summary(found)


def summary(found: dict[str, Any]) -> str:
    """How many answers there are, in one line."""
    lines, records = count(found["lines"], "line"), count(found["records"], "record")
    if not found["answers"]:
        return f"none: {lines} looked up in {records}, and no record is near enough"
    answers = len(found["answers"]) + found["more"]
    more = f"; {found['more']:,} more not shown (--limit)" if found["more"] else ""
    return f"{found['verdict']}: {lines} looked up in {records}, {count(answers, 'answer')}{more}"


def _answer(answer: dict[str, Any], *, colour: bool) -> Iterator[str]:
    style = "1;32" if answer["verdict"] == "match" else "1;33"
    yield f"{paint(answer['verdict'], style, colour=colour)} {paint(answer['record'], '1', colour=colour)}  {_score(answer)}"
    yield from _place(answer, colour=colour)
    for rival in answer["rivals"]:
        yield f"  or {paint(rival['record'], '1', colour=colour)}  {rival['score']:.2f}: {visible(rival['signature'] or _UNSAID)}"
        if rival["distinction"]:
            yield f"     apart: {visible(rival['distinction'])}"
        yield from (f"     see: {visible(step)}" for step in rival["diagnosis"])
    if answer["verdict"] == "ambiguous":
        yield from (f"  see: {visible(step)}" for step in answer["diagnosis"])
    yield f"  trust: {trust(answer)}"
    yield from (f"  {line}" for line in _withheld(answer))
    yield from _advice(answer, colour=colour)
    if answer["url"]:
        yield f"  {visible(answer['url'])}"


def _advice(answer: dict[str, Any], *, colour: bool) -> Iterator[str]:
    """What a record says: the cause, what not to try, what to try, and when it is solved."""
    if answer["root_cause"]:
        yield f"  cause: {visible(answer['root_cause'])}"
    if answer["resolvable"] == "false":
        yield "  it cannot be resolved"
    if answer["dead_ends"]:
        yield paint("  do not try", "31", colour=colour)
    for item in answer["dead_ends"]:
        why = f": {visible(item['why_fails'])}" if item["why_fails"] else ""
        yield f"    - {visible(item['action'])}{_when(item)}{why}"
    if answer["workarounds"]:
        yield paint("  try", "32", colour=colour)
    for item in answer["workarounds"]:
        yield f"    {item['place']}. {visible(item['action'])}{_when(item)}{_rate(item)}"
        if item["how"]:
            yield f"       {visible(item['how'])}"
    yield from (f"  solved when: {visible(step)}" for step in answer["verify"])


def _withheld(answer: dict[str, Any]) -> Iterator[str]:
    if answer["withheld"]:
        yield f"withheld: its text may be meant to steer its reader (SAF004); `kb show {answer['record']}` has it"


def _score(answer: dict[str, Any]) -> str:
    return f"{answer['score']:.2f} by {' and '.join(answer['by']) or 'words'}, {answer['margin']:.2f} before the next"


def _place(answer: dict[str, Any], *, colour: bool) -> Iterator[str]:
    start, end = answer["span"]
    line = answer["text"]
    begin = max(0, min(start - 20, len(line) - _LONGEST))
    shown = line[begin : begin + _LONGEST]
    before, inside, after = (
        visible(part) for part in (shown[: start - begin], shown[start - begin : end - begin], shown[end - begin :])
    )
    times = f" ({answer['times']:,} times)" if answer["times"] > 1 else ""
    yield f"  line {answer['line']}{times}: {'…' if begin else ''}{before}{paint(inside, '4', colour=colour)}{after}"


def trust(answer: dict[str, Any]) -> str:
    """How far to believe a record, and what speaks against it."""
    known = answer["trust"]
    age = "never confirmed" if known["age"] is None else f"confirmed {known['last_confirmed']}, {known['freshness']}"
    marks = [f"{known['effective']:.2f} effective of {known['declared']:.2f} declared", known["tier"], age]
    if answer["status"] == "deprecated":
        marks.insert(0, f"DEPRECATED{_after(answer['reason'])}{_see(answer['successor'])}")
    if answer["status"] == "contested":
        marks.insert(0, "CONTESTED: verdicts on it differ, `kb log` has both")
    if answer["affected"]:
        marks.append("your version is listed")
    if answer["affected"] is False:
        marks.append("YOUR VERSION IS OLDER than all that are listed")
    return ", ".join(marks)


def _after(reason: str | None) -> str:
    return f": {visible(reason)}" if reason else ""


def _see(successor: str | None) -> str:
    return f" (see {successor})" if successor else ""


def _when(item: dict[str, Any]) -> str:
    return f" [{visible(item['condition'])}]" if item["condition"] else ""


def _rate(item: dict[str, Any]) -> str:
    if item["low"] is None:
        return ""
    tried = f" in {count(item['outcomes'], 'outcome')}" if item["outcomes"] else " declared"
    share = "" if item["success_rate"] is None or item["outcomes"] else f"{item['success_rate']:.2f}, "
    return f" ({share}at least {item['low']:.2f}{tried})"


def _misses(found: dict[str, Any]) -> Iterator[str]:
    for miss in found["misses"]:
        yield (
            f"  nearest {miss['record']}  {math.floor(miss['score'] * 100) / 100:.2f} of {found['threshold']:.2f}"
            f" for line {miss['line']}: {visible(miss['text'][:_LONGEST])}"
        )


def _taken(found: dict[str, Any]) -> Iterator[str]:
    """Which records took how many of the lines, where that was asked."""
    for taken in found.get("taken", ()):
        share = max(taken["matched"], taken["answered"]) / found["lines"]
        yield (
            f"{taken['record']}  {share:.1%} of the lines: its pattern matches {taken['matched']:,}, it answers"
            f" {taken['answered']:,}  {visible(taken['regex'])}"
        )


def markdown(found: dict[str, Any]) -> Iterator[str]:
    """The same as Markdown: a section for each answer."""
    yield f"**{summary(found)}**"
    for answer in found["answers"]:
        yield from _paragraphs(_section(answer))
        yield from _listed(
            "Do not try", (f"{_item(item)}: {_plain(item['why_fails'])}" for item in answer["dead_ends"])
        )
        yield from _listed("Try", (f"{_item(item)}{_rate(item)}{_how(item)}" for item in answer["workarounds"]))
        yield from _listed("Solved when", map(_plain, answer["verify"]))
        if answer["url"]:
            yield from _paragraphs([f"<{visible(answer['url'])}>"])


def _section(answer: dict[str, Any]) -> Iterator[str]:
    yield f"## {answer['verdict']}: `{answer['record']}`"
    yield f"{_score(answer)}; {trust(answer)}"
    yield f"Line {answer['line']}: {_code(answer['text'][:_LONGEST])}"
    for rival in answer["rivals"]:
        apart = rival["distinction"] or "; ".join(rival["diagnosis"]) or rival["signature"] or _UNSAID
        yield f"Or `{rival['record']}` ({rival['score']:.2f}): {_plain(apart)}"
    yield from _withheld(answer)
    if answer["root_cause"]:
        yield _plain(answer["root_cause"])


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from ("", text)


def _item(item: dict[str, Any]) -> str:
    return _plain(f"{item['action']}{_when(item)}")


def _how(item: dict[str, Any]) -> str:
    return f": {_plain(item['how'])}" if item["how"] else ""


def _listed(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"- {item}" for item in items]
    if lines:
        yield from ("", f"### {title}", "", *lines)


def _plain(text: str) -> str:
    """Text on one line, where no tag acts."""
    return visible(" ".join(text.split())).replace("<", "&lt;")


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence} {visible(text)} {fence}"
