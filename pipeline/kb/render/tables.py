"""Rows of an answer for people and for programs."""

import datetime as dt
import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from typing import Any

from kb.analysis.lazily import lazily
from kb.errors import KbError
from kb.model import Table
from kb.words import did_you_mean, escaped, visible

FORMATS = ("table", "json", "ndjson", "csv", "md")

GAP = "  "


def render(table: Table, format_name: str, *, terminal: bool) -> str:
    """A table in one of FORMATS; on a terminal it is cut to its width, and nothing in it can act.

    Raises:
        KbError: there is no such format.
    """
    match format_name:
        case "table":
            return as_text(table.columns, table.rows, terminal=terminal)
        case "json":
            return escaped(as_json([plain(row) for row in keyed(table)], indent=2)) + "\n"
        case "ndjson":
            return "".join(f"{escaped(as_json(plain(row)))}\n" for row in keyed(table))
        case "csv":
            text = as_csv(table)
            return "\n".join(map(visible, text.split("\n"))) if terminal else text
        case "md":
            return as_markdown(table.columns, table.rows)
        case _:
            raise KbError(f"--format {format_name}: {did_you_mean(format_name, FORMATS)}")


def keys(columns: Sequence[str]) -> tuple[str, ...]:
    """The names of columns as keys of one object: `id`, `id_1` where two are called `id`."""
    unique: dict[str, None] = {}
    for name in columns:
        number, key = 0, name
        while key in unique or (number and key in columns):
            number += 1
            key = f"{name}_{number}"
        unique[key] = None
    return tuple(unique)


def keyed(table: Table) -> list[dict[str, Any]]:
    """The rows as objects that hold every column."""
    return Table(keys(table.columns), table.rows).records()


def as_json(value: Any, indent: int | None = None, margin: str = "\n") -> str:  # noqa: ANN401 - what `plain` gives
    """JSON text with every digit of a decimal number, which json.dumps has no way to write."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", margin)
    except TypeError:  # there is a Decimal in it
        pass
    inner = margin + " " * (indent or 0)
    match value:
        case dict():
            parts = [
                f"{json.dumps(key, ensure_ascii=False)}: {as_json(item, indent, inner)}" for key, item in value.items()
            ]
        case list():
            parts = [as_json(item, indent, inner) for item in value]
        case _:
            return f"{value:f}"
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return (
        f"{opened}{inner}{f',{inner}'.join(parts)}{margin}{closed}" if indent else f"{opened}{', '.join(parts)}{closed}"
    )


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - any value of DuckDB; a case for each kind
    """A value as JSON has it: days and times as ISO 8601, bytes as text, NaN and infinities as their names."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case dt.date() | dt.time():
            return value.isoformat()
        case bytes() | bytearray():
            return _bytes(value)
        case None | bool() | int() | float() | Decimal() | str():
            return value
        case _:
            return str(value)


def _bytes(value: bytes | bytearray) -> str:
    r"""Bytes as the UTF-8 text that they are, else as DuckDB writes a BLOB: what is not plain ASCII as `\xFF`."""
    with suppress(UnicodeDecodeError):
        text = value.decode()
        if "\\x" not in text:  # so that the two can be distinguished
            return text
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "\\'\"" else f"\\x{byte:02X}" for byte in value)


def cell(value: Any, digits: int = 15) -> str:  # noqa: ANN401, PLR0911 - any value of DuckDB; a case for each kind
    """A value in a cell: null is empty, lists and structures are JSON; of a float so many digits, 17 are all."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if math.isfinite(value):
            whole = value == int(value) and abs(value) < 1e15
            return f"{value:.1f}" if whole else repr(value) if digits > 16 else f"{value:.{digits}g}"
        case Decimal():
            return f"{value:f}"
        case list() | tuple() | Mapping():
            return as_json(plain(value))
        case int() | float():
            return str(value)
        case _:
            return str(plain(value))


def as_csv(table: Table) -> str:
    """RFC 4180, with line feeds; null is nothing, an empty text is quoted."""
    rows = [[_quoted(name) for name in table.columns], *([_in_csv(value) for value in row] for row in table.rows)]
    return "".join(f"{','.join(row) or _QUOTED_NOTHING}\n" for row in rows)


_QUOTED_NOTHING = '""'  # a blank line would be no row


def _in_csv(value: Any) -> str:  # noqa: ANN401 - any value of DuckDB
    return _QUOTED_NOTHING if value == "" else _quoted(cell(value, digits=17))


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""')) if re.search('[,"\r\n]', text) else text


IDS = "ids"
"""The format of ids alone, for a command that reads ids."""


def as_ids(table: Table) -> str:
    """The ids of the records in a table, a line each, in its order and each once: for a command that reads ids.

    Raises:
        KbError: no column holds them.
    """
    name = next((name for name in ("id", "record_id", "record") if name in table.columns), None)
    if name is None:
        raise KbError(f"--format {IDS}: there is no column `id` in {', '.join(table.columns)}; select one")
    place = table.columns.index(name)
    return "".join(
        f"{visible(str(key))}\n" for key in dict.fromkeys(row[place] for row in table.rows) if key is not None
    )


def as_markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A GitHub-flavoured table."""

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(map(_unmarked, cells))} |\n"

    rule = line(["---:" if right else "---" for right in numeric(columns, rows)])
    return line(columns) + rule + "".join(line([cell(value) for value in row]) for row in rows)


