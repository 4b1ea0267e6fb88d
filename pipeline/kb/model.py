"""The words of the house: findings, changes, origins and what becomes of a record."""

from enum import StrEnum
from typing import Any, NamedTuple

Json = Any
"""Any JSON value: None, bool, int, float, str, list or dict."""

Document = dict[str, Any]
"""A JSON object."""

LONGEST_RECORD = 16 << 20
"""No record that is longer is read, in bytes, whatever the settings say: so much of a stream is kept while it is looked at."""


class Severity(StrEnum):
    """What a finding does to its record: an error rejects it, the others are published with it."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for error."""
        return _RANKS[self]


_RANKS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


class Kind(StrEnum):
    """How a rule is written: see docs/rules.md."""

    FIX = "fix"
    CHECK = "check"
    CORPUS = "corpus"


class Origin(NamedTuple):
    """Where an incoming record stands.

    `path` is relative to the workspace, with `/`; `position` counts the records of its file from 0; `line` (from 1) is
    None where the file holds one record; `digest` is the SHA-256 of the record's bytes, in hex.
    """

    path: str
    position: int
    line: int | None
    digest: str

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


class Incoming(NamedTuple):
    """One record as ingested.

    `form` names its format where a user said it, else it is recognised. `column` (from 1) is where on its line it starts,
    `offset` where in its stream, in bytes from 0. Where its file is at fault and not it, `fault` says why, and `raw` is
    the place. Where a mapping took it out of what holds many, `within` is its pointer there, and `raw` what it says, as JSON.
    """

    origin: Origin
    raw: bytes
    form: str | None = None
    column: int = 1
    offset: int = 0
    fault: str | None = None
    within: str | None = None


class Finding(NamedTuple):
    """One judgement about one record: an RFC 6901 pointer into the document as ingested, and what to do.

    `fingerprint` is the same in every run while the record says the same at that place: see pipeline/kb/fingerprint.py.
    `suppressed` is the reason why it is accepted, if it is.
    """

    code: str
    pointer: str
    message: str
    fingerprint: str
    suppressed: str | None = None


class Change(NamedTuple):
    """One repair; `after` is absent (`GONE`) where a list lost an element."""

    code: str
    pointer: str
    before: Json
    after: Json


class Gone:
    """The type of `GONE`."""

    def __repr__(self) -> str:
        return "GONE"


GONE = Gone()
"""Stands in a list for an element that a fix takes out, so that the places of the others still hold."""


class Curated(NamedTuple):
    """A record fit to be published: the curated document, and what was found and repaired on the way.

    `form` names the foreign format that it came in. `text` is the digest of what it says, where the ledger has events on
    it; by those it may be `withdrawn`: then it is fit, and not published.
    """

    id: str
    document: Document
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    form: str | None = None
    text: str | None = None
    withdrawn: bool = False


class Rejected(NamedTuple):
    """A record for the quarantine, kept as ingested; `id` as far as it could be read. `changes` would have been made."""

    id: str | None
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()


class Table(NamedTuple):
    """The answer to a query: column names, and rows of plain Python values."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """The rows as objects."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]
