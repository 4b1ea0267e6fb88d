"""Whom a change of the rules or of the settings concerns; and that every rule says which settings it reads."""

from typing import Any

import pytest

from kb import contract
from kb.model import Json, Kind
from kb.rules import catalogue
from kb.rules.base import Record, Rule, Stage
from kb.rules.concern import Concern, Judged, concern
from kb.rules.example import with_changes
from kb.rules.fixing import apply
from kb.rules.ruleset import RuleSet
from kb.settings import Settings

NOW = RuleSet(Settings()).judged()


def but(**changes: Json) -> dict[str, Any]:
    """What another run judged with: rules by code, None for one that was not run, and settings by name."""
    rules, settings = dict(NOW["rules"]), dict(NOW["settings"])
    for name, value in changes.items():
        part = rules if name.isupper() else settings
        if value is None:
            del part[name]
        else:
            part[name] = value
    return {**NOW, "rules": rules, "settings": settings}


def test_nothing_changed_concerns_nobody() -> None:
    assert concern(NOW, NOW) == Concern((), {}, ())


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (but(DED001=None), NOW, Concern(("DED001 is run now",), {}, ())),
        (NOW, but(DED001=None), Concern((), {"DED001": "DED001 is no longer run"}, ())),
        (NOW, but(DED001=[1, "error", "check"]), Concern((), {"DED001": "DED001 is an error now"}, ())),
        (NOW, but(DED001=[2, "error", "check"]), Concern(("DED001 is of another version",), {}, ())),
        (NOW, but(DAT003=[2, "error", "corpus"]), Concern((), {}, ("DAT003 is an error now",))),
        (but(DAT003=None), NOW, Concern((), {}, ("DAT003 is run now",))),
        (NOW, but(resolvable={}), Concern(("RAT004 reads `resolvable`, which changed",), {}, ())),
        (but(RAT004=None), but(RAT004=None, resolvable={}), Concern((), {}, ("`resolvable` changed",))),
        (NOW, but(**{"trust.time_to_live": {}}), Concern((), {}, ("`trust.time_to_live` changed",))),
        (NOW, but(**{"trust.ladder": []}), Concern(("SCH004, EVD005 and TIR001 read `trust.ladder`, which changed",), {}, ())),
        (NOW, but(novelty=1), Concern(("`novelty` changed",), {}, ())),
        (
            {**NOW, "suppressed": [["git/a", "DED001", "known"]]},
            NOW,
            Concern((), {"DED001": "a suppression of DED001 changed, or came to its end"}, ()),
        ),
        (
            NOW,
            {**NOW, "suppressed": [["git/a", "DAT003", "planned"]]},
            Concern((), {}, ("a suppression of DAT003 changed",)),
        ),
        (
            NOW,
            {**NOW, "suppress": [["git/a", "DED001", "2020-01-31"]]},
            Concern((), {}, ("the entries under [[suppress]] changed",)),
        ),
        (
            {**NOW, "version": "0.0.1"},
            NOW,
            Concern((f"the records were judged by kb 0.0.1, this is {NOW['version']}",), {}, ()),
        ),
    ],
    ids=[
        "added", "removed", "severity", "version", "corpus severity", "corpus added", "setting", "unread setting",
        "time to live", "ladder", "unknown setting", "suppression", "corpus suppression", "expired suppression", "kb",
    ],
)  # fmt: skip
def test_a_change_concerns_those_that_it_can_reach(was: Judged, now: Judged, expected: Concern) -> None:
    assert concern(was, now) == expected


def test_evidence_ceilings_concern_every_record_whatever_rules_are_run() -> None:
    without = {"EVD005": None}
    changed = concern(but(**without), but(**without, **{"trust.ceiling_by_tier": {}}))
    assert changed.every == ("every record's evidence ceiling is made from `trust.ceiling_by_tier`, which changed",)


class Spy:
    """Settings that note what is asked of them."""

    def __init__(self, real: object, name: str, seen: set[str]) -> None:
        self._real, self._name, self._seen = real, name, seen

    def __getattr__(self, key: str) -> object:
        value = getattr(self._real, key)
        if callable(value) and key == "ceiling":
            self._seen.update({"trust.ceiling_by_sources", "trust.ceiling_by_tier"})
            return value
        name = f"{self._name}.{key}" if self._name else key
        if name == "trust":
            return Spy(value, name, self._seen)
        self._seen.add("match.ordinary" if name == "own_lines" else name)  # what was read of the files it names
        return value


def read_by(rule: Rule) -> set[str]:
    """The settings that a rule reads while it judges its examples."""
    seen: set[str] = set()
    spy: Any = Spy(Settings(), "", seen)
    if rule.stage in {Stage.VALUE, Stage.CHECK, Stage.LIST}:
        for example in (*rule.good, *rule.bad):
            document = contract.complete(with_changes(example))
            if rule.kind is Kind.FIX:
                apply(rule, document, spy)
            else:
                list(rule.run(Record(document, document, "raw/x.json", None, spy)))
    return seen


@pytest.mark.parametrize("rule", catalogue().values(), ids=lambda rule: rule.code)
def test_a_rule_says_which_settings_it_reads(rule: Rule) -> None:
    assert read_by(rule) <= set(rule.reads)
    assert set(rule.reads) <= Settings().judging().keys()
