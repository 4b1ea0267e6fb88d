"""Patterns as the page can match them: what is taken, what is left out, and that nothing is too large or too deep."""

import json

import pytest

from kb.render.html.portable import MOST_DEPTH, MOST_STATES, portable

WORD = [[48, 57], [65, 90], [95, 95], [97, 122]]


@pytest.mark.parametrize(
    ("regex", "node"),
    [
        ("not a repository", "not a repository"),
        (r"port \d+ is", ["&", "port ", ["*", 1, None, ["[", 0, [[48, 57]]]], " is"]),
        ("colou?r", ["&", "colo", ["*", 0, 1, "u"], "r"]),
        ("a|bc", ["|", "a", "bc"]),
        ("(?P<name>a)(b)", "ab"),
        (".", ["[", 1, [[10, 10]]]),
        ("(?s).", ["[", 1, []]),
        (r"[^\w-]", ["[", 1, [*WORD, [45, 45]]]),
        (r"\S", ["[", 0, [[0, 8], [11, 11], [14, 31], [33, 0x10FFFF]]]),
        (r"^a\b$", ["&", ["@", "^"], "a", ["@", "b"], ["@", "$"]]),
    ],
)
def test_a_pattern_becomes_a_tree(regex: str, node: object) -> None:
    assert portable(regex) == node


@pytest.mark.parametrize(
    "regex",
    [
        None,
        "",
        "(",
        r"(a)\1",
        "(?=a)b",
        "(?<!a)b",
        "[[:alpha:]]+ failed",
        "a{,3}",
        "a{1,900}",
        f"(?:{'a' * 30}){{20}}",
        "(?:(?:a{20}){20}){20}",
    ],
)
def test_what_the_page_could_read_otherwise_or_only_slowly_is_left_out(regex: str | None) -> None:
    assert portable(regex) is None


def test_how_large_and_how_deep_a_pattern_may_be() -> None:
    assert portable("a" * MOST_STATES) is not None
    assert portable("a" * (MOST_STATES + 1)) is None
    assert portable("(?:" * MOST_DEPTH + "a" + ")*" * MOST_DEPTH) is not None
    assert portable("(?:" * 300 + "a" + ")*" * 300) is None


def test_a_tree_is_json() -> None:
    node = portable(r"E\d{4}: (?:read|write) of [^ ]+ (?i:failed)$")
    assert json.loads(json.dumps(node)) == node
