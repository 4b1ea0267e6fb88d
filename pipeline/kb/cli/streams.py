"""The three standard streams, whatever kb was started with: closed, full, or in another encoding."""

import io
import os
import sys
from contextlib import suppress
from typing import Any

from kb.words import brief, visible


def set_up() -> None:
    """Let every stream be there, and no text be an error: files and pipes are UTF-8, a terminal keeps its own encoding."""
    sys.stdin = sys.stdin or _stand_in(0, os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _stand_in(1, os.O_RDONLY, "w")  # not writable, so that any output is an error
    sys.stderr = sys.stderr or _stand_in(2, os.O_WRONLY, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _stand_in(descriptor: int, flags: int, mode: str) -> Any:  # noqa: ANN401 - a text stream
    """A stream for one that is closed; its number is taken, or the next file that is opened would get it."""
    null = os.open(os.devnull, flags)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    return open(descriptor, mode, encoding="utf-8", closefd=False)


def read_text(what: str) -> str:
    """All of standard input as text.

    Raises:
        KbError: it is not UTF-8.
    """
    from kb.errors import KbError

    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        raise KbError(f"standard input: cannot be read: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise KbError(
            f"{what}: line {line} is not UTF-8 ({brief(repr(data[error.start :][:1]))}); save it as that"
        ) from None


def say(line: str) -> None:
    """One line on standard error, of bounded length; where nobody can hear it, nothing."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{brief(visible(line), LONGEST)}\n")
        sys.stderr.flush()


LONGEST = 2000
"""How many characters of a note or an error are shown at most."""


def fault_of_output(error: OSError) -> str:
    """Why standard output cannot be written; whatever is left for it is thrown away, for Python flushes once more."""
    import errno

    discard_output()
    if error.errno == errno.EBADF:
        return "standard output: is closed, so the answer is lost; send it somewhere, such as to /dev/null"
    return f"standard output: {error.strerror}"


def discard_output() -> None:
    """Let standard output lead nowhere."""
    with suppress(OSError):  # of a test, it may be no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def finish() -> None:
    """Flush what is left; what failed is reported by then."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        discard_output()
