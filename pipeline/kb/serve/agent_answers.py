"""What an agent is answered: short, bounded, and with the text of records marked as data.

Of what does not fit, prose is cut and says so by `…`. How an action is done is given whole or not at all: half a command is
another command.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from kb.jobs import look_up, show
from kb.match.conditions import Here
from kb.render import matches
from kb.store import Store
from kb.words import visible

OPENING, CLOSING = "<record-text>", "</record-text>"
"""What stands around the text of records where an answer is text. In one with keys it stands below `data`."""

DEFAULT = 1300
"""So many bytes of JSON an answer with one record has at most, or the summary of a record."""

PART = 3000
"""So many bytes each further part of a record adds at most."""

WHOLE = 1 << 17
"""So many bytes a record has at most that is read as a resource."""

TEXT = 520
"""So many bytes the text of an answer with one record has at most."""

_FENCE = re.compile(r"<\s*/?\s*record-text\b[^>]*>?", re.IGNORECASE)

SUMMARY = "summary"
PARTS = ("dead_ends", "workarounds", "diagnosis", "verify", "sources", "trust", "history")
"""What can be asked of a record besides its summary."""


class Room(NamedTuple):
    """How many bytes a text may have, and how many entries a list."""

    size: int
    entries: int


_ROOMS = tuple(Room(*room) for room in ((800, 12), (400, 8), (240, 5), (140, 3), (90, 2), (60, 1), (30, 1), (0, 0)))

_ROOMS_OF_MATCH = tuple(
    Room(*room) for room in ((240, 2), (140, 2), (240, 1), (140, 1), (90, 1), (60, 1), (30, 1), (0, 0))
)
"""Two ways that are said whole are worth more than all of them by half; `get_record` has the rest."""

_WHOLE = Room(10**9, 10**9)


def _fitted(make: Callable[[Room], dict[str, Any]], most: int, rooms: Sequence[Room] = _ROOMS) -> dict[str, Any]:
    """What is made in the largest room in which it has so many bytes as JSON at most; `cut` says that it is not all."""
    for room in (_WHOLE, *rooms):
        made = make(room) | {"cut": room is not _WHOLE}
        if len(orjson.dumps(made)) <= most:
            break
    return made


# ---- match_error -----------------------------------------------------------------------------------------------------


def of_match(found: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to `match_error`, from what `kb match` found."""
    return _fitted(lambda room: _match(found, room), DEFAULT * max(1, len(found["answers"])), _ROOMS_OF_MATCH)


def _match(found: Mapping[str, Any], room: Room) -> dict[str, Any]:
    return {
        "verdict": str(found["verdict"]),
        "as_of": found["as_of"],
        "records": found["records"],
        "answers": [_answer(answer, room) for answer in found["answers"]],
        "more": found["more"],
        "nearest": [
            {"record": miss["record"], "score": miss["score"], "needed": found["threshold"]}
            for miss in found["misses"][:1]
        ],
    }


def _answer(answer: Mapping[str, Any], room: Room) -> dict[str, Any]:
    return {
        "record": answer["record"],
        "verdict": str(answer["verdict"]),
        "score": answer["score"],
        "margin": answer["margin"],
        "by": answer["by"],
        "line": answer["line"],
        **_standing(answer),
        "rivals": [
            {
                "record": rival["record"],
                "score": rival["score"],
                "data": texts({key: rival[key] for key in ("signature", "distinction")}, room),
            }
            for rival in answer["rivals"][:2]
        ],
        "data": texts({key: answer[key] for key in ("reason", "signature", "root_cause")}, room)
        | {
            key: [texts(_tried(item), room) for item in answer[key][: room.entries]]
            for key in ("dead_ends", "workarounds")
        },
    }


def text_of_match(answer: Mapping[str, Any]) -> str:
    """The same as text."""
    if not answer["answers"]:
        nearest = "".join(
            f" Nearest miss, which is no answer: {miss['record']} ({miss['score']:.2f} of {miss['needed']:.2f})."
            for miss in answer["nearest"]
        )
        return f"none: none of {answer['records']:,} records is near enough to this error.{nearest}"
    parts = [_text_of_answer(one, TEXT - 60) for one in answer["answers"]]
    more = f"{answer['more']:,} more with a higher limit. " if answer["more"] else ""
    return "\n".join([*parts, f"{more}get_record has the rest."])


