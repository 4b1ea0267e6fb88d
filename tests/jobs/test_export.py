"""`kb export`: what is written where, and what is refused."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from kb.errors import KbError
from kb.jobs.export import export
from kb.model import Document, Json
from tests.bases import Base, contents, ndjson, reading, record
from tests.conftest import some_of
from tests.errorcanon import ERRORCANON


def run(example: Base, form: str, output: Path, where: str = "true") -> int:
    with reading(example.workspace.store) as base:
        return export(base, form, output, where)


@pytest.mark.parametrize(
    ("form", "other"), [("files", "cuda/gone.json"), ("errorcanon", "gone.json"), ("csv", "gone.csv")]
)
def test_a_folder_with_records_of_another_export_is_refused(
    form: str, other: str, example: Base, tmp_path: Path
) -> None:
    run(example, form, tmp_path / "out")
    (tmp_path / "out/README.md").write_text("mine", encoding="utf-8")
    run(example, form, tmp_path / "out")
    (tmp_path / "out" / other).write_text("{}", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(KbError, match=rf"out: holds 1 file that this export does not write \(such as {other}\)"):
        run(example, form, tmp_path / "out")
    assert contents(tmp_path) == before


def test_fewer_records_into_the_same_folder_are_refused(example: Base, tmp_path: Path) -> None:
    assert run(example, "files", tmp_path / "out") == 45
    with pytest.raises(KbError, match="holds 43 files that this export does not write"):
        run(example, "files", tmp_path / "out", "domain = 'git'")


@pytest.mark.parametrize("where", ["", " \n"])
def test_an_empty_condition_is_refused(where: str, example: Base, tmp_path: Path) -> None:
    with pytest.raises(KbError, match=r"^--where is empty; leave it out for every record"):
        run(example, "ndjson", tmp_path / "out.ndjson", where)
    assert not list(tmp_path.iterdir())


# ---- back in its own format ----------------------------------------------------------------------------------------


def canon(slug: str, **values: Json) -> Document:
    source = ERRORCANON.to_source(record(slug))
    source["dead_ends"][0]["common_misconception"] = f"It mends {slug}."
    return {"url": f"https://example.org/{slug}", **source, **values}


def as_canons(base: Base, output: Path, where: str = "true") -> tuple[dict[str, bytes], list[str]]:
    """The files of an export as ErrorCanon, by slug, and what was told."""
    told: list[str] = []
    with reading(base.workspace.store) as opened:
        export(opened, "errorcanon", output, where, base.workspace, told.append)
    return {name.removeprefix("git/").removesuffix(".json"): raw for name, raw in contents(output).items()}, told


SPELLINGS: dict[str, Callable[[str], str]] = {
    "one line": lambda text: text,
    "indented": lambda text: json.dumps(json.loads(text), indent=4) + "\n",
    "CRLF": lambda text: json.dumps(json.loads(text), indent=2).replace("\n", "\r\n") + "\r\n\r\n",
    "blanks around": lambda text: f"\n\n  {text}\t\n",
    "keys the other way": lambda text: json.dumps(dict(reversed(json.loads(text).items()))),
    "numbers": lambda text: text.replace("0.9", "0.90").replace("0.98", "98e-2"),
    "escapes": lambda text: text.replace("fatal", "f\\u0061tal").replace("/", "\\/"),
    "braces in a text": lambda text: text.replace("fatal: ", "fatal: } { ") + "\n",
    "a repair": lambda text: text.replace("fatal: ", "  fatal: ").replace("0.94", '"94%"'),
    "byte order mark": lambda text: f"\ufeff{text}\n",
}


def test_a_record_alone_in_its_file_comes_back_byte_for_byte(base: Base, tmp_path: Path) -> None:
    raws = {
        slug: spelt(orjson.dumps(canon(slug)).decode()).encode()
        for slug, spelt in zip("abcdefghijkl", SPELLINGS.values(), strict=False)
    }
    assert len(raws) == len(SPELLINGS)
    for slug, raw in raws.items():
        base.put(f"raw/{slug}.json", raw)
    base.ingest()
    assert as_canons(base, tmp_path / "out") == (raws, [])


def test_one_of_many_comes_back_with_its_own_bytes_and_a_line_feed(base: Base, tmp_path: Path) -> None:
    spelt = {name: json.dumps(canon(name)).replace("0.98", "0.980").encode() for name in "abcdefg"}
    base.put("raw/1.ndjson", b"\n".join([spelt["a"], b" ", b" " + spelt["b"] + b"\r"]))
    base.put("raw/2.json", b"[ " + spelt["c"] + b"\n,\n" + spelt["d"] + b"]")
    base.put("raw/3.ndjson.gz", gzip.compress(spelt["e"] + b"\n"))
    packed = base.root / "raw/4!.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x/f!.json", spelt["f"] + b"\n\n")
        archive.writestr("x/g.ndjson", ndjson({"id": 1}, spelt["g"]))
    base.record("native")
    base.ingest()
    found, told = as_canons(base, tmp_path / "out")
    native = orjson.loads(found.pop("native"))
    assert found == {name: raw + (b"\n\n" if name == "f" else b"\n") for name, raw in spelt.items()}
    assert native["error"]["signature"] == record("native")["signature"]
    assert told == []
    assert as_canons(base, tmp_path / "some", "id = 'git/d'")[0].keys() == {"d"}


def _rewritten(path: Path) -> None:
    *head, last = path.read_bytes()
    path.write_bytes(bytes([*head[:-40], head[-40] ^ 1, *head[-39:], last]))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


LOST: dict[str, Callable[[Path], object]] = {
    "c": Path.unlink, "d": _rewritten, "e": _cut, "f": _a_folder, "g": lambda path: path.write_bytes(b"")
}  # fmt: skip


@pytest.mark.parametrize("ending", [".json", ".json.gz"])
def test_without_its_file_a_record_comes_back_with_its_values_and_that_is_said(
    ending: str, base: Base, tmp_path: Path
) -> None:
    sources = {slug: canon(slug) for slug in LOST}
    for slug, source in sources.items():
        source["dead_ends"].append(
            {**source["dead_ends"][1], "sources": ["https://git-scm.com/docs/git-add"], "note": None}
        )
        source["error"]["signature"] = f" {source['error']['signature']}"
        source["dead_ends"][0]["common_misconception"] += " "
        raw = orjson.dumps(source)
        base.put(f"raw/{slug}{ending}", gzip.compress(raw) if ending.endswith("gz") else raw)
    base.put("raw/b.json", canon("b"))
    base.ingest()
    for slug, change in LOST.items():
        change(base.root / f"raw/{slug}{ending}")
    found, told = as_canons(base, tmp_path / "out")
    assert found.pop("b") == orjson.dumps(canon("b"))
    assert {slug: orjson.loads(raw) for slug, raw in found.items()} == sources
    assert len(told) == len(LOST)
    for slug, said in zip(LOST, sorted(told), strict=True):
        assert said.startswith(
            f"raw/{slug}{ending}: changed since it was ingested, so 1 record of it comes with the values as ingested"
        )


def test_what_a_curator_edited_goes_out_as_published_and_keeps_what_was_said_of_each_item(
    base: Base, tmp_path: Path
) -> None:
    path = base.put("raw/a.json", canon("a"))
    base.ingest()
    edited = base.document("a")
    edited["dead_ends"].insert(0, {"action": "Begin anew", "why_fails": "It is no newer than the last time."})
    edited["root_cause"] = " Another cause altogether. "
    edited["tags"] = ["edited"]
    path.write_bytes(orjson.dumps(edited))
    base.ingest()
    found, told = as_canons(base, tmp_path / "out")
    document = orjson.loads(found["a"])
    assert [item.get("common_misconception") for item in document["dead_ends"]] == [None, "It mends a.", None]
    assert document["verdict"]["summary"] == "Another cause altogether."
    assert document["kb"]["tags"] == ["edited"]
    assert document["url"] == "https://example.org/a"
    assert told == []
    again = Base(tmp_path / "again")
    again.put("raw/a.json", found["a"])
    again.ingest()
    assert as_canons(again, tmp_path / "twice")[0] == found
    assert [line for line in again.lines("changes.ndjson") if line["code"] != "TIR002"] == []


def test_what_fits_nothing_any_more_is_kept_apart_and_said_once(base: Base, tmp_path: Path) -> None:
    for slug in "abcd":
        base.record(slug, extensions={"errorcanon": {"dead_ends": {"0": {"common_misconception": "x"}}, "url": slug}})
    base.ingest()
    found, told = as_canons(base, tmp_path / "out")
    for slug, raw in found.items():
        document = orjson.loads(raw)
        assert document["url"] == slug
        assert document["kb"]["extensions"]["errorcanon"] == {"dead_ends": {"0": {"common_misconception": "x"}}}
    (said,) = told
    assert said.startswith("4 records carried under extensions.errorcanon what fits nothing in it now")
    assert "git/a (/kb/extensions/errorcanon/dead_ends), git/b" in said


ODD: list[Json] = [
    [], "x", 0, True, [[[]]], {"dead_ends": []}, {"dead_ends": {"9": {"x": 1}}}, {"dead_ends": {"x": {"y": 1}}},
    {"absent": []}, {"absent": {"places": 1}}, {"absent": {"places": [1]}}, {"absent": {"places": ["", "x", "/9/9"]}},
    {"absent": {"places": ["/dead_ends/9/x", "/dead_ends/-1/sources", "/error/signature/x"]}},
    {"absent": {"places": [], "nulls": ["/dead_ends/0/0"], "texts": ["/dead_ends/0", "/x/y/z", "/id/0"]}},
    {"error": 1}, {"error": {"signature": []}}, {"id": {}}, {"transition_graph": "x"}, {"kb": 1}, {"kb": {"extensions": 1}},
    {"transition_graph": {"leads_to": {"0": "git/x"}}}, {"kb": [], "id": "y"}, {"extensions": 1}, {"": {"~1/": 1}},
]  # fmt: skip


def test_whatever_others_keep_under_the_name_of_the_format_every_command_takes_it(base: Base, tmp_path: Path) -> None:
    for i, value in enumerate(ODD):
        odd = record(f"x{i}", extensions={"errorcanon": value})
        odd["dead_ends"][0]["extensions"] = {"errorcanon": value}
        base.put(f"raw/x{i}.json", odd)
    result = base.ingest()
    assert result.published == len(ODD)
    for i, value in enumerate(ODD):
        assert base.document(f"x{i}")["extensions"] == {"errorcanon": value}
    found, _ = as_canons(base, tmp_path / "out")
    assert len(found) == len(ODD)
    for slug, raw in found.items():
        assert orjson.loads(raw)["error"]["signature"] == record(slug)["signature"]


@pytest.mark.long(every=1)
def test_every_record_of_the_corpora_comes_back_byte_for_byte(corpora: Path, base: Base, tmp_path: Path) -> None:
    """Every eighth; with `KB_LONG` all of them."""
    paths = some_of(sorted((corpora / "errorcanon/canons").rglob("*.json")), 8)
    for path in paths:
        base.put(f"raw/{path.relative_to(corpora / 'errorcanon/canons')}", path.read_bytes())
    base.ingest()
    told: list[str] = []
    with reading(base.workspace.store) as opened:
        export(opened, "errorcanon", tmp_path / "out", "true", base.workspace, told.append)
    assert told == []
    assert sorted(contents(tmp_path / "out").values()) == sorted(path.read_bytes() for path in paths)
