"""The corpus rules: what records say against each other, and that comparing few is as good as comparing all."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import re2
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kb import store
from kb.model import Document, Json
from kb.rules import catalogue, collisions
from kb.rules.base import Rule
from kb.rules.match_keys import bands, needs
from kb.settings import Settings
from tests.bases import DAY, Base, copy, ndjson, reading, record
from tests.ledger.bases import decide

pytestmark = pytest.mark.long(every=2)


def found(base: Base, code: str) -> list[tuple[str, str, str]]:
    """What a code says of which record where, without the part of the message that tells what to do."""
    return sorted(
        (f["record"].removeprefix("git/"), f["pointer"], f["message"].partition(";")[0])
        for f in base.lines("findings.ndjson")
        if f["code"] == code
    )


def of_its_own(slug: str, **values: Json) -> Document:
    own: Document = {
        "signature": f"error: {slug}",
        "regex": f"^error: {slug}$",
        "root_cause": None,
        "dead_ends": [],
        "workarounds": [],
    }
    return record(slug, **{**own, **values})


def ingested(base: Base, *documents: Document) -> Base:
    base.put("raw/all.ndjson", ndjson(*documents))
    base.ingest(allow_removals=True)
    return base


# a query that can have no answer is not asked


def test_signatures_that_share_words_are_compared_in_little_memory() -> None:
    """Candidates are many times as many as the pairs that match; they must not be held all at once."""
    words = [
        f"{stem}{end}" for stem in ("adapter", "route", "fragment", "agent", "iterator") for end in ("", "ing", "s")
    ]
    with duckdb.connect(config={"threads": 2, "temp_directory": "", "memory_limit": "150MB"}) as connection:
        connection.execute(
            """CREATE TABLE records AS
            SELECT 'git/record-' || i AS id, text AS signature, NULL::VARCHAR[] AS signatures,
                CASE i WHEN 8 THEN lag(text) OVER (ORDER BY i) ELSE text END AS regex
            FROM (
                SELECT i, array_to_string([$1[1 + (hash(7 * i + k) % len($1))::BIGINT] FOR k IN range(7)], ' ') || ' ' || i AS text
                FROM range(20_000) t(i))
            ORDER BY id""",
            [words],
        )
        connection.execute(
            """CREATE TABLE match_keys AS
            SELECT id AS record_id, [lower(regex)] AS required_literals, false AS compared FROM records"""
        )
        connection.execute("CREATE TABLE bounds (code VARCHAR, literal VARCHAR, one_in BIGINT)")
        connection.execute("CREATE MACRO digest_of(text) AS hash(text) >> 1")

        class Asked:
            def __call__(self, sql: str, **values: object) -> Iterator[tuple[Any, ...]]:
                return iter(connection.cursor().execute(sql, values or None).fetchall())

            def keep(self, name: str, sql: str) -> None:
                connection.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")

        assert list(catalogue()["RGX005"].run(Asked())) == [("git/record-8", "git/record-7", 1.0)]


ONLY_WITH = [rule for rule in catalogue().values() if rule.only_with]


WITHOUT = {
    "IDN004": (
        "match_keys",
        "SELECT * REPLACE ([] AS further_keys) QUALIFY row_number() OVER (PARTITION BY signature_key) = 1",
    ),
    "TXT007": ("match_keys", "LIMIT 5"),
    "DAT007": ("records", "LIMIT 50"),
}
"""The table that a rule asks, as it is where the rule says that it has nothing to find; else by its `only_with`."""


@pytest.fixture(scope="module")
def with_all(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base in which each rule of `ONLY_WITH` has something to look at."""
    base = Base(tmp_path_factory.mktemp("with all"))
    decide(base, "confirm", record("a"))
    decide(base, "refute", record("a"), at="2026-10-02T12:00:00Z", by="person:Bob")
    decide(base, "deprecate", record("b"), reason="old", successor="git/gone")
    for day in range(1, 8):
        decide(base, "outcome", record("b"), at=f"2026-10-0{day}T12:00:00Z")
    a = record("a", verification_tier="reproduced")
    b = record("b", transition_graph={"leads_to": ["git/gone"]}, aliases=["git/a"])
    ingested(base, a, b, *(copy(f"copy-{i}") for i in range(50)))
    return base


