"""YAML: documents and items are cut without being understood; of what is read, nothing is guessed and nothing is made."""

import io

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kb.contract import UnreadableError
from kb.model import Change, Json
from kb.sources.edit import carried_out
from kb.sources.readers import yaml_documents
from kb.sources.readers.yaml_documents import edit, places, read
from kb.sources.split import Piece


def pieces(text: str) -> list[Piece]:
    return list(yaml_documents.pieces("x.yaml", io.BytesIO(text.encode())))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n", [(None, 0, "a: 1\n")]),
        ("# why\n---\na: 1\n", [(None, 0, "# why\n---\na: 1\n")]),
        ("a: 1\n---\nb: 2\n", [(1, 0, "a: 1\n"), (2, 5, "---\nb: 2\n")]),
        ("---\n---\n# no more\n---\na: 1\n", [(4, 18, "---\na: 1\n")]),
        ("a: 1\n...\n%YAML 1.2\n---\nb: 2\n", [(1, 0, "a: 1\n...\n"), (3, 9, "%YAML 1.2\n---\nb: 2\n")]),
        ("- a: 1\n  b: 2\n- a: 3\n", [(1, 0, "- a: 1\n  b: 2\n"), (3, 14, "- a: 3\n")]),
        ("# why\n- a: 1\n", [(2, 6, "- a: 1\n")]),
        ("k:\n- a\n- b\n", [(None, 0, "k:\n- a\n- b\n")]),
        ("--- |\n- a\n- b\n", [(None, 0, "--- |\n- a\n- b\n")]),
        ("--- {a: 1}\n--- {a: 2}\n", [(1, 0, "--- {a: 1}\n"), (2, 11, "--- {a: 2}\n")]),
        ("a: |\n  ---\n  x\n---x: 1\n", [(None, 0, "a: |\n  ---\n  x\n---x: 1\n")]),
        ("", [(None, 0, "")]),
        ("# nothing\n", [(None, 0, "")]),
    ],
)
def test_a_stream_is_cut_into_its_documents_and_items(text: str, expected: list[tuple[int | None, int, str]]) -> None:
    assert [(piece.line, piece.offset, piece.raw.decode()) for piece in pieces(text)] == expected
    marked = list(yaml_documents.pieces("x", io.BytesIO(b"\xef\xbb\xbf" + text.encode())))
    assert [piece.raw for piece in marked] == [raw.encode() for _, _, raw in expected]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text("ab:#-' \n", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
mappings = st.dictionaries(st.text("ab", min_size=1, max_size=2), values, min_size=1, max_size=3)


STYLES = {"inner": None, "all": True, "none": False}
"""Which lists and mappings are written in brackets."""
FLOWS = st.sampled_from(sorted(STYLES))


@given(st.lists(mappings, min_size=1, max_size=4), st.sampled_from([list, iter]), FLOWS)
def test_many_documents_are_read_as_other_readers_read_them(written: list[Json], kind: object, flow: str) -> None:
    if kind is list:
        text = yaml.safe_dump(written, default_flow_style=None if flow == "inner" else False)
    else:
        text = yaml.safe_dump_all(written, explicit_start=True, default_flow_style=STYLES[flow])
    assert [read(piece.raw) for piece in pieces(text)] == written
    for piece in pieces(text):
        assert text.encode()[piece.offset :].startswith(piece.raw)
        assert piece.line in {None, 1 + text.encode().count(b"\n", 0, piece.offset)}


@given(mappings, st.sampled_from([None, "'", '"', "|", ">"]), FLOWS)
def test_what_both_versions_read_alike_is_read_as_pyyaml_reads_it(value: Json, style: str | None, flow: str) -> None:
    text = yaml.safe_dump(value, default_style=style, default_flow_style=STYLES[flow])
    assert read(text.encode()) == yaml.safe_load(text)


PLAIN = {
    "no": "no", "on": "on", "2016-11-04": "2016-11-04", "1:30": "1:30", "0o17": 15, "0x1F": 31, "1_000": "1_000", "007": "007",
    "1e3": 1000.0, "+1": 1, "-0.5": -0.5, ".5": 0.5, "5.": 5.0, "~": None, "": None, "Null": None, "TRUE": True, "true": True,
    "!!str 1": "1", "!!int 1": 1, "!!float 1": 1.0, "!!bool true": True, "!!null ''": None, "! 1": "1", "'1'": "1", "=": "=",
    "1.2.3": "1.2.3", "-": None,
}  # fmt: skip


@pytest.mark.parametrize("plain", sorted(set(PLAIN) - {"-"}))
def test_plain_scalars_are_those_of_the_core_schema(plain: str) -> None:
    assert orjson.dumps(read(f"k: {plain}".encode())) == orjson.dumps({"k": PLAIN[plain]})


def test_a_key_is_the_text_that_is_written() -> None:
    assert read(b"404: a\nyes: b\nnull: c\n") == {"404": "a", "yes": "b", "null": "c"}


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("a: 1\na: 2\n", 'the key "a" stands twice in one mapping; keep one', 5),
        ("é: 1\na: !x y\n", 'the tag "!x" is not read', 9),
        ("a: !!python/name:os.system\n", "the tag", 3),
        ("a: !!binary aGk=\n", "the tag", 3),
        ("a: !!set {b}\n", "the tag", 3),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "a merge key", 18),
        ("? [a]\n: b\n", "a key is a list or a mapping", 2),
        ("a: &x b\n*x : c\n", "a key is an alias", 8),
        ("a: *x\n", "the alias", 3),
        ("a: &x [*x]\n", "the alias", 7),
        ("a: 9223372036854775808000\n", "does not fit 64 bits", 3),
        ("a: 0.30000000000000000001\n", "would be read as 0.3", 3),
        ("a: .inf\n", "too large", 3),
        ("a: .nan\n", "is none", 3),
        ("- a: 1\n- b: 2\n", "this is a list", 0),
        ("a\n", "this is one value", 0),
        ("a: 1\n---\nb: 2\n", "a second document begins here", 5),
        ("a:\n\t- b\n", "not YAML", 3),
        ("a: [1\n", "not YAML", 6),
        ('a: "\\ud800"\n', "not YAML", 3),
    ],
)  # fmt: skip
def test_what_json_cannot_say_is_refused_at_its_place(text: str, reason: str, at: int) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(text.encode())
    assert reason in str(refused.value)
    assert abs(refused.value.at - at) <= 4


