"""LOC: translations."""

from kb.analysis.lazily import lazily
from kb.analysis.placeholders import holds_a_place
from kb.model import Severity
from kb.rules.base import At, Found, Record, check, fold
from kb.words import show

_HAN = lazily("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")

_PAIRS = (("signature_zh", "signature"), ("root_cause_zh", "root_cause"))


@check(
    "LOC001",
    "untranslated",
    Severity.WARNING,
    version=2,
    good=[
        {},
        {"/signature_zh": None, "/root_cause_zh": None, "/workarounds_zh": []},
        {"/root_cause_zh": "TBD"},
        {"/root_cause": "The folder café lies in no working tree."},
        {"/workarounds_zh/2": "再运行一次"},
    ],
    bad=[
        {"/root_cause_zh": "The command ran in a folder that lies in no working tree."},
        {"/workarounds_zh/1": "use -C"},
        At({"/root_cause": "命令在不属于任何工作区的目录中运行。"}, "/root_cause_zh"),
    ],
)
def untranslated(r: Record) -> Found:
    """Has `*_zh` text that is not its English original and contains Han characters.

    A reader of Chinese is promised a translation there; the original stands one key above. What only holds the place of
    a translation, such as "TBD", is reported by TXT006.
    """
    pairs = [(f"/{zh}", r.document[zh], r.document[en]) for zh, en in _PAIRS]
    originals = [item["action"] for item in r.workarounds]
    for i, text in enumerate(r.document["workarounds_zh"]):
        pairs.append((f"/workarounds_zh/{i}", text, originals[i] if i < len(originals) else None))
    for pointer, text, original in pairs:
        if text is None:
            continue
        if not _HAN.search(text):
            if not holds_a_place(text):
                yield pointer, f"{show(text)} has no Chinese in it; translate it, or leave it out"
        elif original and not original.isascii() and fold(text) == fold(original) and not holds_a_place(text):
            yield pointer, f"{show(text)} is the original; translate it, or leave it out"


@check(
    "LOC002",
    "translation-missing",
    Severity.INFO,
    good=[{}, {"/signature_zh": None, "/root_cause_zh": None, "/workarounds_zh": []}],
    bad=[{"/signature_zh": None}, {"/workarounds_zh": []}],
)
def translation_missing(r: Record) -> Found:
    """Translates all of signature, root cause and workarounds, or none.

    Half a translation makes the reader change languages in the middle.
    """
    parts = [(f"/{zh}", r.document[zh]) for zh, en in _PAIRS if r.document[en] is not None]
    if r.workarounds:
        parts.append(("/workarounds_zh", r.document["workarounds_zh"]))
    missing = [pointer for pointer, text in parts if not text]
    if len(missing) < len(parts):
        for pointer in missing:
            yield pointer, f"{show(None)} where other parts are translated; translate this too, or none"


@check(
    "LOC003",
    "translation-misaligned",
    Severity.WARNING,
    good=[{}, {"/workarounds_zh": None, "/signature_zh": None, "/root_cause_zh": None}],
    bad=[{"/workarounds_zh": ["先进入克隆下来的目录"]}, At({"/workarounds_zh/2": "再运行一次"}, "/workarounds_zh")],
)
def translation_misaligned(r: Record) -> Found:
    """Has as many `workarounds_zh` as `workarounds`.

    They stand one for one; with one missing, a reader gets the wrong instruction for the right problem.
    """
    count, expected = len(r.document["workarounds_zh"]), len(r.workarounds)
    if count and count != expected:
        yield (
            "/workarounds_zh",
            f"{count} stand here for {expected} in `workarounds`; give one for each, in their order",
        )
