"""The files of custom rules: what their headers may say."""

import re

import pytest

from kb.errors import KbError
from kb.model import Kind, Severity
from kb.rules import custom, named
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings

QUERY = "SELECT id, '' AS pointer, 'no' AS message FROM records"
HEADER = {"code": "ORG001", "name": "owner-missing", "severity": "warning", "text": "Names its owner."}


def written(query: str = QUERY, **header: str) -> str:
    said = {key: value for key, value in {**HEADER, **header}.items() if value}
    return "".join(f"-- {key}: {value}\n" for key, value in said.items()) + query


def refused(**files: str) -> str:
    with pytest.raises(KbError) as caught:
        custom.parse({f"rules/{name}.sql": text for name, text in files.items()})
    return str(caught.value)


def test_a_header_says_what_a_rule_is() -> None:
    text = written(text="Names its owner.\n--\n-- Who is asked\n-- otherwise?\n--\n-- Nobody.")
    (rule,) = custom.parse({"rules/owner.sql": f"{text};\n"})
    assert (rule.code, rule.name, rule.severity, rule.kind) == (
        "ORG001",
        "owner-missing",
        Severity.WARNING,
        Kind.CORPUS,
    )
    assert rule.summary == "Names its owner."
    assert rule.prose == "Who is asked\notherwise?\n\nNobody."
    assert rule.sql == QUERY


def test_comments_below_the_header_belong_to_the_query() -> None:
    query = f"\n-- every record\n{QUERY}"
    (rule,) = custom.parse({"rules/owner.sql": written(query)})
    assert rule.sql == query.strip()


@pytest.mark.parametrize("key", HEADER)
def test_a_header_says_all_of_it(key: str) -> None:
    assert refused(a=written(**{key: ""})) == (
        f"rules/a.sql: its header says no {key}; begin the file with a line `-- {key}: …`"
    )


@pytest.mark.parametrize("text", ["", "\n\n", QUERY, f"/* code: ORG001 */ {QUERY}"])
def test_a_file_without_a_header_is_none(text: str) -> None:
    assert refused(a=text).startswith("rules/a.sql: its header says no code;")


@pytest.mark.parametrize("code", ["org001", "O1", "ORGANIC1", "ORG", "ORG12345", "ORG-1", "1", "ÖRG1"])
def test_a_code_is_capitals_and_a_number(code: str) -> None:
    assert refused(a=written(code=code)) == (
        f"rules/a.sql: {code!r} is no code; write two to six capitals and a number, as in ORG001"
    )


@pytest.mark.parametrize("code", ["DED001", "DED999", "DE1", "DEDX1", "RG005"])
def test_a_prefix_of_kb_or_one_like_it_is_not_free(code: str) -> None:
    assert re.match(rf"rules/a.sql: {code} looks like a rule of kb", refused(a=written(code=code)))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"severity": "fatal"}, "rules/a.sql: severity is 'fatal'; choose error, warning or info"),
        ({"name": "Owner missing"}, "rules/a.sql: 'Owner missing' is no name; write words in lower case with hyphens"),
        ({"name": "unknown-key"}, "rules/a.sql: unknown-key is taken by a rule of kb; choose another"),
        ({"severty": "info"}, "rules/a.sql: its header says `severty`; did you mean `severity`?"),
    ],
)
def test_a_header_that_says_what_cannot_be_is_one_line(header: dict[str, str], message: str) -> None:
    text = "-- severty: info\n" + written() if "severty" in header else written(**header)
    assert refused(a=text).startswith(message)


def test_a_stray_line_and_a_repeated_one_are_told() -> None:
    assert "'By Ann' in its header says nothing that a rule has" in refused(a=f"-- By Ann\n{written()}")
    assert "its header says code twice" in refused(a=f"-- code: ORG002\n{written()}")


def test_a_file_has_a_query() -> None:
    assert refused(a=written("")) == (
        "rules/a.sql: there is no query below its header; add one that selects id, pointer and message"
    )


@pytest.mark.parametrize("same", ["code", "name"])
def test_two_files_share_neither_code_nor_name(same: str) -> None:
    other = {"code": "ORG002", "name": "other"} | {same: HEADER[same]}
    message = refused(a=written(), b=written(**other))
    assert message == f"rules/b.sql: {HEADER[same]} is taken by rules/a.sql; choose another"


# in a set of rules


def ruled(**settings: object) -> RuleSet:
    rules = custom.parse(
        {"rules/a.sql": written(), "rules/b.sql": written(code="ORG002", name="other", severity="info")}
    )
    return RuleSet(Settings(rules=RuleSettings(**settings)), added=rules)  # type: ignore[arg-type]


def test_custom_rules_judge_with_all_others() -> None:
    assert {"ORG001", "ORG002", "DED001"} <= ruled().rules.keys()
    assert {rule.code for rule in ruled().corpus} >= {"ORG001", "ORG002"}


def test_custom_rules_are_selected_ignored_and_weighed_as_others() -> None:
    assert "ORG001" not in ruled(ignore=("ORG001",)).rules
    assert {"ORG001", "ORG002"} <= ruled(select=("ORG",)).rules.keys()
    assert "DED001" not in ruled(select=("ORG",)).rules
    assert ruled(severity={"ORG": "error"}).errors >= {"ORG001", "ORG002"}


def test_a_setting_for_an_own_rule_that_is_gone_names_the_nearest() -> None:
    with pytest.raises(KbError, match=r"`rules.ignore`: no rule 'ORGG001'; did you mean `ORG001`"):
        ruled(ignore=("ORGG001",))


def test_a_change_of_a_file_is_a_change_of_the_rules() -> None:
    one, other = (
        RuleSet(Settings(), added=custom.parse({"rules/a.sql": written(query)})) for query in (QUERY, f"{QUERY} ")
    )
    assert one.fingerprint() != RuleSet(Settings()).fingerprint()
    assert one.fingerprint() != other.fingerprint()


def test_an_own_rule_is_found_by_code_and_by_name() -> None:
    rules = ruled()
    assert named("org001", rules.known) is rules.known["ORG001"]
    assert named("owner-missing", rules.known) is rules.known["ORG001"]
