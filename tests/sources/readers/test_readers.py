"""What every reader promises: what is written is read again, places are true, and an edit changes what it is asked to."""

import io
import subprocess
import sys
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kb.contract import BOM, UnreadableError
from kb.model import GONE, Change, Document, Json
from kb.pointer import escape
from kb.sources import readers
from kb.sources.edit import carried_out
from tests.strategies import ODD_TEXTS

TEXTS = st.sampled_from([
    *(text for text in ODD_TEXTS if "\x00" not in text and len(text) < 100),
    "no", "1:30", "2016-11-04", "0o17", "007", "1_000", "0x1f", ".inf", "<<", "~", "null", "- a", "a: b", "a #b", "*a", "&a",
    "a,b", 'say "a"', "it's", "a\nb\n", "\n", "a\n\n", " a\n b", "|", "---", "...", "a;b", "'''", '"""', "\ta", "a\r\nb", "+++",
]) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)  # fmt: skip
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = TEXTS | NUMBERS | st.booleans()


def nested(scalars: SearchStrategy[Json], keys: SearchStrategy[str]) -> SearchStrategy[Document]:
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=9
    )
    return st.dictionaries(keys, values, max_size=4)


ROWS = st.dictionaries(TEXTS.filter(bool), TEXTS.filter(bool), min_size=1, max_size=4)
DOCUMENTS = {
    "x.json": nested(SCALARS | st.none(), TEXTS),
    "x.yaml": nested(SCALARS | st.none(), TEXTS),
    "x.toml": nested(SCALARS, TEXTS),
    "x.csv": ROWS,
    "x.tsv": ROWS,
}
written = st.sampled_from(sorted(DOCUMENTS)).flatmap(lambda name: st.tuples(st.just(name), DOCUMENTS[name]))


