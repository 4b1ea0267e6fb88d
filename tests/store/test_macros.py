"""Trust and age in SQL, held against the formulas in plain Python."""

import datetime as dt
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.columns import ID
from kb.contract import CURATED, schema
from kb.sources import file_of
from kb.store import Store, build
from kb.words import show
from tests.bases import DAY

pytestmark = pytest.mark.long(every=3)

NEAR = 1.5e-6
"""Six digits, and the last may fall either way."""


class Belief(NamedTuple):
    """What trust is computed from."""

    age: int | None
    ttl: int
    declared: float
    ceiling: float


def factor(age: int | None, ttl: int) -> Fraction:
    """1 up to half the time to live, then linear to 0.5 at twice it, then 0.5."""
    if age is None:
        return Fraction(1, 2)
    start, end = Fraction(ttl, 2), Fraction(2 * ttl)
    progress = min(max((age - start) / (end - start), Fraction(0)), Fraction(1))
    return 1 - progress / 2


def freshness(age: int | None, ttl: int) -> str:
    if age is None:
        return "unknown"
    return "fresh" if 2 * age <= ttl else "aging" if age <= ttl else "stale"


def seen(belief: Belief) -> int | None:
    """The age, where there is one: nobody can have confirmed tomorrow."""
    return None if belief.age is None or belief.age < 0 else belief.age


def effective(belief: Belief) -> float:
    return float(min(Fraction(belief.declared), Fraction(belief.ceiling)) * factor(seen(belief), belief.ttl))


@pytest.fixture(scope="module")
def base() -> Iterator[Store]:
    with build.create(None) as opened:
        yield opened


