"""Many records: chunks over processes. The only multiprocess code."""

import gc
import os
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from kb.curate.batch import curate_batch
from kb.curate.spool import write
from kb.errors import KbError
from kb.model import Incoming
from kb.rules.ruleset import RuleSet

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CHUNK_BYTES = 4 << 20
"""A chunk is closed when its records reach this many bytes, so memory is bounded by chunks, not by the input."""


def run(
    incoming: Iterable[Incoming],
    rules: RuleSet,
    folder: Path,
    jobs: int,
    tick: Callable[[int], None] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> int:
    """Curate records in chunks and write the outcomes into `folder`; how many records there were.

    `tick` gets the number of records of each finished chunk; `meanwhile` is done while workers are busy with the last
    of them.
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
        write(folder, number, curate_batch(chunk, rules))
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
    from multiprocessing.reduction import ForkingPickler  # noqa: PLC0415 - likewise

    context = get_context("spawn")
    processes, pipes = [], []
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, folder, gc.get_threshold()), daemon=True)
            process.start()
            theirs.close()  # so that its death ends the pipe
            processes.append(process)
            pipes.append(ours)
        given = ForkingPickler.dumps(rules.given)
        for pipe in pipes:  # once all are starting: until a worker reads, a large ledger is not taken
            with suppress(OSError):  # it died; its first chunk says so
                pipe.send_bytes(given)
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


def _work(pipe: "Connection", folder: Path, garbage: tuple[int, int, int]) -> None:
    """The life of a worker: it is sent the rules, then judges what it is sent, until there is nobody to send it anything.

    What a terminal or a supervisor sends to all of the group is for the parent, which reports it and ends its workers. It looks
    for `garbage` as often as the parent does.
    """
    gc.set_threshold(*garbage)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _die_with_parent()
    with suppress(EOFError, OSError):
        rules = RuleSet(*pipe.recv())
        while True:
            number, chunk = pipe.recv()
            failure: Exception | None = None
            try:
                write(folder, number, curate_batch(chunk, rules))
            except OSError as error:
                failure = OSError(error.errno, error.strerror, error.filename)
            except MemoryError:
                failure = MemoryError()
            except Exception as error:  # noqa: BLE001 - for the parent to report; not every one can be sent
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