@pytest.mark.parametrize("rule", ONLY_WITH, ids=lambda rule: rule.code)
def test_a_rule_finds_nothing_without_what_it_says_it_needs(with_all: Base, rule: Rule) -> None:
    asked = f"SELECT count(*) FROM {rule.only_with}"  # noqa: S608 - of ours
    assert with_all.query(asked) != [(0,)]
    with reading(with_all.workspace.store) as opened, opened.cursor() as cursor:
        cursor.execute("SET VARIABLE ladder = $1::VARCHAR[]", [list(Settings().trust.ladder)])
        cursor.execute("SET VARIABLE votes_per_actor = $1::INTEGER", [Settings().ledger.votes_per_actor])
        name, _, where = rule.only_with.partition(" WHERE ")
        table, rest = WITHOUT.get(rule.code, (name, f"WHERE NOT ({where or 'true'})"))
        cursor.execute(f"CREATE TEMP VIEW {table} AS FROM kb.{table} {rest}")
        assert cursor.execute(asked).fetchone() == (0,)
        day = {"as_of": DAY} if "$as_of" in rule.sql else None
        assert cursor.execute(rule.sql.replace("$as_of", "$as_of::DATE"), day).fetchall() == []


# references, by id or by alias


def test_an_alias_stands_for_its_record(base: Base) -> None:
    ingested(
        base,
        of_its_own("a", transition_graph={"leads_to": ["git/old"], "frequently_confused_with": ["git/old"]}),
        of_its_own("b", aliases=["git/old"], transition_graph={"preceded_by": ["git/a"]}),
    )
    assert found(base, "REF001") == found(base, "REF004") == []
    assert found(base, "REF003") == [
        ("a", "/transition_graph/frequently_confused_with/0",
         '"git/old" does not name this record among what it is confused with')
    ]  # fmt: skip


def test_what_is_in_quarantine_is_nowhere(base: Base) -> None:
    ingested(base, of_its_own("a", transition_graph={"leads_to": ["git/b"]}), of_its_own("b", confidence=85))
    assert found(base, "REF001") == [("a", "/transition_graph/leads_to/0", '"git/b" is in quarantine')]


def test_a_reference_to_itself_is_no_matter_of_two(base: Base) -> None:
    graph = {"leads_to": ["git/a"], "frequently_confused_with": ["git/a"]}
    ingested(base, of_its_own("a", transition_graph=graph))
    assert found(base, "REF001") == found(base, "REF003") == found(base, "REF004") == []


def test_a_long_or_odd_reference_is_shown_short(base: Base) -> None:
    ingested(base, of_its_own("a", transition_graph={"leads_to": ['git/"' + "x" * 200]}))
    ((_, _, message),) = found(base, "REF001")
    assert message == '"git/\\"' + "x" * 33 + "…" + "x" * 14 + '" is the id or alias of no record'


# ids, aliases, signatures


def test_all_who_share_a_signature_are_told_of_the_others(base: Base) -> None:
    ingested(base, *(of_its_own(slug, signature=f"Error  {i}: gone") for i, slug in enumerate("edcba")))
    assert found(base, "IDN004")[0] == (
        "a", "/signature",
        '"Error  4: gone" is also the signature of git/b, git/c, git/d and 1 more (case, spaces and digits aside)',
    )  # fmt: skip
    assert len(found(base, "IDN004")) == 5


def test_an_alias_of_its_own_collides_with_nothing(base: Base) -> None:
    ingested(base, of_its_own("a", aliases=["git/a", "git/b-old", "git/b-old"]), of_its_own("b"))
    assert found(base, "IDN006") == []


