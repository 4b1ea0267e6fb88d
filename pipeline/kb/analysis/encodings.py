"""Texts that were decoded with the wrong encoding: what they meant, or that it is lost."""

import re

_THEN = "[\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]"

MISREAD = f"(?:[\xc2-\xdf]{_THEN}|[\xe0-\xef]{_THEN}{{2}}|[\xf0-\xf4]{_THEN}{{3}})"
"""A character of UTF-8 that was read as Latin-1 or Windows-1252. A control character in it is a part of that."""

_MIXED_UP = rf"{MISREAD}|[âвβā]€|вЂ|(?:[РС][^\x00-\x7f]){{3}}|[‚√Ă][^\x00-\x7f]"
"""What UTF-8 looks like when read as Windows-1252, -1251, -1250, -1253, -1257 or Mac Roman; compiled when needed."""

_LOST = "\ufffd|ï¿½|锟斤拷|锟斤|斤拷|(?:烫烫|屯屯|葺葺|燙燙){2}|烫烫烫|屯屯屯|锘匡豢"
"""What stands for bytes that are lost: the replacement character, that in other encodings, and memory that was never set."""

_ABOUT = (
    r"(?i)\b(?:mojibake|garbled|charset|(?:en|de)cod(?:e|er|es|ed|ing|ings)\b|codec|code ?page|utf-?(?:8|16)|latin-?1|cp\d{3,4}"
    r"|iso-?8859|gbk|gb2312|gb18030|big5|shift.?jis|windows-125\d|unicode\w*|replacement char\w*|non-?ascii|multi-?byte)\b"
    r"|U\+FFFD|\\ufffd|\\xef\\xbf\\xbd"
    r"|乱码|亂碼|编码|編碼|解码|字符集|替换字符|文字化け|未初始化|uninitiali[sz]ed|0x?CC\b|0x?CD\b"
)

_NAMED_BY_ITSELF = "(?<=['\"`‘“「(])(?:\ufffd|锟斤拷)+(?=['\"`’”」)])"

_RUN = "[^\x00-\x7f]{3,}"

_CHINESE = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]{2,}"

_FIRST_AS_GBK = "".join(
    bytes([lead, trail]).decode("gb18030") for lead in (*range(0xE3, 0xEA), 0xEF) for trail in range(0x80, 0xC0)
)
"""What the first two bytes of a Chinese character of UTF-8 are in GBK: so begins every run that was read as that."""

SCREEN = rf"{_MIXED_UP}|{_LOST}|[\x00-\x7f][{_FIRST_AS_GBK}]"
"""What every text has in it, as JSON spells it, in which `meant` or `lost` finds anything, as an RE2 pattern."""

_FEW = 20
_AROUND = "\"'`.,;:()[]<>“”‘’«»"


def meant(text: str) -> str | None:
    """What a text means that was read in the wrong encoding; None if it was not, or says itself what is right."""
    if re.search(_MIXED_UP, text):
        from ftfy import fix_encoding  # noqa: PLC0415 - 70 ms, and hardly a record needs it

        right = fix_encoding(text)
        return None if right == text or _shows_both(text) else right
    runs = {run: _read_as_gbk(run) for run in re.findall(_RUN, text)}
    if all(run == right or right in text for run, right in runs.items()):
        return None
    return re.sub(_RUN, lambda match: runs[match[0]], text)


def lost(text: str, about: str) -> str | None:
    """What stands in a text for bytes that are lost, unless it is quoted, or the text or `about` speaks of encodings."""
    if not re.search(_LOST, text):
        return None
    match = re.search(_LOST, re.sub(_NAMED_BY_ITSELF, "", text))
    return None if match is None or re.search(_ABOUT, text) or re.search(_ABOUT, about) else match[0]


def _read_as_gbk(run: str) -> str:
    """What a run of characters says as UTF-8, if it was that and was read as GBK; its last letter may be cut."""
    try:
        data = run.encode("gb18030")
        right = data.decode()
    except UnicodeDecodeError as error:
        if error.start < len(data) - 2:
            return run
        right = data[: error.start].decode()
    except UnicodeEncodeError:
        return run
    return right if re.fullmatch(_CHINESE, right) else run


def _shows_both(text: str) -> bool:
    """Whether a text has the right form of what is mixed up in it beside the wrong one."""
    from ftfy import fix_encoding  # noqa: PLC0415 - as above

    words = [word.strip(_AROUND) for word in text.split()]
    mixed_up = [word for word in words if re.search(_MIXED_UP, word)][:_FEW]
    return any(fix_encoding(word) in words for word in mixed_up if fix_encoding(word) != word)
