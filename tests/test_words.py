"""The word that was probably meant."""

import pytest

from kb.words import did_you_mean, misspelt, nearest


@pytest.mark.parametrize(("word", "near"), [("DED00", "DED001"), ("ded-ends", "dead-ends"), ("qqqq", None), ("", None)])
def test_the_nearest_word_is_named_only_if_it_is_near(word: str, near: str | None) -> None:
    assert nearest(word, ["DED001", "dead-ends"]) == near


@pytest.mark.parametrize(
    ("word", "otherwise", "hint"),
    [
        ("texts", None, "did you mean `text`?"),
        ("qqqq", "see `kb rules`", "see `kb rules`"),
        ("qqqq", None, "there are text, json"),
    ],
)
def test_a_hint_names_the_nearest_else_the_way_else_all(word: str, otherwise: str | None, hint: str) -> None:
    assert did_you_mean(word, ["text", "json"], otherwise) == hint


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("why_fail", "why_fails"),
        ("whyFails", "why_fails"),
        ("Why-Fails", "why_fails"),
        ("source", "sources"),
        ("confidance", "confidence"),
        ("severity", None),
        ("title", None),
        ("url", None),
        ("description", None),
        ("", None),
        ("$", None),
    ],
)
def test_a_key_is_taken_for_another_only_where_it_is_close(key: str, near: str | None) -> None:
    assert (
        misspelt(key, ["why_fails", "sources", "confidence", "verification_tier", "first_seen", "error_code"]) == near
    )
