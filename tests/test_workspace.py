"""Where things are, and what kb.toml may say."""

import datetime as dt
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.model import Rejected, Severity
from kb.rules import catalogue
from kb.rules.example import with_changes
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings, as_table, lines_of_suppressions, load_settings, template
from kb.workspace import Workspace, find
from tests.bases import suppressions
from tests.conftest import codes, judge

Configure = Callable[[str], Settings]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    def load(text: str) -> Settings:
        path = tmp_path / "kb.toml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path)

    return load


def ruled(
    select: tuple[str, ...] = (), ignore: tuple[str, ...] = (), severity: Mapping[str, str] | None = None
) -> RuleSet:
    return RuleSet(Settings(rules=RuleSettings(select, ignore, severity or {})))


def suppressing(**values: object) -> str:
    """An entry of kb.toml, with some of its values changed."""
    return suppressions({"record": "git/a", "code": "DED001", "reason": "no step is known", **values})


# defaults


def test_an_empty_file_means_the_defaults(configure: Configure) -> None:
    assert configure("") == Settings()


def test_the_template_says_exactly_the_defaults(configure: Configure) -> None:
    assert configure(template()) == Settings()


def test_the_template_names_every_setting() -> None:
    uncommented = re.sub(r"^# (?=\w+ = |\[\[)", "", template(), flags=re.MULTILINE)
    assert _names(tomllib.loads(uncommented)) >= _names(as_table(Settings()))


def test_every_setting_of_the_template_stands_alone_under_its_explanation(configure: Configure) -> None:
    commented = re.findall(r"^# (\w+ = .+)$", template(), flags=re.MULTILINE)
    assert commented
    assert configure(re.sub(r"^# (?=\w+ = |\[\[)", "", template(), flags=re.MULTILINE)) != Settings()


def _names(table: Mapping[str, object], prefix: str = "") -> set[str]:
    return set(_walk(table, prefix))


def _walk(table: Mapping[str, object], prefix: str) -> Iterator[str]:
    for key, value in table.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _walk(value, f"{prefix}{key}.")


@pytest.mark.parametrize(
    ("sources", "tier", "ceiling"),
    [
        (0, "ai_generated", 0.3),
        (1, "ai_generated", 0.6),
        (2, "community_reported", 0.6),
        (3, "community_reported", 0.8),
        (99, "ai_generated", 0.8),
        (0, "human_reviewed", 0.3),
        (1, "human_reviewed", 0.9),
        (99, "community_verified", 0.95),
        (0, "reproduced", 0.3),
        (1, "reproduced", 1.0),
    ],
)
def test_evidence_and_tier_bear_so_much_confidence(sources: int, tier: str, ceiling: float) -> None:
    assert Settings().trust.ceiling(sources, tier) == ceiling


