"""What a job comes to: counts, findings with their places, and what programs read of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from kb.model import Document, Finding, Json, Severity


class StateComparison(NamedTuple):
    """The findings of a base against those before the run: how many are new, fixed, and as they were."""

    new: int
    fixed: int
    as_before: int


_NONE: Mapping[str, Any] = MappingProxyType({})


class IngestResult(NamedTuple):
    """What one run of `kb ingest` did; `read == published + unchanged + quarantined + withdrawn` always holds.

    `findings` counts every finding by code; `repairs` and `flags` count, of published records, what was changed and the
    findings that remain, `flagged` the records that have those; `about_settings` counts the findings on kb.toml,
    `about_events` those on events of the ledger. `names` are those of the rules that are counted.
    `compared` is None for the first run. `of_the_day`: what was written is what depends on the day, and nothing else.
    `idle`: there was nothing to do.
    """

    read: int
    published: int
    unchanged: int
    quarantined: int
    removed: int
    changes: int
    findings: dict[str, int]
    written: bool
    copies: int = 0
    repairs: Mapping[str, int] = _NONE
    flags: Mapping[str, int] = _NONE
    flagged: Mapping[str, int] = _NONE
    suppressed: int = 0
    about_settings: Mapping[str, int] = _NONE
    about_events: Mapping[str, int] = _NONE
    withdrawn: int = 0
    compared: StateComparison | None = None
    names: Mapping[str, str] = _NONE
    notes: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    of_the_day: bool = False
    idle: bool = False

    def document(self) -> Document:
        """The result as JSON; its schema is `schemas/ingest.v1.json`."""
        keys = ("read", "published", "unchanged", "quarantined", "removed", "changes", "findings", "suppressed")
        compared = None if self.compared is None else self.compared._asdict()
        by_ledger = {"withdrawn": self.withdrawn} if self.withdrawn else {}
        return {**{key: getattr(self, key) for key in keys}, **by_ledger, "finding_changes": compared}


class FixResult(NamedTuple):
    """What `kb fix` does, or would do: of how many records it repairs which findings (by code), in how many files.

    What is left is not counted: each record is judged by itself, and only `kb validate` sees it among the others.
    """

    read: int
    fixed: Mapping[str, int]
    files: int
    notes: tuple[str, ...] = ()


class Located(NamedTuple):
    """A finding with all that a person needs to go there: file, line and column (from 1), and the line itself.

    `record_line` is the line on which its record starts; None where the file holds one record.
    """

    code: str
    name: str
    severity: Severity
    record: str | None
    pointer: str
    message: str
    fixable: bool
    path: str
    line: int
    column: int
    source: str
    fingerprint: str
    suppressed: str | None = None
    record_line: int | None = None

    def place(self) -> tuple[str, int, int, str]:
        """What findings are ordered by."""
        return self.path, self.line, self.column, self.code

    def document(self) -> Document:
        """The finding as JSON; its schema is in `schemas/validate.v1.json`."""
        return {
            "code": self.code,
            "name": self.name,
            "severity": str(self.severity),
            "record": self.record,
            "pointer": self.pointer,
            "message": self.message,
            "fixable": self.fixable,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "fingerprint": self.fingerprint,
            "suppressed": self.suppressed,
        }


class ValidateResult(NamedTuple):
    """What `kb validate` found in how many records.

    `findings` are those that are neither `suppressed` nor in the baseline; `clean` records have none of them. `known`
    counts those in the baseline, `fixed` the entries of it that no longer occur. `origins` gives path and line of every
    record, where that was asked for. `hidden` are findings that count as the others do, and are not shown.
    """

    findings: tuple[Located, ...]
    read: int
    clean: int
    notes: tuple[str, ...] = ()
    suppressed: tuple[Located, ...] = ()
    known: int = 0
    fixed: int = 0
    origins: tuple[tuple[str, int | None], ...] = ()
    hidden: tuple[Located, ...] = ()

    def shown_from(self, severity: Severity) -> "ValidateResult":
        """The same result, with the findings below a severity hidden."""
        lower = tuple(finding for finding in self.findings if finding.severity.rank < severity.rank)
        shown = tuple(finding for finding in self.findings if finding.severity.rank >= severity.rank)
        return self._replace(findings=shown, hidden=(*self.hidden, *lower))

    def number(self, severity: Severity) -> int:
        """How many findings have this severity, shown or hidden."""
        return sum(finding.severity is severity for finding in (*self.findings, *self.hidden))

    @property
    def fixable(self) -> int:
        """How many findings `kb ingest` repairs."""
        return sum(finding.fixable for finding in (*self.findings, *self.hidden))

    def reaches(self, severity: Severity) -> bool:
        """Whether any finding is at or above a severity."""
        return any(finding.severity.rank >= severity.rank for finding in (*self.findings, *self.hidden))

    def listed(self, *, suppressed: bool) -> tuple[Located, ...]:
        """The findings in order; those that are suppressed too, if asked for."""
        return tuple(sorted((*self.findings, *self.suppressed), key=Located.place)) if suppressed else self.findings

    def document(self, *, suppressed: bool = False) -> Document:
        """The result as JSON; its schema is `schemas/validate.v1.json`."""
        return {
            "findings": [finding.document() for finding in self.listed(suppressed=suppressed)],
            "summary": self.summary(),
        }

    def summary(self) -> dict[str, int]:
        """The sums."""
        return {
            "read": self.read,
            "clean": self.clean,
            "errors": self.number(Severity.ERROR),
            "warnings": self.number(Severity.WARNING),
            "infos": self.number(Severity.INFO),
            "fixable": self.fixable,
            "suppressed": len(self.suppressed),
            "baseline": self.known,
            "fixed": self.fixed,
        }


class Kin(NamedTuple):
    """A record of the base that may be about the same error as a draft, and how that is known.

    By its `id`, an `alias`, its `signature`, as a `near copy`, by the `pattern` of one that finds the signature of the other;
    or it was `withdrawn` under the id of the draft.
    """

    record: str
    by: tuple[str, ...]


class Proposal(NamedTuple):
    """What became of a draft: the file in the inbox, whether it was written now, its id, what was found, its kin."""

    file: str
    is_new: bool
    record: str | None
    findings: tuple[Located, ...]
    kin: tuple[Kin, ...] = ()

    def of(self, severity: Severity) -> tuple[Located, ...]:
        """The findings of a severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)

    @property
    def is_publishable(self) -> bool:
        """Whether `kb ingest` would publish it: there is no error, and its id was not withdrawn."""
        return not self.of(Severity.ERROR) and not any(
            "withdrawn" in one.by for one in self.kin if one.record == self.record
        )

    def document(self) -> Document:
        """The result as JSON; its schema is `schemas/propose.v1.json`."""
        return {
            "file": self.file,
            "new": self.is_new,
            "record": self.record,
            "publishable": self.is_publishable,
            "missing": [_said(finding) for finding in self.of(Severity.ERROR)],
            "better": [_said(finding) for finding in self.of(Severity.WARNING)],
            "notes": [_said(finding) for finding in self.of(Severity.INFO)],
            "existing": [{"record": one.record, "by": list(one.by)} for one in self.kin],
        }


