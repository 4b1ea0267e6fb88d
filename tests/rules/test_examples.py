"""What holds of every rule: its examples, its words, and what was promised to users."""

import re

import pytest

from kb.contract import complete
from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import GONE, Change, Document, Json, Kind, Rejected, Severity
from kb.results import Located
from kb.rules import PREFIXES, catalogue
from kb.rules.base import ABSENT, Expected, Rule, Stage
from kb.rules.example import CLEAN, with_changes
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from tests.bases import DAY, Base, ndjson
from tests.conftest import body, clean, codes, default_rules, judge, published, value_at

PROMISES = {
    "SCH001": ("unreadable", "check", "error"),
    "SCH002": ("schema-violation", "check", "error"),
    "SCH003": ("unknown-key", "check", "warning"),
    "SCH004": ("breaks-table-contract", "check", "error"),
    "IDN001": ("id-malformed", "check", "error"),
    "IDN002": ("path-differs-from-id", "check", "warning"),
    "IDN003": ("id-duplicated", "corpus", "error"),
    "IDN004": ("signature-duplicated", "corpus", "warning"),
    "IDN005": ("near-duplicate", "corpus", "info"),
    "IDN006": ("alias-collides", "corpus", "warning"),
    "IDN007": ("signature-repeated", "fix", "info"),
    "TXT001": ("outer-whitespace", "fix", "info"),
    "TXT002": ("invisible-characters", "fix", "warning"),
    "TXT003": ("empty-means-null", "fix", "info"),
    "TXT004": ("not-nfc", "fix", "info"),
    "TXT005": ("mojibake", "check", "warning"),
    "TXT006": ("placeholder-text", "check", "warning"),
    "TXT007": ("boilerplate", "corpus", "info"),
    "TXT008": ("lost-text", "check", "warning"),
    "TXT009": ("lost-apostrophe", "check", "info"),
    "TXT010": ("root-cause-repeats-signature", "check", "info"),
    "TXT011": ("typographic-characters-in-code", "check", "warning"),
    "TXT012": ("character-in-doubt", "check", "warning"),
    "TXT013": ("empty-step", "fix", "info"),
    "DED001": ("dead-end-action-empty", "check", "warning"),
    "DED002": ("dead-end-unexplained", "check", "warning"),
    "DED003": ("dead-end-duplicated", "fix", "info"),
    "DED004": ("no-dead-ends", "check", "warning"),
    "DED005": ("dead-end-often-works", "check", "info"),
    "DED006": ("dead-ends-disagree", "check", "warning"),
    "WRK001": ("how-repeats-action", "fix", "info"),
    "WRK002": ("how-nearly-repeats-action", "check", "info"),
    "WRK003": ("workaround-duplicated", "fix", "info"),
    "WRK004": ("action-contradicts", "check", "error"),
    "WRK005": ("resolvable-without-workaround", "check", "warning"),
    "WRK006": ("dead-end-beats-workaround", "check", "warning"),
    "WRK007": ("workaround-action-empty", "check", "warning"),
    "WRK008": ("workarounds-disagree", "check", "warning"),
    "WRK009": ("how-within-action", "check", "info"),
    "WRK010": ("workarounds-without-how", "check", "info"),
    "WRK011": ("verify-repeats-action", "check", "info"),
    "RAT001": ("rate-out-of-range", "check", "error"),
    "RAT002": ("rate-as-text", "fix", "info"),
    "RAT003": ("fix-rate-unsupported", "check", "warning"),
    "RAT004": ("resolvable-inconsistent", "check", "warning"),
    "RAT005": ("rates-all-alike", "check", "info"),
    "RAT006": ("resolvable-as-boolean", "fix", "info"),
    "RAT007": ("fix-rate-below-worst", "check", "info"),
    "EVD001": ("evidence-overcounted", "check", "warning"),
    "EVD002": ("unsourced", "check", "info"),
    "EVD003": ("source-is-homepage", "check", "info"),
    "EVD004": ("unsafe-url", "check", "error"),
    "EVD005": ("confidence-beyond-evidence", "check", "warning"),
    "EVD006": ("malformed-url", "check", "warning"),
    "EVD007": ("plain-http", "check", "info"),
    "EVD008": ("source-duplicated", "fix", "info"),
    "EVD009": ("source-is-landing-page", "check", "info"),
    "EVD010": ("quote-is-title", "check", "warning"),
    "EVD011": ("quote-serves-several", "check", "warning"),
    "EVD012": ("quote-without-source", "check", "warning"),
    "TIR001": ("tier-unknown", "check", "error"),
    "TIR002": ("tier-alias", "fix", "info"),
    "SEV001": ("severity-unknown", "check", "warning"),
    "SEV002": ("severity-alias", "fix", "info"),
    "DAT001": ("date-invalid", "check", "error"),
    "DAT002": ("dates-disordered", "check", "warning"),
    "DAT003": ("date-in-future", "corpus", "warning"),
    "DAT004": ("date-placeholder", "check", "info"),
    "DAT005": ("date-format", "fix", "info"),
    "DAT006": ("never-confirmed", "check", "warning"),
    "DAT007": ("confirmed-in-bulk", "corpus", "info"),
    "RGX001": ("regex-invalid", "check", "error"),
    "RGX002": ("regex-not-portable", "check", "warning"),
    "RGX003": ("regex-misses-signature", "check", "warning"),
    "RGX004": ("regex-too-broad", "check", "warning"),
    "RGX005": ("regex-collides", "corpus", "info"),
    "RGX006": ("regex-backtracks", "check", "warning"),
    "RGX007": ("regex-hits-ordinary-text", "check", "warning"),
    "RGX008": ("regex-quadratic", "check", "info"),
    "RGX009": ("regex-misses-further-signatures", "check", "warning"),
    "REF001": ("reference-unknown", "corpus", "warning"),
    "REF002": ("reference-to-self", "check", "warning"),
    "REF003": ("confusion-one-sided", "corpus", "info"),
    "REF004": ("transition-one-sided", "corpus", "info"),
    "REF005": ("reference-both-ways", "check", "info"),
    "VER001": ("version-carries-product", "check", "info"),
    "VER002": ("versions-disordered", "check", "warning"),
    "VER003": ("version-duplicated", "fix", "info"),
    "LOC001": ("untranslated", "check", "warning"),
    "LOC002": ("translation-missing", "check", "info"),
    "LOC003": ("translation-misaligned", "check", "warning"),
    "SAF001": ("secret", "check", "error"),
    "SAF002": ("destructive-command", "check", "warning"),
    "SAF003": ("remote-code", "check", "warning"),
    "SAF004": ("agent-directive", "check", "warning"),
    "SAF005": ("markup", "check", "warning"),
    "LED001": ("event-invalid", "check", "error"),
    "LED002": ("event-of-unknown-record", "corpus", "warning"),
    "LED003": ("event-of-other-text", "corpus", "warning"),
    "LED004": ("event-in-future", "corpus", "warning"),
    "LED005": ("promotion-unsupported", "check", "error"),
    "LED006": ("withdrawal-unexplained", "check", "error"),
    "LED007": ("successor-unknown", "corpus", "warning"),
    "LED008": ("votes-beyond-cap", "corpus", "info"),
    "LED009": ("contested", "corpus", "warning"),
    "LED010": ("tier-beyond-events", "corpus", "info"),
    "SUP001": ("suppression-unused", "corpus", "warning"),
    "SUP002": ("suppression-expired", "corpus", "warning"),
}
"""Codes are stable for ever, and so is what each means; only kb.toml changes a severity."""

