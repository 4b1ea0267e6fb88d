"""The lines of a log that look like errors, out of a stream of any length."""

from collections import Counter
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

_DIGIT = lazily("[0-9]")

ZEROS = bytes.maketrans(b"123456789", b"000000000")
"""Lines that differ in digits alone are one with zeros for these."""

_RUN = lazily(r"[^\W_]{3,}(?:[_-][^\W_]+)*")

_CHUNK = 1 << 20

_LONGEST = 16 << 20
"""A longer line is looked at in parts."""

_MOST_KEPT = 64 << 20
"""So many bytes of lines are remembered."""


class LogLine(NamedTuple):
    """A line of a log, from 1, without its end; with how many that are like it, in the same part of the log, it stands for."""

    number: int
    text: str
    times: int = 1


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


def likely(stream: BinaryIO, own: Sequence[str], matters: Callable[[str], bool] = lambda _: True) -> Iterator[LogLine]:
    """The lines that hold a common cue, or one of a base's own.

    Of lines that differ in digits alone the first stands for all, unless `matters` says of such a line, with zeros for digits,
    that they matter. It is given where it stands, and again at the end, with how many more there were.
    """
    lines = _Stream(own[:MOST_CUES], matters)
    number = 1
    for chunk in _chunks(stream):
        yield from lines.of(chunk, number)
        number += chunk.count(b"\n")
    yield from lines.again()


class _Stream:
    """What came of a stream, with zeros for digits: the lines that stand for all alike, with how many more, and the others."""

    def __init__(self, own: Sequence[str], matters: Callable[[str], bool]) -> None:
        numbered = [cue for cue in own if _DIGIT.search(cue)]
        self._cues = _any_of([*_CUES, *(cue for cue in own if not _DIGIT.search(cue))])
        self._numbered = _any_of(numbered) if numbered else None
        self._matters = matters
        self._size = 0
        self._known, self._apart = set[bytes](), set[bytes]()
        self._first: dict[bytes, LogLine] = {}
        self._more = Counter[bytes]()

    def of(self, chunk: bytes, number: int) -> Iterator[LogLine]:
        """The lines of a part whose first line has a number."""
        if self._size > _MOST_KEPT:
            yield from self.again()
            self._forget()
        lines, zeroed = chunk.split(b"\n"), chunk.translate(ZEROS).split(b"\n")
        counts = Counter(zeroed)
        for like in counts.keys() & self._first.keys():
            self._more[like] += counts[like]
        alike = self._sort(counts.keys() - self._known)
        wanted = alike | (counts.keys() & self._apart)
        places = [place for place, like in enumerate(zeroed) if like in wanted] if wanted else []
        if self._numbered is not None:
            marked = (place for place in _places(self._numbered, chunk) if zeroed[place] not in self._first)
            places = sorted({*places, *marked})
        for place in places:
            like = zeroed[place]
            if like in self._first:
                continue
            line = LogLine(number + place, lines[place].decode("utf-8", errors="replace").rstrip("\r"))
            yield line
            if like in alike:
                self._first[like], self._more[like] = line, counts[like] - 1

    def again(self) -> Iterator[LogLine]:
        """The lines that stand for more than themselves."""
        for like, times in self._more.items():
            if times:
                yield self._first[like]._replace(times=times)

    def _sort(self, lines: set[bytes]) -> set[bytes]:
        """Sort lines that are new; those that stand for all alike."""
        self._size += sum(map(len, lines))
        self._known |= lines
        text = b"\n".join(lines)
        likely = {text[begin:end] for begin, end in _holding(self._cues, text)}
        apart = {line for line in likely if self._matters(line.decode("utf-8", errors="replace"))}
        self._apart |= apart
        return likely - apart

    def _forget(self) -> None:
        for kept in (self._known, self._apart, self._first, self._more):
            kept.clear()
        self._size = 0


def _places(pattern: Any, text: bytes) -> Iterator[int]:  # noqa: ANN401 - re2 has no types
    """Which lines of a text match, from 0."""
    place = counted = 0
    for begin, _ in _holding(pattern, text):
        place += text.count(b"\n", counted, begin)
        counted = begin
        yield place


def _holding(pattern: Any, text: bytes) -> Iterator[tuple[int, int]]:  # noqa: ANN401 - re2 has no types
    """Where the lines of a text begin and end that match."""
    at = 0
    while at < len(text) and (match := pattern.search(text, at)) is not None:
        at = text.find(b"\n", match.end())
        at = len(text) if at < 0 else at
        yield text.rfind(b"\n", 0, match.start()) + 1, at


def _any_of(texts: Iterable[str]) -> Any:  # noqa: ANN401 - re2 has no types
    """What finds any of some texts in bytes, in any case of ASCII letters."""
    import re2  # noqa: PLC0415 - takes a while

    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = 256 << 20
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(b"|".join(re2.escape(text).encode() for text in texts), options)


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
