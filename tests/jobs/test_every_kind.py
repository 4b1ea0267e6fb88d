"""A folder with files of every kind: read in one ingest, judged alike, shown where they stand, fixed and given back."""

from pathlib import Path

import orjson
import pytest
import tomlkit
import yaml

from kb import store
from kb.jobs.export import export
from kb.jobs.fix import carry_out, plan
from kb.jobs.validate import ValidateOptions, validate
from kb.judging.request import Request
from kb.model import Json
from kb.sources import discover
from tests.bases import DAY, Base, ndjson, record

pytestmark = pytest.mark.long(every=3)

SHEET = b"""
read = "csv"
claims = "error && cure"
[map]
id = "join('/', ['git', slug(error)])"
signature = "error"
regex = "template(error)"
root_cause = "cause"
last_confirmed = "date(day)"
[default]
domain = "git"
category = "sheet"
verification_tier = "community_reported"
confidence = 0.3
resolvable = "partial"
dead_ends = []
[lists.workarounds]
items = "split(cure, ';')"
action = "@"
"""
PAGE = b"""
read = "markdown"
claims = "section(@, 'Cure')"
[map]
id = "join('/', ['git', slug(title)])"
signature = "front.error"
regex = "template(title)"
root_cause = "section(@, 'Cause').text"
[default]
domain = "git"
category = "page"
verification_tier = "community_reported"
confidence = 0.3
resolvable = "partial"
dead_ends = []
[lists.workarounds]
items = "section(@, 'Cure').items"
action = "strip_md(text)"
"""
MANY = b"""
files = ["many/*"]
read = ["json", "yaml", "toml"]
records = "errors[]"
[map]
id = "name"
signature = "says"
regex = "template(name)"
[default]
domain = "git"
category = "many"
verification_tier = "community_reported"
confidence = 0.3
resolvable = "partial"
dead_ends = []
workarounds = []
"""
ROWS = (
    b"error,cause,cure,day\r\n"
    b'fatal: the ledge is broken,"It was, once, cut",Mend the ledge;Buy another ledge,2026-10-01\r\n'
    b'fatal: the "vale" is flooded,"Rain\r\nfell",Wait for the sun,\r\n'
)
BOOK = b"""---
error: 'fatal: The moor is closed '
---
# The moor is closed

## Cause
Nobody may walk there in spring.

## Cure
- Walk **around** the moor
- Come again in summer
"""
ERRORS = [
    {"name": "git/first", "says": "fatal: first in line"},
    {"name": "git/second", "says": " fatal: second in line"},
]


@pytest.fixture
def base(base: Base) -> Base:
    base.put("kb.toml", b"")
    for name, text in {"sheet": SHEET, "page": PAGE, "many": MANY}.items():
        base.put(f"formats/{name}.toml", text)
    base.put("raw/a.json", record("a"))
    base.put("raw/b.ndjson", ndjson(record("b"), record("c")))
    base.put("raw/d.yaml", yaml.safe_dump_all([record("d"), record("e", root_cause="It is so. ")]).encode())
    base.put("raw/f.toml", tomlkit.dumps(_said(record("f"))).encode())
    base.put("raw/rows.csv", ROWS)
    base.put("raw/book.md", BOOK)
    base.put("raw/many/some.yaml", yaml.safe_dump({"errors": ERRORS}, sort_keys=False).encode())
    base.put("raw/other.md", b"# A page\n\nthat nobody knows.\n")
    return base


def _said(value: Json) -> Json:
    """A value without nulls, which TOML has not."""
    if isinstance(value, list):
        return [_said(one) for one in value]
    return {key: _said(one) for key, one in value.items() if one is not None} if isinstance(value, dict) else value


IDS = [
    *(f"git/{slug}" for slug in "abcdef"), "git/fatal-the-ledge-is-broken", "git/fatal-the-vale-is-flooded", "git/first",
    "git/second", "git/the-moor-is-closed",
]  # fmt: skip


def _found(base: Base, *names: str) -> dict[tuple[str, str], tuple[str, int, int]]:
    """Where each finding is shown, by its code and pointer."""
    result = validate(base.workspace, [base.root / name for name in names], Request(DAY, jobs=1), ValidateOptions())
    return {(f.code, f.pointer): (Path(f.path).name, f.line, f.column) for f in result.findings}


def test_sums_balance_and_what_no_mapping_knows_is_rejected_by_name(base: Base) -> None:
    result = base.ingest()
    assert (result.read, result.published, result.quarantined) == (12, 11, 1)
    assert base.column("SELECT id FROM records ORDER BY id") == sorted(IDS)
    ((code, message),) = [(one["code"], one["message"]) for one in base.findings() if one["path"] == "raw/other.md"]
    assert code == "SCH001"
    assert message.startswith("no mapping knows this for a record; name one with --from")


