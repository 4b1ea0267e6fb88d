"""TXT: what is invisible and what only looks so; and that no screen hides a text from its fix."""

import unicodedata
from collections.abc import Iterator

import orjson
import pytest

from pipeline.rules import catalogue
from pipeline.rules.ruleset import RuleSet
from tests.conftest import clean, code_points, found, judge, published

WOMAN_TECHNOLOGIST = "\U0001f469\u200d\U0001f4bb"
HEART_ON_FIRE = "\u2764\ufe0f\u200d\U0001f525"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def _cleaned(text: str) -> str:
    cleaned = catalogue()["TXT002"].run(text)
    assert isinstance(cleaned, str)
    return cleaned


@pytest.mark.parametrize(
    "text",
    [
        WOMAN_TECHNOLOGIST,
        HEART_ON_FIRE,
        SCOTLAND,
        f"restart {SCOTLAND} and {WOMAN_TECHNOLOGIST}",
        "می\u200cخواهم",
        "क्\u200dष",
        "1\ufe0f\u20e3",
        "line\nfeed\tand tab",
        "non\u00a0breaking",
        "naïve café 重启",
    ],
)
def test_what_somebody_sees_stays(text: str) -> None:
    assert _cleaned(text) == text


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("zero\u200bwidth", "zerowidth"),
        ("git\u200d status", "git status"),
        ("git\u200c", "git"),
        ("\u200dgit", "git"),
        ("क\u200d\u200da", "कa"),
        ("a\u200d\u200dक", "aक"),
        ("क\u200d\u200ba", "कa"),
        ("\u1eb9\u200dक", "\u1eb9क"),
        ("rm \u202efdp.exe\u202c", "rm fdp.exe"),
        ("\ufeffgit", "git"),
        ("bell\x07\x7f\x9b", "bell"),
        ("carriage\r\nreturn", "carriage\nreturn"),
        ("so\u00adft", "soft"),
        ("\U0001f3f4\U000e0067\U000e0062", "\U0001f3f4"),
        ("ascii\U000e0041\U000e0042smuggled", "asciismuggled"),
        (f"{SCOTLAND}\U000e0041", SCOTLAND),
    ],
)
def test_what_nobody_sees_goes_at_once(text: str, visible: str) -> None:
    assert _cleaned(text) == visible
    assert _cleaned(visible) == visible


def test_a_non_breaking_space_goes_from_the_ends_only() -> None:
    document = {**clean(), "root_cause": "\u00a0100\u00a0% of cases\u00a0"}
    assert published(document).document["root_cause"] == "100\u00a0% of cases"


def test_the_regex_is_nobodys_to_repair() -> None:
    document = {**clean(), "regex": " cafe\u0301\u200b fatal "}
    assert published(document).document["regex"] == document["regex"]


def test_unknown_keys_and_free_parts_are_repaired_too() -> None:
    document = {**clean(), "extensions": {"a/b": [" x "]}}
    outcome = published(document)
    assert outcome.document["extensions"] == {"a/b": ["x"]}
    assert [change.pointer for change in outcome.changes] == ["/extensions/a~1b/0"]


@pytest.mark.parametrize(
    "text",
    ["the \u00e2\u20ac\u0153word\u00e2\u20ac\u009d", "\u00e4\u00b8\u00ad\u00e6\u2013\u2021", "\u00e2\u0080\u0099"],
)
def test_half_a_letter_in_the_wrong_encoding_stays_for_it_could_be_repaired(text: str) -> None:
    assert _cleaned(text) == text
    assert found({"/root_cause": text}, "TXT005") == ["/root_cause"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("The file wasnâ€™t found", "The file wasn’t found"),
        ("la rÃ©ponse", "la réponse"),
        ("å‘½ä»¤", "命令"),
        ("РџСЂРёРІРµС‚ РјРёСЂ", "Привет мир"),
    ],
)
def test_mojibake_is_found_and_what_it_meant_is_suggested(text: str, meant: str) -> None:
    findings = judge({**clean(), "root_cause": text}).findings
    assert [meant in finding.message for finding in findings if finding.code == "TXT005"] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "« CAFÉ » à l'œuvre, 25 °C, naïve façade — “quotes” and ‘more’",
        "Übergröße, Straße, ÄÖÜ",
        "Ошибка: РСФСР, СССР, в €",
        "错误：命令在错误的目录中运行，请重试……",
        "エラー：接続がタイムアウトしました",
        "오류: 연결 시간이 초과되었습니다",
        "خطأ في الاتصال",
        "Σφάλμα σύνδεσης β€",
        "Lỗi kết nối mạng",
        "√2 ≈ 1.41, ½ × ¼, ‚quoted‘",
        "Python shows cafÃ© where café was meant",
    ],
)
def test_good_text_of_any_script_is_no_mojibake(text: str) -> None:
    assert found({"/root_cause": text}, "TXT005") == []


@pytest.mark.parametrize(
    "text",
    [
        "TODO",
        "tbd.",
        "[N/A]",
        "n/a",
        "…",
        "...",
        "???",
        "-",
        "Lorem ipsum dolor",
        "TODO: ask",
        "see <TBD: who>",
        "to be determined",
    ],
)
@pytest.mark.parametrize(
    "pointer", ["/root_cause", "/dead_ends/0/why_fails", "/workarounds/1/how", "/workarounds/0/condition"]
)
def test_what_only_holds_the_place_of_a_text_is_found(text: str, pointer: str) -> None:
    assert found({pointer: text}, "TXT006") == [pointer]


@pytest.mark.parametrize(
    "text",
    [
        "Remove every TODO comment first",
        "The git-rebase-todo file is edited by hand",
        "Create an empty secret as placeholder",
        "eslint says: Unexpected 'todo' comment",
        "None of them works",
        "The key is AKIAIOSFODNN7EXAMPLE",
        "NA values are dropped by the parser",
        "",
    ],
)
def test_a_text_about_such_words_is_none(text: str) -> None:
    assert found({"/dead_ends/0/why_fails": text}, "TXT006") == []


def test_tags_and_names_may_be_what_they_like() -> None:
    assert found({"/tags": ["todo", "n/a"], "/error_code": "N/A", "/category": "todo"}, "TXT006") == []


def _contexts(char: str) -> Iterator[str]:
    yield from (char, f"{char}x", f"x{char}", f"x{char}x", f"क{char}क")


@pytest.mark.parametrize("code", ["TXT001", "TXT002", "TXT004"])
def test_a_screen_passes_every_text_that_its_fix_would_change(rules: RuleSet, code: str) -> None:
    fix = catalogue()[code]
    changed = [text for char in code_points() for text in _contexts(char) if fix.run(text) != text]
    assert changed
    missed = [text for text in changed if code not in rules.candidates(orjson.dumps({"a": text}))]
    assert [ascii(text) for text in missed] == []


def test_the_screen_for_nfc_passes_every_character_that_can_break_it(rules: RuleSet) -> None:
    missed = [char for char in _unstable() if "TXT004" not in rules.candidates(orjson.dumps({"a": char}))]
    assert [ascii(char) for char in missed] == []


def _unstable() -> Iterator[str]:
    """Only these make a text differ from its NFC (UAX #15): reordered, decomposed, or composed with what precedes."""
    for char in code_points():
        if unicodedata.combining(char) or not unicodedata.is_normalized("NFC", char):
            yield char
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            yield chr(int(parts[1], 16))
    yield from map(chr, (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)))  # Hangul vowels and finals
