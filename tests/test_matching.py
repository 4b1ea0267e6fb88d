"""The provoked failures: what each tool printed is kept, and the records that know them are in raw/ and find them."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import re2

from benchmarks.matching import evaluate, provoke
from kb.analysis.regexes import options
from kb.match.ranking import Ranker
from kb.model import Document
from kb.publish import match_file
from tests.bases import Base
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


OTHERS = """
Error: ENOENT: no such file or directory, open '/srv/app/config.json'
error[E0277]: `Foo` doesn't implement `std::fmt::Display`
error[E0308]: mismatched types: expected `u32`, found `usize`
cat: ./ro: Permission denied
a.cpp:3:5: error: invalid conversion from ‘const void*’ to ‘void*’ [-fpermissive]
fatal: Unable to create '/srv/app/.git/shallow.lock': File exists.
error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:crypto/evp/evp_fetch.c:355:Algorithm (MD4 : 88)
npm warn EBADENGINE Unsupported engine {
"""

OTHERWISE = """
bash/script-not-executable: zsh: permission denied: ./x.sh
bash/windows-line-endings: /usr/bin/env: 'bash\\r': No such file or directory
mysql/lock-wait-timeout: pymysql.err.OperationalError: (1205, 'Lock wait timeout exceeded; try restarting transaction')
python/unbound-local-variable: UnboundLocalError: local variable 'x' referenced before assignment
perl/cant-locate-in-inc: Can't locate foo.pl in @INC (@INC contains: /etc/perl) at -e line 1.
ssh/permission-denied-publickey: git@example.org: Permission denied (publickey,password).
ssh/unprotected-key-file: Permissions 0644 for '/home/u/.ssh/id_rsa' are too open.
pytorch/cuda-out-of-memory: RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 8.00 GiB total capacity)
node/eaddrinuse: Error: bind EADDRINUSE 0.0.0.0:5353
pip/resolution-impossible: ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.
npm/missing-script: 13 error Missing script: "build"
bash/bash-syntax-under-sh: ./build.sh: 12: ./build.sh: source: not found
"""


@pytest.fixture(scope="module")
def known_records(tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    """The records of raw/, ready to be matched."""
    base = Base(tmp_path_factory.mktemp("base"))
    shutil.copytree(ROOT / "raw", base.root / "raw", dirs_exist_ok=True)
    base.ingest()
    index = match_file.as_left(base.workspace)
    assert index is not None
    return Ranker(index)


@pytest.mark.parametrize("line", OTHERS.strip().splitlines())
def test_an_error_that_only_sounds_like_that_of_a_record_is_none(known_records: Ranker, line: str) -> None:
    assert all(near.score < 0.7 for near in known_records.nearest(line))


@pytest.mark.parametrize("case", OTHERWISE.strip().splitlines())
def test_an_error_in_the_words_of_other_versions_and_tools_finds_its_record(known_records: Ranker, case: str) -> None:
    record, _, line = case.partition(": ")
    nearest = known_records.nearest(line)[0]
    assert known_records.id(nearest.record) == record
    assert nearest.score > 0.7


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