# what kb.toml may not say


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fail_onn = "info"', "kb.toml: unknown setting `fail_onn`; did you mean `fail_on`?"),
        ("[rules]\nselekt = []", "kb.toml: unknown setting `rules.selekt`; did you mean `select`?"),
        ("[trust.time_to_live]\ndefalt = 1", "unknown setting `trust.time_to_live.defalt`; did you mean `default`?"),
        ("[gate]\nmax_stale = 1", "unknown setting `gate.max_stale`; did you mean `max_stale_share`?"),
        ("gate.tier = {reproduced = {max_new_errors = 1}}", "unknown setting `gate.tier.reproduced.max_new_errors`"),
        ("zzz = 1", "unknown setting `zzz`; there are as_of, fail_on,"),
        ('[[suppress]]\nrule = "DED001"', "unknown setting `suppress[0].rule`; there are record, code, reason, until"),
    ],
)
def test_an_unknown_key_is_an_error_that_suggests_the_nearest(configure: Configure, text: str, message: str) -> None:
    with pytest.raises(KbError, match=re.escape(message)):
        configure(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fail_on = 1", "`fail_on` is 1; it has to be text in quotes"),
        ('max_removals = "0.1"', "`max_removals` is '0.1'; it has to be a number"),
        ("gate.max_new_errors = 0.5", "`gate.max_new_errors` is 0.5; it has to be a whole number"),
        ('gate.max_stale_share = "0.1"', "`gate.max_stale_share` is '0.1'; it has to be a number"),
        ("gate.tier.reproduced = 0.1", "`gate.tier.reproduced` is 0.1; it has to be a table"),
        ("max_removals = true", "`max_removals` is True; it has to be a number"),
        ('exclude = "drafts/**"', "`exclude` is 'drafts/**'; it has to be a list"),
        ("exclude = [1]", "`exclude[0]` is 1; it has to be text in quotes"),
        ("rules = []", "`rules` is []; it has to be a table"),
        ('rules.severity = "error"', "`rules.severity` is 'error'; it has to be a table"),
        ("rules.severity = {DED001 = 1}", "`rules.severity.DED001` is 1; it has to be text in quotes"),
        ("trust.time_to_live.default = 1.5", "`trust.time_to_live.default` is 1.5; it has to be a whole number"),
        ("trust.time_to_live.default = true", "`trust.time_to_live.default` is True; it has to be a whole number"),
        ('as_of = "2026-11-22"', "`as_of` is '2026-11-22'; it has to be a date without quotes"),
        ("as_of = 2026-11-22T00:00:00", "it has to be a date without quotes"),
        ("suppress = 1", "`suppress` is 1; it has to be a list of tables, each under [[suppress]]"),
        ('[suppress]\nrecord = "git/a"', "it has to be a list of tables, each under [[suppress]]"),
        ("suppress = [1]", "`suppress[0]` is 1; it has to be a table"),
        ("[[suppress]]\nrecord = 1", "`suppress[0].record` is 1; it has to be text in quotes"),
        ('[[suppress]]\nuntil = "2026-12-31"', "`suppress[0].until` is '2026-12-31'; it has to be a date"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error(configure: Configure, text: str, message: str) -> None:
    with pytest.raises(KbError, match=re.escape(message)):
        configure(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fail_on = "fatal"', "`fail_on` is 'fatal'; choose error, warning or info"),
        ("max_removals = 1.01", "`max_removals` is 1.01; it has to be between 0 and 1"),
        ("max_removals = -0.1", "it has to be between 0 and 1"),
        ("max_removals = nan", "it has to be between 0 and 1"),
        ("trust.ceiling_by_sources = [0.3, 60]", "`trust.ceiling_by_sources[1]` is 60.0; it has to be between 0 and 1"),
        ("trust.ceiling_by_sources = []", "name at least one ceiling"),
        ("trust.ceiling_by_tier = {reproduced = 2}", "`trust.ceiling_by_tier.reproduced` is 2.0; it has to be between"),
        ("trust.ceiling_by_tier = {hearsay = 0.1}", "the tiers of the ladder are ai_generated, community_reported"),
        ('trust.aliases = {guess = "hearsay"}', "`trust.aliases.guess` is 'hearsay'; the tiers of the ladder are"),
        ('trust.aliases = {reproduced = "ai_generated"}', "a tier of the ladder needs no alias"),
        ("trust.time_to_live.default = 0", "`trust.time_to_live.default` is 0; it has to be between 1 and 36500 days"),
        ("trust.time_to_live.domain = {npm = -1}", "`trust.time_to_live.domain.npm` is -1; it has to be between 1 and"),
        ("trust.time_to_live.tier = {hearsay = 1}", "the tiers of the ladder are"),
        ("trust.prior_weight = {hearsay = 1}", "the tiers of the ladder are"),
        ("trust.prior_weight = {reproduced = 0}", "`trust.prior_weight.reproduced` is 0.0; it has to be above 0"),
        ("gate.max_stale_share = 40", "`gate.max_stale_share` is 40.0; it has to be between 0 and 1"),
        ("gate.max_new_errors = -1", "`gate.max_new_errors` is -1; it has to be 0 or more"),
        ("gate.tier = {hearsay = {max_stale_share = 0}}", "the tiers of the ladder are"),
        ("gate.domain = {npm = {max_quarantined_share = 2}}", "`gate.domain.npm.max_quarantined_share` is 2.0; it has"),
        ("resolvable.true_at_least = 50", "`resolvable.true_at_least` is 50.0; it has to be between 0 and 1"),
        (suppressing(reason=" "), "`suppress[0].reason` is ' '; say in a few words why the finding is suppressed"),
        (suppressing(record=""), "`suppress[0].record` is ''; name an id, or `*`"),
    ],
)
def test_a_value_out_of_range_is_an_error(configure: Configure, text: str, message: str) -> None:
    with pytest.raises(KbError, match=re.escape(message)):
        configure(text)


@pytest.mark.parametrize("key", ["record", "code", "reason"])
def test_a_suppression_says_which_record_which_code_and_why(configure: Configure, key: str) -> None:
    text = re.sub(rf"^{key} = .*\n?", "", suppressing(), flags=re.MULTILINE)
    with pytest.raises(KbError, match=rf"kb\.toml: `suppress\[0\]\.{key}` is missing; add it"):
        configure(text)


def test_a_file_that_is_not_toml_is_an_error(configure: Configure) -> None:
    with pytest.raises(KbError, match=r"kb\.toml: not TOML: .*line 1"):
        configure("fail_on = error")


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_bytes(b'fail_on = "\xff"')
    with pytest.raises(KbError, match=r"kb\.toml: cannot be read"):
        find(tmp_path)


# where things are


def test_the_workspace_is_looked_for_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kb.toml").write_text('fail_on = "info"', encoding="utf-8")
    below = tmp_path / "raw" / "git"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find() == Workspace(tmp_path.resolve(), Settings(fail_on="info"), configured=True)


def test_the_nearest_workspace_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for folder in (tmp_path, inner):
        (folder / "kb.toml").touch()
    monkeypatch.chdir(inner)
    assert find().root == inner.resolve()


def test_a_root_that_is_given_is_not_left(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('fail_on = "info"', encoding="utf-8")
    inner = tmp_path / "inner"
    inner.mkdir()
    assert find(inner) == Workspace(inner.resolve(), Settings(), configured=False)


def test_a_root_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KbError, match="no such folder"):
        find(tmp_path / "nowhere")


def test_everything_lies_below_the_root(tmp_path: Path) -> None:
    workspace = find(tmp_path)
    places = (workspace.raw, workspace.curated, workspace.store, workspace.scratch)
    assert [place.name for place in places] == ["raw", "curated", "kb.duckdb", ".kb"]
    assert {place.parent for place in places} == {tmp_path.resolve()}


@pytest.mark.parametrize(
    ("given", "configured", "counted"),
    [
        (dt.date(2026, 1, 1), dt.date(2025, 1, 1), dt.date(2026, 1, 1)),
        (None, dt.date(2025, 1, 1), dt.date(2025, 1, 1)),
    ],
)
def test_the_day_given_goes_before_the_settings(
    tmp_path: Path, given: dt.date | None, configured: dt.date, counted: dt.date
) -> None:
    assert Workspace(tmp_path, Settings(as_of=configured), configured=True).as_of(given) == counted


def test_without_either_it_is_today(tmp_path: Path) -> None:
    before = dt.datetime.now().astimezone().date()
    counted = find(tmp_path).as_of(None)
    assert before <= counted <= dt.datetime.now().astimezone().date()


def test_a_day_in_the_settings_is_read(configure: Configure) -> None:
    assert configure("as_of = 2026-11-22").as_of == dt.date(2026, 11, 22)


# which rules judge, and how severely

LOCKED = sorted(code for code, rule in catalogue().items() if rule.locked)


def test_without_settings_every_rule_judges() -> None:
    assert ruled().rules == dict(catalogue())


def test_a_prefix_selects_its_rules() -> None:
    assert set(ruled(select=("DED", "TXT001")).rules) == {
        *LOCKED,
        "TXT001",
        *(code for code in catalogue() if code.startswith("DED")),
    }


def test_ignoring_goes_after_selecting() -> None:
    rules = ruled(select=("DED",), ignore=("DED001", "DED00")).rules
    assert set(rules) == set(LOCKED)


def test_an_ignored_rule_neither_judges_nor_repairs() -> None:
    outcome = judge(with_changes({"/root_cause": " x ", "/dead_ends/0/action": ""}), ruled(ignore=("TXT", "DED001")))
    assert outcome.findings == ()


@pytest.mark.parametrize("code", LOCKED)
def test_a_locked_rule_cannot_be_ignored(code: str) -> None:
    with pytest.raises(KbError, match=f"{code} cannot be ignored"):
        ruled(ignore=(code,))
    assert code in ruled(ignore=(code[:3],)).rules


@pytest.mark.parametrize("code", LOCKED)
def test_a_locked_rule_cannot_be_made_milder(code: str) -> None:
    with pytest.raises(KbError, match=f"{code} is always an error"):
        ruled(severity={code: "warning"})
    assert ruled(severity={code: "error"}).severities[code] is Severity.ERROR


def test_a_severity_can_be_set_for_a_code_or_a_prefix() -> None:
    severities = ruled(severity={"LOC": "info", "DED004": "error"}).severities
    assert {severities[code] for code in catalogue() if code.startswith("LOC")} == {Severity.INFO}
    assert severities["DED004"] is Severity.ERROR


def test_a_raised_severity_rejects() -> None:
    outcome = judge(with_changes({"/dead_ends": []}), ruled(severity={"DED004": "error"}))
    assert isinstance(outcome, Rejected)
    assert "DED004" in codes(outcome)


def test_a_fix_cannot_be_made_an_error() -> None:
    with pytest.raises(KbError, match="TXT001 is a fix: what is repaired cannot reject"):
        ruled(severity={"TXT001": "error"})


def test_a_severity_that_is_none_is_an_error() -> None:
    with pytest.raises(KbError, match=r"`rules\.severity\.DED001` is 'fatal'; choose error, warning or info"):
        ruled(severity={"DED001": "fatal"})


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (RuleSettings(select=("DED01",)), "`rules.select`: no rule 'DED01'; did you mean `DED001`?"),
        (RuleSettings(ignore=("EVX",)), "`rules.ignore`: no rule 'EVX'; did you mean `EVD`?"),
        (RuleSettings(severity={"WRK0O1": "info"}), "`rules.severity`: no rule 'WRK0O1'; did you mean `WRK001`?"),
        (RuleSettings(select=("",)), "`rules.select`: no rule ''; see `kb rules`"),
    ],
    ids=["select", "ignore", "severity", "empty"],
)
def test_a_wrong_code_names_the_nearest(rules: RuleSettings, message: str) -> None:
    with pytest.raises(KbError, match=re.escape(message)):
        RuleSet(Settings(rules=rules))


