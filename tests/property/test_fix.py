"""What holds of fixing any record, in any formatting and any kind of file."""

import json
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import contract
from kb.contract import BOM
from kb.model import GONE, Change, Curated, Document, Json
from kb.sources import formats, records
from kb.sources.edit import carried_out, edits
from kb.sources.locate import spans
from tests.conftest import body, default_rules, judge
from tests.errorcanon import ERRORCANON
from tests.strategies import careless, mutated, texts

pytestmark = pytest.mark.long(every=1)  # with KB_LONG=1 it tries more

Layout = Callable[[Json], str]

IN_ONE_LINE: list[Layout] = [
    lambda value: orjson.dumps(value).decode(),
    json.dumps,
    lambda value: json.dumps(value, ensure_ascii=False, separators=(" , ", " : ")),
]
LAYOUTS: list[Layout] = [
    *IN_ONE_LINE,
    lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    lambda value: json.dumps(value, indent="\t", separators=(",", ":")).replace("\n", "\r\n") + "\r\n",
    lambda value: json.dumps(value, indent=4, separators=("\n,", ": ")) + "\n",
]


def fixed(raw: bytes) -> bytes:
    """One record after its fixes, whatever becomes of it."""
    return carried_out(raw, edits(raw, _worded(raw)))


def _worded(raw: bytes) -> list[Change]:
    """The changes to a record, in the words of its format."""
    changes = judge(raw).changes
    document = contract.read(raw) if changes else {}
    return formats.worded(changes, formats.SHIPPED.of(document, None), document)


def _as_errorcanon(document: Document, extras: dict[str, Json]) -> Document:
    source = ERRORCANON.to_source(document)
    source |= {key: value for key, value in extras.items() if key.startswith("absent")}
    for item in source.get("dead_ends", []):
        item.update(extras)
    return source


extras = st.dictionaries(
    st.sampled_from(["absent", "absent~/", "tradeoff", "condition"]), texts | st.none(), max_size=3
)

foreign = st.builds(_as_errorcanon, careless, extras)
"""ErrorCanon records as careless people write them, with keys that have no place in a native one."""

layouts = st.sampled_from(LAYOUTS)


@given(mutated, layouts, st.sampled_from([b"", BOM]))
def test_after_a_fix_nothing_is_left_to_fix(document: Document, layout: Layout, head: bytes) -> None:
    raw = head + layout(document).encode()
    once = fixed(raw)
    assert judge(once).changes == ()
    assert fixed(once) == once


@given(careless, layouts)
def test_a_fixed_record_says_what_ingest_publishes(document: Document, layout: Layout) -> None:
    raw = layout(document).encode()
    before = judge(raw)
    if isinstance(before, Curated):
        after = judge(fixed(raw))
        assert isinstance(after, Curated), after.findings
        assert orjson.dumps(body(after.document)) == orjson.dumps(body(before.document))


@given(mutated, layouts)
def test_what_is_found_otherwise_stays_found(document: Document, layout: Layout) -> None:
    """A rejected record keeps its errors: a fix cannot make it look better than it is."""
    raw = layout(document).encode()
    before, after = judge(raw), judge(fixed(raw))
    assert type(before) is type(after)
    errors = default_rules().errors
    assert [f for f in before.findings if f.code in errors] == [f for f in after.findings if f.code in errors]


def _is_list_change(change: Change) -> bool:
    return change.after is GONE or isinstance(change.after, list)


def _without(text: str, pointers: set[str]) -> str:
    """A text with nothing where these values stand."""
    holes = sorted(span for pointer, span in spans(text).items() if pointer in pointers)
    for _, start, end in reversed(holes):
        text = text[:start] + text[end:]
    return text


def _scalars(text: str, but: set[str]) -> list[str]:
    """What a text says, token by token, but for what stands at or within some places."""
    return [
        text[start:end]
        for pointer, (_, start, end) in spans(text).items()
        if text[start] not in "{[" and not any(pointer == one or pointer.startswith(f"{one}/") for one in but)
    ]


@given(mutated | foreign, layouts)
def test_every_other_byte_stays(document: Document, layout: Layout) -> None:
    text = layout(document)
    after = fixed(text.encode()).decode()
    changes = _worded(text.encode())
    touched = {change.pointer for change in changes if not isinstance(change.after, list)}
    if any(map(_is_list_change, changes)):
        left = iter(_scalars(after, set()))
        assert all(token in left for token in _scalars(text, touched))  # the same tokens, in the same order
    else:
        assert _without(after, touched) == _without(text, touched)


@given(foreign, layouts)
def test_foreign_records_are_fixed_in_their_own_format(document: Document, layout: Layout) -> None:
    raw = layout(document).encode()
    once = fixed(raw)
    before, after = judge(raw), judge(once)
    assert _worded(once) == []
    assert type(before) is type(after)
    if isinstance(before, Curated) and isinstance(after, Curated):
        assert _but_spelling(after.document) == _but_spelling(before.document)


def _but_spelling(document: Document) -> Document:
    """A published foreign record without the note on what was absent or null, of which fixes write some."""
    own = document["extensions"]["errorcanon"]
    rest = {key: value for key, value in own.items() if key != "absent" and value is not None}
    return {**body(document), "extensions": {"errorcanon": _without_nulls(rest)}}


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: left for key, child in value.items() if (left := _without_nulls(child)) not in (None, {})}
    return value


@given(foreign, layouts)
def test_a_fix_of_a_foreign_record_speaks_its_format(document: Document, layout: Layout) -> None:
    """What a fix writes there is a tier of ErrorCanon, and never null, which ErrorCanon does not have."""
    raw = layout(document).encode()
    for change in _worded(raw):
        assert change.after is not None
        if change.pointer == "/metadata/review_status":
            assert change.after in {"auto_generated", "human_reviewed", "community_verified"}


@given(
    st.lists(careless | mutated | st.just({"id": float("nan")}), min_size=1, max_size=4),
    st.sampled_from(["lines", "array", "stream"]),
    st.data(),
)
def test_each_record_of_a_file_is_fixed_where_it_stands(documents: list[Json], kind: str, data: st.DataObject) -> None:
    chosen = [data.draw(st.sampled_from(IN_ONE_LINE if kind == "lines" else LAYOUTS)) for _ in documents]
    alone = [layout(document).strip().encode() for layout, document in zip(chosen, documents, strict=True)]
    name = "x.ndjson" if kind == "lines" else "x.json"
    head, gap, tail = {
        "lines": (BOM, b"\r\n \n", b""),
        "array": (b" [ ", b"\n,", b"]\n"),
        "stream": (b"", b"\n", b"\n"),
    }[kind]
    whole = head + gap.join(alone) + tail
    together = [
        own.shifted(record.offset)
        for record in records(name, whole)
        for own in edits(record.raw, judge(record.raw, path=name).changes)
    ]
    assert carried_out(whole, together) == head + gap.join(fixed(raw) for raw in alone) + tail
