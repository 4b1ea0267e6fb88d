"""What is done for speed gives what the slow and simple way gives.

Each shortcut of the record stage that has its test nowhere else is held against the way without it, over records that
nobody would write on purpose. `make torture` takes forty times as many.
"""

import random
import tempfile
from functools import cache
from itertools import permutations
from pathlib import Path

import orjson
import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from kb import columns, contract
from kb.analysis import active, encodings, harm, losses, orders, placeholders, remote, urls
from kb.analysis.phrases import PhraseTable
from kb.contract import UnreadableError
from kb.curate.record import curate, curate_each
from kb.jobs.validate import validate
from kb.judging import bench
from kb.judging.request import Request
from kb.model import Curated, Document, Json, Kind, Rejected
from kb.publish import integrity
from kb.rules import catalogue, places
from kb.rules.base import Record
from kb.rules.ruleset import RuleSet
from kb.settings import RuleSettings, Settings
from kb.store import build, layout
from tests.bases import DAY, Base
from tests.careless import near, records
from tests.conftest import LONGEST, default_rules, incoming, judge

pytestmark = pytest.mark.long(every=3)

MANY = 12_000 if LONGEST else 300


@cache
def raws() -> list[bytes]:
    return list(records(MANY))


@cache
def documents() -> list[Document]:
    return [document for raw in raws() if isinstance(document := _parsed(raw), dict)]


def _parsed(raw: bytes) -> Json:
    """What orjson reads; None where it reads nothing."""
    try:
        parsed: Json = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return parsed


def accepted() -> list[Document]:
    return [document for document in documents() if contract.accepts(document)]


# contract.read: what orjson reads and writes back as it was needs no stricter reader


def _read(raw: bytes) -> str:
    try:
        return repr(contract.read(raw))
    except UnreadableError as error:
        return str(error).partition(" at line")[0]


ODD = (
    *(b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'{"a":1,"\\u0061":1}', b'{"a":1e400}', b'{"a":1E2}', b'{"a":1.0e0}'),
    *(
        b'{"a":-0}',
        b'{"a":-0.0}',
        b'{"a":18446744073709551616}',
        b'{"a":0.10000000000000000001}',
        b'{"a":"\\ud800"}',
        b'{"a":1}x',
    ),
)


