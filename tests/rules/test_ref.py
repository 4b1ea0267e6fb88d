"""REF002, REF005: references that turn round."""

import pytest

from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.model import Json
from kb.rules.example import with_changes
from tests.bases import DAY, Base, ndjson
from tests.conftest import found

OWN = "git/not-a-repository"


@pytest.mark.parametrize("kind", ["leads_to", "preceded_by", "frequently_confused_with"])
@pytest.mark.parametrize("entry", [OWN, {"error_id": OWN, "probability": 0.5}])
def test_a_record_that_names_itself_is_found_at_its_place(kind: str, entry: Json) -> None:
    graph = {f"/transition_graph/{kind}": ["git/other", entry]}
    assert found(graph, "REF002") == [f"/transition_graph/{kind}/1"]


def test_another_environment_of_the_same_error_is_another_record() -> None:
    assert found({"/transition_graph/leads_to": [f"{OWN}/windows"]}, "REF002") == []


def test_each_id_that_stands_on_both_sides_is_found_once() -> None:
    graph = {
        "/transition_graph/leads_to": ["git/a", "git/b", "git/c"],
        "/transition_graph/preceded_by": ["git/c", {"error_id": "git/a"}],
    }
    assert found(graph, "REF005") == ["/transition_graph/leads_to/0", "/transition_graph/leads_to/2"]


def test_a_record_on_both_sides_of_itself_has_one_defect() -> None:
    graph = {"/transition_graph/leads_to": [OWN], "/transition_graph/preceded_by": [OWN]}
    assert found(graph, "REF005") == []
    assert len(found(graph, "REF002")) == 2


def _one_sided(base: Base, one: dict[str, list[str]], other: dict[str, list[str]]) -> list[tuple[str | None, str, str]]:
    graphs = {"git/a": one, "git/b": other}
    records = [
        with_changes({"/id": name} | {f"/transition_graph/{kind}": ids for kind, ids in graph.items()})
        for name, graph in graphs.items()
    ]
    base.put("raw/all.ndjson", ndjson(*records))
    found = validate(base.workspace, [base.root / "raw"], Request(DAY)).findings
    return [(f.record, f.code, f.pointer) for f in found if f.code in {"REF003", "REF004"}]


def test_two_records_have_one_finding_for_all_that_is_one_sided_between_them(base: Base) -> None:
    a, b = ["git/a"], ["git/b"]
    leads, confused = "leads_to", "frequently_confused_with"
    told = _one_sided(base, {leads: b}, {leads: a})
    assert told == [("git/a", "REF004", "/transition_graph/leads_to/0")]
    told = _one_sided(base, {leads: b, confused: b}, {})
    assert told == [("git/a", "REF004", "/transition_graph/leads_to/0")]
    told = _one_sided(base, {confused: b}, {leads: a})
    assert told == [("git/b", "REF004", "/transition_graph/leads_to/0")]
    told = _one_sided(base, {confused: b}, {})
    assert told == [("git/a", "REF003", "/transition_graph/frequently_confused_with/0")]
    assert _one_sided(base, {leads: b, confused: b}, {"preceded_by": a, confused: a}) == []


def test_what_many_go_by_stands_for_none_of_them(base: Base) -> None:
    told = []
    for count in (16, 17):
        many = [with_changes({"/id": f"git/m{i}", "/aliases": ["git/many"]}) for i in range(count)]
        one = with_changes({"/id": "git/a", "/transition_graph/leads_to": ["git/many"]})
        base.put("raw/all.ndjson", ndjson(one, *many))
        found = validate(base.workspace, [base.root / "raw"], Request(DAY)).findings
        told.append([(f.record, f.pointer) for f in found if f.code in {"REF001", "REF003", "REF004"}])
    assert told == [[("git/a", "/transition_graph/leads_to/0")], []]
