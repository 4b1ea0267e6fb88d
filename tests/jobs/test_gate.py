"""`kb gate`: each limit of the settings against the figure of the base."""

import datetime as dt
import json
from pathlib import Path

import pytest

from kb import reports, store
from kb.errors import KbError
from kb.jobs.gate import gate
from kb.reports import Options
from kb.results import GateResult
from tests.bases import DAY, Base, record
from tests.terminal import kb

pytestmark = [pytest.mark.whole, pytest.mark.long(every=3)]


def held(base: Base, limits: str, as_of: dt.date = DAY) -> GateResult:
    base.configure(limits)
    return gate(base.workspace, as_of)


def verdicts(base: Base, limits: str) -> list[tuple[str, str, float | None, float, bool]]:
    return [(v.limit, v.scope, v.figure, v.bound, v.kept) for v in held(base, limits).verdicts]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Four records, one of them stale and one never confirmed, and a rejected one; two domains, two tiers."""
    base = Base(tmp_path_factory.mktemp("gate"), is_whole=True)
    base.configure("")
    base.record("fresh", confidence=0.8)
    base.record("stale", confidence=0.8, last_confirmed=str(DAY - dt.timedelta(days=1000)))
    base.record("never", confidence=0.8, last_confirmed=None, first_seen=None)
    base.put(
        "raw/npm/sure.json",
        {**record("x"), "id": "npm/sure", "domain": "npm", "verification_tier": "reproduced", "confidence": 1},
    )
    base.put("raw/npm/bad.json", {**record("x"), "id": "npm/bad", "domain": "npm", "confidence": 2})
    base.ingest()
    return base


def test_without_limits_nothing_is_held(base: Base) -> None:
    assert held(base, "").verdicts == ()
    assert kb(base.root, "gate").out == "no limits are set; [gate] in kb.toml takes them\n"


@pytest.mark.parametrize(
    ("limit", "figure", "kept"),
    [
        ("max_stale_share = 0.5", 0.5, True),
        ("max_stale_share = 0.49", 0.5, False),
        ("min_mean_effective_confidence = 0.65", 0.65, True),
        ("min_mean_effective_confidence = 0.6501", 0.65, False),
        ("max_quarantined_share = 0.2", 0.2, True),
        ("max_quarantined_share = 0", 0.2, False),
    ],
)
def test_a_figure_on_its_limit_keeps_it_and_one_beyond_breaks_it(
    base: Base,
    limit: str,
    figure: float,
    kept: bool,  # noqa: FBT001 - a parameter
) -> None:
    name, _, bound = limit.partition(" = ")
    assert verdicts(base, f"[gate]\n{limit}") == [(name, "the whole base", figure, float(bound), kept)]


def test_the_figures_are_those_of_the_report(base: Base) -> None:
    with store.read(base.workspace.store) as opened:
        figures = reports.figures(opened, Options(DAY))
    limits = "[gate]\nmax_stale_share = 1\nmin_mean_effective_confidence = 0\nmax_quarantined_share = 1"
    for verdict in held(base, limits).verdicts:
        assert verdict.figure == figures[verdict.limit.partition("_")[2]]


def test_tiers_and_domains_have_limits_of_their_own(base: Base) -> None:
    limits = """[gate.tier]