def _said(finding: Located) -> Document:
    """What a proposer has to know of a finding."""
    return {key: getattr(finding, key) for key in ("code", "name", "pointer", "message", "fixable")}


class Verdict(NamedTuple):
    """A limit of the settings, and the figure compared with it; `figure` is None where there is nothing to compare."""

    limit: str
    scope: str
    figure: float | None
    bound: float
    why: str

    @property
    def kept(self) -> bool:
        """Whether the figure is within the limit."""
        if self.figure is None:
            return True
        return self.figure >= self.bound if self.limit.startswith("min_") else self.figure <= self.bound


class GateResult(NamedTuple):
    """What `kb gate` found on a day."""

    as_of: dt.date
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> int:
        """How many limits are broken."""
        return sum(not verdict.kept for verdict in self.verdicts)

    def document(self) -> Document:
        """The result as JSON; its schema is `schemas/gate.v1.json`."""
        return {
            "as_of": self.as_of.isoformat(),
            "passed": not self.broken,
            "limits": [{**verdict._asdict(), "kept": verdict.kept} for verdict in self.verdicts],
        }


NAMED_BY = ("action", "version", "error_id", "code")
"""The keys that say which entry of a list one is."""


class RecordEdit(NamedTuple):
    """What became of one value of a record: it was added, removed or changed, or a list was reordered.

    `pointer` is its place in the record as it is now, of what was removed as it was then. Where it is of an entry of a list,
    `entry` says of which.
    """

    kind: str
    pointer: str
    entry: str | None
    before: Json
    after: Json


