"""Run the narrow tests on every mutant: `python -m tests.mutants [NAME]...`, such as `rat` or `store/sql/macros.sql`.

A copy of this project is mutated, never the project itself. Everything is loaded, and the tests are collected, once; each
mutant is a fork of that, so most cost less than a second. What survives there is looked at again in a fork in which the
project itself is not loaded yet. A mutant is killed when a test fails, or takes several times as long as it should.
Survivors are printed with their lines; `survivors.toml` has those that somebody read and found harmless.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutants.mutations import Mutation, of_python, of_sql
from tests.mutants.targets import PACKAGE, ROOT, Chosen, Target, named

_QUIET = ("-q", "-x", "--assert=plain", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist")

_PATIENCE = 4
"""So many times as long as it takes without a mutation may a run take."""

_SURVIVED, _KILLED, _TIMED_OUT = "survived", "killed", "timed out"

_NO_CHANGE = Mutation(0, 0, "")
"""What has to survive, or nothing that is killed says anything."""

_FORK = multiprocessing.get_context("fork")


class Survivor(NamedTuple):
    """A mutant that no test noticed: its line, that line, what the mutant has there, and why that does no harm."""

    line: int
    before: str
    after: str
    reason: str | None


Harmless = dict[tuple[str, str], str]


def main() -> int:
    """Say the score of each target and what survives; 1 where something survives that nobody has found harmless."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("names", nargs="*", help="names of targets, such as rat or rules/rat.py; all without any")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th mutant alone, for a first look")
    parser.add_argument("--list", action="store_true", help="list the mutants and run none")
    arguments = parser.parse_args()
    targets = named(arguments.names)
    if arguments.list:
        for target in targets:
            source = (ROOT / target.path).read_text(encoding="utf-8")
            _print(target, (survivor_of(source, mutation, {}) for mutation in mutations_of(target, source)))
        return 0
    harmless = found_harmless()
    with tempfile.TemporaryDirectory(prefix="kb-mutants-") as folder:
        copy = Path(folder)
        _copy_to(copy)
        _load(copy)
        return min(1, sum([_try(target, copy, harmless.get(target.path, {}), arguments.every) for target in targets]))


def mutations_of(target: Target, source: str) -> list[Mutation]:
    return of_sql(source) if target.path.endswith(".sql") else of_python(source, target.name)


def found_harmless() -> dict[str, Harmless]:
    """Why mutants are harmless, by file and then by their two lines."""
    entries = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text(encoding="utf-8")).get("survivor", [])
    by_path: dict[str, Harmless] = {}
    for entry in entries:
        by_path.setdefault(entry["path"], {})[entry["before"], entry["after"]] = entry["reason"]
    return by_path


def _copy_to(copy: Path) -> None:
    """What git knows of, and what it does not yet, as it is now."""
    asked = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def _load(copy: Path) -> None:
    """Load the libraries once, and let all of the project be loaded from its copy, by every fork anew."""
    for name in ("tests.conftest", "tests.strategies", "kb.jobs.validate", "kb.publish.integrity"):
        importlib.import_module(name)
    for name in [*sys.modules]:
        if name.partition(".")[0] in {"kb", "tests"}:
            del sys.modules[name]
    own = {str(ROOT), str(ROOT / "pipeline")}
    sys.path[:] = [str(copy / "pipeline"), str(copy), *(path for path in sys.path if path and path not in own)]
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    os.environ["PYTHONPATH"] = os.pathsep.join((str(copy / "pipeline"), str(copy)))
    os.chdir(copy)


