"""Decisions about records, written as events: `kb confirm`, `kb withdraw`, `kb outcome` and their like."""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from kb import aside, revision, sources
from kb.analysis.credentials import masked_text
from kb.errors import KbError
from kb.jobs.show import ALL_IDS, known_ids, published_as
from kb.ledger.book import packed, read_all
from kb.ledger.event import Event, InvalidEventError, action_of, canonical, made
from kb.ledger.fold import effective
from kb.model import Document, Severity
from kb.publish import swap
from kb.rules import ruleset
from kb.rules.led import authors
from kb.rules.text_digest import text_digest
from kb.settings import is_actor
from kb.store import Store
from kb.words import did_you_mean, show
from kb.workspace import Workspace

_LISTS = {"workaround": "workarounds", "dead_end": "dead_ends"}

_OF_TEXT = frozenset({"confirm", "refute", "promote", "outcome"})
"""Kinds that are about what the record says, so that somebody has to have read just that."""


_CLOSING = frozenset({"deprecate", "withdraw", "merge"})
"""Kinds that a restoration ends, whether they were ingested yet or not."""


class Decision(NamedTuple):
    """What a user decides, whatever it is about; `at` and `by` are when and who."""

    kind: str
    at: str
    by: str
    evidence: Sequence[Document] = ()
    used: Mapping[str, str] = {}
    note: str | None = None
    reason: str | None = None
    successor: str | None = None
    tier: str | None = None
    worked: bool | None = None


class Outcome(NamedTuple):
    """That an action of a record was tried, as one line of a file has it; `place` is what a message calls that line.

    `action` is the fingerprint of what was tried, where that is known: the record may say another thing there by now.
    """

    record: str
    target: str
    asked: Decision
    place: str
    action: str | None = None


def decide(
    workspace: Workspace, names: Sequence[str], asked: Decision, *, target: str | None = None, dry_run: bool = False
) -> list[Event]:
    """Write an event about each of some records, given by id, alias or the beginning of one id; all of them, or none.

    Raises:
        KbError: a record is unknown, was edited since it was ingested, or the decision is one that the rules set aside.
    """
    with swap.reading(workspace) as base:
        desk = _Desk(workspace, base)
        events = [desk.event(name, asked, target) for name in names]
    if not dry_run:
        write(workspace, events)
    return events


def outcomes(workspace: Workspace, given: Sequence[Outcome], *, dry_run: bool = False) -> list[Event]:
    """Write many outcomes, as one packed file; all of them, or none.

    Raises:
        KbError: as `decide`; the line is named.
    """
    events = []
    with swap.reading(workspace) as base:
        desk = _Desk(workspace, base)
        for one in given:
            try:
                event = desk.event(one.record, one.asked, one.target)
                if one.action and event.target and event.target.action != one.action:
                    raise KbError(f"{event.record} says another thing as {one.target} by now; take the line out")  # noqa: TRY301 - as all that is wrong with a line
                events.append(event)
            except KbError as error:
                raise KbError(f"{one.place}: {error}") from None
    if events and not dry_run:
        _put(workspace, *packed(events))
    return events


def retract(workspace: Workspace, name: str, asked: Decision, *, dry_run: bool = False) -> Event:
    """Write an event that takes an earlier one back, which is given by its name or the beginning of that.

    Raises:
        KbError: there is no such event, or several, or it was taken back already.
    """
    ledger = read_all(workspace.ledger_files())
    matching = [event for event in ledger.events if event.id.startswith(name)]
    if len(matching) != 1:
        why = f"is the beginning of {len(matching)} events" if matching else "is no event of the ledger"
        raise KbError(f"{name}: {why}; `kb log` lists them")
    (event,) = matching
    same = ledger.of(event.record)
    if event.kind != "retract" and event not in effective(same):
        raise KbError(f"{event.id}: was taken back already; `kb log {event.record}` shows by what")
    values = {"record": event.record, "retracts": event.id, "digest": None}
    taking = _made(asked, _after(asked.at, same), values)
    if not dry_run:
        write(workspace, [taking])
    return taking


def write(workspace: Workspace, events: Iterable[Event]) -> None:
    """Put events into the ledger, each into a file of its own.

    Raises:
        KbError: one cannot be written.
    """
    for event in events:
        _put(workspace, event.name, canonical(event.document) + b"\n")


def _put(workspace: Workspace, name: str, data: bytes) -> None:
    if swap.is_of_tables(workspace):
        raise KbError(
            f"{workspace.root.name}: Spark filled this folder, and it is for reading; decide in the workspace that it was made"
            " from, then fill it anew"
        )
    aside.put(workspace.ledger / name, data, f"ledger/{name}")


