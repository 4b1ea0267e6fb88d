"""`kb formats guess`: a first mapping from samples."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.contract import UnreadableError
from kb.errors import KbError
from kb.guessing.field_words import FIELD_WORDS
from kb.jobs.guess import check_free, guess, known_as, mapping
from kb.model import Document, Json
from kb.sources.formats import Format
from kb.sources.formats.mapping_file import format_of
from kb.sources.readers import markdown_page
from tests.bases import Base, encoded, ndjson, record
from tests.errorcanon import ERRORCANON


@pytest.fixture
def base(tmp_path: Path) -> Base:
    base = Base(tmp_path)
    base.configure("")
    return base


def guessed(base: Base, name: str, content: Json) -> tuple[Format, str]:
    """The mapping of one file, loaded, and its text."""
    path = base.put(name, content.encode() if isinstance(content, str) else content)
    text = guess(base.workspace, [path]).text
    return format_of("mapping", "formats/mapping.toml", text), text


def expressions(form: Format) -> dict[str, str]:
    """Every expression by its field; of lists their items."""
    said = [*form.declared.fields, *(one.items for one in form.declared.lists)]
    return {one.field: one.expression.text for one in said}


# ---- names -----------------------------------------------------------------------------------------------------------


def test_a_table_in_german(base: Base) -> None:
    form, text = guessed(
        base,
        "raw/fehler.csv",
        "Fehlercode,Meldung,Ursache,Lösung,Priorität,leer,Erstellt\n"
        "E1,Datei konnte nicht geöffnet werden: %s,Ein anderes Programm hält die Datei.,Programm schließen,hoch,,03.04.2024\n"
        "E2,Kein Speicherplatz auf {dev},Die Platte ist voll von alten Protokollen.,Aufräumen,mittel,,13.05.2024\n",
    )
    native = form.map(
        {
            "Fehlercode": "E1",
            "Meldung": "Kein Platz auf %s",
            "Priorität": "hoch",
            "Lösung": "Raus damit",
            "Erstellt": "3.4.2024",
        }
    ).document
    assert native["id"] == "fehler/e1"
    assert (native["signature"], native["regex"]) == ("Kein Platz auf %s", r"Kein\s+Platz\s+auf\s+.+")
    assert (native["severity"], native["first_seen"]) == ("error", "2024-04-03")
    assert (native["workarounds"], native["dead_ends"]) == ([{"action": "Raus damit"}], [])
    assert "leer" not in text, "an empty column says nothing"


def test_yaml_in_chinese(base: Base) -> None:
    form, _ = guessed(
        base,
        "raw/mysql/a.yaml",
        "错误码: 1045\n错误信息: Access denied for user\n原因: 密码错误，或者用户没有权限访问该数据库。\n"
        "解决方案: [重置密码, 检查权限]\n链接: https://dev.mysql.com/doc\n",
    )
    assert expressions(form) == {
        "id": "\"错误码\" && join('/', ['a', slug(to_string(\"错误码\"))])",
        "signature": '"错误信息"',
        "regex": '"错误信息" && template(to_string("错误信息"))',
        "root_cause": '"原因"',
        "official_doc_url": '"链接"',
        "error_code": '"错误码" && to_string("错误码")',
        "workarounds.items": '["解决方案"][]',
    }


@pytest.mark.parametrize("key", ["root_cause", "rootCause", "RootCause", "root-cause", "ROOT CAUSE", "root cause:"])
def test_a_name_is_known_however_it_is_spelt(base: Base, key: str) -> None:
    form, _ = guessed(base, "raw/a.json", {key: "The lock is held by another process.", "message": "cannot lock"})
    assert form.map({key: "So it is."}).document["root_cause"] == "So it is."


def test_values_that_cannot_be_meant_refuse_a_name(base: Base) -> None:
    form, text = guessed(
        base, "raw/a.json", {"message": "cannot lock", "url": "none", "confidence": "high", "created": "soon"}
    )
    assert expressions(form).keys() == {"id", "signature", "regex"}
    assert "no field of the record: url, confidence, created" in text


# ---- shapes ----------------------------------------------------------------------------------------------------------


def test_what_has_no_telling_name_is_known_by_its_values(base: Base) -> None:
    form, text = guessed(
        base,
        "raw/x.json",
        {
            "a": "fatal: could not read from remote repository",
            "b": "https://git-scm.com/docs",
            "c": [{"what": "Try again", "why": "It is not by chance"}],
        },
    )
    assert expressions(form)["signature"] == "a"
    assert expressions(form)["official_doc_url"] == "b"
    assert "50 %: by what stands there" in text


@pytest.mark.parametrize(
    ("value", "rate"), [(0.85, 0.85), ("0.85", 0.85), ("85 %", 0.85), (85, 0.85), ("85", 0.85), (100, 1)]
)
def test_rates_are_shares_in_whatever_form(base: Base, value: Json, rate: float) -> None:
    form, _ = guessed(base, "raw/a.json", {"message": "cannot lock", "successRate": value})
    assert form.map({"successRate": value}).document["fix_success_rate"] == rate


@pytest.mark.parametrize(
    "day", ["2024-04-13", "2024-04-13T10:00:00Z", "04/13/2024", "13.04.2024", "13 Apr 2024", "2024年04月13日"]
)
def test_days_in_whatever_form(base: Base, day: str) -> None:
    form, _ = guessed(base, "raw/a.json", {"message": "cannot lock", "updated_at": day})
    assert form.map({"updated_at": day}).document["last_updated"] == "2024-04-13"


def test_what_is_no_day_or_rate_stays_as_it_is_written(base: Base) -> None:
    """A rule finds it then; as nothing it would be gone without a word."""
    row = {"error": "cannot lock", "confidence": "85 %", "last_confirmed": "2026-11-04"}
    form, _ = guessed(base, "a.ndjson", ndjson(*[row] * 3))
    made = form.map({**row, "confidence": "often", "last_confirmed": "last spring"}).document
    assert (made["confidence"], made["last_confirmed"]) == ("often", "last spring")
    assert form.map(row).document["confidence"] == 0.85


def test_lists_of_objects_become_dead_ends_and_workarounds(base: Base) -> None:
    attempts = [{"what": "Reinstall", "reason": "The program is sound", "failureRate": "90%"}]
    fixes = [{"step": "Set PATH", "details": "export PATH", "url": "https://x.org/a"}]
    form, _ = guessed(base, "raw/a.json", {"message": "not found", "attempts": attempts, "fixes": fixes})
    native = form.map({"attempts": attempts, "fixes": fixes}).document
    assert native["dead_ends"] == [{"action": "Reinstall", "why_fails": "The program is sound", "fail_rate": 0.9}]
    assert native["workarounds"] == [{"action": "Set PATH", "how": "export PATH", "sources": ["https://x.org/a"]}]


def test_a_list_in_a_cell_is_split(base: Base) -> None:
    form, _ = guessed(base, "raw/a.csv", "message,fix,tags\nnot found,Look;Ask,a\ncannot lock,Wait;Kill it,b\n")
    assert [one["action"] for one in form.map({"fix": "Look; Ask"}).document["workarounds"]] == ["Look", "Ask"]


def test_records_in_a_list_of_a_file_are_taken_out(base: Base) -> None:
    rules = [
        {"code": f"X{i}", "message": f"cannot do {word}", "fix": "Wait"} for i, word in enumerate(("this", "that"))
    ]
    form, text = guessed(base, "raw/rules.json", {"version": 3, "rules": rules})
    assert form.records is not None
    assert form.records.expression.text == "rules[]"
    assert form.is_recognised, "by the name of the file"
    assert "what stands beside it is lost: version" in text


def test_a_page_is_known_by_its_headings(base: Base) -> None:
    page = (
        "---\nms.date: 1/22/2025\ntags: [a]\n---\n# NodeDown\n\n## Meaning\n\nThe **node** is gone.\n\n## Diagnosis\n\nLook.\n\n"
        "## Mitigation\n\n* Start it, see <https://x.org/a>\n* Wait\n\n## Owner\n\nWe\n"
    )
    form, text = guessed(base, "raw/alerts/node.md", page)
    native = form.map(markdown_page.page(page)).document
    assert (native["id"], native["signature"], native["last_updated"]) == ("node/nodedown", "NodeDown", "2025-01-22")
    assert (native["root_cause"], native["diagnosis"]) == ("The node is gone.", ["Look."])
    assert [one["action"] for one in native["workarounds"]] == ["Start it, see https://x.org/a", "Wait"]
    assert native["workarounds"][0]["sources"] == ["https://x.org/a"]
    assert "no field of the record: “Owner”" in text


# ---- what a mapping says of itself -----------------------------------------------------------------------------------


def test_what_cannot_be_guessed_stands_there_to_be_given(base: Base) -> None:
    _, text = guessed(base, "raw/a.json", {"message": "cannot lock"})
    for field in ("category", "verification_tier", "confidence", "resolvable"):
        assert f"\n# {field} = " in text
    lines = [line.removeprefix("# ") if "# to give:" in line else line for line in text.splitlines()]
    native = format_of("mapping", "m.toml", "\n".join(lines)).map({"message": "cannot lock"}).document
    assert (native["category"], native["confidence"]) == ("build_error", 0.5)


def test_every_guess_says_how_sure_it_is(base: Base) -> None:
    _, text = guessed(base, "raw/a.json", {"message": "cannot lock", "fixes": [{"action": "Wait", "how": "sleep"}]})
    within = text.partition("[map]")[2].splitlines()
    assert all("%:" in line for line in within if " = " in line and line[0] != "#" and not line.startswith("dead_ends"))


def test_a_credential_in_a_sample_is_not_shown(base: Base) -> None:
    key = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6"
    _, text = guessed(base, "raw/a.json", {f"token {key}": "x", "message": f"cannot log in with {key}"})
    assert key not in text


def test_a_name_that_could_act_is_shown_and_does_not(base: Base) -> None:
    _, text = guessed(base, "raw/a.json", {"message": "cannot lock", "a\nb\x1b[31m\x7f\"'\\": "x"})
    assert "\x1b" not in text
    assert "\x7f" not in text


def test_a_format_is_known_where_some_rows_say_too_little(base: Base) -> None:
    rows = "error,tool,cause,fix\nboom,x,too hot,cool it\nbang,x,too cold,heat it\nping,,,\n"
    path = base.put("raw/sheet.csv", rows.encode())
    assert known_as(base.workspace, [path]) == "spreadsheet"
    path.write_text("error,tool,cause,fix\nboom,x,too hot,cool it\nping,,,\n")
    assert known_as(base.workspace, [path]) is None


def test_a_known_format_is_named(base: Base) -> None:
    path = base.put("raw/a.json", ERRORCANON.to_source(record("a")))
    assert guess(base.workspace, [path]).notes == (
        "kb knows such records already, as errorcanon; see `kb formats try errorcanon raw/a.json`",
    )
    assert known_as(base.workspace, [path]) == "errorcanon"


# ---- what there is nothing to guess from -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("raw/a.json", b"", "nothing to guess from"),
        ("raw/a.csv", b"", "nothing to guess from"),
        ("raw/a.csv", b"message\n", "nothing to guess from"),
        ("raw/a.yaml", b"a: [", "nothing to guess from"),
        ("raw/a.yaml", b"- 1\n", "nothing to guess from"),
        ("raw/a.json", encoded(record("a")), "native records, which need no mapping"),
    ],
)
def test_what_says_nothing_is_one_clear_line(base: Base, name: str, content: bytes, why: str) -> None:
    with pytest.raises(KbError, match=why):
        guessed(base, name, content)


def test_files_of_two_kinds_need_two_mappings(base: Base) -> None:
    base.put("raw/a.csv", b"message\ncannot lock\n")
    base.put("raw/b.md", b"# A\n")
    with pytest.raises(KbError, match="guess a mapping for each"):
        guess(base.workspace, [base.root / "raw"])


def test_what_can_be_read_is_enough(base: Base) -> None:
    path = base.put("raw/a.ndjson", b'{"message": "cannot lock"}\n{broken\n')
    notes = guess(base.workspace, [path]).notes
    assert len(notes) == 1
    assert notes[0].startswith("1 of 2 samples cannot be read; the first: raw/a.ndjson:2")


def test_of_a_long_file_the_beginning_is_read(base: Base) -> None:
    path = base.put("raw/a.ndjson", ndjson(*({"message": f"cannot lock {i}"} for i in range(1_000))))
    assert guess(base.workspace, [path]).text.startswith("# Guessed from 100 records of raw/a.ndjson.")


@pytest.mark.parametrize(
    ("name", "why"),
    [("a.txt", "is a .toml file"), ("csv.toml", "cannot be the name"), ("there.toml", "--force replaces it")],
)
def test_a_mapping_is_written_where_one_can_be(base: Base, name: str, why: str) -> None:
    base.put("there.toml", b"")
    with pytest.raises(KbError, match=why):
        check_free(base.root / name, force=False)
    check_free(base.root / "there.toml", force=True)


# ---- the law ---------------------------------------------------------------------------------------------------------

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["cannot lock", "https://x.org/a", "2024-04-13", "13.04.2024", "85 %", "a;b", "yes", "high", "x/y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
NAMES = [word for words in FIELD_WORDS.values() for word in words]
DOCUMENTS: st.SearchStrategy[Document] = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), JSON, max_size=8)


@settings(max_examples=30)
@given(st.lists(DOCUMENTS, min_size=1, max_size=4), st.lists(DOCUMENTS, max_size=4), st.data())
def test_every_guess_loads_and_has_an_answer_for_every_document(
    samples: list[Document], others: list[Document], data: st.DataObject
) -> None:
    form = format_of("mapping", "formats/mapping.toml", mapping(samples, ["json"], ["raw/a.json"]))
    keys = sorted({key for sample in samples for key in sample})
    alike = data.draw(st.lists(st.dictionaries(st.sampled_from(keys), JSON, max_size=6), max_size=4)) if keys else []
    for document in (*samples, *others, *alike):
        form.map(document)
        form.claims(document)
    if form.declared.claims is not None:
        assert all(map(form.claims, samples))


TEXTS = st.lists(
    st.sampled_from(
        ["# A", "## Cause", "## It's", "## Fix `x`", "* a", "text", "> quote", "```", "---", "a: 1", "", "1. b"]
    )
    | st.text(max_size=10),
    max_size=12,
).map("\n".join)


@settings(max_examples=30)
@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_so_has_every_guess_of_pages(samples: list[str], other: str) -> None:
    pages = [page for text in samples if (page := _page(text)) is not None]
    if pages:
        form = format_of("mapping", "formats/mapping.toml", mapping(pages, ["markdown"], ["raw/a.md"]))
        for page in [*pages, _page(other)]:
            if page is not None:
                form.map(page)
        if form.declared.claims is not None:
            assert all(map(form.claims, pages))


def _page(text: str) -> Document | None:
    try:
        return markdown_page.page(text)
    except UnreadableError:
        return None
