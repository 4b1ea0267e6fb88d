"""The lines of a log that look like errors, out of a stream of any length."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

from kb.analysis.lazily import lazily

_CUES = (
    "abort", "already", "bad ", "broken", "can not", "can't", "cannot", "conflict", "corrupt", "could not", "couldn't", "crash",
    "critical", "denied", "deprecat", "dump", "err!", "errno", "error", "exceed", "except", "expected", "expired", "fail",
    "fatal", "illegal", "incompatible", "invalid", "kill", "leak", "lost", "mismatch", "missing", "no such", "not a ",
    "not found", "not permitted", "oom", "out of", "overflow", "panic", "permission", "refus", "reject", "reset by",
    "segfault", "severe", "stale", "stopped", "timed out", "timeout", "too ", "traceback", "unable", "undefined", "unknown",
    "unreachable", "unresolved", "unsafe", "unsupported", "violat", "warn",
)  # fmt: skip
"""What nearly every line that reports an error holds."""

MOST_CUES = 10_000
"""Of so many cues at most one automaton is made."""

_RUN = lazily(r"[^\W_]{3,}(?:[_-][^\W_]+)*")

_CHUNK = 1 << 20

_LONGEST = 16 << 20
"""A longer line is looked at in parts."""


class LogLine(NamedTuple):
    """A line of a log, from 1, without its end."""

    number: int
    text: str


def cues_of(texts: Iterable[str], is_ordinary: Callable[[str], bool]) -> list[str]:
    """What else a line has to be looked up for, so that none of some texts is passed over where it is printed.

    A text without a common cue gives its longest word that no ordinary output holds, else two words, else it gives none.
    """
    found = set()
    for text in texts:
        lowered = text.lower()
        if not any(cue in lowered for cue in _CUES):
            cue = next((part for part in _parts(text) if not is_ordinary(part)), None)
            if cue is not None:
                found.add(cue.lower())
    return sorted(found)


def _parts(text: str) -> Iterator[str]:
    """The words of a text, the longest first, then each two that follow each other."""
    words = list(_RUN.finditer(text))
    yield from sorted((word[0] for word in words), key=len, reverse=True)
    yield from (text[first.start() : second.end()] for first, second in pairwise(words))


def likely(stream: BinaryIO, own: Sequence[str]) -> Iterator[LogLine]:
    """The lines that hold a common cue, or one of a base's own."""
    pattern = _automaton(own)
    number = 1
    for chunk in _chunks(stream):
        at = counted = 0
        while (match := pattern.search(chunk, at)) is not None:
            begin = chunk.rfind(b"\n", 0, match.start()) + 1
            end = chunk.find(b"\n", match.end())
            end = len(chunk) if end < 0 else end
            number += chunk.count(b"\n", counted, begin)
            counted = begin
            yield LogLine(number, chunk[begin:end].decode("utf-8", errors="replace").rstrip("\r"))
            at = end
            if at >= len(chunk):
                break
        number += chunk.count(b"\n", counted)


def _automaton(own: Sequence[str]) -> Any:  # noqa: ANN401 - re2 has no types
    import re2  # noqa: PLC0415 - takes a while

    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = 256 << 20
    options.encoding = re2.Options.Encoding.LATIN1
    cues = [*_CUES, *own[:MOST_CUES]]
    return re2.compile(b"|".join(re2.escape(cue).encode() for cue in cues), options)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in parts that end with a line, or, where a line is longer than that, within it."""
    left = b""
    while data := stream.read(_CHUNK):
        data = left + data if left else data
        end = data.rfind(b"\n") + 1
        if not end and len(data) > _LONGEST:
            end = len(data)
        left = data[end:]
        if end:
            yield data[:end]
    if left:
        yield left
