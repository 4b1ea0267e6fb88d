"""The answer of an ingest that has nothing to do is that of the long way, whatever was done before."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kb.errors import KbError
from kb.planning import unchanged
from kb.results import IngestResult
from kb.workspace import Workspace
from tests.bases import DAY, Base, suppressions
from tests.ledger.bases import decide


@pytest.fixture
def settled(base: Base) -> Base:
    """A base with some of everything, of which an ingest that had nothing to do is remembered."""
    base.record("a", confidence=0.95)
    base.record("b", aliases=["git/a"])
    base.put("raw/git/broken.json", b"{")
    base.put("raw/notes.txt", b"no record")
    base.ingest()
    base.ingest()
    return base


def long_way(base: Base, day: dt.date = DAY) -> IngestResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unchanged, "answer", lambda *_: None)
        return base.ingest(as_of=day)


def answered(base: Base, day: dt.date = DAY) -> tuple[IngestResult, bool]:
    """What an ingest says, and whether it went the short way."""
    answers: list[IngestResult | None] = []
    short = unchanged.answer

    def asked(workspace: Workspace, question: str | None) -> IngestResult | None:
        answers.append(short(workspace, question))
        return answers[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unchanged, "answer", asked)
        result = base.ingest(as_of=day)
    return result, answers == [result]


def test_the_second_ingest_that_has_nothing_to_do_goes_the_short_way(settled: Base) -> None:
    result, is_short = answered(settled)
    assert is_short
    assert result == long_way(settled)


def _touch(base: Base) -> None:
    os.utime(base.root / "raw/git/a.json", ns=(1, 1))


def _edit_the_store(base: Base) -> None:
    with duckdb.connect(str(base.workspace.store)) as store:
        store.execute("UPDATE records SET confidence = 0.1")


def _add_a_rule(base: Base) -> None:
    base.configure("")
    header = b"-- code: OWN001\n-- name: own\n-- severity: info\n-- text: Is fine.\n\n"
    base.put("rules/OWN001.sql", header + b"SELECT id, '/id' AS pointer, 'it is' AS message FROM records")


def _add_a_mapping(base: Base) -> None:
    base.configure("")
    mapping = "claims = \"type(own) == 'string'\"\n[map]\nid = \"join('/', ['own', own])\"\nsignature = 'own'\nregex = 'own'\n"
    base.put("formats/own.toml", mapping.encode())


def _decide(base: Base) -> None:
    decide(base, "confirm", json.loads((base.root / "raw/git/a.json").read_bytes()))


def _edit(name: str) -> Callable[[Base], object]:
    return lambda base: (base.root / name).write_bytes((base.root / name).read_bytes() + b" ")


CHANGES: dict[str, Callable[[Base], object]] = {
    "a new record": lambda base: base.record("c"),
    "a record edited": lambda base: base.record("a", confidence=0.9),
    "a record touched": _touch,
    "a rejected record gone": lambda base: base.drop("raw/git/broken.json"),
    "a file that is none": lambda base: base.put("raw/other.xyz", b"no record"),
    "settings": lambda base: base.configure("max_removals = 0.5\n"),
    "a suppression": lambda base: base.configure(suppressions({"record": "git/a", "code": "EVD005", "reason": "so"})),
    "a custom rule": _add_a_rule,
    "a mapping": _add_a_mapping,
    "a decision": _decide,
    "another store": _edit_the_store,
    "curated edited": _edit("curated/findings.ndjson"),
    "curated gone": lambda base: base.drop("curated/manifest.json"),
    "a stray file in curated": lambda base: base.put("curated/records/git/stray.json", b"{}"),
    "the answer spoilt": lambda base: base.put(".kb/unchanged", b"{"),
}


@pytest.mark.long(every=4)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_seen(settled: Base, tmp_path: Path, change: Callable[[Base], object]) -> None:
    change(settled)
    _, is_short = answered(settled)
    assert not is_short
    if (settled.root / "rules").exists():
        shutil.copytree(settled.root / "rules", tmp_path / "fresh" / "rules")
    assert settled.curated() == settled.again(tmp_path / "fresh").curated()
    assert answered(settled)[0] == long_way(settled)


@pytest.mark.parametrize("other", [("/kb/rules/rgx.py", 9_000, 1), ("/kb/store/sql/macros.sql", 30_000, 2)], ids=str)
def test_where_kb_was_edited_it_looks_again(
    settled: Base, other: tuple[str, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = unchanged.code_files()
    assert sum(path.endswith((".py", ".sql", "ordinary.txt")) for path, *_ in files) > 200
    monkeypatch.setattr(unchanged, "code_files", lambda: [*files, other])
    assert not answered(settled)[1]


def test_what_is_refused_stays_refused(settled: Base) -> None:
    settled.configure("[rules]\nignore = ['NOPE']\n")
    for _ in range(2):
        with pytest.raises(KbError, match="no rule"):
            settled.ingest()


def test_what_is_edited_while_an_ingest_looks_is_seen_by_the_next(settled: Base) -> None:
    settled.drop(".kb/unchanged")
    remember = unchanged.remember

    def edited_before(workspace: Workspace, question: str | None, result: IngestResult) -> None:
        settled.record("a", confidence=0.5)
        remember(workspace, question, result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unchanged, "remember", edited_before)
        assert settled.ingest().idle
    assert not settled.ingest().idle
    assert settled.query("SELECT confidence FROM records WHERE id = 'git/a'") == [(0.5,)]


def test_another_day_is_another_question(settled: Base) -> None:
    day = DAY + dt.timedelta(days=400)
    result, is_short = answered(settled, day)
    assert not is_short
    assert result.written is False or result.of_the_day


def test_other_paths_are_another_question(settled: Base) -> None:
    settled.put("more/git/d.json", (settled.root / "raw/git/a.json").read_bytes().replace(b"git/a", b"git/d"))
    assert settled.ingest("more").published
    assert answered(settled)[0] == long_way(settled)


def test_the_short_way_does_without_the_store_and_the_rules(settled: Base) -> None:
    script = (
        "import sys\n"
        "from kb.__main__ import main\n"
        "sys.argv = ['kb', 'ingest', '--as-of', '2026-11-22', 'raw']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('duckdb' in sys.modules or 'kb.rules' in sys.modules)\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", script], cwd=settled.root, capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        for _ in range(3)
    ]
    assert said[-1] == "False"
