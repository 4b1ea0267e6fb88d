"""`kb diff`: what changed in the curated records since a revision of git, in words."""

import json
from pathlib import Path

import pytest

from kb.contract import violations
from kb.errors import KbError
from kb.jobs.diff import diff, edits
from kb.jobs.init import init
from kb.model import Document, Json
from kb.render.comparison import comparison
from kb.results import RecordEdit, RecordsCompared
from tests.bases import Base
from tests.git import commit, git
from tests.ledger.bases import decide
from tests.terminal import kb

pytestmark = pytest.mark.long(every=3)

LONG = "It is a text that is longer than a line of the answer has room for, so that only what differs can be shown: "


@pytest.fixture
def kept(base: Base) -> Base:
    """A base in git, with three records."""
    init(base.root)
    for slug in ("a", "b", "c"):
        base.record(slug)
    base.ingest()
    git(base.root, "init", "--quiet")
    commit(base.root)
    return base


def edited(before: Document, after: Document) -> list[tuple[str, str, Json, Json]]:
    return [(edit.kind, edit.pointer, edit.before, edit.after) for edit in edits(before, after)]


def words(*found: RecordEdit) -> list[str]:
    result = RecordsCompared("HEAD", "0" * 40, (), {}, {"git/a": found})
    return [line.removeprefix("  ") for line in comparison(result, colour=False)][1:-1]


def said(before: Document, after: Document) -> list[str]:
    return words(*edits(before, after))


# the records


def test_it_says_which_records_came_went_and_changed(kept: Base) -> None:
    kept.drop("raw/git/c.json")
    kept.record("b", confidence=7)
    kept.record("a", confidence=0.6)
    kept.record("d")
    kept.ingest(allow_removals=True)
    outcome = kb(kept.root, "diff")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[:-1] == [
        "added git/d",
        "removed git/b (quarantined: RAT001 /confidence)",
        "removed git/c",
        "changed git/a",
        "  confidence 0.9 → 0.6",
    ]
    head = git(kept.root, "rev-parse", "HEAD")[:12]
    assert outcome.out.splitlines()[-1] == f"4 records since HEAD ({head}): 1 added, 2 removed, 1 changed"


def test_what_the_ledger_took_out_is_withdrawn_and_not_removed(kept: Base) -> None:
    documents = {slug: json.loads((kept.root / f"raw/git/{slug}.json").read_bytes()) for slug in "bc"}
    decide(kept, "withdraw", documents["b"], successor="git/a")
    decide(kept, "merge", documents["c"], successor="git/a")
    kept.ingest(allow_removals=True)
    outcome = kb(kept.root, "diff")
    lines = outcome.out.splitlines()
    assert (outcome.code, lines[:2]) == (0, ["withdrawn git/b (it is wrong; see git/a)", "merged git/c (see git/a)"])
    assert lines[-1].endswith("0 added, 0 removed, 2 withdrawn, 0 changed")
    printed = json.loads(kb(kept.root, "diff", "--format", "json").out)
    assert not list(violations(printed, "diff.v1"))
    assert [gone["withdrawn"]["status"] for gone in printed["removed"]] == ["withdrawn", "merged"]


def test_where_nothing_changed_it_says_so(kept: Base) -> None:
    outcome = kb(kept.root, "diff", "--exit-code")
    assert (outcome.code, outcome.out[:28]) == (0, "no record differs from HEAD ")


def test_another_revision_may_be_named(kept: Base) -> None:
    git(kept.root, "tag", "first")
    kept.record("d")
    kept.ingest()
    commit(kept.root)
    assert not diff(kept.workspace).differs
    assert diff(kept.workspace, "first").added == diff(kept.workspace, "HEAD~1").added == ("git/d",)


def test_on_request_the_exit_code_tells(kept: Base) -> None:
    kept.record("d")
    kept.ingest()
    assert [kb(kept.root, "diff", *more).code for more in ((), ("--exit-code",))] == [0, 1]


