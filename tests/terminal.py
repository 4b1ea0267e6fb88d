"""`kb` as its users run it: in a pipe, and on a terminal of some width."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from kb.cli import app

ARGV = (sys.executable, "-m", "kb")
_STRANGE = ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR", "PYTHONIOENCODING")


class Outcome(NamedTuple):
    """What a run left: exit code, standard output, standard error (on a terminal both are one)."""

    code: int
    out: str
    err: str = ""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if key not in _STRANGE}
    return {**own, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(extra or {})}


class Stream(io.TextIOWrapper):
    """A stream of this process that is no file."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")

    def told(self) -> str:
        """What was written so far."""
        self.flush()
        data: bytes = self.buffer.getvalue()  # type: ignore[attr-defined]
        return data.decode()


def kb(folder: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Outcome:
    """Run `kb` in a folder, in a pipe; within this process, for to start one takes longer than most answers."""
    out, err = Stream(), Stream()
    code = _run(folder, arguments, {"stdin": Stream(stdin), "stdout": out, "stderr": err}, env)
    return Outcome(code, out.told(), err.told())


def kb_process(folder: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Outcome:
    """Run `kb` in a folder, in a pipe, as a process of its own."""
    done = subprocess.run(
        [*ARGV, *arguments], cwd=folder, input=stdin, env=environment(env), capture_output=True, check=False, timeout=60
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def kb_on_terminal(folder: Path, *arguments: str, columns: int = 80, env: Mapping[str, str] | None = None) -> Outcome:
    """Run `kb` in a folder, on a terminal; within this process."""
    with _terminal(columns) as (here, there), ThreadPoolExecutor(1) as beside:
        shown = beside.submit(_read, here)
        with ExitStack() as files:
            stdin = files.enter_context(open(os.dup(there), encoding="utf-8"))  # noqa: PTH123 - what is open already
            out, err = (
                files.enter_context(open(os.dup(there), "w", buffering=1, encoding="utf-8"))  # noqa: PTH123
                for _ in ("stdout", "stderr")
            )
            os.close(there)
            streams = {"stdin": stdin, "stdout": out, "__stdout__": out, "stderr": err}
            code = _run(folder, arguments, streams, env)
        return Outcome(code, shown.result())


def kb_process_on_terminal(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
    """Run `kb` in a folder, on a terminal, as a process of its own."""
    with _terminal(80) as (here, there):
        process = subprocess.Popen(
            [*ARGV, *arguments], cwd=folder, stdin=there, stdout=there, stderr=there, env=environment(env)
        )
        os.close(there)
        shown = _read(here)
        return Outcome(process.wait(timeout=60), shown)


def _run(folder: Path, arguments: Sequence[str], streams: Mapping[str, object], env: Mapping[str, str] | None) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["kb", *arguments])
        for name in _STRANGE:
            patch.delenv(name, raising=False)
        for name, value in environment(env).items():
            patch.setenv(name, value)
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        try:
            return app.run()  # all of the program but its exit
        except SystemExit as leaving:  # of Typer itself, as for --show-completion
            return int(leaving.code or 0)


@contextmanager
def _terminal(columns: int) -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: ours, and the one that whoever uses it closes."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    try:
        yield here, there
    finally:
        os.close(here)


def _read(here: int) -> str:
    """All that a terminal is shown, but for the progress."""
    shown = b""
    with suppress(OSError):  # Linux says so when the other side is closed
        while data := os.read(here, 65536):
            shown += data
    return _BAR.sub("", shown.decode().replace("\r\n", "\n"))


_BAR = re.compile("\x1b\\[\\?25l.*?\x1b\\[\\?25h(?:\r?\x1b\\[1A\x1b\\[2K)?", re.DOTALL)
"""The progress bar that a slow machine shows, and takes away again."""
