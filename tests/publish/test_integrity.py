"""The contracts of the published tables: what ingest makes keeps them, and whatever else is done to them is found."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.jobs.doctor import doctor
from kb.publish import integrity, swap
from kb.publish.integrity import Breach
from kb.store import build, layout
from tests.bases import Base, ndjson, record
from tests.conftest import default_rules
from tests.ledger.bases import decide

pytestmark = [pytest.mark.gated, pytest.mark.long(every=3)]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base with a row in every table."""
    base = Base(tmp_path_factory.mktemp("published"), is_gated=True)
    graph = {"leads_to": ["git/b"], "preceded_by": [], "frequently_confused_with": []}
    base.record("a", category=" usage_error ", transition_graph=graph)
    base.record("b")
    base.record("w")
    decide(base, "withdraw", record("w"))
    base.ingest()
    base.put("raw/x.ndjson", ndjson(b"{", record("c"), record("c", confidence=0.5), record("b")))
    base.ingest()
    assert all(base.tables().values())
    assert base.query("FROM finding_changes")
    return base


@pytest.fixture(scope="module")
def opened(published: Base, tmp_path_factory: pytest.TempPathFactory) -> Iterator[build.Draft]:
    """A copy of its store; whoever changes it takes that back."""
    path = tmp_path_factory.mktemp("opened") / "kb.duckdb"
    shutil.copyfile(published.workspace.store, path)
    with build.change(path) as opened:
        yield opened


def breaches(opened: build.Draft, *statements: str) -> list[Breach]:
    """What the gate finds after some statements, which are taken back."""
    opened.query("BEGIN")
    try:
        for statement in statements:
            opened.query(statement)
        return integrity.check(opened, default_rules())
    finally:
        opened.query("ROLLBACK")


