"""What is said where a command fails, and the exit code; all else that goes wrong is a bug of kb."""

import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from kb.cli import streams

UNCHANGED = "nothing was changed"

INTERRUPTED = 130
"""The exit code after Ctrl-C; after another signal, 128 and its number."""


@contextmanager
def interrupted_after(left: str) -> Iterator[None]:
    """Where an interruption may leave something changed, say what."""
    from kb.errors import StoppedError

    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(left) from None


def listen_for_signals() -> list[int]:
    """Let what a supervisor or a closed terminal sends end kb as Ctrl-C does; what came is noted there."""
    received: list[int] = []

    def stop(number: int, _: object) -> None:
        received.append(number)
        for other in wanted:
            signal.signal(other, signal.SIG_IGN)  # once is enough: what follows is cleaning up
        raise KeyboardInterrupt

    wanted = [
        number
        for name in ("SIGTERM", "SIGHUP")
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in wanted:
        signal.signal(number, stop)
    return received


def where_help_is(error: Exception) -> str:
    """Of a command or an option that is not there; what is wrong with a value is said in full."""
    context = getattr(error, "ctx", None)
    if context is None or type(error) is typer.BadParameter:
        return ""
    dashed = "; a text that begins with - comes after --" if context.command_path == "kb match" else ""
    return f" (see `{context.command_path} --help`{dashed})"


def explain_failure(error: Exception) -> int:
    """Say in one line what went wrong, and give the exit code: 2 for the environment, 3 for a bug of kb."""
    from kb.errors import KbError

    if isinstance(error, KbError):
        return fail(str(error), error.exit_code)
    if isinstance(error, OSError):
        last = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        if last.parent == Path(__file__).parent or "typer" in last.parts:  # here alone is anything printed
            return fail(streams.fault_of_output(error), 2)
        return fail(f"{error.filename or 'system'}: {error.strerror or error}", 2)
    if isinstance(error, MemoryError):
        return fail("out of memory; try --jobs 1, or ingest less at a time", 2)
    if "KB_TRACEBACK" in os.environ:
        traceback.print_exception(error)
    return fail(f"a bug in kb: {type(error).__name__}: {error}; KB_TRACEBACK=1 shows where, please report it", 3)


def fail(message: str, code: int) -> int:
    """Print one line to stderr; returns the exit code."""
    streams.say(masked_message(f"kb: {' '.join(message.split())}"))
    return code


def masked_message(message: str) -> str:
    """A message that may quote what a user typed, or what a library says of a file, without credentials."""
    from kb.analysis.credentials import masked_text

    return masked_text(message)
