"""What a rule is, how it is declared, and what it is shown."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Protocol

from kb.analysis import urls
from kb.model import Change, Document, Json, Kind, Severity
from kb.rules import places
from kb.settings import Settings

Found = Iterator[tuple[str, str]]
"""What a check yields: (pointer, message)."""


class Ask(Protocol):
    """Hands a corpus rule the rows that a query over the store gives; values for its `$names` are keywords."""

    def __call__(self, sql: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of the answer, never all in memory at once."""

    def keep(self, name: str, sql: str) -> None:
        """Work out an answer once: what is asked or kept after that reads it by its name, until the rule is done."""


Pairs = Iterator[tuple[str, str, float]]
"""What comparing records yields: (id, id of the other one, score from 0 to 1)."""

Bounds = Iterator[tuple[str, int]]
"""What bounds a comparison: (a text that so many records hold that not all of those are compared, but one in how many)."""

Example = Mapping[str, Json]
"""Pointers, and what stands there instead, in the clean record of `example.py`; ABSENT takes a key away."""

ABSENT = object()

Expected = Mapping[str, Any]
"""Where a bad example is found, by pointer; for a fix with the repaired value, ABSENT where it is taken out."""


class At:
    """A bad example that is found at other places than those that it changes."""

    def __init__(self, example: Any, *pointers: str) -> None:  # noqa: ANN401 - one record, or several
        self.example = example
        self.pointers = pointers


class Stage(StrEnum):
    """When a rule has its turn on the way of a record; a corpus rule comes after all records, one about kb.toml last.

    One at LEDGER looks at events; the fold of a record's events asks those that are checks, too.
    """

    PARSE = "parse"
    VALUE = "value"
    CONTRACT = "contract"
    CHECK = "check"
    TABLES = "tables"
    LIST = "list"
    CORPUS = "corpus"
    LEDGER = "ledger"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One judgement: what `kb explain`, docs/rules.md, the tests and the settings know of a code comes from here.

    `reads` names the settings that its judgement depends on, such as `resolvable` or `trust.ladder`: where one of them
    changes, all records are judged again.

    `run` is the function of its kind: a fix maps a value (and, if it `reads` any, the settings) to a value, a check
    maps a `Record` to findings, a corpus rule has `sql` instead. Where a corpus rule `compares` in Python, `run` maps an
    `Ask` to the pairs that are not in the table `pairs` yet, of which at most `most` + 1 are kept for each id, and `sql`
    makes findings of that table. What `bounds` says of the base stands in the table `bounds` then: where that changes for one
    of the texts that a record's pattern requires, the record is compared anew. `screen` is an RE2 pattern for the compact
    JSON of a document, as `orjson.dumps` spells it: without a match the rule cannot fire, and is not run. It is made of the
    tables that the rule itself uses and never decides, which tests/property/test_screens.py holds of every rule. `alone` is
    the like for a corpus rule: whether it may speak against a curated document that is the only one; without it, it cannot.
    `only_with` is the like for a base: a table that its query asks, perhaps with a condition; without a row of it the query
    has no answer, and is not planned. A check of events looks at those of some `kinds` alone.
    Where the rule speaks, it `replaces` what other rules found at the same pointer of the record; where one of those that it
    `yields_to` speaks, it is silent. `file` names the file of a user's own rule. A fix of texts with `beside` is given what
    that makes of all that its pattern names in the record, too. `expected` says of each bad example where it is found, and
    for a fix what stands there then.
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
    screen: str | None = None
    at: tuple[str, ...] = ()
    says: str = ""
    sql: str = ""
    compares: bool = False
    bounds: Callable[[Ask], Bounds] | None = None
    most: int = 0
    alone: Callable[[Document, dt.date], bool] | None = None
    only_with: str = ""
    replaces: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    beside: Callable[[list[str]], Any] | None = None
    file: str = ""
    expected: Sequence[Expected] = ()

    @property
    def summary(self) -> str:
        """What a good record does, in one phrase."""
        return self.doc.split("\n\n")[0].replace("\n", " ").strip()

    @property
    def by_day(self) -> bool:
        """Whether what it finds depends on the day: of those about suppressions it does, for each may end on one."""
        return self.stage is Stage.SETTINGS or "$as_of" in self.sql.lower()

    @property
    def prose(self) -> str:
        """Why, and what to do."""
        return self.doc.partition("\n\n")[2].strip()


