"""Findings for the specifications of what is printed of them."""

from typing import Any

from kb.model import Severity
from kb.results import Located, ValidateResult

HOSTILE = "\x1b]0;title\x07\u202e\x9b\r\n%0A::error::]]>&<\"',:\ufffe"
"""What would act on a terminal, a log, a workflow or an XML reader."""


def located(**values: Any) -> Located:  # noqa: ANN401 - a value of any field
    """A finding, with some of its values changed."""
    usual: dict[str, Any] = {
        "code": "DED001",
        "name": "dead-end-action-empty",
        "severity": Severity.WARNING,
        "record": "git/a",
        "pointer": "/dead_ends/0/action",
        "message": '"" does not say what not to try; name the step',
        "fixable": False,
        "path": "raw/git/a.json",
        "line": 3,
        "column": 15,
        "source": '    "action": "", "why_fails": "错误"',
        "fingerprint": "00000000000000aa",
    }
    return Located(**(usual | values))


ERROR = located(
    code="RAT001", name="rate-out-of-range", severity=Severity.ERROR, record="git/b", pointer="/confidence",
    message="90 is not between 0 and 1; write 0.9", path="raw/all.ndjson", line=7, column=40,
    source=f'{" " * 25}"confidence": 90}}', fingerprint="00000000000000bb", record_line=7,
)  # fmt: skip

INFO = located(
    code="TXT001", name="outer-whitespace", severity=Severity.INFO, fixable=True, pointer="/tags/0", line=9, column=5,
    message='" x" has white space around it; write "x"', source='    " x"', fingerprint="00000000000000cc",
)  # fmt: skip


def result(*findings: Located, **values: Any) -> ValidateResult:  # noqa: ANN401
    """What a validation of three records came to."""
    usual: dict[str, Any] = {"findings": findings, "read": 3, "clean": 1}
    return ValidateResult(**(usual | values))
