"""WRK: workarounds, what works."""

from collections.abc import Callable
from functools import cache

from kb.analysis.characters import trimmed
from kb.analysis.lazily import lazily
from kb.analysis.placeholders import holds_a_place
from kb.analysis.snippets import compiled, has_code, has_no_spaces
from kb.model import GONE, Document, Json, Severity
from kb.rules.base import ABSENT, At, Found, Record, Stage, check, fix, fold
from kb.rules.copies import disagreements, merge_copies
from kb.rules.places import WHOLE
from kb.words import show

_TWICE = {
    "action": "Change into the cloned folder first",
    "success_rate": 0.95,
    "how": "cd into the folder that holds .git, then run the command again.",
    "condition": None,
    "sources": ["https://git-scm.com/book/en/v2"],
}

_ONCE = {
    "/workarounds/0/sources": ["https://git-scm.com/docs/git-rev-parse", "https://git-scm.com/book/en/v2"],
    "/workarounds/2": ABSENT,
}

_WORDY = "Ask whoever cloned it where the copy lies, walk there, and try again what you tried in the wrong folder"
"""Twenty words; without the first four characters nineteen."""

_ROUNDING = 1e-9


@fix(
    "WRK001",
    "how-repeats-action",
    Severity.INFO,
    at=("workarounds/*",),
    says="{before} repeats the action; write {after}, or say how it is done",
    good=[
        {},
        {"/workarounds/0/how": None},
        {"/workarounds/0/action": "", "/workarounds/0/how": "."},
        {"/workarounds/0/action": "git add", "/workarounds/0/how": "git add ."},
        {"/workarounds/0/action": "git branch -d topic", "/workarounds/0/how": "git branch -D topic"},
    ],
    bad=[
        ({"/workarounds/0/how": "Change into the cloned folder first"}, {"/workarounds/0/how": None}),
        ({"/workarounds/0/how": " Change into the cloned folder first."}, {"/workarounds/0/how": None}),
    ],
    version=2,
)
def how_repeats_action(item: Json) -> Json:
    """Has a `how` that adds something to its action.

    One equal to the action, character for character but for outer white space and one closing full stop of a sentence,
    says nothing twice, and becomes null. What differs in case or inner space may be code, and is left to WRK002.
    """
    if not isinstance(item, dict):
        return item
    action, how = item.get("action"), item.get("how")
    if not isinstance(action, str) or not isinstance(how, str):
        return item
    if action.lstrip()[:1] != how.lstrip()[:1]:
        return item
    action, how = trimmed(action), trimmed(how)
    same = action == how or _without_stop(action) == how or action == _without_stop(how)
    return {**item, "how": None} if same and any(map(str.isalnum, action)) else item


def _without_stop(text: str) -> str:
    """A text without the full stop of its last sentence: in code a dot may be an argument, or a part of one."""
    return text[:-1] if _SENTENCE.fullmatch(text) else text


_SENTENCE = lazily(
    r".*[\u3400-\u9fff]。"
    r"|(?=[A-Z][a-z']*\s|.*\b(?:an|and|for|from|in|into|is|of|on|or|that|the|then|this|to|with|your)\s)"
    r".*\s[\"'(\[`]*[A-Za-z][a-z'-]*[\"')\]`]?\."
)
"""One line of English, that begins with a word or has a word of English in it, and ends with a word; or of Chinese."""


@check(
    "WRK002",
    "how-nearly-repeats-action",
    Severity.INFO,
    good=[
        {},
        {"/workarounds/0/how": "Change into the cloned folder first: cd path/to/clone"},
        {"/workarounds/0/action": "To be determined", "/workarounds/0/how": "to be determined"},
    ],
    bad=[
        {"/workarounds/0/how": "Change to the cloned folder first."},
        {"/workarounds/0/how": "change into the  cloned folder first!"},
    ],
    version=3,
)
def how_nearly_repeats_action(r: Record) -> Found:
    """Has a `how` that adds more to its action than a letter or two.

    With case, spaces and closing punctuation folded, likeness is at least 95 of 100 (RapidFuzz's ratio). A letter or a
    blank may matter, so it stays. What only holds the place of a `how` is reported by TXT006.
    """
    for i, item in enumerate(r.workarounds):
        action, how = item["action"], item["how"]
        if how is None or not 0.8 * len(action) < len(how) < 1.25 * len(action):
            continue
        action, how = _CLOSING.sub("", fold(action)), _CLOSING.sub("", fold(how))
        if any(map(str.isalnum, how)) and _likeness()(action, how, score_cutoff=95) and not holds_a_place(item["how"]):
            yield (
                f"/workarounds/{i}/how",
                f"{show(item['how'])} hardly differs from the action; say how it is done, or leave it out",
            )


