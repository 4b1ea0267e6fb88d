"""TXT: text. None of these rules touches `regex`, where every character counts."""

import unicodedata
from collections.abc import Iterator

from kb.analysis import contractions, encodings, losses, placeholders, typography
from kb.analysis.characters import (
    HIDDEN_IN_JSON,
    Spellings,
    composed,
    forms_in_doubt,
    hidden_in_doubt,
    looks_like_ascii,
    trimmed,
    visible,
)
from kb.analysis.content_words import content_words
from kb.analysis.placeholders import holding, holds_a_place
from kb.contract import shapes
from kb.model import GONE, Json, Severity
from kb.rules.base import ABSENT, At, Found, Record, Stage, check, corpus, fix, fold
from kb.rules.places import EVERY_TEXT
from kb.words import show

_WHITE = r"\x09-\x0d\x20\x85\xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"


@fix(
    "TXT001",
    "outer-whitespace",
    Severity.INFO,
    at=(EVERY_TEXT,),
    says="{before} has white space around it; write {after}",
    screen=rf'"[{_WHITE}]|[{_WHITE}]"|"\\[tnrfbu]|\\[tnrf]"|\\u00[01].',
    good=[
        {},
        {"/root_cause": "two\n\nparagraphs"},
        {"/regex": " fatal: not a git repository "},
        {"/workarounds/0/how": "  services:\n    app: {}\n  volumes: {}"},
        {"/workarounds/0/how": "cd my\\ folder\\ "},
    ],
    bad=[
        ({"/root_cause": "  fell off the end\n"}, {"/root_cause": "fell off the end"}),
        ({"/workarounds/0/how": "\u3000先进入目录\u00a0"}, {"/workarounds/0/how": "先进入目录"}),
        (
            {"/workarounds/0/how": "\n    if ready:\n        start()\n"},
            {"/workarounds/0/how": "    if ready:\n        start()"},
        ),
    ],
    version=2,
)
def outer_whitespace(text: str) -> str:
    """Has no leading or trailing white space in any string but `regex`; lines keep their relative indentation.

    It is an accident of copying, and makes equal texts differ. White space within a text is left alone: there it is
    code. So is the indentation of the first of several lines, by which the others are indented, and a blank that is
    escaped with a backslash.
    """
    return trimmed(text)


@fix(
    "TXT002",
    "invisible-characters",
    Severity.WARNING,
    at=(EVERY_TEXT,),
    says="{before} holds characters that nobody sees; write {after}",
    screen=HIDDEN_IN_JSON,
    good=[
        {},
        {"/root_cause": "tabs\tand\nlines"},
        {"/root_cause": "the \U0001f469\u200d\U0001f4bb emoji"},
        {"/root_cause": "می\u200cخواهم"},
        {"/root_cause": "the \u00e2\u20ac\u0153quoted\u00e2\u20ac\u009d word"},
    ],
    bad=[
        ({"/root_cause": "zero\u200bwidth"}, {"/root_cause": "zerowidth"}),
        ({"/workarounds/0/action": "rm \u202efdp.exe"}, {"/workarounds/0/action": "rm fdp.exe"}),
        ({"/root_cause": "bell\x07"}, {"/root_cause": "bell"}),
        ({"/root_cause": "jo\u200dined"}, {"/root_cause": "joined"}),
        ({"/workarounds/0/how": "cd build\rmake install"}, {"/workarounds/0/how": "cd build\nmake install"}),
        ({"/root_cause": "\x1b[1;31merror\x1b[0m: no such file"}, {"/root_cause": "error: no such file"}),
    ],
    version=3,
)
def invisible_characters(text: str) -> str:
    """Has no control characters but line feed and tab, no zero-width and no bidirectional-override characters.

    A command with such a character in it fails when pasted, or is not the command that is seen. An escape sequence goes
    as a whole, and where a carriage return, a vertical tab or a form feed parts two lines, a line feed does. Joiners
    inside emoji and inside scripts that need them stay, and so do control characters that are half of a letter in the
    wrong encoding (TXT005), for without them it could not be repaired. Where a character may be meant, the text is left
    to TXT012.
    """
    return visible(text)


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
    bad=[
        ({"/workarounds/0/how": ""}, {"/workarounds/0/how": None}),
        ({"/subcategory": ""}, {"/subcategory": None}),
        ({"/versions/0/introduced": ""}, {"/versions/0/introduced": None}),
    ],
)
def empty_means_null(text: Json) -> Json:
    """Says null, not "", where an optional text is absent.

    Two ways to say nothing make every query ask twice. Required texts stay as they are: there, nothing is a fault.
    """
    return None if text == "" else text


