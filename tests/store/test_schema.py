"""What a store is made of, and that values reach their columns whole."""

import datetime as dt
import itertools
import re
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import store
from kb.contract import KEPT_FOR_KB, NOTES, complete, shapes
from kb.errors import KbError
from kb.jobs.ingest import ingest
from kb.judging.request import Request
from kb.ledger.book import packed
from kb.model import Document, Json
from kb.rules.example import with_changes
from kb.rules.ruleset import RuleSet
from kb.rules.ver import split_product
from kb.settings import Settings
from kb.store import Store, build, layout
from kb.store.layout import tables, working_tables
from tests.bases import DAY, Base, ndjson, record, suppressions
from tests.conftest import body
from tests.errorcanon import ERRORCANON
from tests.ledger.bases import decide
from tests.strategies import careless


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "kb.duckdb"
    with build.create(path):
        pass
    return path


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with store.read(path) as base:
        return base.query(sql).rows


# tables, columns, macros


def test_the_tables_are_those_that_are_declared(empty: Path) -> None:
    found = {name for (name,) in rows(empty, "SELECT table_name FROM duckdb_tables() WHERE NOT internal")}
    assert found == {*layout.tables(), *layout.working_tables()}
    assert set(store.PUBLISHED) == set(layout.tables())


def test_every_table_says_what_it_is(empty: Path) -> None:
    found = dict(rows(empty, "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal"))
    declared = layout.tables() | layout.working_tables()
    assert found == {name: comment for name, (comment, _) in declared.items()}
    assert all(found.values())


def test_every_column_is_as_declared_and_says_what_it_is(empty: Path) -> None:
    found = rows(
        empty,
        """SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
        WHERE NOT internal ORDER BY table_name, column_index""",
    )
    declared = [
        (table, column.name, column.type, column.nullable, column.comment)
        for table, (_, columns) in sorted((layout.tables() | layout.working_tables()).items())
        for column in columns
    ]
    assert found == declared
    assert all(comment for *_, comment in found)


def test_the_temporary_tables_and_variables_are_those_that_are_declared() -> None:
    """They are the protocol between Python and the scripts; one that is used has a line in layout.py, and the reverse."""
    package = Path(layout.__file__).parents[1]
    code = "\n".join(path.read_text(encoding="utf-8") for kind in ("sql", "py") for path in package.rglob(f"*.{kind}"))
    made = set(re.findall(r"TEMP (?:TABLE|VIEW) (\w+)", code)) | set(re.findall(r"lay_out\(\s*\"(\w+)\"", code))
    assert made | {"days_by_domain", "days_by_tier"} == set(layout.TEMPORARY)
    assert set(re.findall(r"SET VARIABLE (\w+)", code)) | build.variables_of_rules(RuleSet(Settings())).keys() == set(
        layout.VARIABLES
    )
    assert set(re.findall(r"getvariable\('(\w+)'\)", code)) == set(layout.VARIABLES)


RUN = {"kind": "command", "ref": "git status", "exit": 0}


@pytest.mark.long
def test_every_column_is_filled(example: Base, tmp_path: Path) -> None:
    """A column that is declared and that nothing fills would pass every other test."""
    shutil.copytree(example.root, tmp_path / "base")
    base = Base(tmp_path / "base", is_whole=True)
    entry = {"record": "*", "code": "TXT007", "reason": "said on purpose"}
    base.configure(f"as_of = {DAY}\n{suppressions(entry)}")
    versions = [{"version": "2.1", "status": "removed", "removed": "2.9"}]
    docs = {
        "official_doc_url": "https://git-scm.com/docs",
        "official_doc_section": "Git",
        "dead_ends/0/quote": "It is no use.",
    }
    twice = record("twice", subcategory="setup", versions=versions, **docs)
    base.put("raw/more.ndjson", ndjson(twice, twice, gone := record("gone")))
    tried = decide(base, "outcome", gone, **{"with": {"git": "2.51"}, "note": "on a branch", "evidence": [RUN]})
    decided = [
        decide(base, "demote", gone),
        decide(base, "retract", gone, retracts=tried.id),
        decide(base, "withdraw", gone, successor="git/twice"),
    ]
    decide(base, "confirm", twice)
    decide(base, "outcome", twice)
    name, lines = packed(decided)
    base.put(f"ledger/{name}", lines)
    base.drop(*(f"ledger/{event.name}" for event in decided))
    base.put("raw/foreign.json", ERRORCANON.to_source(complete(record("foreign"))))
    base.ingest()
    ingest(base.workspace, [base.root / "raw/foreign.json"], Request(as_of=DAY, jobs=1, form="errorcanon"))
    with store.read(base.workspace.store) as opened:
        # findings of single records seldom wait for another, and few texts are held by thousands of signatures
        empty = [
            f"{table}.{column.name}"
            for table, (_, columns) in (tables() | working_tables()).items()
            for column in columns
            if table not in {"withheld", "bounds"} and not opened.value(f'SELECT count("{column.name}") FROM {table}')  # noqa: S608 - ours
        ]
    assert not empty, f"fill {', '.join(empty)} in sql/enter.sql, and give this test a record that has it"
    assert [c.name for c in working_tables()["withheld"][1]] == [c.name for c in tables()["findings"][1]]


