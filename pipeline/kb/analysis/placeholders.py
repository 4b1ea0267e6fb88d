"""What stands where a text belongs: words that say that there is none, in some languages."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

from kb.analysis.lazily import lazily

ALL_THERE_IS = frozenset(
    [
        *("todo", "tba", "tbc", "tbd", "fixme", "change me", "changeme", "placeholder", "placeholder text", "lorem"),
        *("pending", "coming soon", "n/a", "na", "n.a", "n a", "nil", "null", "none", "nothing", "empty", "blank"),
        *("does not apply", "ditto", "idem", "same", "as above", "as before", "like above", "fill in", "fill me in"),
        *("no comment", "no details", "no data", "no info", "no information", "no information available", "no reason"),
        *("no description", "no description available", "no description provided", "no content", "no text", "no value"),
        *("unknown cause", "unknown reason", "cause unknown", "reason unknown", "unknown at this time", "unknown yet"),
        *(f"to be {done}" for done in ("done", "determined", "decided", "written", "added", "filled in", "confirmed")),
        *(f"to be {done}" for done in ("announced", "completed", "continued", "defined", "specified", "discussed")),
        *map("".join, product(("", "currently ", "still "), ("unknown", "unspecified", "undetermined", "unclear"))),
        *map("".join, product(
            ("not ", "not yet ", "currently not "),
            ("applicable", "available", "specified", "known", "provided", "given", "set", "determined", "documented"),
        )),
        *map("".join, product(("same as ", "the same as "), ("above", "before", "previous", "the above", "the previous one"))),
        *map("".join, product(
            ("see ", "see the ", "refer to ", "refer to the ", "cf ", "cf. "),
            ("above", "below", "action", "description", "previous", "previous one", "root cause", "first one", "signature"),
        )),
        *map("".join, product(
            ("", "insert ", "enter ", "add ", "your ", "insert your ", "enter your ", "add your "),
            ("text here", "description here", "content here", "action here", "reason here", "text goes here"),
        )),
        *("待补", "待补充", "待定", "待办", "待填", "待填写", "待确认", "待完善", "待续", "待查", "未知", "未定"),
        *("未填", "未填写", "未提供", "无", "無", "没有", "沒有", "暂无"),
        *("暫無", "无内容", "暂无内容", "暂无信息", "暂无数据", "暂无说明"),
        *("不适用", "不適用", "不详", "不詳", "同上", "如上", "同前", "见上", "见上文", "见上面", "見上"),
        *("参见上文", "请见上文"),
        *("略", "空", "占位", "占位符", "なし", "該当なし", "不明", "未定義", "없음", "해당 없음", "해당없음", "미정"),
        *("keine", "keine angabe", "keine angaben", "nicht zutreffend", "unbekannt", "siehe oben", "aucun", "aucune"),
        *("sans objet", "inconnu", "voir ci-dessus", "ninguno", "no aplica", "desconocido", "нет", "неизвестно", "см. выше"),
    ]
)  # fmt: skip
"""Texts, in lower case, that say that there is none."""

_LONGEST = 60

_NO_WORD = lazily(r"[\s.…?!*~_/\-–—。？]+")
_RUN_OF_X = lazily(r"[xX]{3,}")
_AROUND = " \t\n.,;:!?…*~_/\\-–—|()[]{}<>\"'`“”‘’«»。，；：！？（）【】「」"

_LEFT_OVER = lazily(r"^\W*(?:TODO|FIXME|TBD)\s*[:(\-–—]|[\[<](?:TODO|FIXME|TBD)\b[^\]>]{0,80}[\]>]|\(TBD\)")


_BLANK_IN_JSON = r"(?:[\pZ\x{85}]|\\[nrtf]|\\u00[01].)"
_AROUND_IN_JSON = rf"(?:{_BLANK_IN_JSON}|\\[\"\\]|[{re.escape(_AROUND.strip())}])"
_NO_INFORMATION = "|".join(re.escape(words).replace(r"\ ", f"{_BLANK_IN_JSON}+") for words in sorted(ALL_THERE_IS))

SCREEN = rf'TODO|FIXME|TBD|(?i:lorem ipsum)|[:,\[]"{_AROUND_IN_JSON}*(?i:{_NO_INFORMATION}|xxx+)?{_AROUND_IN_JSON}*"'
"""What every text that holds a place has in it, as JSON spells it, as an RE2 pattern; the empty text is none, but passes."""

_BEGINNINGS = frozenset({"x", "xx", *(words[:2] for words in ALL_THERE_IS)})

_MARKS = ("TODO", "FIXME", "TBD")


def holding(texts: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those of some texts, each with its pointer, that are all placeholder, or mark what is missing in them."""
    joined = "\n".join([text for _, text in texts])
    is_marked = any(mark in joined for mark in _MARKS) or "lorem ipsum" in joined.lower()
    for pointer, text in texts:
        if (is_marked or (len(text) <= _LONGEST and _may_say_nothing(text))) and holds_a_place(text):
            yield pointer, text


def _may_say_nothing(text: str) -> bool:
    """Whether a text begins as one that says nothing; a sign before its first word may be left out."""
    beginning = text[:2].lower()
    return beginning in _BEGINNINGS or not beginning.isalnum()


@lru_cache(maxsize=2048)
def holds_a_place(text: str) -> bool:
    """Whether a text is all placeholder, or marks what is missing in it."""
    if len(text) <= _LONGEST and _says_nothing(text):
        return True
    if ("TODO" in text or "FIXME" in text or "TBD" in text) and _LEFT_OVER.search(text):
        return True
    return "lorem ipsum" in text.lower()


def _says_nothing(text: str) -> bool:
    if _NO_WORD.fullmatch(text):
        return True
    words = " ".join(text.strip(_AROUND).lower().split())
    return words in ALL_THERE_IS or _RUN_OF_X.fullmatch(words) is not None