_UNSTABLE_IN_JSON = (
    r"[^\x00-\x{2ff}\x{400}-\x{482}\x{2002}-\x{2027}\x{202a}-\x{205e}\x{2060}-\x{20cf}\x{2100}-\x{2125}\x{2190}-\x{2300}"
    r"\x{2500}-\x{2adb}\x{3000}-\x{3029}\x{3041}-\x{3096}\x{30a1}-\x{30ff}\x{3400}-\x{9fff}\x{ac00}-\x{d7a3}"
    r"\x{ff00}-\x{ffef}]"
)


@fix(
    "TXT004",
    "not-nfc",
    Severity.INFO,
    at=(EVERY_TEXT,),
    beside=Spellings,
    says="{before} is not in Unicode NFC; write {after}",
    screen=_UNSTABLE_IN_JSON,
    good=[
        {},
        {"/root_cause": "café 重启"},
        {"/workarounds/0/how": "mv cafe\u0301 café"},
        {"/root_cause": "cd build\u037e make"},
    ],
    bad=[
        ({"/root_cause": "cafe\u0301"}, {"/root_cause": "caf\u00e9"}),
        ({"/signature_zh": "仓库 \u212b"}, {"/signature_zh": "仓库 \u00c5"}),
    ],
    version=2,
)
def not_nfc(text: str, beside: Spellings | None = None) -> str:
    """Is in Unicode Normalization Form C (UAX #15).

    The same letters in another form look alike and compare unequal, so that searches and duplicates miss them. What
    would become a character of a shell, such as U+037E the semicolon, and two names that differ in their form alone,
    stay as they are and are left to TXT012.
    """
    return composed(text, beside)


@check(
    "TXT005",
    "mojibake",
    Severity.WARNING,
    screen=encodings.SCREEN,
    good=[
        {},
        {"/root_cause": "Décodé à l'entrée, « CAFÉ » et Übergröße; плохая кодировка; 编码错误。"},
        {"/root_cause": "UTF-8 read as Latin-1 shows cafÃ© where café was written."},
        {"/root_cause": "The decoder puts U+FFFD, �, where a byte is no UTF-8."},
        {"/root_cause": "The console shows 锟斤拷: 乱码 of the wrong code page."},
    ],
    bad=[
        {"/root_cause": "The file wasnâ€™t found."},
        {"/root_cause_zh": "å‘½ä»¤åœ¨é”™è¯¯çš„ç›®å½•ä¸è¿è¡Œ"},
        {"/root_cause_zh": "鏂囦欢娌℃湁鏉冮檺"},
        At({"/signature": "fatal: not a git repository: cafÃ©/.git", "/regex": "not a git repository"}, "/signature"),
        {"/root_cause": "The caf\ufffd folder is no repository."},
        {"/root_cause_zh": "命令锟斤拷目录"},
    ],
    version=2,
)
def mojibake(r: Record) -> Found:
    """Is not text decoded with the wrong encoding.

    `donâ€™t` was written as UTF-8 and read as Windows-1252. ftfy recognises such text, and finds what it was. It is
    suggested, not put there: a record about encodings may mean what it says. Where a text has the right form beside the
    wrong one, it is about that, and nothing is said. U+FFFD, `ï¿½`, `锟斤拷` and `烫烫烫` stand for bytes that are lost:
    whoever has the source can write them again. In a record that speaks of encodings they are what it is about.
    """
    for pointer, text in r.texts:
        if text.isascii():
            continue
        gone = encodings.lost(text, _subject(r))
        right = None if gone else encodings.meant(text)
        if gone:
            yield pointer, f"{show(text)} has {show(gone)} where letters were lost; write them again from the source"
        elif right:
            yield pointer, f"{show(text)} was read in the wrong encoding; it probably means {show(right)}"


