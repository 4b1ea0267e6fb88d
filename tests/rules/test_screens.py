"""What screens read: the texts of a document, as they are."""

import re

import orjson
import pytest
from hypothesis import given

from pipeline.model import Json
from pipeline.rules import catalogue
from pipeline.rules.base import Searched
from pipeline.rules.screens import texts_of
from tests.conftest import code_points
from tests.strategies import values


def _texts(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in children for text in _texts(child)]


@given(values)
def test_every_text_stands_there_between_line_feeds(value: Json) -> None:
    told = texts_of(orjson.dumps({"a": value}))
    assert all(b"\n" + text.encode() + b"\n" in told for text in _texts(value))


@pytest.mark.parametrize("text", ["\\", '"', '\\"', "\\n", "\\\n", "\\u0041", "\x00\x01\x1f\x7f", '\\\\"\\'])
def test_escapes_are_undone_once(text: str) -> None:
    assert texts_of(orjson.dumps([text])) == b"[\n" + text.encode() + b"\n]"


def test_every_character_is_itself() -> None:
    every = "".join(code_points())
    assert texts_of(orjson.dumps([every])) == b"[\n" + every.encode() + b"\n]"


def test_a_pattern_that_is_its_own_screen_does_not_ask_for_the_ends_of_all_texts() -> None:
    searched = [rule.screen.pattern for rule in catalogue().values() if isinstance(rule.screen, Searched)]
    assert not [pattern for pattern in searched if re.search(r"\\[AzC]|\(\?[a-zA-Z]*-[a-zA-Z]*m", pattern)]
