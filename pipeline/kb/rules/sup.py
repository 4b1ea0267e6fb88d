"""SUP: the suppressions in kb.toml."""

import datetime as dt

from kb.model import Severity
from kb.rules.base import corpus

_UNEXPLAINED = {"/dead_ends/0/action": ""}
_ACCEPTED = {"record": "git/not-a-repository", "code": "DED001", "reason": "the forum post names no step"}


@corpus(
    "SUP001",
    "suppression-unused",
    Severity.WARNING,
    about_settings=True,
    sql="""
        SELECT number, '/suppress/' || number AS pointer,
            'suppresses ' || code || ' of "' || record || '", which is not found; take it out, or correct record and code'
                AS message
        FROM suppressions s
        WHERE holds AND asked AND NOT EXISTS (
            FROM findings f WHERE f.code = s.code AND regexp_full_match(f.record_id, s.pattern))
    """,
    good=[([_ACCEPTED], [_UNEXPLAINED]), ([_ACCEPTED | {"record": "git/*"}], [_UNEXPLAINED])],
    bad=[([_ACCEPTED], [{}]), ([_ACCEPTED | {"record": "svn/*"}], [_UNEXPLAINED])],
)
def suppression_unused() -> None:
    """Matches a finding that occurs, if it is a suppression.

    One that matches none was fixed, or is misspelt; it would hide the next finding of its kind, which nobody has
    looked at. Only a run over the whole base can know: `kb ingest` does, and `kb validate` where it is given all that the
    base is made of. Of a rule that is not run nothing is said.
    """


@corpus(
    "SUP002",
    "suppression-expired",
    Severity.WARNING,
    about_settings=True,
    sql="""
        SELECT number, '/suppress/' || number AS pointer,
            'suppressed ' || code || ' of "' || record || '" until ' || until
                || ' and no longer does; fix it and take this out, or set a later day' AS message
        FROM suppressions
        WHERE NOT holds
    """,
    good=[([_ACCEPTED | {"until": dt.date(2026, 12, 31)}], [_UNEXPLAINED])],
    bad=[([_ACCEPTED | {"until": dt.date(2026, 10, 1)}], [_UNEXPLAINED])],
)
def suppression_expired() -> None:
    """Is not past its `until` day, if it is a suppression.

    Past it, it no longer suppresses, so the finding is back, and an error rejects its record again. The day counted to
    is `--as-of`, else `as_of` in kb.toml, else today; on the day of `until` itself it still holds.
    """