class _Desk:
    """Where events are made ready: the base as it stands, its rules and its ledger."""

    def __init__(self, workspace: Workspace, base: Store) -> None:
        self._workspace = workspace
        self._base = base
        self._rules = ruleset.of(workspace)
        self._latest: dict[str, str] = {}

    def event(self, name: str, asked: Decision, target: str | None) -> Event:
        record, document = self._looked_up(name, asked.kind)
        values: dict[str, Any] = {"record": record, "digest": document and text_digest(document)}
        if target is not None and document is not None:
            values["target"] = target_of(document, target)
        if asked.successor is not None:
            values["successor"] = self._successor(record, asked.successor)
        if asked.kind in {"promote", "demote"} and document is not None:
            values["tier"] = self._tier(record, document, asked)
        earlier = self._rules.ledger.of(record)
        if asked.kind == "outcome":  # said twice it counts once, and no other outcome depends on its order
            same = _made(asked, asked.at, values)
            if same in earlier:
                return same
        event = _made(asked, _after(asked.at, earlier, self._latest.get(record)), values)
        self._latest[record] = event.at
        for rule, _, message in self._rules.found_in(event, authors(document) if document else frozenset()):
            if self._rules.severities[rule.code] is Severity.ERROR:
                raise KbError(f"{record}: {message} ({rule.code})")
        return event

    def _looked_up(self, name: str, kind: str) -> tuple[str, Document | None]:
        """The id of a record, and what is published of it: of one that was withdrawn, nothing."""
        is_gone = self._base.value("SELECT count(*) > 0 FROM tombstones WHERE record_id = $name", {"name": name})
        record = name if is_gone else published_as(self._base, name).id
        document = self._base.published([record]).get(record)
        if document is not None:
            if kind == "restore" and not any(event.kind in _CLOSING for event in self._rules.ledger.of(record)):
                raise KbError(f"{record}: is neither withdrawn nor deprecated, so there is nothing to restore")
            if kind in _OF_TEXT:
                check_current(self._workspace, self._base, record)
            return record, document
        stone = self._base.query("SELECT status FROM tombstones WHERE record_id = $id", {"id": record}).rows
        if stone and kind != "restore":
            raise KbError(f"{record}: was {stone[0][0]}; `kb restore {record}` brings it back first")
        if stone or kind == "restore":
            if not self._rules.ledger.of(record):
                raise KbError(f"{record}: was never withdrawn or deprecated; `kb log` lists what was")
            return record, None
        rejected = self._base.value("SELECT count(*) > 0 FROM quarantine WHERE record_id = $id", {"id": record})
        hint = f"it is in quarantine, see `kb why {record}`" if rejected else None
        known = known_ids(self._base)
        raise KbError(f"no published record {name}; {hint or did_you_mean(name, known, ALL_IDS)}")

    def _successor(self, record: str, name: str) -> str:
        successor = published_as(self._base, name).id
        if successor == record:
            raise KbError(f"{record}: cannot be its own successor; name another record")
        if not self._base.value("SELECT count(*) > 0 FROM records WHERE id = $id", {"id": successor}):
            stone = self._base.query("SELECT successor FROM tombstones WHERE record_id = $id", {"id": successor}).rows
            other = f" in favour of {stone[0][0]}" if stone and stone[0][0] else ""
            why = f"was withdrawn itself{other}" if stone else "is no published record"
            hint = (
                "name what takes its place"
                if stone
                else did_you_mean(name, [known for known in known_ids(self._base) if known != record], "see `kb sql`")
            )
            raise KbError(f"--successor {name}: {why}; {hint}")
        return successor

    def _tier(self, record: str, document: Document, asked: Decision) -> str:
        """The tier to move to: above the present one, or below; a demotion without one goes a step down.

        A record may be promoted to the tier that it declares, as long as nobody vouched for that.
        """
        present: str = document["verification_tier"]
        vouched = self._rules.decided(record, document, text_digest(document)).tier
        is_declared = asked.kind == "promote" and not (vouched and vouched.tier == present)
        ladder = self._rules.settings.trust.ladder
        place = ladder.index(present)
        if asked.tier is None:
            if place == 0:
                raise KbError(f"{record}: is {present}, and no tier is lower")
            return ladder[place - 1]
        if asked.tier not in ladder:
            raise KbError(f"{asked.tier}: no tier of the ladder; {did_you_mean(asked.tier, ladder)}")
        higher = ladder.index(asked.tier) > place
        if asked.tier == present and is_declared:
            return present
        if asked.tier == present or higher != (asked.kind == "promote"):
            other = "demote" if asked.kind == "promote" else "promote"
            hint = "already" if asked.tier == present else f"; `kb {other}` moves it to {asked.tier}"
            raise KbError(f"{record}: is {present} {hint}".replace(" ;", ";"))
        return asked.tier