def _subject(r: Record) -> str:
    """The texts that say most of what a record is about."""
    return f"{r.document['signature']} {r.document['root_cause'] or ''}"


@check(
    "TXT006",
    "placeholder-text",
    Severity.WARNING,
    screen=placeholders.SCREEN,
    good=[
        {},
        {"/root_cause": "The linter counts each TODO comment; `FIXME: later` is one too."},
        {"/dead_ends/0/action": "Set a placeholder value", "/workarounds/0/how": None},
        {"/root_cause": "The key AKIAIOSFODNN7EXAMPLE was copied from the manual."},
        {"/root_cause": "Unknown hosts are not in the list.", "/workarounds/0/condition": "None of the above helped"},
    ],
    bad=[
        {"/root_cause": "TODO: find out"},
        {"/workarounds/0/how": "tbd"},
        {"/dead_ends/0/why_fails": "N/A"},
        {"/workarounds/1/condition": "…"},
        {"/workarounds_zh/0": "待补充"},
        {"/root_cause": "Lorem ipsum dolor sit amet."},
        {"/dead_ends/0/why_fails": "Not applicable"},
        {"/workarounds/1/how": "Same as above."},
        {"/root_cause_zh": "暂无"},
    ],
    version=2,
)
def placeholder_text(r: Record) -> Found:
    """Has no left-over TODO, TBD, FIXME, "lorem ipsum", "N/A", "see above" or lone "…" where content belongs.

    A reader, or a program, takes it for an answer. A text that speaks of such words is not meant: they count where they
    are all that is said, or where they mark what is missing (`TODO: …`, `[TBD]`).
    """
    for pointer, text in holding(r.told):
        yield pointer, f"{show(text)} holds the place of a text; write it, or say null where that may be"


_OTHERS = 5

_ADVICE = (
    "/dead_ends/0/action",
    "/dead_ends/0/why_fails",
    "/dead_ends/1/action",
    "/dead_ends/1/why_fails",
    "/workarounds/0/action",
    "/workarounds/1/action",
)
"""Where the clean record has sentences that no two records should share."""


def _in_all(*places: str) -> list[str]:
    """These places in each of so many records that it is too many."""
    return [f"/{i}{place}" for i in range(_OTHERS + 1) for place in places]


_SAID_OFTEN = f"""
    keys AS (
        SELECT record_id, unnest(sentence_keys) AS key FROM match_keys
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
        UNION ALL SELECT id, 'diagnosis', unnest(range(len(diagnosis))), '', unnest(diagnosis) FROM records
        UNION ALL SELECT id, 'verify', unnest(range(len(verify))), '', unnest(verify) FROM records
        UNION ALL SELECT record_id, 'transition_graph/' || kind, position, 'distinction', distinction FROM transitions
    ), parts AS (
        SELECT record_id, list, position, field, unnest(sentences(text)) AS sentence FROM said SEMI JOIN suspects USING (record_id)
    ), common AS (
        SELECT field, sentence, count(*) AS total, min(record_id, 4) AS firsts
        FROM (SELECT DISTINCT field, sentence, record_id FROM parts) GROUP BY field, sentence
    ), gone AS (  -- places that a list lost to a fix: pointers are into the document as ingested
        SELECT record_id, split_part(pointer, '/', 2) AS list, list_sort(list(split_part(pointer, '/', 3)::INTEGER)) AS places
        FROM changes SEMI JOIN suspects USING (record_id)
        WHERE after IS NULL AND regexp_full_match(pointer, '/(dead_ends|workarounds|diagnosis|verify)/[0-9]+')
        GROUP BY ALL
    )
"""


