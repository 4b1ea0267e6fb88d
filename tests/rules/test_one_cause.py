"""One cause, one finding: what a single defect in a clean record is told as."""

import pytest

from pipeline.model import Json
from pipeline.rules.base import ABSENT
from pipeline.rules.example import with_changes
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
