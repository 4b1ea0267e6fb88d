"""Some lines of a file of documents are replaced; what comes of it is what writing the whole file would give."""

import tempfile
from pathlib import Path

import orjson
from hypothesis import given
from hypothesis import strategies as st

from kb.publish import splice

ids = st.text("ab-/", min_size=1, max_size=4)
documents = st.dictionaries(ids, st.text(max_size=20), max_size=12)


def lines(base: dict[str, str]) -> bytes:
    return b"".join(orjson.dumps({"id": name, "text": base[name]}) + b"\n" for name in sorted(base))


@given(documents.filter(bool), documents, st.sets(ids, max_size=4))
def test_splicing_is_writing_anew(before: dict[str, str], changed: dict[str, str], gone: set[str]) -> None:
    after = {name: text for name, text in (before | changed).items() if name not in gone}
    touched = sorted({*changed, *gone})
    replaced = {name: lines({name: after[name]}).decode().rstrip("\n") for name in touched if name in after}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.ndjson"
        path.write_bytes(lines(before))
        assert b"".join(splice.splice(path, touched, replaced)) == lines(after)
        assert path.read_bytes() == lines(before)


def test_a_span_longer_than_what_is_read_at_once_comes_whole(tmp_path: Path) -> None:
    base = {f"git/{number:05}": "x" * 1000 for number in range(6000)}
    path = tmp_path / "records.ndjson"
    path.write_bytes(lines(base))
    del base["git/05999"]
    assert b"".join(splice.splice(path, ["git/05999"], {})) == lines(base)
