"""SEV: how bad the error is."""

from kb.model import Json, Severity
from kb.rules.base import Found, Record, check, fix
from kb.words import show

LADDER = ("info", "warning", "error", "critical")
"""The words for it, mildest first: those that alerting, logging, linters and compilers share."""

_ALIASES = {
    "information": "info",
    "informational": "info",
    "warn": "warning",
    "err": "error",
    "crit": "critical",
}


@check(
    "SEV001",
    "severity-unknown",
    Severity.WARNING,
    good=[{}, {"/severity": None}, {"/severity": "critical"}],
    bad=[{"/severity": "high"}, {"/severity": "fatal"}, {"/severity": "sev-1"}, {"/severity": "notice"}],
)
def severity_unknown(r: Record) -> Found:
    """Has a severity that readers know: info, warning, error or critical.

    It says how bad the error is when it happens: `info`, nothing is wrong yet; `warning`, it works, but not for ever or not
    well; `error`, what was asked for was not done; `critical`, more is lost than that, such as data or a whole service.
    Words of other scales ("high", "P1", "fatal", "notice") stand for one of these in one system and for another in the next,
    so they stay, flagged.
    """
    word = r.document["severity"]
    if word is not None and word not in LADDER:
        yield "/severity", f"{show(word)} is none of {', '.join(LADDER)}; choose the one that is meant, or say null"


@fix(
    "SEV002",
    "severity-alias",
    Severity.INFO,
    at=("severity",),
    says="{before} is another spelling of {after}; write that",
    good=[{}, {"/severity": "fatal"}, {"/severity": None}],
    bad=[
        ({"/severity": "Warning"}, {"/severity": "warning"}),
        ({"/severity": "WARN"}, {"/severity": "warning"}),
        ({"/severity": "crit"}, {"/severity": "critical"}),
        ({"/severity": "informational"}, {"/severity": "info"}),
    ],
)
def severity_alias(value: Json) -> Json:
    """Writes its severity as readers know it: `Warning`, `WARN` → `warning`.

    Only another case, and the short and long forms of the same word, are replaced.
    """
    if not isinstance(value, str) or value in LADDER:
        return value
    word = value.lower()
    return word if word in LADDER else _ALIASES.get(word, value)