def test_an_alias_is_left_to_one(base: Base) -> None:
    ingested(base, of_its_own("a", aliases=["git/x", "git/c"]), of_its_own("b", aliases=["git/x"]), of_its_own("c"))
    assert found(base, "IDN006") == [
        ("a", "/aliases/0", '"git/x" is also an alias of git/b'),
        ("a", "/aliases/1", '"git/c" is the id of another record'),
        ("b", "/aliases/0", '"git/x" is also an alias of git/a'),
    ]


# near copies


def test_a_near_copy_is_told_of_the_one_most_like_it(base: Base) -> None:
    changed = {"workarounds/0/action": "Change into the folder that was cloned, first"}
    ingested(base, copy("a"), copy("b", **changed), copy("c", signature="fatal: not a repository"))
    told = {name: message for name, _, message in found(base, "IDN005")}
    assert told["c"].startswith("reads like git/a: signature, root cause and actions are ")
    assert told.keys() == {"a", "b", "c"}


def test_a_thousand_copies_are_no_million_comparisons(base: Base) -> None:
    ingested(base, *(copy(f"r{i:04}") for i in range(1000)))
    assert len(found(base, "IDN005")) == 1000
    assert base.column("SELECT count(*) FROM pairs WHERE code = 'IDN005'")[0] <= 4 * 1000 + 4


def test_a_text_of_few_words_has_no_bands() -> None:
    assert bands(of_its_own("a")) == []
    assert len(bands(copy("a"))) == 16
    assert bands(copy("a")) == bands(copy("b"))


# boilerplate


def test_pointers_are_into_the_document_as_it_came(base: Base) -> None:
    twice: Json = [
        {"action": f"Do {name}", "why_fails": why, "fail_rate": 0.9, "condition": None, "sources": []}
        for name, why in (
            *[("one", "It never was the cause")] * 3,
            *[("two", "Hides the symptom.")] * 2,
            ("three", "The disk is full."),
        )
    ]
    documents = [of_its_own(f"r{i}", dead_ends=twice) for i in range(6)]
    ingested(base, *documents)
    assert {(pointer, message.partition(" is also")[0]) for _, pointer, message in found(base, "TXT007")} == {
        ("/dead_ends/0/why_fails", '"it never was the cause"'),
        ("/dead_ends/3/why_fails", '"hides the symptom"'),
        ("/dead_ends/5/why_fails", '"the disk is full"'),
    }


def test_a_sentence_is_found_among_others_and_in_its_own_kind_of_place(base: Base) -> None:
    def dead_end(**values: str) -> list[Json]:
        return [{"action": "", "why_fails": "", "fail_rate": None, "condition": None, "sources": [], **values}]

    said = "This hides  the symptom"
    why = [
        of_its_own(f"w{i}", dead_ends=dead_end(why_fails=f"Case {i} is old. {said}! And so on {i}.")) for i in range(5)
    ]
    ingested(base, *why, of_its_own("x", dead_ends=dead_end(action=said)))
    assert found(base, "TXT007") == []
    ingested(base, *why, of_its_own("x", dead_ends=dead_end(why_fails=said.upper())))
    assert [name for name, _, _ in found(base, "TXT007")] == ["w0", "w1", "w2", "w3", "w4", "x"]


def test_a_distinction_that_all_make_tells_nothing_apart(base: Base) -> None:
    def told(name: str, kind: str, distinction: str) -> Document:
        entries = [{"error_id": "git/other"}, {"error_id": "git/other", "distinction": distinction}]
        return of_its_own(name, transition_graph={kind: entries})

    said = [
        told(f"r{i}", "frequently_confused_with", f"No {i}. Check the  details to differentiate.") for i in range(5)
    ]
    ingested(base, *said, told("x", "leads_to", "Check the details, to differentiate."))
    assert found(base, "TXT007") == []
    ingested(base, *said, told("x", "leads_to", "check the details to differentiate"))
    pointers = [pointer for _, pointer, _ in found(base, "TXT007")]
    assert pointers == [
        *["/transition_graph/frequently_confused_with/1/distinction"] * 5,
        "/transition_graph/leads_to/1/distinction",
    ]


