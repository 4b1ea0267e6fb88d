"""Trials: a run of kb that is killed or refused, and what has to hold of the base afterwards."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

from kb.jobs.doctor import doctor
from kb.publish import match_file, swap
from tests.bases import Base, reading
from tests.conftest import LONGEST, ROOT

KILL, KILL_GROUP, TEAR = -1, -2, -3
"""What may happen at a call, beside an errno with which it fails; TEAR writes half of what is to be written and kills."""

FAULTS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES)

SCRATCH = {".kb/unchanged", ".kb/lock", ".kb/seal", ".kb/looks", ".kb/match-index"}
"""All that may be left beside what is published."""


class Ended(NamedTuple):
    """How a run ended: its exit code (negative: the signal), how many calls it made, what it said, what it left running."""

    code: int
    seen: int
    out: str
    err: str
    left: list[str]


def compiled(folder: Path) -> Path | None:
    """The library that counts calls; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    library = folder / "calls.so"
    source = Path(__file__).with_name("calls.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@dataclass
class Trials:
    """Runs of kb under a library that counts its calls."""

    preloaded: Path
    folder: Path
    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.server"],
            cwd=ROOT,
            env={**os.environ, "LD_PRELOAD": str(self.preloaded), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def run(
        self,
        root: Path,
        *argv: str,
        at: int = 0,
        act: int = KILL,
        of: str = "parent",
        stays: bool = False,
        chunk: int = 0,
    ) -> Ended:
        """Run kb once; at its call number `at` that changes a file below `root`, let happen what `act` says."""
        out, err = self.folder / "out", self.folder / "err"
        order: dict[str, Any] = {"root": str(root.resolve()), "argv": argv, "at": at, "act": act, "of": of}
        order |= {"stays": stays, "chunk": chunk, "out": str(out), "err": str(err)}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return Ended(
            told["code"], told["seen"], out.read_text(errors="replace"), err.read_text(errors="replace"), told["left"]
        )


def points(calls: int, most: int) -> Sequence[int]:
    """Which calls of a run to try: all of them, or so many, spread over it; the last ones, which publish, in any case."""
    if LONGEST or calls <= most:
        return range(1, calls + 1)
    half = most // 2
    return sorted({*(1 + i * calls // half for i in range(half)), *range(calls - (most - half) + 1, calls + 1)})


class State(NamedTuple):
    """What a base publishes."""

    curated: dict[str, bytes]
    tables: dict[str, list[str]]


NOTHING = State({}, {})


def state(base: Base) -> State:
    return State(base.curated(), base.tables()) if base.workspace.store.exists() else State(base.curated(), {})


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def hold(base: Base, old: State, new: State) -> None:
    """What has to hold of a base whose ingest was stopped: it is old or new, sound, and the next ingest makes it new."""
    swap.recover(base.workspace)
    now = state(base)
    assert now in (old, new), "neither the old state nor the new one"
    if now != NOTHING:
        assert doctor(base.workspace) == []
    base.ingest()
    assert state(base) == new
    scratch = {name for name in files(base.root) if name.startswith(".kb/")}
    assert scratch <= SCRATCH, scratch
    with reading(base.workspace.store) as store:
        assert match_file.opened(store, base.workspace.scratch, base.workspace.settings.own_lines)[1], (
            "an index of another base"
        )


def is_one_line(err: str) -> bool:
    """Whether nothing was said, or one line of kb's."""
    lines = [line for line in err.splitlines() if line.strip()]
    return not lines or (len(lines) == 1 and lines[0].startswith("kb: ") and "a bug in kb" not in lines[0])
