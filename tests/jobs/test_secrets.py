"""A curator's inbox holds a credential: it is kept out, and nothing that kb prints, stores or exports shows it."""

import base64
import gzip
import json
from pathlib import Path

import pytest

from tests.bases import Base, ndjson, record
from tests.specimens import AWS, CREDENTIALS, escaped
from tests.terminal import kb, kb_on_terminal

ORDINARY = CREDENTIALS["a GitHub token"]
ESCAPED = AWS


@pytest.fixture
def inbox(base: Base) -> Base:
    """A base with a good record, and with credentials in a file, in a line, in broken JSON, as escapes and as a key."""
    base.put("kb.toml", b"")
    base.record("fine")
    base.record("leak", root_cause=f"clone https://{ORDINARY}@github.com/some/repository")
    spelt = json.dumps(record("spelt", root_cause="SECRET")).replace("SECRET", escaped(ESCAPED))
    base.put(
        "raw/inbox.ndjson",
        ndjson(
            record("line", dead_ends=[{"action": f"use {ORDINARY}"}]),
            spelt.encode(),
            b'{"id": "git/broken", "note": "' + ORDINARY.encode(),
            record("key") | {ORDINARY: ESCAPED},
            {"id": ORDINARY, "signature": 7},
        ),
    )
    base.put("raw/archive.json.gz", gzip.compress(json.dumps(record("packed", tags=[f"\u200b{ORDINARY}"])).encode()))
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
    result = inbox.ingest()
    assert (result.read, result.published, result.quarantined) == (8, 1, 7)
    assert inbox.slugs() == ["fine"]
    codes = inbox.column("SELECT list_contains(codes, 'SAF001') FROM quarantine")
    assert codes == [True] * 7


def test_nothing_that_is_kept_shows_it(inbox: Base) -> None:
    inbox.ingest()
    assert _leaks(inbox.root) == []
    raw = inbox.column("SELECT raw FROM quarantine")
    assert not any(map(_holds, raw))
    assert all(b"*" * 20 in one for one in raw)


def test_the_digest_is_that_of_the_bytes_as_they_came(inbox: Base) -> None:
    inbox.ingest()
    assert inbox.ingest().published == 0
    inbox.drop("kb.duckdb")
    before = inbox.curated()
    inbox.ingest()
    assert inbox.curated() == before


@pytest.mark.parametrize(
    "command",
    [
        "validate raw",
        "validate raw/git/leak.json",
        "validate raw --format json",
        "ingest raw/ --allow-removals",
        "quarantine",
        "quarantine --format json",
        "why raw/git/leak.json",
        "why raw/inbox.ndjson",
        "why raw/inbox.ndjson --format json",
        "explain SAF001",
    ],
)
def test_nothing_that_is_printed_shows_it(inbox: Base, command: str) -> None:
    inbox.ingest()
    piped = kb(inbox.root, *command.split())
    shown = kb_on_terminal(inbox.root, *command.split(), columns=200)
    for text in (piped.out, piped.err, shown.out):
        assert not _holds(text.encode())
    assert "SAF001" in piped.out or command.startswith("ingest")


def test_it_cannot_be_allowed(inbox: Base) -> None:
    for setting in ('[rules]\nignore = ["SAF001"]', '[rules.severity]\nSAF001 = "info"'):
        inbox.configure(setting)
        outcome = kb(inbox.root, "validate", "raw")
        assert outcome.code == 2
        assert "SAF001" in outcome.err