@pytest.mark.long(every=2)
@pytest.mark.parametrize("jobs", [1, 2])
def test_processes_and_earlier_ingests_make_no_difference(base: Base, tmp_path: Path, jobs: int) -> None:
    later = {path: path.read_bytes() for path in sorted(base.root.glob("raw/**/*.*"))[::2]}
    for path in later:
        path.unlink()
    base.ingest(jobs=jobs)
    for path, data in reversed(later.items()):
        path.write_bytes(data)
        base.ingest(jobs=jobs)
    assert base.curated() == base.again(tmp_path / "again").curated()


def test_a_finding_is_shown_where_its_value_stands_in_the_source(base: Base) -> None:
    found = _found(base, "raw")
    assert found["TXT001", "/root_cause"] == ("d.yaml", _line(base, "raw/d.yaml", "It is so. "), 13)
    assert found["TXT001", "/front/error"] == ("book.md", 2, 8)
    assert found["TXT001", "/says"] == ("some.yaml", 5, 9)
    row = {place: at for (_, place), at in found.items() if at[0] == "rows.csv"}
    assert row["/cure"][1] == 4
    assert row["/cure"][2] == 7


def _line(base: Base, name: str, text: str) -> int:
    lines = (base.root / name).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if text in line)


def test_a_fix_edits_the_value_and_nothing_else(base: Base) -> None:
    before = {name: (base.root / name).read_text(encoding="utf-8") for name in ("raw/d.yaml", "raw/book.md")}
    many = (base.root / "raw/many/some.yaml").read_bytes()
    planned = plan(base.workspace, [discover(base.root / "raw", base.workspace)], Request(DAY, jobs=1))
    carry_out(planned)
    assert (base.root / "raw/d.yaml").read_text(encoding="utf-8") == before["raw/d.yaml"].replace(
        "It is so. ", "It is so."
    )
    assert (base.root / "raw/book.md").read_text(encoding="utf-8") == before["raw/book.md"].replace(
        "closed '", "closed'"
    )
    assert (base.root / "raw/many/some.yaml").read_bytes() == many
    assert any("no edit of that is as small and safe as in JSON" in note for note in planned.result.notes)


@pytest.mark.parametrize(
    ("name", "suffix", "expected"),
    [
        ("page", ".md", [BOOK]),
        (
            "sheet",
            ".csv",
            [ROWS.split(b"\r\n")[0] + b"\r\n" + rest for rest in ROWS.split(b"\r\n", 1)[1].split(b"\r\n", 1)],
        ),
        ("many", ".json", [orjson.dumps(error) for error in ERRORS]),
    ],
)
def test_each_goes_back_as_it_came(base: Base, tmp_path: Path, name: str, suffix: str, expected: list[bytes]) -> None:
    base.ingest()
    told: list[str] = []
    with store.read(base.workspace.store) as opened:
        export(opened, name, tmp_path / "out", f"category = '{name}'",
               base.workspace, told.append)  # fmt: skip
    written = [path.read_bytes().rstrip() for path in sorted((tmp_path / "out").rglob(f"*{suffix}"))]
    assert written == [data.rstrip() for data in expected]
    assert told == []


def test_what_stands_beside_the_records_of_a_file_is_told(base: Base) -> None:
    base.put("raw/many/more.toml", b'team = "blue"\n[[errors]]\nname = "git/third"\nsays = "fatal: third in line"\n')
    (note,) = [note for note in base.ingest().notes if "more.toml" in note]
    assert (
        note == 'raw/many/more.toml: "team" beside the records that formats/many.toml takes out of it: in none of them'
    )


def test_a_format_takes_only_the_records_that_came_in_it(base: Base, tmp_path: Path) -> None:
    base.ingest()
    told: list[str] = []
    with store.read(base.workspace.store) as opened:
        export(opened, "page", tmp_path / "out", "true", base.workspace, told.append)
    assert [path.name for path in (tmp_path / "out").rglob("*.md")] == ["the-moor-is-closed.md"]
    assert [note.partition(" that")[0] for note in told] == ["left out 10 records"]


def test_where_the_files_are_gone_the_base_knows_what_they_said(base: Base, tmp_path: Path) -> None:
    base.ingest()
    base.drop("raw/book.md")
    with store.read(base.workspace.store) as opened:
        export(opened, "page", tmp_path / "out", "category = 'page'", base.workspace)
    (written,) = (tmp_path / "out").rglob("*.md")
    assert written.read_bytes() == BOOK