def test_as_json_it_says_the_same(kept: Base) -> None:
    kept.drop("raw/git/c.json")
    kept.record("a", confidence=0.6)
    kept.record("b", confidence=7)
    kept.record("d")
    kept.ingest(allow_removals=True)
    printed = json.loads(kb(kept.root, "diff", "--format", "json").out)
    assert printed == json.loads(json.dumps(diff(kept.workspace).document()))
    assert printed["changed"][0]["edits"][0] == {
        "kind": "changed", "pointer": "/confidence", "entry": None, "before": 0.9, "after": 0.6,
    }  # fmt: skip
    assert [why["code"] for gone in printed["removed"] for why in gone["quarantined"]] == ["RAT001"]
    assert list(violations(printed, "diff.v1")) == []


def test_another_layout_is_no_change(kept: Base) -> None:
    kept.configure('[export]\nrecords = "ndjson"')
    kept.record("a", confidence=0.6)
    kept.ingest()
    assert not (kept.workspace.curated / "records").exists()
    found = diff(kept.workspace)
    assert (found.added, dict(found.removed), list(found.changed)) == ((), {}, ["git/a"])
    commit(kept.root)
    kept.record("a", confidence=0.7)
    kept.ingest()
    assert [edit.after for edit in diff(kept.workspace).changed["git/a"]] == [0.7]


def test_a_workspace_may_lie_below_the_top_of_its_repository(tmp_path: Path) -> None:
    base = Base(tmp_path / "deep" / "base")
    init(base.root)
    base.record("a")
    base.ingest()
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    base.record("b")
    base.ingest()
    assert diff(base.workspace).added == ("git/b",)


# the words


def test_values_are_told_before_and_after() -> None:
    before = {"confidence": 0.9, "error_code": None, "resolvable": "true"}
    after = {"confidence": 0.5, "error_code": "E7", "resolvable": "true"}
    assert said(before, after) == ["confidence 0.9 → 0.5", 'error_code none → "E7"']


def test_entries_of_lists_are_told_by_their_names() -> None:
    before = {
        "workarounds": [{"action": "x", "how": None}],
        "dead_ends": [{"action": "y", "sources": ["u"]}],
        "tags": [],
    }
    after = {
        "workarounds": [{"action": "new", "how": None}, {"action": "x", "how": "so"}],
        "dead_ends": [],
        "tags": ["t"],
    }
    assert said(before, after) == [
        'workaround "x": how none → "so"',
        'workaround added: "new"',
        'dead end removed: "y"',
        'tag added: "t"',
    ]


def test_an_entry_that_was_reworded_is_one_that_changed() -> None:
    before = {"dead_ends": [{"action": "Run it", "fail_rate": 0.5}, {"action": "z", "fail_rate": 1}]}
    after = {"dead_ends": [{"action": "Run it twice", "fail_rate": 0.5}, {"action": "z", "fail_rate": 1}]}
    assert said(before, after) == ['dead end "Run it twice": action "Run it" → "Run it twice"']


def test_what_is_within_an_entry_is_told_with_it() -> None:
    before = {"dead_ends": [{"action": "y", "sources": ["https://a.example"]}]}
    after = {"dead_ends": [{"action": "y", "sources": ["https://a.example", "https://b.example"]}]}
    assert said(before, after) == ['dead end "y": source added: "https://b.example"']
    graph = {"transition_graph": {"leads_to": [{"error_id": "git/b", "probability": 0.5}]}}
    likelier = {"transition_graph": {"leads_to": [{"error_id": "git/b", "probability": 0.7}]}}
    assert said(graph, likelier) == ['leads_to "git/b": probability 0.5 → 0.7']


def test_another_order_is_told_as_that() -> None:
    assert said({"tags": ["a", "b"]}, {"tags": ["b", "a"]}) == ["tags reordered"]


def test_equal_entries_are_counted() -> None:
    assert edited({"tags": ["a", "a"]}, {"tags": ["a"]}) == [("removed", "/tags/1", "a", None)]


def test_true_is_not_1() -> None:
    assert edited({"x": 1}, {"x": True}) == [("changed", "/x", 1, True)]


def test_pointers_are_escaped() -> None:
    assert edited({"os_specific": {"a/b": 1}}, {"os_specific": {"a/b": 2}}) == [("changed", "/os_specific/a~1b", 1, 2)]


