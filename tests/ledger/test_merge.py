"""`kb merge`: the union goes into the raw file of the record that stays; what they say differently is listed."""

import orjson
import pytest

from kb.errors import KbError
from kb.jobs.decide import Decision
from kb.jobs.merge import Merge, merge
from kb.model import Document, Json
from kb.rules.base import fold
from tests.bases import Base, contents, record

pytestmark = pytest.mark.long(every=3)

ASKED = Decision("merge", "2026-11-22T00:00:00Z", "person:Ada")


def twin(**values: Json) -> Document:
    """What x says, under another id, with some of it changed."""
    return {**record("x", **values), "id": "git/twin"}


def merged(base: Base, other: Document, *, dry_run: bool = False) -> Merge:
    base.put("raw/git/twin.json", other)
    base.ingest()
    return merge(base.workspace, "git/twin", "git/x", ASKED, dry_run=dry_run)


def raw(base: Base) -> Document:
    document: Document = orjson.loads((base.root / "raw/git/x.json").read_bytes())
    return document


def test_the_union_is_taken_and_nothing_is_averaged(desk: Base) -> None:
    other = twin(**{
        "workarounds/0/sources": ["https://example.org/a/b"],
        "dead_ends/1/fail_rate": 0.7,
        "dead_ends/2": {"action": "Sing", "why_fails": "It is no song.", "fail_rate": 0.9, "condition": None, "sources": []},
        "aliases": ["git/older"],
        "tags": ["vcs"],
        "subcategory": "folders",
    })  # fmt: skip
    before = raw(desk)
    result = merged(desk, other)
    after = raw(desk)
    assert [item["action"] for item in after["dead_ends"]] == [
        *(item["action"] for item in before["dead_ends"]),
        "Sing",
    ]
    assert after["workarounds"][0]["sources"] == [*before["workarounds"][0]["sources"], "https://example.org/a/b"]
    assert after["aliases"] == ["git/older", "git/twin"]
    assert (after["tags"], after["subcategory"]) == (["vcs"], "folders")
    assert after["dead_ends"][1]["fail_rate"] == before["dead_ends"][1]["fail_rate"]
    assert [tuple(conflict) for conflict in result.conflicts] == [("/dead_ends/1/fail_rate", 0.9, 0.7)]
    assert b'+    {"action": "Sing"' in result.diff
    desk.ingest()
    assert "twin" not in desk.slugs()
    assert desk.curated()["withdrawn/git/twin.json"]
    assert not [one for one in desk.findings() if one["code"] in {"IDN004", "IDN005", "IDN006", "LED007"}]


def test_what_differs_in_spelling_alone_is_no_conflict(desk: Base) -> None:
    own = record("x", **{"dead_ends/1/fail_rate": "90%", "confidence": "0.8", "first_seen": "2024/6/1"})
    desk.put("raw/git/x.json", own)
    result = merged(desk, twin(**{"dead_ends/1/fail_rate": 0.9, "confidence": 0.8, "first_seen": "2024-06-01"}))
    assert result.conflicts == ()
    assert raw(desk)["dead_ends"][1]["fail_rate"] == "90%"


def test_nothing_that_either_says_is_lost(desk: Base) -> None:
    other = twin(**{"workarounds/0/action": "Do it by hand", "dead_ends/0/action": "Wait"})
    before = raw(desk)
    merged(desk, other)
    for key in ("dead_ends", "workarounds"):
        wanted = {fold(item["action"]) for item in (*before[key], *other[key])}
        assert {fold(item["action"]) for item in raw(desk)[key]} == wanted


def test_a_trial_shows_it_and_writes_nothing(desk: Base) -> None:
    desk.put("raw/git/twin.json", twin(tags=["vcs"]))
    desk.ingest()
    before = contents(desk.root)
    result = merge(desk.workspace, "git/twin", "git/x", ASKED, dry_run=True)
    assert result.diff
    assert {n: d for n, d in contents(desk.root).items() if n[0] != "."} == {
        n: d for n, d in before.items() if n[0] != "."
    }


def test_a_chain_of_merges_leads_to_the_last(desk: Base) -> None:
    merged(desk, twin())
    desk.ingest()
    merge(desk.workspace, "git/x", "git/a", ASKED)
    desk.ingest()
    assert set(desk.document("a")["aliases"]) == {"git/x", "git/twin"}
    assert not [one for one in desk.findings() if one["code"] in {"LED007", "IDN006", "REF001"}]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("git/x", "git/x"), "git/x: cannot be its own successor"),
        (("git/x", "git/nope"), "--successor git/nope: is no published record"),
        (("git/nope", "git/x"), "no published record git/nope"),
    ],
)
def test_what_cannot_be_merged_is_one_line(desk: Base, names: tuple[str, str], message: str) -> None:
    with pytest.raises(KbError) as refused:
        merge(desk.workspace, *names, ASKED)
    assert str(refused.value).startswith(message)


def test_a_record_that_was_edited_since_is_not_merged_into(desk: Base) -> None:
    desk.record("x", root_cause="It is something else that happens there.")
    with pytest.raises(KbError, match=r"raw/git/x\.json changed since it was ingested"):
        merge(desk.workspace, "git/a", "git/x", ASKED)
    assert not desk.workspace.ledger.exists()


def test_a_union_that_would_be_rejected_is_not_written(desk: Base) -> None:
    """A workaround that contradicts a dead end of the other, say: that is for a person to settle."""
    desk.configure('[rules.severity]\nTXT006 = "error"\n')
    before = raw(desk)
    desk.ingest()
    desk.configure("")
    desk.put("raw/git/twin.json", twin(**{"dead_ends/0/action": "TODO"}))
    desk.ingest()
    desk.configure('[rules.severity]\nTXT006 = "error"\n')
    with pytest.raises(KbError, match="git/x: would be rejected with what the other says: TXT006"):
        merge(desk.workspace, "git/twin", "git/x", ASKED)
    assert raw(desk) == before