# patterns


@pytest.mark.parametrize(
    ("regex", "texts"),
    [
        ("plain text", ["plain text"]),
        (r"not a git\.repo", ["not a git.repo"]),
        (r"Error:? (\d+) while reading", [" while reading"]),
        ("(?:alpha|beta)+ go", ["alpha", "beta"]),
        (r"(foo|ba|\d)x", []),
        (r"x?\bhello\b world$", ["hello world"]),
        ("(?i)HELLO", ["hello"]),
        ("(?P<name>hello)", ["hello"]),
        ("a{0,2}bcd{2,}", []),
        ("[abc]+", []),
        (".*", []),
        ("", []),
        ("(", []),
        ("straße und weg", ["e und weg"]),
        ("连接超时", ["连接超时"]),
        ("|".join(f"{i}word" for i in range(99)), []),
    ],
)
def test_what_every_match_holds(regex: str, texts: list[str]) -> None:
    assert needs(regex) == texts


def brute(patterns: dict[str, str], signatures: dict[str, str]) -> set[tuple[str, str]]:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    hits = set()
    for one, regex in patterns.items():
        pattern = re2.compile(regex, options)
        if not pattern.search(""):
            hits |= {(one, other) for other, text in signatures.items() if one != other and pattern.search(text)}
    return hits


atoms = st.sampled_from(
    ["Error", "fatal", "ſtop", "Kelvin", "K", "git", "é", "ß", "İ", "连接", "x", " ", ": ", "404", "port"]
)
texts = st.lists(atoms, min_size=1, max_size=8).map("".join)
pieces = st.one_of(
    atoms, st.sampled_from([r"\d+", ".*", "(?:git|fatal)", "(error|x)?", "[a-k]", r"\b", "(?:é|port){2}", "s", "k"])
)
patterns = st.lists(pieces, min_size=1, max_size=5).map("".join)


