"""What goes wrong: workers that die, folders that others own, input that cannot be read, machines without Java."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from kb.errors import KbError
from tests.bases import Base, contents, ndjson, record
from tests.spark.conftest import OnSpark
from tests.spark.test_parity import check_equal, configure

pytestmark = [pytest.mark.spark, pytest.mark.whole]


def python_workers() -> list[psutil.Process]:
    """The processes of Spark's that run Python, but for the one that starts the others."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            line, parent = process.cmdline(), process.parent()
        except psutil.Error:
            continue
        if "pyspark.daemon" in line and parent is not None and "pyspark.daemon" in parent.cmdline():
            found.append(process)
    return found


def test_a_worker_that_is_killed_changes_nothing(base: Base, on_spark: OnSpark, tmp_path: Path) -> None:
    for number in range(4):
        base.put(f"raw/{number}.ndjson", ndjson(*(record(f"r{number}x{i}") for i in range(40))))
    configure(base)
    base.ingest()
    killed: list[int] = []

    def kill_some() -> None:
        until = time.monotonic() + 240
        while len(killed) < 2 and time.monotonic() < until:
            for process in python_workers():
                if process.pid not in killed and len(killed) < 2:
                    os.kill(process.pid, signal.SIGKILL)
                    killed.append(process.pid)
                    break
            time.sleep(0.5)

    killer = threading.Thread(target=kill_some, daemon=True)
    killer.start()
    on_spark(base, tmp_path / "target")
    killer.join()
    assert killed
    check_equal(base, tmp_path / "target")


def test_a_run_that_fails_leaves_the_folder_as_it_was(base: Base, on_spark: OnSpark, tmp_path: Path) -> None:
    target = tmp_path / "target"
    base.put("raw/one.ndjson", ndjson(record("one")))
    configure(base)
    on_spark(base, target)
    before = contents(target)
    base.put("raw/broken.json.gz", b"no gzip")
    with pytest.raises(KbError, match=r"broken\.json\.gz"):
        on_spark(base, target)
    assert contents(target) == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir() and path != base.root) == ["target"]
    base.drop("raw/broken.json.gz", "raw/one.ndjson")
    base.put("raw/two.ndjson", ndjson(record("two")))
    on_spark(base, target)
    base.ingest()
    check_equal(base, target)


def test_a_folder_of_others_is_left_alone(base: Base, on_spark: OnSpark, tmp_path: Path) -> None:
    base.put("raw/one.ndjson", ndjson(record("one")))
    target = tmp_path / "target"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(KbError, match=r"thesis\.txt.*did not make"):
        on_spark(base, target)
    assert contents(target) == {"thesis.txt": b"mine"}
