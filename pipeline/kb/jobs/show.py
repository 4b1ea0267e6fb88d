"""`kb show`, `kb why`, `kb quarantine`: what the base knows of one record, or of what it rejected."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from kb.analysis.beta import interval
from kb.analysis.credentials import masked_path
from kb.errors import KbError
from kb.model import Table
from kb.publish.curated_files import raw_text
from kb.sources.containers import RECORDS
from kb.sources.split import is_lines
from kb.store import Store
from kb.words import did_you_mean

_ORIGIN = "path, position, line, 'sha256:' || digest AS digest"

_REASONS = """
    SELECT code, name, severity, pointer, message, fixable, suppressed FROM findings
    WHERE path = $path AND position = $position ORDER BY seq, code, pointer
"""


class Named(NamedTuple):
    """The record that a name stands for, and the notes to show where it is not the id itself."""

    id: str
    notes: tuple[str, ...] = ()


def published_as(base: Store, name: str) -> Named:
    """The published record that an id, an alias or the beginning of one id stands for; a name of none or of several stays."""
    return _named(name, _meant(base, name, _PUBLISHED_IDS))


def known_as(base: Store, subject: str) -> Named:
    """Likewise of what was published or rejected; a path stays."""
    path, _ = split_place(subject)
    is_path = base.value(
        "SELECT count(*) > 0 FROM files WHERE path = $path OR file_of(path) = $path OR starts_with(path, $path || '/')",
        {"path": path},
    )
    return Named(subject) if is_path else _named(subject, _meant(base, subject, _KNOWN_IDS))


_PUBLISHED_IDS = "SELECT id FROM records"
_SEEN_IDS = f"{_PUBLISHED_IDS} UNION SELECT record_id FROM quarantine WHERE record_id IS NOT NULL"
_KNOWN_IDS = f"{_SEEN_IDS} UNION SELECT record_id FROM tombstones"


class _Meant(NamedTuple):
    """What a name may stand for, and in which way."""

    how: str = ""
    ids: Sequence[str] = ()

    def __str__(self) -> str:
        if len(self.ids) <= 5:
            return f"there {'is' if len(self.ids) == 1 else 'are'} {', '.join(self.ids)}"
        return f"it is {self.how} {len(self.ids):,} ids, such as {', '.join(self.ids[:3])}; {ALL_IDS}"


def _meant(base: Store, name: str, among: str) -> _Meant:
    """The ids whose alias a name is, else those that it begins; none where it is an id itself, published or not.

    The id of a record that was merged stands for the one that it is an alias of now, but where tombstones are `among` them.
    """
    own = _KNOWN_IDS if among == _KNOWN_IDS else _SEEN_IDS
    if not name or base.value(f"SELECT count(*) > 0 FROM ({own}) WHERE id = $name", {"name": name}):
        return _Meant()
    for how, query in (
        ("an alias of", "SELECT id FROM records WHERE list_contains(aliases, $name) ORDER BY id"),
        ("the beginning of", f"SELECT id FROM ({among}) WHERE starts_with(id, $name) ORDER BY id"),
    ):
        if rows := base.query(query, {"name": name}).rows:
            return _Meant(how, [row[0] for row in rows])
    return _Meant()


def _named(name: str, meant: _Meant) -> Named:
    if len(meant.ids) != 1:
        return Named(name)
    return Named(meant.ids[0], (f"{name} is {meant.how} {meant.ids[0]}",))


def ids(base: Store, start: str) -> list[str]:
    """The ids of what was published or rejected that begin so."""
    query = f"SELECT id FROM ({_KNOWN_IDS}) WHERE starts_with(id, $start) ORDER BY id"
    return [row[0] for row in base.query(query, {"start": start}).rows]


def _rejected(base: Store, name: str) -> str | None:
    """Which rejected records a name begins, if it begins any."""
    names = _meant(base, name, _KNOWN_IDS).ids
    if not names:
        return None
    which = f"{names[0]} is" if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more that begin so are"
    return f"{which} in quarantine, see `kb why {names[0]}`"


def known_ids(base: Store) -> list[str]:
    """The ids of all published records."""
    return [row[0] for row in base.query(_PUBLISHED_IDS).rows]


def show(base: Store, name: str, as_of: dt.date) -> dict[str, Any]:
    """All that is known of one published record: document, origin, changes, findings, trust, neighbours.

    Raises:
        KbError: no record has that id.
    """
    rows = base.query(f"SELECT doc, {_ORIGIN} FROM records WHERE id = $id", {"id": name}).records()
    if not rows:
        raise unpublished(base, name)
    origin = rows[0]
    events = decided(base, name)
    where = {"path": origin["path"], "position": origin["position"]}
    changes = base.query(
        "SELECT code, pointer, before, after FROM changes WHERE path = $path AND position = $position ORDER BY seq",
        where,
    ).records()
    return {
        "id": name,
        "document": orjson.loads(origin.pop("doc")),
        "origin": origin,
        "trust": base.query("SELECT * FROM trust($as_of) WHERE id = $id", {"as_of": as_of, "id": name}).records()[0],
        "changes": [_change(**change) for change in changes],
        "findings": base.query(_REASONS, where).records(),
        **({"events": events} if events else {}),
        **({"rates": rates} if (rates := _rates(base, name, as_of)) else {}),
        "neighbours": base.query(
            """SELECT kind, error_id AS id, error_id IN (SELECT id FROM records) AS known,
                probability, condition, distinction
            FROM transitions WHERE record_id = $id
            UNION ALL
            SELECT 'named by, as ' || kind, record_id, true, probability, condition, distinction
            FROM transitions WHERE error_id = $id ORDER BY ALL""",
            {"id": name},
        ).records(),
    }


def unpublished(base: Store, name: str) -> KbError:
    """What to say of a name that no published record has: what became of it, or what was probably meant."""
    rejected = base.value("SELECT count(*) > 0 FROM quarantine WHERE record_id = $id", {"id": name})
    meant = _meant(base, name, _PUBLISHED_IDS)
    stone = base.query("SELECT status, successor FROM tombstones WHERE record_id = $id", {"id": name}).rows
    if stone:
        status, successor = stone[0]
        hint: str | None = f"it was {status}{f', see {successor}' if successor else ''}; `kb why {name}` says why"
    elif rejected:
        hint = f"it is in quarantine, see `kb why {name}`"
    else:
        hint = str(meant) if meant.ids else _rejected(base, name)
    return KbError(f"no published record {name}; {hint or did_you_mean(name, known_ids(base), ALL_IDS)}")


def decided(base: Store, name: str) -> list[dict[str, Any]]:
    """The events about a record, in order, each with what the record knows of it: whether it counts, and for which text."""
    rows = base.query(
        """SELECT event, kind, strftime(decided_at, '%Y-%m-%dT%H:%M:%SZ') AS "at", actor AS "by", item, item_position,
            used AS "with", worked, tier, reason, successor, retracts, evidence, note, stands,
            CASE WHEN k.record_id IS NOT NULL THEN e.text IS NOT DISTINCT FROM k.text END AS of_this_text
        FROM events e LEFT JOIN match_keys k USING (record_id) WHERE record_id = $id ORDER BY decided_at, e.digest""",
        {"id": name},
    ).records()
    for row in rows:
        row["with"], row["evidence"] = (
            None if row[key] is None else orjson.loads(row[key]) for key in ("with", "evidence")
        )
    return rows


def _rates(base: Store, name: str, as_of: dt.date) -> list[dict[str, Any]]:
    """The rates of the actions that were tried, with their 90 % interval: workarounds first, the surest of them first."""
    rows = base.query(
        "SELECT * EXCLUDE (record_id) FROM rates($as_of) WHERE record_id = $id", {"as_of": as_of, "id": name}
    )
    rates = []
    for row in rows.records():
        low, high = interval(row.pop("alpha"), row.pop("beta"))
        rates.append({**row, "low": low, "high": high})
    return sorted(rates, key=lambda rate: (rate["item"] != "workaround", -rate["low"], rate["position"]))


ALL_IDS = '`kb sql "SELECT id FROM records"` lists all'


def _change(code: str, pointer: str, before: str, after: str | None) -> dict[str, Any]:
    """A change as in curated/changes.ndjson: without `after` where a list lost the element."""
    change = {"code": code, "pointer": pointer, "before": orjson.loads(before)}
    return change if after is None else {**change, "after": orjson.loads(after)}


_FATES = f"""
    SELECT 'published' AS state, id, {_ORIGIN}, NULL AS raw, [] AS codes FROM records
    UNION ALL BY NAME
    SELECT 'quarantined' AS state, record_id AS id, {_ORIGIN}, raw, codes FROM quarantine
    UNION ALL BY NAME
    SELECT coalesce(t.status, 'withdrawn') AS state, record_id AS id, path, position, line, 'sha256:' || digest AS digest,
        NULL AS raw, [] AS codes
    FROM withdrawn LEFT JOIN tombstones t USING (record_id)
    UNION ALL BY NAME
    SELECT t.status AS state, record_id AS id, NULL AS path, NULL AS position, NULL AS line, NULL AS digest, NULL AS raw,
        [] AS codes
    FROM tombstones t WHERE record_id NOT IN (SELECT record_id FROM withdrawn)
    UNION ALL BY NAME
    SELECT 'a copy' AS state, record_id AS id, {_ORIGIN}, raw, [] AS codes FROM copies
