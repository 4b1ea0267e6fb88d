"""A foreign record goes to the native format and back, whatever it holds, and so do the places in it."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Curated, Document
from tests.conftest import judge, value_at
from tests.errorcanon import ERRORCANON, FORM
from tests.sources.test_locate import pointers
from tests.strategies import careless, values

items = st.dictionaries(
    st.sampled_from(["action", "how", "why_fails", "condition", "sources", "tradeoff", "error_id", "0"]),
    values,
    max_size=4,
)
lists = st.lists(items | values, max_size=3) | values
foreign = st.fixed_dictionaries(
    {
        "error": st.dictionaries(
            st.sampled_from(["signature", "regex", "domain", "first_seen", "note"]), values, max_size=4
        ),
        "verdict": st.dictionaries(
            st.sampled_from(["summary", "confidence", "resolvable", "note"]), values, max_size=4
        ),
    },
    optional={
        "id": values,
        "metadata": st.dictionaries(st.sampled_from(["review_status", "evidence_count", "note"]), values) | values,
        "dead_ends": lists,
        "workarounds": lists,
        "transition_graph": st.dictionaries(st.sampled_from(["leads_to", "preceded_by", "note"]), lists) | values,
        "absent": values,
        "extensions": values,
        "dead~/ends": values,
        "tags": values,
    },
)
"""ErrorCanon records of any shape, with keys that have no place in a native one."""


@given(foreign)
def test_there_and_back_is_the_same(document: Document) -> None:
    native = ERRORCANON.to_native(orjson.loads(orjson.dumps(document)))
    assert ERRORCANON.to_source(orjson.loads(orjson.dumps(native))) == document


@given(careless)
def test_every_place_of_a_text_in_the_native_document_is_one_in_the_foreign(document: Document) -> None:
    source = ERRORCANON.to_source(document) | {"absent": " x", "note": [" y"], "absent~/": {"/~": " z"}}
    native = ERRORCANON.to_native(source)
    for pointer in pointers(native):
        value = value_at(native, pointer)
        noted = pointer.startswith(
            tuple(f"/extensions/errorcanon/absent/{key}/" for key in ("places", "nulls", "texts"))
        )
        if isinstance(value, str) and not noted:
            place = ERRORCANON.place(pointer)
            assert value_at(source, place) == value
            assert value_at(native, ERRORCANON.native_place(place, native)) == value


@pytest.mark.long
def test_every_record_of_the_corpora_comes_back(corpora: Path) -> None:
    paths = sorted((corpora / "errorcanon").rglob("*.json"))
    assert len(paths) == 1274
    for path in paths:
        raw = path.read_bytes()
        outcome = judge(raw, path=str(path))
        assert isinstance(outcome, Curated)
        assert FORM.original(outcome.document, outcome.changes) == (orjson.loads(raw), [])