def test_findings_and_repairs_of_a_record_are_told_and_its_digests_are_not() -> None:
    before = {"curation": {"digest": "sha256:0", "flags": [{"code": "DED001", "pointer": "/dead_ends/0/action"}]}}
    after = {"curation": {"digest": "sha256:1", "flags": []}}
    assert said(before, after) == ["flag removed: DED001 /dead_ends/0/action"]
    assert edited(before, {"curation": {**before["curation"], "digest": "sha256:1"}}) == []


def test_an_object_that_came_or_went_is_told_key_by_key() -> None:
    ledger = {"events": 1, "confirmed": "git/a/1", "refuted": None}
    told = [("changed", "/curation/ledger/events", None, 1), ("changed", "/curation/ledger/confirmed", None, "git/a/1")]
    assert edited({"curation": {}}, {"curation": {"ledger": ledger}}) == told
    assert len(edited({"curation": {"ledger": ledger}}, {"curation": {}})) == 2
    assert edited({"os_specific": {}}, {"os_specific": None}) == [("changed", "/os_specific", {}, None)]


def test_of_long_texts_the_part_that_differs_is_shown() -> None:
    (line,) = said({"root_cause": f"{LONG}yes"}, {"root_cause": f"{LONG}no"})
    assert line == 'root_cause "…ffers can be shown: yes" → "…ffers can be shown: no"'


def test_nothing_in_a_record_acts_on_a_terminal() -> None:
    (line,) = said({"root_cause": "x"}, {"root_cause": "\x1b[2J"})
    assert "\x1b" not in line


# what is amiss


@pytest.mark.parametrize("name", ["nowhere", "--output=x", "HEAD:curated", ""])
def test_an_unknown_revision_is_one_line(kept: Base, name: str) -> None:
    outcome = kb(kept.root, "diff", "--", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"kb: {name}: git knows no such revision\n"


def test_without_a_repository_it_says_so(base: Base) -> None:
    base.record("a")
    base.ingest()
    with pytest.raises(KbError, match="not a git repository, so there is nothing earlier to compare with"):
        diff(base.workspace)


def test_before_the_first_commit_every_record_is_added(base: Base) -> None:
    git(base.root, "init", "--quiet")
    with pytest.raises(KbError, match="curated/: has no records now; run `kb ingest`"):
        diff(base.workspace)
    base.record("a")
    base.ingest()
    compared = diff(base.workspace)
    assert (compared.commit, compared.added, compared.differs) == (None, ("git/a",), True)
    assert list(violations(compared.document(), "diff.v1")) == []
    assert "".join(comparison(compared, colour=False)).endswith(
        "since HEAD (there is no commit yet): 1 added, 0 removed, 0 changed"
    )
    with pytest.raises(KbError, match="main~1: git knows no such revision"):
        diff(base.workspace, "main~1")


def test_records_that_are_not_committed_or_not_there_are_named(kept: Base) -> None:
    git(kept.root, "rm", "--quiet", "-r", "--cached", "curated")
    git(kept.root, "commit", "--quiet", "--message", "none")
    with pytest.raises(KbError, match="HEAD: has no curated/ with records; commit it"):
        diff(kept.workspace)
    kept.drop("curated")
    with pytest.raises(KbError, match="curated/: has no records now; run `kb ingest`"):
        diff(kept.workspace, "HEAD~1")


def test_what_is_no_record_is_named(kept: Base) -> None:
    path = kept.workspace.curated / "records/git/a.json"
    good = path.read_bytes()
    path.write_bytes(b"<<<<<<< HEAD\n")
    with pytest.raises(KbError, match=r"^curated/records/git/a\.json: holds what is no curated record"):
        diff(kept.workspace)
    commit(kept.root)
    path.write_bytes(good)
    with pytest.raises(KbError, match=r"^HEAD:curated/records/git/a\.json: holds what is no curated record"):
        diff(kept.workspace)


def test_a_broken_list_of_what_is_rejected_is_named(kept: Base) -> None:
    kept.drop("curated/records/git/a.json")
    (kept.workspace.curated / "quarantine.ndjson").write_bytes(b"<<<<<<< HEAD\n")
    with pytest.raises(KbError, match=r"^curated/quarantine\.ndjson: has a broken line"):
        diff(kept.workspace)


def test_git_has_to_be_there(kept: Base, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KbError, match="git is not on the PATH"):
        diff(kept.workspace)