"""


def why(base: Store, subject: str, as_of: dt.date, root: Path | None = None) -> list[dict[str, Any]]:
    """What became of a record, or of every record of a file, an archive or a folder, or of the one around `path:line`.

    Below `root` lie the files, to check that they have the line.

    Raises:
        KbError: the base never saw such a record or file, or there is no record on that line.
    """
    subject = masked_path(subject)
    path, line = split_place(subject)
    rows = base.query(
        f"""WITH fates AS ({_FATES})
        FROM fates WHERE id = $subject OR file_of(path) = $subject OR starts_with(path, $folder)
            OR (path = $path AND ($line IS NULL OR coalesce(line, 1) = (
            SELECT max(coalesce(line, 1)) FROM fates WHERE path = $path AND coalesce(line, 1) <= $line)))
        ORDER BY path, position""",
        {"subject": subject, "folder": "" if subject == "." else f"{subject.rstrip('/')}/", "path": path, "line": line},
    ).records()
    if line is not None:
        _check_line(base, path, line, root)
    if not rows and base.value("SELECT count(*) > 0 FROM files WHERE path = $path", {"path": path}):
        raise KbError(f"{subject}: was read, and holds no records")
    if not rows:
        known = base.query(
            """SELECT id FROM records UNION SELECT record_id FROM quarantine WHERE record_id IS NOT NULL
            UNION SELECT path FROM files ORDER BY ALL"""
        ).rows
        meant = _meant(base, subject, _KNOWN_IDS)
        hint = str(meant) if meant.ids else did_you_mean(subject, [row[0] for row in known], "run `kb ingest` on it")
        raise KbError(f"{subject}: never seen; {hint}")
    return [_fate(base, row, as_of) for row in rows]


def _check_line(base: Store, path: str, line: int, root: Path | None) -> None:
    """Make sure that a record stands on a line: in a file of lines each has its own, else it goes on to the next one."""
    starts = [
        start
        for (start,) in base.query(
            f"WITH fates AS ({_FATES}) SELECT DISTINCT coalesce(line, 1) FROM fates WHERE path = $path", {"path": path}
        ).rows
    ]
    if not starts:
        return
    lines = _lines(root / path) if root is not None and (root / path).suffix in RECORDS else None
    beyond = lines is not None and line > lines
    if beyond or line < min(starts) or (is_lines(path) and line not in starts):
        near = min(starts, key=lambda start: (abs(start - line), start))
        why_not = f"the file has {lines:,} {'line' if lines == 1 else 'lines'}" if beyond else "no record stands there"
        raise KbError(f"{path}:{line}: {why_not}; the nearest record is that of {path}:{near}")


def _lines(file: Path) -> int | None:
    """How many lines a file has, if it is still there."""
    try:
        with file.open("rb") as stream:
            return sum(1 for _ in stream)
    except OSError:
        return None


def split_place(subject: str) -> tuple[str, int | None]:
    """Path and line of `path`, `path:line` or `path:line:column`."""
    path, *numbers = re.split(r":(?=\d+(?::\d+)?$)", subject, maxsplit=1)
    return path, int(numbers[0].partition(":")[0]) if numbers else None


def _fate(base: Store, row: dict[str, Any], as_of: dt.date) -> dict[str, Any]:
    raw, codes = row.pop("raw"), row.pop("codes")
    fate = {"state": row.pop("state"), "id": row.pop("id"), "origin": row}
    if fate["state"] == "published":
        return {**show(base, fate["id"], as_of), "state": "published"}
    stone = base.query(
        """SELECT status, reason, successor, strftime(decided_at, '%Y-%m-%dT%H:%M:%SZ') AS "at", actor AS "by", event
        FROM tombstones WHERE record_id = $id""",
        {"id": fate["id"]},
    ).records()
    if stone and fate["state"] in {"withdrawn", "merged"}:
        return {**fate, "findings": [], "tombstone": stone[0], "events": decided(base, fate["id"])}
    findings = base.query(_REASONS, {"path": row["path"], "position": row["position"]}).records()
    return {**fate, "codes": codes, "findings": findings, **raw_text(raw)}


def quarantine(base: Store) -> tuple[Table, int]:
    """What was rejected and why: a row for each error; and how many records that are, of which a line may hold several."""
    rejected = base.query(
        """SELECT q.path || CASE WHEN q.line IS NULL THEN '' ELSE ':' || q.line END AS origin, q.record_id AS record,
            f.code, f.name, f.pointer, f.message
        FROM quarantine q JOIN findings f USING (path, position) WHERE f.severity = 'error' AND f.suppressed IS NULL
        ORDER BY q.path, q.position, f.seq, f.pointer"""
    )
    return rejected, base.value("SELECT count(*) FROM quarantine")