def test_an_own_ladder_keeps_the_weights_of_its_tiers(configure: Configure) -> None:
    trust = configure('[trust]\nladder = ["hearsay", "reproduced"]\n').trust
    assert trust.prior_weight == {"reproduced": 10.0}


def test_a_tier_stands_on_the_ladder_once(configure: Configure) -> None:
    with pytest.raises(KbError, match=r"`trust\.ladder` is \['hearsay', 'hearsay'\]; name each tier once"):
        configure('[trust]\nladder = ["hearsay", "hearsay"]\n')


def test_no_default_alias_raises_a_ceiling(configure: Configure) -> None:
    trust = configure("[trust.ceiling_by_tier]\ncommunity_reported = 0.7\n").trust
    assert "community" not in trust.aliases
    assert trust.aliases["auto_generated"] == "ai_generated"


@pytest.mark.parametrize("aliases", [{}, {"per+haps (?)": "ai_generated"}], ids=str)
def test_any_aliases_will_do(configure: Configure, aliases: dict[str, str]) -> None:
    lines = "\n".join(f'"{alias}" = "{tier}"' for alias, tier in aliases.items())
    rules = RuleSet(configure(f"[trust.aliases]\n{lines}"))
    for alias in aliases:
        assert codes(judge(with_changes({"/verification_tier": alias, "/confidence": 0.5}), rules)) == {"TIR002"}