def test_a_plain_record_is_read_as_any_other() -> None:
    for raw in [*raws(), *ODD, *(raw[: len(raw) // 2] for raw in raws()[:50])]:
        assert _read(raw) == _read(b" " + raw), raw


# contract.complete: keys in order, by laying an object over an empty one


def test_an_object_is_completed_as_key_by_key() -> None:
    for shape in contract.shapes().values():
        for document in (*documents(), *(item for one in documents() for item in _objects(one))):
            others = sorted(key for key in document if key not in shape.keys and key not in shape.known)
            kept = {key: document.get(key) for key in shape.keys} | {key: document[key] for key in others}
            if "extensions" in shape.known and document.get("extensions"):
                kept["extensions"] = document["extensions"]
            full = shape.complete(document)
            assert list(full) == list(kept)
            assert all(full[key] == value for key, value in kept.items() if value is not None)
            assert {key for key in full if full[key] is None} <= shape.nullable | set(others)


def _objects(value: Json) -> list[Document]:
    """All objects inside a value."""
    if isinstance(value, list):
        return [found for child in value for found in _objects(child)]
    if isinstance(value, dict):
        return [value, *(found for child in value.values() for found in _objects(child))]
    return []


# places: texts without their pointers


def test_the_strings_of_a_document_are_its_texts() -> None:
    for document in documents():
        assert sorted(places.strings(document)) == sorted(text for _, text in places.texts(document))


# what is looked for in all texts of a record at once is in none of them where it is not found so


def _texts() -> list[list[str]]:
    """The texts of records, and of each record one put into a sentence, for where a text begins and ends counts."""
    as_they_are = [[text for _, text in places.texts(document)] for document in documents()]
    return as_they_are + [
        [*texts, f"Then {texts[n % len(texts)]} again"] for n, texts in enumerate(as_they_are) if texts
    ]


@pytest.mark.parametrize(
    "table",
    [orders.ORDERS, orders.TAGS, active.TAGS, harm.PHRASES, remote.PHRASES],
    ids=["orders", "roles", "html", "harm", "remote"],
)
def test_a_phrase_that_is_in_none_of_some_texts_is_in_none_of_them_alone(
    table: PhraseTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = ["\0".join(texts) for texts in _texts()]
    monkeypatch.setattr(table, "_asked", 1 << 20)  # often enough for the automaton
    missing = [texts for texts, together in zip(_texts(), joined, strict=True) if table.is_in_none(together)]
    assert 0 < len(missing) < len(joined)
    for texts in missing:
        assert [text for text in texts if next(table.places(text), None)] == []


def test_html_that_is_in_none_of_some_texts_is_in_none_of_them_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active.TAGS, "_asked", 1 << 20)
    for texts in _texts():
        if active.is_in_none("\0".join(texts)):
            assert [text for text in texts if active.active(text) is not None] == []


def test_what_begins_as_no_placeholder_holds_no_place() -> None:
    for texts in _texts():
        told = [(f"/{n}", text) for n, text in enumerate(texts)]
        assert list(placeholders.holding(told)) == [(p, text) for p, text in told if placeholders.holds_a_place(text)]


def test_code_that_cannot_be_empty_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = [" ".join(parts) for parts in permutations(["`git log`", "`git push `", "``", "` `", "`", "a ` b"], 3)]
    texts = [text for texts in _texts() for text in texts if "`" in text] + ticks
    quick = [list(losses.losses(text)) for text in texts]
    monkeypatch.setattr(losses, "_may_lack_code", lambda _: True)
    assert quick == [list(losses.losses(text)) for text in texts]


@given(st.text(st.sampled_from("文件没有权限命令错误�目录请先运行编码，。a ' é"), max_size=8))
def test_text_in_the_wrong_encoding_passes_the_screen(right: str) -> None:
    for wrong in (right.encode().decode(code, "replace") for code in ("gb18030", "cp1252", "latin-1", "cp1251")):
        if encodings.meant(wrong) or encodings.lost(wrong, ""):
            assert re2.search(encodings.SCREEN, orjson.dumps({"a": wrong})), wrong


_HELD = st.sampled_from(sorted(placeholders.ALL_THERE_IS))
_SPACE = st.text(st.sampled_from(" \t\n\x0b\x1f\xa0\u2003\u3000"), min_size=1, max_size=3)
_MARKED = st.text(st.sampled_from("todoTBDfixmeFIXME:(-[]<>lorem ipsumxX…?!*~_/\\\"'。（】 \n\x1f\u3000"), max_size=12)


@given(st.lists(_HELD | _SPACE | _MARKED | st.text(max_size=4), max_size=5).map("".join), _SPACE)
def test_a_text_that_holds_a_place_passes_the_screen(text: str, space: str) -> None:
    for spelled in (text, text.upper(), text.replace(" ", space)):
        if spelled and placeholders.holds_a_place(spelled):
            assert re2.search(placeholders.SCREEN, orjson.dumps({"id": "a/b", "a": [spelled], "b": None})), spelled


@given(
    st.lists(
        st.sampled_from(["= ", "=:", '="', "='", 'r "', 'c "', "r '", "c '", " :", *" ;,.)(`=\"'“”‘’「」《》ab\n\t"]),
        max_size=8,
    ).map("".join)
)
def test_a_text_with_a_gap_passes_the_screen(text: str) -> None:
    if losses.kinds_in([text]):
        assert re2.search(losses.SCREEN, orjson.dumps({"id": "a/b", "a": text})), text


# contract.accepts: the fast validator says what the one that explains says


def test_what_is_accepted_has_nothing_to_be_explained() -> None:
    for document in documents():
        assert contract.accepts(document) == (not list(contract.violations(document))), document


# contract.complete: an object that has its keys in order is not put in order


def _reversed(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(child) for child in value] if isinstance(value, list) else value


def test_the_order_in_which_keys_came_makes_no_difference() -> None:
    for document in accepted():
        free = {key: document[key] for key in ("os_specific", "extensions") if key in document}
        other = {**_reversed(document), **free}
        one, another = contract.complete(document), contract.complete(other)
        assert list(one) == list(another)
        assert orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(another, option=orjson.OPT_SORT_KEYS)


# columns.keeps: values of one kind are looked at together


def test_values_at_once_and_one_by_one_come_to_the_same() -> None:
    ladder = Settings().trust.ladder
    spoilt = [orjson.loads(raw) for code in ("SCH004", "RAT001", "DAT001") for raw in near(catalogue()[code])]
    complete = [contract.complete(d) for d in [*documents(), *spoilt] if contract.accepts(d)]
    verdicts = [columns.keeps(document, ladder) for document in complete]
    assert verdicts == [not list(columns.told(document, ladder)) for document in complete]
    assert set(verdicts) == {True, False}


# Record: what is worked out once must not be worked out of lists that a fix has its marks in


@pytest.mark.parametrize("code", [code for code, rule in catalogue().items() if rule.kind is not Kind.CORPUS])
def test_a_rule_that_is_run_alone_raises_nothing(code: str) -> None:
    rules = RuleSet(Settings(rules=RuleSettings(select=(code,))))
    for raw in [*near(catalogue()[code])][:: 1 if MANY > 1000 else 7]:
        assert isinstance(judge(raw, rules), Curated | Rejected)


# Record: where all links are ordinary none is taken apart


def test_links_that_are_not_taken_apart_are_as_if_they_were() -> None:
    for document in accepted():
        record = Record(contract.complete(document), document, "x.json", None, Settings())
        links = [(pointer, url, urls.take_apart(url)) for pointer, url, _ in record.links]
        assert record.links == links
        assert record.odd_links == [link for link in links if link[2].fault or link[2].danger]
        assert record.distinct_pages == len({reading.page for _, _, reading in links if reading.fault is None})
        assert record.distinct_sources == len({reading.page for _, _, reading in links if reading.is_evidence})


_STEP = st.sampled_from(
    [
        "docs",
        "en",
        "latest",
        "v1.2",
        "index.html",
        "wiki",
        "a",
        "rollback-5.html",
        "tagged",
        "issues",
        "questions",
        "python",
        "",
        "html",
    ]
)
_HOST = st.sampled_from(["docs.python.org", "github.com", "gitlab.com", "example.org", "a.readthedocs.io", "git.sr.ht"])


@given(
    st.lists(st.builds(lambda host, steps: "/".join([host, *steps]), _HOST, st.lists(_STEP, max_size=5)), max_size=4)
)
def test_ways_in_are_found_among_many_pages_as_one_by_one(pages: list[str]) -> None:
    assert urls.fronts_among(pages) == [page for page in pages if urls.front(page)]


# curate_each: records are judged some at a time, rule by rule


def test_records_some_at_a_time_and_one_by_one_come_to_the_same() -> None:
    batch = [incoming(raw, f"x/{i}.json") for i, raw in enumerate(raws()[: 75 if MANY < 1000 else MANY])]
    at_once = list(curate_each(iter(batch), default_rules()))
    assert [one for one, _ in at_once] == batch
    assert repr([outcome for _, outcome in at_once]) == repr([curate(one, default_rules()) for one in batch])


# judging._alone: a record that no corpus rule can speak of needs no store


@pytest.mark.parametrize("start", range(0, MANY, max(MANY // 6, 1)))
def test_a_record_alone_is_judged_as_it_is_among_others(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Base(Path(folder))
        path = base.put("raw/one.json", raws()[start])
        alone = validate(base.workspace, [path], Request(DAY, jobs=1))
        monkeypatch.setattr(bench, "_alone", lambda *_: None)
        assert validate(base.workspace, [path], Request(DAY, jobs=1)) == alone


# gate.check: if the sample rows of a table keep its contract, all rows do

SPOIL = (
    ("records", "confidence", ("0", "1", "-0.1", "1.5", "'nan'")),
    ("records", "fix_success_rate", ("NULL", "0", "2", "'nan'")),
    ("records", "evidence_count", ("0", "-1", "NULL")),
    ("records", "time_to_live", ("0", "1")),
    ("records", "resolvable", ("'maybe'", "'false'")),
    ("records", "verification_tier", ("'sure'", "''")),
    ("records", "id", ("'git/x y'", "'git/none'", "''")),
    ("dead_ends", "fail_rate", ("1", "1.01", "NULL")),
    ("dead_ends", "record_id", ("'git/gone'", "'git/a'")),
    ("dead_ends", "position", ("0", "7")),
    ("workarounds", "success_rate", ("-1", "0")),
    ("transitions", "probability", ("3", "0.5")),
    ("transitions", "kind", ("'near'", "'leads_to'")),
    ("sources", "item", ("'blog'", "'official'")),
    ("findings", "severity", ("'fatal'", "'info'")),
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    base = Base(tmp_path_factory.mktemp("base"))
    for slug in "abcdefgh":
        graph = {"leads_to": ["git/a", {"error_id": "git/b", "probability": 0.5}]}
        base.record(
            slug, transition_graph=graph, dead_ends=[] if slug == "c" else [{"action": f"Try {slug}", "fail_rate": 0.9}]
        )
    base.ingest()
    return base


@pytest.mark.parametrize("seed", range(60 if MANY > 1000 else 6))
def test_the_sample_rows_of_a_table_speak_for_all_its_rows(
    base: Base, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    path = tmp_path / "kb.duckdb"
    path.write_bytes(base.workspace.store.read_bytes())
    with build.change(path) as opened:
        for table, column, values in chance.sample(SPOIL, chance.choice((1, 1, 2, 3))):
            place = f"(SELECT rowid FROM {table} ORDER BY hash(rowid + {chance.randint(0, 99)}) LIMIT 1)"  # noqa: S608 - names of ours
            opened.query(f"UPDATE {table} SET {column} = {chance.choice(values)} WHERE rowid = {place}")  # noqa: S608 - likewise
        rules = RuleSet(Settings())
        by_sample_rows = integrity.check(opened, rules)
        all_rows = integrity._rows  # noqa: SLF001 - the slow way
        monkeypatch.setattr(integrity, "_sample_rows", lambda _, table, schema, __: all_rows(table, schema))
        assert integrity.check(opened, rules) == by_sample_rows


def _spoilt(table: str, column: str, value: str) -> str:
    return f"UPDATE {table} SET {column} = {value} WHERE record_id = $id"  # noqa: S608 - names of ours


SPOIL_ONE = (
    *(_spoilt(t, c, v) for t, c, values in SPOIL for v in values if t in layout.of_documents() and v != "'git/a'"),
    *(f"INSERT INTO {table} SELECT * FROM {table} WHERE record_id = $id" for table in layout.of_documents()),  # noqa: S608 - likewise
    *(f"DELETE FROM {table} WHERE record_id = $id" for table in layout.of_documents()),  # noqa: S608 - likewise
    "DELETE FROM records WHERE id = $id",
    "UPDATE records SET confidence = 0.123 WHERE id = $id",
    "INSERT INTO records SELECT * FROM records WHERE id = $id",
)
"""What breaks a contract, or not, in the rows of one record."""


@pytest.mark.parametrize("seed", range(200 if MANY > 1000 else 8))
def test_the_rows_of_touched_records_speak_for_all_rows(base: Base, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    path = tmp_path / "kb.duckdb"
    path.write_bytes(base.workspace.store.read_bytes())
    with build.change(path) as opened:
        touched = chance.sample([f"git/{slug}" for slug in "abcdefgh"], chance.choice((1, 2, 4)))
        opened.lay_out("touched", {"id": "VARCHAR"}, [(name,) for name in (*touched, "git/gone")])
        for sql in chance.sample(SPOIL_ONE, chance.choice((1, 1, 2, 3))):
            opened.query(sql, {"id": chance.choice(touched)})
        rules = RuleSet(Settings())
        assert integrity.check(opened, rules, documents="touched") == integrity.check(opened, rules)
