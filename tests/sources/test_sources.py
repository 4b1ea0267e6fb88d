"""What is read below a path, what is passed over and said, and how bytes part into records."""

import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.errors import KbError
from kb.model import Document, Incoming, Json
from kb.sources import Reading, Root, SourceFile, check_found_again, discover, outline, read, records, split
from tests.bases import Base, ndjson, sha256
from tests.strategies import values

documents = st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3), max_size=5)
WHITE = b" \t\r\n"


def found(base: Base, name: str = "raw") -> Root:
    return discover(base.root / name, base.workspace)


def names(base: Base, name: str = "raw") -> list[str]:
    return [file.name for file in found(base, name).files]


def notes(base: Base) -> str:
    return "; ".join(found(base).passed_over)


# what is read


def test_files_are_found_in_the_order_of_their_names(base: Base) -> None:
    for name in ("b/a.json", "a.ndjson", "b.json", "B.json", "a/z.jsonl", "a-b/c.json", "ä.json"):
        base.put(f"raw/{name}", b"{}")
    assert names(base) == sorted(names(base))
    assert len(names(base)) == 7
    assert names(base)[0] == "raw/B.json"


@pytest.mark.parametrize(
    "name",
    [
        "x.json",
        "x.ndjson",
        "x.jsonl",
        "X.JSON",
        "x.y.json",
        "x y.json",
        "日本.json",
        "x\n.json",
        "x.yaml",
        "x.yml",
        "x.toml",
        "x.csv",
        "x.TSV",
        "x.md",
        "x.mdx",
        "x.yaml.gz",
        "x.csv.zst",
    ],
)
def test_what_kb_reads_goes_by_its_ending(base: Base, name: str) -> None:
    base.put(f"raw/{name}", b"{}")
    assert names(base) == [f"raw/{name}"]
    assert names(base, f"raw/{name}") == [f"raw/{name}"]


@pytest.mark.parametrize("name", ["x.txt", "x.xml", "x.json.bak", "x", "x.json~", "json"])
def test_other_files_are_passed_over_and_said(base: Base, name: str) -> None:
    base.put("raw/x.json", b"{}")
    base.put(f"raw/{name}", b"{}")
    assert names(base) == ["raw/x.json"]
    assert f"passed over raw/{name}" in notes(base)
    with pytest.raises(KbError, match="kb reads"):
        found(base, f"raw/{name}")


def test_many_files_that_are_passed_over_are_counted(base: Base) -> None:
    for name in "abc":
        base.put(f"raw/{name}.txt", b"")
    assert "passed over 3 files (raw/a.txt, raw/b.txt, raw/c.txt): not" in notes(base)
    base.put("raw/d.txt", b"")
    assert "passed over 4 files (raw/a.txt, raw/b.txt, raw/c.txt, …): not" in notes(base)


@pytest.mark.parametrize(
    "name", [".x.json", ".git/x.json", "a/.hidden/x.json", "node_modules/x.json", "a/node_modules/b/x.json", ".x.txt"]
)
def test_hidden_files_and_dependencies_are_not_ours(base: Base, name: str) -> None:
    base.put(f"raw/{name}", b"{}")
    assert found(base).files == ()
    assert found(base).passed_over == ()


def test_a_hidden_file_is_read_where_it_is_named(base: Base) -> None:
    base.put("raw/.x.json", b"{}")
    assert names(base, "raw/.x.json") == ["raw/.x.json"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("drafts/*", ["raw/a.json", "raw/b.bak.json"]),
        ("drafts/**", ["raw/a.json", "raw/b.bak.json"]),
        ("raw/drafts/*", ["raw/a.json", "raw/b.bak.json"]),
        ("*.bak.json", ["raw/a.json", "raw/drafts/c.json"]),
        ("a.json", ["raw/b.bak.json", "raw/drafts/c.json"]),
        ("*", []),
        ("[ab]*", ["raw/drafts/c.json"]),
        ("nothing", ["raw/a.json", "raw/b.bak.json", "raw/drafts/c.json"]),
    ],
)
def test_patterns_exclude(base: Base, pattern: str, left: list[str]) -> None:
    for name in ("a.json", "b.bak.json", "drafts/c.json"):
        base.put(f"raw/{name}", b"{}")
    base.configure(f'exclude = ["{pattern}"]\n')
    assert names(base) == left


