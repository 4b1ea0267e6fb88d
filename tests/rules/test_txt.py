"""TXT: what is invisible and what only looks so; and that no screen hides a text from its fix.

What was lost, and typography in code, have files of their own.
"""

import unicodedata
from collections.abc import Iterator

import orjson
import pytest

from kb.analysis import characters
from kb.analysis.characters import trimmed, visible
from kb.rules import catalogue
from kb.rules.ruleset import RuleSet
from tests.conftest import clean, code_points, found, judge, published

WOMAN_TECHNOLOGIST = "\U0001f469\u200d\U0001f4bb"
HEART_ON_FIRE = "\u2764\ufe0f\u200d\U0001f525"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def _cleaned(text: str) -> str:
    cleaned = catalogue()["TXT002"].run(text)
    assert isinstance(cleaned, str)
    return cleaned


def test_marks_that_stand_on_one_letter_are_left_and_flagged_however_many_they_are() -> None:
    marks = "\u0301\u0323"
    few, many = (f"The cafe{marks * number} is closed." for number in (1, 40_000))
    assert published(clean() | {"root_cause": few}).document["root_cause"] == unicodedata.normalize("NFC", few)
    assert published(clean() | {"root_cause": many}).document["root_cause"] == many
    assert found({"/root_cause": many}, "TXT012") == ["/root_cause"]


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


@pytest.mark.parametrize("text", ["\r", "\r\x0b", "\x1b[", "\u200d", "a\x08", "\u202e'"])
def test_so_many_of_such_characters_are_gone_through_once(text: str) -> None:
    assert len(visible(f"x{text * (200_000 // len(text))}x")) <= 200_002


def test_each_text_of_a_record_is_looked_at_once_for_how_the_others_are_spelt(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(text: str) -> str:
        read.append(text)
        return trimmed(text)

    monkeypatch.setattr(characters, "trimmed", counted)
    assert len(found({"/tags": [f"e\u0301{i}" for i in range(200)]}, "TXT004")) == 200
    assert 0 < len(read) < 1000


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


@pytest.mark.parametrize(
    "text",
    [
        "The caf\ufffd folder",
        "\ufffd\ufffd",
        "don\ufffdt run it",
        "文件\ufffd\ufffd不存在",
        "la r\ufffdponse",
        "cafï¿½ folder",
        "锟斤拷锟斤拷",
        "命令锟斤拷目录",
        "烫烫烫烫",
        "结果是屯屯屯屯",
        "cafÃ¯Â¿Â½",
        "鏂囦欢涓嶅瓨鍦\ufffd",
    ],
)
@pytest.mark.parametrize("pointer", ["/root_cause", "/workarounds/1/how", "/dead_ends/0/why_fails", "/signature_zh"])
def test_what_stands_for_lost_letters_is_found(text: str, pointer: str) -> None:
    assert found({pointer: text}, "TXT005") == [pointer]


@pytest.mark.parametrize(
    "text",
    [
        "The terminal shows \ufffd since its encoding is Latin-1",
        "Python puts U+FFFD (\ufffd) there",
        "The replacement character \ufffd",
        "‘\ufffd’ is printed",
        "控制台显示锟斤拷：乱码",
        "GBK 把两个 \ufffd 读成 锟斤拷",
        "VC++ 调试版的未初始化内存显示为烫烫烫烫",
        "很烫，水很烫",
        "屯田",
        "文件不存在，请检查路径",
        "编码错误：无法解码",
        "联通",
        "锟铻",
        "命令在错误的目录中运行，请重试……",
    ],
)
def test_a_record_about_lost_letters_may_show_them(text: str) -> None:
    assert found({"/root_cause": text}, "TXT005") == []


def test_lost_letters_may_be_what_the_record_is_about_as_its_signature_says() -> None:
    about = {"/signature": "UnicodeDecodeError: 'utf-8' codec can't decode byte", "/regex": "codec can't decode"}
    assert found({**about, "/dead_ends/0/why_fails": "Every letter becomes \ufffd then."}, "TXT005") == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Itâ€™s gone", "It’s gone"),
        ("donÃ¢â‚¬â„¢t", "don’t"),
        ("ÃƒÂ©tÃƒÂ©", "été"),
        ("鏂囦欢", "文件"),
        ("浣犲ソ涓栫晫 in a log", "你好世界 in a log"),
    ],
)
def test_double_encodings_and_utf8_read_as_gbk_are_mojibake(text: str, meant: str) -> None:
    messages = [f.message for f in judge({**clean(), "root_cause": text}).findings if f.code == "TXT005"]
    assert [meant in message for message in messages] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "Not applicable",
        "not applicable.",
        "NOT APPLICABLE",
        "unknown",
        "Unknown.",
        "none",
        "(none)",
        "<None>",
        "See above",
        "see  above.",
        "Same as above",
        "the same as above",
        "as above",
        "ditto",
        "N.A.",
        "n/a.",
        "null",
        "Not available",
        "not yet known",
        "No information available",
        "To be defined",
        "Coming soon",
        "Pending",
        "insert description here",
        "无",
        "无。",
        "不适用",
        "同上",
        "暂无",
        "未知",
        "待确认",
        "（略）",
        "なし",
        "없음",
        "nicht zutreffend",
        "siehe oben",
        "sans objet",
        "- none -",
    ],
)
@pytest.mark.parametrize("pointer", ["/root_cause", "/workarounds/1/how", "/workarounds_zh/0"])
def test_words_that_say_that_there_is_nothing_are_found(text: str, pointer: str) -> None:
    assert found({pointer: text}, "TXT006") == [pointer]


@pytest.mark.parametrize(
    "text",
    [
        "Not applicable to version 2",
        "Unknown host keys are refused",
        "None of them is open",
        "See above the fold of the page",
        "The same as above happens on Windows",
        "Nothing listens on the port",
        "Null pointers are dereferenced",
        "无法连接",
        "同上一个版本一样",
        "暂无权限的用户会看到它",
        "未知的主机",
        "Empty the cache",
        "No",
        "Same host, other port",
        "Pending pods keep the node busy",
        "Text here is cut",
        "x",
        "xx",
        "Fill in the form",
        "As above, so below",
        "none, one or two",
        "do not apply it",
        "a",
        "0",
        "空格",
        "略过该步骤",
    ],
)
def test_a_text_that_only_starts_so_says_something(text: str) -> None:
    assert found({"/dead_ends/0/why_fails": text, "/workarounds/1/how": text}, "TXT006") == []


def _telling() -> Iterator[str]:
    """Every character but those of which there are very many alike, unassigned ones and ideographs: of them, some."""
    for char in code_points():
        if ord(char) % 64 == 0 or unicodedata.category(char) not in {"Cn", "Co"} | (
            {"Lo"} if char >= "\u3400" else set()
        ):
            yield char


def _contexts(char: str) -> Iterator[str]:
    yield from (char, f"{char}x", f"x{char}", f"x{char}x", f"क{char}क")


@pytest.mark.parametrize("code", ["TXT001", "TXT002", "TXT004"])
def test_a_screen_passes_every_text_that_its_fix_would_change(rules: RuleSet, code: str) -> None:
    fix = catalogue()[code]
    changed = [text for char in _telling() for text in _contexts(char) if fix.run(text) != text]
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