@corpus(
    "TXT007",
    "boilerplate",
    Severity.INFO,
    only_with=f"(FROM match_keys OFFSET {_OTHERS})",
    yields_to=("TXT006",),
    sql=f"""
        WITH {_SAID_OFTEN}, {_SENTENCES}
        SELECT record_id AS id,
            concat_ws('/', '', list,
                position + coalesce(len([1 FOR lost, n IN places IF lost - n + 1 <= position]), 0), nullif(field, '')) AS pointer,
            shown(sentence) || ' is also said by ' || some_of(list_filter(firsts, lambda other: other <> record_id), total - 1)
                || '; say what is true of this error alone' AS message
        FROM parts JOIN (FROM common WHERE total > {_OTHERS}) USING (field, sentence) LEFT JOIN gone USING (record_id, list)
        QUALIFY row_number() OVER (PARTITION BY record_id, list, position, field ORDER BY total DESC, sentence) = 1
    """,
    good=[
        [{"/id": f"git/error-{i}"} for i in range(_OTHERS)],
        [
            {
                "/id": f"git/error-{i}",
                "/dead_ends": [{"action": f"Try {i}", "why_fails": "Not applicable."}],
                "/workarounds": [],
            }
            for i in range(_OTHERS + 1)
        ],
        [{"/id": f"git/error-{i}", "/dead_ends": [], "/workarounds": []} for i in range(9)],
    ],
    bad=[
        At([{"/id": f"git/error-{i}"} for i in range(_OTHERS + 1)], *_in_all(*_ADVICE)),
        At(
            [
                {"/id": f"git/error-{i}", "/dead_ends/0/why_fails": f"{i}th reason. It does not touch  the root cause!"}
                for i in range(_OTHERS + 1)
            ],
            *_in_all(*_ADVICE),
        ),
        At(
            [
                {
                    "/id": f"git/error-{i}",
                    "/dead_ends": [],
                    "/workarounds": [],
                    "/transition_graph/leads_to/0": {
                        "error_id": f"git/{i}",
                        "distinction": "Compare the two messages.",
                    },
                }
                for i in range(_OTHERS + 1)
            ],
            *_in_all("/transition_graph/leads_to/0/distinction"),
        ),
        At(
            [
                {
                    "/id": f"git/error-{i}",
                    "/dead_ends": [],
                    "/workarounds": [],
                    "/diagnosis": ["Look into the log."],
                    "/verify": [f"The {i}th error is gone. Start the program again."],
                }
                for i in range(_OTHERS + 1)
            ],
            *_in_all("/diagnosis/0", "/verify/0"),
        ),
    ],
    version=4,
)
def boilerplate() -> None:
    """Does not repeat a sentence of `why_fails`, `action`, `distinction` or a step that five or more other records have.

    What is said of everything says nothing of this error. Sentences of 12 characters and more are compared, case and
    white space folded. What only holds the place of a text is reported by TXT006.
    """


@check(
    "TXT008",
    "lost-text",
    Severity.WARNING,
    screen=losses.SCREEN,
    good=[
        {},
        {"/root_cause": "One sentence.  And another.", "/workarounds/0/how": "cd clone  # the folder that holds .git"},
        {"/workarounds/0/how": "name   = a\nlonger = b\n  indented: true"},
        {"/workarounds/0/how": "git pull ; git push", "/workarounds/1/how": "git config user.name ''"},
        {"/root_cause": "The command ran in a folder that lies in no working tree. "},
    ],
    bad=[
        {"/workarounds/0/action": "Use  to change into the folder"},
        {"/workarounds/0/how": "docker run -u  -p 80:80 nginx"},
        {"/workarounds/0/how": "mysql --user= --password= shop"},
        {"/workarounds/0/how": "proxy_pass ;"},
        {"/root_cause": "It needs `` and a folder."},
        {"/workarounds/0/how": "git push origin "},
    ],
)
def lost_text(r: Record) -> Found:
    """Has no gap where a word was.

    A shell takes `$name` and a command in backticks out of double quotes, a template leaves blank what it was not given:
    what stays is two blanks between words, an option without its value, ` ;`, empty quotes, a blank after a command. The
    text is judged as ingested, before TXT001 strips it. Write what was lost; no repair can know it. Two blanks after a
    sentence, before a comment, an arrow or a dash, and in columns are none, nor are those of a text that the record has with
    single blanks as well.
    """
    for pointer, text, gaps in _gaps(r):
        if not any(fold(text) == fold(other) != text for _, other in r.told if other != text):
            more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
            yield pointer, f"{show(gaps[0])}{more}: a word is missing there; write what was lost, such as a $name"