def fill(base: Store, beliefs: list[Belief]) -> None:
    """Records with these beliefs and nothing else to say, named by their place."""
    for table in ("records", "transitions", "findings", "workarounds"):
        base.query(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
    days = [None if belief.age is None else DAY - dt.timedelta(days=belief.age) for belief in beliefs]
    base.query(
        """INSERT INTO records BY NAME SELECT
            unnest($1::VARCHAR[]) AS id, '' AS signature, '' AS regex, 'git' AS domain, '' AS category,
            'reproduced' AS verification_tier,
            unnest($2::DOUBLE[]) AS confidence, 'true' AS resolvable, unnest($3::DATE[]) AS last_confirmed,
            2 AS distinct_sources, unnest($4::DOUBLE[]) AS evidence_ceiling, unnest($5::INTEGER[]) AS time_to_live,
            CAST(generate_subscripts($1::VARCHAR[], 1) - 1 AS VARCHAR) AS path, 0 AS position,
            '' AS digest, '' AS content, '{}' AS doc""",
        [
            [f"git/{number:03}" for number in range(len(beliefs))],
            [belief.declared for belief in beliefs],
            days,
            [belief.ceiling for belief in beliefs],
            [belief.ttl for belief in beliefs],
        ],
    )


def ask(base: Store, macro: str) -> list[dict[str, Any]]:
    return base.query(f"SELECT * FROM {macro}($day) ORDER BY id", {"day": DAY}).records()  # noqa: S608 - a name of ours


rates = st.floats(0, 1) | st.sampled_from([0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 1.0])
beliefs = st.lists(
    st.builds(Belief, st.none() | st.integers(-400, 80_000), st.integers(1, 36_500), rates, rates),
    min_size=1,
    max_size=20,
)
EDGES = [
    Belief(age, ttl, 0.9, 0.6) for ttl in (1, 2, 3, 365) for age in (0, ttl // 2, ttl // 2 + 1, ttl, ttl + 1, 2 * ttl)
]


@given(beliefs)
@example(EDGES)
def test_trust_is_what_its_formula_says(base: Store, beliefs: list[Belief]) -> None:
    fill(base, beliefs)
    for belief, row in zip(beliefs, ask(base, "trust"), strict=True):
        age = seen(belief)
        assert (row["age"], row["freshness"]) == (age, freshness(age, belief.ttl))
        assert row["factor"] == pytest.approx(float(factor(age, belief.ttl)), abs=NEAR)
        assert row["effective"] == pytest.approx(effective(belief), abs=NEAR)
        assert row["overconfidence"] == pytest.approx(belief.declared - effective(belief), abs=NEAR)
        assert 0 <= row["effective"] <= min(belief.declared, belief.ceiling) + NEAR
        assert all(round(row[key], 6) == row[key] for key in ("factor", "effective", "overconfidence"))


@given(beliefs)
@example(EDGES)
def test_trust_says_why(base: Store, beliefs: list[Belief]) -> None:
    fill(base, beliefs)
    for belief, row in zip(beliefs, ask(base, "trust"), strict=True):
        assert ("(2 sources, reproduced)" in row["why"]) == (belief.declared > belief.ceiling)
        assert ("never confirmed" in row["why"]) == (belief.age is None)
        assert ("confirmed only later" in row["why"]) == (belief.age is not None and belief.age < 0)
        assert (" days old, limit " in row["why"]) == (seen(belief) is not None and row["factor"] < 1)


@given(beliefs)
@example(EDGES)
def test_staleness_counts_days(base: Store, beliefs: list[Belief]) -> None:
    fill(base, beliefs)
    for belief, row in zip(beliefs, ask(base, "staleness"), strict=True):
        age = seen(belief)
        overdue = None if age is None else age - belief.ttl
        assert (row["age"], row["overdue"], row["freshness"]) == (age, overdue, freshness(age, belief.ttl))


# the queue


class Case(NamedTuple):
    """All that the risk of a record is made from."""

    belief: Belief
    findings: tuple[tuple[str, str, int], ...] = ()
    """Code, severity, and at how many places."""
    workarounds: tuple[tuple[str, str | None], ...] = ()
    """Action and how."""
    root_cause: str | None = None


def fill_cases(base: Store, cases: list[Case]) -> None:
    """Records of these beliefs with what was found in them and what they say."""
    fill(base, [case.belief for case in cases])
    base.query("UPDATE records SET root_cause = $1[CAST(path AS INTEGER) + 1]", [[case.root_cause for case in cases]])
    found = [(str(n), *finding) for n, case in enumerate(cases) for finding in case.findings]
    if found:
        base.query(
            """INSERT INTO findings BY NAME SELECT
                path, 0 AS position, code, code AS name, severity, '' AS pointer, '' AS message, false AS fixable,
                '' AS fingerprint, 0 AS seq
            FROM (SELECT unnest($1::VARCHAR[]) AS path, unnest($2::VARCHAR[]) AS code, unnest($3::VARCHAR[]) AS severity,
                range(unnest($4::BIGINT[])) AS places), unnest(places)""",
            [list(column) for column in zip(*found, strict=True)],
        )
    done = [(f"git/{n:03}", *item) for n, case in enumerate(cases) for item in case.workarounds]
    if done:
        base.query(
            """INSERT INTO workarounds BY NAME SELECT unnest($1::VARCHAR[]) AS record_id, 0 AS position,
                unnest($2::VARCHAR[]) AS action, unnest($3::VARCHAR[]) AS how""",
            [list(column) for column in zip(*done, strict=True)],
        )


def queued(base: Store) -> dict[int, dict[str, Any]]:
    """The queue by the number of each record, in its order."""
    return {int(row["id"][4:]): row for row in base.query("FROM review_queue($day)", {"day": DAY}).records()}


def parts(why: str) -> dict[str, float]:
    """The parts that a `why` tells of."""
    return {name: float(value) for value, name in re.findall(r"(?:^|; )(\d\.\d\d) (\w+):", why)}


GRAVE = ("DED001", "WRK004", "WRK006", "WRK007", "RGX004", "RGX007", "TXT005", "TXT006", "TXT008")
COUNTED_ELSEWHERE = ("DAT006", "EVD001", "EVD005", "IDN002", "LOC002", "RGX002", "RGX006", "SCH003")
TELLING = ("DED005", "IDN004", "IDN005", "RAT005", "REF001", "TXT007", "TXT010", "WRK002", "WRK009")
BY_SEVERITY = {"error": 0.2, "warning": 0.08, "info": 0.0}


def weight(code: str, severity: str) -> float:
    """What one finding weighs."""
    if code in GRAVE or code.startswith("SAF"):
        return 0.2
    if code in COUNTED_ELSEWHERE:
        return 0.0
    return 0.03 if code in TELLING else BY_SEVERITY[severity]


def bare(action: str, how: str | None) -> bool:
    return how is None and "`" not in action and len(action.encode()) < 80


def risky(case: Case, others: int) -> dict[str, float]:
    """The parts of the risk of a record, of which so many others were confirmed on the same day."""
    age = seen(case.belief)
    silent = [item for item in case.workarounds if bare(*item)]
    return {
        "sources": 0.4 * (1 - case.belief.ceiling),
        "findings": min(0.3, sum(weight(code, severity) * min(times, 2) for code, severity, times in case.findings)),
        "vague": 0.1 * len(silent) / max(len(case.workarounds), 1)
        + 0.05 * (len((case.root_cause or "").encode()) < 50),
        "age": 0.2 * (1 - float(factor(age, case.belief.ttl))) + 0.05 * (age is None),
        "bulk": 0.05 * (age is not None and others >= 50),
    }


codes = st.sampled_from(
    [*GRAVE, *COUNTED_ELSEWHERE, *TELLING, "SAF002", "SAF005", "DED002", "RAT003", "VER001", "MINE001"]
)
found = st.lists(
    st.tuples(codes, st.sampled_from(sorted(BY_SEVERITY)), st.integers(1, 4)),
    max_size=4,
    unique_by=lambda item: item[0],
).map(tuple)
actions = st.sampled_from(["Restart it", "Run `git init`", "", "x" * 79, "x" * 80, "重" * 26, "重" * 27])
causes = st.none() | st.sampled_from(["", "x" * 49, "x" * 50, "原" * 16, "原" * 17])
cases = st.builds(
    Case,
    st.builds(Belief, st.none() | st.integers(-400, 2000), st.integers(1, 1000), rates, rates),
    found,
    st.lists(st.tuples(actions, st.none() | st.just("so")), max_size=4).map(tuple),
    causes,
)


@given(st.lists(cases, min_size=1, max_size=12))
def test_the_risk_is_the_sum_of_the_parts_that_it_tells_of(base: Store, cases: list[Case]) -> None:
    fill_cases(base, cases)
    queue = queued(base)
    assert len(queue) == len(cases), "every record has a risk"
    for number, row in queue.items():
        assert 0 <= row["risk"] <= 1
        assert round(row["risk"], 2) == row["risk"]
        told = parts(row["why"])
        assert sum(told.values()) == pytest.approx(row["risk"], abs=1e-9)
        for name, part in risky(cases[number], 0).items():
            assert told.get(name, 0.0) == pytest.approx(part, abs=0.005 + NEAR), name


def worse(case: Case) -> Iterator[Case]:
    """The case with each of its parts made worse."""
    belief = case.belief
    yield case._replace(belief=belief._replace(ceiling=belief.ceiling / 2))
    yield case._replace(belief=belief._replace(age=None))
    if seen(belief) is not None:
        yield case._replace(belief=belief._replace(age=(belief.age or 0) + 100))
        yield case._replace(belief=belief._replace(age=-1))
    for code, severity in (("DED001", "warning"), ("DED002", "warning"), ("TXT007", "info"), ("EVD001", "warning")):
        others = tuple(item for item in case.findings if item[0] != code)
        times = sum(item[2] for item in case.findings if item[0] == code)
        before = next((item[1] for item in case.findings if item[0] == code), severity)
        yield case._replace(findings=(*others, (code, before, times + 1)))
    for i, (action, _) in enumerate(case.workarounds):
        yield case._replace(workarounds=(*case.workarounds[:i], (action, None), *case.workarounds[i + 1 :]))
        yield case._replace(workarounds=(*case.workarounds[:i], ("Try it", None), *case.workarounds[i + 1 :]))
    yield case._replace(root_cause=None)


@given(cases)
def test_what_is_worse_is_never_of_less_risk(base: Store, case: Case) -> None:
    fill_cases(base, [case, *worse(case)])
    queue = queued(base)
    assert all(row["risk"] >= queue[0]["risk"] for row in queue.values())


def test_a_day_on_which_fifty_others_were_confirmed_is_worth_less(base: Store) -> None:
    alone, single = Belief(10, 365, 0.9, 0.8), Belief(11, 365, 0.9, 0.8)
    for others, part in ((49, None), (50, 0.05)):
        fill_cases(base, [Case(single), *[Case(alone)] * (others + 1)])
        queue = queued(base)
        assert parts(queue[1]["why"]).get("bulk") == part
        assert "bulk" not in parts(queue[0]["why"])
    assert f"0.05 bulk: 50 others confirmed on {DAY - dt.timedelta(days=10)}" in queue[1]["why"]


def test_what_nothing_speaks_against_is_in_the_queue_too(base: Store) -> None:
    fill_cases(base, [Case(Belief(1, 365, 1.0, 1.0), root_cause="x" * 50)])
    row = queued(base)[0]
    assert (row["risk"], row["why"], row["place"]) == (0.0, "nothing speaks against it", 1)


@given(
    st.lists(cases, min_size=1, max_size=12), st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=20)
)
def test_among_equals_what_more_records_point_to_comes_first_then_what_claims_too_much(
    base: Store, cases: list[Case], links: list[tuple[int, int]]
) -> None:
    fill_cases(base, cases)
    if links:
        base.query(
            """INSERT INTO transitions BY NAME
            SELECT record_id, 'leads_to' AS kind, 0 AS position, error_id FROM (SELECT
                'git/' || lpad(unnest($1::VARCHAR[]), 3, '0') AS record_id,
                'git/' || lpad(unnest($2::VARCHAR[]), 3, '0') AS error_id)""",
            [[str(start) for start, _ in links], [str(end) for _, end in links]],
        )
    queue = queued(base)
    for number, row in queue.items():
        assert row["pointing"] == len({start for start, end in links if start != end == number})
        assert ("point" in row["why"]) == (row["pointing"] > 0)
    order = [(-row["risk"], -row["pointing"], -row["overconfidence"], number) for number, row in queue.items()]
    assert order == sorted(order)
    assert [row["place"] for row in queue.values()] == list(range(1, len(cases) + 1))


def test_what_is_suppressed_or_repaired_does_not_weigh(base: Store) -> None:
    fill_cases(
        base,
        [Case(Belief(1, 365, 0.5, 1.0), (("DED001", "warning", 1), ("TXT002", "warning", 2)), root_cause="x" * 50)],
    )
    assert parts(queued(base)[0]["why"]) == {"findings": 0.3}
    base.query("UPDATE findings SET suppressed = 'we know' WHERE code = 'DED001'")
    base.query("UPDATE findings SET fixable = true WHERE code = 'TXT002'")
    assert queued(base)[0]["risk"] == 0


@pytest.mark.parametrize("of", ["trust", "staleness"])
def test_a_day_to_come_confirms_nothing(base: Store, of: str) -> None:
    fill(base, [Belief(-1, 365, 0.9, 0.6), Belief(0, 365, 0.9, 0.6)])
    ahead, today = ask(base, of)
    assert (ahead["age"], ahead["freshness"]) == (None, "unknown")
    assert (today["age"], today["freshness"]) == (0, "fresh")
    assert f"confirmed only later, on {DAY + dt.timedelta(days=1)}" in ahead["why"]


def test_before_all_days_nothing_is_confirmed(base: Store) -> None:
    fill(base, [Belief(age, 365, 0.9, 0.6) for age in (0, 100, 1000)])
    rows = base.query("FROM trust(DATE '1999-01-01')").records()
    assert {(row["age"], row["freshness"], row["factor"], row["effective"]) for row in rows} == {
        (None, "unknown", 0.5, 0.3)
    }


@pytest.mark.parametrize(
    ("day", "age", "state", "worth"),
    [("2024-06-01", 0, "fresh", 0.6), ("2025-06-02", 366, "stale", 0.499452), ("2026-11-22", 904, "stale", 0.3)],
)
def test_the_example_record(base: Store, day: str, age: int, state: str, worth: float) -> None:
    confirmed = dt.date(2024, 6, 1)
    fill(base, [Belief((DAY - confirmed).days, 365, 0.9, 0.6)])
    (row,) = base.query("FROM trust($day)", {"day": dt.date.fromisoformat(day)}).records()
    assert (row["age"], row["freshness"]) == (age, state)
    assert row["effective"] == pytest.approx(worth, abs=NEAR)


# twins: what SQL and Python both have to say is said alike


@given(st.text(max_size=90) | st.text(alphabet='"\\\n\u200b\x7fa€', max_size=90))
@example('a "quoted" text\nof more than sixty characters, with a line end in it')
@example("\ufeff\u2028" * 30)
def test_a_text_is_shown_alike_in_sql_and_in_python(base: Store, text: str) -> None:
    assert base.value("SELECT shown($1)", [text.replace("\0", "")]) == show(text.replace("\0", ""))


@given(
    st.text(alphabet="ab/.!zgtr", max_size=20)
    | st.from_regex(r"\Araw/[a-z]+\.(tar\.gz|zip|tgz|json)(!/[a-z]+\.json)?\Z")
)
def test_the_file_of_a_path_is_the_same_in_sql_and_in_python(base: Store, path: str) -> None:
    assert base.value("SELECT file_of($1)", [path]) == file_of(path)


def test_an_id_is_the_same_for_the_schema_and_for_the_tables() -> None:
    assert schema(CURATED)["$defs"]["id"]["pattern"] == f"^{ID}$"


TOLD: tuple[tuple[str, object], ...] = (
    ("file_of('raw/a.zip!x.json')", "raw/a.zip"),
    ("file_of('raw/a.tar.gz!d/x!y.json')", "raw/a.tar.gz"),
    ("file_of('raw/a.zip!b.zip!x.json')", "raw/a.zip"),
    ("file_of('raw/wow!.json')", "raw/wow!.json"),
    ("alike('Error  404:\tNot\nFound 12345')", "error 0: not found 0"),
    ("sentences('Twelve chars')", ["twelve chars"]),
    ("sentences('Eleven char')", []),
    (
        "sentences('Too short. But THIS  one is not! 这一句有十二个字那么长了吧。')",
        ["but this one is not", "这一句有十二个字那么长了吧"],
    ),
    ("some_of(['a', 'b', 'c'], 3)", "a, b, c"),
    ("some_of(['a', 'b', 'c', 'd'], 4)", "a, b, c and 1 more"),
    ("some_of(['a', 'b', 'c'], 9)", "a, b, c and 6 more"),
    ("told_of_age(NULL, NULL)", "never confirmed"),
    ("told_of_age(NULL, DATE '2027-01-01')", "confirmed only later, on 2027-01-01"),
    ("told_of_age(0, DATE '2026-01-01')", "0 days"),
    ("told_of_age(1, DATE '2026-01-01')", "1 day"),
    ("told_of_age(2, DATE '2026-01-01')", "2 days"),
    ("domain_of('git/x/linux')", "git"),
    ("domain_of('git')", None),
    ("bare(repeat('x', 79), NULL)", True),
    ("bare(repeat('x', 80), NULL)", False),
    ("bare('Run it again', 'as root')", False),
    ("bare('Run `make`', NULL)", False),
    ("(SELECT mean(x) FROM (VALUES (0.1), (0.25), (0.33333)) t(x))", 0.2278),
    ("(SELECT stale_share(x) FROM (VALUES ('stale'), ('unknown'), ('fresh')) t(x))", 0.6667),
    ("(SELECT stale_share(x) FROM (SELECT 'stale' AS x WHERE false))", None),
)


@pytest.mark.parametrize(("asked", "answer"), TOLD, ids=[asked for asked, _ in TOLD])
def test_a_macro_says_what_its_comment_says(base: Store, asked: str, answer: object) -> None:
    assert base.query(f"SELECT {asked} AS answer").records() == [{"answer": answer}]


@pytest.mark.parametrize("length", [1, 58, 59, 119, 120, 121, 200, 100_000])
@pytest.mark.parametrize("middle", ["", "\u202e", '"\\'])
def test_a_text_is_shown_as_in_messages_of_python(base: Store, length: int, middle: str) -> None:
    """Of a long one only what is shown of it is spelled out: to do that with all of it takes the square of its length."""
    text = ("abcdefghij" * (length // 10 + 1))[:length]
    text = text[: length // 2] + middle + text[length // 2 :]
    assert base.query("SELECT shown($text) AS answer", {"text": text}).records() == [{"answer": show(text)}]


WEIGHTS = (
    ("SAF001", "info", 0.20),
    ("WRK004", "error", 0.20),
    ("TXT008", "warning", 0.20),
    ("SCH003", "error", 0.00),
    ("DAT006", "warning", 0.00),
    ("RAT005", "warning", 0.03),
    ("WRK009", "info", 0.03),
    ("RAT001", "error", 0.20),
    ("RAT003", "warning", 0.08),
    ("RAT002", "info", 0.00),
)


@pytest.mark.parametrize(("code", "severity", "weight"), WEIGHTS)
def test_a_finding_weighs_what_docs_trust_says(base: Store, code: str, severity: str, weight: float) -> None:
    answer = base.query("SELECT CAST(weight_of($code, $severity) AS DOUBLE) AS w", {"code": code, "severity": severity})
    assert answer.records() == [{"w": weight}]


def test_findings_of_kb_toml_and_suppressed_ones_count_only_where_everything_is_asked(base: Store) -> None:
    fill(base, [Belief(0, 365, 0.9, 0.6)])
    base.query(
        """INSERT INTO findings BY NAME SELECT
            unnest(['0', '0', 'kb.toml', '1']) AS path, 0 AS position, unnest(['git/000', 'git/000', NULL, 'svn/x']) AS record_id,
            unnest(['DED001', 'DED002', 'SUP001', 'RAT001']) AS code, '' AS name, 'info' AS severity, '' AS pointer,
            '' AS message, false AS fixable, '' AS fingerprint, unnest([NULL, 'known', NULL, NULL]) AS suppressed,
            unnest([0, 1, 0, 0]) AS seq"""
    )
    asked = "SELECT code, domain, published FROM judgements({}) ORDER BY code"
    assert base.query(asked.format("")).rows == [("DED001", "git", True), ("RAT001", "svn", False)]
    assert len(base.query(asked.format("everything := true")).rows) == 4
    assert base.query(asked.format("of_domain := 'svn'")).rows == [("RAT001", "svn", False)]
    assert base.query(asked.format("of_tier := 'reproduced'")).rows == [("DED001", "git", True)]
