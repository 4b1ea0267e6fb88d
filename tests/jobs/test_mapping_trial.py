"""`kb formats try`: what a mapping makes of a few records, and what would be lost."""

from pathlib import Path

import orjson
import pytest

from kb.errors import KbError
from kb.jobs.mapping_trial import try_mapping
from kb.model import Json
from kb.results import Trial
from tests.bases import Base, encoded, ndjson, record
from tests.errorcanon import ERRORCANON

MAPPING = """
title = "Rules"
claims = "contains(keys(@), 'code')"
[map]
id = "join('/', ['x', slug(code)])"
signature = "message"
root_cause = "why.text"
[default]
domain = "x"
"""
RULE = {
    "code": "X1",
    "message": "cannot lock",
    "why": {"text": "It is held.", "by": "ann"},
    "old": None,
    "notes": ["a", "b"],
}


@pytest.fixture
def base(tmp_path: Path) -> Base:
    base = Base(tmp_path)
    base.configure("")
    base.put("formats/rules.toml", MAPPING.encode())
    return base


def tried(base: Base, content: Json, name: str = "raw/a.json", form: str = "rules", limit: int = 3) -> Trial:
    return try_mapping(base.workspace, form, [base.put(name, content)], limit)


def test_keys_are_used_or_kept(base: Base) -> None:
    result = tried(base, RULE)
    (one,) = result.tried
    assert one.record == {"id": "x/x1", "signature": "cannot lock", "root_cause": "It is held.", "domain": "x"}
    assert (one.used, one.kept, one.lost) == (("code", "message", "why.text"), ("why.by", "notes[]"), ())
    assert result.is_sound


def test_fields_that_stay_empty_are_named(base: Base) -> None:
    (one,) = tried(base, RULE).tried
    assert one.required == (
        "regex",
        "category",
        "dead_ends",
        "workarounds",
        "verification_tier",
        "confidence",
        "resolvable",
    )
    assert "tags" in one.optional


def test_findings_are_those_of_an_ingest(base: Base) -> None:
    (one,) = tried(base, RULE).tried
    assert {finding.code for finding in one.findings} == {"SCH002"}
    assert one.is_rejected


def test_what_stands_beside_the_records_of_a_file_is_lost(base: Base) -> None:
    base.put("formats/rules.toml", f'records = "rules[]"\n{MAPPING}'.encode())
    result = tried(base, {"version": 2, "rules": [RULE, RULE]})
    assert [one.place for one in result.tried] == ["/rules/0", "/rules/1"]
    assert result.keys("lost") == ["version"]
    assert not result.is_sound
    assert tried(base, {"rules": [RULE]}).is_sound


def test_an_empty_list_of_records_is_nothing_read(base: Base) -> None:
    base.put("formats/rules.toml", f'records = "rules[]"\n{MAPPING}'.encode())
    result = tried(base, {"rules": []})
    assert [one.fault for one in result.tried] == ["`records` finds none in it"]
    assert not result.is_sound


def test_a_number_that_an_expression_reads_is_used(base: Base) -> None:
    sure = 'confidence = "number(to_string(sure))"\n[default]'
    base.put("formats/rules.toml", MAPPING.replace("[default]", sure).encode())
    (one,) = tried(base, {**RULE, "sure": 0.5}).tried
    assert "sure" in one.used


def test_a_mapping_in_both_directions_loses_nothing(base: Base) -> None:
    document = {**ERRORCANON.to_source(record("a")), "mood": "sad"}
    (one,) = tried(base, document, form="errorcanon").tried
    assert one.kept == ("mood",)
    assert one.lost == ()
    assert {"error.signature", "dead_ends[].action"} <= set(one.used)
    assert not one.is_rejected


def test_a_page_is_shown_by_its_headings(base: Base) -> None:
    base.put(
        "formats/pages.toml",
        b"read = \"markdown\"\n[map]\nid = \"join('/', ['x', slug(title)])\"\nroot_cause = \"section(@, 'Cause').text\"\n"
        b'signature = "front.sig"',
    )
    page = b"---\nsig: cannot lock\nowner: ann\n---\n# A\n\nIntro\n\n## Cause\n\nHeld.\n\n### More\n\nMuch\n\n## Fix\n\nWait\n"
    (one,) = tried(base, page, "raw/a.md", "pages").tried
    assert one.used == ("front.sig", "(title)", "## Cause")
    assert one.kept == ("front.owner", "(lead)", "### More", "## Fix")
    assert not one.is_recognised, "nothing says how to know such a page"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("raw/a.json", b"{", "not strict JSON"),
        ("raw/a.json", encoded({**RULE, "code": [5]}), "formats/rules.toml:5: map.id = "),
        ("raw/a.csv", b"code\nX1\n", "rules reads json, and this is csv"),
    ],
)
def test_what_cannot_be_read_says_why(base: Base, name: str, content: bytes, why: str) -> None:
    result = tried(base, content, name)
    assert why in str(result.tried[0].fault)
    assert not result.is_sound


def test_a_few_records_are_enough(base: Base) -> None:
    content = ndjson(*({**RULE, "code": f"X{i}"} for i in range(50)))
    assert len(tried(base, content, "raw/a.ndjson").tried) == 3
    assert len(tried(base, content, "raw/a.ndjson", limit=7).tried) == 7


def test_of_a_folder_several_files_are_looked_at(base: Base) -> None:
    for i in range(5):
        base.put(f"raw/{i}.ndjson", ndjson(RULE, RULE))
    assert [one.path for one in try_mapping(base.workspace, "rules", [base.root / "raw"], 3).tried] == [
        "raw/0.ndjson", "raw/1.ndjson", "raw/2.ndjson",
    ]  # fmt: skip


def test_a_mapping_can_be_tried_before_it_is_in_its_place(base: Base) -> None:
    path = base.put("draft.toml", MAPPING.replace("why.text", "why.by").encode())
    result = try_mapping(base.workspace, str(path), [base.put("raw/a.json", RULE)], 3)
    assert result.tried[0].used == ("code", "message", "why.by")


def test_a_credential_is_not_shown(base: Base) -> None:
    key = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6"
    result = tried(base, {**RULE, "message": f"cannot log in with {key}"})
    assert key not in orjson.dumps(result.document()).decode()
    assert key not in result.tried[0].shown
    assert "SAF001" in {finding.code for finding in result.tried[0].findings}


@pytest.mark.parametrize(
    ("name", "why"), [("native", "kb's own format"), ("rulse", "did you mean `rules`"), ("no.toml", "no.toml")]
)
def test_a_format_has_to_be_there(base: Base, name: str, why: str) -> None:
    with pytest.raises(KbError, match=why):
        tried(base, RULE, form=name)