def _gaps(r: Record) -> Iterator[tuple[str, str, list[str]]]:
    """Each text with gaps but the signatures, which are the output of tools, and a piece around each gap."""
    originals = [
        (pointer, r.as_it_came(pointer, text), text) for pointer, text in r.told if not pointer.startswith("/signature")
    ]
    kinds = losses.kinds_in([text for _, text, _ in originals])
    for pointer, text, now in originals if kinds else ():
        gaps = list(dict.fromkeys(losses.losses(text, kinds)))
        if gaps:
            yield pointer, now, gaps


@check(
    "TXT009",
    "lost-apostrophe",
    Severity.INFO,
    screen=contractions.SCREEN,
    good=[
        {},
        {"/root_cause": 'It doesn\'t lie in a tree, and can’t; set `dont_ask`, --dont-ask or dont.ask = "dont".'},
    ],
    bad=[
        {"/root_cause": "It doesnt lie in a working tree."},
        {"/dead_ends/0/why_fails": "You cant see what is wrong."},
    ],
)
def lost_apostrophe(r: Record) -> Found:
    """Writes don't, can't and isn't with their apostrophe.

    A shell takes it, or a careless export; what else it took is worth a look. Words in backticks, names and URLs are
    left alone, and so is a text in a language that has such words.
    """
    for pointer, text in r.told:
        words = list(dict.fromkeys(contractions.without_apostrophe(text)))
        if words:
            corrections = ", ".join(f"{wrong} for {right}" for wrong, right in words[:3])
            yield pointer, f"{show(text)} lost an apostrophe ({corrections}); put it back"


@check(
    "TXT010",
    "root-cause-repeats-signature",
    Severity.INFO,
    version=2,
    good=[
        {},
        {"/root_cause": None},
        {"/signature": "Killed", "/root_cause": "The container used more memory than its limit."},
        {"/root_cause": "Not available"},
    ],
    bad=[
        {"/root_cause": "This is not a git repository, nor any of the parent directories."},
        At(
            {"/signature": "fatal: cache invalidation request failed", "/root_cause": "Cache purge request failing."},
            "/root_cause",
        ),
    ],
)
def root_cause_repeats_signature(r: Record) -> Found:
    """Has a root cause with more than one content word that its signature has not.

    The reader has the message already; what he asks is why. Words are compared without their endings, function words
    left out; of Chinese, characters. What only holds the place of a root cause is reported by TXT006.
    """
    cause = r.document["root_cause"]
    if cause and _repeats(cause, set(content_words(r.document["signature"]))) and not holds_a_place(cause):
        yield "/root_cause", f"{show(cause)} says hardly more than the signature; say why it happens"


def _repeats(text: str, known: set[str]) -> bool:
    """Whether a text has a word that is known, and at most one that is not."""
    new: set[str] = set()
    for word in content_words(text):
        if word not in known:
            new.add(word)
            if len(new) > 1:
                return False
    return not known.isdisjoint(content_words(text))


