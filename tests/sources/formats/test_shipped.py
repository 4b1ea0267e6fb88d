"""The mappings that ship with kb: what they know for theirs, what they make of it, and that nothing of it is lost."""

import copy
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import orjson
import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from kb.contract import UnreadableError
from kb.model import Curated, Document, Json
from kb.rules.ruleset import RuleSet
from kb.sources import readers
from kb.sources.formats import SHIPPED
from kb.sources.formats.declaration import Format
from tests.bases import Base, record
from tests.conftest import judge, value_at
from tests.sources.formats.specimens import MSVC, RULE, RUNBOOK, SHEET, SPECIMENS, UNIT, page, rows
from tests.sources.test_locate import pointers
from tests.strategies import values


def shipped(name: str) -> Format:
    form = SHIPPED.named(name)
    assert form is not None
    return form


def made(name: str, document: Document) -> Document:
    return shipped(name).map(document).document


# ---- what is known for theirs ----------------------------------------------------------------------------------------

STRANGERS: list[tuple[str, Document]] = [
    ("markdown", page("# Widgets\n\n> The best.\n\n## Install\n\n- `pip install widgets`\n\n## License\n\nMIT\n")),
    ("markdown", page("# 3. Use widgets\n\n## Context\n\nc\n\n## Decision\n\nd\n\n## Resolution\n\nr\n")),
    ("markdown", page("# To mean\n\n## Meaning\n\nTo intend.\n\n## Origin\n\nOld English.\n")),
    ("markdown", page("---\ntitle: C9123\nms.date: 01/02/2024\n---\n# Widgets C9123\n\n> A widget.\n")),
    ("markdown", page("## Meaning\n\n## Mitigation\n")),
    ("markdown", page(MSVC.replace('f1_keywords: ["C9123"]', 'f1_keywords: ["C9123", "C9124"]'))),
    ("markdown", page("")),
    ("json", {"name": "widgets", "version": "1.0.0", "scripts": {"test": "x"}, "dependencies": {}}),
    ("json", {"id": "ku_1", "domains": ["a"], "insight": "an idea"}),
    ("json", {"name": "x", "summary": "y", "explanation": "z", "message_formats": []}),
    ("csv", {"name": "ada", "email": "ada@example.org"}),
    ("csv", {"timestamp": "2026-11-04", "level": "error", "message": "boom", "source": "db"}),
    ("csv", {"id": "17", "title": "boom", "status": "open", "resolution": "fixed"}),
    ("csv", {"error": "0.02", "epoch": "3"}),
]
"""Pages, objects and rows of other kinds."""


@pytest.mark.parametrize(("reader", "document"), STRANGERS)
def test_what_is_of_another_kind_is_of_no_format(reader: str, document: Document) -> None:
    assert SHIPPED.detect(document, "raw/a", reader) is None
    assert not SHIPPED.is_record(document, "raw/a", reader)


@pytest.mark.parametrize(("name", "specimen"), [*product(SPECIMENS, SPECIMENS)])
def test_each_knows_its_own_documents_and_no_others(name: str, specimen: str) -> None:
    reader, document = SPECIMENS[specimen]
    assert shipped(name).claims(document) == (name == specimen)
    found = SHIPPED.detect(document, "raw/a", reader)
    assert found is not None
    assert found.name == specimen


@pytest.mark.parametrize("name", SPECIMENS)
def test_none_knows_a_native_record_for_its_own(name: str) -> None:
    assert not shipped(name).claims(record("a"))
    assert SHIPPED.detect(record("a")) is None


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n## MEANING\n\nm\n\n## Mitigation\n\nx\n",
        "# A\n\n## meaning\n\nm\n\n## Diagnosis\n\nd\n\n## Resolution:\n\nx\n",
        "---\ntitle: A\n---\n### Meaning\n\nm\n\n### Impact\n\ni\n\n### Diagnosis\n\nd\n",
    ],
)
def test_its_sections_make_a_page_a_runbook_whatever_their_case_and_level(text: str) -> None:
    assert shipped("runbook").claims(page(text))


