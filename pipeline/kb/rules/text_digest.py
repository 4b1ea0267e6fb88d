"""The digest of what a record says, which an event of the ledger is bound to."""

import hashlib
from collections.abc import Container
from functools import cache

import orjson

from kb.contract import KEPT_FOR_KB, LATER, LATER_OF_ITEMS
from kb.model import Document
from kb.rules.fixing import apply, drop_gone, would_change
from kb.rules.ruleset import RuleSet
from kb.settings import Settings

_NO_TEXT = KEPT_FOR_KB | {"last_confirmed", "last_updated", "verification_tier"}
"""Keys that say when somebody looked and how far it was checked, not what the record says."""


def text_digest(document: Document, rules: RuleSet | None = None, done: Container[str] = ()) -> str:
    """The digest of a complete record, curated or not, as events hold it: `sha256:` and 64 hexadecimal digits.

    All fixes that come with kb are carried out on a copy first, whatever the settings run: what they repair is the same
    text before and after, and so it is with them and without. `done` are the value fixes that were carried out already.
    With `rules` that run every fix, no others have to be made ready. Keys that came to the format later do not count where
    they say nothing: a text is what it was before there were any.
    """
    return digest_of(as_repaired(document, rules, done))


def digest_of(repaired: Document) -> str:
    """The same of a record after all fixes."""
    said = {key: value for key, value in repaired.items() if key not in _NO_TEXT and (value or key not in LATER)}
    for key in ("dead_ends", "workarounds"):
        said[key] = [_without_empty(item) for item in said[key]]
    return f"sha256:{hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()}"


def _without_empty(item: Document) -> Document:
    said = {**item}
    for name in LATER_OF_ITEMS:
        if name in said and not said[name]:
            del said[name]
    return said


def as_repaired(document: Document, rules: RuleSet | None = None, done: Container[str] = ()) -> Document:
    """A record after all fixes that come with kb, but for those that are `done`: itself, where none would change anything."""
    return _repaired(document, rules if rules is not None and rules.has_every_fix else _all_rules(), done)


def _repaired(document: Document, rules: RuleSet, done: Container[str]) -> Document:
    open_fixes = [*(rule for rule in rules.value_fixes if rule.code not in done), *rules.list_fixes]
    is_screened = any(rule.screen is not None for rule in open_fixes)
    compact = orjson.dumps(document) if is_screened else b""
    candidates = rules.candidates(compact) if is_screened else frozenset(rule.code for rule in open_fixes)
    if not any(rule.code in candidates and would_change(rule, document, rules.settings) for rule in open_fixes):
        return document  # nearly always; a copy takes as long as to look
    text: Document = orjson.loads(compact or orjson.dumps(document))
    changed = True
    while changed:
        changed = False
        for rule in open_fixes:
            if rule.code in candidates and apply(rule, text, rules.settings):
                text = drop_gone(text)
                changed = True
        candidates = rules.candidates(orjson.dumps(text)) if changed and is_screened else candidates
    return text


@cache
def _all_rules() -> RuleSet:
    return RuleSet(Settings())
