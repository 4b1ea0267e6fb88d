"""A curator's inbox holds a credential: it is kept out, and nothing that kb prints, stores or exports shows it."""

import base64
import gzip
import io
import json
import shlex
import zipfile
from pathlib import Path

import pytest

from kb.render import validations
from tests.bases import Base, ndjson, record, sha256
from tests.conftest import some_of
from tests.specimens import AWS, CREDENTIALS, KINDS, escaped, specimen
from tests.terminal import kb, kb_on_terminal

pytestmark = pytest.mark.long(every=3)

ORDINARY = CREDENTIALS["a GitHub token"]
ESCAPED = AWS


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """The base of a good record, and of credentials in a file, in lines, in broken JSON, as escapes and as a key."""
    base = Base(tmp_path_factory.mktemp("inbox"))
    base.put("kb.toml", b"")
    base.record("fine")
    base.record("leak", root_cause=f"clone https://{ORDINARY}@github.com/some/repository")
    spelt = json.dumps(record("spelt", root_cause="SECRET")).replace("SECRET", escaped(ESCAPED))
    base.put(
        "raw/inbox.ndjson",
        ndjson(
            record("line", dead_ends=[{"action": f"use {ORDINARY}"}]),
            record("mended", root_cause=" spaces around it "),  # so that its neighbours stand in a diff
            spelt.encode(),
            b'{"id": "git/broken", "note": "' + ORDINARY.encode(),
            record("key") | {ORDINARY: ESCAPED},
            {"id": ORDINARY, "signature": 7},
        ),
    )
    base.put("raw/archive.json.gz", gzip.compress(json.dumps(record("packed", tags=[f"\u200b{ORDINARY}"])).encode()))
    result = base.ingest()
    assert (result.read, result.published, result.quarantined) == (9, 2, 7)
    return base


def _holds(data: bytes) -> bool:
    """Whether bytes show a credential, plainly or in Base64 at any offset."""
    spelt = [token.encode() for token in (ORDINARY, ESCAPED)]
    spelt += [base64.b64encode(b"\0" * shift + token)[4:-4] for token in spelt for shift in (0, 1, 2)]
    return any(one in data for one in (*spelt, escaped(ESCAPED).encode()))


def _leaks(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file() and "raw" not in path.relative_to(folder).parts]
    assert folder / "kb.duckdb" in files
    return [path.name for path in files if _holds(path.read_bytes())]


def test_records_with_a_credential_are_in_quarantine(inbox: Base) -> None:
    assert inbox.slugs() == ["fine", "mended"]
    assert inbox.column("SELECT list_contains(codes, 'SAF001') FROM quarantine") == [True] * 7


def test_nothing_that_is_kept_shows_it(inbox: Base) -> None:
    assert _leaks(inbox.root) == []
    kept = inbox.column("SELECT raw FROM quarantine")
    assert not any(map(_holds, kept))
    assert all(b"*" * 20 in raw for raw in kept)


def test_the_digest_is_that_of_the_bytes_as_they_came(inbox: Base) -> None:
    leak = (inbox.root / "raw/git/leak.json").read_bytes()
    assert inbox.column("SELECT digest FROM quarantine WHERE path = 'raw/git/leak.json'") == [sha256(leak)]


@pytest.mark.parametrize(
    "command",
    [
        "validate raw",
        "validate raw/git/leak.json --format json",
        "ingest raw/ --dry-run --rehash",
        "quarantine",
        "why raw/git/leak.json",
        "why raw/inbox.ndjson --format json",
        "explain SAF001",
        "validate raw --diff",
        "fix raw --diff",
    ],
)
def test_nothing_that_is_printed_shows_it(inbox: Base, command: str) -> None:
    piped = kb(inbox.root, *command.split())
    shown = kb_on_terminal(inbox.root, *command.split(), columns=200)
    for text in (piped.out, piped.err, shown.out):
        assert not _holds(text.encode())
    assert "SAF001" in piped.out or "*" * 20 in piped.out or command.startswith("ingest")


@pytest.mark.parametrize("setting", ['[rules]\nignore = ["SAF001"]', '[rules.severity]\nSAF001 = "info"'])
def test_it_cannot_be_allowed(base: Base, setting: str) -> None:
    base.record("leak", root_cause=ORDINARY)
    base.configure(setting)
    outcome = kb(base.root, "validate", "raw")
    assert outcome.code == 2
    assert "SAF001" in outcome.err


NAMED_FILES = ("github", "gitlab", "aws id", "stripe", "npm", "openai legacy")
SOME_KINDS = [*dict.fromkeys([*NAMED_FILES, *some_of(list(KINDS), 4)])]
"""tests/analysis/test_credentials.py has them all."""

