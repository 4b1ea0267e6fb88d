"""What a rule is, how it is declared, and what it is shown."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from pipeline.contract import show
from pipeline.model import GONE, Change, Document, Json, Kind, Severity
from pipeline.rules import urls
from pipeline.workspace import Settings

Found = Iterator[tuple[str, str]]
"""What a check yields: (pointer, message)."""

Example = Mapping[str, Json]
"""Pointers, and what stands there instead, in the clean record of `example.py`; ABSENT takes a key away."""

ABSENT = object()

WHOLE = "."
"""The place of a fix that has to see the whole document; it changes values, never keys."""


class Stage(StrEnum):
    """When a rule has its turn on the way of a record; a corpus rule comes after all records."""

    PARSE = "parse"
    VALUE = "value"
    CONTRACT = "contract"
    CHECK = "check"
    LIST = "list"
    CORPUS = "corpus"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One judgement: what `kb explain`, docs/rules.md, the tests and the settings know of a code comes from here.

    `run` is the function of its kind: a fix maps a value (and, with `needs_settings`, the settings) to a value, a check
    maps a `Record` to findings, a corpus rule has `sql` instead. `screen` is an RE2 pattern over the compact JSON of
    the document: where it does not occur, the rule cannot fire and is not run.
    """

    code: str
    name: str
    kind: Kind
    severity: Severity
    stage: Stage
    doc: str
    run: Callable[..., Any]
    good: Sequence[Any]
    bad: Sequence[Any]
    locked: bool = False
    version: int = 1
    screen: str | Callable[[Settings], str] | None = None
    at: tuple[str, ...] = ()
    says: str = ""
    needs_settings: bool = False
    sql: str = ""

    @property
    def summary(self) -> str:
        """What a good record does, in one phrase."""
        return self.doc.split("\n\n")[0].replace("\n", " ").strip()

    @property
    def prose(self) -> str:
        """Why, and what to do."""
        return self.doc.partition("\n\n")[2].strip()


class Record:
    """One record as the checks see it: accepted, complete, its values repaired; lists are still as they came."""

    def __init__(self, document: Document, incoming: Document, path: str, line: int | None, settings: Settings) -> None:
        self.document = document
        self.incoming = incoming
        self.path = path
        self.line = line
        self.settings = settings
        self.dead_ends: list[Document] = document["dead_ends"]
        self.workarounds: list[Document] = document["workarounds"]

    def items(self) -> Iterator[tuple[str, Document]]:
        """Every dead end and workaround, with its pointer."""
        for key in ("dead_ends", "workarounds"):
            for i, item in enumerate(self.document[key]):
                yield f"/{key}/{i}", item

    @cached_property
    def urls(self) -> list[tuple[str, str]]:
        """Every source URL with its pointer, the official document first."""
        found = [
            (f"{pointer}/sources/{i}", url) for pointer, item in self.items() for i, url in enumerate(item["sources"])
        ]
        official = self.document["official_doc_url"]
        return [("/official_doc_url", official), *found] if official else found

    @cached_property
    def distinct_sources(self) -> int:
        """How many different pages the record cites, the official document included."""
        return len({urls.canonical(url) for _, url in self.urls if urls.fault(url) is None})

    @property
    def ceiling(self) -> float:
        """The most confidence that evidence and tier can bear."""
        return self.settings.trust.ceiling(self.distinct_sources, self.document["verification_tier"])


def check(
    code: str,
    name: str,
    severity: Severity,
    *,
    good: Sequence[Any],
    bad: Sequence[Any],
    stage: Stage = Stage.CHECK,
    screen: str | None = None,
    locked: bool = False,
    version: int = 1,
) -> Callable[[Callable[..., Found]], Rule]:
    """Declare a rule that looks at one record and yields (pointer, message)."""

    def declare(run: Callable[..., Found]) -> Rule:
        return Rule(
            code, name, Kind.CHECK, severity, stage, _doc(run), run, good, bad, locked, version, screen
        )  # fmt: skip

    return declare


def fix(
    code: str,
    name: str,
    severity: Severity,
    *,
    at: Sequence[str],
    says: str,
    good: Sequence[Example],
    bad: Sequence[Example],
    stage: Stage = Stage.VALUE,
    screen: str | Callable[[Settings], str] | None = None,
    needs_settings: bool = False,
    version: int = 1,
) -> Callable[[Callable[..., Json]], Rule]:
    """Declare a rule that is its own repair: value → value, run at every place that `at` names.

    `at` holds places such as `dead_ends/*/fail_rate`, `**` for every string but `regex`, or WHOLE. A function that
    returns what it was given has found nothing. `says` is the message; `{before}` and `{after}` stand for the values.
    """

    def declare(run: Callable[..., Json]) -> Rule:
        return Rule(
            code, name, Kind.FIX, severity, stage, _doc(run), run, good, bad, False, version, screen, tuple(at), says,
            needs_settings,
        )  # fmt: skip

    return declare


