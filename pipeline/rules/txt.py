"""TXT: text. None of these rules touches `regex`, where every character counts."""

import re
import unicodedata
from collections.abc import Iterator

from pipeline.contract import shapes, show
from pipeline.model import Json, Severity
from pipeline.rules.base import EVERY_TEXT, Found, Record, check, corpus, fix
from pipeline.rules.fixing import texts

_WHITE = r"\x09-\x0d\x20\x85\xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"

_INVISIBLE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f"  # control characters but \t, \n and NEL, which counts as white space
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"  # soft hyphen, fillers, Mongolian selectors
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"  # zero width, bidi, annotations
    "\U000e0001\U000e0020-\U000e007f]"  # tags
)

_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"

_THEN = "[\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]"

_MISREAD = f"(?:[\xc2-\xdf]{_THEN}|[\xe0-\xef]{_THEN}{{2}}|[\xf0-\xf4]{_THEN}{{3}})"
"""A character of UTF-8 that was read as Latin-1 or Windows-1252. A control character in it is a part of that."""

_KEPT_OR_INVISIBLE = f"({_FLAG}|{_MISREAD})|{_INVISIBLE}"  # compiled when a record needs it: large, and hardly one does

_LATIN = "\x00-\u02af\u1e00-\u1eff"

_IDLE_JOINERS = re.compile(  # runs of joiners next to Latin text or to nothing
    f"(?<![^{_LATIN}])[\u200c\u200d]+|[\u200c\u200d]+(?![^{_LATIN}\u200c\u200d])"
)


@fix(
    "TXT001",
    "outer-whitespace",
    Severity.INFO,
    at=(EVERY_TEXT,),
    says="{before} has white space around it; write {after}",
    screen=rf'"[{_WHITE}]|[{_WHITE}]"|"\\[tnrfbu]|\\[tnrf]"|\\u00[01].',
    good=[{}, {"/root_cause": "two\n\nparagraphs"}, {"/regex": " fatal: not a git repository "}],
    bad=[{"/root_cause": "  fell off the end\n"}, {"/workarounds/0/how": "\u3000先进入目录\u00a0"}],
)
def outer_whitespace(text: str) -> str:
    """Has no leading or trailing white space in any string but `regex`.

    It is an accident of copying, and makes equal texts differ. White space within a text is left alone: there it is
    code.
    """
    return text.strip()


@fix(
    "TXT002",
    "invisible-characters",
    Severity.WARNING,
    at=(EVERY_TEXT,),
    says="{before} holds characters that nobody sees; write {after}",
    screen=(
        r"\\u00|\\[bfr]|[\x7f-\x84\x86-\x9f\xad\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180e}"
        r"\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{3164}\x{feff}\x{ffa0}\x{fff9}-\x{fffb}"
        r"\x{e0001}\x{e0020}-\x{e007f}]"
    ),
    good=[
        {},
        {"/root_cause": "tabs\tand\nlines"},
        {"/root_cause": "the \U0001f469\u200d\U0001f4bb emoji"},
        {"/root_cause": "می\u200cخواهم"},
        {"/root_cause": "the \u00e2\u20ac\u0153quoted\u00e2\u20ac\u009d word"},
    ],
    bad=[
        {"/root_cause": "zero\u200bwidth"},
        {"/workarounds/0/action": "rm \u202efdp.exe"},
        {"/root_cause": "bell\x07"},
        {"/root_cause": "jo\u200dined"},
    ],
    version=2,
)
def invisible_characters(text: str) -> str:
    """Has no control characters but line feed and tab, no zero-width and no bidirectional-override characters.

    A command with such a character in it fails when pasted, or is not the command that is seen. Joiners inside emoji
    and inside scripts that need them stay, and so do control characters that are half of a letter in the wrong encoding
    (TXT005), for without them it could not be repaired.
    """
    if text.isascii() and text.isprintable():
        return text
    return _IDLE_JOINERS.sub("", re.sub(_KEPT_OR_INVISIBLE, lambda match: match[1] or "", text))


def _optional_places() -> tuple[str, ...]:
    """Every place that the schema of incoming records lets be text or null."""
    graph = shapes()["transition_graph"].keys
    inside = {
        "": "record",
        "versions/*/": "version",
        "dead_ends/*/": "dead_end",
        "workarounds/*/": "workaround",
        **{f"transition_graph/{key}/*/": "transition" for key in graph},
    }
    return tuple(place + "|".join(sorted(shapes()[kind].optional_texts)) for place, kind in inside.items())


@fix(
    "TXT003",
    "empty-means-null",
    Severity.INFO,
    at=_optional_places(),
    says="{before} is empty text where there is none; write {after}",
    screen=r':""',
    good=[{}, {"/workarounds/0/how": None}, {"/dead_ends/0/why_fails": "It only delays the failure a little."}],
    bad=[{"/workarounds/0/how": ""}, {"/subcategory": ""}, {"/versions/0/introduced": ""}],
)
def empty_means_null(text: Json) -> Json:
    """Says null, not "", where an optional text is absent.

    Two ways to say nothing make every query ask twice. Required texts stay as they are: there, nothing is a fault.
    """
    return None if text == "" else text


