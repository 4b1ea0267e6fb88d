"""What an ingest of few changes writes: what all anew would come to, and nothing that is as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.model import Json
from kb.publish import curated_files
from tests.bases import DAY, Base, ndjson, record, suppressions
from tests.ledger.bases import decide

pytestmark = [pytest.mark.whole, pytest.mark.long(every=6)]

GRAPH: dict[str, Json] = {"leads_to": [{"error_id": "git/b", "probability": 0.5}]}
SAID: dict[str, dict[str, Json]] = {
    "a": {"transition_graph": GRAPH},
    "b": {"confidence": 0.9, "verification_tier": "ai_generated"},
    "c": {"dead_ends/0/action": "", "category": " usage_error "},
    "wide": {"regex": "fatal: . is no repository"},
}
NAME = "raw/lines.ndjson"


def fill(base: Base, **changed: dict[str, Json]) -> None:
    base.put(
        NAME, ndjson(*(record(slug, **{**values, **changed.get(slug, {})}) for slug, values in SAID.items()), b"{")
    )


WORDS: dict[str, dict[str, Json]] = {
    "a cause": {"root_cause": "What a needs was never given to a."},
    "what is tried": {"dead_ends/1/action": "Run all of it as root"},
    "why that fails": {"dead_ends/1/why_fails": "It hides what nobody may do here."},
    "what to do": {"workarounds/0/action": "Give every a its folder"},
    "a distinction": {"transition_graph": {"leads_to": [{"error_id": "git/b", "probability": 0.5, "distinction": "b is wet."}]}},
    "a tag": {"tags": ["other"]},
}  # fmt: skip

MORE: dict[str, Callable[[Base], object]] = {
    "a cause that is short": lambda base: fill(base, a={"root_cause": "It needs a."}),
    "an action without a how": lambda base: fill(base, a={"workarounds/0": {"action": "Ask a"}}),
    "a rate": lambda base: fill(base, a={"dead_ends/0/fail_rate": 0.11}),
    "a source": lambda base: fill(base, a={"dead_ends/0/sources": ["https://b.example.org/2"]}),
    "a day of confirmation": lambda base: fill(base, a={"last_confirmed": "2026-10-10"}),
    "a tier": lambda base: fill(base, a={"verification_tier": "reproduced"}),
    "a regex": lambda base: fill(base, wide={"tags": ["x"]}, a={"regex": "^fatal: a is no repository"}),
    "a transition": lambda base: fill(base, b={"transition_graph": GRAPH}),
    "a version": lambda base: fill(base, b={"versions": [{"version": "2.40"}]}),
    "a finding more": lambda base: fill(base, a={"signature": "  fatal: a is no repository"}),
    "a record more": lambda base: base.record("more"),
    "a record less": lambda base: base.put(NAME, ndjson(*(record(slug, **SAID[slug]) for slug in ("a", "c", "wide")))),
    "another order": lambda base: base.put(NAME, ndjson(*(record(slug, **SAID[slug]) for slug in ("wide", "c", "b", "a")))),
    "a copy": lambda base: base.put("raw/z.json", record("b", **SAID["b"])),
    "a decision": lambda base: decide(base, "confirm", record("b", **SAID["b"])),
    "an outcome": lambda base: decide(base, "outcome", record("b", **SAID["b"]), worked=False),
    "a suppression": lambda base: base.configure(suppressions({"record": "git/c", "code": "DED001", "reason": "so it is"})),
    "a weight": lambda base: base.configure("[trust.prior_weight]\nai_generated = 9\n"),
    "a time to live": lambda base: base.configure("[trust.time_to_live]\ndefault = 30\n"),
    "a report that is gone": lambda base: base.drop("curated/reports/stale.json"),
    "a report that was changed": lambda base: base.put("curated/reports/stale.json", b"{}"),
}  # fmt: skip


@pytest.fixture
def settled(base: Base, layout: str) -> Base:
    base.settle(fill)
    base.configure(f'[export]\nrecords = "{layout}"\n')
    base.ingest()
    return base


@pytest.mark.parametrize("layout", ["files", "ndjson"])
@pytest.mark.parametrize("what", WORDS)
def test_other_words_leave_reports_and_lists_as_they_are(
    settled: Base, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = settled.curated()
    fill(settled, a=WORDS[what])
    with monkeypatch.context() as patch:
        patch.setattr(curated_files, "reports", lambda *_: pytest.fail("a report was asked for"))
        patch.setattr(curated_files, "_write_lines", lambda *_: pytest.fail("a list was asked for"))
        assert settled.ingest().published == 1
    after = settled.curated()
    assert after == settled.again(tmp_path / "anew").curated()
    changed = {name.partition("/")[0] for name in before if before[name] != after[name]}
    assert changed == {
        "records" if (settled.workspace.curated / "records").is_dir() else "records.ndjson",
        "manifest.json",
    }


@pytest.mark.parametrize("layout", ["files", "ndjson"])
@pytest.mark.parametrize("what", [*WORDS, *MORE])
@pytest.mark.parametrize("then", ["a cause", "a day of confirmation"])
def test_whatever_changes_comes_to_what_all_anew_would(settled: Base, what: str, then: str, tmp_path: Path) -> None:
    """Twice, for the second has what the first left."""
    for number, name in enumerate((what, then)):
        if name in MORE:
            MORE[name](settled)
        else:
            fill(settled, a=WORDS[name])
        settled.ingest(allow_removals=True)
        anew = settled.again(tmp_path / str(number))
        assert settled.curated() == anew.curated()
        assert settled.tables() == anew.tables()


@pytest.mark.parametrize("layout", ["ndjson"])
def test_on_another_day_the_reports_are_made_anew(settled: Base, tmp_path: Path) -> None:
    later = DAY.replace(year=DAY.year + 1)
    fill(settled, a=WORDS["a cause"])
    settled.ingest(as_of=later)
    assert settled.curated() == settled.again(tmp_path / "anew", as_of=later).curated()
