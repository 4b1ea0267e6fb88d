"""One event: its canonical bytes, its digest, its name, and what makes bytes a valid one."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from kb import contract
from kb.model import LONGEST_RECORD, Document, Json

SCHEMA = "event.v1"

KINDS = (
    "confirm", "refute", "outcome", "promote", "demote", "deprecate", "withdraw", "merge", "restore", "retract",
)  # fmt: skip
"""Every kind of event, in the order in which docs/ledger.md describes them."""

_AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


class InvalidEventError(Exception):
    """The bytes are no valid event: the text says why and what to do, `pointer` where."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(reason)
        self.pointer = pointer


class Target(NamedTuple):
    """A dead end or a workaround of a record: its place in the list, from 0, and the fingerprint of its action."""

    item: str
    position: int
    action: str


class Event(NamedTuple):
    """A decision about a record, as its document says it.

    `digest` is the SHA-256 of its canonical bytes, in hex. `id` is its day in UTC and the first 12 digits of that: what its
    file is called, and what people name it by. `kind` is one of KINDS, `record` the id of the record that it is about, `at`
    when it was decided, as YYYY-MM-DDTHH:MM:SSZ.
    """

    digest: str
    document: Document
    id: str
    kind: str
    record: str
    at: str

    @property
    def day(self) -> str:
        """The day of that, in UTC."""
        return self.at[:10]

    @property
    def by(self) -> str:
        """Who decided: `person:`, `agent:` or `ci:`, and a name."""
        return str(self.document["by"])

    @property
    def text(self) -> str | None:
        """The digest of what the record said when it was decided."""
        return self._text("digest")

    @property
    def reason(self) -> str | None:
        """Why."""
        return self._text("reason")

    @property
    def successor(self) -> str | None:
        """The id of the record that takes the place of this one."""
        return self._text("successor")

    @property
    def retracts(self) -> str | None:
        """The id of the event that this one takes back."""
        return self._text("retracts")

    @property
    def tier(self) -> str | None:
        """The verification tier that the record is moved to."""
        return self._text("tier")

    @property
    def note(self) -> str | None:
        """What its author wrote beside it."""
        return self._text("note")

    @property
    def worked(self) -> bool | None:
        """Whether the action that was tried worked."""
        worked: bool | None = self.document.get("worked")
        return worked

    @property
    def evidence(self) -> Sequence[Document]:
        """What the decision rests on."""
        return self.document.get("evidence") or []

    @property
    def used(self) -> Mapping[str, str]:
        """The product versions and the system that it was tried with."""
        return self.document.get("with") or {}

    @property
    def target(self) -> Target | None:
        """The part of the record that it is about; None: all of it."""
        target = self.document.get("target")
        return Target(**target) if target else None

    @property
    def name(self) -> str:
        """Where its file lies below the ledger."""
        return f"{self.record}/{self.id}.json"

    def _text(self, key: str) -> str | None:
        value = self.document.get(key)
        return None if value is None else str(value)


ORDER = attrgetter("at", "digest")
"""What events are folded by: a key to sort by."""


def canonical(document: Json) -> bytes:
    """The bytes that a digest of a document is made of: compact JSON in UTF-8 with sorted keys, without what is null or empty."""
    compact = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    if b"null" in compact or b"[]" in compact or b"{}" in compact:
        return orjson.dumps(_filled(document), option=orjson.OPT_SORT_KEYS)
    return compact


def _filled(value: Json) -> Json:
    """Without nulls and empty lists and objects, however deep: they say what an absent key says."""
    if isinstance(value, dict):
        return {key: inner for key, item in value.items() if (inner := _filled(item)) not in _NOTHING}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value


_NOTHING: tuple[Any, ...] = (None, [], {})


def action_of(text: str) -> str:
    """The fingerprint of an action, as `target` holds it; table `events` compares it with what the records say."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def made(**values: Json) -> Event:
    """An event with these values.

    Raises:
        InvalidEventError: they make no valid one.
    """
    document = _filled({"v": 1, **values})
    _check(document)
    return known(document, hashlib.sha256(canonical(document)).hexdigest())


def read(raw: bytes, name: str | None = None) -> Event:
    """The event that bytes hold; with a name, that of its file below the ledger, it has to be its own.

    Raises:
        InvalidEventError: they hold none, or the name is that of another.
    """
    try:
        document, said = _canonical_already(raw) or strictly(raw)
    except contract.UnreadableError as error:
        raise InvalidEventError(str(error)) from None
    _check(document)
    event = known(document, hashlib.sha256(said).hexdigest())
    if name is not None and name != event.name:
        raise InvalidEventError(
            f"its name is not that of what it says, {event.name}: an event is never edited; put the file back as it"
            " was, or delete it and decide anew"
        )
    return event


def strictly(raw: bytes) -> tuple[Document, bytes]:
    """The object that bytes hold, and its canonical bytes.

    Raises:
        UnreadableError: they hold none, or are no strict JSON.
    """
    document = contract.read(raw.strip())
    return document, canonical(document)


def _canonical_already(raw: bytes) -> tuple[Document, bytes] | None:
    """The same of bytes that are canonical, as kb writes them: no key stands there twice, and every number is kept."""
    said = raw.strip()
    if said[:2] == b'{"' and len(said) <= LONGEST_RECORD and said.count(b"{") + said.count(b"[") <= contract.MAX_DEPTH:
        try:
            document: Document = orjson.loads(said)
            return (document, said) if canonical(document) == said else None
        except ValueError:
            return None
    return None


def known(document: Document, digest: str) -> Event:
    """The event that a document is which was checked before; `digest` is its own."""
    at = document["at"]
    return Event(digest, document, f"{at[:10]}-{digest[:12]}", document["kind"], document["record"], at)


def _check(document: Document) -> None:
    if not contract.accepts(document, SCHEMA):
        pointer, message = next(contract.violations(document, SCHEMA))
        raise InvalidEventError(message, pointer)
    if not _is_moment(document["at"]):
        raise InvalidEventError(f'"{document["at"]}" is no moment; write YYYY-MM-DDTHH:MM:SSZ', "/at")


def _is_moment(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return _AT.fullmatch(text) is not None