def corpus(
    code: str,
    name: str,
    severity: Severity,
    *,
    sql: str,
    good: Sequence[Sequence[Example]],
    bad: Sequence[Sequence[Example]],
    locked: bool = False,
    version: int = 1,
) -> Callable[[Callable[[], None]], Rule]:
    """Declare a rule that needs other records or the day: SQL over the store, see docs/tables.md.

    The query selects (id, pointer, message) and may use `$as_of`. Examples are lists of records.
    """

    def declare(run: Callable[[], None]) -> Rule:
        return Rule(
            code, name, Kind.CORPUS, severity, Stage.CORPUS, _doc(run), run, good, bad, locked, version, sql=sql
        )  # fmt: skip

    return declare


def _doc(run: Callable[..., Any]) -> str:
    lines = (run.__doc__ or "").strip().splitlines()
    return "\n".join(line.strip() for line in lines)


def apply(rule: Rule, document: Document, settings: Settings) -> list[Change]:
    """Run a fix over a document, in place, and tell what it changed."""
    changes: list[Change] = []
    for pattern in rule.at:
        if pattern == WHOLE:
            after = rule.run(document)
            changes += _differences(rule.code, "", document, after)
            document.update(after)
            continue
        for parent, key, pointer in list(places(document, pattern)):
            before = parent[key]
            after = rule.run(before, settings) if rule.needs_settings else rule.run(before)
            if after is not before:
                found = list(_differences(rule.code, pointer, before, after))
                if found:
                    parent[key] = after
                    changes += found
    return changes


def drop_gone(value: Json) -> Json:
    """The value without what list fixes took out."""
    if isinstance(value, list):
        return [drop_gone(item) for item in value if item is not GONE]
    if isinstance(value, dict):
        return {key: drop_gone(item) for key, item in value.items()}
    return value


def message(rule: Rule, change: Change) -> str:
    """What a fix says of one change."""
    if rule.stage is Stage.LIST and change.after is not GONE:
        return f"a copy further down is merged into this; it becomes {show(change.after)}"
    return rule.says.format(before=show(change.before), after=show(None if change.after is GONE else change.after))


def _differences(code: str, pointer: str, before: Json, after: Json) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            yield from _differences(code, f"{pointer}/{key}", before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(code, f"{pointer}/{i}", old, new)
    elif type(before) is not type(after) or before != after:
        yield Change(code, pointer, before, after)


def places(value: Json, pattern: str, pointer: str = "") -> Iterator[tuple[Any, Any, str]]:
    """The places of a document that a pattern names, as (container, key, pointer)."""
    if pattern == "**":
        yield from _strings(value, pointer)
        return
    step, _, rest = pattern.partition("/")
    if step == "*":
        keys: Any = range(len(value)) if isinstance(value, list) else ()
    else:
        keys = (step,) if isinstance(value, dict) and step in value else ()
    for key in keys:
        if rest:
            yield from places(value[key], rest, f"{pointer}/{key}")
        else:
            yield value, key, f"{pointer}/{key}"


def _strings(value: Json, pointer: str) -> Iterator[tuple[Any, Any, str]]:
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in pairs:
        if isinstance(child, str):
            if key != "regex":
                yield value, key, f"{pointer}/{_token(key)}"
        elif isinstance(child, dict | list) and (pointer or key != "curation"):  # that is replaced on publication
            yield from _strings(child, f"{pointer}/{_token(key)}")


def _token(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


_SPACE = re.compile(r"\s+")


def fold(text: str | None) -> str:
    """Text as rules compare it: case and white space folded; null is empty."""
    return _SPACE.sub(" ", text).strip().casefold() if text else ""


def merge_copies(items: list[Any]) -> list[Any]:
    """Dead ends or workarounds, each once: a later copy gives its sources to the first and is gone.

    A copy has the same action and condition, case and spaces folded, and is equal in all else but its sources.
    """
    merged = list(items)
    for i, home in _copies(items):
        if _alike(items[home], items[i]):
            extra = [url for url in items[i]["sources"] if url not in merged[home]["sources"]]
            if extra:
                merged[home] = {**merged[home], "sources": [*merged[home]["sources"], *extra]}
            merged[i] = GONE
    return merged


def disagreements(items: list[Document]) -> Iterator[tuple[int, int]]:
    """Later items with the action and condition of an earlier one that are not equal to it, as (later, earlier)."""
    return ((i, home) for i, home in _copies(items) if not _alike(items[home], items[i]))


def _copies(items: list[Document]) -> Iterator[tuple[int, int]]:
    homes: dict[tuple[str, str], int] = {}
    for i, item in enumerate(items):
        action = fold(item["action"])
        if action:
            home = homes.setdefault((action, fold(item["condition"])), i)
            if home != i:
                yield i, home


def _alike(one: Document, other: Document) -> bool:
    return all(other.get(key) == value for key, value in one.items() if key not in _COPY_KEYS) and len(one) == len(other)


_COPY_KEYS = frozenset({"action", "condition", "sources"})
