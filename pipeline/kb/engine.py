"""Many records: chunks over processes. The only multiprocess code.

`curate_batch` and `curate_lines` are the record stage as a pure function from records to JSON lines; they need nothing but
their arguments, so that any engine which can call a Python function over a batch can run them as they are.
"""

import datetime as dt
import hashlib
import heapq
import os
import signal
import traceback
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson

from kb.analysis.credentials import masked
from kb.curate.record import AT_A_TIME, curate_some
from kb.model import GONE, Curated, Incoming, Json, KbError
from kb.rules.base import Rule
from kb.rules.match_keys import traits
from kb.rules.ruleset import RuleSet
from kb.sources import records
from kb.workspace import Settings

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CHUNK_BYTES = 4 << 20
"""A chunk is closed when its records reach this many bytes, so memory is bounded by chunks, not by the input."""


class Batch(NamedTuple):
    """What became of a batch of records, as JSON lines: one outcome for each, one claim for each that is fit to publish.

    An outcome holds `record_id`, `path`, `position`, `line` and `digest` of the origin, `findings` as [code, pointer,
    message, fingerprint, reason why it is suppressed or null], and either `doc` (the curated document as canonical JSON
    text), `content` (the SHA-256 of what it says, whoever said it), `changes` as [code, pointer, before, after] with
    values as JSON text, and `traits` (what corpus rules compare it by), or `raw` (Base64, with credentials masked). A
    claim is the part of it that decides between records with one `id`.
    """

    outcomes: bytes
    claims: bytes


def curate_batch(batch: Iterable[Incoming], rules: RuleSet) -> Batch:
    """Judge and repair a batch of records. Pure: the same batch and rules give the same bytes, in any process."""
    outcomes: list[bytes] = []
    claims: list[bytes] = []
    rest = iter(batch)
    while some := list(islice(rest, AT_A_TIME)):
        curated = curate_some(some, rules)
        compared = [traits(outcome.document) if isinstance(outcome, Curated) else {} for outcome in curated]
        for incoming, outcome, by in zip(some, curated, compared, strict=True):
            path, position, line, digest = incoming.origin
            origin = {"path": path, "position": position, "line": line, "digest": digest}
            told: dict[str, Json] = {"record_id": outcome.id, **origin, "findings": [*map(tuple, outcome.findings)]}
            if isinstance(outcome, Curated):
                told |= {"traits": {"form": outcome.form, **by}, **_as_published(outcome)}
                updated = outcome.document["last_updated"]
                claims.append(
                    orjson.dumps({**origin, "id": outcome.id, "content": told["content"], "last_updated": updated})
                )
            else:
                told["raw"] = b2a_base64(masked(incoming.raw), newline=False).decode()
            outcomes.append(orjson.dumps(told))
    return Batch(b"\n".join([*outcomes, b""]), b"\n".join([*claims, b""]))


def _as_published(outcome: Curated) -> dict[str, Json]:
    body = orjson.dumps({key: value for key, value in outcome.document.items() if key != "curation"})
    curation = orjson.dumps(outcome.document["curation"])
    return {
        "content": hashlib.sha256(body).hexdigest(),
        "doc": (body[:-1] + b',"curation":' + curation + b"}").decode(),
        "changes": [
            (code, pointer, _text(before), None if after is GONE else _text(after))
            for code, pointer, before, after in outcome.changes
        ],
    }


def curate_lines(name: str, lines: bytes, rules: RuleSet) -> Batch:
    """The record stage over JSON lines, for engines that hand out bytes: `name` is what origins will say, a .ndjson path.

    Positions and lines count from the start of `lines`. With Arrow, hand in the joined lines of a binary column, and
    read `outcomes` back with Arrow's own JSON reader.
    """
    return curate_batch(records(name, lines), rules)


def _text(value: Json) -> str:
    return orjson.dumps(value).decode()


