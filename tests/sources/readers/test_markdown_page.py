"""Markdown: a page is a tree of its headings, each value of it has a place, and nothing of its text is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.contract import UnreadableError
from kb.model import Change, Document
from kb.sources import readers
from kb.sources.edit import carried_out
from kb.sources.readers import markdown_page
from kb.sources.readers.markdown_page import edit, places, read

PAGE = """\
---
title: "Warning C1"
day: 04/13/2021
---
# Warning `C1` {#c1}

> cast may
> be wrong

Some words.

Remarks
-------

It *was* so,
twice.

1. First
   step

   ```sh
   ls
   ```
   - inner
2. Second

### Deep

| a | b |
|---|---|
| 1 | `2` |

<!-- nothing -->
> [!NOTE]
> more

## Last

    indented
"""

EMPTY: Document = {"paragraphs": [], "items": [], "code": [], "quotes": [], "tables": [], "sections": []}


def test_a_page_is_a_tree_of_its_headings() -> None:
    document = read(PAGE.encode())
    assert document["front"] == {"title": "Warning C1", "day": "04/13/2021"}
    assert (document["title"], document["quote"]) == ("Warning `C1`", "cast may\nbe wrong")
    assert document["lead"] == "> cast may\n> be wrong\n\nSome words."
    assert (document["paragraphs"], document["quotes"]) == (["Some words."], ["cast may\nbe wrong"])
    assert document["markdown"] == PAGE
    assert document["text"] == PAGE.split("---\n", 2)[2].strip("\n")
    remarks, last = document["sections"]
    deep = {
        **EMPTY,
        "title": "Deep",
        "level": 3,
        "text": "| a | b |\n|---|---|\n| 1 | `2` |\n\n<!-- nothing -->\n> [!NOTE]\n> more",
        "tables": [[["a", "b"], ["1", "`2`"]]],
        "quotes": ["[!NOTE]\nmore"],
    }
    assert remarks == {
        **EMPTY,
        "title": "Remarks",
        "level": 2,
        "text": PAGE[PAGE.index("It *was*") : PAGE.index("\n\n### Deep")],
        "paragraphs": ["It *was* so,\ntwice."],
        "items": [
            {
                "text": "First\nstep",
                "code": [{"lang": "sh", "text": "ls"}],
                "items": [{"text": "inner", "code": [], "items": []}],
            },
            {"text": "Second", "code": [], "items": []},
        ],
        "sections": [deep],
    }
    assert last["code"] == [{"lang": None, "text": "indented"}]


@pytest.mark.parametrize(
    ("pointer", "token"),
    [
        ("/front/day", "04/13/2021"),
        ("/title", "Warning `C1`"),
        ("/quote", "cast may\n> be wrong"),
        ("/paragraphs/0", "Some words."),
        ("/sections/0/title", "Remarks"),
        ("/sections/0/paragraphs/0", "It *was* so,\ntwice."),
        ("/sections/0/items/0/code/0/text", "ls\n   ```"),
        ("/sections/0/items/0/items/0", "inner"),
        ("/sections/0/items/1/text", "Second"),
        ("/sections/0/sections/0/tables/0/1", "| 1 | `2` |"),
        ("/sections/1/code/0", "indented"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_page_says_has_its_place(pointer: str, token: str, end: str) -> None:
    text = PAGE.replace("\n", end)
    _, start, stop = places(text.encode(), [pointer])[pointer]
    assert text[start:stop] == token.replace("\n", end)


blocks = st.sampled_from([
    "# A", "## B", "### C", "B\n---", "text", "two\nlines", "- a\n- b", "1. a\n\n   ```\n   x\n   ```", "> q", "```py\nx\n```",
    "    code", "| a |\n|---|\n| b |", "<b>x</b>", "<!-- c -->", "***", "- a\n  - b\n    > q", "[a]: https://x.y", "{#x}",
])  # fmt: skip


@given(
    st.lists(blocks, max_size=8), st.sampled_from(["\n", "\n\n", "\r\n\r\n"]), st.sampled_from(["", "---\na: 1\n---\n"])
)
def test_nothing_of_a_page_is_lost(parts: list[str], between: str, front: str) -> None:
    text = front + between.join(parts)
    document = read(text.encode())
    reader = readers.of("x.md")
    assert reader.write(reader.keep(document)) == text.encode()
    assert reader.restore(reader.keep(document)) == document
    every_rule = markdown_page._parser(frozenset(markdown_page._NEEDED))  # noqa: SLF001 - some rules are left out for speed
    normal = text.replace("\r\n", "\n").removeprefix(front)
    assert [t.as_dict() for t in markdown_page._tokens(normal)] == [t.as_dict() for t in every_rule.parse(normal)]  # noqa: SLF001


def test_a_page_without_a_heading_is_its_lead() -> None:
    document = read(b"---\ntitle: T\n---\nwords\n\n```\nx\n```\n")
    assert (document["title"], document["lead"]) == ("T", "words\n\n```\nx\n```")
    assert (document["paragraphs"], document["sections"]) == (["words"], [])


def test_a_title_that_is_not_the_first_heading_is_a_section_too() -> None:
    document = read(b"## A\n\n# B\n")
    assert (document["title"], [s["title"] for s in document["sections"]]) == ("B", ["A", "B"])


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("---\na: 1\n", "the front matter that --- opens is not closed", 0),
        ("---\n- a\n- b\n---\n", "front matter: a record is a mapping of keys to values, this is a list", 4),
        ("---\na: b: c\n---\n", "front matter: not YAML", 8),
        ("+++\na = \n+++\n", "front matter: not TOML", 8),
    ],
)
def test_front_matter_that_is_none_is_refused(text: str, reason: str, at: int) -> None:
    with pytest.raises(UnreadableError, match=reason) as refused:
        read(text.encode())
    assert refused.value.at == at


def test_front_matter_may_be_toml_or_empty() -> None:
    assert read(b"+++\na = 1\n+++\n# B\n")["front"] == {"a": 1}
    assert read(b"---\n---\n# B\n")["front"] == {}


def test_only_the_front_matter_is_edited() -> None:
    raw = "\ufeff---\nk: é\na: it wsa\n---\n# it wsa\n".encode()
    edits = edit(raw, [Change("X", "/front/a", "it wsa", "it was")])
    assert edits is not None
    assert carried_out(raw, edits).decode() == "\ufeff---\nk: é\na: it was\n---\n# it wsa\n"
    assert edit(raw, [Change("X", "/title", "it wsa", "it was")]) is None
    assert edit(b"+++\na = '''\nx'''\n+++\n", [Change("X", "/front/a", "x", "x\n+++\ny")]) is None


def test_lists_that_are_nested_deep_stay_text_from_some_depth_on() -> None:
    deep = read("".join(f"{'  ' * i}- a{i}\n" for i in range(40)).encode())
    items, depth = deep["items"], 0
    while items:
        items, depth = items[0]["items"], depth + 1
    assert 8 <= depth <= 12
    assert "- a39" in deep["text"]
