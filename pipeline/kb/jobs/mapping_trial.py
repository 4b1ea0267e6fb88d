"""`kb formats try`: what a mapping makes of a few records, and whether any of it would be lost."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from kb.contract import UnreadableError, schema, shapes
from kb.contract import INCOMING
from kb.curate.record import curate
from kb.errors import KbError
from kb.jobs.samples import Sample, samples
from kb.model import Document, Finding, Incoming, Json, Rejected
from kb.pointer import escape, tokens
from kb.rules import ruleset
from kb.rules.ruleset import RuleSet, added_in
from kb.settings import text_of
from kb.sources.formats import NATIVE, Format, Formats, Mapped
from kb.sources.formats.computed import elements
from kb.workspace import Workspace

_EMPTY: tuple[Json, ...] = (None, "", [], {})


class Tried(NamedTuple):
    """A record of a source, and what a mapping makes of it.

    `place` is where it stands in its file. Keys are those of the source: `used` for a field, `kept` beside the record, or
    `lost`. `required` and `optional` are the fields of the record that stay empty. `fault` says why there is no record.
    """

    path: str
    line: int | None
    place: str
    shown: str
    source: Json
    record: Document | None
    used: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    is_rejected: bool = True
    is_claimed: bool = True
    fault: str | None = None

    def document(self, rules: RuleSet) -> Document:
        """As JSON."""
        findings = [
            {"code": one.code, "severity": rules.severities[one.code], "pointer": one.pointer, "message": one.message}
            for one in self.findings
        ]
        return {
            "path": self.path, "line": self.line, "pointer": self.place, "source": self.source, "record": self.record,
            "used": list(self.used), "kept": list(self.kept), "lost": list(self.lost),
            "empty": {"required": list(self.required), "optional": list(self.optional)},
            "rejected": self.is_rejected, "recognised": self.is_claimed, "fault": self.fault, "findings": findings,
        }  # fmt: skip


class Trial(NamedTuple):
    """What came of trying a format."""

    form: Format
    rules: RuleSet
    tried: list[Tried]

    @property
    def mapped(self) -> list[Tried]:
        return [one for one in self.tried if one.record is not None]

    def keys(self, what: str) -> list[str]:
        """The keys that were `used`, `kept` or `lost` in any record, each once."""
        return list(dict.fromkeys(key for one in self.tried for key in getattr(one, what)))

    @property
    def is_sound(self) -> bool:
        """Whether something was read, and nothing would be lost."""
        return bool(self.mapped) and not self.keys("lost")

    def document(self) -> Document:
        """As JSON."""
        return {
            "format": self.form.name,
            "origin": self.form.origin,
            "records": [one.document(self.rules) for one in self.tried],
            "used": self.keys("used"),
            "kept": self.keys("kept"),
            "lost": self.keys("lost"),
            "ok": self.is_sound,
        }


def try_mapping(workspace: Workspace, name: str, paths: Sequence[Path], limit: int) -> Trial:
    """Map the first records of some files; a name that ends with .toml is a mapping file.

    Raises:
        KbError: there is no such format, it says what a mapping cannot, or a path is missing or of a kind that is not read.
    """
    rules, form = _format(workspace, name)
    tried = [
        one
        for path in paths
        for one in islice((t for s in samples(workspace, [path], limit) for t in _tried(s, form, rules)), limit)
    ]
    if not tried:
        raise KbError(f"{', '.join(map(str, paths))}: no records there")
    return Trial(form, rules, tried)


def _format(workspace: Workspace, name: str) -> tuple[RuleSet, Format]:
    rules = ruleset.of(workspace)
    if name.endswith(".toml"):
        path = Path(name)
        try:
            own = {file: text for file, text in workspace.format_files().items() if Path(file).stem != path.stem}
            formats = Formats({**own, name: text_of(path)})
        except OSError as error:
            raise KbError(f"{name}: cannot be read: {error.strerror}") from None
        rules = RuleSet(workspace.settings, None, added_in(workspace), rules.ledger, formats)
        name = path.stem
    form = rules.formats.named(name)
    if form is None:
        raise KbError(f"{NATIVE} is kb's own format, which nothing is mapped to; `kb validate` judges such records")
    return rules, form


def _tried(sample: Sample, form: Format, rules: RuleSet) -> Iterator[Tried]:
    origin, reader = sample.incoming.origin, sample.reader
    text = sample.shown.decode(errors="replace")
    nothing = Tried(origin.path, origin.line, "", text, None, None)
    if sample.document is None:
        yield nothing._replace(fault=sample.fault)
        return
    if reader.name not in form.reads:
        yield nothing._replace(fault=f"{form.name} reads {', '.join(sorted(form.reads))}, and this is {reader.name}")
        return
    try:
        found = elements(form, sample.document)
    except UnreadableError as error:
        yield nothing._replace(source=sample.document, fault=str(error))
        return
    if not found:
        yield nothing._replace(source=sample.document, fault="its `records` finds none in it")
    beside = _beside(sample.document, [place for _, place in found]) if form.records else ()
    for element, place in found:
        one = nothing._replace(place=place, source=element, shown=text if form.records is None else _json(element))
        yield _mapped(one, sample, form, rules)._replace(lost=beside) if beside else _mapped(one, sample, form, rules)


def _json(value: Json) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _mapped(one: Tried, sample: Sample, form: Format, rules: RuleSet) -> Tried:
    if not isinstance(one.source, dict):
        return one._replace(fault="is no object; let `records` give objects")
    try:
        mapped = form.map(one.source)
    except UnreadableError as error:
        return one._replace(fault=str(error))
    kept, lost = _kept(mapped, form), _lost(one.source, mapped, form, sample)
    keys = _keys(one.source, mapped, sample.reader.name)
    used = {key for pointer, key in keys if not _is_below(pointer, kept | lost)}
    required, optional = _empty(mapped.document)
    outcome = curate(_incoming(one, sample, form), rules)
    return one._replace(
        record={key: value for key, value in mapped.document.items() if key != "extensions"},
        used=_ordered(keys, used),
        kept=_ordered(keys, {key for pointer, key in keys if _is_below(pointer, kept)} - used),
        lost=_ordered(keys, {key for pointer, key in keys if _is_below(pointer, lost)}),
        required=required,
        optional=optional,
        findings=outcome.findings,
        is_rejected=isinstance(outcome, Rejected),
        is_claimed=form.is_recognised and form.covers(one.path, sample.reader.name) and form.claims(one.source),
    )


def _incoming(one: Tried, sample: Sample, form: Format) -> Incoming:
    incoming = sample.incoming
    raw = incoming.raw if form.records is None else orjson.dumps(one.source)
    return incoming._replace(raw=raw, form=form.name)


def _empty(record: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    needed = schema(INCOMING)["required"]
    empty = [key for key in shapes()["record"].keys if record.get(key) in _EMPTY]
    required = [key for key in empty if key in needed and not (key in {"dead_ends", "workarounds"} and key in record)]
    return tuple(required), tuple(key for key in empty if key not in required)


# ---- keys ------------------------------------------------------------------------------------------------------------


def _ordered(keys: Sequence[tuple[str, str]], wanted: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for _, key in keys if key in wanted))


def _leaves(value: Json, pointer: str = "", key: str = "") -> Iterator[tuple[str, str, Json]]:
    """Every value that says something and holds no other: its place, the name of that without indices, and itself."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _leaves(child, f"{pointer}/{escape(name)}", f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from _leaves(child, f"{pointer}/{i}", f"{key}[]")
    elif value not in (None, ""):
        yield pointer, key, value


