"""One record from bytes to what is published: the record this project was started from, and the order of law 2."""

from collections import Counter

import pytest

from kb.contract import complete, read
from kb.curate.record import curate as judge_one
from kb.model import GONE, Change, Curated, Document, Json, Rejected
from kb.rules import catalogue
from kb.rules.example import with_changes
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings, Suppression
from tests.conftest import CLEAN_PATH, ROOT, clean, codes, default_rules, incoming, judge, published, value_at
from tests.errorcanon import ERRORCANON

EXAMPLE = "raw/tensorflow/optimizer-nan-loss.json"

FINDINGS = {
    ("TXT003", "/dead_ends/0/condition"): 1,
    ("TXT003", "/dead_ends/1/condition"): 1,
    ("TXT003", "/workarounds/0/condition"): 1,
    ("WRK001", "/workarounds/0/how"): 1,
    ("DED001", "/dead_ends/0/action"): 1,
    ("DED001", "/dead_ends/1/action"): 1,
    ("RAT007", "/fix_success_rate"): 1,
    ("EVD002", "/dead_ends/0/sources"): 1,
    ("EVD002", "/dead_ends/1/sources"): 1,
    ("EVD002", "/workarounds/0/sources"): 1,
    ("EVD005", "/confidence"): 1,
    ("VER001", "/versions/0/version"): 1,
    ("VER001", "/versions/1/version"): 1,
    ("VER001", "/versions/2/version"): 1,
    ("LOC001", "/workarounds_zh/0"): 1,
}

REPAIRED = {
    "/dead_ends/0/condition",
    "/dead_ends/1/condition",
    "/workarounds/0/condition",
    "/workarounds/0/how",
}


@pytest.fixture
def raw() -> bytes:
    return (ROOT / EXAMPLE).read_bytes()


@pytest.fixture
def example(raw: bytes) -> Curated:
    return published(raw, path=EXAMPLE)


def test_the_example_record_has_exactly_its_findings(example: Curated) -> None:
    assert Counter((finding.code, finding.pointer) for finding in example.findings) == FINDINGS


def test_its_changes_are_its_repairs(example: Curated) -> None:
    assert {change.pointer for change in example.changes} == REPAIRED
    assert {change.after for change in example.changes} == {None}


_NEVER_SAID: Document = {"signatures": [], "diagnosis": [], "verify": [], "severity": None}
"""Keys of version 1.1, of which the example of version 1 says nothing."""


def test_it_is_published_repaired_and_complete(example: Curated, raw: bytes) -> None:
    came_in = read(raw)
    expected = {
        **came_in,
        "dead_ends": [{**item, "condition": None, "quote": None} for item in came_in["dead_ends"]],
        "workarounds": [{**item, "condition": None, "how": None, "quote": None} for item in came_in["workarounds"]],
        **_NEVER_SAID,
        "schema_version": "1",
        "curation": example.document["curation"],
    }
    assert example.document == expected
    assert [key for key in example.document if key in came_in] == list(came_in)
    assert example.id == "tensorflow/optimizer-nan-loss"


def test_its_curation_block_says_where_it_comes_from_and_what_bears_it(example: Curated, raw: bytes) -> None:
    curation = dict(example.document["curation"])
    flags, changes = curation.pop("flags"), curation.pop("changes")
    assert curation == {
        "source": EXAMPLE,
        "digest": f"sha256:{incoming(raw).origin.digest}",
        "distinct_sources": 1,
        "evidence_ceiling": 0.6,
    }
    assert {(entry["code"], entry["pointer"]) for entry in (*flags, *changes)} == FINDINGS.keys()
    assert {entry["pointer"] for entry in changes} == REPAIRED


def test_transitions_are_published_as_objects() -> None:
    outcome = published(with_changes({"/transition_graph/leads_to": ["git/x"]}))
    (entry,) = outcome.document["transition_graph"]["leads_to"]
    assert entry == {"error_id": "git/x", "probability": None, "condition": None, "distinction": None}


