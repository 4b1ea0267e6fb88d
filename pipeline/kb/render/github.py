"""Findings as GitHub's workflow commands, which annotate the lines of a pull request."""

from kb.model import Severity
from kb.render import text
from kb.results import Located, ValidateResult
from kb.sources import file_of
from kb.words import visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(result: ValidateResult) -> str:
    """A command for each finding, the errors first, for GitHub shows ten of a kind; then the summary for the log."""
    ranked = sorted(result.findings, key=lambda finding: -finding.severity.rank)
    return "".join(f"{line}\n" for line in (*map(_command, ranked), text.summary(result)))


def _command(finding: Located) -> str:
    file = file_of(finding.path)
    within = "" if file == finding.path else f"{finding.path}:{finding.line}: "
    location = {"file": file, "line": finding.line, "col": finding.column} if not within else {"file": file}
    properties = {**location, "title": f"{finding.code} {finding.name}"}
    parameters = ",".join(f"{key}={_property(visible(str(value)))}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {parameters}::{_data(within + text.judgement(finding))}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
