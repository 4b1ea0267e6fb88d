"""Formats that compute: the native record, where each value of it stood, and the source back."""

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.contract import UnreadableError
from kb.errors import KbError
from kb.model import Curated, Document, Json
from kb.pointer import escape
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from kb.sources.formats import Formats
from kb.sources.formats.computed import elements
from kb.sources.formats.functions import Placed
from kb.sources.readers import markdown_page
from tests.conftest import judge, value_at
from tests.sources.formats.mappings import PAGE, PAGE_MAPPING, PAGE_TEXT, ROW, RUFF, RULE, SPREADSHEET, form
from tests.strategies import values


def test_a_row_of_a_sheet_becomes_a_record() -> None:
    mapped = form(SPREADSHEET).map(ROW)
    assert mapped.document == {
        "id": "docker/port-n-is-already-allocated",
        "signature": "Port <n> is already allocated",
        "regex": "Port\\s+.+\\s+is\\s+already\\s+allocated",
        "domain": "docker",
        "category": "build_error",
        "root_cause": "Another container holds the port.",
        "confidence": 0.85,
        "tags": ["ports", "network"],
        "last_confirmed": "2026-11-04",
        "dead_ends": [{"action": "Restart Docker"}, {"action": "Reboot the machine"}],
        "workarounds": [
            {
                "action": "Stop the container that holds the port",
                "sources": ["https://docs.docker.com/engine/network/"],
            }
        ],
        "verification_tier": "community_reported",
        "resolvable": "true",
        "extensions": {"own": {"owner": "ada"}},
    }
    assert mapped.whole == ROW


@pytest.mark.parametrize(
    ("native", "place"),
    [
        ("/signature", "/error"),
        ("/id", "/tool"),
        ("/confidence", "/sure"),
        ("/tags/1", "/tags"),
        ("/dead_ends/1/action", "/tried"),
        ("/dead_ends", "/tried"),
        ("/workarounds/0/sources/0", "/source"),
        ("/extensions/own/owner", "/owner"),
        ("/resolvable", ""),
        ("/root_cause_zh", ""),
        ("", ""),
    ],
)
def test_a_finding_points_into_the_row(native: str, place: str) -> None:
    assert form(SPREADSHEET).map(ROW).place(native) == place


def test_a_rule_of_a_linter_becomes_a_record() -> None:
    mapped = form(RUFF).map(RULE)
    assert mapped.document == {
        "id": "ruff/f401",
        "signature": "`{name}` imported but unused",
        "regex": "`.+`\\s+imported\\s+but\\s+unused",
        "category": "Pyflakes",
        "root_cause": "Checks for unused imports.",
        "error_code": "F401",
        "resolvable": "partial",
        "domain": "ruff",
        "verification_tier": "human_reviewed",
        "confidence": 0.9,
        "dead_ends": [],
        "workarounds": [{"action": "Fix is sometimes available.", "success_rate": 0.9}],
        "extensions": {
            "own": {
                "name": "unused-import",
                "message_formats": {"1": "`{name}` imported but unused; consider a redundant alias"},
                "preview": False,
            }
        },
    }
    assert mapped.place("/signature") == "/message_formats/0"
    assert mapped.place("/extensions/own/message_formats/1") == "/message_formats/1"


def test_a_page_becomes_a_record() -> None:
    mapped = form(PAGE_MAPPING).map(PAGE)
    assert mapped.document["workarounds"] == [
        {"action": "Include the header", "how": "#include <x>"},
        {"action": "Declare it"},
    ]
    assert mapped.document["root_cause"] == "The compiler can't find the declaration of an identifier."
    assert mapped.document["regex"] == "'.+'\\s+:\\s+undeclared\\s+identifier"
    assert mapped.document["last_confirmed"] == "2016-11-04"
    assert mapped.document["extensions"] == {"own": {"front": {"author": "someone"}}}
    places = {
        "/last_confirmed": "/front/ms.date",
        "/root_cause": "/sections/0/paragraphs/0",
        "/workarounds/0/how": "/sections/1/items/0/code/0/text",
        "/workarounds/1/action": "/sections/1/items/1/text",
        "/workarounds/1/how": "/sections/1/items/1",
        "/official_doc_url": "/sections/3/items/0/text",
    }
    assert {native: mapped.place(native) for native in places} == places


def test_what_has_no_answer_rejects_the_record_and_says_which_line_of_which_file() -> None:
    with pytest.raises(UnreadableError) as caught:
        form(RUFF).map({**RULE, "message_formats": [1]})
    assert str(caught.value) == (
        "formats/own.toml:8: map.regex = \"template(message_formats[0], '{*}')\" template() takes text or null, and was given"
        " a number"
    )
    rules = RuleSet(Settings(), formats=Formats({"formats/own.toml": f"files = '*.json'\n{RUFF}"}))
    (finding,) = judge({**RULE, "message_formats": [1]}, rules).findings
    assert (finding.code, finding.message[:26]) == ("SCH001", "formats/own.toml:9: map.re")


