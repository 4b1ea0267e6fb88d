"""One session of Spark for all tests: to start one takes as long as to ingest a small base."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kb.errors import KbError
from kb.judging.request import Request
from tests.bases import DAY, Base

if TYPE_CHECKING:
    from kb.spark.distributed import SparkIngest

OnSpark = Callable[..., "SparkIngest"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `spark` is skipped where Spark cannot be started, with what kb says then."""
    from kb.spark.session import check_installed

    marked = [item for item in items if item.get_closest_marker("spark") is not None]
    try:
        check_installed()
    except KbError as error:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=str(error)))


@pytest.fixture(scope="session")
def spark() -> Iterator[object]:
    from kb.spark.session import started

    # a task is tried three times; what is compiled for speed takes longer than these bases do without
    conf = {
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    with started("local[2,3]", conf) as session:
        yield session


@pytest.fixture
def on_spark(spark: object) -> OnSpark:
    """Ingest some paths of a base into a folder, by Spark."""
    from kb.spark import portions
    from kb.spark.distributed import SparkOptions, ingest

    def run(
        base: Base,
        target: Path,
        *inputs: str,
        column: str | None = None,
        cut_at: int = portions.CUT_AT,
        reported_by_spark: int = 1_000_000,
        sent_by_guess: int = 20_000,
    ) -> "SparkIngest":
        assert spark
        paths: Sequence[str] = [str(base.root / name) for name in inputs or ("raw",)]
        options = SparkOptions(None, {}, column, cut_at, reported_by_spark, sent_by_guess)
        return ingest(base.workspace, paths, target, Request(DAY), options)

    return run
