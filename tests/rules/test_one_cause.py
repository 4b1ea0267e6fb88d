"""One cause, one finding: what a single defect in a clean record is told as."""

from collections import defaultdict

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kb.model import Json, Kind
from kb.rules import catalogue
from kb.rules.base import ABSENT, Example
from kb.rules.example import with_changes
from tests.conftest import codes, judge

URL = "/workarounds/0/sources/0"

DEFECTS: list[tuple[str, Json, set[str]]] = [
    ("/verification_tier", "hearsay", {"TIR001"}),
    ("/verification_tier", "Human_reviewed", {"TIR001"}),
    ("/first_seen", "2026-09-01", {"DAT002"}),
    ("/first_seen", "2027-01-01", {"DAT002"}),
    ("/first_seen", "2020-01-01", {"DAT004"}),
    ("/first_seen", "0000-01-01", {"DAT001"}),
    ("/first_seen", "2023-02-29", {"DAT001"}),
    ("/last_confirmed", None, {"DAT006"}),
    ("/last_confirmed", "2018-01-01", {"DAT002"}),
    ("/regex", "not a git repository (", {"RGX001"}),
    ("/regex", "(a+)+(", {"RGX001"}),
    ("/regex", "(?=x)(a+)+|", {"RGX002"}),
    ("/regex", "no such thing at all", {"RGX003"}),
    ("/regex", ".*", {"RGX004"}),
    ("/regex", "not a git repository|", {"RGX004"}),
    ("/regex", "not a git repository|oom", {"RGX007"}),
    ("/regex", "not a git repository|connection", {"RGX007"}),
    ("/regex", "(?:[a-z ()]+)+: \\.git$", {"RGX006"}),
    ("/regex", "git.*repository.*parent", {"RGX008"}),
    (URL, "https://git-scm.com/", {"EVD003"}),
    (URL, "http://git-scm.com/docs/git-rev-parse", {"EVD007"}),
    (URL, "https://git-scm.com/docs/", {"EVD009"}),
    (URL, "https://git-scm.com/docs/git rev-parse", {"EVD006"}),
    (URL, "see the manual", {"EVD006"}),
    (URL, "http://localhost.localdomain/", {"EVD004"}),
    (URL, "http://10.0.0.1", {"EVD004"}),
    (URL, "http://intranet/docs/", {"EVD004"}),
    (URL, "javascript:alert(1)", {"EVD004", "SAF005"}),  # not to be followed, nor to be shown on a page
    (URL, "ftp://ftp.gnu.org/gnu/", {"EVD004"}),
    ("/workarounds/0/sources", [], {"EVD002"}),
    ("/evidence_count", 12, {"EVD001"}),
    ("/confidence", 0.95, {"EVD005"}),
    ("/confidence", 90, {"RAT001"}),
    ("/dead_ends/0/fail_rate", 0.3, {"DED005"}),
    ("/id", "git/elsewhere", {"IDN002"}),
    ("/transition_graph/leads_to", ["git/not-a-repository"], {"REF002"}),
    ("/signature", ABSENT, {"SCH002"}),
    ("/resolvable", "maybe", {"SCH002"}),
]


@pytest.mark.parametrize(("pointer", "value", "told"), DEFECTS, ids=[f"{i}-{p}" for i, (p, _, _) in enumerate(DEFECTS)])
def test_a_single_defect_has_a_single_code(pointer: str, value: Json, told: set[str]) -> None:
    assert codes(judge(with_changes({pointer: value}))) == told


# What only holds the place of a text is told as that alone (TXT006), whatever else could be said of so short a text.

PLACEHOLDERS = [
    "N/A", "TODO", "TBD", "tbd.", "…", "-", "xxx", "TODO: find out", "[TBD]", "Lorem ipsum dolor sit amet.", "none", "Unknown",
    "Not applicable", "not yet documented", "see root cause", "same as above", "your action here", "待补充", "无", "keine Angabe",
]  # fmt: skip

TEXTS = [
    "/signature", "/signature_zh", "/root_cause", "/root_cause_zh", "/dead_ends/0/action", "/dead_ends/0/why_fails",
    "/dead_ends/0/condition", "/workarounds/0/action", "/workarounds/0/how", "/workarounds/1/how", "/workarounds/1/condition",
    "/workarounds_zh/0", "/versions/0/behavior_change",
]  # fmt: skip


@pytest.mark.parametrize("pointer", TEXTS)
def test_a_placeholder_is_told_as_that_alone(pointer: str) -> None:
    told = {text: codes(judge(with_changes({pointer: text}))) for text in PLACEHOLDERS}
    assert told == {text: {"TXT006"} for text in PLACEHOLDERS}


BAD = [
    example
    for rule in catalogue().values()
    if rule.kind is not Kind.CORPUS
    for example in rule.bad
    if isinstance(example, dict)
]


@given(st.sampled_from(BAD), st.dictionaries(st.sampled_from(TEXTS), st.sampled_from(PLACEHOLDERS), min_size=1))
def test_where_a_placeholder_stands_nothing_else_is_said(example: Example, places: dict[str, str]) -> None:
    try:
        document = with_changes({**example, **places})
    except (IndexError, TypeError, KeyError):  # the example has no such place
        assume(False)  # noqa: FBT003
    told = defaultdict(set)
    for finding in judge(document).findings:
        told[finding.pointer].add(finding.code)
    assert not [at for at, said in told.items() if "TXT006" in said and said != {"TXT006"}]
