"""`kb match`: which error this is, what not to try, what works, and how far to believe it; or that the base does not know."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import orjson

from kb.analysis.beta import interval
from kb.analysis.error_lines import LogLine, likely
from kb.errors import KbError
from kb.match.conditions import Here, applies, numbers
from kb.match.likeness import Likeness
from kb.match.ranking import Near, Ranker
from kb.match.verdict import Certainty, Looked, Spotted, Taken, Thresholds, look
from kb.publish import match_file, swap
from kb.settings import OwnLines
from kb.workspace import Workspace

if TYPE_CHECKING:
    from kb.store import Store

LONGEST_MESSAGE = 1 << 20
"""A message of more bytes is a log."""

_FEW_LINES = 64

_INJECTED, _CONTESTED = "SAF004", "LED009"


class Question(NamedTuple):
    """What is asked: from which score on a record is an answer, where the error came up, how many answers are wanted.

    To `explain` is to say which records took how many of the lines.
    """

    thresholds: Thresholds
    here: Here = Here()
    limit: int = 3
    explain: bool = False


class Opened(NamedTuple):
    """A base that errors are looked up in."""

    base: "Store"
    ranker: Ranker
    notes: tuple[str, ...] = ()


def opened(base: "Store", scratch: Path, own: OwnLines) -> Opened:
    """The base with its index; `scratch` is the folder that has it."""
    index, is_own = match_file.opened(base, scratch, own)
    return Opened(
        base,
        Ranker(index),
        () if is_own else ("the index was made anew, for there is none of this base; `kb ingest` keeps it",),
    )


def of_message(text: str | bytes) -> list[LogLine]:
    """Every line of a message that is not empty; bytes that are no UTF-8 are read as far as they are.

    Raises:
        KbError: it is longer than a message, or there is nothing in it.
    """
    data = text.encode(errors="replace") if isinstance(text, str) else text
    if len(data) > LONGEST_MESSAGE:
        raise KbError(f"the message has more than {LONGEST_MESSAGE >> 20} MB; give it to --log, which picks the lines")
    lines = enumerate(data.decode(errors="replace").splitlines(), start=1)
    found = [LogLine(number, line.rstrip()) for number, line in lines if line.strip()]
    if not found:
        raise KbError("the message is empty; give the text of the error")
    return found


@contextmanager
def log_file(path: Path) -> Iterator[BinaryIO]:
    """A log, open to be read.

    Raises:
        KbError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise KbError(f"{path}: cannot be read: {error.strerror}; name a file, or - for standard input") from None


def look_up(opened: Opened, lines: Sequence[LogLine], question: Question, as_of: dt.date) -> dict[str, Any]:
    """The answer, as `schemas/match.v1.json` describes it."""
    return _answered(opened, _looked_in_message(opened.ranker, lines, question), question, as_of)


def _looked(ranker: Ranker, lines: Iterable[LogLine], question: Question, likeness: Likeness | None = None) -> Looked:
    like = likeness.of if likeness else str
    return look(ranker, lines, question.thresholds, question.here, likeness=like)


def _looked_in_message(ranker: Ranker, lines: Sequence[LogLine], question: Question) -> Looked:
    """What is found in a message: a long one is looked through as a log is, which for a few lines takes longer than these."""
    return _looked(ranker, lines, question, Likeness(ranker) if len(lines) > _FEW_LINES else None)


def _answered(opened: Opened, looked: Looked, question: Question, as_of: dt.date) -> dict[str, Any]:
    answers = [_answer(opened, spotted, question.here, as_of) for spotted in looked.answered[: question.limit]]
    told = _told(opened.ranker, looked, question, as_of, answers)
    return told | ({"taken": [_taken(opened, taken) for taken in looked.taken]} if question.explain else {})


