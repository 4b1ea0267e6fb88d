"""Whatever was changed by hand is found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kb.errors import KbError
from kb.jobs.doctor import doctor
from tests.bases import Base

pytestmark = [pytest.mark.whole, pytest.mark.long(every=3)]


@pytest.fixture
def copy(example: Base, tmp_path: Path) -> Base:
    """A copy of the example, to be broken."""
    shutil.copytree(example.root, tmp_path / "copy")
    return Base(tmp_path / "copy", is_whole=True)


def alter(base: Base, *statements: str) -> None:
    with duckdb.connect(base.workspace.store) as connection:
        for statement in statements:
            connection.execute(statement)


def breaches(base: Base) -> list[str]:
    return [str(breach) for breach in doctor(base.workspace)]


def test_a_base_as_published_is_healthy(example: Base) -> None:
    assert breaches(example) == []


@pytest.mark.long(every=4)
@pytest.mark.parametrize(
    ("statement", "breach"),
    [
        ("UPDATE records SET confidence = 7", "records.confidence: not between 0 and 1 in 45 rows, such as 7.0"),
        ("UPDATE records SET confidence = 0.5", "records.confidence: not as in doc in 45 rows, such as cuda/"),
        (
            "UPDATE records SET verification_tier = 'hearsay' WHERE domain = 'redis'",
            "records.verification_tier: not a tier of the ladder in 2 rows, such as hearsay",
        ),
        ("UPDATE records SET last_confirmed = DATE '2026-01-02'", "records.last_confirmed: not as in doc in "),
        (
            "UPDATE records SET resolvable = 'maybe'",
            "records.resolvable: not true, partial or false in 45 rows, such as maybe",
        ),
        ("UPDATE records SET time_to_live = 0", "records.time_to_live: not positive in 45 rows, such as 0"),
        ("UPDATE records SET distinct_sources = -1", "records.distinct_sources: not at least 0 in 45 rows, such as -1"),
        ("UPDATE records SET id = 'Bad' WHERE id LIKE 'redis/m%'", "records.id: not an id in 1 row, such as Bad"),
        (
            "UPDATE records SET id = 'git/x' WHERE domain = 'redis'",
            "records.id: not unique in 2 rows, such as git/x",
        ),
        ("UPDATE dead_ends SET fail_rate = -1", "dead_ends.fail_rate: not between 0 and 1 in "),
        ("UPDATE dead_ends SET position = 0", "dead_ends.record_id + position: not unique in "),
        ("UPDATE sources SET item = 'rumour'", "sources.item: not an item in "),
        ("UPDATE findings SET severity = 'fatal'", "findings.severity: not a severity in "),
        (
            "DELETE FROM records WHERE id = 'tensorflow/optimizer-nan-loss'",
            "dead_ends.record_id: not the id of a published record in 2 rows, such as tensorflow/optimizer-nan-loss",
        ),
    ],
)
def test_a_change_by_hand_is_found(copy: Base, statement: str, breach: str) -> None:
    alter(copy, statement)
    found = doctor(copy.workspace)
    assert any(str(each).startswith(breach) for each in found), found
    assert found[0].remedy.startswith("delete kb.duckdb and run `kb ingest`")


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("ALTER TABLE records ADD COLUMN mine INTEGER", "records.mine"),
        ("ALTER TABLE records DROP COLUMN confidence", "records.confidence"),
        ("ALTER TABLE files ALTER size TYPE VARCHAR", "files.size"),
        ("DROP TABLE runs", "runs.run"),
        ("DROP MACRO TABLE staleness", "staleness"),
        ("DROP MACRO freshness", "freshness"),
    ],
)
def test_tables_and_macros_that_are_not_ours_are_found(copy: Base, statement: str, place: str) -> None:
    alter(copy, statement)
    with pytest.raises(KbError, match=rf"kb\.duckdb: {place} has an outdated schema; run `kb ingest`"):
        doctor(copy.workspace)


def test_an_update_without_any_rows_is_none(copy: Base) -> None:
    alter(copy, "UPDATE records SET confidence = 7 WHERE false")
    assert breaches(copy) == []


REDIS = "records/redis/misconf-rdb-persist.json"


@pytest.mark.long(every=4)
@pytest.mark.parametrize(
    ("harm", "breach"),
    [
        (lambda curated: (curated / REDIS).unlink(), f"{REDIS}: not there"),
        (
            lambda curated: (curated / "records/mine.json").write_text("{}"),
            "records/mine.json: not a file of kb's own making",
        ),
        (lambda curated: (curated / REDIS).write_text("{}"), f"{REDIS}: not as in the store"),
        (lambda curated: (curated / REDIS).write_text("{"), f"{REDIS}: not as in the store"),
        *[
            (
                lambda curated, name=name: (curated / name).write_bytes((curated / name).read_bytes() + b"\n"),
                f"{name}: not as in the store",
            )
            for name in (
                "findings.ndjson",
                "changes.ndjson",
                "quarantine.ndjson",
                "manifest.json",
                "reports/stale.json",
            )
        ],
    ],
    ids=["deleted", "added", "edited", "truncated", "findings", "changes", "quarantine", "manifest", "report"],
)
def test_a_curated_file_changed_by_hand_is_found(copy: Base, harm: Callable[[Path], object], breach: str) -> None:
    harm(copy.root / "curated")
    (found,) = doctor(copy.workspace)
    assert str(found) == f"curated/{breach}"
    assert found.remedy.startswith("delete curated/manifest.json and run `kb ingest`")
    (copy.root / "curated/manifest.json").unlink(missing_ok=True)
    copy.ingest()
    assert (breaches(copy), copy.column("SELECT run FROM runs ORDER BY run")) == ([], [1, 2])


def test_a_missing_curated_folder_is_found(copy: Base) -> None:
    shutil.rmtree(copy.root / "curated")
    assert "curated/records/redis/misconf-rdb-persist.json: not there" in breaches(copy)


def test_a_base_in_one_file_is_healthy_too(copy: Base) -> None:
    copy.configure('[export]\nrecords = "ndjson"\n')
    copy.ingest()
    assert breaches(copy) == []


def test_without_a_base_there_is_nothing_to_examine(base: Base) -> None:
    with pytest.raises(KbError, match=r"there is no knowledge base here yet; run `kb ingest`"):
        doctor(base.workspace)
