"""REF: references between records. An alias of a record stands for its id."""

import datetime as dt

from kb.model import Document, Severity
from kb.rules.base import At, Found, Record, check, corpus, slug
from kb.words import show

_OWN = "git/not-a-repository"
_OTHER = "git/dubious-ownership"


@check(
    "REF002",
    "reference-to-self",
    Severity.WARNING,
    good=[{}, {"/transition_graph/leads_to": [_OTHER, "git/not-a-repository/windows"]}],
    bad=[
        At({"/transition_graph/leads_to": [_OWN]}, "/transition_graph/leads_to/0"),
        At(
            {"/transition_graph/frequently_confused_with": [_OTHER, {"error_id": _OWN, "distinction": "none"}]},
            "/transition_graph/frequently_confused_with/1",
        ),
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
    good=[
        {},
        {"/transition_graph/leads_to": [_OTHER], "/transition_graph/frequently_confused_with": [_OTHER]},
        {"/transition_graph/leads_to": [_OWN], "/transition_graph/preceded_by": [_OWN]},
        {"/transition_graph/leads_to": ["git/lock-exists"], "/transition_graph/preceded_by": [_OTHER]},
    ],
    bad=[
        At(
            {"/transition_graph/leads_to": [{"error_id": _OTHER}], "/transition_graph/preceded_by": [_OTHER]},
            "/transition_graph/leads_to/0",
        ),
        At(
            {"/transition_graph/leads_to": ["git/lock-exists", _OTHER], "/transition_graph/preceded_by": [_OTHER]},
            "/transition_graph/leads_to/1",
        ),
    ],
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

_CLEAR = 16
"""Of a name that more records share, nobody can say which of them is meant (IDN006), so not what it should name back."""


def _refers(document: Document, _: dt.date) -> bool:
    return any(document["transition_graph"].values())


@corpus(
    "REF001",
    "reference-unknown",
    Severity.WARNING,
    alone=_refers,
    only_with="transitions",
    sql=f"""
        WITH {_NAMES}
        SELECT record_id AS id, {_POINTER} AS pointer,
            shown(error_id) || CASE
                WHEN error_id IN (SELECT record_id FROM tombstones) THEN (
                    SELECT CASE WHEN successor IS NULL
                        THEN ' was withdrawn' || coalesce(' (' || shortened(reason) || ')', '') || '; take the reference out'
                        ELSE ' was ' || status || '; refer to its successor ' || shown(successor) END
                    FROM tombstones WHERE record_id = error_id)
                WHEN error_id IN (SELECT record_id FROM quarantine) THEN ' is in quarantine; fix that record, or refer to another'
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
    quarantine is nowhere too. Of one that was withdrawn or merged by the ledger, the successor is named.
    """


_ONE_SIDED = f"""
    {_NAMES}, clear AS (
        SELECT name, unnest(list(id)) AS id FROM names GROUP BY name HAVING count(*) <= {_CLEAR}
    ), meant AS (
        SELECT t.record_id, kind, position, error_id, n.id AS other_id,
            {slug("t.record_id")} AS own, {slug("n.id")} AS named,
            CASE kind WHEN 'leads_to' THEN 'preceded_by' WHEN 'preceded_by' THEN 'leads_to' ELSE kind END AS back
        FROM transitions t JOIN clear n ON n.name = t.error_id
        WHERE own <> named
    ), answered AS (  -- whatever the environments
        SELECT DISTINCT one.record_id, one.kind, one.position
        FROM meant one JOIN meant other ON other.own = one.named AND other.named = one.own AND other.kind = one.back
    ), one_sided AS (
        SELECT record_id, kind, position, error_id, back
        FROM (SELECT *, least(record_id, other_id) AS one, greatest(record_id, other_id) AS two FROM meant
            ANTI JOIN answered USING (record_id, kind, position))
        QUALIFY row_number() OVER (PARTITION BY one, two ORDER BY kind = 'frequently_confused_with', record_id, kind, position) = 1
    )
"""
"""References that are not named back, one for each pair of records: transitions first, then confusions, then the first id."""


@corpus(
    "REF003",
    "confusion-one-sided",
    Severity.INFO,
    version=3,
    only_with="transitions",
    sql=f"""
        WITH {_ONE_SIDED}
        SELECT DISTINCT record_id AS id, {_POINTER} AS pointer,
            shown(error_id) || ' does not name this record among what it is confused with; name it there too, or take it out here'
                AS message
        FROM one_sided WHERE kind = 'frequently_confused_with'
    """,
    good=[
        [
            {"/transition_graph/frequently_confused_with/0": "git/other"},
            {"/id": "git/other", "/transition_graph/frequently_confused_with/0": "git/not-a-repository"},
        ],
        [{"/transition_graph/frequently_confused_with/0": "git/unknown"}],
        [
            {"/transition_graph/frequently_confused_with/0": "git/not-a-repository/windows"},
            {"/id": "git/not-a-repository/windows"},
        ],
        [
            {"/id": "git/one/linux", "/transition_graph/frequently_confused_with/0": "git/other"},
            {"/id": "git/one/macos"},
            {"/id": "git/other", "/transition_graph/frequently_confused_with/0": "git/one/macos"},
        ],
        [
            {"/transition_graph/frequently_confused_with/0": "git/other", "/transition_graph/leads_to/0": "git/other"},
            {"/id": "git/other"},
        ],
    ],
    bad=[
        At(
            [{"/transition_graph/frequently_confused_with/0": "git/other"}, {"/id": "git/other"}],
            "/0/transition_graph/frequently_confused_with/0",
        ),
        At(
            [
                {"/transition_graph/frequently_confused_with": ["git/one", "git/two"]},
                {"/id": "git/one", "/transition_graph/leads_to/0": "git/two"},
                {"/id": "git/two", "/transition_graph/preceded_by/0": "git/one"},
            ],
            "/0/transition_graph/frequently_confused_with/0",
            "/0/transition_graph/frequently_confused_with/1",
        ),
    ],
)
def confusion_one_sided() -> None:
    """Is named back by what it is `frequently_confused_with`.

    Who arrives at the other record by mistake is helped only if that one names this. Any environment of an error
    (`git/x/linux`, `git/x/windows`) stands for all, and they need not name each other. Two records have one finding for all
    that is one-sided between them; where a transition is, REF004 reports it. An
    alias that more than 16 records share (IDN006) stands for none of them here.
    """


@corpus(
    "REF004",
    "transition-one-sided",
    Severity.INFO,
    version=3,
    only_with="transitions",
    sql=f"""
        WITH {_ONE_SIDED}
        SELECT DISTINCT record_id AS id, {_POINTER} AS pointer,
            shown(error_id) || ' does not have this record in ' || back || '; add it there, or take it out here' AS message
        FROM one_sided WHERE kind <> 'frequently_confused_with'
    """,
    good=[
        [
            {"/transition_graph/leads_to/0": "git/other"},
            {"/id": "git/other", "/transition_graph/preceded_by/0": "git/not-a-repository"},
        ],
        [{"/transition_graph/leads_to/0": "git/unknown"}],
    ],
    bad=[
        At([{"/transition_graph/leads_to/0": "git/other"}, {"/id": "git/other"}], "/0/transition_graph/leads_to/0"),
        At(
            [{"/transition_graph/preceded_by/0": "git/other"}, {"/id": "git/other"}],
            "/0/transition_graph/preceded_by/0",
        ),
        At(
            [
                {"/transition_graph/leads_to/0": "git/other"},
                {"/id": "git/other", "/transition_graph/leads_to/0": "git/not-a-repository"},
            ],
            "/0/transition_graph/leads_to/0",
        ),
        At(
            [
                {
                    "/transition_graph/frequently_confused_with/0": "git/other",
                    "/transition_graph/leads_to/0": "git/other",
                },
                {"/id": "git/other"},
            ],
            "/0/transition_graph/leads_to/0",
        ),
    ],
)
def transition_one_sided() -> None:
    """Is in `preceded_by` of what it `leads_to`, and the other way round.

    The two lists are one arrow seen from its ends. Where only one end knows of it, half of the readers miss it. Any
    environment of an error stands for all. Two records have one finding for all that is one-sided between them, on the
    record whose id comes first. An
    alias that more than 16 records share (IDN006) stands for none of them here.
    """