@fix(
    "TXT004",
    "not-nfc",
    Severity.INFO,
    at=(EVERY_TEXT,),
    says="{before} is not in Unicode NFC; write {after}",
    screen=(
        r"[^\x00-\x{2ff}\x{400}-\x{482}\x{2002}-\x{2027}\x{202a}-\x{205e}\x{2060}-\x{20cf}\x{2100}-\x{2125}\x{2190}-\x{2300}"
        r"\x{2500}-\x{2adb}\x{3000}-\x{3029}\x{3041}-\x{3096}\x{30a1}-\x{30ff}\x{3400}-\x{9fff}\x{ac00}-\x{d7a3}"
        r"\x{ff00}-\x{ffef}]"
    ),
    good=[{}, {"/root_cause": "café 重启"}],
    bad=[{"/root_cause": "cafe\u0301"}, {"/signature_zh": "仓库 \u212b"}],
)
def not_nfc(text: str) -> str:
    """Is in Unicode Normalization Form C (UAX #15).

    The same letters in another form look alike and compare unequal, so that searches and duplicates miss them.
    """
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


_MIXED_UP = rf"{_MISREAD}|[âвβā]€|вЂ|(?:[РС][^\x00-\x7f]){{3}}|[‚√Ă][^\x00-\x7f]"
"""What UTF-8 looks like when read as Windows-1252, -1251, -1250, -1253, -1257 or Mac Roman; compiled when needed."""


@check(
    "TXT005",
    "mojibake",
    Severity.WARNING,
    screen=r"[\xc2-\xf4вβāРС‚√Ă][^\x00-\x7f]",
    good=[
        {},
        {"/root_cause": "Décodé à l'entrée, « CAFÉ » et Übergröße; плохая кодировка; 编码错误。"},
        {"/root_cause": "UTF-8 read as Latin-1 shows cafÃ© where café was written."},
    ],
    bad=[
        {"/root_cause": "The file wasnâ€™t found."},
        {"/root_cause_zh": "å‘½ä»¤åœ¨é”™è¯¯çš„ç›®å½•ä¸è¿è¡Œ"},
        {"/signature": "fatal: not a git repository: cafÃ©/.git", "/regex": "not a git repository"},
    ],
)
def mojibake(r: Record) -> Found:
    """Is not text decoded with the wrong encoding.

    `donâ€™t` was written as UTF-8 and read as Windows-1252. ftfy tells such text from good text, and what it was. It is
    suggested, not put there: a record about encodings may mean what it says. Where a text has the right form beside the
    wrong one, it is about that, and nothing is said.
    """
    for pointer, text in texts(r.document):
        if re.search(_MIXED_UP, text):
            from ftfy import fix_encoding  # noqa: PLC0415 - 70 ms, and hardly a record needs it

            meant = fix_encoding(text)
            if meant != text and not _shows_both(text):
                yield pointer, f"{show(text)} was read in the wrong encoding; it probably means {show(meant)}"


def _shows_both(text: str) -> bool:
    """Whether a text has the right form of what is mixed up in it beside the wrong one."""
    from ftfy import fix_encoding  # noqa: PLC0415 - as above

    words = [word.strip(_AROUND) for word in text.split()]
    mixed_up = [word for word in words if re.search(_MIXED_UP, word)][:_FEW]
    return any(fix_encoding(word) in words for word in mixed_up if fix_encoding(word) != word)


_FEW = 20
_AROUND = "\"'`.,;:()[]<>“”‘’«»"


@check(
    "TXT006",
    "placeholder-text",
    Severity.WARNING,
    screen=(
        r"(?i)todo|tb[dac]\b|f[iİı]xme|xxx|lorem|placeholder|to be (?:d|w|a|f|c)|待[补定办填]"
        rf'|"(?:\\[a-z]|\\u00..|\W)*n/?a\b|"(?:\\[a-z]|\\u00..|[{_WHITE}.…?!*~_/\-–—。？])+"'
    ),
    good=[
        {},
        {"/root_cause": "The linter counts each TODO comment; `FIXME: later` is one too."},
        {"/dead_ends/0/action": "Set a placeholder value", "/workarounds/0/how": None},
        {"/root_cause": "The key AKIAIOSFODNN7EXAMPLE was copied from the manual."},
    ],
    bad=[
        {"/root_cause": "TODO: find out"},
        {"/workarounds/0/how": "tbd"},
        {"/dead_ends/0/why_fails": "N/A"},
        {"/workarounds/1/condition": "…"},
        {"/workarounds_zh/0": "待补充"},
        {"/root_cause": "Lorem ipsum dolor sit amet."},
    ],
)
def placeholder_text(r: Record) -> Found:
    """Has no left-over TODO, TBD, FIXME, "lorem ipsum", "N/A" or lone "…" where content belongs.

    A reader, or a program, takes it for an answer. A text that speaks of such words is not meant: they count where they
    are all that is said, or where they mark what is missing (`TODO: …`, `[TBD]`).
    """
    for pointer, text in _content(r):
        if text and (_NOTHING_BUT.fullmatch(text) or _LEFT_OVER.search(text)):
            yield pointer, f"{show(text)} holds the place of a text; write it, or say null where that may be"