def _unmarked(text: str) -> str:
    """A text that Markdown shows as it is: what would be a mark is escaped, what a host makes a link of becomes code."""
    parts = _LINKED.split(visible(text.replace("\n", " ")))
    return "".join(f"`{part}`" if i % 2 else _MARKS.sub(r"\\\g<0>", part) for i, part in enumerate(parts))


_MARKS = lazily(r"[\\|<`*~&\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")

_LINKED = lazily(
    r"([^\s`\\|]*(?:@|\$|(?<![^\W_])(?:#|GH-)\d|://|mailto:|www\.|:[a-z0-9_+-]+:)[^\s`\\|]*)", re.IGNORECASE
)
"""A word with a mention, a number of an issue, an address, a formula or an emoji, which no backslash takes back."""


def as_text(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, terminal: bool) -> str:
    """Aligned columns. In a pipe each row is one line; on a terminal cells are wrapped to fit."""
    right = numeric(columns, rows)
    head = [visible(name) for name in columns]
    cells = [_cells([row[i] for row in rows], lines=terminal) for i in range(len(columns))]
    body = list(zip(*cells, strict=True))
    if not terminal:
        widths = [max(map(columns_of, column)) for column in _columns(head, body)]
        return "".join(
            f"{line}\n" for row in (head, *body) for line in _beside([[text] for text in row], widths, right)
        )
    return "".join(f"{line}\n" for line in _fitted(head, body, right, shutil.get_terminal_size().columns))


