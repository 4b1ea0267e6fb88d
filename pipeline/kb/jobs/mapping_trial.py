"""`kb formats try`: what a mapping makes of a few records, and whether any of it would be lost."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from kb.analysis.credentials import masked, masked_text
from kb.contract import INCOMING, UnreadableError, schema, shapes
from kb.curate.record import curate
from kb.errors import KbError
from kb.jobs.samples import Sample, samples
from kb.model import Document, Incoming, Json, Rejected
from kb.pointer import escape, value_at
from kb.results import Trial, Tried
from kb.rules import ruleset
from kb.rules.ruleset import RuleSet, added_in
from kb.settings import text_of
from kb.sources import readers
from kb.sources.formats import NATIVE, Format, Formats, Mapped
from kb.sources.formats.computed import beside
from kb.sources.readers import Reader
from kb.workspace import Workspace

_EMPTY: tuple[Json, ...] = (None, "", [], {})


def try_mapping(workspace: Workspace, name: str, paths: Sequence[Path], limit: int) -> Trial:
    """Map the first records of some files; a name that ends with .toml is a mapping file.

    Raises:
        KbError: there is no such format, it says what a mapping cannot, or a path is missing or of a kind that is not read.
    """
    rules, form = _format(workspace, name)
    tried: list[Tried] = []
    for path in paths:
        found = (
            one
            for sample in samples(workspace, path, limit, rules.formats, form.name)
            for one in _tried(sample, form, rules)
        )
        tried += islice(found, limit)
    if not tried:
        raise KbError(f"{', '.join(map(str, paths))}: no records there")
    fields = [*(said.field for said in form.declared.fields), *(one.field for one in form.declared.lists)]
    declared = frozenset(field.split(".")[0] for field in fields)
    return Trial(form.name, form.origin, tried, rules.severities, declared)


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
    nothing = Tried(sample.path, None, "", "", None, None)
    if sample.reader.name not in form.reads:
        yield nothing._replace(
            fault=f"{form.name} reads {', '.join(sorted(form.reads))}, and this is {sample.reader.name}"
        )
        return
    if not sample.records:
        yield nothing._replace(source=sample.document, fault="`records` finds none in it")
    is_split = form.records is not None and sample.document is not None
    left_out = beside(sample.document, [one.within or "" for one in sample.records]) if is_split else ()
    for incoming in sample.records:
        one = _mapped(incoming, sample.reader, form, rules)
        yield one._replace(lost=(*left_out, *one.lost))


def _mapped(incoming: Incoming, reader: Reader, form: Format, rules: RuleSet) -> Tried:
    origin, raw = incoming.origin, masked(incoming.raw)
    shown = raw[:_MOST_SHOWN].decode(errors="replace")
    one = Tried(origin.path, origin.line, incoming.within or "", shown, None, None)
    if incoming.fault is not None:
        return one._replace(fault=masked_text(incoming.fault))
    try:
        kind = readers.of_record(origin.path, raw)
        source = kind.read(raw)
        shown = orjson.dumps(source, option=orjson.OPT_INDENT_2).decode() if kind is readers.JSON else one.shown
        one = one._replace(source=source, shown=shown)
        mapped = form.map(source)
    except UnreadableError as error:
        return one._replace(fault=masked_text(str(error)))
    keys = _Keys(source, mapped, form, reader)
    required, optional = _empty(mapped.document)
    outcome = curate(incoming._replace(form=form.name), rules)
    return one._replace(
        record={key: value for key, value in mapped.document.items() if key != "extensions"},
        used=keys.used,
        kept=keys.kept,
        lost=keys.lost,
        required=required,
        optional=optional,
        findings=outcome.findings,
        is_rejected=isinstance(outcome, Rejected),
        is_recognised=form.is_recognised and form.covers(origin.path, reader.name) and form.claims(source),
    )


_MOST_SHOWN = 1 << 16


def _empty(record: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    needed = schema(INCOMING)["required"]
    empty = [key for key in shapes()["record"].keys if record.get(key) in _EMPTY]
    required = [key for key in empty if key in needed and not (key in {"dead_ends", "workarounds"} and key in record)]
    return tuple(required), tuple(key for key in empty if key not in required)


# ---- keys ------------------------------------------------------------------------------------------------------------


class _Keys:
    """The keys of a source by what becomes of them; one that stands there often is used if it is once."""

    def __init__(self, source: Document, mapped: Mapped, form: Format, reader: Reader) -> None:
        is_page = reader.name == "markdown" and "sections" in source
        kept, lost = _kept(mapped, form), _lost(source, mapped, form, reader)
        parts = _unused_parts(source, mapped) if is_page else set()
        known = [*_parts(source)] if is_page else [(pointer, key) for pointer, key, _ in _leaves(source)]
        around = {start for pointer in lost for start in _starts(pointer)}
        is_lost = [pointer in around or _is_below(pointer, lost) for pointer, _ in known]
        made_from = {mapped.place(pointer) for pointer, _, _ in _leaves({**mapped.document, "extensions": None})}
        is_kept = [pointer not in made_from and (pointer in parts or _is_below(pointer, kept)) for pointer, _ in known]
        states = [(key, gone, left) for (_, key), gone, left in zip(known, is_lost, is_kept, strict=True)]
        self.lost = tuple(dict.fromkeys(key for key, gone, _ in states if gone))
        self.used = tuple(dict.fromkeys(key for key, gone, left in states if not gone and not left))
        only_kept = dict.fromkeys(key for key, gone, left in states if left and not gone)
        self.kept = tuple(key for key in only_kept if key not in self.used)


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


def _parts(source: Document) -> Iterator[tuple[str, str]]:
    """The parts of a page, each with how people know it: its front matter, what stands at its head, and its headings."""
    yield from ((pointer, key) for pointer, key, _ in _leaves({"front": source.get("front")}))
    yield from ((f"/{part}", f"({part})") for part in _HEAD if source.get(part))
    yield from _sections(source, "")


_HEAD = ("title", "quote", "lead")
"""Parts of a page that stand before its first section."""


def _sections(holder: Document, around: str) -> Iterator[tuple[str, str]]:
    for i, section in enumerate(holder["sections"]):
        place = f"{around}/sections/{i}"
        yield place, f"{'#' * section['level']} {section['title']}"
        yield from _sections(section, place)


def _unused_parts(source: Document, mapped: Mapped) -> set[str]:
    """The parts of a page from which no value of the record comes."""
    places = {mapped.place(pointer) for pointer, _, _ in _leaves({**mapped.document, "extensions": None})}
    heads = {
        "/lead": ("/lead", "/paragraphs", "/items", "/code", "/tables"),
        "/title": ("/title",),
        "/quote": ("/quote",),
    }
    unused = {head for head, starts in heads.items() if not any(place.startswith(starts) for place in places)}
    for pointer, _ in _sections(source, ""):
        if not any(
            place.startswith(f"{pointer}/") and not place.startswith(f"{pointer}/sections/") for place in places
        ):
            unused.add(pointer)
    return unused


def _starts(pointer: str) -> Iterator[str]:
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


def _is_below(pointer: str, places: set[str]) -> bool:
    while pointer not in places and pointer:
        pointer = pointer.rpartition("/")[0]
    return pointer in places


def _kept(mapped: Mapped, form: Format) -> set[str]:
    """The places of a source that were made no field, and are carried beside the record."""
    carried = f"/extensions/{form.name}/"
    return {mapped.place(pointer) for pointer, _, _ in _leaves(mapped.document) if carried in pointer} - {""}


def _lost(source: Document, mapped: Mapped, form: Format, reader: Reader) -> set[str]:
    """The places of a source that do not come back from the record and from what is kept beside it."""
    try:
        back: Any = form.carried(mapped.document).document if mapped.whole is None else reader.restore(mapped.whole)
    except (KbError, UnreadableError, LookupError, TypeError):
        return {""}
    return {pointer for pointer, _, value in _leaves(source) if value_at(back, pointer) != value}