def test_a_file_holds_many_records_where_its_mapping_says_so() -> None:
    found = elements(form(RUFF), {"rules": [RULE, None, {**RULE, "code": "F402"}]})
    assert found == [(RULE, "/rules/0"), ({**RULE, "code": "F402"}, "/rules/2")]
    assert elements(form(SPREADSHEET), ROW) == [(ROW, "")]
    with pytest.raises(
        UnreadableError, match=r'^formats/own.toml:3: records = "rules" gives nothing; the file has no keys$'
    ):
        elements(form(RUFF), {})
    with pytest.raises(
        UnreadableError, match=r'^formats/own.toml:3: records = "rules" gives no list; add \[\] behind it'
    ):
        elements(form(RUFF), {"rules": {"one": RULE}})


# ---- back ------------------------------------------------------------------------------------------------------------


def _native(mapping: str, document: Document) -> Document:
    mapped = form(mapping).map(document)
    return {**copy.deepcopy(mapped.document), "extensions": {"own": mapped.whole}}


def kept(document: Document) -> Document:
    """What is kept of a source: of a page its text, of which all else is made."""
    return {"markdown": document["markdown"]} if "markdown" in document else document


@pytest.mark.parametrize(("mapping", "document"), [(SPREADSHEET, ROW), (RUFF, RULE), (PAGE_MAPPING, PAGE)])
def test_what_nobody_edited_comes_back_whole(mapping: str, document: Document) -> None:
    native = _native(mapping, document)
    assert form(mapping).carried(native) == (kept(document), [])
    assert form(mapping).original(native, ()) == (kept(document), [])


def test_an_edit_of_what_has_a_place_is_written_there() -> None:
    native = _native(SPREADSHEET, ROW)
    native |= {"root_cause": "Another program holds it.", "category": "build_error"}
    native["workarounds"][0]["action"] = "Choose another port"
    assert form(SPREADSHEET).carried(native).document == {
        **ROW,
        "why": "Another program holds it.",
        "fix": "Choose another port",
    }


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        (
            "confidence",
            0.9,
            'confidence was edited, and formats/own.toml:13 makes it by map.confidence = "number(sure)"',
        ),
        ("dead_ends", [], "dead_ends was edited, and formats/own.toml:27 makes it by lists.dead_ends.items"),
        ("locale", "de", "locale has no place in own; leave it out of the record, or map it in formats/own.toml"),
        ("signature", "Another", "id was edited, and formats/own.toml:7 makes it by"),
    ],
)
def test_an_edit_of_what_is_computed_is_refused(field: str, value: Json, why: str) -> None:
    with pytest.raises(KbError) as caught:
        form(SPREADSHEET).carried({**_native(SPREADSHEET, ROW), field: value})
    assert why in str(caught.value)


# ---- properties ------------------------------------------------------------------------------------------------------

_OF_ROWS = st.fixed_dictionaries({key: values | st.just(ROW[key]) for key in ROW})
_OF_RULES = st.fixed_dictionaries({key: values | st.just(RULE[key]) for key in RULE})
_OF_PAGES = st.lists(st.sampled_from(PAGE_TEXT.decode().splitlines()[5:]) | st.text(max_size=20)).map(
    lambda lines: markdown_page.page("\n".join(["# Of lines", *lines]))
)


def _assert_without_places(value: Any) -> None:  # noqa: ANN401 - any JSON value
    assert not isinstance(value, Placed)
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _assert_without_places(child)


@pytest.mark.parametrize(
    ("mapping", "documents"), [(SPREADSHEET, _OF_ROWS), (RUFF, _OF_RULES), (PAGE_MAPPING, _OF_PAGES)]
)
def test_a_mapping_has_an_answer_for_every_document_or_one_error(
    mapping: str, documents: st.SearchStrategy[Document]
) -> None:
    @given(documents)
    def holds(document: Document) -> None:
        before = orjson.dumps(document)
        try:
            mapped = form(mapping).map(document)
        except UnreadableError as error:
            _assert_clear(str(error))
            return
        assert orjson.dumps(document) == before
        _assert_without_places(mapped.document)
        for pointer in _places(mapped.document):
            value_at(document, mapped.place(pointer))
        native = {**mapped.document, "id": "x/y", "extensions": {"own": mapped.whole}}
        assert form(mapping).original(native, ()).document == kept(document)

    holds()


def _assert_clear(said: str) -> None:
    assert said.startswith("formats/own.toml:")
    assert "\n" not in said


def _places(value: Json, at: str = "") -> list[str]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, child in children for place in _places(child, f"{at}/{escape(str(key))}"))]


def test_a_published_record_holds_its_source_as_it_came_and_its_findings_point_there() -> None:
    rules = RuleSet(Settings(), formats=Formats({"formats/own.toml": f'files = "*.json"\n{RUFF}'}))
    source = {**RULE, "summary": " Checks for unused  imports. ", "name": " odd\u00a0name "}
    outcome = judge(source, rules)
    assert isinstance(outcome, Curated), outcome.findings
    assert outcome.form == "own"
    assert outcome.document["extensions"] == {"own": source}
    assert {change.pointer for change in outcome.changes} == {"/summary"}
    assert {value_at(source, finding.pointer) is not None for finding in outcome.findings} == {True}
    own = rules.formats.named("own")
    assert own is not None
    assert own.original(outcome.document, outcome.changes).document == source
    (change,) = outcome.changes
    assert own.editable(source)(change)
    assert not own.editable(source)(change._replace(pointer="/code", before="F401"))
