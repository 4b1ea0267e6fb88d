"""A curator works off the queue: every decision is an event, and the base follows from them."""

import json

import pytest

from tests.bases import Base, record
from tests.git import commit, git
from tests.terminal import Outcome, kb

pytestmark = pytest.mark.long(every=3)

GATE = """as_of = 2026-11-22
[gate]
max_stale_share = 0.2
min_mean_effective_confidence = 0.8
"""


def run(base: Base, *arguments: str, stdin: str = "", code: int = 0) -> Outcome:
    outcome = kb(base.root, *arguments, stdin=stdin.encode())
    assert outcome.code == code, outcome
    return outcome


def figures(base: Base) -> dict[str, float]:
    parsed: dict[str, float] = json.loads(base.curated()["reports/metrics.json"])
    return parsed


def test_a_curator_works_off_the_queue(base: Base) -> None:
    base.configure(GATE)
    for number in range(14):
        base.record(f"old-{'abcdefghijklmn'[number]}", last_confirmed="2024-01-01", first_seen="2020-03-04")
    base.record("x")
    base.put("raw/git/y.json", {**record("x", tags=["vcs"]), "id": "git/y"})
    run(base, "ingest")
    git(base.root, "init", "--quiet")
    commit(base.root)
    before = figures(base)
    run(base, "gate", code=1)

    ids = run(base, "report", "stale", "--limit", "12", "--format", "ids").out
    assert len(ids.split()) == 12
    confirmed = run(base, "confirm", "-", "--by", "Ada", "--evidence", "https://git-scm.com/docs/git", stdin=ids)
    assert "no evidence" not in confirmed.err
    assert confirmed.out.count(" confirms git/old-") == 12
    refuted, withdrawn = (
        slug for slug in ("git/old-m", "git/old-n", "git/old-a", "git/old-b") if slug not in ids.split()
    )
    run(base, "refute", refuted, "--by", "Ada", "--note", "the flag is gone", "--with", "git=2.51")
    run(base, "withdraw", withdrawn, "--by", "Ada", "--reason", "nobody has seen it since 2020")
    merged = run(base, "merge", "git/y", "git/x", "--by", "Ada")
    assert "+++ raw/git/x.json" in merged.out

    assert "withdrawn 2" in run(base, "ingest").out
    compared = json.loads(run(base, "diff", "--format", "json").out)
    assert {gone["id"] for gone in compared["removed"]} == {withdrawn, "git/y"}
    changed = {one["id"]: {edit["pointer"] for edit in one["edits"]} for one in compared["changed"]}
    assert set(changed) == {*ids.split(), refuted, "git/x"}
    assert all(changed[name] >= {"/last_confirmed"} for name in ids.split())

    after = figures(base)
    assert after["stale_share"] < before["stale_share"]
    assert after["mean_effective_confidence"] > before["mean_effective_confidence"]
    run(base, "gate")
    assert "nobody has seen it since 2020" in run(base, "why", withdrawn).out
    told = run(base, "log").out
    assert told.count("last confirmed 2026-11-22") == 12
    assert run(base, "show", "git/y").err == "note: git/y is an alias of git/x\n"
    assert "git/y  merged" in run(base, "why", "git/y").out
    run(base, "doctor")


def test_two_branches_decide_and_git_merges_them_without_a_conflict(base: Base) -> None:
    base.configure("as_of = 2026-11-22\n")
    for slug in "abc":
        base.record(slug)
    run(base, "ingest")
    base.put(".gitignore", b"kb.duckdb*\n.kb/\ncurated/\n")
    git(base.root, "init", "--quiet")
    commit(base.root)
    for branch, commands in {
        "ada": [("confirm", "git/a", "git/b"), ("withdraw", "git/c", "--reason", "wrong")],
        "bob": [("refute", "git/a"), ("deprecate", "git/b", "--reason", "old")],
    }.items():
        git(base.root, "checkout", "--quiet", "-b", branch, "main")
        for command in commands:
            said = run(base, *command, "--by", branch)
            assert ("rests on no evidence" in said.err) is (command[0] == "confirm")
        commit(base.root, f"decisions of {branch}")
    results = []
    for first, second in (("ada", "bob"), ("bob", "ada")):
        git(base.root, "checkout", "--quiet", "-B", f"{first}-then-{second}", "main")
        for branch in (first, second):
            git(base.root, "merge", "--quiet", "--no-edit", branch)
        run(base, "ingest", "--allow-removals")
        results.append((base.curated(), base.tables()["events"]))
        for name in ("kb.duckdb", "curated"):
            base.drop(name)
    assert results[0] == results[1]
    curated = results[0][0]
    assert json.loads(curated["withdrawn/git/c.json"])["by"] == "person:ada"
    assert json.loads(curated["records/git/b.json"])["curation"]["ledger"]["status"] == "deprecated"
    assert b'"LED009"' in curated["reports/day-findings.ndjson"]


@pytest.mark.parametrize(
    "words", [("confirm", "git/nope"), ("retract", "2026-01-01"), ("log", "git/nope"), ("outcome", "git/a")]
)
def test_a_slip_is_one_line(base: Base, words: tuple[str, ...]) -> None:
    base.configure('[ledger]\nby = "person:Ada"\n')
    base.record("a")
    base.ingest()
    slip = run(base, *words, code=2)
    assert (slip.out, slip.err.count("\n")) == ("", 1)
    assert not (base.root / "ledger").exists()
