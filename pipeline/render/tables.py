"""Rows of an answer for people and for programs."""

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pipeline.model import KbError
from pipeline.store import Table
from pipeline.words import did_you_mean

FORMATS = ("table", "json", "ndjson", "csv", "md")


def render(table: Table, form: str, *, boxes: bool) -> str:
    """A table in one of FORMATS; `boxes` only on a terminal.

    Raises:
        KbError: there is no such format.
    """
    match form:
        case "table":
            return as_text(table.columns, table.rows, boxes=boxes)
        case "json":
            return json.dumps([plain(row) for row in table.records()], ensure_ascii=False, indent=2) + "\n"
        case "ndjson":
            return "".join(json.dumps(plain(row), ensure_ascii=False) + "\n" for row in table.records())
        case "csv":
            return as_csv(table)
        case "md":
            return as_markdown(table.columns, table.rows)
        case _:
            raise KbError(f"--format {form}: {did_you_mean(form, FORMATS)}")


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of DuckDB
    """A value as JSON has it: days and times as ISO 8601, bytes as UTF-8 text, no NaN."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None
        case Decimal():
            return float(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case bytes() | bytearray():
            return value.decode("utf-8", errors="replace")
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def as_csv(table: Table) -> str:
    """RFC 4180, with line feeds; null is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([[cell(value) for value in row] for row in table.rows])
    return out.getvalue()


def as_markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A GitHub-flavoured table."""

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(text.replace('|', chr(92) + '|').replace(chr(10), ' ') for text in cells)} |\n"

    numeric = _numeric(columns, rows)
    rule = line(["---:" if right else "---" for right in numeric])
    return line(columns) + rule + "".join(line([cell(value) for value in row]) for row in rows)


def as_text(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, boxes: bool) -> str:
    """Aligned columns; on a terminal with rules and colour, in a pipe one plain line a row."""
    from rich.console import Console  # noqa: PLC0415 - only where a table is shown
    from rich.table import Table as Grid  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415
    from rich import box  # noqa: PLC0415

    grid = Grid(box=box.SIMPLE_HEAD if boxes else None, pad_edge=False, header_style="bold")
    for name, right in zip(columns, _numeric(columns, rows), strict=True):
        grid.add_column(Text(visible(name)), justify="right" if right else "left", overflow="fold", no_wrap=not boxes)
    for row in rows:
        grid.add_row(*(Text(visible(cell(value))) for value in row))
    console = Console() if boxes else Console(width=100_000, no_color=True, color_system=None)
    with console.capture() as capture:
        console.print(grid, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def cell(value: Any) -> str:  # noqa: ANN401 - any value of DuckDB
    """A value in a cell: null is empty, lists and structures are JSON."""
    value = plain(value)
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case float():
            return f"{value:.10g}" if value != int(value) or abs(value) >= 1e15 else f"{value:.1f}"
        case _:
            return str(value)


def visible(text: str) -> str:
    """Text that cannot act on a terminal: control characters and bidirectional overrides are spelled out."""
    return "".join(char if _harmless(char) else f"\\u{ord(char):04x}" for char in text)


def _harmless(char: str) -> bool:
    code = ord(char)
    return not (code < 32 or 0x7F <= code < 0xA0 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069)


def _numeric(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[bool]:
    return [
        bool(rows) and all(isinstance(row[i], int | float | Decimal | None) and not isinstance(row[i], bool) for row in rows)
        for i in range(len(columns))
    ]
