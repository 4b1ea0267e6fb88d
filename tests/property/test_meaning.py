"""Whatever is repaired keeps what was meant: that a fix is safe in code, too."""

import re
import textwrap
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.characters import trimmed, visible
from kb.model import GONE, Curated, Json
from kb.rules import catalogue
from kb.rules.example import CLEAN, with_changes
from tests.conftest import code_points, codes, judge, published

pytestmark = pytest.mark.long(every=1)  # with KB_LONG=1 it tries more

OF_A_SHELL = frozenset(";&|`$()<>\\'\"*?[]#~=%!{}")
WORDS = [
    "git branch -d x",
    "git branch -D x",
    "tar -C a",
    "tar -c a",
    "a  b",
    "a b",
    "A b",
    "cd .",
    "cd ..",
    "é",
    "e\u0301",
]
ODD = [
    "\u200b",
    "\r",
    "\x0b",
    "\x0c",
    "\x1b[31m",
    "\x1b[0m",
    "\x9b1m",
    "\x1b]0;t\x07",
    "\b",
    "\u037e",
    "\u1fef",
    "\u212a",
]
ODD += [
    "\u202e",
    "\ufeff",
    "\u0301",
    "\x92",
    "\x1b",
    " ",
    "  ",
    "\t",
    "\n",
    "\\",
    "\\ ",
    ".",
    "。",
    "=\u0338",
    "'",
    "`",
    "BOM",
]

pieces = st.sampled_from([*WORDS, *ODD]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
texts = st.lists(pieces, max_size=6).map("".join)
lines = st.lists(
    st.builds(str.__add__, st.sampled_from(["", " ", "  ", "    ", "\t"]), st.sampled_from([*WORDS, "", "+x", "-x"])),
    max_size=5,
)
several_lines = lines.map("\n".join)

ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*|\x1b[()*+#]?.|.\x08"
)

UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0]")
"""Fillers and selectors, which are letters and marks by their category."""


def repaired(text: str) -> str:
    """A text after the fixes of all texts."""
    return str(published(with_changes({"/root_cause": f"x{text}x"})).document["root_cause"])


def plain(text: str) -> str:
    """A text without what nobody sees, in it or around it."""
    return trimmed(visible(text))


def seen(text: str) -> list[str]:
    """The characters of a text that leave a mark on paper, but for those of escape sequences, in whatever form."""
    plain = unicodedata.normalize("NFD", UNSEEN.sub("", ESCAPES.sub("", text)))
    return [char for char in plain if char.isprintable() and not char.isspace() and unicodedata.category(char) != "Cf"]


@given(texts)
def test_what_is_seen_stays(text: str) -> None:
    if not ESCAPES.search(text):
        assert sorted(seen(visible(trimmed(text)))) == sorted(seen(text))


@given(texts)
def test_no_character_of_a_shell_comes_or_goes(text: str) -> None:
    after = repaired(text)
    if not ESCAPES.search(text):
        assert [char for char in after if char in OF_A_SHELL] == [char for char in f"x{text}x" if char in OF_A_SHELL]


@given(texts)
def test_no_letter_of_ascii_comes(text: str) -> None:
    after = repaired(text)
    for char in set(filter(str.isascii, filter(str.isprintable, after))) - {" "}:
        assert after.count(char) <= f"x{text}x".count(char)


@given(texts)
def test_a_line_feed_comes_only_where_a_line_ended(text: str) -> None:
    ends = re.findall(r"\r*\n|[\r\x0b\x0c\x1c-\x1e]", f"x{text}x")
    assert repaired(text).count("\n") <= len(ends)


def test_no_character_becomes_one_of_ascii() -> None:
    rule = catalogue()["TXT004"]
    assert [hex(ord(char)) for char in code_points() if not char.isascii() and rule.run(char).isascii()] == []
    assert [hex(ord(char)) for char in code_points() for sign in "<=>&|;" if sign not in rule.run(sign + char)] == []


@given(several_lines | texts)
def test_lines_keep_their_relative_indentation(text: str) -> None:
    after = trimmed(text)
    if "\n" in after:
        block = [line for line in text.split("\n") if line.strip()]
        mended = [line for line in after.split("\n") if line.strip()]
        assert textwrap.dedent("\n".join(mended)).split("\n")[:-1] == textwrap.dedent("\n".join(block)).split("\n")[:-1]
        assert mended[-1].rstrip() == block[-1].rstrip()


@given(texts | several_lines)
def test_only_white_space_goes_from_the_ends(text: str) -> None:
    after = trimmed(text)
    start = text.find(after)
    assert start >= 0
    assert not text[:start].strip()
    assert not text[start + len(after) :].strip()


@given(texts, texts, st.sampled_from(["dead_ends", "workarounds"]))
def test_two_items_become_one_only_where_they_were(one: str, other: str, key: str) -> None:
    items = [{**CLEAN[key][0], "action": f"x {text}"} for text in (one, other)]
    outcome = judge(with_changes({f"/{key}": items, "/workarounds_zh": []}))
    if isinstance(outcome, Curated) and len(outcome.document[key]) == 1:
        assert plain(f"x {one}") == plain(f"x {other}")


@given(st.sampled_from(WORDS) | texts, st.sampled_from(WORDS) | texts)
def test_a_how_goes_only_where_it_is_the_action(action: str, how: str) -> None:
    outcome = judge(with_changes({"/workarounds/0/action": f"x {action}", "/workarounds/0/how": f"x {how}"}))
    if isinstance(outcome, Curated) and outcome.document["workarounds"][0]["how"] is None:
        assert plain(f"x {action}").rstrip(".。") == plain(f"x {how}").rstrip(".。")


@given(texts)
def test_case_and_inner_space_are_code(text: str) -> None:
    for one, other in ((f"git x{text}", f"git X{text}"), (f"a b{text}", f"a  b{text}")):
        items = [{**CLEAN["dead_ends"][0], "action": action} for action in (one, other)]
        outcome = published(with_changes({"/dead_ends": items}))
        assert len({item["action"] for item in outcome.document["dead_ends"]}) == 2
        assert "DED006" in codes(outcome)


@given(texts)
def test_a_text_repaired_is_repaired_at_once(text: str) -> None:
    for code in ("TXT001", "TXT002", "TXT004"):
        once = catalogue()[code].run(text)
        assert catalogue()[code].run(once) == once, code


@given(texts)
def test_what_is_hidden_is_repaired_or_told(text: str) -> None:
    """A control character that is published is flagged, or is half of a letter in the wrong encoding."""
    outcome = published(with_changes({"/root_cause": f"x{text}x"}))
    after = outcome.document["root_cause"]
    if re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ufeff]", after):
        assert "TXT012" in codes(outcome)


@given(texts)
def test_a_fix_that_fires_leaves_no_finding_of_its_own(text: str) -> None:
    document = with_changes({"/dead_ends/0/action": f"x{text}", "/workarounds/0/how": f"y{text}"})
    before = judge(document)
    if isinstance(before, Curated):
        gone = {change.code for change in before.changes if change.after is not GONE}
        body: Json = {key: value for key, value in before.document.items() if key not in {"schema_version", "curation"}}
        assert not gone & codes(judge(body))