# ---- what becomes of them --------------------------------------------------------------------------------------------


def test_a_runbook_is_an_alert_with_what_it_means_how_to_look_and_what_to_do() -> None:
    assert made("runbook", page(RUNBOOK)) == {
        "id": "alert/queuestuck",
        "signature": "QueueStuck",
        "regex": r"\bQueueStuck\b",
        "domain": "alert",
        "category": "alert",
        "root_cause": "The queue mail has not moved for ten minutes.",
        "diagnosis": ["Look at the consumers:\n\nqueuectl consumers mail", "Look for a poisoned message."],
        "dead_ends": [],
        "workarounds": [
            {
                "action": "Restart the consumers",
                "how": "They take up where they stopped.\n\n```bash\nqueuectl restart mail\n```",
            },
            {
                "action": "Move it aside.",
                "condition": "2. If a message is poisoned",
                "how": "Move it aside.\n\n- `queuectl park mail`",
            },
        ],
        "verify": ["`queuectl depth mail` falls."],
        "verification_tier": "community_reported",
        "confidence": 0.3,
        "resolvable": "partial",
        "extensions": {},
    }


@pytest.mark.parametrize(
    ("mitigation", "workarounds"),
    [
        ("Restart\nit.", [{"action": "Restart it."}]),
        ("See [it](https://x.org/a).", [{"action": "See it.", "how": "See [it](https://x.org/a)."}]),
        ("1. Stop it.\n2. Start it.", [{"action": "Stop it.", "how": "1. Stop it.\n2. Start it."}]),
        ("Run:\n\n    ctl restart\n", [{"action": "Run:", "how": "Run:\n\n    ctl restart"}]),
        ("- Wait.\n\nElse ask.", [{"action": "Wait.", "how": "- Wait.\n\nElse ask."}]),
        ("It depends.\n\n### Grow it\n\nBy a disk.", [{"action": "Grow it", "how": "By a disk."}]),
        (
            "If nobody\nneeds it, delete it.\n\n### Delete it\n\nBy hand.",
            [{"action": "If nobody needs it, delete it."}, {"action": "Delete it", "how": "By hand."}],
        ),
        (
            "Drain it:\n\n- now\n\n### Then\n\nWait.\n\n#### Long\n\nFor an hour.",
            [
                {"action": "Drain it:", "how": "Drain it:\n\n- now\n\nThen\n\nWait.\n\nLong\n\nFor an hour."},
                {"action": "Then", "how": "Wait.\n\nLong\n\nFor an hour."},
            ],
        ),
        ("", []),
    ],
)
def test_a_section_on_mitigation_is_a_workaround_and_steps_stay_together(
    mitigation: str, workarounds: list[Document]
) -> None:
    text = f"# A\n\n## Meaning\n\nm\n\n## Mitigation\n\n{mitigation}\n"
    assert made("runbook", page(text))["workarounds"] == workarounds


def test_a_runbook_may_name_its_tool_and_its_severity() -> None:
    entry = made("runbook", page("---\ndomain: Mail Server\nseverity: page\n---\n" + RUNBOOK))
    assert (entry["id"], entry["domain"], entry["severity"]) == ("mail-server/queuestuck", "mail-server", "critical")