_CLOSING = lazily(r"(?<=[^\W_])[.,;:!。，；：！]+$")


@cache
def _likeness() -> Callable[..., float]:
    from rapidfuzz.fuzz import ratio  # noqa: PLC0415 - only texts of one length need it

    return ratio


@fix(
    "WRK003",
    "workaround-duplicated",
    Severity.INFO,
    stage=Stage.LIST,
    at=(WHOLE,),
    says="{before} stands twice; one is kept, with the sources of both",
    good=[
        {},
        {"/workarounds/2": {**_TWICE, "success_rate": 0.5}},
        {"/workarounds/2": {**_TWICE, "action": "change into the cloned folder first"}},
    ],
    bad=[
        ({"/workarounds/2": _TWICE}, _ONCE),
        (
            {"/workarounds/2": _TWICE, "/workarounds_zh": ["先进入目录", "用 -C", "先进入目录"]},
            {**_ONCE, "/workarounds_zh/2": ABSENT},
        ),
    ],
    version=2,
)
def workaround_duplicated(document: Document) -> Document:
    """Lists each workaround once.

    Copies (the same action and condition, character for character but for outer white space) are merged and their
    sources united; where the translations stand one for one, the copy's goes with it, and where a copy's going would
    make another's translation its own, LOC003 comes first. What differs in anything else is left to WRK008.
    """
    items, translations = document["workarounds"], document["workarounds_zh"]
    merged = merge_copies(items)
    if merged is items:
        return document
    if len(translations) == len(items):
        translations = [GONE if item is GONE else text for item, text in zip(merged, translations, strict=True)]
    elif GONE in merged[: len(translations)]:
        return document
    return {**document, "workarounds": merged, "workarounds_zh": translations}


@check(
    "WRK004",
    "action-contradicts",
    Severity.ERROR,
    version=2,
    good=[
        {},
        {"/dead_ends/0/action": "Name the folder with -C"},
        {"/dead_ends/0/action": "change into the cloned folder first"},
        {"/dead_ends/0/action": "git branch -d topic", "/workarounds/0/action": "git branch -D topic"},
        {"/dead_ends/0/action": "cut -d ' ' -f 2 list", "/workarounds/0/action": "cut -d '  ' -f 2 list"},
        {"/dead_ends/0/action": "Set `IFS= ` first", "/workarounds/0/action": "Set `IFS=  ` first"},
        {"/dead_ends/0/action": "TBD", "/workarounds/0/action": "TBD"},
    ],
    bad=[
        {"/dead_ends/0/action": " Change into the  cloned folder first"},
        At(
            {"/dead_ends/0/action": "git branch -D topic", "/workarounds/0/action": " git branch -D topic"},
            "/dead_ends/0/action",
        ),
        At(
            {"/dead_ends/0/action": "Name the folder with -C", "/dead_ends/0/condition": "In a script"},
            "/dead_ends/0/action",
        ),
    ],
)
def action_contradicts(r: Record) -> Found:
    """Never lists one action, under one condition, both as a dead end and as a workaround.

    Whoever acts on such a record is wrong half the time. Text is compared character for character but for outer white
    space and, in prose, the width of a gap: a dead end and its cure often differ in one word, in one letter
    (`git branch -d` and `-D`) or in one blank of code. What only holds the place of an action is none.
    """
    if {_spaced(item["action"]) for item in r.workarounds}.isdisjoint(
        [_spaced(item["action"]) for item in r.dead_ends]
    ):
        return  # most records: what is equal is so with its gaps folded, too
    works = {_name(item): i for i, item in enumerate(r.workarounds)}
    for i, item in enumerate(r.dead_ends):
        home = works.get(_name(item))
        if home is not None and _is_written(item["action"]):
            yield (
                f"/dead_ends/{i}/action",
                f"{show(item['action'])} is also /workarounds/{home}; remove one, or give the two their conditions",
            )


def _is_written(action: str) -> bool:
    return bool(action.strip()) and not holds_a_place(action)


def _name(item: Document) -> tuple[str, str]:
    return _meant(item["action"]), _meant(item["condition"] or "")


def _meant(text: str) -> str:
    """A text without what may differ between two ways to write it: where it has code in it, or a quotation, nothing may."""
    return trimmed(text) if "\n" in text or compiled(_QUOTATION).search(text) or has_code(text) else _spaced(text)


_QUOTATION = r"[\"“”„«»「『]|(?<!\w)['‘]|['’](?!\w)"


def _spaced(text: str) -> str:
    return " ".join(text.split())


