"""What comes in on standard input and is kept in raw/."""

import io

import pytest

from pipeline.jobs.ingest import ingest
from pipeline.jobs.receive import receive
from pipeline.jobs.request import Request
from pipeline.model import KbError
from tests.bases import DAY, Base, ndjson, record


def received(base: Base, data: bytes, name: str) -> str:
    with receive(base.workspace, io.BytesIO(data), name) as path:
        return path.relative_to(base.root).as_posix()


def test_a_name_may_have_its_suffix(base: Base) -> None:
    assert received(base, b"{}", "a.json") == "raw/a.json"
    assert received(base, b"{}\n{}\n", "b.json") == "raw/b.ndjson"
    assert received(base, b"{}", "c.v1") == "raw/c.v1.json"


def test_what_is_in_the_way_is_told_apart(base: Base) -> None:
    received(base, b"{}", "a")
    with pytest.raises(KbError, match=r"^raw/a\.json: holds something that was never ingested; move it"):
        received(base, b"{}", "a")
    with pytest.raises(KbError, match=r"^raw/a\.json: is there, and this is ndjson; move it"):
        received(base, b"{}\n{}\n", "a")


def test_a_stream_that_breaks_off_leaves_nothing(base: Base) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise KeyboardInterrupt
            return super().read(size)

    with pytest.raises(KeyboardInterrupt), receive(base.workspace, Broken(b"{}"), "a"):
        pass
    assert list((base.root / "raw").iterdir()) == []


def test_what_is_refused_does_not_take_the_place_of_what_was_there(base: Base) -> None:
    old, new = (ndjson(record(f"{name}1"), record(f"{name}2")) for name in ("old", "new"))
    with receive(base.workspace, io.BytesIO(old), "a") as path:
        ingest(base.workspace, [path], Request(DAY))
    with (
        pytest.raises(
            KbError, match=r"would be lost.*; raw/a\.ndjson is as it was, and what came in is kept in raw/\.a\.ndjson"
        ),
        receive(base.workspace, io.BytesIO(new), "a") as path,
    ):
        ingest(base.workspace, [path], Request(DAY))
    assert path.read_bytes() == old
    assert [p.read_bytes() for p in path.parent.iterdir() if p != path] == [new]