def test_every_field_of_a_record_has_a_column_or_a_table() -> None:
    in_tables = {"versions", "dead_ends", "workarounds", "workarounds_zh", "transition_graph"}
    missing = shapes()["record"].known - in_tables - {*layout.own_columns(), *NOTES, *KEPT_FOR_KB}
    assert not missing, f"list {', '.join(sorted(missing))} in CREATE TABLE records of pipeline/kb/store/sql/schema.sql"


def test_a_table_without_a_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = "CREATE TABLE hosts ( -- Hosts.\n    host VARCHAR NOT NULL -- The host.\n);\n"
    monkeypatch.setattr(layout, "script", lambda _: table)
    with pytest.raises(
        LookupError, match=r"^list the key of hosts in pipeline/kb/store/sql/schema.sql: `-- key: ` and"
    ):
        layout.keys.__wrapped__()


def test_the_columns_of_a_key_are_columns_of_its_table() -> None:
    for table, (_, columns) in layout.tables().items():
        assert set(layout.keys()[table]) <= {column.name for column in columns}, table


def test_every_macro_says_what_it_is(empty: Path) -> None:
    found = dict(rows(empty, "SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal"))
    assert found == {name: comment for name, (_, _, comment) in layout.macros().items()}
    assert {"trust", "staleness", "review_queue"} <= {name for name, comment in found.items() if comment}


def test_a_store_is_as_it_was_declared(empty: Path, tmp_path: Path) -> None:
    with store.read(empty) as base:
        assert base.unlike_declared() is None
    altered = tmp_path / "altered.duckdb"
    altered.write_bytes(empty.read_bytes())
    with build.change(altered) as base:
        base.query("ALTER TABLE records ALTER confidence TYPE VARCHAR")
        assert base.unlike_declared() == "records.confidence"


# values


EXTREMES: dict[str, Json] = {
    "integers": [2**63 - 1, -(2**63), 2**64 - 1, 0, -1],
    "numbers": [5e-324, -1.7976931348623157e308, 0.1 + 0.2, 1e22, -0.0],
    "texts": ["\U0001f600 \U0001f469\u200d\U0001f680", "é", "日本語", "a\u2028b", '"\\/', "{}", "null"],
    "nothing": [None, [], {}, "", [[]], {"": {"": ""}}],
    "deep": [[[[[[[[1]]]]]]]],
}


def test_extremes_survive(base: Base) -> None:
    slugs = dict(zip("abcdefghij", EXTREMES, strict=False))
    documents = {
        slug: record(slug, os_specific={name: EXTREMES[name]}, extensions={name: EXTREMES[name]})
        for slug, name in slugs.items()
    }
    for slug, document in documents.items():
        base.put(f"raw/git/{slug}.json", document)
    assert base.ingest().published == len(documents) == len(EXTREMES)
    stored = base.query("SELECT doc, os_specific FROM records ORDER BY id")
    for (slug, document), (doc, column) in zip(documents.items(), stored, strict=True):
        for curated in (base.document(slug), orjson.loads(doc)):
            assert orjson.dumps(curated["extensions"]) == orjson.dumps(document["extensions"])
        assert orjson.dumps(orjson.loads(column)) == orjson.dumps(base.document(slug)["os_specific"])


def test_very_long_texts_survive(base: Base) -> None:
    text = "長い text \U0001f600 " * 40_000
    base.record("a", root_cause=text.strip())
    base.ingest()
    assert base.column("SELECT root_cause FROM records") == [text.strip()]
    assert base.document("a")["root_cause"] == text.strip()


def test_nul_characters_survive_where_they_may_stand(base: Base) -> None:
    base.record("a", regex="not a\0git")
    base.put("raw/b.json", b'{"id": "git/b\\u0000", "key\\u0000": "\\u0000"}')
    base.ingest()
    assert base.column("SELECT regex FROM records") == ["not a\0git"]
    assert base.document("a")["regex"] == "not a\0git"
    assert base.column("SELECT raw FROM quarantine") == [b'{"id": "git/b\\u0000", "key\\u0000": "\\u0000"}']


