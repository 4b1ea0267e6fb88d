"""A curator's inbox holds a credential: it is kept out, and nothing that kb prints, stores or exports shows it."""

import base64
import gzip
import json
from pathlib import Path

import pytest

from tests.bases import Base, ndjson, record, sha256
from tests.specimens import AWS, CREDENTIALS, escaped
from tests.terminal import kb, kb_on_terminal

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
