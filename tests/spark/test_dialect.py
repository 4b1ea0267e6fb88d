"""The words of the store in Spark's: each corpus rule has some, and none is left out in silence."""

import pytest

from kb.rules import catalogue
from kb.rules.base import Stage

pytest.importorskip("sqlglot", reason="sqlglot is not installed; it comes with the extra `spark`")

from kb.spark.dialect import UntranslatedError, in_steps, translated

pytestmark = pytest.mark.spark

CORPUS = [code for code, rule in catalogue().items() if rule.sql and rule.stage is Stage.CORPUS]


@pytest.mark.parametrize("code", CORPUS)
def test_every_corpus_rule_has_words(code: str) -> None:
    words = translated(catalogue()[code].sql, {"ladder": ["a", "b"], "votes_per_actor": 1})
    assert words
    assert "UNNEST(" not in words.upper()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT min(x, 3) FROM t", "SELECT SLICE(ARRAY_SORT(COLLECT_LIST(x)), 1, 3) FROM t"),
        ("SELECT x[1], x[n + 1] FROM t", "SELECT GET(x, 0), GET(x, (n + 1) - 1) FROM t"),
        ("SELECT [y + 1 FOR y IN x IF y > 2] FROM t", "SELECT TRANSFORM(FILTER(x, y -> y > 2), y -> y + 1) FROM t"),
        ("SELECT len(x), length(y) FROM t", "SELECT ARRAY_SIZE(x), LENGTH(y) FROM t"),
        (
            "SELECT a, unnest(x) AS y, generate_subscripts(x, 1) - 1 AS n FROM t",
            "SELECT a, _u0._v0 AS y, (_u0._p0 + 1) - 1 AS n FROM t LATERAL VIEW POSEXPLODE(x) _u0 AS _p0, _v0",
        ),
        ("SELECT shown(x) FROM t", "SELECT KB_SHOWN(x) FROM t"),
        (
            "SELECT digest_of(x) FROM t",
            (
                "SELECT (CAST(CONV(ARRAY_JOIN(REVERSE(REGEXP_EXTRACT_ALL(SUBSTR(MD5(x), 1, 16), '..', 0)), ''), 16, -10)"
                " AS BIGINT)) FROM t"
            ),
        ),
    ],
)
def test_where_the_engines_part(ours: str, theirs: str) -> None:
    assert translated(ours) == theirs


def test_what_has_no_words_is_named() -> None:
    with pytest.raises(UntranslatedError):
        translated("SELECT x[2:] FROM t")


_A = "WITH a AS (SELECT _u0._v0 AS y FROM t LATERAL VIEW POSEXPLODE(x) _u0 AS _p0, _v0)"


def test_what_a_query_reads_more_than_once_comes_first() -> None:
    steps = in_steps(
        "WITH a AS (SELECT unnest(x) AS y FROM t), b AS (SELECT y FROM a JOIN s USING (y)) SELECT y FROM b JOIN b AS c USING (y)"
    )
    ((name, words),) = steps.shared.items()
    assert words == f"{_A} SELECT y FROM a JOIN s USING (y)"  # noqa: S608 - of ours
    assert steps.query.endswith(f" SELECT y FROM {name} AS b JOIN {name} AS c USING (y)")  # noqa: S608 - of ours


def test_a_part_that_is_read_once_stays_where_it_is() -> None:
    query = "WITH a AS (SELECT unnest(x) AS y FROM t) SELECT y FROM a"
    assert in_steps(query) == ({}, translated(query))


def test_a_part_has_one_name_in_whatever_query_it_stands() -> None:
    one = in_steps("WITH a AS (SELECT unnest(x) AS y FROM t) SELECT y FROM a JOIN a AS b USING (y)")
    other = in_steps(
        "WITH z AS (SELECT unnest(w) AS v FROM u), a AS (SELECT unnest(x) AS y FROM t) SELECT y FROM a, a AS b, z"
    )
    assert one.shared.keys() == other.shared.keys()


def test_parts_that_say_something_else_have_other_names() -> None:
    one = in_steps("WITH a AS (SELECT y FROM t WHERE y > 1) SELECT y FROM a JOIN a AS b USING (y)")
    other = in_steps("WITH a AS (SELECT y FROM t WHERE y > 2) SELECT y FROM a JOIN a AS b USING (y)")
    assert one.shared.keys().isdisjoint(other.shared)
