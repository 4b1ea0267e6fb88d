"""The ledger is a set: neither the order in which its events arrive nor how often decides anything."""

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from kb.ledger.book import Ledger, packed, read_all
from kb.ledger.event import Event, canonical
from tests.ledger.events import event, histories


def _files(events: list[Event]) -> list[tuple[str, bytes]]:
    return [(one.name, canonical(one.document)) for one in events]


@given(histories(("git/a", "git/b")), st.data())
@settings(max_examples=60, deadline=None)
def test_order_duplicates_and_packs_do_not_matter(events: list[Event], data: st.DataObject) -> None:
    plain = read_all(_files(events))
    shuffled = data.draw(st.permutations(events + events[:3]))
    some = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    packs = [packed(some)] if some else []
    left = [one for one in shuffled if one not in some or data.draw(st.booleans())]
    for other in (read_all(_files(shuffled)), read_all([*packs, *_files(left)])):
        assert (other.events, other.by_record, other.digest) == (plain.events, plain.by_record, plain.digest)


def test_nothing_is_no_ledger() -> None:
    assert not Ledger()
    assert Ledger().digest is None


def test_what_is_no_event_is_a_fault_and_decides_nothing() -> None:
    one = event()
    ledger = read_all([*_files([one]), ("git/a/x.json", b"{}"), ("old.ndjson", b"\n[]\n" + canonical(one.document))])
    assert ledger.events == (one,)
    assert [(fault.file, fault.line) for fault in ledger.faults] == [("git/a/x.json", None), ("old.ndjson", 2)]
    assert ledger.digest != read_all(_files([one])).digest


def test_an_event_is_found_where_it_stands() -> None:
    one, other = event(), event(note="other")
    ledger = read_all([packed([one, other]), *_files([one])])
    assert ledger.place(one) == (one.name, None)
    assert ledger.place(other) == (packed([one, other])[0], ledger.events.index(other) + 1)


@given(histories(("git/a", "git/b")), st.sampled_from(["old.ndjson", "\udcff.ndjson", "é/old.ndjson"]))
@settings(max_examples=60, deadline=None)
def test_another_process_gets_the_same(events: list[Event], name: str) -> None:
    some, others = _files(events[::2]), b"\n".join(canonical(one.document) for one in events)
    ledger = read_all([*some, (name, others + b"\n[]\n")])
    theirs = pickle.loads(pickle.dumps(ledger))  # noqa: S301 - of our own making
    assert (theirs.events, theirs.by_record, theirs.faults) == (ledger.events, ledger.by_record, ledger.faults)
    assert (theirs.digest, [*map(theirs.place, events)]) == (ledger.digest, [*map(ledger.place, events)])
