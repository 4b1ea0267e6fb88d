"""The ledger as a set of events: what its files hold, whoever wrote them, in whatever order they arrived."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import orjson

from kb.ledger.event import ORDER, Event, InvalidEventError, canonical, known, read

PACKED = ".ndjson"
"""The end of the name of a file that holds an event on each line."""


class Fault(NamedTuple):
    """What is no valid event: its file below the ledger, its line in a packed one (from 1), and why."""

    file: str
    line: int | None
    pointer: str
    reason: str


class EventPlace(NamedTuple):
    """Where an event stands: its file below the ledger, and its line in a packed one (from 1)."""

    file: str
    line: int | None


class Ledger:
    """The valid events, each once, in the order of (at, digest); what is none is a fault, and decides nothing."""

    def __init__(self, events: Iterable[tuple[Event, EventPlace]] = (), faults: Sequence[Fault] = ()) -> None:
        places: dict[str, EventPlace] = {}
        by_digest: dict[str, Event] = {}
        for event, place in events:
            other = places.get(event.digest)
            by_digest[event.digest] = event
            places[event.digest] = place if other is None else min(place, other, key=_single_first)
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0)))
        # the others stand in files of their own, which are called what they are
        self._packed = {digest: place for digest, place in places.items() if place.line is not None}
        by_record: dict[str, list[Event]] = defaultdict(list)
        for event in sorted(by_digest.values(), key=ORDER):
            by_record[event.record].append(event)
        self.by_record: Mapping[str, tuple[Event, ...]] = {name: tuple(some) for name, some in by_record.items()}

    def __reduce__(self) -> tuple[Callable[..., "Ledger"], tuple[object, ...]]:
        """How it gets to another process, which asks for the events of a part of the records: they are read there as asked."""
        sent = {
            name: (orjson.dumps([event.document for event in some]), [event.digest for event in some])
            for name, some in self.by_record.items()
        }
        return _received, (sent, self._packed, self.faults)

    def __bool__(self) -> bool:
        return bool(self.by_record or self.faults)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All events."""
        return tuple(sorted(chain.from_iterable(self.by_record.values()), key=ORDER))

    def of(self, record: str | None) -> tuple[Event, ...]:
        """The events about a record."""
        return self.by_record.get(record, ()) if record is not None else ()

    def place(self, event: Event) -> EventPlace:
        """Where an event stands."""
        return self._packed.get(event.digest) or EventPlace(event.name, None)

    @property
    def digest(self) -> str | None:
        """The same for the same events and the same faults; None, where there are neither."""
        if not self:
            return None
        told = [*(event.digest for event in self.events), *map(repr, self.faults)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    @cached_property
    def state(self) -> str | None:
        """The like, but another one where an event stands in another file: what the tables say of the ledger."""
        if not self:
            return None
        told = [f"{event.digest} {self.place(event)}" for event in self.events]
        return hashlib.sha256("\n".join([*told, *map(repr, self.faults)]).encode()).hexdigest()


class _Sent(Mapping[str, tuple[Event, ...]]):
    """The events by record as another process sent them: documents, and their digests. Each is read once it is asked for."""

    def __init__(self, sent: Mapping[str, tuple[bytes, Sequence[str]]]) -> None:
        self._sent = sent
        self._read: dict[str, tuple[Event, ...]] = {}

    def __getitem__(self, record: str) -> tuple[Event, ...]:
        if record not in self._read:
            documents, digests = self._sent[record]
            self._read[record] = tuple(map(known, orjson.loads(documents), digests))
        return self._read[record]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sent)

    def __len__(self) -> int:
        return len(self._sent)


def _received(
    sent: Mapping[str, tuple[bytes, Sequence[str]]],
    places: dict[str, EventPlace],
    faults: Sequence[Fault],
) -> Ledger:
    ledger = Ledger((), faults)
    ledger.by_record = _Sent(sent)
    ledger._packed = places  # noqa: SLF001 - of its own module
    return ledger


def _single_first(place: EventPlace) -> tuple[bool, str, int]:
    """An event in a file of its own is found there, even if it stands in a packed one too."""
    return place.line is not None, place.file, place.line or 0


def read_all(files: Iterable[tuple[str, bytes]]) -> Ledger:
    """The ledger that some files hold, given as (name below the ledger, bytes)."""
    events: list[tuple[Event, EventPlace]] = []
    faults: list[Fault] = []
    for name, data in files:
        for line, raw in _parts(name, data):
            try:
                events.append((read(raw, None if line else name), EventPlace(name, line)))
            except InvalidEventError as error:
                faults.append(Fault(name, line, error.pointer, str(error)))
    return Ledger(events, faults)


def _parts(name: str, data: bytes) -> Iterator[tuple[int | None, bytes]]:
    if not name.endswith(PACKED):
        yield None, data
        return
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def packed(events: Iterable[Event]) -> tuple[str, bytes]:
    """Some events as one file: its name, which is that of its last day and its digest, and its sorted lines."""
    ordered = sorted(events, key=ORDER)
    data = b"".join(canonical(event.document) + b"\n" for event in ordered)
    return f"{ordered[-1].day}-{hashlib.sha256(data).hexdigest()[:12]}{PACKED}", data