@pytest.mark.parametrize("few", [0, 10**9], ids=["by index", "one by one"])
@settings(max_examples=6)
@given(st.lists(st.tuples(patterns, texts), min_size=2, max_size=40))
def test_collisions_are_those_of_every_pattern_with_every_signature(
    tmp_path_factory: pytest.TempPathFactory, few: int, drawn: list[tuple[str, str]]
) -> None:
    base = Base(tmp_path_factory.mktemp("base"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collisions, "_FEW", few)
        patch.setattr(collisions, "_LARGEST_BUCKET", 2)
        ingested(base, *(of_its_own(f"r{i}", regex=regex, signature=text) for i, (regex, text) in enumerate(drawn)))
    rows = base.query("SELECT id, regex, signature FROM records")
    expected = brute({name: regex for name, regex, _ in rows}, {name: text for name, _, text in rows})
    assert set(base.query("SELECT record_id, other_id FROM pairs WHERE code = 'RGX005'")) == expected


@pytest.mark.long
def test_of_many_collisions_the_first_are_kept_whatever_the_order_they_came_in(base: Base, tmp_path: Path) -> None:
    wide = of_its_own("wide", regex="(fatal|x)")
    many = [of_its_own(f"r{i:03}", signature=f"fatal: {i}") for i in range(150)]
    ingested(base, wide, *many[1::2])
    assert found(base, "RGX005")[0][2].startswith("also matches the signatures of 75 other records, such as git/r001, ")
    for documents in ([wide, *many], [wide, *many[:130]], [wide, *many[60:]], [wide, *many[55:]]):
        ingested(base, *documents)
        fresh = ingested(Base(tmp_path / str(len(documents))), *documents)
        assert found(base, "RGX005") == found(fresh, "RGX005")
    assert found(base, "RGX005")[0][2].startswith("also matches the signatures of 95 other records, such as git/r055, ")


def test_more_than_a_hundred_collisions_are_not_counted(base: Base) -> None:
    ingested(
        base, of_its_own("wide", regex="(fatal|x)"), *(of_its_own(f"r{i}", signature=f"fatal: {i}") for i in range(101))
    )
    assert found(base, "RGX005")[0][2].startswith(
        "also matches the signatures of more than 100 other records, such as git/r0, git/r1, git/r10"
    )


def test_a_pattern_that_matches_nothing_at_all_is_not_a_collision(base: Base) -> None:
    ingested(base, of_its_own("a", regex="(error)?"), of_its_own("b"))
    assert found(base, "RGX005") == []


@pytest.mark.long
def test_too_large_patterns_are_searched_in_parts(monkeypatch: pytest.MonkeyPatch, base: Base) -> None:
    monkeypatch.setattr(collisions, "_FEW", 0)
    monkeypatch.setattr(collisions, "_AT_ONCE", 10_000)
    odd = "|".join(f"(?:{chr(97 + i % 26)}{chr(97 + i // 26)}.{i}y)" for i in range(60))
    documents = [of_its_own(f"r{i:03}", regex=f"{odd}|e.{i:03}$", signature=f"e {i % 9:03}") for i in range(120)]
    ingested(base, *documents)
    assert len(base.query("SELECT * FROM pairs WHERE code = 'RGX005'")) == sum(
        i % 9 == j and i != j for i in range(120) for j in range(120)
    )


def test_patterns_that_share_a_text_are_searched_for_all_at_once(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collisions, "_FEW", 0)
    monkeypatch.setattr(collisions, "_LARGEST_BUCKET", 8)
    rows: list[object] = []
    plain = store.Store.stream

    def counted(*asked: Any, **options: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - as Store.stream
        for row in plain(*asked, **options):
            rows.append(row)
            yield row

    monkeypatch.setattr(store.Store, "stream", counted)
    words = [f"{one}{other}" for one in "abcdefgh" for other in "ijklmnop"]
    ingested(base, *(of_its_own(word, signature=f"{word} failed", regex=f"[{word}]+ failed$") for word in words))
    assert len(words) < len(rows) < 8 * len(words)
    assert set(base.query("SELECT record_id, other_id FROM pairs WHERE code = 'RGX005'")) == {
        (f"git/{one}", f"git/{other}") for one in words for other in words if one != other and one[1] == other[1]
    }


# what too many signatures hold


def bounded_at(patch: pytest.MonkeyPatch, most: int, few: int) -> None:
    patch.setattr(collisions, "_MOST_HELD", most)
    patch.setattr(collisions, "_COUNTED_IN", 2 * most)
    patch.setattr(collisions, "_LARGEST_BUCKET", 2)
    patch.setattr(collisions, "_AT_ONCE", 5)
    patch.setattr(collisions, "_FEW", few)


def digest_of(text: str) -> int:
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], "little")


def in_reach(regex: str, text: str, signatures: set[str], most: int) -> bool:
    """Whether a pattern is held against a signature, by what docs/rules.md says and by nothing else."""

    def one_in(total: int, at_most: int) -> int:
        return next(1 << i for i in range(64) if total <= at_most << i)

    def share(literal: str) -> int:
        sample = one_in(len(signatures), 2 * most)
        held = sum(literal in other.lower() for other in signatures if digest_of(other) % sample == 0)
        return one_in(held * sample if literal else len(signatures), most)

    return any(literal in text.lower() and digest_of(text) % share(literal) == 0 for literal in needs(regex) or [""])


