"""A base with a few records, ingested once, of which each test has a copy."""

import shutil
from pathlib import Path

import orjson
import pytest

from tests.bases import Base, record


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = Base(tmp_path_factory.mktemp("ledger"))
    base.configure('as_of = 2026-11-22\n[ledger]\nby = "person:Ada"\n')
    for slug in ("a", "b", "c"):
        base.record(slug)
    base.put("raw/git/low.json", {**record("low", verification_tier="ai_generated"), "author": "Ada"})
    base.put("raw/git/x.json", orjson.dumps(record("x"), option=orjson.OPT_INDENT_2))
    base.record("y", confidence=85)
    base.ingest()
    return base


@pytest.fixture
def desk(ingested: Base, tmp_path: Path) -> Base:
    """A copy, to decide in."""
    shutil.copytree(ingested.root, tmp_path / "desk")
    return Base(tmp_path / "desk")