def test_what_an_earlier_publication_added_is_replaced_and_not_repaired() -> None:
    earlier = published(clean()).document
    earlier["curation"]["source"] = " elsewhere\u200b"
    outcome = published(earlier)
    assert outcome.findings == ()
    assert outcome.document["curation"]["source"] == CLEAN_PATH


@pytest.mark.parametrize(
    ("own", "reported"),
    [
        (
            {"schema_version": "0", "curation": {"source": " elsewhere\u200b", "flags": [" "]}},
            ["/curation", "/schema_version"],
        ),
        ({"curation": {"owner": "team-a"}}, ["/curation"]),
        ({"curation": None, "schema_version": "1"}, []),
    ],
)
def test_what_an_author_has_under_a_key_of_kb_is_not_published_and_reported(own: Document, reported: list[str]) -> None:
    outcome = published({**clean(), **own})
    assert outcome.changes == ()
    assert outcome.document["schema_version"] == "1"
    assert [(finding.code, finding.pointer) for finding in outcome.findings] == [("SCH003", p) for p in reported]


# Law 2: parse strictly → value fixes → contract → checks → list fixes


def test_bytes_that_cannot_be_read_have_one_finding_and_no_id() -> None:
    outcome = judge(b'{"id": "git/x", "confidence": NaN}')
    assert isinstance(outcome, Rejected)
    assert outcome.id is None
    assert [(finding.code, finding.pointer) for finding in outcome.findings] == [("SCH001", "")]


@pytest.mark.parametrize(("given", "then"), [("90%", 0.9), (" 90 %\u200b", 0.9), ("\ufeff0.9 ", 0.9)], ids=ascii)
def test_values_are_repaired_before_the_contract_looks(given: str, then: float) -> None:
    assert published(with_changes({"/confidence": given})).document["confidence"] == then


def test_text_that_repairs_leave_blank_breaks_the_contract() -> None:
    assert codes(judge(with_changes({"/signature": " \u200b "}))) >= {"TXT002", "SCH002"}


def test_while_the_contract_is_broken_no_check_looks() -> None:
    outcome = judge(with_changes({"/resolvable": "maybe", "/dead_ends": [], "/confidence": 7, "/subcategory": ""}))
    assert codes(outcome) == {"TXT003", "SCH002"}


def test_repairs_go_on_until_nothing_changes() -> None:
    outcome = published(with_changes({"/subcategory": "\u200b \u200b", "/workarounds/0/how": "\u200b"}))
    assert outcome.document["subcategory"] is None
    assert [(c.code, c.before, c.after) for c in outcome.changes if c.pointer == "/subcategory"] == [
        ("TXT002", "\u200b \u200b", " "),
        ("TXT001", " ", ""),
        ("TXT003", "", None),
    ]


def test_checks_see_repaired_values() -> None:
    outcome = published(with_changes({"/workarounds/0/sources": ["\u200bhttps://git-scm.com/docs/git "]}))
    assert codes(outcome) == {"TXT001", "TXT002"}


def test_pointers_of_checks_are_into_the_lists_as_they_came() -> None:
    twice = clean()["dead_ends"][0]
    outcome = published(with_changes({"/dead_ends/2": twice, "/dead_ends/3": {"action": "", "why_fails": "x"}}))
    assert ("DED001", "/dead_ends/3/action") in {(finding.code, finding.pointer) for finding in outcome.findings}
    assert Change("DED003", "/dead_ends/2", twice, GONE) in outcome.changes
    assert len(outcome.document["dead_ends"]) == 3


def test_a_rejected_record_keeps_all_its_findings() -> None:
    outcome = judge(_with_many_faults())
    assert isinstance(outcome, Rejected)
    assert outcome.id == clean()["id"]
    assert codes(outcome) >= {"TXT001", "TXT003", "RAT001", "EVD004", "DED002", "TIR001", "DAT001"}


def test_a_rejected_record_is_not_merged() -> None:
    assert "EVD008" not in codes(judge(_with_many_faults()))


