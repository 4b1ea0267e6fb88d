"""What comes in on standard input and is kept in raw/."""

import io

import pytest

from pipeline.jobs.receive import receive
from pipeline.model import KbError
from tests.bases import Base


def received(base: Base, data: bytes, name: str) -> str:
    return receive(base.workspace, io.BytesIO(data), name).relative_to(base.root).as_posix()


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

    with pytest.raises(KeyboardInterrupt):
        receive(base.workspace, Broken(b"{}"), "a")
    assert list((base.root / "raw").iterdir()) == []
