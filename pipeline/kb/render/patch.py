"""Edits of a file as a unified diff, from one reading of its lines."""

import io
from collections.abc import Iterable, Iterator, Sequence

from kb.analysis.credentials import masked
from kb.sources.edit import Edit, carried_out

_AROUND = 3


def unified(name: str, lines: Iterable[bytes], edits: Sequence[Edit]) -> Iterator[bytes]:
    """The lines of a diff, as `patch` and `git apply -p0` read it; nothing where there are no edits."""
    if not edits:
        return
    yield f"--- {name}\n".encode()
    yield f"+++ {name}\n".encode()
    hunk: list[bytes] = []
    context: list[bytes] = []  # the lines since the last change
    was = now = 1
    first = (1, 1)
    for old, new in _runs(_changed(lines, edits)):
        if old == new:
            context += old
            if hunk and len(context) > 2 * _AROUND:
                yield from _hunk(first, hunk, context)
                hunk = []
            if not hunk:
                del context[:-_AROUND]
        else:
            if not hunk:
                first = (was - len(context), now - len(context))
            hunk += [*_marked(b" ", context), *_marked(b"-", old), *_marked(b"+", new)]
            context = []
        was, now = was + len(old), now + len(new)
    if hunk:
        yield from _hunk(first, hunk, context)


_Lines = tuple[list[bytes], list[bytes]]
"""Some lines as they were, and as they become."""


def _runs(parts: Iterator[_Lines]) -> Iterator[_Lines]:
    """The same lines, with changes that follow each other as one."""
    run: _Lines = ([], [])
    for old, new in parts:
        if old != new:
            run = (run[0] + old, run[1] + new)
            continue
        if run != ([], []):
            yield run
            run = ([], [])
        yield old, new
    if run != ([], []):
        yield run


def _changed(lines: Iterable[bytes], edits: Sequence[Edit]) -> Iterator[_Lines]:
    """All lines, in turn; what stays is the same in both."""
    following = iter(lines)
    ahead = iter(edits)
    edit = next(ahead, None)
    end = 0
    for line in following:
        start, end = end, end + len(line)
        block, line_edits = line, []
        while edit is not None and edit.start < end:
            while end <= edit.end and (more := next(following, b"")):
                block += more
                end += len(more)
            line_edits.append(edit.shifted(-start))
            edit = next(ahead, None)
        yield from _parted(block, carried_out(block, line_edits)) if line_edits else [([line], [line])]


def _parted(before: bytes, after: bytes) -> Iterator[_Lines]:
    """Set apart the lines at both ends that stay."""
    old, new = io.BytesIO(before).readlines(), io.BytesIO(after).readlines()
    least = min(len(old), len(new))
    head = next((i for i in range(least) if old[i] != new[i]), least)
    tail = next((i for i in range(least - head) if old[-1 - i] != new[-1 - i]), least - head)
    for line in old[:head]:
        yield [line], [line]
    yield old[head : len(old) - tail], new[head : len(new) - tail]
    for line in old[len(old) - tail :]:
        yield [line], [line]


def _hunk(first: tuple[int, int], changed: list[bytes], context: list[bytes]) -> Iterator[bytes]:
    lines = [*changed, *_marked(b" ", context[:_AROUND])]
    was = sum(not line.startswith(b"+") for line in lines)
    now = sum(not line.startswith(b"-") for line in lines)
    yield f"@@ -{_range(first[0], was)} +{_range(first[1], now)} @@\n".encode()
    yield from lines


def _range(first: int, count: int) -> str:
    return str(first) if count == 1 else f"{first},{count}"


def _marked(mark: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in map(masked, lines):  # what stands around an edit may be another record's, with a credential in it
        yield mark + line if line.endswith(b"\n") else mark + line + b"\n\\ No newline at end of file\n"