def scalars(value: Json, here: str = "") -> Iterator[tuple[str, Json]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield here, value
    else:
        for key, child in children:
            yield from scalars(child, f"{here}/{escape(str(key))}")


def same(one: Json, other: Json) -> bool:
    """Whether two values are the same, the order of keys aside: TOML has one of its own."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)


def refusal(reader: readers.Reader, raw: bytes) -> UnreadableError | None:
    """Why some bytes are not read, if they are not."""
    try:
        reader.read(raw)
    except UnreadableError as error:
        return error
    return None


def alone(name: str, token: str) -> Json:
    """What a token says by itself."""
    if name in {"x.csv", "x.tsv"}:
        return token[1:-1].replace('""', '"') if token.startswith('"') else token
    if name == "x.toml":
        return readers.of(name).read(f"k = {token}".encode())["k"]
    if name == "x.yaml":
        return readers.of(name).read(f"k: {token}".encode())["k"]
    return orjson.loads(token)


@given(written)
def test_what_is_written_is_read_again(given: tuple[str, Document]) -> None:
    name, document = given
    reader = readers.of(name)
    data = reader.write(reader.keep(document))
    assert same(reader.read(data), document)
    assert same(reader.restore(reader.keep(document)), document)
    assert [piece.raw for piece in reader.pieces(name, io.BytesIO(data))] == [data]


@given(given=written, mark=st.sampled_from([b"", BOM]))
def test_every_scalar_is_found_where_it_stands(given: tuple[str, Document], mark: bytes) -> None:
    name, document = given
    reader = readers.of(name)
    data = reader.write(document)
    text = data.decode()
    wanted = dict(scalars(document))
    found = reader.places(mark + data, wanted)
    for pointer, value in wanted.items():
        begin, start, end = found[pointer]
        assert begin <= start
        token = text[start:end]
        if token[:1] != "|":  # a block says something only where it stands
            assert same(alone(name, token), value), (pointer, token)


@given(written, st.data())
def test_an_edit_changes_what_it_is_asked_to_and_nothing_else(given: tuple[str, Document], data: st.DataObject) -> None:
    name, document = given
    reader = readers.of(name)
    places = dict(scalars(document))
    if name == "x.json" or not places:
        return
    raw = data.draw(st.sampled_from([b"", BOM])) + reader.write(document)
    chosen = data.draw(st.lists(st.sampled_from(sorted(places)), unique=True, min_size=1, max_size=3))
    changes = [Change("X", pointer, places[pointer], data.draw(SCALARS | st.none())) for pointer in chosen]
    edits = reader.edit(raw, changes)
    if edits is None:
        return
    after = reader.read(carried_out(raw, edits))
    expected = dict(places) | {change.pointer: change.after for change in changes}
    assert same(dict(scalars(after)), expected)


@pytest.mark.parametrize("name", ["x.yaml", "x.toml"])
@given(data=st.data())
def test_a_text_becomes_any_other_text(name: str, data: st.DataObject) -> None:
    reader = readers.of(name)
    before, after = data.draw(TEXTS), data.draw(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
    raw = reader.write({"a": before, "b": [before, {"c": before}]})
    edits = reader.edit(raw, [Change("X", "/b/1/c", before, after)])
    assert edits is not None
    assert reader.read(carried_out(raw, edits)) == {"a": before, "b": [before, {"c": after}]}


@pytest.mark.parametrize("name", ["x.yaml", "x.toml", "x.csv", "x.md"])
@pytest.mark.parametrize(
    "change",
    [
        Change("X", "/a", "x", GONE),
        Change("X", "/a", "x", ["x"]),
        Change("X", "/missing", None, "x"),
        Change("X", "/a/0", "x", "y"),
        Change("X", "", {}, "y"),
    ],
)
def test_what_cannot_be_edited_safely_is_left_to_a_person(name: str, change: Change) -> None:
    raw = {"x.yaml": b"a: x\n", "x.toml": b"a = 'x'\n", "x.csv": b"a\nx\n", "x.md": b"---\na: x\n---\n"}[name]
    pointer = f"/front{change.pointer}" if name == "x.md" else change.pointer
    assert readers.of(name).edit(raw, [change._replace(pointer=pointer)]) is None


HOSTILE = {
    "nothing": b"",
    "a mark": BOM,
    "NUL": b"a\0: b",
    "UTF-16": "a: 1".encode("utf-16"),
    "no UTF-8": b"a: \xff\xfe\n",
    "brackets": b"a: " + b"[" * 100_000,
    "brackets of TOML": b"a = " + b"[" * 100_000,
    "tables of TOML": b"a = " + b"{a=" * 100_000,
    "keys of TOML": b"a." * 20_000 + b"a = 1",
    "a header of TOML": b"[" + b"a." * 20_000 + b"a]",
    "braces": b"{a: " * 100_000,
    "indentation": b"".join(b" " * i + b"a:\n" for i in range(400)),
    "dashes": b"- " * 20_000,
    "quotes": b"> " * 10_000 + b"a",
    "lists": b"".join(b" " * i + b"- a\n" for i in range(200)),
    "a quote without an end": b'a: "' + b"x " * 10_000,
    "a quote of CSV without an end": b'a,b\n"' + b"x\n" * 5_000,
    "escapes without an end": b'"' + b'\\"' * 20_000,
    "links": b"[a](" * 5_000,
    "open links": b"[" * 20_000,
    "references": b"[a]: <b\n" * 500,
    "front matter without an end": b"---\na: 1\n",
    "a bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(12)),
    "an alias of itself": b"a: &a [*a]\n",
    "a key twice": b"a: 1\na: 2\n",
    "a tag": b"a: !!python/object/apply:os.system [ls]\n",
    "an own tag": b"a: !x y\n",
    "numbers without end": b"a: " + b"9" * 10_000,
    "a number of TOML without end": b"a = " + b"9" * 10_000,
    "no numbers": b"a: .nan\n",
    "a list": b"[1, 2]\n",
    "columns twice": b"a,a\n1,2\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", ["x.yaml", "x.toml", "x.csv", "x.md"])
def test_no_bytes_make_a_reader_fail(name: str, kind: str) -> None:
    reader, data = readers.of(name), HOSTILE[kind]
    for raw in [data, b"---\n" + data + b"\n---\n", *(piece.raw for piece in reader.pieces(name, io.BytesIO(data)))]:
        refused = refusal(reader, raw)
        assert "\n" not in str(refused or "")
        assert refused is None or 0 <= refused.at <= len(raw)
        found = reader.places(raw, ["", "/a", "/a/0/0/0", "/front/a"])
        assert all(0 <= span.begin <= span.start <= span.end <= len(raw) for span in found.values())
        assert reader.lead(raw) <= raw.count(b"\n")
        reader.edit(raw, [Change("X", "/a", "b", "c")])


@given(
    st.sampled_from(["x.yaml", "x.toml", "x.csv", "x.tsv", "x.md"]),
    st.binary(max_size=60) | st.text("ab0-:#|>[]{}\"'\\,=.*&!%+~` \t\r\n", max_size=60).map(str.encode),
)
@example("x.yaml", b"? a\n: b")
@example("x.toml", b"a.b = 1\n[a]\nc = 2")
def test_no_few_bytes_make_a_reader_fail(name: str, raw: bytes) -> None:
    reader = readers.of(name)
    for one in [raw, *(piece.raw for piece in reader.pieces(name, io.BytesIO(raw)))]:
        refused = refusal(reader, one)
        assert refused is None or 0 <= refused.at <= len(one)
        if refused is None:
            document = reader.read(one)
            assert same(reader.restore(reader.keep(document)), document)
        reader.places(one, ["", "/a"])
        reader.edit(one, [Change("X", "/a", "b", "c")])


def test_a_reader_is_known_by_the_name_of_a_file() -> None:
    kinds = {"a.JSON": "json", "a.jsonl.gz": "json", "b.yml": "yaml", "c.tar!x/d.yaml.zst": "yaml", "e.tsv": "csv",
             "f.MDX": "markdown", "g.toml": "toml", "-": "json"}  # fmt: skip
    assert {name: readers.of(name).name for name in kinds} == kinds


def test_json_costs_nothing_of_the_others() -> None:
    """A process that reads JSON does not import the parsers of the rest."""
    code = (
        "import sys, kb.__main__; from kb.sources import readers; readers.of('a.json').read(b'{\"a\": 1}');"
        "print({'yaml', 'markdown_it', 'tomlkit', 'jmespath'} & sys.modules.keys())"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
