"""Findings as SARIF 2.1.0, which code hosts and editors read. Nothing in it hangs on the day or the machine."""

import json
from collections.abc import Sequence
from urllib.parse import quote

from kb import __version__
from kb.model import Document, Kind, Severity
from kb.render.rule_pages import explain, inline
from kb.results import Located, ValidateResult
from kb.rules.base import Rule
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from kb.sources import file_of, locate

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_ROOT = "The top folder of the repository, else the folder in which kb was run."

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_URGENCY = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def render(result: ValidateResult, settings: Settings, added: Sequence[Rule] = ()) -> str:
    """The log of one run, with the rules that judged."""
    rules = RuleSet(settings, added=added)
    indexes = {code: i for i, code in enumerate(rules.rules)}
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kb",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_rule(rule, rules.severities[code]) for code, rule in rules.rules.items()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": _ROOT}}},
                "results": [_result(finding, indexes[finding.code]) for finding in result.listed(suppressed=True)],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=True, indent=2) + "\n"


def _rule(rule: Rule, severity: Severity) -> Document:
    explanation = "\n".join(explain(rule))
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": f"A good record {inline(rule.summary)}."},
        "fullDescription": {"text": rule.prose or f"A good record {inline(rule.summary)}."},
        "help": {"text": explanation, "markdown": f"```text\n{explanation}\n```"},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {
            "tags": [str(rule.kind), rule.code.rstrip("0123456789")],
            "problem.severity": _URGENCY[severity],
            "fixable": rule.kind is Kind.FIX,
        },
    }


def _result(finding: Located, rule_index: int) -> Document:
    why = finding.suppressed
    return {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message.replace("](", r"\](")},  # else it would be a link
        "locations": [_location(finding)],
        "suppressions": [] if why is None else [{"kind": "external", "justification": why}],
        # the second is the name under which GitHub looks for it
        "partialFingerprints": {"kbFinding/v1": finding.fingerprint, "primaryLocationLineHash": finding.fingerprint},
        "properties": {"record": finding.record, "pointer": finding.pointer, "fixable": finding.fixable},
    }


def _location(finding: Located) -> Document:
    file = file_of(finding.path)
    artifact = {"uri": quote(file), "uriBaseId": "%SRCROOT%"}
    within = finding.path[len(file) :]
    physical = {"artifactLocation": artifact} if within else {"artifactLocation": artifact, "region": _region(finding)}
    token = finding.pointer.rpartition("/")[2]
    logical = {
        "name": token or finding.record or file,
        "fullyQualifiedName": f"{finding.record or file}{within}#{finding.pointer}",
        "kind": "value" if token.isdecimal() else "property" if token else "object",
    }
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _region(finding: Located) -> Document:
    start = {"startLine": finding.line, "startColumn": finding.column}
    end = locate.end_of_value(finding.source, finding.column)
    return {**start, "endColumn": end} if end > finding.column else start