def of_table(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Let the gate look at one table, beside what no single table shows: all of them take ten times as long."""
    whole = integrity.contracts(default_rules().settings.trust.ladder)
    monkeypatch.setattr(integrity, "contracts", lambda _: {table: whole[table]})


def test_what_ingest_publishes_passes(opened: build.Draft) -> None:
    assert breaches(opened) == []


def test_what_is_amiss_is_found_among_all_tables_and_nowhere_else(opened: build.Draft) -> None:
    found = breaches(opened, "UPDATE changes SET record_id = 'git/gone'")
    assert {(breach.table, breach.column) for breach in found} == {("changes", "record_id")}


def test_an_empty_store_passes() -> None:
    with build.create(None) as empty:
        assert integrity.check(empty, default_rules()) == []


BROKEN = {
    # ranges
    "UPDATE records SET confidence = 7": ("records", "confidence"),
    "UPDATE records SET fix_success_rate = -0.1": ("records", "fix_success_rate"),
    "UPDATE records SET fix_success_rate = 'nan'": ("records", "fix_success_rate"),
    "UPDATE records SET evidence_ceiling = 1.1": ("records", "evidence_ceiling"),
    "UPDATE records SET evidence_count = -1": ("records", "evidence_count"),
    "UPDATE records SET distinct_sources = -1": ("records", "distinct_sources"),
    "UPDATE records SET time_to_live = 0": ("records", "time_to_live"),
    "UPDATE records SET resolvable = 'maybe'": ("records", "resolvable"),
    "UPDATE records SET verification_tier = 'sure'": ("records", "verification_tier"),
    "UPDATE dead_ends SET fail_rate = 2": ("dead_ends", "fail_rate"),
    "UPDATE workarounds SET success_rate = 2": ("workarounds", "success_rate"),
    "UPDATE transitions SET probability = 2": ("transitions", "probability"),
    "UPDATE transitions SET kind = 'near'": ("transitions", "kind"),
    "UPDATE sources SET item = 'blog'": ("sources", "item"),
    "UPDATE findings SET severity = 'fatal'": ("findings", "severity"),
    "UPDATE finding_changes SET severity = 'fatal'": ("finding_changes", "severity"),
    "UPDATE finding_changes SET state = 'old'": ("finding_changes", "state"),
    # keys
    "UPDATE records SET id = 'Not An Id' WHERE id = 'git/a'": ("records", "id"),
    "INSERT INTO records FROM records LIMIT 1": ("records", "id"),
    "INSERT INTO dead_ends FROM dead_ends LIMIT 1": ("dead_ends", "position"),
    "INSERT INTO workarounds FROM workarounds LIMIT 1": ("workarounds", "position"),
    "INSERT INTO versions FROM versions LIMIT 1": ("versions", "position"),
    "INSERT INTO transitions FROM transitions LIMIT 1": ("transitions", "position"),
    "INSERT INTO sources FROM sources LIMIT 1": ("sources", "position"),
    "INSERT INTO findings FROM findings LIMIT 1": ("findings", "position"),
    "INSERT INTO changes FROM changes LIMIT 1": ("changes", "position"),
    "INSERT INTO quarantine FROM quarantine LIMIT 1": ("quarantine", "position"),
    "INSERT INTO copies FROM copies LIMIT 1": ("copies", "position"),
    "INSERT INTO finding_changes FROM finding_changes LIMIT 1": ("finding_changes", "fingerprint"),
    "INSERT INTO files FROM files LIMIT 1": ("files", "path"),
    "INSERT INTO runs FROM runs LIMIT 1": ("runs", "run"),
    "INSERT INTO figures FROM figures LIMIT 1": ("figures", "figure"),
    # foreign keys
    "UPDATE dead_ends SET record_id = 'git/gone'": ("dead_ends", "record_id"),
    "UPDATE workarounds SET record_id = 'git/gone'": ("workarounds", "record_id"),
    "UPDATE versions SET record_id = 'git/gone'": ("versions", "record_id"),
    "UPDATE transitions SET record_id = 'git/gone'": ("transitions", "record_id"),
    "UPDATE sources SET record_id = 'git/gone'": ("sources", "record_id"),
    "UPDATE changes SET record_id = 'git/gone'": ("changes", "record_id"),
    "UPDATE copies SET record_id = 'git/gone'": ("copies", "record_id"),
    "DELETE FROM records WHERE id = 'git/a'": ("dead_ends", "record_id"),
    # columns against the document, and dates against each other
    "UPDATE records SET confidence = 0.1": ("records", "confidence"),
    "UPDATE records SET verification_tier = 'reproduced'": ("records", "verification_tier"),
    "UPDATE records SET last_confirmed = '2020-02-02'": ("records", "last_confirmed"),
    "UPDATE records SET last_confirmed = NULL": ("records", "last_confirmed"),
    "UPDATE records SET first_seen = '2030-01-01'": ("records", "first_seen"),
}  # fmt: skip


@pytest.mark.long(every=3)
@pytest.mark.parametrize(("statement", "place"), BROKEN.items(), ids=BROKEN)
def test_a_contract_that_is_broken_is_found(
    opened: build.Draft, monkeypatch: pytest.MonkeyPatch, statement: str, place: tuple[str, str]
) -> None:
    table, column = place
    of_table(monkeypatch, table)
    found = breaches(opened, statement)
    assert [breach for breach in found if breach.table == table and column in breach.column.split(" + ")], found
    assert all("\n" not in str(breach) for breach in found)


def required() -> list[tuple[str, str]]:
    return [
        (table, column.name)
        for table, (_, columns) in layout.tables().items()
        for column in columns
        if not column.nullable and (table, column.name) not in UNSEEN
    ]


UNSEEN = {("records", "doc"), ("quarantine", "raw"), ("copies", "raw")}
"""Too large to be read for a check of nulls; the store itself refuses them."""


@pytest.mark.long(every=3)
@pytest.mark.parametrize(("table", "column"), required())
def test_a_null_is_found_where_none_may_be(
    opened: build.Draft, monkeypatch: pytest.MonkeyPatch, table: str, column: str
) -> None:
    of_table(monkeypatch, table)
    found = breaches(
        opened,
        f"ALTER TABLE {table} ALTER {column} DROP NOT NULL",
        f"UPDATE {table} SET {column} = NULL",  # noqa: S608 - names of ours
    )
    assert [breach for breach in found if (breach.table, breach.column) == (table, column)], found


# the doctor


@pytest.fixture
def copy(published: Base, tmp_path: Path) -> Base:
    shutil.copytree(published.root, tmp_path / "copy")
    return Base(tmp_path / "copy", is_gated=True)


def test_a_base_as_it_was_published_is_healthy(copy: Base) -> None:
    assert doctor(copy.workspace) == []


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda base: base.put("curated/records/git/a.json", b"{}"), "as in the store"),
        (lambda base: base.put("curated/records/git/a.json", b"no json"), "as in the store"),
        (lambda base: base.drop("curated/records/git/a.json"), "there"),
        (lambda base: base.put("curated/records/git/new.json", b"{}"), "a file of kb's own making"),
    ],
    ids=["altered", "broken", "gone", "added"],
)
def test_the_doctor_compares_the_files(copy: Base, change: object, check: str) -> None:
    assert callable(change)
    change(copy)
    (breach,) = doctor(copy.workspace)
    assert (breach.table.split("/")[0], breach.check, breach.rows) == ("curated", check, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE records ALTER confidence TYPE VARCHAR",
        "ALTER TABLE records DROP COLUMN confidence",
        "ALTER TABLE records RENAME confidence TO belief",
    ],
)
def test_the_doctor_wants_a_store_of_ours(copy: Base, statement: str) -> None:
    with build.change(copy.workspace.store) as opened:
        opened.query(statement)
    with pytest.raises(KbError, match=r"records\.confidence"):
        doctor(copy.workspace)


def test_an_ingest_that_breaks_a_contract_publishes_nothing(copy: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    before = copy.footprint()
    copy.record("new")
    added = {name: mark for name, mark in copy.footprint().items() if name not in before}
    monkeypatch.setattr(integrity, "check", lambda *_, **__: [Breach("records", "id", "an id", 1, "x")])
    with pytest.raises(
        KbError, match=r"^the gate refuses to publish: records\.id: not an id in 1 row.*; nothing was published$"
    ):
        copy.ingest()
    after = copy.footprint()
    assert {name: mark[2] for name, mark in after.items()} == {
        name: mark[2] for name, mark in {**before, **added}.items()
    }
    with swap.writer(copy.workspace) as folder:
        assert list(folder.iterdir()) == []
