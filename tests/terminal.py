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
from collections.abc import Mapping
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


def kb(folder: Path, *arguments: str, stdin: bytes = b"") -> Outcome:
    """Run `kb` in a folder, in a pipe; within this process, for to start one takes longer than most answers."""
    out, err = Stream(), Stream()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["kb", *arguments])
        for name in _STRANGE:
            patch.delenv(name, raising=False)
        for name, stream in {"stdin": Stream(stdin), "stdout": out, "stderr": err}.items():
            patch.setattr(sys, name, stream)
        try:
            code = app.run()  # all of the program but its exit
        except SystemExit as leaving:  # of Typer itself, as for --show-completion
            code = int(leaving.code or 0)
    return Outcome(code, out.told(), err.told())


def kb_process(folder: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Outcome:
    """Run `kb` in a folder, in a pipe, as a process of its own."""
    done = subprocess.run(
        [*ARGV, *arguments], cwd=folder, input=stdin, env=environment(env), capture_output=True, check=False, timeout=60
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def kb_on_terminal(folder: Path, *arguments: str, columns: int = 80, env: Mapping[str, str] | None = None) -> Outcome:
    """Run `kb` in a folder, on a terminal."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*ARGV, *arguments], cwd=folder, stdin=there, stdout=there, stderr=there, env=environment(env)
    )
    os.close(there)
    shown = b""
    try:
        while data := os.read(here, 65536):
            shown += data
    except OSError:  # Linux says so when the other side is closed
        pass
    finally:
        os.close(here)
    return Outcome(process.wait(timeout=60), _BAR.sub("", shown.decode().replace("\r\n", "\n")))


_BAR = re.compile("\x1b\\[\\?25l.*?\x1b\\[\\?25h(?:\r?\x1b\\[1A\x1b\\[2K)?", re.DOTALL)
"""The progress bar that a slow machine shows, and takes away again."""
