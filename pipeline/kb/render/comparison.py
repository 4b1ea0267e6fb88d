"""What changed in records, in words."""

from collections.abc import Iterator
from itertools import pairwise, takewhile

from kb.model import Document, Json
from kb.pointer import tokens
from kb.render.tables import as_json, plain
from kb.render.text import count, paint
from kb.results import NAMED_BY, RecordEdit, RecordsCompared
from kb.words import visible

_ONE_OF = {
    "dead_ends": "dead end",
    "workarounds": "workaround",
    "workarounds_zh": "Chinese workaround",
    "signatures": "signature",
    "diagnosis": "step of the diagnosis",
    "verify": "step of the verification",
    "versions": "version",
    "sources": "source",
    "tags": "tag",
    "aliases": "alias",
    "flags": "flag",
    "changes": "repair",
}

_ROOM = 60


def comparison(result: RecordsCompared, *, colour: bool) -> Iterator[str]:
    """A line for each record that came, went or changed, with a line for each edit; then the sums."""
    for name in result.added:
        yield f"{paint('added', '32', colour=colour)} {visible(name)}"
    for name, stone in result.withdrawn.items():
        yield f"{paint(stone['status'], '31', colour=colour)} {visible(name)}{visible(_why_withdrawn(stone))}"
    for name, findings in result.removed.items():
        if name in result.withdrawn:
            continue
        why = ", ".join(f"{finding['code']} {finding['pointer'] or '/'}" for finding in findings)
        yield f"{paint('removed', '31', colour=colour)} {visible(name)}{visible(f' (quarantined: {why})' if why else '')}"
    for name, edits in result.changed.items():
        yield f"{paint('changed', '33', colour=colour)} {visible(name)}"
        for edit in edits:
            yield f"  {visible(_line(edit))}"
    since = f"{result.revision} ({'there is no commit yet' if result.commit is None else result.commit[:12]})"
    if result.differs:
        withdrawn = len(result.withdrawn)
        sums = f"{len(result.added):,} added, {len(result.removed) - withdrawn:,} removed, "
        sums += f"{f'{withdrawn:,} withdrawn, ' if withdrawn else ''}{len(result.changed):,} changed"
        yield visible(f"{count(_total(result), 'record')} since {since}: {sums}")
    else:
        yield visible(f"no record differs from {since}")


def _why_withdrawn(stone: Document) -> str:
    said = [stone["reason"], stone["successor"] and f"see {stone['successor']}"]
    return f" ({'; '.join(filter(None, said))})" if any(said) else ""


def _total(result: RecordsCompared) -> int:
    return len(result.added) + len(result.removed) + len(result.changed)


def _line(edit: RecordEdit) -> str:
    *above, last = tokens(edit.pointer)
    if last.isdigit() and above:
        *above, last = above
        last = _ONE_OF.get(last, last)
    lists = [key for key, number in pairwise(above) if number.isdigit()]
    within = f"{_ONE_OF.get(lists[-1], lists[-1])} {_cut(edit.entry)}: " if edit.entry is not None and lists else ""
    if edit.kind == "reordered":
        return f"{within}{last} reordered"
    if edit.kind == "changed":
        before, after = _apart(edit.before, edit.after)
        return f"{within}{last} {before} → {after}"
    return f"{within}{last} {edit.kind}: {_named(edit.after if edit.kind == 'added' else edit.before)}"


def _named(value: Json) -> str:
    """An entry of a list by what it is known by."""
    if isinstance(value, dict):
        if "code" in value and "pointer" in value:
            return f"{value['code']} {value['pointer']}"
        value = next((value[key] for key in NAMED_BY if value.get(key)), value)
    return _cut(value)


def _apart(before: Json, after: Json) -> tuple[str, str]:
    """Two values, cut so that they still differ to the eye."""
    if isinstance(before, str) and isinstance(after, str):
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
        start = same - _ROOM // 3 if same > _ROOM // 2 else 0
        lead = "…" if start else ""
        return _cut(lead + before[start:]), _cut(lead + after[start:])
    return _cut(before), _cut(after)


def _cut(value: Json) -> str:
    if value is None:
        return "none"
    text = as_json(plain(value))
    if len(text) <= _ROOM:
        return text
    return f"{text[: _ROOM - 1]}…"