_NOTHING_BUT = re.compile(
    r"[\s.…?!*~_/\-–—。？]+|\W*(?:todo|tb[dac]|fixme|x{3,}|n/?a|placeholder(?: text)?|"
    r"to be (?:done|determined|decided|written|added|filled in|confirmed)|待补充|待定|待办|待填写)\W*",
    re.IGNORECASE,
)

_LEFT_OVER = re.compile(
    r"^\W*(?:TODO|FIXME|TBD)\s*[:(\-–—]|[\[<](?:TODO|FIXME|TBD)\b[^\]>]{0,80}[\]>]|\(TBD\)|(?i:lorem ipsum)"
)

_TOLD = {
    "dead_ends": ("action", "why_fails", "condition"),
    "workarounds": ("action", "how", "condition"),
    "versions": ("behavior_change",),
}


def _content(r: Record) -> Iterator[tuple[str, str | None]]:
    """Every text that is written to be read, with its pointer."""
    for key in ("signature", "signature_zh", "root_cause", "root_cause_zh"):
        yield f"/{key}", r.document[key]
    for key, told in _TOLD.items():
        for i, item in enumerate(r.document[key]):
            yield from ((f"/{key}/{i}/{text}", item[text]) for text in told)
    for i, text in enumerate(r.document["workarounds_zh"]):
        yield f"/workarounds_zh/{i}", text
    for pointer, entry in r.transitions():
        yield from ((f"{pointer}/{text}", entry[text]) for text in ("condition", "distinction"))


_OTHERS = 5

_SAID_OFTEN = f"""
    keys AS (
        SELECT record_id, unnest(sentence_keys) AS key FROM traits
    ), suspects AS (
        SELECT DISTINCT record_id FROM keys
        SEMI JOIN (SELECT key FROM keys GROUP BY key HAVING count(*) > {_OTHERS}) USING (key)
    )
"""

_SENTENCES = """
    said AS (
        SELECT record_id, 'dead_ends' AS list, position, 'why_fails' AS field, why_fails AS text FROM dead_ends
        UNION ALL SELECT record_id, 'dead_ends', position, 'action', action FROM dead_ends
        UNION ALL SELECT record_id, 'workarounds', position, 'action', action FROM workarounds
    ), parts AS (
        SELECT record_id, list, position, field, unnest(sentences(text)) AS sentence FROM said SEMI JOIN suspects USING (record_id)
    ), common AS (
        SELECT field, sentence, count(*) AS total, min(record_id, 4) AS firsts
        FROM (SELECT DISTINCT field, sentence, record_id FROM parts) GROUP BY field, sentence
    ), taken_out AS (  -- places that a list lost to a fix: pointers are into the document as it came
        SELECT record_id, split_part(pointer, '/', 2) AS list, list(split_part(pointer, '/', 3)::INTEGER) AS gone
        FROM changes SEMI JOIN suspects USING (record_id)
        WHERE after IS NULL AND regexp_full_match(pointer, '/(dead_ends|workarounds)/[0-9]+') GROUP BY ALL
    )
"""


@corpus(
    "TXT007",
    "boilerplate",
    Severity.INFO,
    sql=f"""
        WITH {_SAID_OFTEN}, {_SENTENCES}
        SELECT record_id AS id,
            '/' || list || '/' || CASE WHEN gone IS NULL THEN position
                ELSE list_filter(range(position + len(gone) + 1), lambda place: NOT list_contains(gone, place))[position + 1]
                END || '/' || field AS pointer,
            shown(sentence) || ' is also said by ' || some_of(list_filter(firsts, lambda other: other <> record_id), total - 1)
                || '; say what is true of this error alone' AS message
        FROM parts JOIN common USING (field, sentence) LEFT JOIN taken_out USING (record_id, list)
        WHERE total > {_OTHERS}
        QUALIFY row_number() OVER (PARTITION BY record_id, list, position, field ORDER BY total DESC, sentence) = 1
    """,
    good=[
        [{"/id": f"git/error-{i}"} for i in range(_OTHERS)],
        [{"/id": f"git/error-{i}", "/dead_ends": [], "/workarounds": []} for i in range(9)],
    ],
    bad=[
        [{"/id": f"git/error-{i}"} for i in range(_OTHERS + 1)],
        [
            {"/id": f"git/error-{i}", "/dead_ends/0/why_fails": f"{i}th reason. It does not touch  the root cause!"}
            for i in range(_OTHERS + 1)
        ],
    ],
)
def boilerplate() -> None:
    """Does not repeat a sentence of `why_fails` or `action` that five or more other records have.

    What is said of everything says nothing of this error. Sentences of 12 characters and more are compared, case and
    white space folded.
    """
