"""Which lines of a log look like errors: the stream gives what looking at each line alone would."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis import error_lines
from kb.analysis.error_lines import LogLine, cues_of, likely

LOG = b"""all is well
ERROR: it broke
  at somewhere
Traceback (most recent call last):\r
done, 3 files

make: *** [all] Error 2"""


def _one_by_one(data: bytes, own: list[str]) -> Iterator[LogLine]:
    """The slow and simple way."""
    cues = [*error_lines._CUES, *own]  # noqa: SLF001 - what it is held against
    pattern = re.compile("|".join(map(re.escape, cues)).encode(), re.IGNORECASE)
    for number, line in enumerate(data.split(b"\n"), start=1):
        if pattern.search(line):
            yield LogLine(number, line.decode(errors="replace").rstrip("\r"))


def test_lines_with_the_words_of_an_error_are_found_with_their_numbers() -> None:
    assert [*likely(io.BytesIO(LOG), [])] == [
        LogLine(2, "ERROR: it broke"),
        LogLine(4, "Traceback (most recent call last):"),
        LogLine(7, "make: *** [all] Error 2"),
    ]


def test_a_base_adds_cues_of_its_own() -> None:
    assert [line.number for line in likely(io.BytesIO(LOG), ["somewhere"])] == [2, 3, 4, 7]


_PIECES = st.sampled_from(
    ["error", "Fail", "ok", "\n", "\r\n", " ", "x" * 9, "own", "é", "\x00", "timed out", "\n\n", "1", "42", "17"]
)
_OWN = st.sampled_from([[], ["own"], ["own", "42"]])


@contextmanager
def _bounded(chunk: int, kept: int) -> Iterator[None]:
    """Let so many bytes be read at once, and remembered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(error_lines, "_CHUNK", chunk)
        patch.setattr(error_lines, "_MOST_KEPT", kept)
        yield


@given(st.lists(_PIECES, max_size=60), st.integers(1, 40), _OWN, st.sampled_from([30, 1 << 20]))
def test_a_stream_in_parts_gives_what_looking_at_each_line_gives(
    pieces: list[str], size: int, own: list[str], kept: int
) -> None:
    data = "".join(pieces).encode()
    with _bounded(size, kept):
        assert [*likely(io.BytesIO(data), own)] == [*_one_by_one(data, own)]


@given(st.lists(_PIECES, max_size=60), st.integers(1, 40), _OWN, st.sampled_from([30, 1 << 20]))
def test_where_digits_do_not_matter_the_first_stands_for_all(
    pieces: list[str], size: int, own: list[str], kept: int
) -> None:
    data = "".join(pieces).encode()
    with _bounded(size, kept):
        found = [*likely(io.BytesIO(data), own, lambda line: "x" in line)]
    wanted = [*_one_by_one(data, own)]
    assert _counted(found) == _counted(wanted)
    assert [line for line in found if "x" in line.text] == [line for line in wanted if "x" in line.text]
    assert {line[:2] for line in found} <= {line[:2] for line in wanted}


def _counted(lines: list[LogLine]) -> Counter[str]:
    """How often each line came, whatever its digits."""
    counts = Counter[str]()
    for line in lines:
        counts[re.sub("[0-9]", "0", line.text)] += line.times
    return counts


def test_a_line_without_end_is_read_in_parts() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(error_lines, "_CHUNK", 4)
        patch.setattr(error_lines, "_LONGEST", 40)
        found = [*likely(io.BytesIO(b"error " + b"x" * 200 + b"\nit failed\n"), [])]
    assert [line.number for line in found] == [1, 2]


def test_of_a_text_without_a_common_cue_its_longest_word_is_one() -> None:
    texts = ["fatal: it broke", "Ended by signal", "Back-off restarting", "ok ok"]
    assert cues_of(texts, lambda part: part.lower() in {"ok", "ok ok"}) == ["restarting", "signal"]


@given(st.lists(st.text(alphabet="abcdef errofatl-_", max_size=30), max_size=5))
def test_no_text_that_has_a_cue_is_passed_over(texts: list[str]) -> None:
    own = cues_of(texts, lambda part: False)  # noqa: ARG005 - nothing is ordinary
    for text in texts:
        if re.search(r"[a-z]{3}", text) or any(cue in text for cue in own):
            assert [*likely(io.BytesIO(f"2026 {text} and more".encode()), own)], text