ALWAYS = frozenset(["SCH001", "SCH002", "SCH004", "IDN001", "IDN003", "RAT001", "TIR001", "DAT001", "SAF001", "LED001"])
"""What kb.toml cannot take out: without these the base could not store what it publishes, or would hand out harm."""

RULES = list(catalogue().values())
OF_ONE_RECORD = [rule for rule in RULES if rule.kind is not Kind.CORPUS and rule.stage is not Stage.LEDGER]
OF_MANY = [rule for rule in RULES if rule.stage is Stage.CORPUS and not rule.code.startswith("LED")]
FIXES = [rule for rule in RULES if rule.kind is Kind.FIX]

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def _examples(rules: list[Rule], which: str) -> pytest.MarkDecorator:
    pairs = [(rule, example) for rule in rules for example in getattr(rule, which)]
    ids = [f"{rule.code}-{i}" for rule in rules for i in range(len(getattr(rule, which)))]
    return pytest.mark.parametrize(("rule", "example"), pairs, ids=ids)


def _expectations(rules: list[Rule]) -> pytest.MarkDecorator:
    """Every bad example, with where it is found and what a fix makes of it."""
    known = [(rule, *pair) for rule in rules for pair in zip(rule.bad, rule.expected, strict=True)]
    ids = [f"{rule.code}-{i}" for rule in rules for i, _ in enumerate(rule.bad)]
    return pytest.mark.parametrize(("rule", "example", "expected"), known, ids=ids)


every_good_example = _examples(OF_ONE_RECORD, "good")
every_bad_example = _examples(OF_ONE_RECORD, "bad")
every_expectation = _expectations(OF_ONE_RECORD)
every_good_corpus = _examples(OF_MANY, "good")
every_bad_corpus = _expectations(OF_MANY)
everything_to_fix = _examples(FIXES, "bad")
everything_fixed = _expectations(FIXES)


def _rules(rule: Rule) -> RuleSet:
    """What a rule's examples are judged by: one that only speaks where no other does, by itself."""
    if rule.stage is not Stage.TABLES:
        return default_rules()
    rules = RuleSet(Settings())
    rules.checks = []
    return rules


def _subject(example: Json) -> Json:
    return example if isinstance(example, bytes) else with_changes(example)


def test_the_clean_record_gives_no_finding_and_no_change() -> None:
    outcome = published(clean())
    assert outcome.findings == ()
    assert outcome.changes == ()
    assert outcome.id == CLEAN["id"]