def look_up_message(
    workspace: Workspace, text: str | bytes, question: Question, as_of: dt.date
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The answer to a message, and notes; where no record is near enough, the index alone gives it.

    To import and to open DuckDB takes longer than all the rest.

    Raises:
        KbError: the message is empty or too long, or there is no base that can be read.
    """
    lines = of_message(text)
    index = None if question.explain else match_file.as_left(workspace)
    looked: Looked | None = None
    if index is not None:
        looked = _looked_in_message(Ranker(index), lines, question)
        if not looked.answered:
            return _told(Ranker(index), looked, question, as_of, []), ()
    with swap.reading(workspace) as base:
        ready = opened(base, workspace.scratch, workspace.settings.own_lines)
        if looked is None or index is None or ready.ranker.index.digest != index.digest:
            looked = _looked_in_message(ready.ranker, lines, question)
        return _answered(ready, looked, question, as_of), ready.notes


def look_up_log(
    workspace: Workspace, stream: BinaryIO, question: Question, as_of: dt.date
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The answer to the lines of a log that look like errors, and notes.

    Raises:
        KbError: there is no base that can be read.
    """
    with swap.reading(workspace) as base:
        ready = opened(base, workspace.scratch, workspace.settings.own_lines)
        cues = match_file.cues(base, workspace.settings.own_lines)
        notes = ready.notes if cues is not None else (*ready.notes, _FEW_CUES)
        likeness = Likeness(ready.ranker)
        lines = likely(stream, cues or (), likeness.matters)
        return _answered(ready, _looked(ready.ranker, lines, question, likeness), question, as_of), notes


_FEW_CUES = "the base is large: lines without a word such as error, failed or cannot are passed over"


def _told(
    ranker: Ranker, looked: Looked, question: Question, as_of: dt.date, answers: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "verdict": looked.verdict,
        "as_of": as_of.isoformat(),
        "records": len(ranker),
        "lines": looked.lines,
        "threshold": question.thresholds.score,
        "margin": question.thresholds.margin,
        "answers": answers,
        "more": len(looked.answered) - len(answers),
        "misses": _misses(ranker, looked),
        "elsewhere": [ranker.id(record) for record in looked.elsewhere],
    }


def _taken(opened: Opened, taken: Taken) -> dict[str, Any]:
    name = opened.ranker.id(taken.record)
    (regex,) = opened.base.query("SELECT regex FROM records WHERE id = $id", {"id": name}).rows[0]
    return {"record": name, "matched": taken.matched, "answered": taken.answered, "regex": regex}


def _misses(ranker: Ranker, looked: Looked) -> list[dict[str, Any]]:
    return [
        {"record": ranker.id(near.record), "score": _rounded(near.score), **_line(spotted, near)}
        for spotted in looked.missed
        for near in spotted.nearest[:1]
    ]


def _answer(opened: Opened, spotted: Spotted, here: Here, as_of: dt.date) -> dict[str, Any]:
    nearest, *others = spotted.nearest
    name = opened.ranker.id(nearest.record)
    rivals = (
        [(opened.ranker.id(near.record), near) for near in others] if spotted.verdict is Certainty.AMBIGUOUS else []
    )
    return {
        "verdict": spotted.verdict,
        "score": _rounded(nearest.score),
        "margin": _rounded(spotted.margin),
        "by": list(nearest.by),
        **_line(spotted, nearest),
        **known(opened.base, name, here, as_of),
        "rivals": [
            {
                "record": rival,
                "score": _rounded(near.score),
                "by": list(near.by),
                **distinguished(opened.base, name, rival),
            }
            for rival, near in rivals
        ],
    }


def _line(spotted: Spotted, near: Near) -> dict[str, Any]:
    start, end = near.span
    return {"line": spotted.line.number, "text": spotted.line.text, "span": [start, end], "times": spotted.times}


def _rounded(score: float) -> float:
    return round(score, 4)


def distinguished(base: "Store", name: str, rival: str) -> dict[str, Any]:
    """What tells a record from another one: the distinction that either of them gives, and how the other is diagnosed.

    What a record says that may be meant to steer its reader (SAF004) is withheld here too.
    """
    hidden = base.query(
        """SELECT DISTINCT record_id FROM findings
        WHERE record_id IN ($name, $rival) AND suppressed IS NULL AND code = $injected""",
        {"name": name, "rival": rival, "injected": _INJECTED},
    ).rows
    withheld = [record for (record,) in hidden]
    distinctions = base.query(
        """SELECT distinction FROM transitions WHERE kind = 'frequently_confused_with' AND distinction IS NOT NULL
            AND ((record_id = $name AND error_id = $rival) OR (record_id = $rival AND error_id = $name))
            AND NOT list_contains($withheld::VARCHAR[], record_id)
        ORDER BY record_id <> $name, distinction""",
        {"name": name, "rival": rival, "withheld": withheld},
    ).rows
    diagnosis, signature = base.query(
        "SELECT diagnosis, signature FROM records WHERE id = $rival", {"rival": rival}
    ).rows[0]
    return {
        "signature": None if rival in withheld else signature,
        "distinction": distinctions[0][0] if distinctions else None,
        "diagnosis": [] if rival in withheld else diagnosis or [],
    }


def known(base: "Store", name: str, here: Here, as_of: dt.date) -> dict[str, Any]:
    """What a reader has to know of a record: whether to believe it, dead ends, then workarounds, the surest first.

    What is withheld, for it may be meant to steer its reader (SAF004), is empty.
    """
    asked = {"as_of": as_of, "id": name}
    (doc,) = base.query("SELECT doc FROM records WHERE id = $id", {"id": name}).rows[0]
    document = orjson.loads(doc)
    trust = base.query(
        "SELECT effective, declared, tier, last_confirmed, age, freshness, why FROM trust($as_of) WHERE id = $id", asked
    ).records()[0]
    marks = base.query(
        "SELECT DISTINCT code FROM findings WHERE record_id = $id AND suppressed IS NULL AND code IN ($injected, $contested)",
        {"id": name, "injected": _INJECTED, "contested": _CONTESTED},
    ).rows
    codes = {code for (code,) in marks}
    decided = document["curation"].get("ledger") or {}
    last_confirmed = trust.pop("last_confirmed")
    standing: dict[str, Any] = {
        "record": name,
        "trust": {**trust, "last_confirmed": last_confirmed and last_confirmed.isoformat()},
        "status": decided.get("status") or ("contested" if _CONTESTED in codes else "published"),
        "reason": decided.get("reason"),
        "successor": decided.get("successor"),
        "affected": _affected(document, here),
        "url": document["official_doc_url"],
        "withheld": _INJECTED in codes,
    }
    text = {
        "signature": document["signature"],
        "root_cause": document["root_cause"],
        "resolvable": document["resolvable"],
        "dead_ends": _items(
            _placed(document["dead_ends"]), here, ("place", "action", "why_fails", "condition", "fail_rate")
        ),
        "workarounds": _workarounds(base, document, here, asked),
        "diagnosis": document["diagnosis"],
        "verify": document["verify"],
    }
    return standing | (
        {key: [] if isinstance(value, list) else None for key, value in text.items()} if standing["withheld"] else text
    )


def _placed(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items with their places in the record, from 1, as `kb outcome` names them."""
    return [{**item, "place": place} for place, item in enumerate(items, start=1)]


def _items(items: list[dict[str, Any]], here: Here, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Those of the items that do not say that they hold elsewhere alone."""
    found = [
        {**{key: item[key] for key in keys}, "applies": applies(item["condition"], here)}
        for item in items
        if item["action"]
    ]
    return [item for item in found if item["applies"] is not False]


def _workarounds(base: "Store", document: dict[str, Any], here: Here, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The workarounds, the highest lower bound of their rate first: of the outcomes, where there are any, else as declared."""
    tried = base.query(_TRIED, asked).rows if base.holds("events WHERE kind = 'outcome'") else []
    weight = base.value("SELECT prior_weight($tier)", {"tier": document["verification_tier"]})
    found = {position: (*interval(alpha, beta), outcomes) for position, alpha, beta, outcomes in tried}
    items = []
    for item in _placed(document["workarounds"]):
        position = item["place"] - 1
        rate = item["success_rate"]
        if position not in found and rate is not None:
            found[position] = (*interval(rate * weight, (1 - rate) * weight), 0)
        low, high, outcomes = found.get(position, (None, None, 0))
        items.append({**item, "low": low, "high": high, "outcomes": outcomes})
    ranked = sorted(items, key=lambda item: (item["low"] is None, -(item["low"] or 0), item["place"]))
    return _items(ranked, here, ("place", "action", "how", "condition", "success_rate", "low", "high", "outcomes"))


_TRIED = "SELECT position, alpha, beta, outcomes FROM rates($as_of) WHERE record_id = $id AND item = 'workaround'"


def _affected(document: dict[str, Any], here: Here) -> bool | None:
    """Whether the record lists the version that is here, or that is older than all it lists; None, where neither is known."""
    ours = here.versions.get(document["domain"].lower())
    listed = [numbers(item["version"]) for item in document["versions"]]
    listed = [version for version in listed if version]
    if ours is None or not listed:
        return None
    if any(_is_one(numbers(ours), version) for version in listed):
        return True
    return False if numbers(ours) < min(listed) else None


def _is_one(ours: tuple[int, ...], listed: tuple[int, ...]) -> bool:
    shorter = min(len(ours), len(listed))
    return ours[:shorter] == listed[:shorter]