def test_an_alias_is_a_copy_and_has_the_place_where_it_stands() -> None:
    raw = b"a: &x {b: [1]}\nc: *x\n"
    document = read(raw)
    assert document == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert document["a"]["b"] is not document["c"]["b"]
    start, end = raw.index(b"*x"), raw.index(b"*x") + 2
    assert places(raw, ["/c/b/0"])["/c/b/0"][1:] == (start, end)
    assert edit(raw, [Change("X", "/c/b/0", 1, 2)]) is None


EDITS = {
    "plain": ("a: it wsa so  # why\n", "it was so", "a: it was so  # why\n"),
    "single": ("a: 'it wsa'\n", "it's", "a: 'it''s'\n"),
    "double": ('a: "it \\twsa"\n', "it \twas", 'a: "it \\twas"\n'),
    "to a word that would be none": ("a: x\n", "true", 'a: "true"\n'),
    "a block": ("a: |\n  one\n  twp\nb: 1\n", "one\ntwo\n", "a: |\n  one\n  two\nb: 1\n"),
    "a block with a line less": ("a: |\n  one\n  two\nb: 1\n", "two\n", "a: |\n  two\nb: 1\n"),
    "a folded block": ("a: >-\n  one\n  twp\nb: 1\n", "one two", "a: >-\n  one\n  two\nb: 1\n"),
    "a number": ("a: 85 # %\n", 0.85, "a: 0.85 # %\n"),
    "line ends of Windows": ("a: xy\r\nb: 1\r\n", "x", "a: x\r\nb: 1\r\n"),
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_as_small_as_it_can_be(kind: str) -> None:
    before, value, after = EDITS[kind]
    edits = edit(before.encode(), [Change("X", "/a", read(before.encode())["a"], value)])
    assert edits is not None
    assert carried_out(before.encode(), edits).decode() == after
