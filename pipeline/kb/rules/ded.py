"""DED: dead ends, what not to try."""

from kb.analysis.placeholders import holds_a_place
from kb.model import Json, Severity
from kb.rules.base import ABSENT, Found, Record, Stage, check, fix
from kb.rules.copies import disagreements, merge_copies
from kb.words import show

_TWICE = {
    "action": "Reinstall git",
    "why_fails": "The program is sound; it was started in the wrong folder.",
    "fail_rate": 0.98,
    "condition": None,
    "sources": ["https://git-scm.com/book/en/v2"],
}


@check(
    "DED001",
    "dead-end-action-empty",
    Severity.WARNING,
    good=[{}],
    bad=[{"/dead_ends/0/action": ""}, {"/dead_ends/0/action": "", "/dead_ends/1/action": ""}],
)
def dead_end_action_empty(r: Record) -> Found:
    """Says in every dead end what not to try.

    A reason without its action warns nobody: the reader cannot know which step fails. Nothing can be filled in without
    guessing, so it stays, flagged.
    """
    for i, item in enumerate(r.dead_ends):
        if not item["action"].strip():
            yield f"/dead_ends/{i}/action", f"{show(item['action'])} does not say what not to try; name the step"


@check(
    "DED002",
    "dead-end-unexplained",
    Severity.WARNING,
    version=2,
    good=[
        {},
        {"/dead_ends/0/why_fails": "程序没有问题，只是目录不对。"},
        {"/dead_ends/0/why_fails": "只是目录不对。"},
        {"/dead_ends/0/why_fails": "The folder is wrong."},
        {"/dead_ends/0/why_fails": "N/A"},
    ],
    bad=[
        {"/dead_ends/0/why_fails": ABSENT},
        {"/dead_ends/0/why_fails": "It fails."},
        {"/dead_ends/1/why_fails": "It fails again."},
        {"/dead_ends/0/why_fails": "目录不对。"},
        {"/dead_ends/0/why_fails": "只是目录不对"},
    ],
)
def dead_end_unexplained(r: Record) -> Found:
    """Says why each dead end fails, in more than a few words.

    Who does not see why a step fails tries it all the same. Three words or fewer are too few (for text without spaces
    between words: six characters). What only holds the place of a reason, such as "N/A", is reported by TXT006.
    """
    for i, item in enumerate(r.dead_ends):
        why = item["why_fails"]
        if len(why.split()) <= 3 and (why.isascii() or len(why) <= 6) and not holds_a_place(why):
            yield f"/dead_ends/{i}/why_fails", f"{show(why)} does not explain the failure; say why in a sentence"


@fix(
    "DED003",
    "dead-end-duplicated",
    Severity.INFO,
    stage=Stage.LIST,
    at=("dead_ends",),
    says="{before} stands twice; one is kept, with the sources of both",
    good=[
        {},
        {"/dead_ends/2": {**_TWICE, "condition": "On Windows"}},
        {"/dead_ends/2": {**_TWICE, "fail_rate": 0.5}},
        {"/dead_ends/2": {**_TWICE, "action": "reinstall git"}},
    ],
    bad=[
        (
            {"/dead_ends/2": _TWICE},
            {
                "/dead_ends/0/sources": ["https://git-scm.com/docs/gitglossary", "https://git-scm.com/book/en/v2"],
                "/dead_ends/2": ABSENT,
            },
        )
    ],
    version=2,
)
def dead_end_duplicated(items: Json) -> Json:
    """Lists each dead end once.

    Copies (the same action and condition, character for character but for outer white space) are merged and their
    sources united. What differs in anything else is left to DED006, for nobody can know which is right: case and inner
    space are code (`git branch -d` and `-D`).
    """
    return merge_copies(items)


@check(
    "DED004",
    "no-dead-ends",
    Severity.WARNING,
    good=[{}],
    bad=[{"/dead_ends": []}],
)
def no_dead_ends(r: Record) -> Found:
    """Names at least one dead end.

    What not to try is what this base exists for.
    """
    if not r.dead_ends:
        yield "/dead_ends", "[] names no dead end; add what people try in vain"


@check(
    "DED005",
    "dead-end-often-works",
    Severity.INFO,
    version=2,
    good=[{}, {"/dead_ends/0/fail_rate": 0.5}, {"/dead_ends/0/fail_rate": None}, {"/dead_ends/0/fail_rate": -0.1}],
    bad=[{"/dead_ends/0/fail_rate": 0.3}, {"/dead_ends/1/fail_rate": 0}],
)
def dead_end_often_works(r: Record) -> Found:
    """Calls nothing a dead end that fails less than half the time.

    Either the rate is wrong, or the action works under some condition, or it is a belief that does harm though it seems
    to work: which of these, only who knows the error can say. Nothing is to be moved to the workarounds on the strength
    of a rate.
    """
    for i, item in enumerate(r.dead_ends):
        rate = item["fail_rate"]
        if rate is not None and 0 <= rate < 0.5:
            yield (
                f"/dead_ends/{i}/fail_rate",
                f"{rate} fails less than half the time; is the rate right, and when does it fail? Correct it, or add the condition",
            )


@check(
    "DED006",
    "dead-ends-disagree",
    Severity.WARNING,
    good=[{}, {"/dead_ends/2": _TWICE}, {"/dead_ends/0/action": "", "/dead_ends/1/action": ""}],
    bad=[
        {"/dead_ends/2": {**_TWICE, "fail_rate": 0.5}},
        {"/dead_ends/2": {**_TWICE, "why_fails": "Another reason altogether."}},
        {"/dead_ends/2": {**_TWICE, "action": "reinstall  git"}},
    ],
    version=2,
)
def dead_ends_disagree(r: Record) -> Found:
    """Does not give one dead end twice with different rates or reasons.

    The two cannot both hold under one condition. Either they differ in a condition that is not written down, or one is
    wrong. Two that differ in case or inner space alone are noted too: they may be one, or two commands.
    """
    return disagreements("dead_ends", r.dead_ends)