def _text_of_answer(answer: Mapping[str, Any], most: int) -> str:
    said = answer["data"]
    head = f"{answer['verdict']} {answer['record']} (score {answer['score']:.2f}); {_trust(answer)}"
    rivals = "".join(f"\nor {rival['record']} ({rival['score']:.2f})" for rival in answer["rivals"])
    lines = [
        *(f"reason: {said['reason']}" for _ in [0] if "reason" in said),
        *(f"do not: {item['action']}" for item in said["dead_ends"][:1] if "action" in item),
        *(
            f"try workaround:{item['position']}: {item['action']}"
            for item in said["workarounds"][:1]
            if "action" in item
        ),
        *(f"apart: {rival['data']['distinction']}" for rival in answer["rivals"][:1] if "distinction" in rival["data"]),
        *(f"cause: {said['root_cause']}" for _ in [0] if "root_cause" in said),
    ]
    return _fenced(head + rivals, lines, most)


def _fenced(head: str, lines: Sequence[str], most: int) -> str:
    """Text of records below a line of ours, as much of it as there is room for, none of it beyond half a line of text."""
    if not lines:
        return head
    left = most - len(f"{head}\n{OPENING}\n{CLOSING}".encode())
    kept: list[str] = []
    for place, line in enumerate(lines):
        share = left // min(2, len(lines) - place) - 1
        short = cut(" ".join(line.split()), max(share, 0))
        if not short:
            break
        kept.append(short)
        left -= len(short.encode()) + 1
    return "\n".join([head, OPENING, *kept, CLOSING])


# ---- get_record ------------------------------------------------------------------------------------------------------


def of_record(base: Store, name: str, parts: Sequence[str], as_of: dt.date, most: int | None = None) -> dict[str, Any]:
    """The answer to `get_record`: some parts of a record; of one that was taken out, its tombstone and nothing else.

    Raises:
        KbError: there is no such record.
    """
    stones = base.query(
        "SELECT status, reason, successor FROM tombstones WHERE record_id = $id", {"id": name}
    ).records()
    if stones:
        return _fitted(lambda room: _tombstone(name, stones[0], room), DEFAULT)
    name = show.published_as(base, name).id
    if not base.value("SELECT count(*) > 0 FROM records WHERE id = $id", {"id": name}):
        raise show.unpublished(base, name)
    known = look_up.known(base, name, Here(), as_of)
    asked = [part for part in (SUMMARY, *PARTS) if part in parts] or [SUMMARY]
    values = {part: _part(base, known, part) for part in asked}
    size = DEFAULT + PART * len([part for part in asked if part != SUMMARY])
    return _fitted(lambda room: _record(known, values, room), size if most is None else most)


def _tombstone(name: str, stone: Mapping[str, Any], room: Room) -> dict[str, Any]:
    successor = {"successor": stone["successor"]} if stone["successor"] else {}
    return {"record": name, "status": stone["status"], **successor, "data": texts({"reason": stone["reason"]}, room)}


def _record(known: Mapping[str, Any], values: Mapping[str, Any], room: Room) -> dict[str, Any]:
    said = dict(values.get(SUMMARY) or {}) | ({"reason": known["reason"]} if known["reason"] else {})
    has = {key: len(known[key]) for key in ("dead_ends", "workarounds", "diagnosis", "verify")}
    return {
        "record": known["record"],
        **_standing(known),
        "has": has,
        "data": texts(said, room) | {part: _entries(value, room) for part, value in values.items() if part != SUMMARY},
    }


def _part(base: Store, known: Mapping[str, Any], part: str) -> Any:  # noqa: ANN401 - JSON
    name, withheld = known["record"], known["withheld"]
    if part == SUMMARY:
        first = {f"first_{key}": next((item["action"] for item in known[f"{key}s"]), None) for key in _KINDS}
        return {key: known[key] for key in ("signature", "root_cause", "resolvable")} | first
    if part in {"dead_ends", "workarounds"}:
        return [_tried(item) for item in known[part]]
    if part == "sources":
        cited = base.query("SELECT DISTINCT url FROM sources WHERE record_id = $id ORDER BY url", {"id": name}).rows
        return [] if withheld else [url for (url,) in cited]
    if part == "trust":
        return [known["trust"]]
    if part == "history":
        keys = (
            "at",
            "by",
            "kind",
            "item",
            "item_position",
            "worked",
            "tier",
            *(() if withheld else ("reason", "note")),
        )
        return [{key: event[key] for key in keys} for event in reversed(show.decided(base, name))]
    return known[part]