def _with_many_faults() -> Document:
    return with_changes(
        {
            "/root_cause": " spaces ",
            "/subcategory": "",
            "/confidence": 90,
            "/official_doc_url": "http://localhost/",
            "/dead_ends/0/why_fails": "no",
            "/dead_ends/0/sources": ["https://git-scm.com/docs/git", "https://git-scm.com/docs/git"],
            "/verification_tier": "hearsay",
            "/first_seen": "2024-02-30",
        }
    )


def test_sources_are_counted_in_what_is_published_whatever_rules_are_run() -> None:
    twice = ["https://git-scm.com/docs/git", "https://git-scm.com/docs/git"]
    rules = RuleSet(Settings(rules=RuleSettings(select=("EVD008", "DED003"))))
    outcome = published(with_changes({"/workarounds/1/sources": twice, "/dead_ends/2": clean()["dead_ends"][0]}), rules)
    assert outcome.document["workarounds"][1]["sources"] == twice[:1]
    assert (
        outcome.document["curation"]["distinct_sources"] == published(clean()).document["curation"]["distinct_sources"]
    )


# what is suppressed stays as it is, on record


def _suppressing(*suppressed: str) -> RuleSet:
    return RuleSet(Settings(suppress=tuple(Suppression("git/not-a-repository", code, "known") for code in suppressed)))


@pytest.mark.parametrize(
    ("code", "pointer", "value"),
    [
        ("TXT001", "/root_cause", " It ran in the wrong folder. "),
        ("DED001", "/dead_ends/0/action", ""),
        ("EVD008", "/dead_ends/0/sources", ["https://git-scm.com/docs/git", "https://git-scm.com/docs/git"]),
    ],
)
def test_what_is_suppressed_is_left_alone_and_told_with_its_reason(code: str, pointer: str, value: Json) -> None:
    outcome = published(with_changes({pointer: value}), _suppressing(code))
    assert value_at(outcome.document, pointer) == value
    assert [finding.suppressed for finding in outcome.findings if finding.code == code] == ["known"]
    assert outcome.changes == ()


def test_a_suppression_knows_an_id_with_white_space_around_it_and_no_other() -> None:
    faulty = {"/dead_ends/0/action": ""}
    for name, suppressed in ((" git/not-a-repository ", "known"), ("git/other", None)):
        outcome = published(with_changes({"/id": name, **faulty}), _suppressing("DED001"))
        assert [finding.suppressed for finding in outcome.findings if finding.code == "DED001"] == [suppressed]


# what is at fault before a record is one, and what came in another format


def test_a_file_at_fault_is_said_to_be() -> None:
    outcome = judge_one(incoming(b"")._replace(fault="the archive ends too early"), default_rules())
    assert [(finding.code, finding.message) for finding in outcome.findings] == [
        ("SCH001", "the archive ends too early")
    ]


def test_what_a_list_fix_does_is_a_finding_too() -> None:
    outcome = published(with_changes({"/dead_ends/2": clean()["dead_ends"][0]}))
    assert [(finding.code, finding.pointer) for finding in outcome.findings] == [("DED003", "/dead_ends/2")]


def test_a_credential_rejects_its_record_beside_what_else_is_wrong() -> None:
    outcome = judge(with_changes({**catalogue()["SAF001"].bad[0], "/dead_ends/0/action": ""}))
    assert isinstance(outcome, Rejected)
    assert (outcome.id, codes(outcome)) == ("git/not-a-repository", {"SAF001", "DED001"})


@pytest.mark.parametrize("rate", [0.3, 30])
def test_pointers_lead_into_a_foreign_document_as_it_came(rate: float) -> None:
    foreign = ERRORCANON.to_source(complete(with_changes({"/dead_ends/1/fail_rate": rate})))
    outcome = judge(foreign)
    places = [finding.pointer for finding in outcome.findings if finding.code in {"DED005", "RAT001"}]
    assert [value_at(foreign, place) for place in places] == [rate]
    if isinstance(outcome, Curated):
        assert outcome.form == "errorcanon"
        assert [flag["pointer"] for flag in outcome.document["curation"]["flags"] if flag["code"] == "DED005"] == places