_TRANSITIONS = frozenset({"leads_to", "preceded_by", "frequently_confused_with"})

_PROSE_KEYS = ("signature", "signature_zh", "root_cause", "root_cause_zh")

_PROSE_KEYS_IN = {
    "dead_ends": ("action", "why_fails", "condition", "quote"),
    "workarounds": ("action", "how", "condition", "quote"),
    "versions": ("behavior_change",),
}

_PROSE_LISTS = ("signatures", "diagnosis", "workarounds_zh", "verify")

_STEPS = ("diagnosis", "workarounds_zh", "verify")

_PROSE = tuple((key, f"/{key}") for key in _PROSE_KEYS)


@lru_cache(maxsize=256)
def _prose_in(key: str, place: int) -> tuple[tuple[str, str], ...]:
    """The keys of an item of a list that hold prose, each with its pointer."""
    return tuple((name, f"/{key}/{place}/{name}") for name in _PROSE_KEYS_IN[key])


class Record:
    """One record as the checks see it: accepted, complete, its values repaired; lists are still as ingested."""

    file_names: Sequence[str]
    """Where its file may lie, without `.json` and below any folder: by its id, and as the format has it that it came in."""

    def __init__(
        self,
        document: Document,
        incoming: Document,
        path: str,
        line: int | None,
        settings: Settings,
        repairs: Sequence[Change] = (),
    ) -> None:
        self.document = document
        self._repairs = repairs
        self.incoming = incoming
        self.path = path
        self.line = line
        self.settings = settings
        self.file_names = (document["id"],)
        self.dead_ends: list[Document] = document["dead_ends"]
        self.workarounds: list[Document] = document["workarounds"]

    def as_it_came(self, pointer: str, text: str) -> str:
        """The text at a place, before any fix had its turn there."""
        return self._came.get(pointer, text) if self._repairs else text

    @cached_property
    def _came(self) -> dict[str, str]:
        return {change.pointer: change.before for change in reversed(self._repairs) if isinstance(change.before, str)}

    def repaired(self, document: Document) -> "Record":
        """The same record with another document; nothing that was worked out of the one before is kept."""
        record = Record(document, self.incoming, self.path, self.line, self.settings, self._repairs)
        record.file_names = self.file_names
        return record

    def items(self) -> Iterator[tuple[str, Document]]:
        """Every dead end and workaround, with its pointer."""
        for key in ("dead_ends", "workarounds"):
            for i, item in enumerate(self.document[key]):
                yield f"/{key}/{i}", item

    def transitions(self) -> Iterator[tuple[str, Document]]:
        """Every entry of the transition graph, with its pointer."""
        for key, entries in self.document["transition_graph"].items():
            if key in _TRANSITIONS:
                for i, entry in enumerate(entries):
                    yield f"/transition_graph/{key}/{i}", entry

    @cached_property
    def texts(self) -> list[tuple[str, str]]:
        """Every text, but for the regex, with its pointer."""
        return list(places.texts(self.document))

    @cached_property
    def told(self) -> list[tuple[str, str]]:
        """Every text that is written to be read, with its pointer."""
        told = [(pointer, self.document[key]) for key, pointer in _PROSE if self.document[key]]
        for key in _PROSE_KEYS_IN:
            for i, item in enumerate(self.document[key]):
                told += [(pointer, item[name]) for name, pointer in _prose_in(key, i) if item[name]]
        told += self._listed(_PROSE_LISTS)
        for pointer, entry in self.transitions():
            told += [(f"{pointer}/{name}", entry[name]) for name in ("condition", "distinction") if entry[name]]
        return told

    @cached_property
    def joined(self) -> str:
        """Every text, but for the regex, joined by NUL characters: what is in none of them is not looked for in each."""
        return "\0".join(places.strings(self.document))

    @cached_property
    def instructions(self) -> list[tuple[str, str]]:
        """Every text that says what to do, with its pointer."""
        instructions = [
            (pointer, item[name])
            for i, item in enumerate(self.workarounds)
            for name, pointer in _prose_in("workarounds", i)
            if name != "condition" and item[name]
        ]
        return instructions + self._listed(_STEPS)

    def _listed(self, keys: Sequence[str]) -> list[tuple[str, str]]:
        """The texts of some lists, with their pointers."""
        return [(f"/{key}/{i}", text) for key in keys for i, text in enumerate(self.document[key]) if text]

    @cached_property
    def joined_instructions(self) -> bytes:
        """The same texts as UTF-8, a line each at least."""
        return "\n".join([text for _, text in self.instructions]).encode()

    @cached_property
    def links(self) -> list[tuple[str, str, urls.ReadUrl]]:
        """Every source URL with its pointer and its reading, the official document first."""
        official = self.document["official_doc_url"]
        cited = [("/official_doc_url", official)] if official else []
        for pointer, item in self.items():
            cited += [(f"{pointer}/sources/{j}", url) for j, url in enumerate(item["sources"])]
        return [(pointer, url, urls.read(url)) for pointer, url in cited]

    @cached_property
    def _ordinary_pages(self) -> set[str] | None:
        official = self.document["official_doc_url"]
        cited = [official] if official else []
        for item in (*self.dead_ends, *self.workarounds):
            cited += item["sources"]
        return urls.ordinary_pages(cited)

    @property
    def odd_links(self) -> list[tuple[str, str, urls.ReadUrl]]:
        """The links that are malformed or dangerous."""
        return [link for link in self.links if link[2].fault or link[2].danger] if self._ordinary_pages is None else []

    @cached_property
    def _ordinary_fronts(self) -> list[str]:
        return urls.fronts_among(self._ordinary_pages or ())

    @cached_property
    def fronts(self) -> list[tuple[str, str, urls.ReadUrl]]:
        """The links that lead to no page of its own, but to the way in to many."""
        if self._ordinary_pages is not None and not self._ordinary_fronts:
            return []
        return [link for link in self.links if link[2].front and link[2].fault is None and link[2].danger is None]

    @cached_property
    def distinct_pages(self) -> int:
        """How many different addresses that can be followed the record cites, home pages and the like among them."""
        if self._ordinary_pages is not None:
            return len(self._ordinary_pages)
        return len({reading.page for _, _, reading in self.links if reading.fault is None})

    @cached_property
    def distinct_sources(self) -> int:
        """How many different pages that count as evidence the record cites, the official document included."""
        if self._ordinary_pages is not None:
            return len(self._ordinary_pages) - len(self._ordinary_fronts)
        return len({reading.page for _, _, reading in self.links if reading.is_evidence})

    @property
    def ceiling(self) -> float:
        """The most confidence that evidence and tier support."""
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
    reads: Sequence[str] = (),
    kinds: Sequence[str] = (),
) -> Callable[[Callable[..., Found]], Rule]:
    """Declare a rule that looks at one record, or at one event of some `kinds`, and yields (pointer, message).

    A bad example is found at each place that it changes; where it is not, `At` says where it is.
    """

    def declare(run: Callable[..., Found]) -> Rule:
        return Rule(
            code, name, Kind.CHECK, severity, stage, _doc(run), run, good, _examples(bad), locked, version, screen,
            kinds=tuple(kinds), reads=tuple(reads), expected=_expected(bad),
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
    bad: Sequence[tuple[Example, Example]],
    stage: Stage = Stage.VALUE,
    screen: str | None = None,
    reads: Sequence[str] = (),
    beside: Callable[[list[str]], Any] | None = None,
    version: int = 1,
) -> Callable[[Callable[..., Json]], Rule]:
    """Declare a rule that is its own repair: value → value, run at every place that `at` names.

    `at` holds places such as `dead_ends/*/fail_rate` (`a|b` for either key), EVERY_TEXT, or WHOLE. A function that
    returns what it was given has found nothing. A bad example is a pair: what differs from the clean record, and what
    stands at each place that is repaired then (ABSENT: it is taken out).
    `says` is the message; `{before}` and `{after}` stand for the values.
    The function is given what `beside` makes of every value at those places too: a repair may make two of them equal.
    """

    def declare(run: Callable[..., Json]) -> Rule:
        return Rule(
            code, name, Kind.FIX, severity, stage, _doc(run), run, good, [before for before, _ in bad], False, version,
            screen, tuple(at), says, reads=tuple(reads), beside=beside, expected=[after for _, after in bad],
        )  # fmt: skip

    return declare


