"""Patterns that are compiled when they are used."""

import gc
import re

import pytest

from kb.analysis import lazily as module
from kb.analysis.lazily import lazily
from kb.rules import catalogue


def test_it_does_what_a_compiled_pattern_does() -> None:
    pattern = lazily(r"(?P<word>a+)b", re.IGNORECASE)
    assert pattern.sub(r"<\g<word>>", "xAab") == "x<Aa>"
    assert pattern.sub is pattern.sub
    assert [match["word"] for match in pattern.finditer("ab AAb")] == ["a", "AA"]
    assert pattern.pattern == r"(?P<word>a+)b"
    assert lazily(b"a").search(b"ba")


def test_what_is_wrong_with_it_is_told_at_its_first_use() -> None:
    pattern = lazily("(")
    with pytest.raises(re.error):
        pattern.search("")


def test_every_pattern_of_the_rules_can_be_compiled() -> None:
    assert catalogue()
    waiting = [one for one in gc.get_objects() if isinstance(one, module._Waiting)]  # noqa: SLF001
    assert len(waiting) > 100
    for one in waiting:
        if one._compiled.args[0] != "(":  # type: ignore[attr-defined] # noqa: SLF001
            assert one.pattern