def test_the_largest_count_fits(base: Base) -> None:
    counts = [0, 1, 1_000_000]
    base.put("raw/x.ndjson", ndjson(*(record(f"r{n}", evidence_count=count) for n, count in enumerate(counts))))
    base.ingest()
    assert base.column("SELECT evidence_count FROM records ORDER BY id") == counts


def test_every_day_fits(base: Base) -> None:
    days = ["0001-01-01", "1582-10-10", "1970-01-01", "2024-02-29", "9999-12-31"]
    records = (record(f"r{n}", first_seen=day, last_confirmed=day, last_updated=day) for n, day in enumerate(days))
    base.put("raw/x.ndjson", ndjson(*records))
    base.ingest()
    assert base.query("SELECT first_seen, last_confirmed, last_updated FROM records ORDER BY id") == [
        (dt.date.fromisoformat(day),) * 3 for day in days
    ]


def curated_of(store_: Store) -> dict[str, Document]:
    return {name: orjson.loads(doc) for name, doc in store_.query("SELECT id, doc FROM records").rows}


DATES = ("first_seen", "last_confirmed", "last_updated")
LISTS = ("tags", "aliases", "signatures", "diagnosis", "verify")
SCALARS = (
    "id", "signature", "signature_zh", "regex", "domain", "category", "subcategory", "root_cause", "root_cause_type",
    "root_cause_zh", "official_doc_url", "official_doc_section", "error_code", "verification_tier", "confidence",
    "fix_success_rate", "resolvable", "evidence_count", "locale", "severity",
)  # fmt: skip


def expected_record(doc: Document) -> dict[str, Json]:
    days = {key: doc[key] and dt.date.fromisoformat(doc[key]) for key in DATES}
    lists = {key: doc[key] for key in LISTS}
    return {key: doc[key] for key in SCALARS} | days | lists


def expected_rows(name: str, doc: Document) -> dict[str, list[tuple[Json, ...]]]:
    """The rows of the tables around a record, from its curated document alone."""
    translated = doc["workarounds_zh"] or []
    aligned = len(translated) == len(doc["workarounds"])
    cited: list[tuple[Json, ...]] = (
        [("official", None, 0, doc["official_doc_url"])] if doc["official_doc_url"] is not None else []
    )
    cited += [
        (item, i, j, url)
        for item, key in (("dead_end", "dead_ends"), ("workaround", "workarounds"))
        for i, entry in enumerate(doc[key])
        for j, url in enumerate(entry["sources"] or [])
    ]
    return {
        "dead_ends": [
            (name, i, e["action"], e["why_fails"], e["fail_rate"], e["condition"], e["quote"])
            for i, e in enumerate(doc["dead_ends"])
        ],
        "workarounds": [
            (name, i, e["action"], translated[i] if aligned else None, e["how"], e["success_rate"], e["condition"], e["quote"])
            for i, e in enumerate(doc["workarounds"])
        ],
        "versions": [
            (
                name, i, e["version"], *split_product(e["version"]),
                e["introduced"], e["deprecated"], e["removed"], e["behavior_change"], e["status"],
            )
            for i, e in enumerate(doc["versions"])
        ],
        "transitions": [
            (name, kind, i, e["error_id"], e["probability"], e["condition"], e["distinction"])
            for kind, entries in doc["transition_graph"].items()
            for i, e in enumerate(entries)
        ],
        "sources": [(name, *row) for row in cited],
    }  # fmt: skip


def agree(base: Base) -> None:
    """Every typed column says what the documents say."""
    with store.read(base.workspace.store) as opened:
        documents = curated_of(opened)
        columns = ", ".join([*SCALARS, *DATES, *LISTS])
        for row in opened.query(f"SELECT {columns} FROM records").records():  # noqa: S608 - names of ours
            assert row == expected_record(documents[row["id"]])
        tables = {name: opened.query(f"FROM {name}") for name in expected_rows("", with_changes({}))}
        hostless = [row[:-1] for row in tables["sources"].rows]
    found = {name: table.rows for name, table in tables.items()} | {"sources": hostless}
    for name, present in found.items():
        wanted = [row for record_id, doc in documents.items() for row in expected_rows(record_id, doc)[name]]
        assert sorted(present, key=repr) == sorted(wanted, key=repr)


@pytest.mark.long
@settings(max_examples=5)
@given(st.lists(careless, min_size=20, max_size=30))
def test_typed_columns_say_what_the_document_says(
    tmp_path_factory: pytest.TempPathFactory, careless_records: list[Document]
) -> None:
    base = Base(tmp_path_factory.mktemp("base"))
    named = [{**document, "id": f"git/r{number}"} for number, document in enumerate(careless_records)]
    base.put("raw/x.ndjson", ndjson(*named))
    base.ingest()
    agree(base)