def _keys(source: Document, mapped: Mapped, reader_name: str) -> list[tuple[str, str]]:
    """The places of a source, each with the key that people know it by."""
    if reader_name != "markdown":
        return [(pointer, key) for pointer, key, _ in _leaves(source)]
    return [(pointer, key) for pointer, key, _ in _leaves({"front": source.get("front")})]


def _is_below(pointer: str, places: set[str]) -> bool:
    while pointer not in places and pointer:
        pointer = pointer.rpartition("/")[0]
    return pointer in places


def _kept(mapped: Mapped, form: Format) -> set[str]:
    """The places of a source that were made no field, and are carried beside the record."""
    carried = f"/extensions/{form.name}/"
    return {mapped.place(pointer) for pointer, _, _ in _leaves(mapped.document) if carried in pointer} - {""}


def _lost(source: Document, mapped: Mapped, form: Format, sample: Sample) -> set[str]:
    """The places of a source that do not come back from the record and from what is kept beside it."""
    try:
        back: Any = (
            form.carried(mapped.document).document if mapped.whole is None else sample.reader.restore(mapped.whole)
        )
    except (KbError, UnreadableError, LookupError, TypeError):
        return {""}
    return {pointer for pointer, _, value in _leaves(source) if _value_at(back, pointer) != value}


def _value_at(value: Json, pointer: str) -> Json:
    for step in tokens(pointer):
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _beside(document: Document, places: Sequence[str]) -> tuple[str, ...]:
    """What a file says outside of the lists that its records stand in: no record has it."""
    around = {place.rpartition("/")[0] if place.rpartition("/")[2].isdigit() else place for place in places}
    return tuple(dict.fromkeys(key for pointer, key, _ in _leaves(document) if not _is_below(pointer, around)))
