"""A process that has kb loaded and runs it in copies of itself, each of which ends or fails at a call of its own choosing.

To start Python and load kb takes longer than most ingests. So orders come in as lines of JSON, each is carried out in a fork,
and what came of it goes out as a line.
"""

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from kb import sources

HEAVY = ("kb.cli.app", "kb.publish.integrity", "kb.publish.curated_files", "kb.store.build", "kb.jobs.ingest",
         "kb.jobs.fix", "kb.jobs.doctor", "kb.jobs.validate", "kb.reports", "filelock")  # fmt: skip

PATIENCE = 60
"""Seconds that whatever a dead run started is given to notice."""


def main() -> None:
    """Carry out orders until there are no more."""
    for name in HEAVY:
        import_module(name)
    _prepare()
    calls = ctypes.CDLL(None)
    calls.torture_plan.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int]
    calls.torture_seen.restype = ctypes.c_long
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _carry_out(order, calls)
        _, status = os.waitpid(child, 0)
        left = _left_over(child)
        told = {"code": os.waitstatus_to_exitcode(status), "seen": calls.torture_seen(), "left": left}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _prepare() -> None:
    """Work out once what each run would work out anew, as far as no thread is started for it."""
    from kb.curate.record import curate
    from kb.model import Incoming, Origin
    from kb.publish import integrity
    from kb.rules.example import CLEAN
    from kb.rules.ruleset import RuleSet
    from kb.settings import Settings

    raw = json.dumps(CLEAN).encode()
    curate(Incoming(Origin(f"raw/{CLEAN['id']}.json", 0, None, sources.digest(raw)), raw), RuleSet(Settings()))
    integrity.contracts(Settings().trust.ladder)


def _carry_out(order: dict[str, Any], calls: ctypes.CDLL) -> None:
    """Run kb as `order` says and end; nothing here comes back."""
    os.setsid()
    os.chdir(order["root"])
    for handle, name in enumerate(("/dev/null", order["out"], order["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), handle)
    from kb import engine
    from kb.cli import app

    sys.argv = ["kb", *order["argv"]]
    if order["chunk"]:
        engine.CHUNK_BYTES = order["chunk"]
    plan = {"TORTURE_ROOT": order["root"], "TORTURE_AT": str(order["at"]), "TORTURE_ACT": str(order["act"])}
    if order["of"] == "worker":
        os.environ.update(plan)
    else:
        calls.torture_plan(order["root"].encode(), order["at"], order["act"], order["stays"])
    code: object = 3
    with suppress(BaseException):
        try:
            app.main()
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


def _left_over(session: int) -> list[str]:
    """What is still there of a run, after it had time to go; it is stopped then."""
    left = _of_session(session)
    _, alive = psutil.wait_procs(left, timeout=PATIENCE)
    names = []
    for process in alive:
        with suppress(psutil.Error):
            names.append(" ".join(process.cmdline())[:200])
            process.send_signal(signal.SIGKILL)
    return names


def _of_session(session: int) -> list[psutil.Process]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, psutil.Error, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and int(fields[3]) == session:
                    found.append(psutil.Process(int(entry.name)))
    return found


if __name__ == "__main__":
    main()
