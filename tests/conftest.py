"""What the specifications share: the clean record, ways to curate, and the corpora."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TypeVar

import orjson
import pytest
from hypothesis import HealthCheck, settings

from kb.curate.record import curate
from kb.model import Curated, Document, Incoming, Json, Origin, Rejected
from kb.rules.base import Example
from kb.rules.example import CLEAN, with_changes
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from tests.bases import DAY, Base, created

ROOT = Path(__file__).parent.parent
LONG = bool(os.environ.get("KB_LONG"))
"""All that takes long is tried, and more of it."""
PART = int(os.environ.get("KB_PART") or -1)
"""`KB_PART=n`, as in .ci/run: of what takes long in parts the n-th is tried, and all that has no parts. Else the first."""
LONGEST = os.environ.get("KB_TORTURE") == "long"
"""`make torture`: as much as takes hours."""
LATER = "takes long; KB_LONG=1 does it, and .ci/run does a part"
CORPORA = Path(os.environ.get("KB_CORPORA", ROOT.parent / "shared" / "corpora"))
_Thing = TypeVar("_Thing")
CLEAN_PATH = f"raw/{CLEAN['id']}.json"

settings.register_profile(
    "default",
    deadline=None,
    max_examples=60 if LONG else 36,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=5000, derandomize=False)
settings.register_profile("mutants", parent=settings.get_profile("default"), max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def clean() -> Document:
    return with_changes({})


@cache
def default_rules() -> RuleSet:
    return RuleSet(Settings())


def incoming(raw: bytes, path: str = CLEAN_PATH) -> Incoming:
    return Incoming(Origin(path, 0, None, hashlib.sha256(raw).hexdigest()), raw)


def judge(subject: Json, rules: RuleSet | None = None, path: str = CLEAN_PATH) -> Curated | Rejected:
    """What becomes of a document, or of bytes."""
    raw = subject if isinstance(subject, bytes) else orjson.dumps(subject)
    return curate(incoming(raw, path), rules or default_rules())


def published(subject: Json, rules: RuleSet | None = None, path: str = CLEAN_PATH) -> Curated:
    outcome = judge(subject, rules, path)
    assert isinstance(outcome, Curated), outcome.findings
    return outcome


def body(document: Document) -> Document:
    """A curated document without what publication adds."""
    return {key: value for key, value in document.items() if key not in {"schema_version", "curation"}}


def found(example: Example, code: str) -> list[str]:
    """The pointers at which a code is found in the clean record with an example's changes."""
    return [finding.pointer for finding in judge(with_changes(example)).findings if finding.code == code]


def codes(outcome: Curated | Rejected) -> set[str]:
    return {finding.code for finding in outcome.findings}


def value_at(document: Json, pointer: str) -> Json:
    """What stands at an RFC 6901 pointer."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        document = document[int(key) if isinstance(document, list) else key]
    return document


def some_of(things: Sequence[_Thing], every: int) -> list[_Thing]:
    """Each `every`-th of some things, those of the part that is tried; with `KB_LONG` all of them."""
    return list(things) if LONG else list(things[max(PART, 0) % every :: every])


def code_points() -> Iterable[str]:
    """Every Unicode character but the surrogates, which no JSON holds."""
    return (chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `long` waits, but for a part: each `every`-th case of a test, or test of a module that is marked."""
    if LONG or LONGEST:
        return
    turns = Counter[str]()
    for item in items:
        for node, mark in islice(item.iter_markers_with_node("long"), 1):
            marked = node.nodeid.partition("[")[0]
            every = mark.kwargs.get("every", 0)
            if turns[marked] % every != max(PART, 0) % every if every else PART < 0:
                item.add_marker(pytest.mark.skip(reason=LATER))
            turns[marked] += 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write tests/golden/ anew; then look at what git diff says"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How often each kind of harm was done and survived (tests/torture)."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, times in report.user_properties:
            if name.startswith("torture: "):
                counts[name.removeprefix("torture: ")] += times
    if counts:
        terminalreporter.write_line("torture: " + ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items())))


@pytest.fixture(scope="session", autouse=True)
def laid_out() -> Iterator[None]:
    """Jobs of this process lay out their tables once. What runs `kb`, and tests of the store, do it each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kb.planning.carrying.create", created)
        patch.setattr("kb.store.build.create", created)
        yield


@pytest.fixture
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    """An empty workspace; where a module or a test is marked `whole` or `gated`, it is."""
    root = tmp_path / "base"
    root.mkdir()
    whole, gated = (request.node.get_closest_marker(mark) is not None for mark in ("whole", "gated"))
    return Base(root, is_whole=whole, is_gated=gated)


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """What `kb ingest` makes of a part of this project's own raw/, which has a fault of every kind in it.

    It is for reading: whoever changes it copies it first.
    """
    base = Base(tmp_path_factory.mktemp("example"), is_whole=True)
    for name in (ROOT / "tests" / "data" / "example.txt").read_text(encoding="utf-8").splitlines():
        base.put(name, (ROOT / name).read_bytes())
    base.configure(f"as_of = {DAY}")
    base.ingest()
    return base


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return default_rules()


@pytest.fixture(scope="session")
def corpora() -> Path:
    folder = CORPORA
    if not folder.is_dir():
        pytest.skip(f"no corpora: {folder} is no folder (set KB_CORPORA)")
    return folder