PAIR = "k7Vw9xQ2mZr4Tn8Lp3Jd6Hs1Bf5Gc0YuEaWiOqRt"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """The base of a credential of every kind: in texts, keys, own fields and broken lines; of some, in the names of files."""
    base = Base(tmp_path_factory.mktemp("crowded"))
    base.put("kb.toml", b"")
    base.record("fine")
    texts = {kind: specimen(kind)[0] for kind in SOME_KINDS}
    lines: list[object] = [record(f"text{i}", root_cause=f"run {text} now") for i, text in enumerate(texts.values())]
    for i, text in enumerate(texts.values()):
        lines += [
            record(f"key{i}") | {text: 1},
            record(f"own{i}") | {"extensions": {"log": [{"line": text}]}},
            json.dumps({"id": f"git/broken{i}", "how": text})[:-2].encode(),
        ][i % 3 :][:1]
    base.put("raw/inbox.ndjson", ndjson(*lines, record("calm", root_cause=" white space around it ")))
    pair = {"/root_cause": f"the id is {AWS}", "/tags": [PAIR]}
    base.put("raw/git/pair.json", json.dumps(record("pair", **{k[1:]: v for k, v in pair.items()}), indent=1).encode())
    base.put("raw/wide.json", json.dumps(record("wide", root_cause=texts["github"])).encode("utf-16"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for i, kind in enumerate(NAMED_FILES):
            base.put(f"raw/git/{texts[kind]}.json", record(f"named{i}", root_cause=" mend it "))
            archive.writestr(f"git/{texts[kind]}.json", json.dumps(record(f"packed{i}")))
            archive.writestr(f"git/{texts[kind]}.txt", "is passed over")
    base.put("raw/archive.zip", packed.getvalue())
    base.ingest()
    return base


def _shown(data: bytes) -> list[str]:
    secrets = {kind: specimen(kind)[1].encode() for kind in SOME_KINDS} | {"pair": PAIR.encode(), "aws": AWS.encode()}
    return [kind for kind, kept_secret in secrets.items() if kept_secret in data]


def test_every_kind_in_every_place_is_in_quarantine(crowded: Base) -> None:
    assert crowded.slugs() == ["calm", "fine"]
    assert crowded.column("SELECT DISTINCT list_contains(codes, 'SAF001') FROM quarantine") == [True]
    assert crowded.column("SELECT count(*) FROM quarantine") == [2 * len(SOME_KINDS) + 2 + 2 * len(NAMED_FILES)]


def test_files_whose_names_differ_in_a_credential_alone_are_kept_apart(crowded: Base) -> None:
    paths = crowded.column(
        "SELECT path FROM quarantine WHERE record_id LIKE 'git/named%' OR record_id LIKE 'git/packed%'"
    )
    assert len(set(paths)) == 2 * len(NAMED_FILES)
    before = crowded.tables()
    assert crowded.ingest().written is False
    assert crowded.tables() == before


def test_no_file_and_no_column_holds_any(crowded: Base) -> None:
    files = [path for path in crowded.root.rglob("*") if path.is_file() and crowded.root / "raw" not in path.parents]
    assert {path.name: found for path in files if (found := _shown(path.read_bytes()))} == {}
    for table in crowded.column("SELECT table_name FROM duckdb_tables()"):
        for row in crowded.query(f"FROM {table}"):
            assert (
                _shown("\n".join(bytes.decode(v, "latin-1") if isinstance(v, bytes) else str(v) for v in row).encode())
                == []
            )


@pytest.mark.long(every=3)
@pytest.mark.parametrize(
    "command",
    [
        *(f"validate raw --format {form}" for form in validations.FORMATS),
        "validate raw --diff",
        "fix raw --diff",
        "quarantine",
        "why raw/inbox.ndjson",
        "why raw/archive.zip --format json",
        "ingest raw --rehash --dry-run",
        "ingest raw/git/FILE",
        "why raw/git/FILE",
        "show FILE",
        "validate raw/git/FILE",
        "validate raw/git/FILE.gone",
        'sql "FROM quarantine"',
        'sql "FROM files"',
    ],
)
def test_no_command_shows_any(crowded: Base, command: str) -> None:
    words = shlex.split(command.replace("FILE", f"{specimen('github')[0]}.json"))
    piped = kb(crowded.root, *words)
    assert _shown(piped.out.encode() + piped.err.encode()) == []
    assert piped.out or piped.err
    assert piped.code in {0, 1, 2}