def corpus(
    code: str,
    name: str,
    severity: Severity,
    *,
    sql: str,
    good: Sequence[Sequence[Any]],
    bad: Sequence[Sequence[Any] | At],
    locked: bool = False,
    version: int = 1,
    alone: Callable[[Document, dt.date], bool] | None = None,
    only_with: str = "",
    about_settings: bool = False,
    stage: Stage = Stage.CORPUS,
    compares: bool = False,
    bounds: Callable[[Ask], Bounds] | None = None,
    most: int = 0,
    replaces: Sequence[str] = (),
    yields_to: Sequence[str] = (),
) -> Callable[[Callable[..., Pairs | None]], Rule]:
    """Declare a rule that needs other records or the day: SQL over the store, see docs/tables.md.

    The query selects (id, pointer, message) and may use `$as_of`. With `compares`, the function yields what comparing records
    in Python came to, for the query to read from the table `pairs`; `bounds` says where not all are compared. What it finds
    `replaces` the findings of some other rules at the same place: it is the cause of those. Where a check that it `yields_to`
    speaks, that one is the cause. Examples are lists of records, and pointers into such a list say where a bad one is found:
    `/1/id` is the id of the second record.

    A rule that is `about_settings` judges the suppressions in kb.toml, after all others: its query selects
    (number, pointer, message) with the help of the table `suppressions` that draft.py lays out. Its examples are pairs
    of a list of suppressions and a list of records. One at the stage LEDGER judges events: it selects
    (event, pointer, message), and its examples are pairs of a list of events and a list of records.
    """
    turn = Stage.SETTINGS if about_settings else stage

    def declare(run: Callable[..., Pairs | None]) -> Rule:
        return Rule(
            code, name, Kind.CORPUS, severity, turn, _doc(run), run, good, _examples(bad), locked, version, sql=sql,
            alone=alone, only_with=only_with, compares=compares, bounds=bounds, most=most, replaces=tuple(replaces),
            yields_to=tuple(yields_to), expected=_expected(bad),
        )  # fmt: skip

    return declare