def test_a_page_on_an_error_is_dated_and_knows_its_code_its_messages_and_its_address() -> None:
    entry = made("msvc", page(MSVC))
    assert {key: entry[key] for key in entry if key not in {"extensions", "workarounds"}} == {
        "id": "msvc/c9123",
        "signature": "C9123: 'name' : a widget takes no []",
        "signatures": ["'name' : a gadget takes none either"],
        "regex": r"\bC9123\b",
        "domain": "msvc",
        "category": "compiler-error",
        "error_code": "C9123",
        "severity": "error",
        "root_cause": "A widget was given an index. To resolve the error, call it.\n\nYou can also do the following:",
        "last_confirmed": "2016-11-04",
        "last_updated": "2016-11-04",
        "official_doc_url": "https://learn.microsoft.com/cpp/error-messages/compiler-errors-2/compiler-error-c9123",
        "dead_ends": [],
        "verification_tier": "community_reported",
        "confidence": 0.6,
        "resolvable": "partial",
    }
    assert entry["workarounds"] == [
        {"action": "Call the widget."},
        {"action": "Index its parts:", "how": "w.parts()[1];"},
        {"action": "A widget was given an index. To resolve the error, call it."},
        {
            "action": "Change what C9123 reports as the page shows under “Possible resolution”",
            "how": "// C9123b.cpp\nw(1);",
        },
    ]


@pytest.mark.parametrize(
    ("title", "code", "url", "severity"),
    [
        ("Compiler Error", "C2143", "compiler-errors-1/compiler-error-c2143", "error"),
        ("Compiler Error", "C2500", "compiler-errors-2/compiler-error-c2500", "error"),
        ("Fatal Error", "C1001", "compiler-errors-1/fatal-error-c1001", "error"),
        ("Linker Tools Warning", "LNK4099", "tool-errors/linker-tools-warning-lnk4099", "warning"),
        ("Compiler Warning (level 1, off)", "C4365", None, "warning"),
        ("Compiler warning", "C5038", None, "warning"),
    ],
)
def test_the_address_of_a_page_is_said_where_it_follows_from_its_title(
    title: str, code: str, url: str | None, severity: str
) -> None:
    entry = made("msvc", page(MSVC.replace("Compiler Error C9123", f"{title} {code}").replace("C9123", code)))
    assert entry.get("official_doc_url") == (url and f"https://learn.microsoft.com/cpp/error-messages/{url}")
    assert (entry["confidence"], entry["severity"]) == (0.6 if url else 0.3, severity)


def test_a_rule_of_ruff_has_a_pattern_of_its_messages_and_the_example_to_use_instead() -> None:
    entry = made("ruff", RULE)
    assert {key: entry[key] for key in entry if key != "extensions"} == {
        "id": "ruff/wid001",
        "signature": "Widget `{name}` made twice",
        "signatures": ["Widget `{name}` made {count} times"],
        "regex": r"Widget\s+`.+`\s+made\s+twice|Widget\s+`.+`\s+made\s+.+\s+times",
        "domain": "ruff",
        "category": "style",
        "subcategory": "flake8-widgets",
        "error_code": "WID001",
        "root_cause": "Checks for widgets that are made twice.\n\nOne is lost.",
        "official_doc_url": "https://docs.astral.sh/ruff/rules/double-widget/",
        "versions": [{"version": "0.9.0", "removed": "0.9.0", "status": "removed"}],
        "dead_ends": [],
        "workarounds": [
            {
                "action": "Rewrite what WID001 reports as its documentation shows under “Use instead”",
                "how": "if True:\n    w()",
                "sources": ["https://docs.astral.sh/ruff/rules/double-widget/"],
            }
        ],
        "verification_tier": "community_reported",
        "confidence": 0.6,
        "resolvable": "true",
    }


def test_a_message_that_is_but_a_hole_is_known_by_the_code() -> None:
    entry = made("ruff", RULE | {"message_formats": ["{message}"]})
    assert (entry["signature"], entry["regex"]) == ("WID001 {message}", r"\bWID001\b")


def test_a_rule_without_a_code_or_of_an_older_ruff_is_a_record_too() -> None:
    older = {key: RULE[key] for key in RULE if key not in {"category", "status", "fix_availability", "source_location"}}
    entry = made("ruff", older | {"code": None})
    assert (entry["id"], entry["category"]) == ("ruff/double-widget", "flake8-widgets")
    assert "versions" not in entry or entry["versions"] == []


