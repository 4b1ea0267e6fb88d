"""REF: references between records."""

from pipeline.contract import show
from pipeline.model import Severity
from pipeline.rules.base import Found, Record, check

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