failures = st.tuples(
    st.sampled_from(["failed", "failed|denied", "[abx] failed", "denied$", "[a-h]", "[i-p]+", "(?:a )?denied", "gone"]),
    st.sampled_from(["failed", "denied", "denied, failed", "gone"]),
)
bases = st.dictionaries(st.sampled_from("abcdefghijklmnop"), failures, min_size=2)


# a try takes some ingests, so shrinking would take minutes
@pytest.mark.long
@pytest.mark.parametrize("few", [0, 10**9], ids=["by index", "one by one"])
@settings(max_examples=6, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(bases, min_size=1, max_size=4))
def test_what_a_pattern_is_held_against_depends_on_the_base_alone(
    tmp_path_factory: pytest.TempPathFactory, few: int, drawn: list[dict[str, tuple[str, str]]]
) -> None:
    base, fresh = Base(tmp_path_factory.mktemp("base")), Base(tmp_path_factory.mktemp("fresh"))
    with pytest.MonkeyPatch.context() as patch:
        bounded_at(patch, 3, few)
        for documents in (
            [of_its_own(slug, regex=regex, signature=f"{slug} {text}") for slug, (regex, text) in one.items()]
            for one in drawn
        ):
            ingested(base, *documents)
        ingested(fresh, *documents)
    assert base.curated() == fresh.curated()
    assert base.tables() == fresh.tables()
    rows = base.query("SELECT id, regex, signature FROM records")
    texts = {name: text for name, _, text in rows}
    expected = {
        (one, other)
        for one, other in brute({name: regex for name, regex, _ in rows}, texts)
        if in_reach(next(regex for name, regex, _ in rows if name == one), texts[other], {*texts.values()}, 3)
    }
    assert set(base.query("SELECT record_id, other_id FROM pairs WHERE code = 'RGX005'")) == expected


def test_what_is_bounded_is_said(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [of_its_own(f"r{i}", signature=f"{i} failed", regex=f"^[{i}2468].failed$") for i in range(10)]
    ingested(base, *documents)
    assert [message for *_, message in found(base, "RGX005") if "one in" in message] == []
    bounded_at(monkeypatch, 5, 0)
    ingested(base, *documents, of_its_own("a"))
    said = [message for *_, message in found(base, "RGX005")]
    assert said
    assert all(message.endswith(" (held against one in 2 of those that it may match)") for message in said)


# what is written


def test_a_run_writes_only_what_differs(base: Base) -> None:
    ingested(base, *(of_its_own(slug, signature="one for all") for slug in "abc"))
    before = base.query("SELECT rowid, record_id, code FROM findings WHERE code IN ('IDN004', 'REF001') ORDER BY ALL")
    assert len(before) == 3
    ingested(base, *(of_its_own(slug, signature="one for all") for slug in "abc"), of_its_own("d", aliases=["git/a"]))
    after = base.query("SELECT rowid, record_id, code FROM findings WHERE code IN ('IDN004', 'REF001') ORDER BY ALL")
    assert after == before
    assert found(base, "IDN006") == [("d", "/aliases/0", '"git/a" is the id of another record')]


def test_foreign_records_are_pointed_into_as_they_came(base: Base, corpora: Path) -> None:
    for error in ("elasticsearch/index-read-only", "database/elasticsearch-index-read-only"):
        for path in (corpora / "errorcanon/canons" / error).iterdir():
            base.put(f"raw/{error}/{path.name}", path.read_bytes())
    base.ingest()
    with reading(base.workspace.store) as opened:
        assert {row[0] for row in opened.query("SELECT pointer FROM findings WHERE code = 'IDN004'").rows} == {
            "/error/signature"
        }


def test_a_finding_on_a_whole_record_is_stamped_whatever_keys_the_record_has(base: Base) -> None:
    ingested(base, copy("a", **{"": None}), copy("b", **{"": 1}))
    stamped = {f["record"] for f in base.lines("findings.ndjson") if f["code"] == "IDN005" and f["fingerprint"]}
    assert stamped == {"git/a", "git/b"}