# what is suppressed


@pytest.mark.parametrize(
    ("record", "names", "not_names"),
    [
        ("git/a", ["git/a"], ["git/ab", "git/a/b", "xgit/a"]),
        ("git/*", ["git/a", "git/a/linux"], ["git", "github/a"]),
        ("*/a?", ["git/ab"], ["git/a", "git/abc"]),
        ("git/a.b+", ["git/a.b+"], ["git/axb"]),
        ("*", ["git/a", "npm/b/c"], []),
    ],
)
def test_a_suppression_names_an_id_or_several(
    configure: Configure, record: str, names: list[str], not_names: list[str]
) -> None:
    rules = RuleSet(configure(suppressing(record=record)))
    assert all(rules.suppressed(name) == {"DED001": "no step is known"} for name in names)
    assert not any(rules.suppressed(name) for name in [*not_names, None])


def test_its_last_day_is_until(configure: Configure) -> None:
    settings = configure(suppressing(until="2026-12-31"))
    assert RuleSet(settings, dt.date(2026, 12, 31)).suppressed("git/a")
    assert not RuleSet(settings, dt.date(2027, 1, 1)).suppressed("git/a")
    assert RuleSet(settings).suppressed("git/a"), "without a day nothing expires"


def test_of_several_reasons_that_of_the_very_id_counts_then_the_first(configure: Configure) -> None:
    entries = [("git/*", "wide"), ("git/a*", "narrower"), ("git/a", "exact"), ("git/a", "exact, later")]
    rules = RuleSet(configure("\n".join(suppressing(record=record, reason=reason) for record, reason in entries)))
    assert rules.suppressed("git/a") == {"DED001": "exact"}
    assert rules.suppressed("git/ab") == {"DED001": "wide"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("DED01", "`suppress[0].code`: no rule 'DED01'; did you mean `DED001`?"),
        ("DED", "`suppress[0].code`: no rule 'DED'; did you mean `DED"),
        ("RAT001", "`suppress[0].code`: RAT001 cannot be suppressed: a base with such records could not be stored"),
        ("SUP001", "`suppress[0].code`: SUP001 is about kb.toml, not about a record; name it in `rules.ignore`"),
    ],
)
def test_only_one_rule_that_can_be_done_without_is_suppressed(configure: Configure, code: str, message: str) -> None:
    with pytest.raises(KbError, match=re.escape(message)):
        RuleSet(configure(suppressing(code=code)))