@every_rule
def test_a_rule_is_what_was_promised(rule: Rule) -> None:
    assert rule.code in PROMISES, f"list {rule.code} in PROMISES of tests/rules/test_examples.py"
    assert (rule.name, rule.kind, rule.severity) == PROMISES[rule.code]
    assert rule.locked == (rule.code in ALWAYS)


@every_rule
def test_a_rule_stands_in_the_module_of_its_prefix(rule: Rule) -> None:
    module, _ = PREFIXES[rule.code[:3]]
    assert rule in vars(module).values()


@every_rule
def test_a_rule_explains_itself(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z].*\.", rule.summary)
    assert rule.prose.endswith(".")


@every_rule
def test_a_rule_has_good_and_bad_examples(rule: Rule) -> None:
    assert rule.good
    assert rule.bad


@every_rule
def test_every_bad_example_says_where_it_is_found(rule: Rule) -> None:
    """Of a fix, what is made of it too: the two are one declaration, and held against what the fix does below."""
    assert len(rule.expected) == len(rule.bad)
    assert all(rule.expected)


@every_rule
def test_what_a_rule_has_fits_its_kind(rule: Rule) -> None:
    assert bool(rule.at) == bool(rule.says) == (rule.kind is Kind.FIX)
    assert bool(rule.sql) == (rule.kind is Kind.CORPUS)
    assert bool(rule.most) == rule.compares <= (rule.kind is Kind.CORPUS)


def test_no_two_rules_share_a_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@every_good_example
def test_a_good_example_is_not_found_fault_with(rule: Rule, example: Json) -> None:
    assert rule.code not in codes(judge(_subject(example), _rules(rule)))


@every_expectation
def test_a_bad_example_is_found_at_its_place(rule: Rule, example: Json, expected: Expected) -> None:
    findings = [finding for finding in judge(_subject(example), _rules(rule)).findings if finding.code == rule.code]
    assert sorted(finding.pointer for finding in findings) == sorted(expected)
    assert all("\n" not in finding.message and finding.message for finding in findings)


@every_bad_example
def test_what_is_found_has_its_weight(rule: Rule, example: Json) -> None:
    rules = _rules(rule)
    outcome = judge(_subject(example), rules)
    assert isinstance(outcome, Rejected) == (not rules.errors.isdisjoint(codes(outcome)))
    assert (rule.code in rules.errors) == (rule.severity is Severity.ERROR)


def _together(base: Base, rule: Rule, example: Json) -> list[Located]:
    base.put("raw/all.ndjson", ndjson(*map(with_changes, example)))
    result = validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=1))
    return [finding for finding in result.findings if finding.code == rule.code]


@every_good_corpus
def test_good_examples_are_not_found_fault_with_together(base: Base, rule: Rule, example: Json) -> None:
    assert _together(base, rule, example) == []


@every_bad_corpus
def test_bad_examples_are_found_together(base: Base, rule: Rule, example: Json, expected: Expected) -> None:
    findings = _together(base, rule, example)
    assert sorted(_place(finding) for finding in findings) == sorted(expected)
    assert {finding.severity for finding in findings} == {rule.severity}
    assert all("\n" not in finding.message and finding.message for finding in findings)


def _place(finding: Located) -> str:
    """Where a finding is, as a pointer into the list of all records."""
    return f"/{(finding.record_line or 1) - 1}{finding.pointer}"


@everything_to_fix
def test_a_fix_removes_its_finding_and_brings_no_new_one(rule: Rule, example: Json) -> None:
    before = published(with_changes(example))
    after = published(body(before.document))
    assert rule.code not in codes(after)
    assert codes(after) <= codes(before)
    assert after.changes == ()


@everything_fixed
def test_a_fix_makes_of_a_value_what_its_example_says(rule: Rule, example: Json, expected: Expected) -> None:
    changes = {
        change.pointer: change.after for change in published(with_changes(example)).changes if change.code == rule.code
    }
    assert changes == {pointer: GONE if value is ABSENT else value for pointer, value in expected.items()}
    assert {pointer: type(value) for pointer, value in changes.items()} == {
        pointer: type(GONE if value is ABSENT else value) for pointer, value in expected.items()
    }


@everything_to_fix
def test_a_fix_is_recorded_with_what_was_and_what_is(rule: Rule, example: Json) -> None:
    document = with_changes(example)
    came_in = complete(document) if rule.stage is Stage.LIST else document
    outcome = published(document)
    changes = [change for change in outcome.changes if change.code == rule.code]
    assert [finding.pointer for finding in outcome.findings if finding.code == rule.code] == [
        c.pointer for c in changes
    ]
    for change in changes:
        assert change.before != change.after
        assert _earliest(outcome.changes, change.pointer).before == value_at(came_in, change.pointer)
        assert _is_done(outcome.document, change)


def _earliest(changes: tuple[Change, ...], pointer: str) -> Change:
    return next(change for change in changes if change.pointer == pointer)


def _is_done(document: Document, change: Change) -> bool:
    if change.after is not GONE:
        return bool(value_at(document, change.pointer) == change.after)
    home, _, place = change.pointer.rpartition("/")
    return len(value_at(document, home)) <= int(place)
