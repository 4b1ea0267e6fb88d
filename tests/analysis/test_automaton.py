"""Many patterns as one."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.automaton import Automaton

words = st.text("ab_é", min_size=1, max_size=3)


@given(st.lists(words, max_size=6), st.text("ab_é \n", max_size=30))
def test_what_it_finds_is_what_each_pattern_finds(patterns: list[str], text: str) -> None:
    alone = [number for number, pattern in enumerate(patterns) if re.search(pattern, text)]
    assert Automaton(patterns).found(text) == alone
    assert Automaton(patterns).found(text.encode()) == alone


def test_a_long_text_made_to_take_memory_hides_nothing() -> None:
    patterns = [rf"(?i:{letter}[a-z]{{1,12}}x{{1,9}}{letter})" for letter in string.ascii_lowercase]
    hostile = "".join(string.ascii_lowercase[(i * i * 7 + i // 3) % 26] for i in range(200_000))
    assert 16 in Automaton(patterns).found(f"{hostile} q{'a' * 5}xxq")