@check(
    "TXT011",
    "typographic-characters-in-code",
    Severity.WARNING,
    screen=f"[{typography.TYPOGRAPHIC}]",
    good=[
        {},
        {"/workarounds/0/how": "Don’t push – pull first: “git pull” takes 2–3 seconds."},
        {"/workarounds_zh/0": "先运行 `git status`，再进入“克隆”目录"},
        {"/root_cause": "The shell does not know `–rm`: the en dash is no hyphen."},
    ],
    bad=[
        {"/workarounds/0/how": "docker run –rm -it alpine"},
        {"/workarounds/0/how": "git commit -m “first”"},
        {"/workarounds/0/how": "Then run git\u00a0status again."},
        {"/root_cause": "It ran `git —no-pager log` elsewhere."},
    ],
)
def typographic_characters_in_code(r: Record) -> Found:
    """Has no no-break space, en or em dash or curly quote in `how` commands and in backticked code.

    A word processor or a web page put them there; pasted, the command fails, or does something else. In prose they are
    right. A text that speaks about such characters, and a message that has them, are left alone.
    """
    about = _subject(r)
    for pointer, text in r.told:
        if not text.isascii() and not pointer.startswith("/signature"):
            wrong = list(typography.in_code(text, about, is_how=pointer.endswith("/how")))
            if wrong:
                characters = ", ".join(typography.named(char) for char in wrong[:3])
                yield (
                    pointer,
                    f"{show(text)} has {characters} in code, where a program wants plain characters; type them anew",
                )


@check(
    "TXT012",
    "character-in-doubt",
    Severity.WARNING,
    screen=f"{HIDDEN_IN_JSON}|{_UNSTABLE_IN_JSON}",
    good=[{}, {"/root_cause": "Replace each U+200B by nothing."}, {"/root_cause": "τι είναι αυτό\u037e"}],
    bad=[
        {"/root_cause": "The file begins with a byte order mark: \ufeff{}"},
        {"/workarounds/0/how": "tr -d '\r' < a > b"},
        {"/workarounds/0/how": "cd build\u037e make"},
        {"/workarounds/0/how": "mv cafe\u0301 café"},
    ],
)
def character_in_doubt(r: Record) -> Found:
    """Has no character that is hidden, or looks like another, where it may be meant.

    TXT002 and TXT004 repair such characters. Where a text speaks of them, quotes them alone or would then say something
    else, they leave it to the author: who means the character writes its escape or its name, who does not takes it out.
    """
    beside = Spellings(text for _, text in r.texts)
    for pointer, text in r.texts:
        doubt = hidden_in_doubt(text)
        if doubt:
            hidden, why = doubt
            yield (
                pointer,
                f"{show(text)} holds U+{ord(hidden):04X}, which {why}; write its name or escape, or take it out",
            )
        elif not text.isascii() and not unicodedata.is_normalized("NFC", text):
            other = looks_like_ascii(text)
            if other:
                plain = unicodedata.normalize("NFC", other)
                yield (
                    pointer,
                    f"{show(text)} holds U+{ord(other):04X}, which looks like `{plain}`; write that, if it is meant",
                )
            elif forms_in_doubt(text, beside):
                yield pointer, f"{show(text)} is not in Unicode NFC, and may be meant so; write it in NFC if it is not"


@fix(
    "TXT013",
    "empty-step",
    Severity.INFO,
    stage=Stage.LIST,
    at=("diagnosis|verify",),
    says="{before} is a step that says nothing; it is taken out",
    good=[{}, {"/verify": ["git status prints the branch", "git status prints the branch"]}],
    bad=[
        ({"/diagnosis": ["ls -a lists no .git", ""]}, {"/diagnosis/1": ABSENT}),
        ({"/verify/0": " "}, {"/verify/0": ABSENT}),
    ],
)
def empty_step(steps: Json) -> Json:
    """Has no empty step in `diagnosis` and `verify`.

    Whoever counts the steps counts one that is not there. A step that stands twice may be meant, and stays.
    """
    return [GONE if step == "" else step for step in steps] if isinstance(steps, list) and "" in steps else steps
