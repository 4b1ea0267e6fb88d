"""A screen never decides: with and without it, every rule finds the same and every fix does the same.

The longest form (`make torture`) judges some 40,000 records, with the settings below half as many more, and takes ten
minutes; with KB_LONG=1 alone it is a sixth of them.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import orjson
import pytest
from hypothesis import given

from kb.curate.record import curate_each
from kb.model import Curated, Document, Kind, Rejected
from kb.rules import catalogue
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings
from tests.careless import near, records
from tests.conftest import LONG, LONGEST, default_rules, incoming
from tests.strategies import mutated

MANY = 24_000 if LONGEST else 4_000 if LONG else 300


class Unscreened(RuleSet):
    """The same rules, each of them run on every record."""

    def candidates(self, compact: bytes) -> frozenset[str]:
        del compact
        return frozenset(self.rules)


UNSCREENED = Unscreened(Settings())

SETTINGS = {
    "the defaults": Settings(),
    "no fix of texts": Settings(rules=RuleSettings(ignore=("TXT001", "TXT002", "TXT003", "TXT004"))),
    "odd aliases": Settings(
        trust=Settings().trust._replace(
            aliases={'as "I" say': "ai_generated", "a|b": "reproduced", "é\n": "reproduced"}
        )
    ),
}


def test_what_is_made_of_examples_leaves_them_as_they_are() -> None:
    before = repr([(rule.bad, rule.good) for rule in catalogue().values()])
    for rule in catalogue().values():
        assert all(near(rule))
    assert all(records(2_000))
    assert repr([(rule.bad, rule.good) for rule in catalogue().values()]) == before


def outcomes(raws: Iterable[bytes], rules: RuleSet) -> Iterator[tuple[bytes, Curated | Rejected]]:
    yield from ((one.raw, outcome) for one, outcome in curate_each((incoming(r, "x/raw.ndjson") for r in raws), rules))


def told(outcome: Curated | Rejected, code: str = "") -> list[object]:
    """All that became of a record, in an order of its own: fixes may have had their turns in another."""
    whole = orjson.dumps(orjson.loads(orjson.dumps(_ordered(outcome))), option=orjson.OPT_SORT_KEYS)
    return [
        type(outcome).__name__,
        sorted(repr(finding) for finding in outcome.findings if finding.code.startswith(code)),
        sorted(repr(change) for change in outcome.changes if change.code.startswith(code)),
        b"" if code else whole,
    ]


def _ordered(outcome: Curated | Rejected) -> Document | None:
    if isinstance(outcome, Rejected):
        return None
    curation = outcome.document["curation"]
    changes = sorted(curation["changes"], key=lambda change: (change["code"], change["pointer"]))
    return {**outcome.document, "curation": {**curation, "changes": changes}}


def differences(raws: Sequence[bytes], settings: Settings) -> list[tuple[bytes, object, object]]:
    with_screens, without = outcomes(raws, RuleSet(settings)), outcomes(raws, Unscreened(settings))
    return [
        (raw, told(one), told(other))
        for (raw, one), (_, other) in zip(with_screens, without, strict=True)
        if told(one) != told(other)
    ]


@cache
def generated() -> list[bytes]:
    every = [raw for rule in catalogue().values() if rule.kind is not Kind.CORPUS for raw in near(rule)]
    return [*every[:: 1 if LONGEST else 4 if LONG else 24], *records(MANY)]


@pytest.mark.parametrize("name", SETTINGS)
def test_screens_only_save_time(name: str) -> None:
    assert differences(generated()[:: 1 if name == "the defaults" else 4], SETTINGS[name]) == []


def test_screens_only_save_time_with_records_nobody_here_wrote(corpora: Path) -> None:
    raws = [path.read_bytes() for path in sorted(corpora.rglob("*.json"))[:: 1 if LONGEST else 4 if LONG else 16]]
    seeds = [document for raw in raws if isinstance(document := _read(raw), dict)]
    assert seeds
    assert differences([*raws, *records(MANY // 3, MANY, seeds)], Settings()) == []


def _read(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except ValueError:
        return None


@given(mutated)
def test_screens_only_save_time_whatever_the_document(document: Document) -> None:
    assert differences([orjson.dumps(document)], Settings()) == []


# Whether these records would show a screen that is not sound: some that were not.

UNSOUND: dict[str, tuple[str, str]] = {
    "RAT001, which wants a digit but 0 behind the 1": (
        "RAT001",
        r'"(?:fail_rate|success_rate|probability|confidence|fix_success_rate)":(?:-|[2-9]|1[\d.]*[1-9]|[\d.]+[eE])',
    ),
    "SAF002, whose case and white space are not the rule's": (
        "SAF002",
        (
            r"\brm\s+-|mkfs|\bdd\s[^\"]*of=|/dev/[shvnmdx]|:\(\)|\b[fF][oO][rR][mM][aA][tT]\s+[a-zA-Z]:|(?i:Remove-Item)"
            r"|(?i:\brd|\brmdir)\s+/|DROP\s|FLUSH|docker\s+(?:system|volume)\s|kubectl\s|terraform\s|git\s+push\s|chmod\s"
            r"|setenforce|\bufw\s|iptables|netsh|systemctl|NOPASSWD"
        ),
    ),
    "SAF003, whose white space is not the rule's": (
        "SAF003",
        r"(?i)(?:curl|wget|fetch)(?:\s|\\[nt])[^|]*\||<\(|(?:-c|eval)\s[^`(]*[`(]|\biwr|\birm\b|\biex\b|invoke-(?:web|rest|exp)",
    ),
    "SAF004, whose white space is not the rule's": (
        "SAF004",
        (
            r"(?i)(?:ignore|disregard|forget|override)\s|(?:tell|inform|mention|reveal|alert|warn)\s|you are|attention|note to"
            r"|忽略|无视|忘记|<\||\[/?inst\]|<</?sys>>|human: |assistant: "
        ),
    ),
    "SAF005, which does not know how JSON spells white space": (
        "SAF005",
        (
            r"(?i)<script|<(?:iframe|object|embed|frame|applet|meta)[\s/]|<[a-z][^<>]*on[a-z]{3,20}\s*=|(?:javascript|vbscript):"
            r"|data:text/html"
        ),
    ),
    "TXT006, for which a no-break space is none": (
        "TXT006",
        (
            r"(?i)todo|tb[dac]\b|fixme|xxx|lorem|placeholder|to be (?:d|w|a|f|c)|待[补定办填]"
            r'|"(?:\\[a-z]|\W)*n/?a\b|"(?:\\[a-z]|[\s.…?!*~_/\-–—。？])+"'
        ),
    ),
    "RGX006, which looks for what may stand before only behind": (
        "RGX006",
        r'"regex":"(?:[^"\\]|\\.)*?[*+}](?:[^"\\]|\\.)*?[*+}|?)]',
    ),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_screen_is_found_out(name: str) -> None:
    code, screen = UNSOUND[name]
    raws = list(near(catalogue()[code]))
    rules = RuleSet(Settings())
    rules.rules[code] = dataclasses.replace(rules.rules[code], screen=screen)
    judged, rightly = (outcomes(raws, each) for each in (rules, UNSCREENED))
    assert any(told(one, code) != told(other, code) for (_, one), (_, other) in zip(judged, rightly, strict=True))


def test_screens_spare_records_some_rules() -> None:
    """So the property is about something."""
    every = frozenset(default_rules().rules)
    assert all(default_rules().candidates(raw) < every for raw in generated()[:50])
