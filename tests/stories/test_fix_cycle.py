"""A curator finds [fix] in a forum scrape, looks at what would change, lets it change, and ingests what is left."""

import json
import subprocess
from pathlib import Path

import pytest

from kb.contract import BOM
from tests.bases import Base, contents, ndjson, record
from tests.terminal import kb, kb_on_terminal

BARE = '"domain": "git", "category": "usage", "signature": "fatal: no", "regex": "fatal: no"'
"""As many of a record's keys as it takes to be known for one."""

DAY = ("--as-of", "2026-11-22")


@pytest.fixture
def inbox(base: Base) -> Base:
    """Three records, two of them careless, and a line that nobody can read."""
    base.put(
        "raw/inbox.ndjson",
        ndjson(
            record("a", subcategory="", last_confirmed="2026/8/1"),
            b'{"id": "git/cut off", "subcategory": "',
            record("b"),
            record("c", resolvable=True, confidence=85),
        ),
    )
    return base


def fixable(base: Base) -> list[str]:
    outcome = kb(base.root, "validate", "--format", "json", *DAY)
    return [finding["code"] for finding in json.loads(outcome.out)["findings"] if finding["fixable"]]


def test_the_fix_cycle(inbox: Base) -> None:
    # validate says what can be fixed
    found = kb(inbox.root, "validate", *DAY)
    assert found.code == 1
    assert found.out.count(" [fix]\n") == 3
    assert "3 [fix]: `kb fix` repairs the file, `kb ingest` what it publishes" in found.out

    # the diff shows it, and writes nothing
    before = contents(inbox.root)
    shown = kb(inbox.root, "fix", "--diff")
    assert shown.code == 1
    assert shown.err == (
        "would fix 3 findings in 1 file (DAT005 date-format 1, RAT006 resolvable-as-boolean 1,"
        " TXT003 empty-means-null 1); `kb validate` shows what is left\n"
    )
    assert contents(inbox.root) == before

    # fix does what the diff showed
    subprocess.run(["git", "apply", "-p0", "-"], cwd=inbox.root, input=shown.out.encode(), check=True)
    patched = contents(inbox.root)
    inbox.put("raw/inbox.ndjson", before["raw/inbox.ndjson"])
    fixed = kb(inbox.root, "fix")
    assert (fixed.code, fixed.err) == (0, "")
    assert fixed.out == shown.err.replace("would fix", "fixed")
    assert contents(inbox.root) == patched
    assert before["raw/inbox.ndjson"].splitlines()[1:3] == patched["raw/inbox.ndjson"].splitlines()[1:3]

    # validate finds nothing more to fix, and neither does fix
    assert fixable(inbox) == []
    again = kb(inbox.root, "fix", "--diff")
    assert (again.code, again.out) == (0, "")
    assert again.err == "4 records read, nothing to fix; `kb validate` shows what is left\n"

    # ingest has nothing to repair
    ingested = kb(inbox.root, "ingest", *DAY)
    assert ingested.out.splitlines()[0] == "read 4 = published 2 + unchanged 0 + quarantined 2"
    assert "repaired" not in ingested.out
    assert inbox.lines("changes.ndjson") == []


def test_what_ingest_would_repair_is_shown_by_validate(inbox: Base) -> None:
    shown = kb(inbox.root, "validate", "--diff")
    assert shown.code == 1
    assert (
        shown.err == "`kb ingest` would repair 2 places in 1 file (DAT005 date-format 1, TXT003 empty-means-null 1)\n"
    )
    assert [line[:24] for line in shown.out.splitlines() if line[:2] in {"-{", "+{"}] == [
        '-{"id":"git/a","signatur',
        '+{"id":"git/a","signatur',
    ]
    assert "repaired 2 places" in kb(inbox.root, "ingest", *DAY).out
    kb(inbox.root, "fix")
    calm = kb(inbox.root, "validate", "--diff")
    assert (calm.code, calm.out) == (0, "")
    assert calm.err == "4 records read, `kb ingest` would repair nothing\n"


def test_what_is_suppressed_is_neither_fixed_nor_counted_until_it_expires(inbox: Base) -> None:
    inbox.configure(
        '[[suppress]]\nrecord = "git/a"\ncode = "TXT003"\nreason = "as the author has it"\nuntil = 2026-12-31\n'
    )
    before = inbox.root.joinpath("raw/inbox.ndjson").read_bytes()
    now = kb(inbox.root, "fix", "--diff", *DAY)
    assert now.err.startswith("would fix 2 findings in 1 file (DAT005 date-format 1, RAT006 resolvable-as-boolean 1)")
    assert kb(inbox.root, "validate", "--diff", *DAY).err.startswith(
        "`kb ingest` would repair 1 place in 1 file (DAT005"
    )
    later = ("--as-of", "2027-01-01")
    assert kb(inbox.root, "fix", "--diff", *later).err.startswith("would fix 3 findings in 1 file")
    assert kb(inbox.root, "validate", "--diff", *later).err.startswith("`kb ingest` would repair 2 places")
    kb(inbox.root, "fix", *DAY)
    after = inbox.root.joinpath("raw/inbox.ndjson").read_bytes()
    assert after != before
    assert b'"subcategory":""' in after


def test_a_stream_is_fixed_on_its_way(tmp_path: Path) -> None:
    data = BOM + b'{\r\n\t"id": "x ",\r\n\t"confidence": 9.0e-1,' + BARE.encode() + b"\r\n}"
    outcome = kb(tmp_path, "fix", "-", stdin=data)
    assert outcome.code == 0
    assert outcome.out.encode() == data.replace(b"x ", b"x")
    assert outcome.err.startswith("fixed 1 finding in 1 file ")
    unreadable = kb(tmp_path, "fix", "-", stdin=b"{ no record\n")
    assert (unreadable.code, unreadable.out) == (0, "{ no record\n")
    assert kb(tmp_path, "fix", "-", "--diff", stdin=data).out.startswith("--- <stdin>.json\n")


def test_usage(inbox: Base) -> None:
    assert kb(inbox.root, "fix", "-", "raw").err == "kb: `-` goes to standard output once it is fixed; name it alone\n"
    assert kb(inbox.root, "fix", "nowhere").code == 2
    for option in (["--format", "json"], ["--fail-on", "info"], ["--write-baseline"], ["--show-suppressed"]):
        both = kb(inbox.root, "validate", "--diff", *option)
        assert (both.code, both.out) == (2, "")
        assert "--diff: shows changes, not findings; leave out what is about findings" in both.err


def test_on_a_terminal_nothing_in_a_diff_can_act(base: Base) -> None:
    base.put("raw/a.json", f'{{\n\t"id": "\x7f\u202ex ",\n\t{BARE}\n}}\n'.encode())
    shown = kb_on_terminal(base.root, "fix", "--diff")
    assert '\x1b[31m-    "id": "\\u007f\\u202ex ",\x1b[0m\n' in shown.out
    assert '\x1b[32m+    "id": "x",\x1b[0m\n' in shown.out
    plain = kb_on_terminal(base.root, "fix", "--diff", env={"NO_COLOR": "1"})
    assert "\x1b" not in plain.out
