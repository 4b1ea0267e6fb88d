"""`kb formats` and `kb init --from` as they are typed."""

from pathlib import Path

import orjson
import pytest

from kb.cli.options import complete_formats
from tests.bases import Base
from tests.terminal import kb, kb_on_terminal

RULES = [{"code": f"X{i}", "message": f"cannot lock {i}", "fix": "Wait"} for i in range(4)]


class _Context:
    """What completion sees."""

    parent = None


@pytest.fixture
def base(tmp_path: Path) -> Base:
    base = Base(tmp_path)
    base.configure("")
    base.put("raw/rules.json", RULES)
    return base


def test_formats_are_listed(base: Base) -> None:
    base.put("formats/mine.toml", b'title = "Mine"\nfiles = ["*.csv"]\nread = "csv"\n[map]\nid = "slug(code)"')
    listed = kb(base.root, "formats")
    assert (listed.code, listed.err) == (0, "")
    assert [line.split()[0] for line in listed.out.splitlines()][:3] == ["name", "native", "mine"]
    rows = {row["name"]: row for row in orjson.loads(kb(base.root, "formats", "--format", "json").out)}
    assert rows["mine"] == {
        "name": "mine", "title": "Mine", "reads": ["csv"], "files": ["*.csv"], "kind": "computed",
        "origin": "formats/mine.toml",
    }  # fmt: skip
    assert (rows["errorcanon"]["kind"], rows["errorcanon"]["origin"]) == ("two-way", "shipped")


def test_guess_then_try(base: Base) -> None:
    guessed = kb(base.root, "formats", "guess", "raw/rules.json", "-o", "formats/rules.toml")
    assert guessed.code == 0
    assert "`kb formats try rules raw/rules.json`" in guessed.out
    tried = kb(base.root, "formats", "try", "rules", "raw/rules.json")
    assert (tried.code, tried.err) == (0, "")
    assert tried.out.splitlines()[-1] == (
        "rules: 3 records of 1 file tried, 3 mapped, 0 fit to be published; of the keys of the source 3 used, 0 kept, 0 lost"
    )
    again = kb(base.root, "formats", "guess", "raw/rules.json", "-o", "formats/rules.toml")
    assert (again.code, again.err) == (2, "kb: formats/rules.toml: is there already; --force replaces it\n")
    assert kb(base.root, "formats", "guess", "raw/rules.json", "-o", "formats/rules.toml", "--force").code == 0


def test_guess_prints_a_mapping(base: Base) -> None:
    guessed = kb(base.root, "formats", "guess", "raw/rules.json")
    assert guessed.out.startswith("# Guessed from 4 records of raw/rules.json.\n")
    assert not (base.root / "formats").exists()


def test_try_fails_where_something_would_be_lost_or_nothing_is_read(base: Base) -> None:
    base.put("formats/rules.toml", b'records = "rules[]"\n[map]\nid = "code"\n')
    base.put("raw/a.json", {"version": 1, "rules": RULES})
    base.put("raw/b.json", b"{")
    lost = kb(base.root, "formats", "try", "rules", "raw/a.json", "--format", "json")
    assert (lost.code, orjson.loads(lost.out)["lost"], orjson.loads(lost.out)["ok"]) == (1, ["version"], False)
    unread = kb(base.root, "formats", "try", "rules", "raw/b.json")
    assert unread.code == 1
    assert "not read: " in unread.out


def test_a_fault_of_a_mapping_is_one_line(base: Base) -> None:
    base.put("formats/rules.toml", b'[map]\nid = "code"\nsignature = "nope(message)"\n')
    tried = kb(base.root, "formats", "try", "rules", "raw/rules.json")
    assert tried.code == 2
    assert tried.err.startswith("kb: formats/rules.toml:3: map.signature: ")
    assert tried.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["tyr"], "did you mean `try`?"),
        (["try", "errorcanon"], "name a format and files"),
        (["guess"], "name files"),
        (["list", "x"], "takes no further words"),
        (["--limit", "3"], "goes not with list"),
        (["try", "errorcanon", "raw", "--force"], "goes not with try"),
        (["guess", "raw", "--format", "json"], "a mapping is TOML"),
        (["guess", "none.json"], "no such file"),
        (["try", "errorcanon", ""], "an empty word"),
    ],
)
def test_what_cannot_be_meant_says_so(base: Base, words: list[str], why: str) -> None:
    outcome = kb(base.root, "formats", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert why in outcome.err


@pytest.mark.parametrize("columns", [60, 120])
def test_on_a_terminal_both_fit(base: Base, columns: int) -> None:
    kb(base.root, "formats", "guess", "raw/rules.json", "-o", "formats/rules.toml")
    shown = kb_on_terminal(
        base.root, "formats", "try", "rules", "raw/rules.json", "--limit", "1", columns=columns, env={"NO_COLOR": "1"}
    )
    lines = shown.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert any("source" in line and "record" in line for line in lines[:3]) == (columns == 120)


def test_completion_and_help_know_the_formats_of_the_workspace(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.put("formats/mine.toml", b'[map]\nid = "code"')
    monkeypatch.chdir(base.root)
    context: object = _Context()
    assert complete_formats(context, "mi") == ["mine"]  # type: ignore[arg-type]
    assert "mine" in " ".join(kb(base.root, "ingest", "--help").out.split())


def test_init_from(tmp_path: Path) -> None:
    base = Base(tmp_path)
    base.put("docs/a.md", b"# NodeDown\n\n## Meaning\n\nThe node is gone.\n")
    outcome = kb(tmp_path, "init", "kb", "--from", "docs")
    assert outcome.code == 0
    assert "copied 1 file into kb/raw/" in outcome.out
    assert "wrote kb/formats/a.toml" in outcome.out
    here = kb(tmp_path, "init", "--from", "docs")
    assert "docs: left where it is" in here.err
    assert "then run `kb ingest docs`" in here.out


def test_a_faulty_mapping_can_be_replaced_by_a_guess(base: Base) -> None:
    base.put("formats/rules.toml", b"[map")
    assert kb(base.root, "formats").code == 2
    assert kb(base.root, "formats", "guess", "raw/rules.json", "-o", "formats/rules.toml", "--force").code == 0
    assert kb(base.root, "formats").code == 0