@pytest.mark.parametrize("pattern", ["drafts/*", "raw/drafts/*", "drafts/c.json"])
def test_patterns_exclude_whichever_folder_is_named(base: Base, pattern: str) -> None:
    base.put("raw/drafts/c.json", b"{}")
    base.configure(f'exclude = ["{pattern}"]\n')
    for folder in (".", "raw", "raw/drafts"):
        assert names(base, folder) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("raw/.x.json", "kb passes over .x.json, as over all that is hidden"),
        ("raw/.hidden/x.json", "kb passes over .hidden, "),
        ("raw/.hidden", "kb passes over .hidden, "),
        ("raw/node_modules/x.json", "kb passes over node_modules, "),
        ("raw/drafts/x.json", "`exclude` in kb.toml leaves it out"),
        ("raw/link.json", "a link that leads out of raw, which"),
        ("raw/folder", "a link that leads out of raw, which"),
        ("top.json", "a link that leads out of base, which"),
        ("curated", "curated/ is what kb makes of other files; ingest those"),
        ("curated/records/x.json", "curated/ is what kb makes"),
        ("raw/made.json", "curated/ is what kb makes"),
        (".kb/next", r"\.kb/ is what kb makes"),
        ("kb.duckdb", "kb.duckdb is what kb makes"),
    ],
)
def test_what_a_folder_would_not_give_is_refused_by_name(base: Base, name: str, why: str) -> None:
    base.configure('exclude = ["drafts/*"]\n')
    for made in ("raw/.x.json", "raw/.hidden/x.json", "raw/node_modules/x.json", "raw/drafts/x.json"):
        base.put(made, b"{}")
    for made in ("curated/records/x.json", ".kb/next/x.json", "elsewhere/y.json", "kb.duckdb", "../out.json"):
        base.put(made, b"{}")
    for link, target in (("link.json", "../elsewhere/y.json"), ("folder", "../elsewhere")):
        (base.root / "raw" / link).symlink_to(target)
    (base.root / "raw/made.json").symlink_to("../curated/records/x.json")
    (base.root / "top.json").symlink_to("../out.json")
    with pytest.raises(KbError, match=why) as refused:
        check_found_again(base.root / name, base.workspace)
    assert str(refused.value).startswith(f"{base.root / name}: ")


def test_what_a_folder_would_give_too_may_be_named(base: Base) -> None:
    base.put("raw/a/x.json", b"{}")
    base.put("elsewhere/.hidden/y.json", b"{}")
    (base.root / "raw/y.json").symlink_to("a/x.json")
    for path in (".", "raw", "raw/a", "raw/a/x.json", "raw/y.json", "elsewhere", "nowhere"):
        check_found_again(base.root / path, base.workspace)
    outer = Base(base.root / "raw").workspace
    check_found_again(base.root / "elsewhere/.hidden/y.json", outer)


def test_what_kb_made_is_left_out_of_the_folder_around_it_and_said(base: Base) -> None:
    base.put("raw/x.json", b"{}")
    base.put("curated/records/x.json", b"{}")
    base.put("kb.duckdb", b"")
    assert names(base, ".") == ["raw/x.json"]
    assert found(base, ".").passed_over == ("left out curated/: that is what kb makes of the rest",)
    assert found(base).passed_over == ()


PRETTY = b'{\n  "id": 1\n}\n'
ONE_JSON = "raw/x.ndjson: looks like one JSON document, not one record a line; name it .json"
A_LIST = "raw/x.ndjson: a line is a list; write one record a line, or name the file .json"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (PRETTY, ONE_JSON),
        (PRETTY.replace(b"{\n", b'{"a": 1,\n'), ONE_JSON),
        (b"[\n{}\n]\n", ONE_JSON),
        (b'[{"id": 1}, {"id": 2}]\n', A_LIST),
        (b'{"id": 1}\n[{"id": 2}]\n[{"id": 3}]\n', A_LIST),
        (b'{"id": 1}\n{\n"id": 2}\n', None),
        (b'{"id": "cut\n{"id": 2}\n', None),
    ],
)
def test_lines_that_are_none_are_said_once(base: Base, data: bytes, said: str | None) -> None:
    path = base.put("raw/x.ndjson", data)
    readings: list[Reading] = []
    list(read(SourceFile("raw/x.ndjson", str(path), 0, 0, 0), readings.append))
    assert [reading.note for reading in readings] == [said]


