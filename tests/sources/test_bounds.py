"""What one file may cost is bounded; what is beyond is a finding, and all else is judged."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Sequence

import pytest

from kb import settings
from kb.model import Incoming
from kb.sources import discover, read
from kb.sources.containers import zstd
from kb.sources.split import pieces
from tests.bases import Base, encoded, ndjson, record

LINES = ndjson(*({"id": f"git/r{i}"} for i in range(100)))


def zipped(name: str, content: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return data.getvalue()


def tarred(*members: tuple[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def incoming(base: Base, limits: str, name: str, content: bytes) -> list[Incoming]:
    base.configure(f"[limits]\n{limits}\n")
    base.put(f"raw/{name}", content)
    return [one for file in discover(base.root / "raw", base.workspace).files for one in read(file)]


def told(records: Sequence[Incoming]) -> list[str | None]:
    return [one.fault for one in records if one.fault]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("x.ndjson.gz", gzip.compress),
        ("x.ndjson.zst", lambda data: zstd().compress(data)),
        ("x.zip", lambda data: zipped("x.ndjson", data)),
        ("x.tar.gz", lambda data: gzip.compress(tarred(("x.ndjson", data)))),
        ("x.tar", lambda data: tarred(("x.ndjson.gz", gzip.compress(data)))),
        ("y.zip", lambda data: zipped("x.ndjson.gz", gzip.compress(data))),
    ],
)
def test_what_becomes_too_large_is_read_so_far(
    name: str, pack: Callable[[bytes], bytes], base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EXPANDED_IN_ANY_CASE", 100_000)
    few, all_of_it = (
        incoming(base, f"expansion = {times}", name, pack(LINES + b" " * 200_000)) for times in (1, 100_000)
    )
    (fault,) = told(few)
    assert fault is not None
    assert fault.startswith("uncompressed, the file is larger than the limit of 100,000 bytes (`limits.expansion` and")
    assert few[-1].fault == fault
    assert (told(all_of_it), len(all_of_it)) == ([], 100)


def test_so_many_records_are_read_of_what_is_compressed(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EXPANDED_IN_ANY_CASE", 200_000)
    records = incoming(base, "expansion = 1", "x.ndjson.gz", gzip.compress(b"{}\n" * 10_000))
    assert len(told(records)) == 1
    assert len(records) < 200


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.ndjson", ndjson({"a": "x" * 3000}, {"b": 1})),
        ("x.json", b'[{"a": "' + b"x" * 3000 + b'"}, {"b": 1}]'),
        ("x.json", b'{"a": "' + b"x" * 3000 + b'"} {"b": 1}'),
    ],
    ids=["lines", "array", "texts"],
)
def test_of_a_record_that_is_too_long_the_beginning_is_kept(name: str, content: bytes, base: Base) -> None:
    records = [
        one for one in incoming(base, "record_bytes = 2000", name, content) if "second JSON" not in str(one.fault)
    ]
    assert told(records) == [
        (
            "the record is longer than the limit of 2,000 bytes (`limits.record_bytes` in kb.toml), and only its first 2,000 are"
            " kept; split it"
        )
    ]
    assert [len(records[0].raw), records[1].raw.replace(b" ", b"")] == [2000, b'{"b":1}']


def test_no_credential_is_cut_in_two(base: Base) -> None:
    key = "AKIA" + "QZ7LNX3VMT5KWB2R"
    (one,) = incoming(base, "record_bytes = 100", "x.json", encoded({"a": "x" * 80 + " " + key + " " + "x" * 80}))
    assert one.raw == b'{"a":"' + b"x" * 80 + b" "


def test_so_many_records_are_read_of_one_file(base: Base) -> None:
    records = incoming(base, "records = 3", "x.ndjson", b"{}\n" * 5)
    assert [one.fault for one in records] == [
        None, None, None,
        "the file holds more records than the limit of 3 (`limits.records` in kb.toml), so its rest is not read; split it",
    ]  # fmt: skip


def test_so_many_members_are_read_of_one_archive(base: Base) -> None:
    records = incoming(base, "members = 2", "x.tar", tarred(*((f"{i}.json", b"{}") for i in range(3))))
    assert [one.fault for one in records] == [
        None, None, "the archive has more members than the limit of 2 (`limits.members` in kb.toml); split it",
    ]  # fmt: skip


@pytest.mark.parametrize("bomb", [b"[", b"[,", b'{"a":', b"[{},", b"[1,", b'[{"a":'])
@pytest.mark.parametrize("before", [b"", b"[", b"[{}, "], ids=["alone", "in an array", "behind a record"])
def test_what_is_nested_for_ever_is_not_followed(before: bytes, bomb: bytes) -> None:
    stream = io.BytesIO(before + bomb * 1_000_000)
    *records, last = pieces("x.json", stream)
    assert len(records) <= 2
    assert last.fault == "nested deeper than 1,000 levels, so the rest of the file is not read; flatten it"
    assert stream.tell() <= 2 << 20


def test_one_input_beyond_its_bounds_stops_no_other(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EXPANDED_IN_ANY_CASE", 1 << 20)
    base.record("a")
    base.put("raw/zeros.json.gz", gzip.compress(bytes(2 << 20)))
    base.put("raw/nested.json", b"[" * 100_000)
    base.put(
        "raw/nested.ndjson", b"[" * 100_000 + b"\n" + ndjson(record("b"), record("c", root_cause="x " * 1_000_000))
    )
    result = base.ingest()
    assert base.column("SELECT id FROM records ORDER BY id") == ["git/a", "git/b"]
    assert result.quarantined == 4
    assert [(line["path"], line["code"]) for line in base.lines("findings.ndjson") if line["severity"] == "error"] == [
        ("raw/nested.json", "SCH001"), ("raw/nested.ndjson", "SCH001"), ("raw/nested.ndjson", "SCH001"),
        ("raw/zeros.json.gz", "SCH001"),
    ]  # fmt: skip