_KINDS = ("dead_end", "workaround")


def text_of_record(answer: Mapping[str, Any]) -> str:
    """The same as text; `data` line by line, for those who see no more than that."""
    said = answer["data"]
    if "confidence" not in answer:
        see = f"; see {answer['successor']}" if "successor" in answer else ""
        return _fenced(
            f"{answer['record']} was {answer['status']}{see}. Do not use it.",
            [f"{k}: {v}" for k, v in said.items()],
            TEXT,
        )
    has = ", ".join(f"{key} {number}" for key, number in answer["has"].items() if number)
    head = f"{answer['record']}; {_trust(answer)}; has {has or 'no parts'}{', cut' if answer['cut'] else ''}"
    if not any(isinstance(value, list) for value in said.values()):
        return _fenced(head, [f"{key}: {value}" for key, value in said.items()], TEXT)
    return "\n".join([head, OPENING, *_lines(said), CLOSING])


def _lines(said: Mapping[str, Any]) -> Iterator[str]:
    for key, value in said.items():
        for entry in value if isinstance(value, list) else [value]:
            yield f"{key}: {entry if isinstance(entry, str) else orjson.dumps(entry).decode()}"


# ---- both ------------------------------------------------------------------------------------------------------------


def _standing(known: Mapping[str, Any]) -> dict[str, Any]:
    """How far to believe a record."""
    trust = known["trust"]
    return {
        "status": known["status"],
        **({"successor": known["successor"]} if known["successor"] else {}),
        "confidence": trust["effective"],
        "declared": trust["declared"],
        "tier": trust["tier"],
        "freshness": trust["freshness"],
        "last_confirmed": trust["last_confirmed"],
        "affected": known["affected"],
        "withheld": known["withheld"],
    }


def _trust(answer: Mapping[str, Any]) -> str:
    names = {"declared": "declared", "tier": "tier", "freshness": "freshness", "last_confirmed": "last_confirmed"}
    known = {key: answer[name] for key, name in names.items()} | {
        "effective": answer["confidence"],
        "age": answer["last_confirmed"],
    }
    believed = matches.trust(
        {**answer, "trust": known, "reason": None, "successor": answer.get("successor")}  # the reason is text of others
    )
    return f"text WITHHELD (SAF004: it may be meant to steer you); {believed}" if answer["withheld"] else believed


def _tried(item: Mapping[str, Any]) -> dict[str, Any]:
    """A dead end or a workaround, under the number by which `report_outcome` names it."""
    names = {"place": "position", "why_fails": "why", "low": "at_least"}
    found = {names.get(key, key): value for key, value in item.items() if key not in {"high", "applies"}}
    return {key: round(value, 2) if key == "at_least" and value is not None else value for key, value in found.items()}


def _entries(value: Any, room: Room) -> Any:  # noqa: ANN401 - JSON
    return [texts(entry, room) if isinstance(entry, dict) else cut(entry, room.size) for entry in value][: room.entries]


def texts(item: Mapping[str, Any], room: Room) -> dict[str, Any]:
    """The values of an object that say something, as far as there is room."""
    found = {}
    for key, value in item.items():
        if isinstance(value, str) and key == "how":
            whole = quoted(value)
            value = whole if len(whole.encode()) <= room.size else None  # noqa: PLW2901 - half a command is another
        elif isinstance(value, str):
            value = cut(value, room.size)  # noqa: PLW2901
        if value not in (None, "", []):
            found[key] = value
    return found


def quoted(text: str) -> str:
    """Text of a record that acts neither on a terminal nor as the end of what is marked as data."""
    return "\n".join(map(visible, _FENCE.sub("[record-text]", text).splitlines()))


def cut(text: str, most: int) -> str:
    """A text of so many bytes at most, that ends between two words where there is one."""
    whole = quoted(text)
    if len(whole.encode()) <= most:
        return whole
    short = whole.encode()[: max(most - 3, 0)].decode(errors="ignore")
    between = short.rpartition(" ")[0] or short
    return f"{between.rstrip()}…" if between.strip() else ""
