"""CSV: each row is cut out with the header, so that all rows say together what the csv module says of the whole."""

import csv
import io
from functools import partial
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.contract import BOM, UnreadableError
from kb.sources import readers
from kb.sources.readers import csv_rows
from kb.sources.split import LONGEST, Piece

CSV = readers.of("x.csv")


def pieces(data: bytes, name: str = "x.csv") -> list[Piece]:
    return list(readers.of(name).pieces(name, io.BytesIO(data)))


class Slow(io.RawIOBase):
    """A stream that gives few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step, self._at = data, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as of a stream
        part = self._data[self._at : self._at + min(self._step, len(buffer))]
        self._at += len(part)
        buffer[: len(part)] = part
        return len(part)


cells = st.text('ab,"\n; é', max_size=5)
ends = st.sampled_from(["\n", "\r\n"])


@given(
    st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6)),
    ends, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from([b"", BOM]), st.integers(1, 9),
)  # fmt: skip
def test_the_rows_say_together_what_the_csv_module_says(
    rows: list[list[str]], end: str, quoting: int, mark: bytes, step: int
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    names = [f"n{i}" for i in range(max(map(len, rows), default=1))]
    writer.writerows([names, *rows])
    text = stream.getvalue() if step % 2 else stream.getvalue().removesuffix(end)
    data = mark + text.encode()
    expected = [dict(zip(names, row, strict=True)) for row in csv.reader(io.StringIO(text, newline="")) if any(row)][1:]
    found = list(CSV.pieces("x.csv", io.BufferedReader(Slow(data, step), 1 << 4)))
    assert [CSV.read(piece.raw) for piece in found] == [{k: v for k, v in row.items() if v} for row in expected]
    for piece in found:
        lead = CSV.lead(piece.raw)
        row = piece.raw.split(b"\n", lead)[lead]
        at = piece.offset + len(piece.raw) - len(row)
        assert data[at : at + len(row)] == row
        assert piece.line == 1 + data.count(b"\n", 0, at)


@given(st.text('ab,"\n', max_size=30))
def test_any_text_is_cut_as_the_csv_module_cuts_it(text: str) -> None:
    rows = [row for row in csv.reader(io.StringIO(f"a,b\n{text}")) if any(row)]
    found = [list(csv.reader(io.StringIO(piece.raw.decode()))) for piece in pieces(f"a,b\n{text}".encode())]
    assert [row for _, row in found] == rows[1:]


def test_a_row_has_its_line_and_its_columns() -> None:
    data = b'\xef\xbb\xbf"id","a ""b"""\r\n1,"x\r\ny"\r\n\r\n2,\r\n,,\r\n'
    one, two = pieces(data)
    assert (one.line, two.line) == (2, 5)
    assert CSV.read(one.raw) == {"id": "1", 'a "b"': "x\r\ny"}
    assert CSV.read(two.raw) == {"id": "2"}
    text = one.raw.decode()
    span = CSV.places(one.raw, ['/a "b"'])['/a "b"']
    assert text[span.start : span.end] == '"x\r\ny"'
    assert (text[: span.start].count("\n") - CSV.lead(one.raw), CSV.places(one.raw, [""])[""].start) == (0, 16)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a,b\n1\n", "the row has 1 cells, and its header 2"),
        (b"a,b\n1,2,3\n", "the row has 3 cells, and its header 2"),
        (b"a,\n1,2\n", "a cell stands in a column without a name"),
        (b'a,b\n1,"2\n3,4\n', "a quote is not closed"),
        (b'a,b\n1,"2"3\n', "something follows a quote that closes"),
        (b"a,b\n1,\xff\n", "not UTF-8"),
        (b"a,b\n1,\0\n", "a NUL"),
        (b"a,b\n1\r2,3\n", "not CSV"),
    ],
)
def test_a_row_at_fault_says_why(data: bytes, reason: str) -> None:
    (piece,) = pieces(data)
    with pytest.raises(UnreadableError, match=reason):
        CSV.read(piece.raw)


def test_a_row_at_fault_leaves_the_others_alone() -> None:
    found = pieces(b'a,b\n1,2\n3\nx\ry,1\n"4"5,"\n6",7\n8,9\n')
    assert [piece.line for piece in found] == [2, 3, 4, 5, 7]
    assert CSV.read(found[0].raw) == {"a": "1", "b": "2"}
    assert CSV.read(found[-1].raw) == {"a": "8", "b": "9"}


def test_a_header_at_fault_is_the_only_finding() -> None:
    (piece,) = pieces(b"a,\xc3\xa9,\xc3\xa9\n1,2,3\n")
    assert piece.fault == 'two columns have the name "é", so no row is read; rename one'
    assert pieces(b"a,b\n") == []
    assert pieces(b"") == []


def test_a_column_without_a_name_may_be_empty() -> None:
    (piece,) = pieces(b"a,,\n1,,\n")
    assert CSV.read(piece.raw) == {"a": "1"}


def test_tabs_and_semicolons_separate_too() -> None:
    (tabbed,) = pieces(b"a\tb,c\n1,5\t2\n", "x.tsv")
    assert readers.of("x.tsv").read(tabbed.raw) == {"a": "1,5", "b,c": "2"}
    (spread,) = pieces(b"a;b\n1,5;2\n")
    assert CSV.read(spread.raw) == {"a": "1,5", "b": "2"}


class Endless(io.RawIOBase):
    """A CSV whose only row never ends."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as of a stream
        part = b'a\n"' if not getattr(self, "begun", False) else b"x" * (len(buffer) - 1) + b"\n"
        self.begun = True
        buffer[: len(part)] = part
        return len(part)


def test_a_row_without_an_end_is_followed_no_further_than_the_longest_record() -> None:
    stream: IO[bytes] = io.BufferedReader(Endless(), 1 << 20)
    (piece,) = partial(csv_rows.pieces, ",")("x.csv", stream)
    assert piece.fault is not None
    assert "the rest of the file is not read" in piece.fault
    assert len(piece.raw) <= LONGEST + 2
