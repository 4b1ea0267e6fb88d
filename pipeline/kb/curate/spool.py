"""What became of records, on the disk: a file for each chunk, read again in the order of ids, in memory that is bounded."""

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kb.curate.batch import Batch


def write(folder: Path, number: int, batch: Batch) -> None:
    """Write what became of a chunk of records; `number` names its files."""
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