def check_current(workspace: Workspace, base: Store, record: str) -> None:
    """Make sure that the file of a published record is as it was ingested: else nobody knows which text was looked at.

    Raises:
        KbError: it is another now.
    """
    ((name, size, modified, digest),) = base.query(
        """SELECT f.path, size, epoch_ns(modified), f.digest FROM files f JOIN records r ON f.path = file_of(r.path)
        WHERE r.id = $id""",
        {"id": record},
    ).rows
    path = workspace.root / name
    try:
        status = path.stat()
        is_same = (status.st_size, sources.last_change(status)) == (size, modified) or (
            hashlib.sha256(path.read_bytes()).hexdigest() == digest
        )
    except OSError:  # it is gone, which the next ingest says
        return
    if not is_same:
        raise KbError(f"{record}: {name} changed since it was ingested; run `kb ingest`, look again, then decide")


def _made(asked: Decision, at: str, values: Mapping[str, Any]) -> Event:
    texts = [asked.note, asked.reason, *(evidence["ref"] for evidence in asked.evidence), *asked.used.values()]
    if any(text is not None and masked_text(text) != text for text in texts):
        raise KbError("what you say holds a credential, and the ledger is for all to read; leave it out, and revoke it")
    given = {
        "kind": asked.kind, "by": asked.by, "at": at, "evidence": list(asked.evidence), "with": dict(asked.used),
        "note": asked.note, "reason": asked.reason, "successor": asked.successor, "tier": asked.tier,
        "worked": asked.worked,
    }  # fmt: skip
    try:
        return made(**{**given, **values})
    except InvalidEventError as error:
        raise KbError(f"{values['record']}: {error.pointer.lstrip('/') or 'the event'}: {error}") from None