def test_where_suppressions_stand_is_known() -> None:
    text = f'fail_on = "info"\n{suppressing()}\n\n{suppressing()}\n'
    assert lines_of_suppressions(text.splitlines()) == [2, 7]


# what the judgement depends on


@pytest.mark.parametrize("text", ["as_of = 2026-11-22", 'fail_on = "info"', 'exclude = ["x"]', "max_removals = 1"])
def test_what_only_steers_a_run_leaves_the_fingerprint(configure: Configure, text: str) -> None:
    assert RuleSet(configure(text)).fingerprint() == RuleSet(Settings()).fingerprint()


@pytest.mark.parametrize(
    "text",
    [
        'rules.ignore = ["DED"]',
        'rules.severity = {DED001 = "info"}',
        "trust.ceiling_by_sources = [0.3]",
        "trust.aliases = {}",
        "resolvable.true_at_least = 0.6",
        suppressing(),
    ],
)
def test_what_a_judgement_depends_on_changes_the_fingerprint(configure: Configure, text: str) -> None:
    assert RuleSet(configure(text)).fingerprint() != RuleSet(Settings()).fingerprint()


def test_a_day_on_which_a_suppression_ends_changes_the_fingerprint(configure: Configure) -> None:
    settings = configure(suppressing(until="2026-12-31"))
    before, last, after = (RuleSet(settings, dt.date(2026, 12, 30) + dt.timedelta(days)) for days in range(3))
    assert before.fingerprint() == last.fingerprint() != after.fingerprint()


# ordinary lines of a user's own


def test_the_lines_of_files_below_the_workspace_are_read_once_each(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(b"one \r\n\ntwo\none\n")
    (tmp_path / "logs" / "b.log").write_bytes(b"three\xff\n")
    (tmp_path / "kb.toml").write_text('[match]\nordinary = ["logs/*.log"]', encoding="utf-8")
    settings = load_settings(tmp_path / "kb.toml")
    assert settings.own_lines.lines == ("one", "two", "three\ufffd")
    assert settings.judging()["match.ordinary"] is not None
    assert Settings().judging()["match.ordinary"] is None


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("logs/*.log", "there is no such file"),
        ("../*.log", "name files below the folder of kb.toml"),
        ("/etc/*", "name files below the folder of kb.toml"),
        ("", "name files below the folder of kb.toml"),
        ("big.txt", "more than 1 MiB of lines"),
    ],
)
def test_a_pattern_of_ordinary_files_that_leads_nowhere_is_an_error(tmp_path: Path, pattern: str, says: str) -> None:
    (tmp_path / "big.txt").write_text("\n".join(f"{i:0999}" for i in range(1100)), encoding="utf-8")
    (tmp_path / "kb.toml").write_text(f'[match]\nordinary = ["{pattern}"]', encoding="utf-8")
    with pytest.raises(KbError, match=rf"kb\.toml: `match\.ordinary\[0\]` is .*{says}"):
        load_settings(tmp_path / "kb.toml")


def test_what_is_read_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text("own_lines = []", encoding="utf-8")
    with pytest.raises(KbError, match="unknown setting `own_lines`"):
        load_settings(tmp_path / "kb.toml")


def test_the_files_of_the_ledger_are_those_that_lie_there_themselves(tmp_path: Path) -> None:
    """Of any length, in the order of names; what is hidden, a link, a pipe or no JSON is passed over."""
    kept = {"a/b/x.json": b"x" * 200_000, "a.json/y.json": b"", "b.ndjson": b"{}", "é.json": b"1"}
    for name, data in {**kept, ".a/x.json": b"", "a/.x.json": b"", "a/x.json.tmp": b"", "README.md": b""}.items():
        (tmp_path / "ledger" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ledger" / name).write_bytes(data)
    (tmp_path / "ledger/link.json").symlink_to("b.ndjson")
    (tmp_path / "ledger/linked").symlink_to("a")
    os.mkfifo(tmp_path / "ledger/pipe.json")
    assert list(find(tmp_path).ledger_files()) == list(kept.items())


def test_a_file_of_the_ledger_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger/x.json").write_bytes(b"{}")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(KbError, match=r"^ledger/x\.json: cannot be read: Permission denied$"):
        list(find(tmp_path).ledger_files())
