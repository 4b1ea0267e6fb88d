"""The docs say what is: generated pages are current, sessions and queries run, worked examples add up."""

import datetime as dt
import re
from pathlib import Path

import pytest

import kb
from kb import __version__, settings, store
from kb.contract import shapes
from kb.render import validations
from kb.rules import catalogue
from kb.settings import TimeToLive, Trust
from kb.store import statements
from tests import sessions
from tests.sessions import ROOT
from tools import docs

WRITTEN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

NOTHING_TO_FIND = {"07-unresolved-references.sql"}
"""Questions to which raw/ gives no answer, because it is in order."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the base that raw/ gives."""
    folder = sessions.copy(tmp_path_factory.mktemp("base"))
    assert "read " in sessions.run("kb ingest raw/", folder)
    return folder


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its titles; code marks are taken off."""
    section = text.partition(f"## {heading}\n")[2]
    lines = re.findall(r"^\|.*\|$", section.partition("\n## ")[0], re.MULTILINE)
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_generated_pages_are_current() -> None:
    assert docs.outdated() == [], "run `make docs`"


@pytest.mark.parametrize("example", docs.examples(), ids=lambda example: example.name)
def test_an_example_query_answers_with_the_columns_it_promises(base: Path, example: docs.Example) -> None:
    with store.read(base / "kb.duckdb") as opened:
        answer = statements.select(opened, example.sql)
    assert answer.columns == example.columns
    assert bool(answer.rows) is (example.name not in NOTHING_TO_FIND)


def test_there_are_ten_example_queries_or_more() -> None:
    assert len(docs.examples()) >= 10


@pytest.mark.long(every=4)
@pytest.mark.parametrize("name", sessions.PAGES)
def test_sessions_show_what_the_commands_print(name: str, tmp_path: Path) -> None:
    text = page(name)
    for block in sessions.follow(text, sessions.prepare(tmp_path, text)):
        for step, printed in block.steps:
            assert sessions.agrees(step.shown, printed), f"$ {step.command}\n{printed}"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_session_is_run_and_short_enough_to_read_past(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "```console" not in text or path.relative_to(ROOT).as_posix() in sessions.PAGES
    too_long = {step.command for step in sessions.steps(text) if len(step.shown.splitlines()) > sessions.LONGEST}
    assert too_long == set(), "cut them short with a line `…`"


def test_sessions_agree_only_with_what_they_show() -> None:
    assert sessions.agrees("a\n…\nc", "a\nb\nb\nc")
    assert not sessions.agrees("a\n…\nc", "a\nb")
    assert not sessions.agrees("a", "a\nb")


@pytest.mark.parametrize(
    ("shown", "printed", "now"),
    [
        ("3 records\n…\nerror: far", "4 records\nx\ny\nerror: far", "4 records\n…\nerror: far"),
        ("…\n12 findings in all", "first\nsecond\n13 findings in all", "…\n13 findings in all"),
        ("3 records\n…", "4 records\nx\ny", "4 records\n…"),
        ("3 records\ngone entirely\n…\nlast", "4 records\nx\nlast", "4 records\n…\nlast"),
        ("whole", "other\nwhole", "other\nwhole"),
    ],
)
def test_a_session_that_was_cut_short_stays_so_when_its_output_changes(shown: str, printed: str, now: str) -> None:
    assert sessions.shortened(shown, printed) == now
    assert sessions.agrees(now, printed)


def test_a_page_is_renewed_in_its_sessions_alone(tmp_path: Path) -> None:
    text = (
        '# kb\n\n```console\n$ kb init base\nold\n$ cd base\n```\n\n```json title="raw/a/b.json"\n{"id": 1}\n```\n\n'
        '```diff title="raw/a/b.json"\n-{"id": 1}\n+{"id": 2}\n```\n\n```console\n$ kb --version\n```\n'
    )
    renewed = sessions.renew(text, tmp_path)
    assert (tmp_path / "base/raw/a/b.json").read_text(encoding="utf-8") == '{"id": 2}\n'
    assert "\nold\n" not in renewed
    assert "$ cd base\n```\n\n```json title" in renewed
    assert renewed.endswith(f"$ kb --version\nkb {__version__}\n```\n")
    with pytest.raises(ValueError, match="0 places for this edit"):
        sessions.renew('```diff title="base/kb.toml"\n-nothing like it\n+new\n```\n', tmp_path)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_trust_ceilings_are_the_defaults() -> None:
    trust = Trust()
    text = page("docs/trust.md")
    by_sources = {sources: float(ceiling) for sources, ceiling in rows(text, "The ceiling") if sources[0].isdecimal()}
    assert by_sources == {
        "0": trust.ceiling(0, ""),
        "1 or 2": trust.ceiling(1, ""),
        "3 or more": trust.ceiling(99, ""),
    }
    assert trust.ceiling(1, "") == trust.ceiling(2, "")
    for tier, ceiling in trust.ceiling_by_tier.items():
        assert f"| `{tier}` | {ceiling:.2f} |" in text
    assert ", ".join(f"`{tier}`" for tier in trust.ladder) in " ".join(text.split())


def test_trust_example_adds_up(base: Path) -> None:
    text = page("docs/trust.md")
    example = {name: float(value) for name, value, _ in rows(text, "An example")}
    with store.read(base / "kb.duckdb") as opened:
        known = opened.query(
            "SELECT declared, ceiling, age, factor, effective FROM trust($day) WHERE id = $id",
            {"day": dt.date(2026, 11, 22), "id": "tensorflow/optimizer-nan-loss"},
        ).records()[0]
    assert known == pytest.approx(example)
    assert example == {"declared": 0.9, "ceiling": 0.6, "age": 904, "factor": 0.5, "effective": 0.3}
    assert min(example["declared"], example["ceiling"]) * example["factor"] == pytest.approx(example["effective"])
    better = (Trust().ceiling(3, "ai_generated"), Trust().ceiling(3, "human_reviewed"))
    assert f"make it worth {better[0]:.2f}; a human review besides, {better[1]:.2f}" in text


def test_trust_has_worked_examples_that_add_up(base: Path) -> None:
    worked = rows(page("docs/trust.md"), "More examples")
    assert len(worked) >= 8
    with store.read(base / "kb.duckdb") as opened:
        for tier, sources, declared, age, ttl, *shown in worked:
            ceiling = Trust().ceiling(int(sources), tier)
            days = None if age == "never" else int(age)
            factor = opened.value("SELECT freshness_factor($age, $ttl)", {"age": days, "ttl": int(ttl)})
            found = (ceiling, factor, min(float(declared), ceiling) * factor)
            assert [float(value) for value in shown] == pytest.approx(found, abs=5e-5), (tier, sources, age)


def test_trust_says_how_the_queue_ranks(base: Path) -> None:
    text = " ".join(page("docs/trust.md").split())
    day, name = dt.date(2026, 11, 22), "tensorflow/optimizer-nan-loss"
    with store.read(base / "kb.duckdb") as opened:
        risk, why = opened.query("SELECT risk, why FROM review_queue($1) WHERE id = $2", [day, name]).rows[0]
    told = re.findall(r"(0\.\d\d) for", text.partition("The example record on")[2])
    assert told == re.findall(r"(?:^|; )(0\.\d\d) ", why)
    assert sum(map(float, told)) == pytest.approx(risk)
    assert f"for its age = {risk:.2f}" in text
    caps = [float(row[1]) for row in rows(page("docs/trust.md"), "What to review first")[:5]]
    assert sum(caps) == pytest.approx(1)


def test_trust_gives_each_finding_the_weight_that_it_has(base: Path) -> None:
    weights = list(rows(page("docs/trust.md").replace("| weight |", "## Weights\n| weight |"), "Weights"))
    told = {code: float(weight) for weight, codes, _ in weights for code in re.findall(r"[A-Z]{3}\d{3}", codes)}
    otherwise = {word: float(weight) for weight, codes, _ in weights for word in re.findall(r"(\w+)s otherwise", codes)}
    with store.read(base / "kb.duckdb") as opened:
        for code, rule in catalogue().items():
            for severity in ("error", "warning", "info"):
                expected = 0.2 if code.startswith("SAF") else told.get(code, otherwise[severity])
                found = opened.value("SELECT weight_of($1, $2)", [code, severity])
                assert float(found) == expected, (code, rule.name, severity)


def test_trust_names_every_setting() -> None:
    told = [row[0] for row in rows(page("docs/trust.md"), "Every setting")]
    ttl = [f"trust.time_to_live.{name}" for name in TimeToLive._fields]
    whole = [f"trust.{name}" for name in Trust._fields if name != "time_to_live"]
    assert sorted(told) == sorted([*whole, *ttl])


def test_the_gate_of_the_workflow_page_can_be_configured(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", page("docs/workflow.md"), re.DOTALL)
    path = tmp_path / "kb.toml"
    path.write_text(block, encoding="utf-8")
    limits = settings.load_settings(path).gate
    assert None not in {limits.max_stale_share, limits.min_mean_effective_confidence, limits.max_quarantined_share}
    assert (limits.max_new_errors, list(limits.tier), list(limits.domain)) == (0, ["reproduced"], ["npm"])


@pytest.mark.parametrize(
    ("share_of_ttl", "state", "factor"),
    [(0.5, "fresh", 1.0), (0.51, "aging", None), (1.0, "aging", None), (1.01, "stale", None), (2.0, "stale", 0.5)],
)
def test_trust_states_are_those_of_the_page(base: Path, share_of_ttl: float, state: str, factor: float | None) -> None:
    with store.read(base / "kb.duckdb") as opened:
        asked = {"age": 1000 * share_of_ttl}
        assert opened.value("SELECT freshness($age, 1000)", asked) == state
        found = opened.value("SELECT freshness_factor($age, 1000)", asked)
    assert found == factor if factor is not None else 0.5 < found < 1


def test_record_page_names_every_key() -> None:
    text = page("docs/record.md")
    required = [row[0] for row in rows(text, "What a record has to say")]
    keys = shapes()["record"].keys
    assert {"id", "signature", "regex", "resolvable"} < set(required) <= set(keys)
    assert [key for key in keys if f"`{key}`" not in text and key != "extensions"] == []


def test_design_page_names_every_room() -> None:
    text = page("docs/design.md")
    package = Path(kb.__file__).parent
    rooms = [f"{path.name}/" if path.is_dir() else path.name for path in package.iterdir() if path.name[0] not in "_."]
    rooms = [room for room in rooms if room.endswith((".py", "/"))]
    assert [room for room in rooms if f"`{room}`" not in text] == []


def test_the_page_of_ci_says_whom_each_form_of_findings_is_for() -> None:
    told = {
        form for line in re.findall(r"^\| (`.+?) \|", page("docs/ci.md"), re.MULTILINE) for form in line.split(", ")
    }
    missing = [form for form in validations.FORMATS if f"`{form}`" not in told]
    assert not missing, f"list {', '.join(missing)} in the first table of docs/ci.md"


def test_every_setting_stands_in_the_template() -> None:
    assert docs.unexplained() == [], "list them in pipeline/kb/kb.toml.template, with their defaults"


def test_settings_of_the_template_are_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "kb.toml"
    path.write_text(settings.template(), encoding="utf-8")
    assert settings.load_settings(path) == settings.Settings()
    path.write_text(re.sub(r"^# (\w+ = |\[\[)", r"\1", settings.template(), flags=re.MULTILINE), encoding="utf-8")
    assert settings.load_settings(path) != settings.Settings(), "what is commented out is a setting too"
