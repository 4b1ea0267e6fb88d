"""What a proposer reads: what is missing first, then what would be better, what is there already, and what comes next."""

import pytest

from kb.model import Severity
from kb.render.proposals import lines
from kb.results import Kin, Located, Proposal

ERROR = Located(
    "SCH002", "schema-violation", Severity.ERROR, None, "/id", "`id` is missing; add it", fixable=False, path="x", line=1,
    column=1, source="", fingerprint="",
)  # fmt: skip
WARNING = ERROR._replace(code="DED004", severity=Severity.WARNING, pointer="", message="it has none\x1b[2J")
INFO = ERROR._replace(code="TXT003", severity=Severity.INFO, pointer="/locale", message="it is empty", fixable=True)
GOOD = Proposal("raw/inbox/draft-0.json", is_new=True, record="git/a", findings=())


def test_findings_come_by_what_they_mean_for_the_draft() -> None:
    assert list(lines(GOOD._replace(record=None, findings=(INFO, WARNING, ERROR)))) == [
        "the draft is in raw/inbox/draft-0.json; nothing is published yet",
        "missing until it could be published:",
        "  SCH002 /id: `id` is missing; add it",
        "would be better:",
        "  DED004 (whole record): it has none\\u001b[2J",
        "worth a look:",
        "  TXT003 /locale: it is empty [fix]",
        "it cannot be published: 1 error; correct it and propose that, this file can be deleted",
    ]


@pytest.mark.parametrize(
    ("kin", "last"),
    [
        ((), "it could be published: `kb ingest` does that"),
        ((Kin("git/b", ("signature",)),), "it could be published; first see whether it says more than what is there"),
        ((Kin("git/a", ("id",)),), "git/a is published already; see first whether this should take its place"),
        ((Kin("git/a", ("withdrawn",)),), "it cannot be published under an id that was withdrawn"),
    ],
)
def test_the_last_line_says_what_comes_next(kin: tuple[Kin, ...], last: str) -> None:
    assert list(lines(GOOD._replace(is_new=False, kin=kin)))[-1].startswith(last)
