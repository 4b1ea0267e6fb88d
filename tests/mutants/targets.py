"""What is mutated, and which tests are to notice: the mirror of a module in tests/, and for rules their examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kb.rules import PREFIXES

ROOT = Path(__file__).parents[2]
PACKAGE = "pipeline/kb"

_RULES = [Path(module.__file__ or "").stem for module, _ in PREFIXES.values()]

TARGETS = (
    *(f"rules/{name}.py" for name in dict.fromkeys(_RULES)),
    "curate/record.py",
    "contract.py",
    "columns.py",
    "settings.py::Trust",
    "store/sql/macros.sql",
)
"""Files below pipeline/kb; `::name` takes one class or function of it."""

MORE = {
    "curate/record.py": (("tests/rules/test_one_cause.py", ""), ("tests/rules/test_repairs.py", "")),
    "settings.py::Trust": (
        ("tests/test_workspace.py", "bear"),
        ("tests/test_workspace.py", "template_says"),
        ("tests/test_workspace.py", "alias"),
        ("tests/rules/test_examples.py", "EVD005"),
        ("tests/rules/test_examples.py", "TIR00"),
    ),
}
"""Tests that are no mirror, by target: a file, and a word in the names of the tests that are meant.

Of a part of a module these are all.
"""

Chosen = tuple[str, str]


class Target(NamedTuple):
    """A file to mutate, and the tests one of which should fail for each mutant: files, and words in the tests' names."""

    path: str
    name: str | None
    tests: Sequence[Chosen]


def named(words: Sequence[str]) -> list[Target]:
    """The targets that are named, by path or by stem; all of them without any name."""
    names = {target: {target, Path(target.partition("::")[0]).stem} for target in TARGETS}
    if unknown := set(words).difference(*names.values()):
        raise SystemExit(
            f"no target is called {', '.join(sorted(unknown))}; TARGETS in tests/mutants/targets.py has them all"
        )
    return [_target(target) for target in TARGETS if not words or not names[target].isdisjoint(words)]


def _target(name: str) -> Target:
    path, _, only = name.partition("::")
    tests = [
        *_of_rules(Path(path).stem),
        *((mirror, "") for mirror in ([] if only else _mirrors(Path(path)))),
        *MORE.get(name, ()),
    ]
    if not tests:
        raise SystemExit(f"no test mirrors {path}; name some in MORE of tests/mutants/targets.py")
    return Target(f"{PACKAGE}/{path}", only or None, tests)


def _mirrors(path: Path) -> list[str]:
    """Its own test file: `store/sql/macros.sql` has `tests/store/test_macros.py`."""
    tests = [Path("tests") / folder / f"test_{path.stem}.py" for folder in path.parents]
    return [str(test) for test in tests if (ROOT / test).is_file()][:1]


def _of_rules(stem: str) -> list[Chosen]:
    """The examples of its rules."""
    prefixes = [prefix for prefix, (module, _) in PREFIXES.items() if Path(module.__file__ or "").stem == stem]
    return [("tests/rules/test_examples.py", f"{prefix}0") for prefix in prefixes]
