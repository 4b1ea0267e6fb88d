"""Whether outcomes make confidence truer: a simulated base whose true rates are known, and 5,000 outcomes of its actions.

    python -m benchmarks.calibration

Every record holds at its own true rate, which its author, too sure of it, declares with noise. Seeded: the table is the same on
every machine.
"""

import datetime as dt
import random
import tempfile
from pathlib import Path

import orjson

from kb import reports, store
from kb.jobs.ingest import ingest
from kb.judging.request import Request
from kb.ledger.book import packed
from kb.ledger.event import Event, action_of, made
from kb.model import Document
from kb.render import answers
from kb.rules.example import with_changes
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, store.read(base(Path(folder))) as opened:
        answer = reports.run(opened, reports.named("calibration"), reports.Options(DAY))
        print("\n".join(answers.text(answer, terminal=False)))


if __name__ == "__main__":
    main()
