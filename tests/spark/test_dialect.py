"""The words of the store in Spark's: each corpus rule has some, and none is left out in silence."""

import pytest

from kb.rules import catalogue
from kb.rules.base import Stage

pytest.importorskip("sqlglot", reason="sqlglot is not installed; it comes with the extra `spark`")

from kb.spark.dialect import UntranslatedError, translated

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
