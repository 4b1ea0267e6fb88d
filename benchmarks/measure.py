"""Whole processes, timed in turn: wall seconds, and peak memory summed over a process and its children."""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

_ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
"""Both sides run from compiled modules, as they do where they are installed."""


class Run(NamedTuple):
    """One run of a command: wall seconds, and the greatest sum of resident memory seen, in bytes."""

    seconds: float
    memory: int


class Pair(NamedTuple):
    """Medians of ours and of a yardstick, run in turn, and the median of their ratios run by run."""

    ours: Run
    yardstick: Run
    ratio: float
    memory_ratio: float


def once(command: Sequence[str], cwd: Path) -> Run:
    """Run a command once; kb alone may exit with 1, where there are findings.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - started
    watcher.join()
    if process.returncode not in ({0, 1} if "kb" in command else {0}):
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return Run(seconds, peak[0])


def _watch(pid: int, peak: list[int]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            total = 0
            for process in (root, *root.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total)
            time.sleep(0.02)
    except psutil.Error:
        return


def pair(
    ours: Sequence[str], yardstick: Sequence[str], cwd: Path, runs: int, prepare: Callable[[], None] = lambda: None
) -> Pair:
    """Run two commands in turn, ours after `prepare`, once to warm up and `runs` times to count."""
    measured = []
    for number in range(runs + 1):
        prepare()
        both = once(ours, cwd), once(yardstick, cwd)
        if number:
            measured.append(both)
            print(f"    {both[0].seconds:8.2f} s {both[1].seconds:8.2f} s", file=sys.stderr)
    return of(measured)


def of(measured: Sequence[tuple[Run, Run]]) -> Pair:
    """The medians of paired runs."""

    def median(side: int) -> Run:
        return Run(
            statistics.median(both[side].seconds for both in measured),
            int(statistics.median(both[side].memory for both in measured)),
        )

    return Pair(
        median(0),
        median(1),
        statistics.median(one.seconds / other.seconds for one, other in measured),
        statistics.median(one.memory / max(other.memory, 1) for one, other in measured),
    )
