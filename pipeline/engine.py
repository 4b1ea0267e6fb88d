"""Many records: chunks over processes. The only multiprocess code.

`curate_batch` is the record stage as a pure function from records to JSON lines; it needs nothing but its arguments, so
that any engine which can call a Python function over a batch can run it as it is.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import orjson

from pipeline.curate import content_digest, curate
from pipeline.model import GONE, Change, Curated, Finding, Incoming, Json, KbError, Origin
from pipeline.rules.ruleset import RuleSet
from pipeline.workspace import Settings

CHUNK_BYTES = 4 << 20
"""A chunk is closed when its records reach this many bytes, so memory is bounded by chunks, not by the input."""


class Batch(NamedTuple):
    """What the record stage makes of a batch, as JSON lines ready for the store (its columns are in stage.sql)."""

    records: bytes
    findings: bytes
    changes: bytes
    rejects: bytes


def curate_batch(batch: Iterable[Incoming], rules: RuleSet) -> Batch:
    """Judge and repair a batch of records. Pure: the same batch and rules give the same bytes, in any process."""
    records: list[bytes] = []
    findings: list[bytes] = []
    changes: list[bytes] = []
    rejects: list[bytes] = []
    for incoming in batch:
        outcome = curate(incoming, rules)
        findings += _findings(outcome.id, incoming.origin, outcome.findings)
        if isinstance(outcome, Curated):
            records.append(_record(outcome, incoming.origin))
            changes += _changes(outcome.id, incoming.origin, outcome.changes)
        else:
            rejects.append(_reject(outcome.id, incoming))
    return Batch(*(b"\n".join([*lines, b""]) for lines in (records, findings, changes, rejects)))


def _where(origin: Origin) -> dict[str, Json]:
    return {"path": origin.path, "position": origin.position, "line": origin.line}


def _record(curated: Curated, origin: Origin) -> bytes:
    return orjson.dumps(
        {
            **_where(origin),
            "digest": origin.digest,
            "content": content_digest(curated.document),
            "doc": orjson.dumps(curated.document).decode(),
        }
    )


def _reject(name: str | None, incoming: Incoming) -> bytes:
    raw = base64.b64encode(incoming.raw).decode()
    return orjson.dumps(
        {"record_id": name, **_where(incoming.origin), "digest": incoming.origin.digest, "raw": raw}
    )


def _findings(name: str | None, origin: Origin, findings: tuple[Finding, ...]) -> Iterator[bytes]:
    for seq, finding in enumerate(findings):
        yield orjson.dumps({"record_id": name, **_where(origin), **finding._asdict(), "seq": seq})


def _changes(name: str, origin: Origin, changes: tuple[Change, ...]) -> Iterator[bytes]:
    for seq, change in enumerate(changes):
        yield orjson.dumps(
            {
                "record_id": name,
                "path": origin.path,
                "position": origin.position,
                "code": change.code,
                "pointer": change.pointer,
                "before": _text(change.before),
                "after": None if change.after is GONE else _text(change.after),
                "seq": seq,
            }
        )


def _text(value: Json) -> str:
    return orjson.dumps(value).decode()


def run(
    incoming: Iterable[Incoming],
    rules: RuleSet,
    folder: Path,
    jobs: int,
    tick: Callable[[int], None] = lambda _: None,
) -> int:
    """Curate records in chunks and write the batches into `folder`; how many records there were.

    `tick` is told of each finished chunk's records. The files are named by chunk, so the outcome does not depend on
    `jobs`. One chunk, or one job, is done in this process.

    Raises:
        KbError: a worker died, or the disk refused; the chunk is named.
    """
    chunks = _chunks(incoming)
    first, second = next(chunks, []), next(chunks, None)
    if second is None or jobs == 1:
        count = 0
        for number, chunk in enumerate(_chain(first, second, chunks)):
            _write(folder, number, curate_batch(chunk, rules))
            count += len(chunk)
            tick(len(chunk))
        return count
    return _run_parallel(_chain(first, second, chunks), rules.settings, folder, jobs, tick)


def _chain(first: list[Incoming], second: list[Incoming] | None, rest: Iterator[list[Incoming]]) -> Iterator[list[Incoming]]:
    yield first
    if second is not None:
        yield second
        yield from rest


def _chunks(incoming: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    chunk: list[Incoming] = []
    size = 0
    for record in incoming:
        chunk.append(record)
        size += len(record.raw)
        if size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _run_parallel(
    chunks: Iterator[list[Incoming]], settings: Settings, folder: Path, jobs: int, tick: Callable[[int], None]
) -> int:
    count = 0
    waiting: dict[Future[None], list[Incoming]] = {}
    with ProcessPoolExecutor(jobs, get_context("spawn"), _prepare, (settings,)) as pool:
        try:
            for number, chunk in enumerate(chunks):
                waiting[pool.submit(_work, number, chunk, folder)] = chunk
                while len(waiting) > 2 * jobs:  # so that a fast reader does not fill the memory
                    count += _finish(waiting, tick)
            while waiting:
                count += _finish(waiting, tick)
        except BrokenProcessPool:
            chunk = next(iter(waiting.values()))
            raise KbError(
                f"a worker process died on or near {chunk[0].origin} … {chunk[-1].origin}"
                " (killed, or out of memory); nothing was published; try again with --jobs 1"
            ) from None
    return count


def _finish(waiting: dict[Future[None], list[Incoming]], tick: Callable[[int], None]) -> int:
    future = next(iter(waiting))
    future.result()
    done = len(waiting.pop(future))
    tick(done)
    return done


def _work(number: int, chunk: list[Incoming], folder: Path) -> None:
    _write(folder, number, curate_batch(chunk, _WORKER["rules"]))


_WORKER: dict[str, RuleSet] = {}


def _prepare(settings: Settings) -> None:
    _WORKER["rules"] = RuleSet(settings)


def _write(folder: Path, number: int, batch: Batch) -> None:
    for kind, lines in batch._asdict().items():
        (folder / f"{number:06d}.{kind}.ndjson").write_bytes(lines)