@check(
    "WRK005",
    "resolvable-without-workaround",
    Severity.WARNING,
    good=[{}, {"/resolvable": "false", "/workarounds": [], "/workarounds_zh": []}],
    bad=[
        At({"/workarounds": [], "/workarounds_zh": []}, "/workarounds"),
        At({"/resolvable": "partial", "/workarounds": [], "/workarounds_zh": []}, "/workarounds"),
    ],
)
def resolvable_without_workaround(r: Record) -> Found:
    """Has a workaround if it calls itself resolvable.

    A record that says "true" or "partial" and not how leaves its reader searching.
    """
    resolvable = r.document["resolvable"]
    if resolvable != "false" and not r.workarounds:
        yield "/workarounds", f'[] names no workaround, yet `resolvable` is "{resolvable}"; add one, or say "false"'


@check(
    "WRK006",
    "dead-end-beats-workaround",
    Severity.WARNING,
    good=[
        {},
        {"/dead_ends/0/fail_rate": 0.05},
        {"/dead_ends/0/fail_rate": None},
        {"/dead_ends/0/fail_rate": -0.1},
        {"/dead_ends/0/fail_rate": 0.02, "/workarounds/0/success_rate": None, "/workarounds/1/success_rate": None},
    ],
    bad=[
        {"/dead_ends/0/fail_rate": 0.02},
        {"/dead_ends/1/fail_rate": 0},
        At({"/dead_ends/0/fail_rate": 0.06, "/workarounds/0/success_rate": None}, "/dead_ends/0/fail_rate"),
    ],
)
def dead_end_beats_workaround(r: Record) -> Found:
    """Has no dead end likelier to work (1 − `fail_rate`) than its best workaround.

    The record then steers its reader away from the better choice.
    """
    rates = [item["success_rate"] for item in r.workarounds if item["success_rate"] is not None]
    best = max(rates, default=None)
    if best is None:
        return
    for i, item in enumerate(r.dead_ends):
        rate = item["fail_rate"]
        if rate is not None and rate >= 0 and 1 - rate - best > _ROUNDING:
            yield (
                f"/dead_ends/{i}/fail_rate",
                f"{rate} lets this work in {1 - rate:.0%} of cases, the best workaround in {best:.0%}; correct the rates",
            )


@check(
    "WRK007",
    "workaround-action-empty",
    Severity.WARNING,
    good=[{}],
    bad=[{"/workarounds/1/action": ""}],
)
def workaround_action_empty(r: Record) -> Found:
    """Says in every workaround what to do.

    Nothing can be filled in without guessing, so it stays, flagged.
    """
    for i, item in enumerate(r.workarounds):
        if not item["action"].strip():
            yield f"/workarounds/{i}/action", f"{show(item['action'])} does not say what to do; name the step"


@check(
    "WRK008",
    "workarounds-disagree",
    Severity.WARNING,
    good=[{}, {"/workarounds/2": _TWICE}],
    bad=[
        {"/workarounds/2": {**_TWICE, "success_rate": 0.5}},
        {"/workarounds/2": {**_TWICE, "how": "Otherwise."}},
        {"/workarounds/2": {**_TWICE, "action": "change into the  cloned folder first"}},
    ],
    version=2,
)
def workarounds_disagree(r: Record) -> Found:
    """Does not give one workaround twice with different rates or instructions.

    Either the two differ in a condition that is not written down, or one is wrong. Two that differ in case or inner
    space alone are noted too: they may be one, or two commands.
    """
    return disagreements("workarounds", r.workarounds)


@check(
    "WRK009",
    "how-within-action",
    Severity.INFO,
    version=2,
    good=[
        {},
        {"/workarounds/0/how": None},
        {"/workarounds/0/action": "Delete it with git branch -D topic", "/workarounds/0/how": "git branch -d topic"},
        {"/workarounds/0/action": "Change the folder (how: tbd)", "/workarounds/0/how": "TBD"},
    ],
    bad=[
        {"/workarounds/0/how": "the cloned folder"},
        At(
            {"/workarounds/0/action": "Find the folder, then change into it.", "/workarounds/0/how": "Change into it"},
            "/workarounds/0/how",
        ),
    ],
)
def how_within_action(r: Record) -> Found:
    """Has no `how` that is only a part of its action.

    It says again what the action says, and less. Compared are whole words, character for character but for the first
    letter and what closes a sentence. What is nearly all of the action is left to WRK002.
    """
    for i, item in enumerate(r.workarounds):
        how = item["how"]
        if how is not None and _is_part(_bare(how), _bare(item["action"])) and not holds_a_place(how):
            yield (
                f"/workarounds/{i}/how",
                f"{show(how)} is a part of the action; say how it is done, or leave it out",
            )


