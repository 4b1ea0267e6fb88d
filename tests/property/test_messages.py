"""What is said of a record is one line of bounded length, whatever the record holds."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Document, Json
from kb.rules.example import CLEAN
from kb.words import MESSAGE, one_line, visible
from tests.bases import Base, ndjson
from tests.conftest import clean, judge

pytestmark = pytest.mark.long(every=1)  # with KB_LONG=1 it tries more

ACTING = "a\nb\r\u2028\x1b[2J\u202egnp\x00\t\x9b"
LONG = "long " * 20_000

hostile = st.sampled_from(
    [ACTING, LONG, ACTING * 500, f"git/{ACTING}", "git/" + "x" * 5000, f"https://e.org/{ACTING}", "([" * 90]
)
texts = hostile | st.text(st.sampled_from("ab \n\r\x1b\u202e/é中"), max_size=12)


def check(message: str) -> None:
    assert len(message) <= MESSAGE
    assert visible(message) == message
    assert len(message.splitlines()) == 1


@st.composite
def records(draw: st.DrawFn) -> Document:
    """The clean record with hostile values, keys and items in some places."""
    document = clean()
    for key in draw(
        st.lists(st.sampled_from([*CLEAN, "transition_graph", "aliases", "versions"]), min_size=1, max_size=4)
    ):
        value: Json = document.get(key)
        match value:
            case [dict() as item, *_]:
                item[draw(st.sampled_from([*item]))] = draw(texts)
            case dict() | list():
                document[key] = draw(st.lists(texts, max_size=2) | st.dictionaries(texts, texts, max_size=2))
            case _:
                document[key] = draw(texts | st.lists(texts, max_size=1))
    if draw(st.booleans()):
        document[draw(texts)] = draw(texts)
    return document


@given(records(), st.sampled_from(["raw/git/a.json", f"raw/{ACTING}.json", f"raw/{'p' * 3000}.json"]))
def test_a_record_cannot_stretch_a_message(document: Document, path: str) -> None:
    for finding in judge(document, path=path).findings:
        check(finding.message)


def test_nor_can_many_records(base: Base) -> None:
    a, b = "git/" + "a" * 120 + "/" + "a" * 120, "git/" + "b" * 120 + "/" + "b" * 120
    one = {**clean(), "id": a, "signature": "fatal: " + ACTING + LONG, "aliases": [ACTING, "x" * 900]}
    two = {**one, "id": b, "transition_graph": {"leads_to": [{"error_id": ACTING}, {"error_id": "y" * 900}]}}
    base.put("raw/all.ndjson", ndjson(one, two, {**one, "confidence": 0.5}))
    base.configure("as_of = 2026-11-22")
    base.ingest()
    told = [orjson.loads(line)["message"] for line in (base.root / "curated/findings.ndjson").read_bytes().splitlines()]
    assert told
    for message in told:
        check(message)


@given(texts)
def test_what_is_to_be_done_stays_at_the_end(text: str) -> None:
    message = one_line(f"{text}; mend it")
    check(message)
    assert message.endswith("; mend it")


def test_what_is_short_and_plain_stays() -> None:
    assert one_line('"é中" is bad; mend it') == '"é中" is bad; mend it'
