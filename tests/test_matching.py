"""The provoked failures: what each tool printed is kept, and the records that know them are in raw/ and find them."""

import json
import sys
from pathlib import Path

import pytest
import re2

from benchmarks.matching import evaluate, provoke
from kb.analysis.regexes import options
from kb.model import Document
from tests.conftest import ROOT

DESCRIBED = {(one["tool"], one["name"]): one for one in provoke.failures()}

PROVOKED = provoke.read()

KNOWN = {
    document["id"]: document
    for path in (ROOT / "raw").rglob("*.json")
    for document in [json.loads(path.read_bytes())]
    if isinstance(document, dict)
}


def test_there_are_enough_of_them_to_measure_by() -> None:
    assert len(PROVOKED) >= 150
    assert len({one["tool"] for one in PROVOKED}) >= 15
    assert len(KNOWN) >= 150
    assert len({one["record"] for one in PROVOKED}) > 100
    assert sum(one["record"] is None for one in PROVOKED) > 100


def test_each_that_was_provoked_is_described_and_labelled_alike() -> None:
    for one in PROVOKED:
        described = DESCRIBED[one["tool"], one["name"]]
        assert one["record"] == described["record"]
        assert re2.search(described["expect"], one["output"]) is not None, one["name"]


@pytest.mark.parametrize(
    "one", [one for one in PROVOKED if one["record"] in KNOWN], ids=lambda one: f"{one['tool']}/{one['name']}"
)
def test_the_pattern_of_a_record_matches_what_the_tool_prints(one: Document) -> None:
    pattern = re2.compile(KNOWN[one["record"]]["regex"], options())
    assert any(pattern.search(line) for line in one["output"].splitlines())


def test_what_was_printed_names_no_place_of_the_machine() -> None:
    text = provoke.PROVOKED.read_text(encoding="utf-8")
    assert not [word for word in ("provoked-", f"{Path.home()}/", f"{sys.prefix}/") if word in text]


def test_the_halves_share_no_failure_and_neither_is_small() -> None:
    tuning, test = (evaluate.provoked(tuning=half, published=KNOWN) for half in (True, False))
    assert not {query.name for query in tuning} & {query.name for query in test}
    assert min(len(tuning), len(test)) > len(PROVOKED) // 3


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([1.0, 0.9], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.4], [0.5, 0.4], 0.625),
        ([], [1.0], None),
    ],
)
def test_auroc_is_the_chance_that_what_is_known_scores_higher(
    positive: list[float], negative: list[float], expected: float | None
) -> None:
    assert evaluate.auroc(positive, negative) == expected