def test_a_unit_of_cq_keeps_its_confidence_and_claims_no_more() -> None:
    entry = made("cq", UNIT)
    assert entry == {
        "id": "deploy/ku-0123456789abcdef0123456789abcdef",
        "signature": "The deploy job hangs at (lease)",
        "regex": r"The\s+deploy\s+job\s+hangs\s+at\s+\(lease\)",
        "domain": "deploy",
        "category": "ci-pipeline",
        "root_cause": "An older job holds the lease.",
        "dead_ends": [],
        "workarounds": [{"action": "Cancel the older job, then start the new one."}],
        "verification_tier": "ai_generated",
        "confidence": 0.7,
        "resolvable": "partial",
        "first_seen": "2026-01-15",
        "tags": ["ci", "widgets"],
        "extensions": {"cq": {"version": 1, "evidence": {"confirmations": 3}, "tier": "private"}},
    }
    least = {key: UNIT[key] for key in ("id", "domains", "insight")}
    assert made("cq", least)["confidence"] == 0.5


def test_a_row_has_one_dead_end_and_one_workaround_with_its_source() -> None:
    assert made("spreadsheet", rows(SHEET)[0]) == {
        "id": "our-vpn/cannot-reach-host-timed-out",
        "signature": "Cannot reach <host>: timed out",
        "regex": r"Cannot\s+reach\s+.+:\s+timed\s+out",
        "domain": "our-vpn",
        "category": "error",
        "root_cause": "The certificate is too old.",
        "dead_ends": [{"action": "Reinstall the client", "why_fails": "The certificate stays."}],
        "workarounds": [
            {
                "action": "Renew the certificate",
                "how": "vpn renew",
                "success_rate": 0.85,
                "sources": ["https://wiki.example.org/vpn"],
            }
        ],
        "tags": ["net", "vpn", "office"],
        "verification_tier": "community_reported",
        "confidence": 0.3,
        "resolvable": "partial",
        "last_updated": "2026-10-04",
        "extensions": {"spreadsheet": {"Owner": "ada"}},
    }


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("id,error,tool,fix", "net/dns/office,boom,Net,wait", {"id": "net/dns/office", "domain": "net"}),
        ("ID,MESSAGE,Product,Solution", "17,boom,Net Stack,wait", {"id": "net-stack/17", "signature": "boom"}),
        ("Error Message,System,Root Cause", "boom,Net,it broke", {"root_cause": "it broke", "workarounds": []}),
        ("error,tool,do_not,date", "boom,Net,wait,11/04/2026", {"last_updated": "11/04/2026"}),
        ("error,tool,fix,pattern", "boom,Net,wait,bo+m", {"regex": "bo+m"}),
        ("error,tool,fix,confirmed,diagnosis", "boom,Net,wait,2026-1-2,a", {"last_confirmed": "2026-01-02"}),
    ],
)
def test_columns_have_more_than_one_name(header: str, line: str, expected: Document) -> None:
    (document,) = rows(f"{header}\n{line}\n")
    entry = made("spreadsheet", document)
    assert SHIPPED.detect(document, "raw/a.csv", "csv") is not None
    assert {key: entry[key] for key in expected} == expected


# ---- what holds of all -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPECIMENS)
def test_what_is_kept_is_the_source_whole(name: str) -> None:
    reader, document = SPECIMENS[name]
    mapped = shipped(name).map(copy.deepcopy(document))
    native = mapped.document | {"extensions": {name: mapped.whole}}
    assert readers.named(reader).restore(shipped(name).carried(native).document) == document
    kept = shipped(name).original(native, []).document
    if reader == "markdown":
        assert readers.named(reader).write(kept) == {"runbook": RUNBOOK, "msvc": MSVC}[name].encode()


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_place_is_one_of_the_source(name: str) -> None:
    document = SPECIMENS[name][1]
    mapped = shipped(name).map(document)
    for pointer in pointers(mapped.document):
        value_at(document, mapped.place(pointer))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Document]:
    """A document of some format with one value exchanged, or taken out."""
    name = draw(st.sampled_from(sorted(SPECIMENS)))
    document = orjson.loads(orjson.dumps(SPECIMENS[name][1]))
    holders: list[Json] = [document]
    for holder in holders:
        holders += [child for child in (holder.values() if isinstance(holder, dict) else holder)
                    if isinstance(child, dict | list) and child]  # fmt: skip
    holder = draw(st.sampled_from(holders))
    key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    if draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = draw(values)
    return name, document


