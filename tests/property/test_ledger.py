"""What holds of the ledger over any history: incremental equals full, and kb's own repairs are no other text."""

import datetime as dt
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kb.contract import accepts, complete
from kb.curate.record import curate
from kb.errors import KbError
from kb.jobs.pack import pack
from kb.ledger.book import EventPlace, Ledger
from kb.ledger.event import KINDS, canonical, known, made
from kb.model import Curated, Document
from kb.rules.fixing import would_change
from kb.rules.ruleset import RuleSet
from kb.rules.text_digest import text_digest
from kb.settings import RuleSettings, Settings
from tests.bases import Base, ndjson, record
from tests.conftest import body, incoming
from tests.ledger.bases import text_of
from tests.ledger.events import event
from tests.strategies import careless

pytestmark = pytest.mark.long(every=1)  # with KB_LONG=1 it tries more

UNREPAIRED = RuleSet(
    Settings(
        rules=RuleSettings(
            ignore=("TXT", "WRK", "DED", "RAT002", "RAT006", "DAT005", "EVD008", "VER003", "IDN007", "SEV002")
        )
    )
)
REPAIRED = RuleSet(Settings())


@given(careless)
@settings(max_examples=150, deadline=None)
def test_the_digest_of_a_text_is_the_same_before_and_after_repairs(document: Document) -> None:
    outcomes = [curate(incoming(orjson.dumps(document)), rules) for rules in (REPAIRED, UNREPAIRED)]
    digests = {text_digest(outcome.document) for outcome in outcomes if isinstance(outcome, Curated)}
    assert len(digests) <= 1
    for outcome in outcomes:
        if isinstance(outcome, Curated):
            assert digests == {text_digest(complete(document))}
            again = curate(incoming(orjson.dumps(body(outcome.document))), REPAIRED)
            assert isinstance(again, Curated) == isinstance(
                outcomes[0], Curated
            )  # a repair may leave nothing of a text
            if isinstance(again, Curated):
                assert {text_digest(again.document)} == digests


@given(careless)
@settings(max_examples=150, deadline=None)
def test_an_event_that_decides_nothing_changes_nothing_else(document: Document) -> None:
    """Its text is made with all fixes at once; those of lists are not run again where none would change anything."""
    name = document.get("id")
    refuted = made(
        kind="refute", record="git/a", at="2026-11-01T12:00:00Z", by="person:Ada", digest=text_digest(record("a"))
    )
    about = refuted.document | {"record": name.strip() if isinstance(name, str) else "git/a"}
    ledger = Ledger([(known(about, refuted.digest), EventPlace("old.ndjson", 1))])
    plain = curate(incoming(orjson.dumps(document)), REPAIRED)
    decided = curate(incoming(orjson.dumps(document)), RuleSet(Settings(), ledger=ledger))
    assert (decided.findings, decided.changes) == (plain.findings, plain.changes)
    if isinstance(plain, Curated):
        assert isinstance(decided, Curated)
        without = {**decided.document["curation"]}
        assert (without.pop("ledger", None) is None) == (decided.text is None)
        assert {**decided.document, "curation": without} == plain.document


@given(careless)
@settings(max_examples=150, deadline=None)
def test_no_fix_of_lists_looks_at_what_an_event_decides(document: Document) -> None:
    if accepts(document):
        either = [
            {**complete(document), "last_confirmed": day, "verification_tier": tier}
            for day, tier in (("2026-11-01", "reproduced"), (None, "ai_generated"))
        ]
        for rule in REPAIRED.list_fixes:
            assert len({would_change(rule, one, REPAIRED.settings) for one in either}) == 1


RECORDS = {
    "a": record("a"),
    "a, other text": record("a", root_cause="It is something else that happens there."),
    "a, careless": record("a", category=" usage_error ", **{"workarounds/0/condition": ""}),
    "a, of Ada": {**record("a", verification_tier="ai_generated"), "author": "Ada"},
    "a, rejected": record("a", confidence=85),
    "b, leads to a": record("b", transition_graph={"leads_to": ["git/a"]}),
    "c": record("c", aliases=["git/old"]),
}
TEXTS = sorted({text_of(document) for document in RECORDS.values()})
SETTINGS = (
    "",
    '[rules.severity]\nLED005 = "warning"\n',
    '[rules.severity]\nLED009 = "error"\nLED003 = "error"\n',
    '[rules]\nignore = ["LED006", "TXT"]\n',
    "[ledger]\nvotes_per_actor = 1\n",
)
Step = Callable[[Base], None]


def _put(name: str, *parts: str) -> Step:
    return lambda base: _done(base.put(name, ndjson(*(RECORDS[part] for part in parts))))


def _decide(kind: str, at: str, by: str, text: str, slug: str, taken_back: bool) -> Step:  # noqa: FBT001 - drawn
    needed = {"withdraw": {"reason": "wrong", "successor": "git/c"}, "deprecate": {"reason": "old"}}.get(kind, {})

    def step(base: Base) -> None:
        one = event(kind, record=f"git/{slug}", at=f"2026-11-{at}T00:00:00Z", by=by, digest=text, **needed)
        back = event("retract", record=one.record, retracts=one.id)
        for decided in (one, back) if taken_back else (one,):
            base.put(f"ledger/{decided.name}", canonical(decided.document))

    return step


def _pack(before: dt.date) -> Step:
    def step(base: Base) -> None:
        with suppress(KbError):  # a fault is left where it is
            pack(base.workspace, before)

    return step


def _break(slug: str) -> Step:
    return lambda base: _done(base.put(f"ledger/git/{slug}/2026-11-01-000000000000.json", b"{}"))


def _drop(name: str) -> Step:
    return lambda base: base.drop(name) if (base.root / name).exists() else None


def _done(_: object) -> None:
    """What a step gives back."""


slugs = st.sampled_from(["a", "b", "c", "d"])
steps = (
    st.builds(_put, st.just("raw/git/a.ndjson"), st.sampled_from([name for name in RECORDS if name[0] == "a"]))
    | st.builds(_put, st.just("raw/more.ndjson"), st.sampled_from(list(RECORDS)), st.sampled_from(list(RECORDS)))
    | st.builds(_decide, st.sampled_from([kind for kind in KINDS if kind != "retract"]), st.sampled_from(["01", "02", "30"]),
                st.sampled_from(["person:Ada", "person:Bob", "agent:x"]), st.sampled_from(TEXTS), slugs, st.booleans())
    | st.builds(_break, slugs)
    | st.builds(_pack, st.sampled_from([dt.date(2026, 11, 2), dt.date(2026, 12, 1)]))
    | st.builds(_drop, st.sampled_from(["ledger/git/a", "ledger", "raw/more.ndjson"]))
    | st.builds(lambda text: lambda base: base.configure(text), st.sampled_from(SETTINGS))
)  # fmt: skip
edits = st.lists(steps, min_size=1, max_size=6)


# as in test_incremental.py: a try takes seconds, and what fails is a few steps by name
@settings(
    max_examples=max(settings().max_examples // 25, 1),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
)
@given(st.lists(edits, min_size=2, max_size=3))
def test_incremental_equals_full(history: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        base = Base(Path(scratch) / "base", is_gated=True)
        _put("raw/git/a.ndjson", "a", "b, leads to a", "c")(base)
        for some in history:
            for step in some:
                step(base)
            base.ingest(allow_removals=True)
        fresh = base.again(Path(scratch) / "fresh")
        assert base.tables() == fresh.tables()
        assert base.curated() == fresh.curated()
