"""REF002, REF005: references that turn round."""

import pytest

from pipeline.model import Json
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
