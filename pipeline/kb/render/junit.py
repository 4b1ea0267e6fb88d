"""Findings as JUnit's XML, which every CI server reads: a suite for each file, a case for each record."""

import re
from collections import defaultdict
from xml.etree import ElementTree as ET

from kb.model import Severity
from kb.render import text
from kb.results import Located, ValidateResult
from kb.settings import Settings
from kb.words import visible


def render(result: ValidateResult, settings: Settings) -> str:
    """A case fails if a finding of its record is at or above `fail_on`; the findings below that stand in its output."""
    least = Severity(settings.fail_on).rank
    findings = defaultdict(list)
    for finding in result.findings:
        findings[finding.path, finding.record_line].append(finding)
    suites = defaultdict(list)
    for path, line in dict.fromkeys([*result.origins, *findings]):
        suites[path].append(line)

    top = ET.Element("testsuites", name="kb")
    for path, lines in suites.items():
        suite = ET.SubElement(top, "testsuite", name=_legal(path))
        for line in lines:
            name = path if line is None else f"{path}:{line}"
            _add(
                ET.SubElement(suite, "testcase", classname=_legal(path), name=_legal(name)), findings[path, line], least
            )
    for suite in (*top, top):
        suite.set("tests", str(len(list(suite.iter("testcase")))))
        suite.set("failures", str(len(list(suite.iter("failure")))))
    ET.indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(top, encoding="unicode")}\n'


def _add(case: ET.Element, findings: list[Located], least: int) -> None:
    grave = [finding for finding in findings if finding.severity.rank >= least]
    light = [finding for finding in findings if finding.severity.rank < least]
    if grave:
        first = f"{grave[0].code} {text.judgement(grave[0])}"
        more = f" (and {len(grave) - 1:,} more)" if len(grave) > 1 else ""
        failure = ET.SubElement(case, "failure", type=str(grave[0].severity), message=_legal(f"{first}{more}"))
        failure.text = _lines(grave)
    if light:
        ET.SubElement(case, "system-out").text = _lines(light)


def _lines(findings: list[Located]) -> str:
    return "".join(f"{_legal(text.concise(finding))}\n" for finding in findings)


def _legal(words: str) -> str:
    """Text that XML can hold, and that cannot act on the terminal of a log."""
    return re.sub("[\ufffe\uffff]", "\ufffd", visible(words))