def run(
    incoming: Iterable[Incoming],
    rules: RuleSet,
    folder: Path,
    jobs: int,
    tick: Callable[[int], None] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> int:
    """Curate records in chunks and write what became of them into `folder`; how many records there were.

    `tick` is told of each finished chunk's records; `meanwhile` is done while workers are busy with the last of them.
    The files are named by chunk, so the outcome does not depend on `jobs`. A few small chunks, or one job, are done in this
    process: that is sooner than to start others.

    Raises:
        KbError: a worker died, or the disk refused; the chunk is named.
    """
    chunks = _chunks(incoming)
    head = [] if jobs == 1 else list(islice(chunks, _FEW + 1))
    if len(head) > _FEW:
        return _run_parallel(chain(head, chunks), rules, folder, jobs, tick, meanwhile)
    count = 0
    for number, chunk in enumerate(chain(head, chunks)):
        _write(folder, number, curate_batch(chunk, rules))
        count += len(chunk)
        tick(len(chunk))
    return count


_FEW = 2
"""So many chunks are judged sooner than workers are started."""

_SMALL = 8
"""So many chunks are small."""


def _chunks(incoming: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """The records in chunks; the first are a quarter as large, so that a small input is spread over the workers too."""
    chunk: list[Incoming] = []
    number = size = 0
    for record in incoming:
        chunk.append(record)
        size += len(record.raw)
        if size >= (CHUNK_BYTES if number >= _SMALL else CHUNK_BYTES // 4):
            yield chunk
            chunk, size, number = [], 0, number + 1
    if chunk or not number:  # of nothing there is a file, too
        yield chunk


def _run_parallel(
    chunks: Iterator[list[Incoming]],
    rules: RuleSet,
    folder: Path,
    jobs: int,
    tick: Callable[[int], None],
    meanwhile: Callable[[], object],
) -> int:
    """Hand chunks to workers as they get free. Nothing is shared with them but a pipe each, which no death leaves locked."""
    from multiprocessing.connection import wait  # noqa: PLC0415 - only more than one chunk needs workers

    count = 0
    with _workers(jobs, rules, folder) as workers:
        free = list(workers)
        busy: dict[Connection, list[Incoming]] = {}

        def finish() -> int:
            done = 0
            answered = set(wait(list(busy)))
            for pipe in [pipe for pipe in busy if pipe in answered]:
                chunk = busy.pop(pipe)
                _receive(pipe, chunk)
                free.append(pipe)
                tick(len(chunk))
                done += len(chunk)
            return done

        for number, chunk in enumerate(chunks):
            while not free:
                count += finish()
            pipe = free.pop()
            busy[pipe] = chunk
            _send(pipe, (number, chunk), chunk)
        meanwhile()
        while busy:
            count += finish()
    return count


@contextmanager
def _workers(jobs: int, rules: RuleSet, folder: Path) -> "Iterator[list[Connection]]":
    """Started worker processes, by the pipes to them; in the end, whatever it is, there is none left."""
    from multiprocessing import get_context  # noqa: PLC0415 - likewise

    context = get_context("spawn")
    processes, pipes = [], []
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(theirs, folder, rules.settings, rules.as_of, rules.added), daemon=True
            )
            process.start()
            theirs.close()  # so that its death ends the pipe
            processes.append(process)
            pipes.append(ours)
        yield pipes
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.kill()
            process.join()
            process.close()


def _send(pipe: "Connection", task: tuple[int, list[Incoming]], chunk: list[Incoming]) -> None:
    try:
        pipe.send(task)
    except OSError:
        raise _died(chunk) from None


def _receive(pipe: "Connection", chunk: list[Incoming]) -> None:
    try:
        failure = pipe.recv()
    except (EOFError, OSError):
        raise _died(chunk) from None
    if failure is not None:
        raise failure


def _died(chunk: list[Incoming]) -> KbError:
    return KbError(
        f"a worker process died on or near {chunk[0].origin} … {chunk[-1].origin}"
        " (killed, or out of memory); nothing was published; try again with --jobs 1"
    )


def _work(pipe: "Connection", folder: Path, settings: Settings, as_of: dt.date | None, added: Sequence[Rule]) -> None:
    """The life of a worker: it judges what it is sent, until there is nobody to send it anything.

    What a terminal or a supervisor sends to all of the group is for the parent, which tells of it and ends its workers.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _die_with_parent()
    rules = RuleSet(settings, as_of, added)
    with suppress(EOFError, OSError):
        while True:
            number, chunk = pipe.recv()
            failure: Exception | None = None
            try:
                _write(folder, number, curate_batch(chunk, rules))
            except OSError as error:
                failure = OSError(error.errno, error.strerror, error.filename)
            except MemoryError:
                failure = MemoryError()
            except Exception as error:  # noqa: BLE001 - for the parent to tell; not every one can be sent
                failure = RuntimeError(f"{type(error).__name__}: {error}")
                failure.add_note(traceback.format_exc())
            pipe.send(failure)


def _die_with_parent() -> None:
    """End at once when the parent is gone, even in the midst of a chunk: the next run may use the same names."""
    import threading  # noqa: PLC0415 - only workers need it
    from multiprocessing import parent_process  # noqa: PLC0415 - likewise
    from multiprocessing.connection import wait  # noqa: PLC0415 - likewise

    parent = parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def _write(folder: Path, number: int, batch: Batch) -> None:
    outcomes = sorted(batch.outcomes.splitlines(keepends=True), key=_name)
    with (folder / f"{number:06d}.outcomes.ndjson").open("wb") as file:
        file.writelines(outcomes)
    (folder / f"{number:06d}.claims.ndjson").write_bytes(batch.claims)


def _name(outcome: bytes) -> bytes:
    """The id in an outcome, for putting them in order."""
    return outcome[_ID : outcome.find(b'"', _ID)]


_ID = len(b'{"record_id":"')

SLICE_BYTES = 64 << 20

_MOST_OPEN = 200


class Slice(NamedTuple):
    """Some outcomes in a file; `longest` is the length of the longest line."""

    path: Path
    longest: int


def slices(folder: Path) -> Iterator[Slice]:
    """What became of all records that `run` wrote of, in the order of their ids: a file after the other, in one place.

    Records that lie together in the store as their ids do are found by id without looking at the others.
    """
    outcomes = _merged(sorted(folder.glob("*.outcomes.ndjson")))
    target = folder / "slice.ndjson"
    while True:
        size = longest = 0
        with target.open("wb") as file:
            for line in outcomes:
                file.write(line)
                size += len(line)
                longest = max(longest, len(line))
                if size >= SLICE_BYTES:
                    break
        if not size:
            return
        yield Slice(target, longest)


def _merged(files: list[Path]) -> Iterator[bytes]:
    while len(files) > _MOST_OPEN:
        first, files = files[:_MOST_OPEN], files[_MOST_OPEN:]
        target = first[0].with_name(f"{first[0].name}+")
        with target.open("wb") as file:
            file.writelines(_merged(first))
        for path in first:
            path.unlink()
        files.append(target)
    return heapq.merge(*map(_lines, files), key=_name)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
