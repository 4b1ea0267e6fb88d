"""The laws of the house that the code itself can be asked about."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "pipeline" / "kb"
MODULES = sorted(PACKAGE.rglob("*.py"))
CLOCKS = {"today", "now", "utcnow", "fromtimestamp", "time_ns", "localtime", "gmtime"}
NETWORK = {"socket", "ssl", "http", "requests", "httpx", "urllib.request", "ftplib", "smtplib", "asyncio"}


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def clocks(tree: ast.AST) -> Iterator[str]:
    """The calls that read a clock or a calendar."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if node.func.attr in CLOCKS or (owner, node.func.attr) == ("time", "time"):
                yield ast.unparse(node.func)


def test_imports_keep_the_contracts() -> None:
    """The contracts stand in pyproject.toml."""
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert "0 broken" in ended.stdout


def test_the_contracts_cover_every_room() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    rooms = {room.strip() for layer in layers for room in layer.split("|")}
    assert rooms == {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_what_is_private_is_used_by_its_own_module_alone(path: Path) -> None:
    imported = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    private = [alias.name for node in imported for alias in node.names if re.match(r"_(?!_)", alias.name)]
    assert private == []


def test_no_two_modules_share_a_name() -> None:
    """A name in a traceback or in a talk says which module is meant."""
    names = Counter(path.stem if path.name != "__init__.py" else path.parent.name for path in MODULES)
    assert [name for name, times in names.items() if times > 1] == []


def test_no_two_types_share_a_name() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in MODULES]
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_the_workspace_reads_a_clock(path: Path) -> None:
    allowed = ["dt.date.today", "dt.datetime.now"] if named(path) == "workspace.py" else []
    assert list(clocks(ast.parse(path.read_text(encoding="utf-8")))) == allowed


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.sql")), ids=named)
def test_no_sql_reads_a_clock(path: Path) -> None:
    code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"\b(current_date|current_timestamp|now|today|random|uuid)\b", code, re.IGNORECASE)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_nothing_opens_a_socket(path: Path) -> None:
    found = set(imports(ast.parse(path.read_text(encoding="utf-8"))))
    assert not {name for name in found if name in NETWORK or name.partition(".")[0] in NETWORK}


MAKES_CODE_OF_DATA = {"pickle", "marshal", "shelve", "dill", "yaml", "runpy", "code"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_nothing_makes_code_of_data(path: Path) -> None:
    """No pickle, no eval, no YAML that constructs, no shell. Workers are sent kb's own values (docs/security.md)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = {"yaml"} if named(path) == "sources/readers/yaml_documents.py" else set()
    assert (MAKES_CODE_OF_DATA - allowed).isdisjoint(name.partition(".")[0] for name in imports(tree))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert {"eval", "exec", "compile", "__import__"}.isdisjoint(f.id for f in calls if isinstance(f, ast.Name))
    assert {("os", "system"), ("os", "popen"), ("pd", "read_pickle")}.isdisjoint(
        (ast.unparse(f.value), f.attr) for f in calls if isinstance(f, ast.Attribute)
    )


def test_of_yaml_only_events_are_taken_and_given() -> None:
    """What makes values of them is kb's own: a document says texts, numbers, lists and mappings, and nothing else."""
    tree = ast.parse((PACKAGE / "sources/readers/yaml_documents.py").read_text(encoding="utf-8"))
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "yaml"}
    others = {name for name in used if not name.endswith(("Event", "Error"))}
    assert others == {"parse", "emit", "SafeLoader", "SafeDumper", "resolver", "ScalarNode"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_what_ruff_is_told_to_overlook_for_safety_has_a_reason(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.search(r"#\s*noqa:[^#]*\bS\d{3}", line):
            assert re.search(r"#\s*noqa:[ A-Z0-9,]+ - \w", line), line


def test_the_lock_holds_what_a_run_of_kb_needs_each_by_its_digest() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    exact = dict(
        re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE))
    assert {name: version for name, version in locked.items() if exact.get(name, version) != version} == {}
    assert "://" not in lock
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[>=;\[]", one)[0].strip() for one in needed}
    assert {name.replace(".", "-") for name in names} <= locked.keys()
    for block in re.split(r"^(?=\S+==)", lock, flags=re.MULTILINE)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


def test_sql_installs_nothing() -> None:
    for path in PACKAGE.rglob("*.sql"):
        assert not re.search(
            r"^\s*(INSTALL|LOAD|ATTACH)\b", path.read_text(encoding="utf-8"), re.IGNORECASE | re.MULTILINE
        )