def _bare(text: str) -> str:
    return text.strip().strip("`'\"“”‘’").rstrip(" .,;:!。，；：！")


def _is_part(how: str, action: str) -> bool:
    """Whether a text stands in another one, as whole words, and is clearly shorter."""
    if not how or len(how) / (len(how) + len(action)) >= _NEARLY_ALL:
        return False
    first = {how[0].lower(), how[0].upper()}
    forms = [f"{letter}{how[1:]}" for letter in first if len(letter) == 1]
    return any(_stands_in(form, action) for form in forms)


def _stands_in(words: str, text: str) -> bool:
    return words in text and _apart(words) in _apart(text)


def _apart(text: str) -> str:
    """A text with a mark around each word, or character of a script without spaces."""
    return "\0".join(["", *compiled(r"[^\W\u3040-\ud7a3]+|[\s\S]").findall(text), ""])


_NEARLY_ALL = 0.475
"""The share of `how` in both texts from which on RapidFuzz's ratio is at least 95, and so WRK002 speaks."""


@check(
    "WRK010",
    "workarounds-without-how",
    Severity.INFO,
    version=2,
    good=[
        {},
        {"/workarounds": [], "/workarounds_zh": []},
        {"/workarounds/0/how": None, "/workarounds/1/how": None},
        {"/workarounds/0/how": None, "/workarounds/1/how": None, "/workarounds/1/action": "Run `git -C clone status`"},
        {"/workarounds/0/how": None, "/workarounds/1/how": None, "/workarounds/1/action": _WORDY},
        {
            "/workarounds/0/action": "TBD",
            "/workarounds/0/how": None,
            "/workarounds/1/action": "",
            "/workarounds/1/how": None,
        },
    ],
    bad=[
        At({"/workarounds/1": ABSENT, "/workarounds_zh/1": ABSENT, "/workarounds/0/how": None}, "/workarounds"),
        At({"/workarounds/0/how": None, "/workarounds/1/how": None, "/workarounds/1/action": "TBD"}, "/workarounds"),
        At(
            {"/workarounds/0/how": None, "/workarounds/1/how": None, "/workarounds/1/action": _WORDY[4:]},
            "/workarounds",
        ),
    ],
)
def workarounds_without_how(r: Record) -> Found:
    """Says how for at least one workaround, by a `how` or by code in the action.

    Who knows what to do and not how is little helped. An action that takes twenty words, or forty characters of Chinese, is
    taken to say how in prose. An action that is still to be written, which WRK007 and TXT006 report, is not asked how.
    """
    if any(item["how"] or _says_how(item["action"]) for item in r.workarounds):
        return
    written = [item["action"] for item in r.workarounds if _is_written(item["action"])]
    if written:
        none_says = f"none of {len(written)} workarounds says" if len(written) > 1 else "the workaround does not say"
        yield "/workarounds", f"{show(written[0])}: {none_says} how it is done; add a `how`, such as a command"


@check(
    "WRK011",
    "verify-repeats-action",
    Severity.INFO,
    good=[
        {},
        {"/verify": ["git status prints the branch"]},
        {"/workarounds/0/action": "git branch -d topic", "/verify": ["git branch -D topic"]},
        {"/workarounds/0/action": "TBD", "/verify": ["TBD"]},
    ],
    bad=[
        {"/verify/0": "Change into the cloned folder first"},
        At({"/verify": ["git status prints the branch", "name the folder with -C."]}, "/verify/1"),
        {"/verify/0": "git -C path/to/clone status works from anywhere."},
    ],
)
def verify_repeats_action(r: Record) -> Found:
    """Says under `verify` how one sees that the error is gone, not again what to do.

    That a step was taken does not show that it helped. Compared is with the action and the `how` of each workaround, character
    for character but for the first letter and what closes a sentence.
    """
    done = {
        _uncapitalized(_bare(text)): f"/workarounds/{i}/{key}"
        for i, item in reversed([*enumerate(r.workarounds)])
        for key in ("how", "action")
        if (text := item[key])
    }
    for i, step in enumerate(r.document["verify"]):
        place = done.get(_uncapitalized(_bare(step))) if _bare(step) and not holds_a_place(step) else None
        if place:
            yield (
                f"/verify/{i}",
                f"{show(step)} is {place} again; say what one sees once it has helped, or leave it out",
            )


def _uncapitalized(text: str) -> str:
    return text[:1].lower() + text[1:]


def _says_how(action: str) -> bool:
    return len(action.split()) >= _AT_LENGTH or sum(map(has_no_spaces, action)) >= 2 * _AT_LENGTH or has_code(action)


_AT_LENGTH = 20