@pytest.mark.parametrize(
    ("form", "data", "alien"),
    [
        ("errorcanon", [{"id": 1}, {"signature": "x"}], True),
        ("errorcanon", [{"id": 1}, {"error": {}, "verdict": {}}], False),
        ("errorcanon", b"{", True),
        ("errorcanon", [], False),
        ("native", [{"error": {}, "verdict": {}}], True),
        ("native", [{"id": 1}], False),
        (None, [{"id": 1}], False),
    ],
)
def test_a_format_that_no_record_has_is_noticed(base: Base, form: str | None, data: Json, alien: bool) -> None:  # noqa: FBT001 - a table
    path = base.put("raw/x.json", data)
    readings: list[Reading] = []
    list(read(SourceFile("raw/x.json", str(path), 0, 0, 0, form), readings.append))
    assert [reading.alien for reading in readings] == [alien]


def test_a_missing_path_is_an_error(base: Base) -> None:
    with pytest.raises(KbError, match=r"nowhere: no such file or folder"):
        found(base, "nowhere")


def test_a_name_that_is_not_utf8_is_an_error_that_can_be_printed(base: Base) -> None:
    base.put("raw/x.json", b"{}")
    try:
        (base.root / "raw" / os.fsdecode(b"\xff.json")).write_bytes(b"{}")
    except OSError:
        pytest.skip("the file system takes no such names")
    with pytest.raises(KbError, match=r"not valid UTF-8; rename it") as refused:
        found(base)
    assert str(refused.value).encode()


# links


def test_a_link_to_a_file_elsewhere_is_not_followed_and_said(base: Base) -> None:
    base.put("secret.json", b"{}")
    base.put("raw/x.json", b"{}")
    (base.root / "raw/link.json").symlink_to("../secret.json")
    assert names(base) == ["raw/x.json"]
    assert "raw/link.json" in notes(base)
    assert "leads out" in notes(base)


def test_a_link_to_a_folder_elsewhere_is_not_followed_and_said(base: Base) -> None:
    base.put("elsewhere/y.json", b"{}")
    base.put("raw/x.json", b"{}")
    (base.root / "raw/link").symlink_to("../elsewhere")
    assert names(base) == ["raw/x.json"]
    assert "raw/link" in notes(base)


def test_a_link_to_nothing_is_said(base: Base) -> None:
    base.put("raw/x.json", b"{}")
    (base.root / "raw/link.json").symlink_to("missing.json")
    assert names(base) == ["raw/x.json"]
    assert "raw/link.json" in notes(base)


def test_a_link_that_stays_inside_is_read(base: Base) -> None:
    base.put("raw/x.json", b"{}")
    (base.root / "raw/y.json").symlink_to("x.json")
    assert names(base) == ["raw/x.json", "raw/y.json"]


def test_a_link_in_a_circle_ends(base: Base) -> None:
    base.put("raw/x.json", b"{}")
    (base.root / "raw/round").symlink_to(".")
    (base.root / "raw/self.json").symlink_to("self.json")
    assert names(base) == ["raw/x.json"]


