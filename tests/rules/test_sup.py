"""SUP: the examples of the rules about kb.toml, and what they say."""

from collections.abc import Mapping, Sequence

import pytest

from kb.rules import sup
from kb.rules.base import Example, Rule
from kb.rules.example import CLEAN, with_changes
from tests.bases import Base, suppressions

RULES = (sup.suppression_unused, sup.suppression_expired)

Setup = tuple[Sequence[Mapping[str, object]], Sequence[Example]]


def _examples(which: str) -> pytest.MarkDecorator:
    pairs = [(rule, example) for rule in RULES for example in getattr(rule, which)]
    return pytest.mark.parametrize(("rule", "example"), pairs, ids=[f"{r.code}-{i}" for i, (r, _) in enumerate(pairs)])


def found(base: Base, example: Setup) -> list[tuple[str, str, str]]:
    """Code, pointer and message of what is found in kb.toml."""
    entries, records = example
    base.configure(suppressions(*entries))
    for changes in records:
        base.put(f"raw/{CLEAN['id']}.json", with_changes(changes))
    base.ingest()
    return base.query("SELECT code, pointer, message FROM findings WHERE path = 'kb.toml' ORDER BY position")


@_examples("good")
def test_a_good_example_is_not_found_fault_with(base: Base, rule: Rule, example: Setup) -> None:
    assert rule.code not in [code for code, *_ in found(base, example)]


@_examples("bad")
def test_a_bad_example_is_found(base: Base, rule: Rule, example: Setup) -> None:
    assert [(code, pointer) for code, pointer, _ in found(base, example)] == [(rule.code, "/suppress/0")]


def test_they_say_what_is_wrong_and_what_to_do(base: Base) -> None:
    unused = {"record": "git/a*", "code": "DED001", "reason": "x"}
    expired = {"record": "git/b", "code": "DED001", "reason": "x", "until": "2026-01-31"}
    assert [message for *_, message in found(base, ([unused, expired], [{}]))] == [
        'suppresses DED001 of "git/a*", which is not found; take it out, or correct record and code',
        'suppressed DED001 of "git/b" until 2026-01-31 and no longer does; fix it and take this out, or set a later day',
    ]