reproduced = {max_stale_share = 0, min_mean_effective_confidence = 0.99}
[gate.domain]
npm = {max_quarantined_share = 0.4}
git = {max_stale_share = 0.5}
"""
    assert verdicts(base, limits) == [
        ("max_stale_share", "tier reproduced", 0.0, 0.0, True),
        ("min_mean_effective_confidence", "tier reproduced", 1.0, 0.99, True),
        ("max_quarantined_share", "domain npm", 0.5, 0.4, False),
        ("max_stale_share", "domain git", 0.6667, 0.5, False),
    ]


def test_a_tier_that_no_record_has_gives_nothing_to_hold(base: Base) -> None:
    assert verdicts(base, "[gate.tier]\nai_generated = {max_stale_share = 0}") == [
        ("max_stale_share", "tier ai_generated", None, 0.0, True)
    ]


def test_a_domain_that_no_record_has_is_a_mistake(base: Base) -> None:
    with pytest.raises(KbError, match=r"^kb.toml: `gate.domain.nmp`: no record has this domain; did you mean `npm`\?"):
        held(base, "[gate.domain]\nnmp = {max_stale_share = 0}")


def test_a_rule_that_is_none_is_a_mistake_here_too(base: Base) -> None:
    with pytest.raises(KbError, match=r"^kb.toml: `rules.severity`: no rule 'NOPE'; see `kb rules`"):
        held(base, '[rules.severity]\nNOPE = "info"\n')


def test_the_day_decides(base: Base) -> None:
    limits = "[gate]\nmax_stale_share = 0.5"
    assert held(base, limits).broken == 0
    assert held(base, limits, DAY + dt.timedelta(days=1000)).broken == 1


def test_each_limit_is_told_and_a_broken_one_fails(base: Base) -> None:
    base.configure("[gate]\nmax_stale_share = 0.4\nmax_quarantined_share = 0.25")
    outcome = kb(base.root, "gate", "--as-of", str(DAY))
    assert (outcome.code, outcome.err) == (1, "")
    assert [line.split("  ")[0] for line in outcome.out.splitlines()] == [
        "limit", "max_stale_share", "max_quarantined_share", f"1 of 2 limits broken, as of {DAY}",
    ]  # fmt: skip
    assert "0.5    0.4  BROKEN   2 of 4 records stale or never confirmed" in outcome.out
    base.configure("[gate]\nmax_stale_share = 0.5")
    assert kb(base.root, "gate", "--as-of", str(DAY)).code == 0


# errors that were not there before


def with_an_error(base: Base) -> None:
    base.configure("[gate]\nmax_new_errors = 0")
    base.record("good")
    base.record("bad", confidence=2)


@pytest.fixture
def growing(tmp_path: Path) -> Base:
    base = Base(tmp_path, is_whole=True)
    base.settle(with_an_error)
    return base


def new_errors(base: Base) -> tuple[float | None, str]:
    (verdict,) = gate(base.workspace, DAY).verdicts
    return verdict.figure, verdict.why


def test_at_first_no_error_is_new(growing: Base) -> None:
    assert new_errors(growing) == (None, "1 error, no state before is known")


def test_an_error_that_was_there_before_is_not_new(growing: Base) -> None:
    growing.record("also-good")
    growing.ingest()
    assert new_errors(growing) == (0, "1 error, 1 in the state before")


def test_an_error_that_was_not_there_before_is_new(growing: Base) -> None:
    growing.record("also-bad", confidence=3)
    growing.ingest()
    assert new_errors(growing) == (1, "2 errors, 1 in the state before")


def test_a_new_error_is_not_offset_by_one_that_was_mended(growing: Base) -> None:
    growing.record("bad")
    growing.record("also-bad", confidence=3)
    growing.ingest()
    assert new_errors(growing) == (1, "1 error, 1 in the state before")


def test_where_the_store_is_new_the_published_figures_tell_of_the_state_before(growing: Base) -> None:
    growing.drop("kb.duckdb")
    growing.record("also-bad", confidence=3)
    growing.ingest()
    assert new_errors(growing) == (1, "2 errors, 1 in the state before")


def test_in_a_clone_which_has_no_figures_the_published_findings_tell_of_the_state_before(growing: Base) -> None:
    growing.drop("kb.duckdb", ".kb", "curated/reports", "curated/manifest.json")
    growing.record("also-bad", confidence=3)
    growing.ingest()
    assert new_errors(growing) == (1, "2 errors, 1 in the state before")


@pytest.mark.parametrize("spoilt", [b"", b"[]", b'{"errors": "many"}', b"\xff"])
def test_published_figures_that_cannot_be_read_tell_nothing(growing: Base, spoilt: bytes) -> None:
    growing.drop("kb.duckdb")
    growing.put("curated/reports/metrics.json", spoilt)
    growing.record("also-bad", confidence=3)
    growing.ingest()
    assert new_errors(growing) == (None, "2 errors, no state before is known")


def test_new_errors_are_counted_one_by_one(growing: Base) -> None:
    growing.drop("raw/git/bad.json")
    growing.record("also-bad", confidence=3)
    growing.ingest(allow_removals=True)
    assert new_errors(growing) == (1, "1 error, 1 in the state before")


def test_a_domain_answers_for_its_own_new_errors(growing: Base) -> None:
    growing.configure("[gate.domain]\ngit = {max_new_errors = 0}\nnpm = {max_new_errors = 0}")
    growing.put("raw/npm/bad.json", {**record("x"), "id": "npm/bad", "domain": "npm", "confidence": 2})
    growing.ingest()
    found = {v.scope: (v.figure, v.kept, v.why) for v in gate(growing.workspace, DAY).verdicts}
    assert found == {"domain git": (0, True, "1 error"), "domain npm": (1, False, "1 error")}


def test_as_json_it_says_the_same(growing: Base) -> None:
    result = gate(growing.workspace, DAY)
    printed = kb(growing.root, "gate", "--format", "json", "--as-of", str(DAY))
    assert json.loads(printed.out) == json.loads(json.dumps(result.document()))
    assert result.document()["passed"] is True
