"""Rules in words."""

import pytest

from kb.render import rule_pages as words
from kb.rules import catalogue, named
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings
from kb.words import visible


def test_the_listing_has_every_rule_in_a_row() -> None:
    listing = words.listing(RuleSet(Settings(rules=RuleSettings(ignore=("LOC",), severity={"DED001": "error"}))))
    assert listing.columns == ("code", "name", "kind", "severity", "summary")
    assert [row[0] for row in listing.rows] == list(catalogue())
    severities = {row[0]: row[3] for row in listing.rows}
    assert (severities["DED001"], severities["DED002"], severities["LOC001"]) == ("error", "warning", "off")
    assert all(row[4].startswith("a good record ") and not row[4].endswith(".") for row in listing.rows)


@pytest.mark.parametrize("code", catalogue())
def test_an_explanation_says_what_why_and_shows_it(code: str) -> None:
    rule = named(code)
    lines = list(words.explain(rule))
    assert lines[0] == f"{code} {rule.name} ({rule.severity})"
    assert lines[2].startswith("A good record ")
    assert " ".join(rule.prose.split()) in " ".join(" ".join(lines).split())
    assert "Bad:" in lines
    shown = lines[lines.index("Bad:") + 1 :]
    assert all(line.startswith("  ") and line.strip() for line in shown if line not in {"", "Good:"})
    assert all(visible(line) == line for line in lines if line != rule.prose)
    assert max(len(line) for line in shown) <= 200


def test_an_empty_file_is_shown_as_one() -> None:
    assert "  (an empty file)" in words.explain(named("SCH001"))


def test_the_page_has_a_section_for_every_rule() -> None:
    page = words.document()
    for code, rule in catalogue().items():
        assert page.count(f"### {code} {rule.name}\n") == 1
        assert page.count(f"| [{code}](#{code.lower()}-{rule.name}) |") == 1
    assert page.count(" (always) |") == sum(rule.locked for rule in catalogue().values())
    assert f"one of these\n{len(catalogue())} rules" in page
