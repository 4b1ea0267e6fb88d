"""What comes in on standard input and is kept in raw/."""

import io
import re

import pytest

from kb.errors import KbError
from kb.jobs.ingest import ingest
from kb.judging.request import IngestOptions, Request
from kb.planning.intake import receive
from tests.bases import DAY, Base, encoded, ndjson, record

pytestmark = pytest.mark.long(every=3)


def received(base: Base, data: bytes, name: str) -> str:
    with receive(base.workspace, io.BytesIO(data), name) as (path, *_):
        return path.relative_to(base.root).as_posix()


def test_a_name_may_have_its_suffix(base: Base) -> None:
    assert received(base, b"{\n}", "a.json") == "raw/a.json"
    assert received(base, b"{}\n{}\n", "b.json") == "raw/b.ndjson"
    assert received(base, b"[{}]", "c.v1") == "raw/c.v1.json"


def test_what_is_in_the_way_is_told_apart(base: Base) -> None:
    received(base, b"{\n}", "a")
    for data in (b"{\n}", b"{}\n{}\n"):
        with pytest.raises(KbError, match=r"^raw/a\.json: holds something that was never ingested; move it"):
            received(base, data, "a")


def test_a_feed_may_bring_one_record_then_two_then_an_array(base: Base) -> None:
    feeds = [
        ndjson(record("a")),
        ndjson(record("a"), record("b")),
        b"[" + encoded(record("a")) + b"]",
        encoded(record("b")),
    ]
    for data, name, count in zip(
        feeds, ["feed.ndjson", "feed.ndjson", "feed.json", "feed.ndjson"], [1, 2, 1, 1], strict=True
    ):
        with receive(base.workspace, io.BytesIO(data), "feed") as paths:
            result = ingest(base.workspace, paths, Request(DAY), IngestOptions(allow_removals=True))
        assert [p.name for p in (base.root / "raw").iterdir()] == [name]
        assert (paths[0].read_bytes(), result.read) == (data, count)
        assert base.column("SELECT id FROM records ORDER BY id") == re.findall(r'"id": ?"([^"]+)"', data.decode())


def test_a_feed_that_is_refused_leaves_the_file_of_either_suffix(base: Base) -> None:
    old = ndjson(record("old1"), record("old2"))
    with receive(base.workspace, io.BytesIO(old), "a") as paths:
        ingest(base.workspace, paths, Request(DAY))
    new = b"[" + encoded(record("new")) + b"]"
    with (
        pytest.raises(KbError, match=r"raw/a\.ndjson is unchanged, and the input is kept in raw/\.a\.json\.part"),
        receive(base.workspace, io.BytesIO(new), "a") as paths,
    ):
        ingest(base.workspace, paths, Request(DAY))
    assert {p.name: p.read_bytes() for p in paths[0].parent.iterdir()} == {"a.ndjson": old, ".a.json.part": new}


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
    with receive(base.workspace, io.BytesIO(old), "a") as paths:
        ingest(base.workspace, paths, Request(DAY))
    with (
        pytest.raises(
            KbError, match=r"would be lost.*; raw/a\.ndjson is unchanged, and the input is kept in raw/\.a\.ndjson"
        ),
        receive(base.workspace, io.BytesIO(new), "a") as paths,
    ):
        ingest(base.workspace, paths, Request(DAY))
    assert paths[0].read_bytes() == old
    assert [p.read_bytes() for p in paths[0].parent.iterdir() if p != paths[0]] == [new]