def styled(*, terminal: bool = True) -> bool:
    """Whether people are to be shown colour and weight: on a terminal that can, or wherever FORCE_COLOR asks for it.

    NO_COLOR overrides FORCE_COLOR.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced not in {"0", "false"}
    return terminal and os.environ.get("TERM") != "dumb"


def numeric(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[bool]:
    """Which columns hold numbers, and nothing else."""
    return [
        bool(rows)
        and all(isinstance(row[i], int | float | Decimal | None) and not isinstance(row[i], bool) for row in rows)
        for i in range(len(columns))
    ]


def _cells(values: Sequence[Any], *, lines: bool) -> list[str]:
    """The texts of a column; line feeds stay where lines are shown; numbers get equally many decimals."""
    texts = [cell(value) for value in values]
    if any(isinstance(value, float) for value in values):
        most = max(len(_decimals(text)) for text in texts)
        return [f"{text}{'0' * (most - len(_decimals(text)))}" if _decimals(text) else text for text in texts]
    return ["\n".join(map(visible, text.split("\n"))) if lines else visible(text) for text in texts]


def _decimals(text: str) -> str:
    return "" if "e" in text else text.partition(".")[2]


def _columns(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return list(zip(head, *body, strict=True))


def _beside(row: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """The lines of a row whose cells are lists of lines."""
    for i in range(max(map(len, row))):
        texts = [lines[i] if i < len(lines) else "" for lines in row]
        padding = [" " * (width - columns_of(text)) for text, width in zip(texts, widths, strict=True)]
        yield GAP.join(p + t if r else t + p for t, p, r in zip(texts, padding, right, strict=True)).rstrip()


def _fitted(head: Sequence[str], body: Sequence[Sequence[str]], right: Sequence[bool], room: int) -> Iterator[str]:
    """A table no wider than the terminal: wrapped, reasons below their rows, or else row by row in blocks."""
    widths = _widths(head, body, right, room)
    notes: Sequence[str] = [""] * len(body)
    if len(head) > 1 and head[-1] == "why" and widths != _widths(head, body, right, 1 << 30):
        *head, _ = head
        notes = [row[-1] for row in body]
        body = [row[:-1] for row in body]
        right = right[:-1]
        widths = _widths(head, body, right, room)
    if widths is None:
        yield from _blocks(head, body, room)
        return
    for line in _beside([_wrapped(text, width) for text, width in zip(head, widths, strict=True)], widths, right):
        yield f"\x1b[1m{line}\x1b[0m" if styled() else line
    yield "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
    for row, note in zip(body, notes, strict=True):
        yield from _beside([_wrapped(text, width) for text, width in zip(row, widths, strict=True)], widths, right)
        yield from (f"{GAP}{line}" for line in _wrapped(note, room - len(GAP)) if note)


def _blocks(head: Sequence[str], body: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    margin = max(map(columns_of, head)) + len(GAP)
    for number, row in enumerate(body):
        if number:
            yield ""
        for name, text in zip(head, row, strict=True):
            lines = _wrapped(text, max(room - margin, 20))
            yield f"{name}{' ' * (margin - columns_of(name))}{lines[0]}".rstrip()
            yield from (f"{' ' * margin}{line}" for line in lines[1:])


def _widths(head: Sequence[str], body: Sequence[Sequence[str]], right: Sequence[bool], room: int) -> list[int] | None:
    """How wide each column may be so that all fit; None where they cannot."""
    room -= len(GAP) * (len(head) - 1)
    widths = [max(columns_of(line) for text in column for line in text.split("\n")) for column in _columns(head, body)]
    if sum(widths) <= room:
        return widths
    least = [min(w, _least(column, r)) for column, w, r in zip(_columns(head, body), widths, right, strict=True)]
    if sum(least) > room:
        return None
    widths = [low if r else min(w, room) for low, w, r in zip(least, widths, right, strict=True)]
    while sum(widths) > room:
        _, widest = max((w, i) for i, w in enumerate(widths) if w > least[i])
        widths[widest] -= 1
    return widths


def _least(column: Sequence[str], right: bool) -> int:  # noqa: FBT001 - one of a row of flags
    """How narrow a column may get: numbers stay whole, of texts the longest unbreakable part, up to a limit."""
    title = max(columns_of(part.rstrip()) for part in _PARTS.findall(column[0]) or [""])
    longest = max(
        (columns_of(part.rstrip()) for text in column[1:] for part in ([text] if right else _PARTS.findall(text))),
        default=0,
    )
    return max(title, longest if right else min(longest, 20))


_PARTS = lazily(r"[^\s/_-]*[\s/_-]+|[^\s/_-]+")


def hanging(line: str, width: int) -> list[str]:
    """A line of prose in lines of so many columns, broken after spaces, those that follow further in than the first."""
    if columns_of(line) <= width:
        return [line]
    body = line.lstrip(" ")
    margin = " " * (len(line) - len(body))
    first, *others = _wrapped(body, max(width - len(margin) - len(GAP), 20), _WORDS)
    return [f"{margin}{first}", *(f"{margin}{GAP}{other}" for other in others)]


_WORDS = lazily(r"\s+|\S+\s*")


def _wrapped(text: str, width: int, parts: re.Pattern[str] = _PARTS) -> list[str]:
    """A text in lines of so many columns, broken between its parts, by default after spaces and punctuation of names.

    A part that is too long is broken anywhere.
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for part in [paragraph] if columns_of(paragraph) <= width else parts.findall(paragraph):
            if columns_of(line) + columns_of(part.rstrip()) > width and line:
                lines.append(line.rstrip())
                line = ""
            line += part
            while columns_of(line.rstrip()) > width:
                head = cropped(line, width)
                lines.append(head)
                line = line[len(head) :]
        lines.append(line.rstrip())
    return lines


def cropped(text: str, width: int) -> str:
    """As much of the beginning as so many columns hold; at least one character. Styles are kept whole."""
    if "\x1b" in text:
        ends = [match.end() for match in islice(_STYLED.finditer(text), width)]
    else:
        ends = list(range(1, min(len(text), width) + 1))
    while len(ends) > 1 and columns_of(text[: ends[-1]]) > width:
        ends.pop()
    return text[: ends[-1]] if ends else ""


_STYLE = lazily("\x1b\\[[0-9;]*m")
_STYLED = lazily(f"(?:{_STYLE.pattern})*(?:[^\x1b](?:{_STYLE.pattern})*|$)")
"""A character, with the styles around it; text that is to be shown holds no other escapes."""


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes; Chinese characters take two, styles none."""
    text = _STYLE.sub("", text) if "\x1b" in text else text
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - only text that is not ASCII needs it

    return cell_len(text)
