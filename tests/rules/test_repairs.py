"""What each repair makes of values that are easily repaired to death. A value beside itself stays as it is."""

import pytest

from kb.model import Json
from kb.rules import catalogue
from kb.settings import Settings

SAME = object()

TEXTS: dict[str, list[tuple[str, object]]] = {
    "TXT001": [
        ("  git status \n", "git status"),
        ("\u3000先进入目录\u00a0", "先进入目录"),
        ("\n\n", ""),
        ("a\n\nb", SAME),
        ("echo 'a  b'", SAME),
        ("    services:\n      app:\n        image: x\n    volumes: {}", SAME),
        ("\n    services:\n      app: {}\n", "    services:\n      app: {}"),
        ("  \n\n    if ready:\n        start()\n\n", "    if ready:\n        start()"),
        ("if ready:\n    start()\n", "if ready:\n    start()"),
        ("\tcc -c a.c\n\tld a.o", SAME),
        ("all: a.o\n\tld a.o \n", "all: a.o\n\tld a.o"),
        (" context\n-old\n+new", SAME),
        ("@@ -1,2 +1,2 @@\n-old\n+new\n ", SAME),
        ("@@ -1,2 +1,2 @@\n \n-old\n+new\n", "@@ -1,2 +1,2 @@\n \n-old\n+new"),
        ("\n    one line\n", "one line"),
        ("cat <<EOF\n  x\nEOF\n", "cat <<EOF\n  x\nEOF"),
        ("cd my\\ folder\\ ", SAME),
        ("cd my\\ folder\\  ", "cd my\\ folder\\ "),
        ("cd a\\\\ ", "cd a\\\\"),
        ("hard break  \nnext", SAME),
        ("   \t ", ""),
        ("  first\r\n    second", SAME),
    ],
    "TXT002": [
        ("zero\u200bwidth", "zerowidth"),
        ("git\u200d status", "git status"),
        ("\ufeffgit", "git"),
        ("rm \u202efdp.exe\u202c", "rm fdp.exe"),
        ("cd build\rmake install\rmake clean", "cd build\nmake install\nmake clean"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("one\r\r\ntwo", "one\ntwo"),
        ("cd build\x0cmake", "cd build\nmake"),
        ("cd build\x0bmake", "cd build\nmake"),
        ("a\x1cb\x1ec", "a\nb\nc"),
        ("a\x1fb", "a b"),
        ("bell\x07", "bell"),
        ("h\x00i\x00", "hi"),
        ("\x1b[31merror\x1b[0m: x", "error: x"),
        ("\x1b[1;31merror\x1b[m\x1b[K", "error"),
        ("\x1b[38;5;196mred\x1b[39m", "red"),
        ("\x1b[?25l\x1b[2Kdone", "done"),
        ("\x9b31merror\x9b0m", "error"),
        ("\x1b]0;title\x07make", "make"),
        ("\x1b]8;;https://a.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bmake\x1b(0", "make"),
        ("a\x1b[3Cb", "a   b"),
        ("a\x1b[10Gb", "a b"),
        ("N\bNA\bAM\bME\bE", "NAME"),
        ("_\ba_\bb", "ab"),
        ("\x1bMake", SAME),
        ("\x1b]0;title without an end", SAME),
        ("printf '\x1b[31mred\x1b[0m'", SAME),
        ("tr -d '\r' < a > b", SAME),
        ("sed 's/\u200b//g' a", SAME),
        ('replace("\ufeff", "")', SAME),
        ("Remove the zero-width space: \u200bgit", SAME),
        ("The BOM \ufeff comes first", SAME),
        ("U+202E \u202eturns the text", SAME),
        ("In the editor it is ^[[31m: \x1b[31m", SAME),
        ("grep $'\\x1b' finds \x1b", SAME),
        ("Convert CRLF: a\rb", SAME),
        ("cd C:\foo", SAME),
        ("cd C:\repo", SAME),
        ("matches \bword\b only", SAME),
        ("don\x92t", SAME),
        ("\x93quoted\x94", SAME),
        ("שלום \u200fgit", SAME),
        ("\U0001f469\u200d\U0001f4bb", SAME),
        ("می\u200cخواهم", SAME),
        ("the â\x80\x99 of mojibake", SAME),
        ("tabs\tand\nlines", SAME),
        ("no\u00a0break", SAME),
    ],
    "TXT003": [("", None), (" ", SAME), ("null", SAME), ("none", SAME), ("0", SAME), ("-", SAME)],
    "TXT004": [
        ("cafe\u0301", "café"),
        ("\u212bngström", "Ångström"),
        ("\u2126", "Ω"),
        ("한", "한"),
        ("cd build\u037e make", SAME),
        ("run \u1fefls\u1fef", SAME),
        ("273 \u212a", SAME),
        ("a =\u0338 b", SAME),
        ("cat <\u0338 file", SAME),
        ("\u212a cafe\u0301", "\u212a café"),
        ("mv café cafe\u0301", SAME),
        ("mv 'cafe\u0301' 'café'", SAME),
        ("s/cafe\u0301/café/", SAME),
        ("café in NFD is cafe\u0301", SAME),
        ("U+0301 in cafe\u0301", SAME),
        ("plain", SAME),
    ],
    "TIR002": [
        ("auto_generated", "ai_generated"),
        ("community", "community_reported"),
        ("verified", SAME),
        ("reviewed", SAME),
        ("Auto_Generated", SAME),
        ("human_reviewed", SAME),
        ("reproduced", SAME),
        ("", SAME),
    ],
    "DAT005": [
        ("2024/6/1", "2024-06-01"),
        ("2024-06-01T23:30:00-05:00", "2024-06-01"),
        ("2016-12-31T23:59:60Z", "2016-12-31"),
        ("2024-06-01T25:00:00Z", SAME),
        ("2024-06-01T24:00:00Z", SAME),
        ("2024-06-01T09:61:00Z", SAME),
        ("2024-06-01T09:00:61Z", SAME),
        ("2024-06-01T09:00:00+25:00", SAME),
        ("2024/31/12", SAME),
        ("2024-13-1", SAME),
        ("01/02/2024", SAME),
        ("2024-02-30T00:00:00Z", SAME),
        ("2024-6", SAME),
    ],
    "RAT002": [
        ("0.9", 0.9),
        ("90 %", 0.9),
        ("0.9%", 0.009),
        ("1e-1", SAME),
        ("0,9", SAME),
        (".9", SAME),
        ("+.9", SAME),
        ("0x1", SAME),
        ("1.0.0", SAME),
        ("９０%", SAME),
        ("90％", SAME),
        ("090", SAME),
        ("~90%", SAME),
        ("9/10", SAME),
    ],
}

EACH = [(code, before, after) for code, cases in TEXTS.items() for before, after in cases]


@pytest.mark.parametrize(("code", "before", "after"), EACH, ids=[f"{code} {text!a}" for code, text, _ in EACH])
def test_a_repair_keeps_what_was_meant(code: str, before: str, after: Json) -> None:
    rule = catalogue()[code]
    more = (Settings(),) if rule.reads else ()
    wanted = before if after is SAME else after
    assert rule.run(before, *more) == wanted
    assert rule.run(wanted, *more) == wanted


@pytest.mark.parametrize(
    ("code", "items", "left"),
    [
        ("EVD008", ["https://a.org/x", "https://a.org/x"], [0]),
        ("EVD008", ["https://a.org/x", "https://a.org/X"], [0, 1]),
        ("EVD008", ["https://a.org/x", "https://a.org/x#y"], [0, 1]),
        ("EVD008", ["https://a.org/x", "https://a.org/x/"], [0, 1]),
        ("EVD008", ["https://a.org/x", "http://a.org/x"], [0, 1]),
        ("VER003", [{"version": "2.0"}, {"version": "2.0"}], [0]),
        ("VER003", [{"version": "2.0-RC1"}, {"version": "2.0-rc1"}], [0, 1]),
        ("VER003", [{"version": "Java 8"}, {"version": "Java  8"}], [0, 1]),
        ("VER003", [{"version": "2.0"}, {"version": "2.0", "status": "removed"}], [0, 1]),
        ("VER003", [{"version": "2", "note": 1}, {"version": "2", "note": True}], [0, 1]),
        ("VER003", [{"version": "2", "note": 1}, {"version": "2", "note": 1.0}], [0]),
    ],
)
def test_only_what_says_the_same_is_taken_out_of_a_list(code: str, items: list[Json], left: list[int]) -> None:
    after = catalogue()[code].run(items)
    assert [i for i, item in enumerate(after) if item is items[i]] == left


@pytest.mark.parametrize(
    ("value", "after"),
    [
        (True, "true"),
        (False, "false"),
        ("True", SAME),
        ("yes", SAME),
        (1, SAME),
        (0, SAME),
        (None, SAME),
        ("partial", SAME),
    ],
)
def test_only_a_boolean_becomes_a_word(value: Json, after: object) -> None:
    assert catalogue()["RAT006"].run(value) == (value if after is SAME else after)


def test_no_alias_that_comes_with_kb_raises_a_ceiling() -> None:
    trust = Settings().trust
    lowest = trust.ceiling(0, "")
    assert {trust.ceiling(0, tier) for tier in trust.aliases.values()} == {lowest}