@given(damaged())
def test_whatever_a_document_holds_it_is_a_record_or_none_or_said_to_be_unreadable(case: tuple[str, Document]) -> None:
    name, document = case
    before = copy.deepcopy(document)
    if shipped(name).claims(document):
        try:
            mapped = shipped(name).map(document)
        except UnreadableError as error:
            assert str(error).startswith("shipped:")  # noqa: PT017 - the like of a match, where none is as well
        else:
            assert not (SPECIMENS[name][0] != "markdown" and mapped.whole != before)
    assert document == before


@pytest.mark.parametrize("name", SPECIMENS)
def test_each_is_published(name: str, rules: RuleSet) -> None:
    reader, document = SPECIMENS[name]
    raw = {"markdown": {"runbook": RUNBOOK, "msvc": MSVC}.get(name, ""), "csv": SHEET}.get(reader)
    path = {"markdown": "raw/a.md", "csv": "raw/a.csv", "json": "raw/a.json"}[reader]
    outcome = judge(orjson.dumps(document) if raw is None else raw.encode(), rules, path)
    assert isinstance(outcome, Curated), outcome
    assert outcome.form == name


# ---- real files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "name", "least", "others"),
    [("runbooks", "runbook", 0.9, {"SCH001"}), ("msvc", "msvc", 0.95, {"SCH001"})],
)
def test_pages_that_nobody_here_wrote_are_published_and_come_back(
    corpora: Path, rules: RuleSet, folder: str, name: str, least: float, others: set[str]
) -> None:
    paths = [path for path in sorted((corpora / folder).rglob("*.md")) if path.name != "README.md"][::4]
    published = 0
    for path in paths:
        raw = path.read_bytes()
        outcome = judge(raw, rules, f"raw/{path.name}")
        if isinstance(outcome, Curated):
            published += 1
            assert outcome.form == name
            kept = shipped(name).original(outcome.document, outcome.changes).document
            assert readers.named("markdown").write(kept) == raw
        else:
            assert {finding.code for finding in outcome.findings} <= others, path
    assert published >= least * len(paths)


@pytest.fixture(scope="module")
def of_ruff() -> list[Document]:
    command = [sys.executable, "-m", "ruff", "rule", "--all", "--output-format", "json"]
    done = subprocess.run(command, capture_output=True, check=True)
    rules: list[Document] = orjson.loads(done.stdout)
    return rules


def test_every_rule_of_ruff_is_a_record_of_its_own(of_ruff: list[Document]) -> None:
    assert all(shipped("ruff").claims(rule) for rule in of_ruff)
    records = [made("ruff", rule) for rule in of_ruff[::10]]
    assert len({entry["id"] for entry in records}) == len(records)


def test_the_pattern_matches_each_message_with_its_holes_filled(of_ruff: list[Document]) -> None:
    for rule in of_ruff[::10]:
        pattern = re2.compile(made("ruff", rule)["regex"])
        for message in rule["message_formats"]:
            printed = f"{rule['code']} {re.sub(r'{[^}]*}', 'some thing', message)}"
            assert pattern.search(printed), message


def test_a_folder_with_a_file_of_every_format_is_ingested_at_once(base: Base) -> None:
    base.put("raw/queue.md", RUNBOOK.encode())
    base.put("raw/c9123.md", MSVC.encode())
    base.put("raw/rules.json", [RULE])
    base.put("raw/units.ndjson", orjson.dumps(UNIT) + b"\n")
    base.put("raw/sheet.csv", SHEET.encode())
    base.record("native")
    result = base.ingest()
    assert (result.read, result.published, result.quarantined) == (6, 6, 0)
