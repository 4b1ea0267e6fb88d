"""IDN: the identity of a record."""

import re

from pipeline.contract import show
from pipeline.model import Severity
from pipeline.rules.base import Found, Record, check, corpus

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*){1,2}")
_LONGEST_SEGMENT = 120


@check(
    "IDN001",
    "id-malformed",
    Severity.ERROR,
    locked=True,
    good=[{}, {"/id": "git/not-a-repository/linux-6.1"}],
    bad=[
        {"/id": "git"},
        {"/id": "Git/Not A Repository"},
        {"/id": "git/../../etc/passwd"},
        {"/id": "docker/not-a-repository"},
        {"/id": "git/" + "x" * 200},
        {"/id": "git/x.json/y"},
        {"/id": "git/x\ny"},
    ],
)
def id_malformed(r: Record) -> Found:
    """Has an id `domain/slug` or `domain/slug/environment`.

    Segments are lower-case `[a-z0-9._-]`, start with a letter or digit, are at most 120 characters long and do not end
    in `.json`: the id is also the name of the published file. The first segment is the record's `domain`.
    """
    name, domain = r.document["id"], r.document["domain"]
    segments = name.split("/")
    if not _ID.fullmatch(name):
        yield "/id", f"{show(name)} is no id; write domain/slug or domain/slug/environment in lower-case [a-z0-9._-]"
    elif any(len(segment) > _LONGEST_SEGMENT or segment.endswith(".json") for segment in segments):
        yield "/id", f"{show(name)} cannot name a file; keep segments below 121 characters and without .json at the end"
    elif segments[0] != domain:
        yield "/id", f"{show(name)} is not in its domain {show(domain)}; make the first segment the domain"


@check(
    "IDN002",
    "path-differs-from-id",
    Severity.WARNING,
    good=[{}],
    bad=[{"/id": "git/elsewhere"}],
)
def path_differs_from_id(r: Record) -> Found:
    """Sits, where its file holds one record, at `<id>.json`.

    A curator who looks for a record by its id finds it there, and two files cannot claim one id unnoticed. The end of
    the path is compared, so that a file is judged alike whichever folder above it is ingested.
    """
    expected = f"{r.document['id']}.json"
    path = r.path.removesuffix(".gz").removesuffix(".zst").replace("!", "/")
    if (
        r.line is None
        and path.endswith(".json")
        and not path.startswith("<")
        and not f"/{path}".endswith(f"/{expected}")
    ):
        yield "/id", f"{show(r.document['id'])} lies in {r.path}; move the file to {expected}, or correct the id"


@corpus(
    "IDN003",
    "id-duplicated",
    Severity.ERROR,
    locked=True,
    sql="""
        SELECT path, position, '/id' AS pointer,
            '"' || id || '" is also the id of ' || winner
                || ', which was updated later or comes first; merge the two, or give this one an id of its own' AS message
        FROM candidates
        WHERE place > 1 AND NOT same_content
    """,
    good=[[{}], [{}, {"/id": "git/other"}], [{}, {}]],
    bad=[[{}, {"/last_updated": "2026-01-01", "/confidence": 0.5}]],
)
def id_duplicated() -> None:
    """Is alone under its id.

    Of several records with one id the newest `last_updated` is published (where that ties, the first path), and the
    others are quarantined and name the winner: nobody can tell which of two contradicting records was meant. The same
    content twice is no fault: one is kept.
    """