class RecordsCompared(NamedTuple):
    """The records of a commit against those in `curated/`; of those that were removed, why, where that is known.

    `withdrawn` are the tombstones of those among them that the ledger took out.
    `commit` is None before the first commit.
    """

    revision: str
    commit: str | None
    added: tuple[str, ...]
    removed: Mapping[str, Sequence[Document]]
    changed: Mapping[str, Sequence[RecordEdit]]
    withdrawn: Mapping[str, Document] = MappingProxyType({})

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return bool(self.added or self.removed or self.changed)

    def document(self) -> Document:
        """The result as JSON; its schema is `schemas/diff.v1.json`."""
        return {
            "revision": self.revision,
            "commit": self.commit,
            "added": list(self.added),
            "removed": [
                {"id": name, "quarantined": list(why)}
                | ({"withdrawn": self.withdrawn[name]} if name in self.withdrawn else {})
                for name, why in self.removed.items()
            ],
            "changed": [
                {"id": name, "edits": [edit._asdict() for edit in edits]} for name, edits in self.changed.items()
            ],
        }


class Tried(NamedTuple):
    """A record of a source, and what a mapping makes of it.

    `place` is where it stands in its file, `shown` its text. Keys are those of the source: `used` for a field, `kept` beside
    the record, or `lost`. `required` and `optional` are the fields of the record that stay empty. It is recognised if the
    mapping itself says how to know it. `fault` says why there is no record.
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
    is_recognised: bool = True
    fault: str | None = None

    def document(self, severities: Mapping[str, Severity]) -> Document:
        """As JSON."""
        findings = [
            {"code": one.code, "severity": severities[one.code], "pointer": one.pointer, "message": one.message}
            for one in self.findings
        ]
        return {
            "path": self.path, "line": self.line, "pointer": self.place, "source": self.source, "record": self.record,
            "used": list(self.used), "kept": list(self.kept), "lost": list(self.lost),
            "empty": {"required": list(self.required), "optional": list(self.optional)},
            "rejected": self.is_rejected, "recognised": self.is_recognised, "fault": self.fault, "findings": findings,
        }  # fmt: skip


class Trial(NamedTuple):
    """What a format makes of a few records; `origin` is its file, `severities` are those of the rules.

    `declared` are the fields that it says how to make.
    """

    name: str
    origin: str
    tried: list[Tried]
    severities: Mapping[str, Severity]
    declared: frozenset[str] = frozenset()

    @property
    def mapped(self) -> list[Tried]:
        return [one for one in self.tried if one.record is not None]

    def keys(self, what: str) -> list[str]:
        """The keys that were `used`, `kept` or `lost`, or the fields that stayed empty, in any record, each once."""
        return list(dict.fromkeys(key for one in self.tried for key in getattr(one, what)))

    @property
    def always_empty(self) -> list[str]:
        """The fields that no record has and none needs."""
        return [key for key in self.keys("optional") if all(key in one.optional for one in self.mapped)]

    @property
    def is_sound(self) -> bool:
        """Whether something was read, and nothing would be lost."""
        return bool(self.mapped) and not self.keys("lost")

    def document(self) -> Document:
        """As JSON."""
        return {
            "format": self.name,
            "origin": self.origin,
            "records": [one.document(self.severities) for one in self.tried],
            **{what: self.keys(what) for what in ("used", "kept", "lost")},
            "ok": self.is_sound,
        }
