"""Compressed files and archives are read in place; what is cut off or has a namesake is never passed in silence."""

import gzip
import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.jobs.validate import validate
from kb.judging.request import Request
from kb.sources import Reading, discover, read
from kb.sources.containers import KINDS, zstd
from tests.bases import DAY, Base, encoded, ndjson, record

Pack = Callable[..., bytes]

LINES = ndjson(*(record(f"r{i}") for i in range(20)))


def zipped(*members: tuple[str, bytes]) -> bytes:
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w") as archive:
        warnings.simplefilter("ignore")  # that a name is given twice
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def tarred(*members: tuple[str, bytes | None]) -> bytes:
    """A tar of some files; a member without content is a link to `/etc/passwd`."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                info.size = len(content)
            archive.addfile(info, None if content is None else io.BytesIO(content))
    return data.getvalue()


def paths(base: Base, name: str, content: bytes) -> list[str]:
    """Where the records of a file are said to come from."""
    base.put(f"raw/{name}", content)
    files = discover(base.root / "raw", base.workspace).files
    return [incoming.origin.path.removeprefix("raw/") for file in files for incoming in read(file)]


def compressed(data: bytes) -> bytes:
    packed: bytes = zstd().compress(data)
    return packed


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("zst", compressed)])
def test_a_compressed_file_of_several_parts_is_read_whole(suffix: str, pack: Pack, base: Base) -> None:
    assert len(paths(base, f"x.ndjson.{suffix}", pack(LINES) + pack(LINES))) == 40


@pytest.mark.parametrize("name", ["x.ndjson.gz", "x.ndjson.zst", "x.zip", "x.tar", "x.tgz", "x.tar.zst"])
@pytest.mark.parametrize("cut", [30, 700])
def test_a_file_that_is_cut_off_is_an_error(name: str, cut: int, base: Base) -> None:
    plain = {"zip": zipped(("a.ndjson", LINES)), "tar": tarred(("a.ndjson", LINES), ("b.ndjson", LINES))}
    data = plain.get(name.split(".")[1].replace("tgz", "tar"), LINES)
    pack: Pack = gzip.compress if name.endswith("gz") else compressed if name.endswith("zst") else bytes
    with pytest.raises(KbError, match=rf"{name}: broken, or not what its name says"):
        paths(base, name, pack(data)[: -cut - (10_000 if name == "x.tar" else 0)])


@pytest.mark.parametrize("name", ["x.json.zst", "x.zip", "x.tar", "x.tgz"])
def test_a_file_that_is_empty_is_no_archive(name: str, base: Base) -> None:
    with pytest.raises(KbError, match=rf"{name}: broken, or not what its name says"):
        paths(base, name, b"")


@pytest.mark.parametrize(("name", "pack"), [("x.zip", zipped), ("x.tar", tarred)])
def test_members_with_one_name_are_told_apart(name: str, pack: Pack, base: Base) -> None:
    one, two = encoded(record("a")), encoded(record("b"))
    data = pack(("in/a.json", one), ("in/a.json", two), ("in/a.json", one), ("in/a (2).json", two))
    found = paths(base, name, data)
    assert len(set(found)) == 4
    assert {f"{name}!in/a.json", f"{name}!in/a (2).json", f"{name}!in/a (3).json"} < set(found)
    assert base.ingest().read == 4


def test_a_member_may_lie_anywhere_for_nothing_is_unpacked(base: Base) -> None:
    data = zipped(("../../a.json", encoded(record("a"))), ("/etc/b.json", encoded(record("b"))), (".c.json", b"{}"))
    assert paths(base, "x.zip", data) == ["x.zip!../../a.json", "x.zip!/etc/b.json"]
    assert base.ingest().published == 2


def test_what_is_passed_over_in_an_archive_is_said(base: Base) -> None:
    base.put("raw/x.tar", tarred(("a.json", encoded(record("a"))), ("link.json", None), ("notes.txt", b"x")))
    expected = (
        f"passed over raw/x.tar!notes.txt: no {KINDS} file;"
        " passed over raw/x.tar!link.json: a link, pipe or device, with no bytes"
    )
    assert validate(base.workspace, [base.root / "raw"], Request(DAY, jobs=1)).notes == (expected,)
    assert base.ingest().notes == (expected,)


def test_files_of_every_kind_are_read_compressed_and_in_archives(base: Base) -> None:
    kinds = {
        "a.yaml": b"a: 1\n---\na: 2\n",
        "b.toml": b"a = 1\n",
        "c.csv": b"a\n1\n2\n",
        "d.md": b"# A\n",
        "e.tsv": b"a\n1\n",
    }
    expected = ["a.yaml", "a.yaml", "b.toml", "c.csv", "c.csv", "d.md", "e.tsv"]
    for name, data in kinds.items():
        base.put(f"raw/{name[0]}/{name}.gz", gzip.compress(data))
    found_in = [f"{name[0]}/{name}.gz" for name in expected] + [f"f/x.zip!{name}" for name in expected]
    assert paths(base, "f/x.zip", zipped(*kinds.items())) == found_in
    found = discover(base.root / "raw/a/a.yaml.gz", base.workspace).files
    assert [incoming.origin.line for incoming in read(found[0])] == [1, 2]


@pytest.mark.parametrize("name", ["README.md", "README_zh.md", "LICENSE-CODE.md", "Code_Of_Conduct.md", "SECURITY.mdx"])
def test_pages_about_a_folder_are_passed_over_with_a_word(name: str, base: Base) -> None:
    assert paths(base, f"a/{name}", b"# A\n") == []
    root = discover(base.root / "raw", base.workspace)
    assert root.passed_over == (
        f"passed over raw/a/{name}: a page about the folder, and no record; name it, if it is one",
    )
    assert len(list(read(discover(base.root / "raw/a" / name, base.workspace).files[0]))) == 1
    base.drop("raw/a")
    assert paths(base, "x.zip", zipped((f"b/{name}", b"# A\n"), ("b/license-expired.md", b"# A\n"))) == [
        "x.zip!b/license-expired.md"
    ]


def test_what_lies_beside_the_records_in_a_workspace_is_none(base: Base) -> None:
    base.configure("as_of = 2026-11-22\n")
    base.put("formats/x.toml", b"[map]\nid = 'name'")
    base.put("dvc.yaml", b"a: 1")
    base.put("raw/x.toml", b"a = 1")
    assert [file.name for file in discover(base.root, base.workspace).files] == ["raw/x.toml"]


def linked(*members: tuple[str, bytes | str]) -> bytes:
    """A tar of some files; a member with a text for content is a hard link to the member of that name."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.LNKTYPE, content
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return data.getvalue()


