"""Whether outcomes make confidence truer: a simulated base whose true rates are known, and 5,000 outcomes of its actions.

    python -m benchmarks.calibration

Every record holds at its own true rate, which its author, too sure of it, declares with noise. Seeded: the table is the same on
every machine.
"""

import datetime as dt
import random
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from kb import reports, store
from kb.contract import complete
from kb.jobs.ingest import ingest
from kb.judging.request import Request
from kb.ledger.book import packed
from kb.ledger.event import Event, action_of, made
from kb.model import Document
from kb.render import answers
from kb.rules.example import with_changes
from kb.rules.text_digest import text_digest
from kb.workspace import find

DAY = dt.date(2026, 11, 22)
RECORDS, OUTCOMES_EACH = 500, 10


def simulated(seed: int = 13) -> tuple[list[Document], list[Event]]:
    """The records and the outcomes of their first workarounds."""
    chance = random.Random(seed)
    documents, events = [], []
    for number in range(RECORDS):
        true_rate = chance.betavariate(4, 3)
        declared = min(max(round(true_rate + 0.25 + chance.gauss(0, 0.15), 2), 0.05), 0.99)
        document = with_changes({
            "/id": f"git/r{number}", "/signature": f"fatal: error {number} of {chance.random()}", "/confidence": declared,
            "/workarounds/0/action": f"Try way {number}", "/last_confirmed": "2026-11-01", "/last_updated": "2026-11-01",
        })  # fmt: skip
        documents.append(document)
        target = {"item": "workaround", "position": 0, "action": action_of(f"Try way {number}")}
        for turn in range(OUTCOMES_EACH):
            day = f"2026-11-{chance.randrange(1, 22):02}T00:00:00Z"
            events.append(made(
                kind="outcome", record=document["id"], at=day, by=f"person:{turn}", target=target,
                worked=chance.random() < true_rate,
            ))  # fmt: skip
    return documents, events


def base(root: Path) -> Path:
    """A base of them, ingested; where its store is."""
    documents, events = simulated()
    for name, data in {
        "raw/all.ndjson": b"".join(orjson.dumps(document) + b"\n" for document in documents),
        f"ledger/{packed(events)[0]}": packed(events)[1],
    }.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(data)
    (root / "kb.toml").write_text("", encoding="utf-8")
    workspace = find(root)
    ingest(workspace, [workspace.raw], Request(DAY, jobs=1))
    return workspace.store


def brier_scores() -> dict[str, float]:
    """The Brier score of each predictor."""
    return {row["predictor"]: row["brier"] for row in _answer().part("scores").rows.records()}


def decisions(lines: Iterable[bytes], count: int, seed: int = 13) -> Iterator[Event]:
    """Decisions about the records of some lines, of a year and thirty people: confirmations, refutations and outcomes."""
    chance = random.Random(seed)
    documents = [orjson.loads(line) for line in lines]
    digests = [text_digest(complete(document)) for document in documents]
    for number in range(count):
        place = chance.randrange(len(documents))
        kind = chance.choice(["confirm", "outcome", "outcome", "refute"])
        actions = documents[place]["workarounds"]
        tried = {
            "worked": chance.random() < 0.8,
            "target": {"item": "workaround", "position": 0, "action": action_of(actions[0]["action"])},
        } if kind == "outcome" and actions else {}  # fmt: skip
        yield made(
            kind=kind if tried or kind != "outcome" else "confirm", record=documents[place]["id"], digest=digests[place],
            at=f"2026-{chance.randrange(1, 11):02}-{chance.randrange(1, 28):02}T08:00:00Z",
            by=f"person:{chance.randrange(30)}", note=str(number), **tried,
        )  # fmt: skip


def _answer() -> reports.Answer:
    with tempfile.TemporaryDirectory() as folder, store.read(base(Path(folder))) as opened:
        return reports.run(opened, reports.named("calibration"), reports.Options(DAY))


def main() -> None:
    """Print the report of the simulated base."""
    print("\n".join(answers.text(_answer(), terminal=False)))


if __name__ == "__main__":
    main()
