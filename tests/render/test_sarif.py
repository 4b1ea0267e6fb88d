"""SARIF 2.1.0: accepted by its schema, with the rules, regions that fit the line, and keys that outlive edits."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import Document
from kb.render.validations import render
from kb.results import ValidateResult
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings
from tests.bases import DAY, Base, record
from tests.conftest import ROOT
from tests.findings import ERROR, HOSTILE, INFO, located, result

SCHEMA = json.loads((Path(__file__).parent.parent / "data/sarif-2.1.0-rtm.4.json").read_bytes())


def log(found: ValidateResult, settings: Settings | None = None) -> Document:
    """The log of a result, once the schema has accepted it."""
    document: Document = json.loads(render(found, "sarif", settings or Settings()))
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    return document


def run(found: ValidateResult, settings: Settings | None = None) -> Document:
    (only,) = log(found, settings)["runs"]
    return dict(only)


def shown(base: Base, *paths: Path) -> ValidateResult:
    return validate(base.workspace, paths or [base.root / "raw"], Request(DAY, jobs=1))


def test_the_schema_accepts_what_is_said_of_this_projects_own_raw(base: Base) -> None:
    found = shown(base, ROOT / "raw")
    assert len(run(found)["results"]) == len(found.findings) > 50


@pytest.mark.parametrize("found", [result(), result(located(**dict.fromkeys(["message", "path", "source"], HOSTILE)))])
def test_the_schema_accepts_nothing_and_hostile_text(found: ValidateResult) -> None:
    assert log(found)["version"] == "2.1.0"


def test_the_schema_refuses_what_is_none() -> None:
    """Else the tests above would prove little."""
    document = log(result(ERROR))
    document["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(document)


def test_the_driver_knows_every_rule_that_judged() -> None:
    rules = run(result())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RuleSet(Settings()).rules)
    for rule in rules:
        assert rule["shortDescription"]["text"].startswith("A good record ")
        assert rule["help"]["text"].startswith(f"{rule['id']} {rule['name']}")
        assert rule["fullDescription"]["text"]


def test_levels_are_those_of_the_workspace() -> None:
    settings = Settings(rules=RuleSettings(select=("DED",), severity={"DED001": "error", "DED002": "info"}))
    rules = {rule["id"]: rule for rule in run(result(), settings)["tool"]["driver"]["rules"]}
    assert "TXT001" not in rules
    assert rules["DED001"]["defaultConfiguration"] == {"level": "error"}
    assert rules["DED002"]["defaultConfiguration"] == {"level": "note"}


def test_a_result_names_its_rule_and_its_place() -> None:
    only = run(result(ERROR))
    (told,) = only["results"]
    assert only["tool"]["driver"]["rules"][told["ruleIndex"]]["id"] == told["ruleId"] == "RAT001"
    assert (told["level"], told["message"]["text"]) == ("error", ERROR.message)
    assert told["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "raw/all.ndjson", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 7, "startColumn": 40, "endColumn": 42},
            },
            "logicalLocations": [{"name": "confidence", "fullyQualifiedName": "git/b#/confidence", "kind": "property"}],
        }
    ]


@pytest.mark.parametrize(
    ("source", "column", "end"),
    [
        ('"a": "错误", "b": 1', 6, 10),
        ('"a": "👩\u200d💻"', 6, 11),
        ('"a": {"b": 1}', 6, 7),
        ('"a": nu', 6, 8),
        ('"a": "no end', 6, 13),
        ("", 1, None),
    ],
)
def test_a_region_ends_behind_the_value(source: str, column: int, end: int | None) -> None:
    told = run(result(located(source=source, column=column)))["results"][0]
    assert told["locations"][0]["physicalLocation"]["region"].get("endColumn") == end


def test_what_lies_in_an_archive_is_at_the_archive() -> None:
    (place,) = run(result(located(path="raw/a b.zip!git/a.json")))["results"][0]["locations"]
    assert place["physicalLocation"] == {"artifactLocation": {"uri": "raw/a%20b.zip", "uriBaseId": "%SRCROOT%"}}


def test_what_is_suppressed_is_told_with_its_reason() -> None:
    told = run(result(ERROR, suppressed=(located(suppressed="known for years"),)))["results"]
    assert [one["suppressions"] for one in told] == [[], [{"kind": "external", "justification": "known for years"}]]


def test_the_kind_of_a_place_is_told() -> None:
    def kinds(pointer: str) -> Any:  # noqa: ANN401
        told = run(result(located(pointer=pointer)))["results"][0]
        return told["locations"][0]["logicalLocations"][0]["kind"]

    assert [kinds(pointer) for pointer in ("", "/id", "/tags/0")] == ["object", "property", "value"]


def test_keys_survive_moved_lines(base: Base) -> None:
    def keys() -> list[Document]:
        return [told["partialFingerprints"] for told in run(shown(base))["results"]]

    base.put("raw/git/a.json", record("a", tags=[" x"], confidence=0.99))
    before = keys()
    base.put("raw/git/a.json", json.dumps(record("a", tags=[" x"], confidence=0.99), indent=8).encode())
    assert keys() == before
    assert len(before) == 2


def test_nothing_hangs_on_the_day_or_the_machine(tmp_path: Path) -> None:
    text = render(result(ERROR, INFO), "sarif", Settings())
    assert str(tmp_path.parents[-2]) not in text
    assert not {"startTimeUtc", "endTimeUtc", "workingDirectory"} & set(text.replace('"', " ").split())