@pytest.mark.parametrize(("name", "pack"), [("x.tar", bytes), ("x.tgz", gzip.compress), ("x.tar.zst", compressed)])
def test_a_hard_link_is_the_file_that_it_links_to(name: str, pack: Pack, base: Base) -> None:
    data = linked(
        (".store/1", encoded(record("a"))), ("./b.json", encoded(record("b"))), ("a.json", ".store/1"),
        ("lines.ndjson.gz", gzip.compress(LINES)), ("again.ndjson.gz", "./lines.ndjson.gz"), ("twice.json", "b.json"),
        ("thrice.json", "./b.json"), ("lost.json", "nowhere"),
    )  # fmt: skip
    found = paths(base, name, pack(data))
    assert {path: found.count(path) for path in found} == {
        f"{name}!b.json": 1, f"{name}!lines.ndjson.gz": 20, f"{name}!again.ndjson.gz": 20, f"{name}!a.json": 1,
        f"{name}!twice.json": 1, f"{name}!thrice.json": 1,
    }  # fmt: skip
    result = base.ingest()
    assert result.read == 44
    assert result.notes == (f"passed over raw/{name}!lost.json: a link, pipe or device, with no bytes",)


@pytest.mark.parametrize(("name", "pack"), [("x.tar", bytes), ("x.tgz", gzip.compress)])
def test_one_tar_behind_the_other_is_read_too(name: str, pack: Pack, base: Base) -> None:
    one, two = (tarred((f"{key}.json", encoded(record(key)))) for key in "ab")
    assert paths(base, name, pack(one + two)) == [f"{name}!a.json", f"{name}!b.json"]
    assert paths(base, name, pack(one) + pack(two)) == [f"{name}!a.json", f"{name}!b.json"]
    assert base.ingest().read == 2


def test_what_lies_behind_the_end_of_a_tar_is_said(base: Base) -> None:
    base.put("raw/x.tar", tarred(("a.json", encoded(record("a")))) + b"signature" * 100)
    assert base.ingest().notes == ("raw/x.tar: something that is no tar lies behind the end, and is not read",)


def test_a_reading_says_nothing_where_nothing_was_passed_over() -> None:
    assert Reading("x.json", Path("x.json")).note is None