def test_the_path_itself_may_be_a_link(base: Base) -> None:
    base.put("elsewhere/y.json", b"{}")
    (base.root / "raw").symlink_to("elsewhere")
    assert names(base) == ["raw/y.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
def test_a_pipe_is_not_waited_for(base: Base) -> None:
    base.put("raw/x.json", b"{}")
    os.mkfifo(base.root / "raw/pipe.json")
    assert names(base) == ["raw/x.json"]
    assert notes(base) == "passed over raw/pipe.json: a pipe, a socket or a device"
    with pytest.raises(KbError, match=r"pipe\.json: neither file nor folder; pipe it in, as in `kb validate - < "):
        found(base, "raw/pipe.json")


@pytest.mark.parametrize(
    ("root", "name", "held"),
    [
        ("raw", "raw/x.json", True),
        ("raw", "raw", True),
        ("raw", "rawer/x.json", False),
        ("raw/x.json", "raw/x.json", True),
        (".", "raw/x.json", True),
        ("../beside", "../beside/x.json", True),
        ("..", "../x.json", True),
        ("..", "raw/x.json", True),
        ("../..", "../x.json", True),
        ("../beside", "raw/x.json", False),
    ],
)
def test_a_root_holds_what_lies_below_it(root: str, name: str, held: bool) -> None:  # noqa: FBT001 - a table
    assert Root(root, (), ()).holds(name) is held


# records


def at_offsets(data: bytes, parts: list[Incoming]) -> list[bytes]:
    """What stands in the stream where the records are said to start."""
    return [data[part.offset : part.offset + len(part.raw)] for part in parts]


def raws(name: str, data: bytes) -> list[bytes]:
    return [incoming.raw for incoming in records(name, data)]


def starts(data: bytes, parts: list[Incoming]) -> list[int | None]:
    """The line on which each record begins, found by searching."""
    lines: list[int | None] = []
    at = 0
    for part in parts:
        at = data.index(part.raw, at)
        lines.append(data.count(b"\n", 0, at) + 1)
        at += len(part.raw)
    return lines


@given(documents, st.sampled_from([0, orjson.OPT_INDENT_2]), st.sampled_from([b"", b"\xef\xbb\xbf", b" \n\t"]))
def test_an_array_is_its_elements(elements: list[Document], layout: int, head: bytes) -> None:
    data = head + orjson.dumps(elements, option=layout)
    parts = list(records("x.json", data))
    assert [orjson.loads(part.raw) for part in parts] == elements
    assert [part.origin.position for part in parts] == list(range(len(elements)))
    assert [part.origin.line for part in parts] == starts(data, parts)


@given(documents, st.sampled_from([b"\n", b"\r\n", b"\n\n \n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_lines_are_records(elements: list[Document], end: bytes, head: bytes) -> None:
    data = head + b"".join(orjson.dumps(element) + end for element in elements)
    parts = list(records("x.ndjson", data))
    assert [orjson.loads(part.raw) for part in parts] == elements
    assert [part.origin.position for part in parts] == list(range(len(elements)))
    assert [part.origin.line for part in parts] == [1 + i * end.count(b"\n") for i in range(len(elements))]


@pytest.mark.parametrize(
    ("name", "head", "gap", "tail"),
    [
        ("x.ndjson", b"\xef\xbb\xbf", b"\n", b""),
        ("x.json", b" \n[", b",\r\n", b"]"),
        ("x.json", b"\xef\xbb\xbf", b" ", b""),
    ],
    ids=["lines", "array", "stream"],
)
def test_a_long_stream_says_where_each_record_starts(name: str, head: bytes, gap: bytes, tail: bytes) -> None:
    data = head + gap.join(orjson.dumps({"i": i, "é": "x" * 5000}) for i in range(500)) + tail
    parts = [part for part in records(name, data) if part.fault is None]
    assert len(parts) == 500
    assert at_offsets(data, parts) == [part.raw for part in parts]


def test_a_line_too_long_costs_that_line_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "LONGEST", 16)
    data = b"\xef\xbb\xbf" + b"x" * 40 + b"\n" + b"y" * 15 + b"\n" + b"z" * 16 + b"\n{}\n" + b"x" * 20
    parts = list(records("x.ndjson", data))
    assert [(part.origin.line, part.raw[:1], len(part.raw)) for part in parts] == [
        (1, b"x", 13), (2, b"y", 15), (3, b"z", 16), (4, b"{", 2), (5, b"x", 16),
    ]  # fmt: skip
    assert at_offsets(data, parts) == [part.raw for part in parts]


@pytest.mark.parametrize(("head", "gap", "tail"), [(b"[", b",", b"]"), (b"", b"\n", b"")], ids=["array", "stream"])
@pytest.mark.parametrize("read", [2, 5, 16])
def test_a_text_too_long_costs_that_record_only(
    head: bytes, gap: bytes, tail: bytes, read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split, "LONGEST", 32)
    monkeypatch.setattr(split, "_READ", read)
    long = b'{"a": "\n' + b'\\"\\\\x,{' * 20 + b'", "b": [{}]}'
    data = b" " + head + gap.join([b'{"a": 1}', long, b'{"b": "\\\\"}']) + tail
    parts = [part for part in records("x.json", data) if part.fault is None]
    assert [parts[0].raw, parts[2].raw] == [b'{"a": 1}', b'{"b": "\\\\"}']
    assert len(parts) == 3
    assert long.startswith(parts[1].raw)
    assert 30 <= len(parts[1].raw) <= 32
    assert at_offsets(data, parts) == [part.raw for part in parts]
    assert [part.origin.line for part in parts] == starts(data, parts)


@given(st.text('[]{},:"\\ \na1', min_size=1, max_size=60).map(str.encode), st.integers(1, 9))
def test_no_byte_is_lost_of_what_cannot_be_told_apart(data: bytes, read: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(split, "LONGEST", 16)
        patched.setattr(split, "_READ", read)
        data = data.replace(b'"', b"")
        if not data.lstrip(WHITE).startswith(b"["):
            assert _solid(b"".join(raws("x.json", data))) == _solid(data)


@given(values)
def test_an_object_is_one_record(value: Json) -> None:
    data = orjson.dumps({"value": value}, option=orjson.OPT_INDENT_2)
    (part,) = records("x.json", data)
    assert (part.raw, part.origin.position, part.origin.line) == (data, 0, None)


@given(st.binary(max_size=60) | st.text('[]{},:"\\ \na1', max_size=30).map(str.encode))
@example(b"[,]")
@example(b"[")
@example(b'["')
@example(b"[]]")
@example(b"[1,,2]")
def test_no_byte_is_lost(data: bytes) -> None:
    for name in ("x.json", "x.ndjson"):
        parts = list(records(name, data))
        assert at_offsets(data, parts) == [part.raw for part in parts]
        assert all(part.origin.digest == sha256(part.raw) for part in parts)
    kept = b"".join(raws("x.ndjson", data))
    assert _solid(kept) == _solid(data.removeprefix(b"\xef\xbb\xbf"))
    if not data.lstrip(WHITE).startswith((b"[", b"\xef\xbb\xbf")):
        assert _solid(b"".join(raws("x.json", data))) == _solid(data)


def _solid(data: bytes) -> bytes:
    return data.translate(None, WHITE)


@given(st.text('[]{},:"\\ \na1', max_size=30).map(lambda text: b"[" + text.encode()))
def test_of_an_array_only_brackets_and_commas_go(data: bytes) -> None:
    marks = WHITE + b"[],"
    assert b"".join(raws("x.json", data)).translate(None, marks) == data.translate(None, marks)


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b'[{"a": 1}, {"a": 2}]', {}),
        (b"[]", {}),
        (b'[{"a": "]"}]', {}),
        (b'[{"a": 1},]', {9: "nothing follows this comma"}),
        (b'\xef\xbb\xbf[{"a": 1},\n {"a": 2},\n\n]\n', {23: "nothing follows this comma"}),
        (b'[{"a": 1}', {0: "the array is not closed"}),
        (b'[{"a": 1},', {0: "the array is not closed"}),
        (b'{"a": 1} {"a": 2}\n{"a": 3}', {9: "a second JSON text begins here"}),
        (b'{"a": "}{"}', {}),
    ],
)
def test_what_no_reader_of_json_takes_is_said_once_and_in_its_place(data: bytes, faults: dict[int, str]) -> None:
    pieces = list(records("x.json", data))
    assert {p.offset: p.fault for p in pieces if p.fault is not None}.keys() == faults.keys()
    assert all(said in (p.fault or "") for p in pieces for at, said in faults.items() if p.fault and p.offset == at)
    good = [piece.raw for piece in pieces if piece.fault is None]
    assert len(good) == data.count(b'{"a"'), "the records beside the fault are read"


@given(documents.filter(len), st.sampled_from([b"", b" ", b"\n\n"]), st.integers(1, 50))
def test_a_trailing_comma_has_its_place(elements: list[Document], gap: bytes, read: int) -> None:
    data = b"[" + b",\n".join(map(orjson.dumps, elements)) + b"," + gap + b"]"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(split, "_READ", read)
        comma = list(records("x.json", data))[-1]
    before = data[: data.rindex(b",")]
    assert (comma.raw, comma.offset) == (b",", len(before))
    assert comma.origin.line == before.count(b"\n") + 1
    assert comma.column == len(before.split(b"\n")[-1].decode()) + 1


def test_places_rise(base: Base) -> None:
    del base
    lines = [part.origin.line or 0 for part in records("x.ndjson", ndjson(*range(50)))]
    assert all(early < late for early, late in pairwise(lines))


@pytest.mark.parametrize("head", [b'["', b'[{"a": "', b"["])
def test_a_text_that_never_ends_takes_linear_time(head: bytes) -> None:
    assert raws("x.json", head + b'\\"' * 200_000)


def test_a_file_may_be_reached_by_a_relative_path(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.put("raw/x.json", b"{}")
    monkeypatch.chdir(base.root / "raw")
    assert [file.name for file in discover(Path(), base.workspace).files] == ["raw/x.json"]
    assert [file.name for file in discover(Path("x.json"), base.workspace).files] == ["raw/x.json"]


# ---- the outline of a folder: what an ingest that may have nothing to do is known by


def link(path: Path, target: str | Path) -> None:
    """Put a link there, instead of what is there."""
    path.unlink()
    path.symlink_to(target)


def folder_for_a_file(raw: Path) -> None:
    (raw / "git/a.json").unlink()
    (raw / "git/a.json").mkdir()


def put_in_its_place(raw: Path) -> None:
    (raw / "new").write_bytes(b"{}")
    (raw / "new").rename(raw / "git/a.json")


def below_node_modules(raw: Path) -> None:
    (raw / "node_modules").mkdir()
    (raw / "node_modules/x.json").write_bytes(b"{}")


DISTURBED: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "a file more": lambda raw: (raw / "git/c.json").write_bytes(b"{}"),
    "a file less": lambda raw: (raw / "git/a.json").unlink(),
    "another name": lambda raw: (raw / "git/a.json").rename(raw / "git/z.json"),
    "another folder": lambda raw: (raw / "git").rename(raw / "hg"),
    "edited": lambda raw: (raw / "git/a.json").write_bytes(b"{ }"),
    "edited to the same length": lambda raw: edited(raw / "git/a.json"),
    "edited, and its time put back": lambda raw: edited(raw / "git/a.json", later=0),
    "touched": lambda raw: os.utime(raw / "git/a.json", ns=(5, 5)),
    "put in its place": put_in_its_place,
    "what a link leads to is edited": lambda raw: (raw / "git/b.json").write_bytes(b"[1]"),
    "a link leads elsewhere": lambda raw: link(raw / "link.json", "git/a.json"),
    "a link leads out": lambda raw: link(raw / "link.json", raw.parent / "o.json"),
    "a link for a file": lambda raw: link(raw / "git/a.json", "b.json"),
    "a folder for a file": folder_for_a_file,
    "a pipe": lambda raw: os.mkfifo(raw / "git/pipe.json"),
    "a file that is none": lambda raw: (raw / "notes.xyz").write_bytes(b""),
    "hidden": lambda raw: (raw / ".hidden.json").write_bytes(b"{}"),
    "below node_modules": below_node_modules,
}


def edited(path: Path, later: int = 1) -> None:
    state = path.stat()
    time.sleep(0.02)  # a disk counts time in steps
    path.write_bytes(b"[]")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + later))


