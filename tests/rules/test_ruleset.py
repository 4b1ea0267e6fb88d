"""Which rules judge, and how severely: the command line goes before kb.toml, and that before the defaults."""

from collections.abc import Mapping, Sequence

import pytest

from kb.errors import KbError
from kb.model import Severity
from kb.rules import catalogue
from kb.rules.ruleset import RuleSet, overridden, with_selected
from kb.settings import RuleSettings, Settings

ALWAYS = {code for code, rule in catalogue().items() if rule.locked}


def of(prefix: str) -> set[str]:
    return {code for code in catalogue() if code.startswith(prefix)}


def rules(
    toml: RuleSettings,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severity: Mapping[str, str] | None = None,
) -> RuleSet:
    return RuleSet(overridden(Settings(rules=toml), select=select, ignore=ignore, severity=severity))


def test_where_nothing_is_said_the_settings_stay_as_they_are() -> None:
    settings = Settings(rules=RuleSettings(select=("DED",), ignore=("DED002",), severity={"DED": "info"}))
    assert overridden(settings) == settings


@pytest.mark.parametrize("word", ["DED001", "ded001", "dead-end-action-empty", "Dead-End-Action-Empty"])
def test_a_rule_is_named_by_code_or_name_in_any_case(word: str) -> None:
    assert set(rules(RuleSettings(), select=[word]).rules) == {"DED001"} | ALWAYS
    assert set(rules(RuleSettings(select=(word,))).rules) == {"DED001"} | ALWAYS


def test_what_is_selected_is_run_whatever_kb_toml_says() -> None:
    toml = RuleSettings(select=("TXT",), ignore=("DED001",))
    assert set(rules(toml, select=["DED"]).rules) == of("DED") | ALWAYS


def test_what_is_ignored_is_not_run_whatever_else_is_said() -> None:
    assert set(rules(RuleSettings(select=("TXT", "DED")), ignore=["DED"]).rules) == of("TXT") | ALWAYS
    assert set(rules(RuleSettings(ignore=("TXT",)), ignore=["DED"]).rules).isdisjoint(of("TXT") | of("DED"))
    assert set(rules(RuleSettings(), select=["DED"], ignore=["DED001"]).rules) == of("DED") - {"DED001"} | ALWAYS


def test_a_severity_goes_before_all_that_kb_toml_says_of_the_rule() -> None:
    toml = RuleSettings(severity={"LOC001": "info", "LOC": "info", "DED": "info"})
    told = rules(toml, severity={"LOC": "error"}).severities
    assert {told[code] for code in of("LOC")} == {Severity.ERROR}
    assert {told[code] for code in of("DED") if catalogue()[code].kind != "fix"} == {Severity.INFO}


@pytest.mark.parametrize(
    "given", [{"LOC": "error", "LOC001": "info"}, {"LOC001": "info", "LOC": "error"}], ids=["after", "before"]
)
def test_what_names_fewer_rules_goes_before_what_names_more(given: dict[str, str]) -> None:
    for told in (rules(RuleSettings(severity=given)), rules(RuleSettings(), severity=given)):
        assert (told.severities["LOC001"], told.severities["LOC002"]) == (Severity.INFO, Severity.ERROR)


def test_a_prefix_is_about_those_of_its_rules_that_can_have_the_severity() -> None:
    told = rules(RuleSettings(severity={"DED": "error", "RAT": "info"})).severities
    checks = {code for code in of("DED") if catalogue()[code].kind != "fix"}
    assert {told[code] for code in checks} == {Severity.ERROR}
    assert all(told[code] is not Severity.ERROR for code in of("DED") - checks)
    assert {told[code] for code in of("RAT")} == {Severity.INFO, Severity.ERROR}
    with pytest.raises(KbError, match=r"`rules\.severity\.RAT001`: RAT001 is always an error"):
        rules(RuleSettings(severity={"RAT001": "info"}))


@pytest.mark.parametrize(
    "toml",
    [
        RuleSettings(select=("XXX001",)),
        RuleSettings(ignore=("SCH001",)),
        RuleSettings(severity={"DED001": "fatal"}),
    ],
    ids=["select", "ignore", "severity"],
)
def test_a_mistake_in_the_settings_names_their_file(toml: RuleSettings) -> None:
    with pytest.raises(KbError, match=r"^kb\.toml: `rules\."):
        RuleSet(Settings(rules=toml))


def test_what_is_selected_joins_what_judges() -> None:
    toml = Settings(rules=RuleSettings(select=("TXT",), ignore=("TXT001", "DED001")))
    assert with_selected(toml, ["TXT002"]) is toml
    joined = RuleSet(with_selected(toml, ["DED001", "TXT001"])).rules
    assert set(joined) == of("TXT") | {"DED001"} | ALWAYS
    with pytest.raises(KbError, match=r"^kb\.toml: `rules\.select`: no rule 'XXX'"):
        with_selected(Settings(rules=RuleSettings(select=("XXX",))), ["TXT"])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"select": ["EVX"]}, "`--select`: no rule 'EVX'; did you mean `EVD`?"),
        ({"ignore": ["DED0001"]}, "`--ignore`: no rule 'DED0001'; did you mean `DED001`?"),
        ({"select": ["dead-end-action-emty"]}, "no rule 'dead-end-action-emty'; did you mean `dead-end-action-empty`?"),
        ({"ignore": ["SCH001"]}, "`--ignore`: SCH001 cannot be ignored"),
        ({"ignore": ["unreadable"]}, "`--ignore`: SCH001 cannot be ignored"),
        ({"severity": {"DED9": "info"}}, "`--severity`: no rule 'DED9'; did you mean"),
        ({"severity": {"DED001": "fatal"}}, "`--severity DED001` is 'fatal'; choose error, warning or info"),
        ({"severity": {"SCH001": "info"}}, "`--severity SCH001`: SCH001 is always an error"),
        ({"severity": {"TXT001": "error"}}, "`--severity TXT001`: TXT001 is a fix"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_mistake_names_the_option(said: dict[str, list[str]], message: str) -> None:
    with pytest.raises(KbError) as raised:
        overridden(Settings(), **said)  # type: ignore[arg-type]
    assert message in str(raised.value)
