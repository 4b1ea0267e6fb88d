"""How commands print: data on stdout, all else on stderr, and a file whole or not at all."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from kb.cli import streams
from kb.cli.failures import masked_message


def is_terminal(output: Path | None) -> bool:
    """Whether a person reads the output on a terminal."""
    return output is None and sys.stdout.isatty()


def is_coloured(output: Path | None) -> bool:
    """Whether the output may hold colours."""
    from kb.render.tables import styled

    return output is None and styled(terminal=sys.stdout.isatty())


def display_path(path: Path) -> str:
    """A path as a person types it from here."""
    return os.path.relpath(path)


def print_lines(lines: Iterable[str]) -> None:
    """Print data, a line each."""
    for line in lines:
        print(line)


def print_prose(lines: Iterable[str]) -> None:
    """Whole lines in a pipe; on a terminal they are wrapped to fit."""
    from kb.render.tables import hanging

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print_lines(lines if width is None else (part for line in lines for part in hanging(line, width)))


def to_stderr(lines: Iterable[str]) -> None:
    """Print what is not data, a line each."""
    for line in lines:
        streams.say(line)


def print_notes(notes: Iterable[str]) -> None:
    """Print notes to stderr, without credentials."""
    for note in notes:
        streams.say(masked_message(f"note: {note}"))


def print_json(value: object) -> None:
    """Print a value as JSON that cannot act on a terminal."""
    from kb.render.tables import as_json, plain
    from kb.words import escaped

    print(escaped(as_json(plain(value), indent=2)))


def write_text(text: str, output: Path | None) -> None:
    """Write to a file, whole or not at all, or to stdout.

    Raises:
        KbError: the file cannot be written.
    """
    from kb import aside

    if output is None:
        sys.stdout.write(text)
    else:
        aside.put(output, text.encode(), str(output))


def report_written(output: Path | None) -> None:
    """Say which file was written, if one was."""
    if output is not None:
        to_stderr([f"wrote {display_path(output)}"])


def write_diff(lines: Iterable[bytes]) -> None:
    """As it is in a pipe, so that `patch` can read it; on a terminal so that nothing in it can act."""
    from kb.render import text
    from kb.render.tables import styled

    if sys.stdout.isatty():
        print_lines(text.diff(lines, colour=styled()))
    else:
        sys.stdout.buffer.writelines(lines)