@pytest.mark.parametrize("root", ["raw", "."])
@pytest.mark.parametrize("name", DISTURBED)
def test_where_there_is_another_file_to_read_the_outline_is_another(base: Base, root: str, name: str) -> None:
    for path in ("raw/git/a.json", "raw/git/b.json", "o.json", "curated/x.json"):
        base.put(path, b"{}")
    raw = base.root / "raw"
    (raw / "link.json").symlink_to("git/b.json")
    before = [(outline(base.root / root, base.workspace), discover(base.root / root, base.workspace)) for _ in range(2)]
    assert before[0] == before[1]
    DISTURBED[name](raw)
    after = outline(base.root / root, base.workspace), discover(base.root / root, base.workspace)
    assert (after[0] == before[0][0]) == (name in {"nothing", "hidden", "below node_modules"})
    assert after[1] == before[0][1] or after[0] != before[0][0]


def test_what_is_gone_meanwhile_or_leads_nowhere_has_an_outline_too(base: Base) -> None:
    base.put("raw/a.json", b"{}")
    (base.root / "raw/dead.json").symlink_to("nowhere.json")
    (_, found), (_, gone) = (outline(base.root / name, base.workspace) for name in ("raw", "raw/none.json"))
    assert [(one.inner, one.mode > 0) for one in found] == [("a.json", True), ("dead.json", False)]
    assert [one.mode for one in gone] == [0]
