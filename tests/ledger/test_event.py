"""An event: what is one, and what it is called."""

import hashlib

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.contract import UnreadableError
from kb.ledger.event import KINDS, InvalidEventError, _canonical_already, canonical, made, read, strictly
from kb.model import Document, Json
from tests.ledger.events import event


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_of_every_kind_is_read_as_it_was_made(kind: str) -> None:
    made_event = event(kind)
    assert read(canonical(made_event.document), made_event.name) == made_event


def test_it_is_named_by_its_day_and_the_digest_of_its_canonical_bytes() -> None:
    one = event()
    digest = hashlib.sha256(canonical(one.document)).hexdigest()
    assert (one.digest, one.id) == (digest, f"2026-11-01-{digest[:12]}")
    assert one.name == f"git/a/2026-11-01-{digest[:12]}.json"


def test_how_it_is_written_does_not_matter() -> None:
    """Neither the order of keys, nor space, nor whether what is null is there."""
    one = event(note="é")
    keys = reversed(list(one.document))
    otherwise = {key: one.document[key] for key in keys} | {"evidence": [], "with": {}, "reason": None}
    assert read(orjson.dumps(otherwise, option=orjson.OPT_INDENT_2), one.name).digest == one.digest


_VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1.5, "", "null", "a []", "{}", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def _without_nothing(value: Json) -> Json:
    if isinstance(value, dict):
        kept = {key: _without_nothing(value[key]) for key in sorted(value)}
        return {key: item for key, item in kept.items() if item is not None and item not in ([], {})}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(st.sampled_from("zyx"), _VALUES, max_size=3))
@settings(max_examples=100, deadline=None)
def test_its_canonical_bytes_have_sorted_keys_and_nothing_empty(document: Document) -> None:
    assert canonical(document) == orjson.dumps(_without_nothing(document))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "praise"}, "/kind"),
        ({"at": "2026-02-30T00:00:00Z"}, "/at"),
        ({"at": "2026-11-01"}, "/at"),
        ({"by": "Ada"}, "/by"),
        ({"by": "robot:Ada"}, "/by"),
        ({"record": "../../etc/passwd"}, "/record"),
        ({"digest": "sha256:1"}, "/digest"),
        ({"evidence": [{"kind": "rumour", "ref": "x"}]}, "/evidence/0/kind"),
        ({"odd": 1}, ""),
        ({"kind": "outcome"}, "/worked"),
        ({"kind": "promote"}, "/tier"),
        ({"kind": "retract"}, "/retracts"),
        ({"v": 2}, "/v"),
    ],
    ids=repr,
)
def test_what_is_no_event_is_refused_at_its_place(change: dict[str, Json], pointer: str) -> None:
    with pytest.raises(InvalidEventError) as refused:
        read(orjson.dumps({**event().document, **change}))
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"v": 1, "v": 1}', b'{"v": NaN}', b"\xff"])
def test_what_is_no_strict_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidEventError):
        read(raw)


@pytest.mark.parametrize(
    "name", ["git/a/2026-11-01-000000000000.json", "git/b/{id}.json", "git/{id}.json", "git/a/x/{id}.json"]
)
def test_an_event_under_another_name_is_refused(name: str) -> None:
    one = event()
    with pytest.raises(InvalidEventError, match="its name is not that of what it says"):
        read(canonical(one.document), name.format(id=one.id))


def test_what_was_edited_has_no_longer_its_own_name() -> None:
    one = event()
    with pytest.raises(InvalidEventError, match="never edited"):
        read(canonical({**one.document, "at": "2026-11-01T13:00:00Z"}), one.name)


def test_values_that_make_no_event_are_refused_before_they_are_written() -> None:
    with pytest.raises(InvalidEventError):
        made(kind="confirm", record="git/a", at="2026-11-01T12:00:00Z", by="person:Ada")


_KEYS = st.sampled_from(["v", "kind", "record", "at", "by", "note", "with", "evidence", "odd"])
_PARTS = st.sampled_from(
    [b"1", b"1.0", b"1e400", b"NaN", b"18446744073709551616", b"0.10000000000000000055", b"null", b"[]", b"{}", b'""', b'"null"',
     b'"\\u0000"', b'"\\ud800"', b'"\xff"', '"é"'.encode(), b'"confirm"', b'"git/a"', b'"[]"', b'{"a":{"b":null}}', b"[[]]",
     b"[" * 70 + b"]" * 70]
)  # fmt: skip


def _read_slowly(raw: bytes) -> tuple[Document, bytes] | str:
    try:
        return strictly(raw)
    except UnreadableError as error:
        return str(error)


@given(
    st.lists(st.tuples(_KEYS, _PARTS), max_size=5),
    st.sampled_from([b"%s", b"%s\n", b" %s", b"\xef\xbb\xbf%s", b"%s}", b"[%s]"]),
    st.sampled_from([b",", b", "]),
)
@settings(max_examples=300, deadline=None)
def test_what_is_canonical_already_is_read_as_all_else_is(
    pairs: list[tuple[str, bytes]], around: bytes, comma: bytes
) -> None:
    """Keys that stand there twice, numbers that no reader keeps, and what is no strict JSON among them."""
    for some in (pairs, sorted(pairs)):
        raw = around % (b"{" + comma.join(b'"%s":%s' % (key.encode(), part) for key, part in some) + b"}")
        quickly = _canonical_already(raw)
        assert quickly is None or quickly == _read_slowly(raw)
        assert quickly is None or quickly[1] == raw.strip()


def test_what_kb_writes_is_canonical_already() -> None:
    said = canonical(event(note="é").document)
    assert _canonical_already(said) == strictly(said)