def test_transitions_come_as_ids_or_as_objects(base: Base) -> None:
    graph = {
        "leads_to": ["git/b", {"error_id": "git/c", "probability": 0.25, "condition": "In CI", "distinction": None}],
        "preceded_by": None,
        "frequently_confused_with": [{"error_id": "git/d", "distinction": "It names a branch."}],
    }
    base.record("a", transition_graph=graph)
    base.ingest()
    assert base.query("FROM transitions ORDER BY kind, position") == [
        ("git/a", "frequently_confused_with", 0, "git/d", None, None, "It names a branch."),
        ("git/a", "leads_to", 0, "git/b", None, None, None),
        ("git/a", "leads_to", 1, "git/c", 0.25, "In CI", None),
    ]
    agree(base)


def test_what_a_record_leaves_out_is_null(base: Base) -> None:
    required = ("id", "signature", "regex", "domain", "category", "verification_tier", "confidence", "resolvable")
    full = record("a")
    base.put("raw/git/a.json", {key: full[key] for key in required} | {"dead_ends": [], "workarounds": []})
    base.ingest()
    agree(base)
    assert base.query("SELECT last_confirmed, evidence_count, tags, root_cause FROM records") == [
        (None, None, [], None)
    ]


# versions

PRODUCTS = ("tensorflow", "Java SE", "CUDA", "node.js", "C++", "k8s", "Windows", "ümlaut", "x" * 190)
BETWEEN = (" ", "  ", "@", ":", "/", "-", "==", " - ", " v", " V", " version ", "\u00a0", "\t", "")
NUMBERS = ("2.8.0", "3", "3.11-slim", "10 22H2", "1.0 beta", "8.1\n8.2", "١٧", "2.x", "≥2", "")
ODD = (
    "2.8.0",
    "v2",
    ">=2.8",
    "latest",
    "2.8 (tensorflow)",
    "a1",
    "A 1 B 2",
    "x: ",
    "é 1",
    "a\n1",
    "java\u200317",
    "a 1\u00a0",
)


def test_the_store_parts_versions_as_the_rule_does(base: Base) -> None:
    spellings = [*ODD, *map("".join, itertools.product(PRODUCTS, BETWEEN, NUMBERS))]
    parts = [spellings[i : i + 100] for i in range(0, len(spellings), 100)]
    base.put(
        "raw/x.ndjson",
        ndjson(*(record(f"r{i}", versions=[{"version": text} for text in part]) for i, part in enumerate(parts))),
    )
    assert base.ingest().quarantined == 0
    found = base.query("SELECT version, product, number FROM versions")
    assert len(found) > len(spellings) / 2
    assert [row for row in found if row[1:] != split_product(row[0])] == []


# sources


HOSTS = [
    ("https://git-scm.com/docs/git", "git-scm.com"),
    ("http://Git-SCM.com", "git-scm.com"),
    ("HTTPS://git-scm.com:8443/x", "git-scm.com"),
    ("https://git-scm.com?x=http://a.b/", "git-scm.com"),
    ("https://git-scm.com#https://a.b", "git-scm.com"),
    ("https://git-scm.com/a@b:c", "git-scm.com"),
    ("https://[2606:4700:4700::1111]/x", "2606:4700:4700::1111"),
    ("https://[2606:4700:4700::1111]:443/x", "2606:4700:4700::1111"),
    ("https://1.1.1.1/x", "1.1.1.1"),
    ("https://xn--bcher-kva.example.com/", "xn--bcher-kva.example.com"),
    ("https://BÜCHER.example.com/", "bücher.example.com"),
    ("git-scm.com/docs", None),
    ("https://", None),
    ("see the docs", None),
]


def test_a_source_has_its_host(base: Base) -> None:
    base.put("raw/x.ndjson", ndjson(*(record(f"r{n:02}", official_doc_url=url) for n, (url, _) in enumerate(HOSTS))))
    assert base.ingest().published == len(HOSTS)
    assert base.query("SELECT url, host FROM sources WHERE item = 'official' ORDER BY record_id") == HOSTS


def test_a_curated_document_is_what_was_read(base: Base) -> None:
    base.record("a")
    base.ingest()
    assert body(base.document("a")) == record("a")


def hoard() -> None:
    with build.create(None) as base:
        base.query("SET memory_limit = '20MB'")
        base.query("SELECT list(range) FROM range(100000000)")


def test_too_little_memory_is_one_line() -> None:
    with pytest.raises(KbError, match=r"Out of Memory.*free some disk or memory, nothing was published"):
        hoard()