def _after(at: str, events: Sequence[Event], latest: str | None = None) -> str:
    """The moment, or a second after the last decision about the record: what is decided last is to be the last."""
    before = max([event.at for event in events if event.day <= at[:10]] + ([latest] if latest else []), default="")
    if at > before:
        return at
    return (dt.datetime.fromisoformat(before) + dt.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def target_of(document: Document, words: str) -> Document:
    """The action of a record that `workaround:1` or `dead_end:2` means, counted from 1, as events hold it.

    Raises:
        KbError: it means none.
    """
    item, _, number = words.replace("-", "_").partition(":")
    item = item.removesuffix("s")
    actions = [entry["action"] for entry in document.get(_LISTS.get(item, ""), [])]
    if item in _LISTS and number.isdecimal() and 0 < int(number) <= len(actions):
        return {"item": item, "position": int(number) - 1, "action": action_of(actions[int(number) - 1])}
    if item not in _LISTS:
        raise KbError(f"{words}: write workaround:1 or dead_end:1, counted from 1")
    name = item.replace("_", " ")
    listed = "; ".join(f"{item}:{i} {show(action, 40)}" for i, action in enumerate(actions, start=1))
    raise KbError(f"{document['id']} has no {words}; {f'it has {listed}' if listed else f'it has no {name}'}")


# ---- what is typed ---------------------------------------------------------------------------------------------------


def actor(workspace: Workspace, given: str | None) -> str:
    """Who decides: what is given, else `ledger.by` in kb.toml, else git's user. Without a kind, it is a person.

    Raises:
        KbError: nobody says, or it is no name.
    """
    by = workspace.settings.ledger.by if given is None else given.strip()
    if given is not None and not by:
        raise KbError("--by is blank; write a name, or leave it out")
    if not by:
        known = revision.user(workspace.root)
        by = known or ""
        if not by:
            raise KbError("who decides? give --by NAME, or set `ledger.by` in kb.toml, or git's user.name")
    kind, colon, _ = by.partition(":")
    if colon and kind.isalpha() and kind not in _ACTORS:
        raise KbError(f"--by {show(by)}: {kind} decides nothing; {did_you_mean(kind.lower(), _ACTORS)}")
    by = by if colon and kind in _ACTORS else f"person:{by}"
    if not is_actor(by):
        raise KbError(f"--by {show(by)}: write a name, or person:, agent: or ci: and a name")
    return by


_ACTORS = ("person", "agent", "ci")

_EXIT = re.compile(r"(?P<command>.*\S)\s*(?:->|=>|→)\s*(?P<exit>-?\d{1,9})")
_KINDS_SAID = re.compile(r"(review|command|log|test|url):\s*(\S.*)", re.DOTALL)


def evidence_of(workspace: Workspace, words: str) -> Document:
    """What a decision rests on, as typed: an address, a file (kept by its digest), or a command with `-> EXIT` behind it.

    `review:`, `command:`, `log:`, `test:` or `url:` before it says which it is.

    Raises:
        KbError: it is blank, or a file that cannot be read.
    """
    said = _KINDS_SAID.fullmatch(words.strip())
    kind, text = (said[1], said[2]) if said else (None, words.strip())
    if not text:
        raise KbError("--evidence is blank; give an address, a file or a command")
    if re.match(r"https?://[^/?#]*@", text):
        raise KbError(
            f"--evidence {show(text)}: carries credentials, and the ledger is for all to read; leave them out"
        )
    path = Path(text)
    if kind in {None, "log", "test"} and len(text) < 1000 and path.is_file():
        return _file(workspace, path, kind or "log")
    if kind in {None, "url"} and re.match(r"https?://", text):
        return {"kind": "url", "ref": text}
    if kind is None and re.match(r"review\b", text):
        return {"kind": "review", "ref": text}
    if kind is None and re.fullmatch(r"[\w.~/\\-]*[./\\][\w.~/\\-]*", text):
        raise KbError(f"--evidence {show(text)}: is no file here; give an address, a file or a command")
    ended = _EXIT.fullmatch(text)
    if ended and kind in {None, "command", "test"}:
        return {"kind": kind or "command", "ref": ended["command"], "exit": int(ended["exit"])}
    return {"kind": kind or "command", "ref": text}


def _file(workspace: Workspace, path: Path, kind: str) -> Document:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise KbError(f"--evidence {path}: cannot be read: {error.strerror}") from None
    absolute = path.resolve()
    inside = absolute.is_relative_to(workspace.root)
    ref = absolute.relative_to(workspace.root).as_posix() if inside else path.name
    return {"kind": kind, "ref": ref, "sha256": digest}


def used_of(words: Iterable[str]) -> dict[str, str]:
    """Versions as typed: `docker=27.1`.

    Raises:
        KbError: one is not written so.
    """
    used = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not (sign and key.strip() and value.strip()):
            raise KbError(f"--with {show(word)}: write PRODUCT=VERSION, as in docker=27.1")
        used[key.strip().lower()] = value.strip()
    return used


def outcome_files(path: Path) -> list[Path]:
    """The files of outcomes that a path means: itself, or those that lie in it, in the order of their names.

    Raises:
        KbError: it is a folder that holds none.
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.glob("[!.]*.ndjson") if file.is_file() and not file.is_symlink())
    if not files:
        raise KbError(f"{path}: holds no outcomes; they are files *.ndjson")
    return files


def read_outcomes(workspace: Workspace, path: Path, asked: Decision) -> list[Outcome]:
    """The outcomes in a file of lines: objects with `record`, `target`, `worked`, and if need be `with`, `at`, `by`, `note`.

    Raises:
        KbError: the file cannot be read, or a line is none; it is named.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KbError(f"{path}: cannot be read: {error.strerror}") from None
    return [
        _outcome(workspace, path, number, line, asked) for number, line in enumerate(lines, start=1) if line.strip()
    ]


_KEYS = frozenset({"record", "target", "worked", "with", "at", "by", "note", "evidence", "action"})


def _outcome(workspace: Workspace, path: Path, number: int, line: bytes, asked: Decision) -> Outcome:
    try:
        said = orjson.loads(line)
    except ValueError:
        said = None
    where = f"{path}:{number}"
    if not isinstance(said, dict) or not {"record", "target", "worked"} <= said.keys() <= _KEYS:
        more = ", ".join(sorted(_KEYS - {"record", "target", "worked"}))
        raise KbError(f"{where}: write an object with record, target and worked, and if need be {more}")
    texts = {key: said.get(key) for key in ("record", "target", "at", "by", "note", "action")}
    are_texts = all(value is None or isinstance(value, str) for value in texts.values())
    if not (isinstance(said["worked"], bool) and are_texts and isinstance(said.get("with") or {}, dict)):
        raise KbError(f"{where}: worked is true or false, with an object, all else is text")
    own = asked._replace(
        worked=said["worked"], at=texts["at"] or asked.at, note=texts["note"] or asked.note,
        by=actor(workspace, texts["by"]) if texts["by"] else asked.by, used={**asked.used, **(said.get("with") or {})},
        evidence=said.get("evidence") or asked.evidence,
    )  # fmt: skip
    return Outcome(said["record"], said["target"], own, where, texts["action"])