def _try(target: Target, copy: Path, harmless: Harmless, every: int) -> int:
    """Try every mutant of a target; how many survive that nobody has found harmless."""
    file, began = copy / target.path, time.monotonic()
    source = file.read_text(encoding="utf-8")
    for _ in range(2):  # the first time compiles
        began = time.monotonic()
        if _outcome(600, _tests, target.tests) != _SURVIVED:
            raise SystemExit(f"{target.path}: its tests fail without any mutation; `pytest` says which")
    patience = max(10.0, _PATIENCE * (time.monotonic() - began))
    began, mutations, results = time.monotonic(), mutations_of(target, source)[::every], copy / "results.json"
    results.write_text("[]", encoding="utf-8")
    _outcome(1e6, _quick, target, source, [_NO_CHANGE, *mutations], patience, results)
    unchanged, *outcomes = json.loads(results.read_text(encoding="utf-8")) or [_KILLED]
    if unchanged != _SURVIVED:
        raise SystemExit(f"{target.path}: its tests fail in a fork though nothing is changed; tests/mutants/inplace.py")
    for i, mutation in enumerate(mutations):
        if outcomes[i] == _SURVIVED:
            file.write_text(mutation.of(source), encoding="utf-8")
            outcomes[i] = _outcome(patience, _tests, target.tests)
    file.write_text(source, encoding="utf-8")
    survivors = [
        survivor_of(source, mutation, harmless)
        for mutation, outcome in zip(mutations, outcomes, strict=True)
        if outcome == _SURVIVED
    ]
    alive = [survivor for survivor in survivors if survivor.reason is None]
    print(
        f"{target.path}: {len(mutations) - len(survivors)} of {len(mutations)} killed, {outcomes.count(_TIMED_OUT)} by time; "
        f"{len(survivors) - len(alive)} harmless, {len(alive)} survive; {time.monotonic() - began:.0f} s",
        flush=True,
    )
    _print(target, alive)
    for before, _ in (
        () if every > 1 else harmless.keys() - {(survivor.before, survivor.after) for survivor in survivors}
    ):
        print(f"  no longer survives, so take it out of survivors.toml: {before}")
    return len(alive)


def survivor_of(source: str, mutation: Mutation, harmless: Harmless) -> Survivor:
    before = _lines(source, mutation.start, mutation.end)
    after = _lines(mutation.of(source), mutation.start, mutation.start + len(mutation.text))
    return Survivor(mutation.line(source), before, after, harmless.get((before, after)))


def _lines(source: str, start: int, end: int) -> str:
    """The whole lines around a part of a text, as one."""
    first, last = source.rfind("\n", 0, start) + 1, source.find("\n", end)
    return " ".join(source[first : last if last >= 0 else None].split())


def _print(target: Target, survivors: Iterable[Survivor]) -> None:
    for one in survivors:
        print(f"  {target.path}:{one.line}\n    - {one.before}\n    + {one.after}", flush=True)


# ---- in forks ----------------------------------------------------------------------------------------------------------


def _outcome(patience: float, run: Callable[..., int], *given: object) -> str:
    """What comes of a function in a fork of its own: survived for 0, else killed, or timed out."""
    process = _FORK.Process(target=_alone, args=(run, *given))
    process.start()
    try:
        process.join(patience)
    finally:
        is_late = process.is_alive()
        if is_late and process.pid is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.join()
    return _TIMED_OUT if is_late else _KILLED if process.exitcode else _SURVIVED


def _alone(run: Callable[..., int], *given: object) -> None:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os._exit(run(*given))


def _tests(chosen: Sequence[Chosen], *more: object) -> int:
    return int(pytest.main([*_QUIET, *dict.fromkeys(file for file, _ in chosen)], plugins=[_Chosen(chosen), *more]))


def _quick(target: Target, source: str, mutations: Sequence[Mutation], patience: float, results: Path) -> int:
    """With the project loaded and the tests collected, a fork for each mutant; what came of each goes to a file."""
    return _tests(target.tests, _InForks(target, source, mutations, patience, results))


class _Chosen:
    """A pytest plugin: of the files, only the tests that are meant."""

    def __init__(self, chosen: Sequence[Chosen]) -> None:
        self._chosen = chosen

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [
            item
            for item in items
            if any(item.nodeid.startswith(f"{file}::") and word in item.name for file, word in self._chosen)
        ]


class _InForks:
    """A pytest plugin: the tests are run once for each mutant, each time in a fork into which the mutant is put."""

    def __init__(
        self, target: Target, source: str, mutations: Sequence[Mutation], patience: float, results: Path
    ) -> None:
        self._target, self._source, self._mutations = target, source, mutations
        self._patience, self._results = patience, results

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from tests.conftest import clean, judge

        judge(clean())  # what is compiled at its first use need not be compiled by every fork
        file, outcomes = Path(self._target.path), []
        for mutation in self._mutations:
            file.write_text(mutation.of(self._source), encoding="utf-8")
            outcomes.append(_outcome(self._patience, self._mutant, session, mutation))
        self._results.write_text(json.dumps(outcomes), encoding="utf-8")
        return True

    def _mutant(self, session: pytest.Session, mutation: Mutation) -> int:
        from tests.mutants.inplace import put

        if self._target.path.endswith(".py"):
            name = self._target.path.removeprefix(f"{PACKAGE}/").removesuffix(".py").replace("/", ".")
            put(importlib.import_module(f"kb.{name}"), mutation.of(self._source))
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return 1
        return 0


if __name__ == "__main__":
    sys.exit(main())
