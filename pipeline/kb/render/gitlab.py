"""Findings as a GitLab Code Quality report."""

import json
from collections import Counter

from kb.model import Document, Severity
from kb.render import text
from kb.results import Located, ValidateResult
from kb.sources import file_of

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(result: ValidateResult) -> str:
    """A list of issues. GitLab takes a fingerprint once, so a finding of two records with one id gets a number."""
    seen: Counter[str] = Counter()
    issues = []
    for finding in result.findings:
        seen[finding.fingerprint] += 1
        issues.append(_issue(finding, seen[finding.fingerprint]))
    return json.dumps(issues, ensure_ascii=True, indent=2) + "\n"


def _issue(finding: Located, number: int) -> Document:
    return {
        "description": f"{finding.code} {text.judgement(finding)}",
        "check_name": finding.name,
        "fingerprint": finding.fingerprint if number == 1 else f"{finding.fingerprint}-{number}",
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": file_of(finding.path), "lines": {"begin": finding.line}},
    }