def _examples(bad: Sequence[Any]) -> Sequence[Any]:
    return [example.example if isinstance(example, At) else example for example in bad]


def _expected(bad: Sequence[Any]) -> Sequence[Expected]:
    return [dict.fromkeys(example.pointers if isinstance(example, At) else changed(example)) for example in bad]


def changed(example: Any) -> list[str]:  # noqa: ANN401 - bytes, changes, lists of changes, or suppressions and records
    """The places that an example changes: where it is found, if nothing else is said."""
    if isinstance(example, bytes):
        return [""]
    if isinstance(example, tuple):
        return [f"/suppress/{i}" for i, _ in enumerate(example[0])]
    if isinstance(example, list):
        return [f"/{i}{pointer}" for i, changes in enumerate(example) for pointer in changes]
    return list(example)


def _doc(run: Callable[..., Any]) -> str:
    lines = (run.__doc__ or "").strip().splitlines()
    return "\n".join(line.strip() for line in lines)


def fold(text: str | None) -> str:
    """Text as rules compare it: case and white space folded; null is empty."""
    return " ".join(text.split()).casefold() if text else ""


def slug(column: str) -> str:
    """In SQL: the id in a column without its environment, domain/slug."""
    return f"array_to_string(string_split({column}, '/')[:2], '/')"
