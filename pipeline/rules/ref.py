"""REF: references between records. An alias of a record stands for its id."""

import datetime as dt

from pipeline.contract import show
from pipeline.model import Document, Severity
from pipeline.rules.base import Found, Record, check, corpus

_OWN = "git/not-a-repository"
_OTHER = "git/dubious-ownership"


@check(
    "REF002",
    "reference-to-self",
    Severity.WARNING,
    screen=r'"error_id":"|"(?:leads_to|preceded_by|frequently_confused_with)":\["',
    good=[{}, {"/transition_graph/leads_to": [_OTHER, "git/not-a-repository/windows"]}],
    bad=[
        {"/transition_graph/leads_to": [_OWN]},
        {"/transition_graph/frequently_confused_with": [_OTHER, {"error_id": _OWN, "distinction": "none"}]},
    ],
)
def reference_to_self(r: Record) -> Found:
    """Does not refer to itself.

    Who follows such a reference goes in a circle; often another environment of the same error was meant.
    """
    own = r.document["id"]
    for pointer, entry in r.transitions():
        if entry["error_id"] == own:
            yield pointer, f"{show(own)} is this record itself; name the other record, or remove the reference"


@check(
    "REF005",
    "reference-both-ways",
    Severity.INFO,
    screen=r'"leads_to":\[["{]',
    good=[{}, {"/transition_graph/leads_to": [_OTHER], "/transition_graph/frequently_confused_with": [_OTHER]}],
    bad=[{"/transition_graph/leads_to": [{"error_id": _OTHER}], "/transition_graph/preceded_by": [_OTHER]}],
)
def reference_both_ways(r: Record) -> Found:
    """Does not have one id in both `leads_to` and `preceded_by`.

    Some errors do bring each other about; more often one of the two was filled in from the other.
    """
    graph = r.document["transition_graph"]
    if not (graph["leads_to"] and graph["preceded_by"]):
        return
    before = {entry["error_id"] for entry in graph["preceded_by"]} - {r.document["id"]}
    for i, entry in enumerate(graph["leads_to"]):
        if entry["error_id"] in before:
            yield (
                f"/transition_graph/leads_to/{i}",
                f"{show(entry['error_id'])} is in `preceded_by` too; keep it where it is true",
            )


_POINTER = "'/transition_graph/' || kind || '/' || position"

_NAMES = "names AS (SELECT id AS name, id FROM records UNION SELECT unnest(aliases), id FROM records)"

_MOST = 16
"""Of a name that more records share, nobody can say which of them is meant (IDN006), so not what it should name back."""

_MEANT = f"""
    {_NAMES}, clear AS (
        SELECT name FROM names GROUP BY name HAVING count(*) <= {_MOST}
    ), meant AS (
        SELECT t.record_id, kind, position, error_id, n.id AS other_id
        FROM transitions t JOIN names n ON n.name = t.error_id SEMI JOIN clear ON clear.name = t.error_id
        WHERE n.id <> t.record_id
    )
"""


def _refers(document: Document, _: dt.date) -> bool:
    return any(document["transition_graph"].values())


@corpus(
    "REF001",
    "reference-unknown",
    Severity.WARNING,
    alone=_refers,
    sql=f"""
        WITH {_NAMES}
        SELECT record_id AS id, {_POINTER} AS pointer,
            shown(error_id) || CASE
                WHEN error_id IN (SELECT record_id FROM quarantine) THEN ' is in quarantine; mend that record, or refer to another'
                ELSE ' is the id or alias of no record; correct it, or add that record' END AS message
        FROM transitions WHERE error_id NOT IN (SELECT name FROM names)
    """,
    good=[
        [{"/transition_graph/leads_to/0": "git/other"}, {"/id": "git/other"}],
        [{"/transition_graph/preceded_by/0": "git/old-name"}, {"/id": "git/other", "/aliases/0": "git/old-name"}],
    ],
    bad=[[{"/transition_graph/leads_to/0": "git/other"}]],
)
def reference_unknown() -> None:
    """Refers only to ids that exist.

    Whoever follows a reference to nowhere has lost the way. Aliases of a record count as its ids. A record in
    quarantine is nowhere too.
    """


@corpus(
    "REF003",
    "confusion-one-sided",
    Severity.INFO,
    sql=f"""
        WITH {_MEANT}, confused AS (
            FROM meant WHERE kind = 'frequently_confused_with'
        )
        SELECT record_id AS id, {_POINTER} AS pointer,
            shown(error_id) || ' does not name this record among what it is confused with; name it there too, or take it out here'
                AS message
        FROM confused GROUP BY record_id, kind, position, error_id
        HAVING NOT bool_or((other_id, record_id) IN (SELECT record_id, other_id FROM confused))
    """,
    good=[
        [
            {"/transition_graph/frequently_confused_with/0": "git/other"},
            {"/id": "git/other", "/transition_graph/frequently_confused_with/0": "git/not-a-repository"},
        ],
        [{"/transition_graph/frequently_confused_with/0": "git/unknown"}],
    ],
    bad=[[{"/transition_graph/frequently_confused_with/0": "git/other"}, {"/id": "git/other"}]],
)
def confusion_one_sided() -> None:
    """Is named back by what it is `frequently_confused_with`.

    Who arrives at the other record by mistake is helped only if that one names this. An alias that more than 16 records
    share (IDN006) stands for none of them here.
    """


@corpus(
    "REF004",
    "transition-one-sided",
    Severity.INFO,
    sql=f"""
        WITH {_MEANT}, led AS (
            FROM meant WHERE kind <> 'frequently_confused_with'
        )
        SELECT record_id AS id, {_POINTER} AS pointer,
            shown(error_id) || ' does not have this record in ' || CASE kind
                WHEN 'leads_to' THEN 'preceded_by' ELSE 'leads_to' END || '; add it there, or take it out here' AS message
        FROM led GROUP BY record_id, kind, position, error_id
        HAVING NOT bool_or((other_id, record_id, kind) IN (SELECT record_id, other_id,
            CASE kind WHEN 'leads_to' THEN 'preceded_by' ELSE 'leads_to' END FROM led))
    """,
    good=[
        [
            {"/transition_graph/leads_to/0": "git/other"},
            {"/id": "git/other", "/transition_graph/preceded_by/0": "git/not-a-repository"},
        ],
        [{"/transition_graph/leads_to/0": "git/unknown"}],
    ],
    bad=[
        [{"/transition_graph/leads_to/0": "git/other"}, {"/id": "git/other"}],
        [{"/transition_graph/preceded_by/0": "git/other"}, {"/id": "git/other"}],
    ],
)
def transition_one_sided() -> None:
    """Is in `preceded_by` of what it `leads_to`, and the other way round.

    The two lists are one arrow seen from its ends. Where only one end knows of it, half of the readers miss it. An alias
    that more than 16 records share (IDN006) stands for none of them here.
    """
