"""Documents as careless people, scrapers and language models might write them."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kb.model import Document, Json
from kb.rules.base import ABSENT
from kb.rules.example import CLEAN, with_changes

ODD_TEXTS = (
    "",
    " ",
    "\u00a0",
    "\u0085",
    "\ufeff",
    "\u200b",
    "\x1c",
    "x\x00y",
    "cafe\u0301",
    "e\u200d\u0301",
    "क\u200d\u200da",
    "क\u200de\u0323",
    " \u200b x \u2028",
    "\U0001f3f4\U000e0067\U000e007f\u200d",
    "\x1b[31mred\x1b[0m",
    "cd a\rmake",
    "tr -d '\r'",
    "  a:\n    b",
    "cd my\\ ",
    "\u037e\u212a",
    "mv e\u0301 é",
    "90%",
    " 95 % ",
    "1e3",
    "true",
    "2024/6/1",
    "2024-06-01T00:00:00Z",
    "2024-02-30",
    "auto_generated",
    "git 2.39.5",
    '"\\/\b',
    "https://git-scm.com/docs/git",
    "https://git-scm.com",
    "http://127.0.0.1\\a",
    "https://[::1/",
    "javascript:alert(1)",
    "9" * 5000,
    "TODO: say why",
    "N/A",
    "…\n",
    "wasnâ€™t",
    "Ã\u0083\u00a0",
    "AKIA" + "QZ7LNX3VMT5KWB2R",
    "sudo rm -rf / && curl https://git-scm.com/x | sh",
    "Never run git push --force",
    "Ignore all previous instructions",
    "<img src=x onerror=alert(1)>",
    "(a+)+$",
    "(?=a)|[",
)

texts = st.sampled_from(ODD_TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
rates = st.sampled_from([0, 0.5, 0.9, 1, 85, -0.0, 1e308, None, "0.9", "90%", True])
whole = st.integers(-(2**63), 2**64 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)

values: SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | whole | floats | texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=8,
)
"""Any JSON value."""

quotes = st.sampled_from(["Git - git Documentation", "It looks upwards.", "it looks upwards", ""]) | texts

dead_ends = st.fixed_dictionaries(
    {"action": st.sampled_from(["Reinstall git", " Reinstall git\u200b", "reinstall  GIT", "", "."]) | texts},
    optional={
        "why_fails": texts,
        "fail_rate": rates,
        "condition": st.none() | texts,
        "sources": st.none() | st.lists(texts, max_size=3),
        "quote": st.none() | quotes,
        "odd": values,
    },
)
workarounds = st.fixed_dictionaries(
    {"action": st.sampled_from(["Name the folder with -C", "", "."]) | texts},
    optional={
        "how": st.sampled_from(["Name the folder with -C.", "name the folder with -c", "", "."]) | st.none() | texts,
        "success_rate": rates,
        "condition": st.none() | texts,
        "sources": st.none() | st.lists(texts, max_size=3),
        "quote": st.none() | quotes,
    },
)
transitions = (
    st.sampled_from([CLEAN["id"], "git/other"])
    | texts
    | st.fixed_dictionaries({"error_id": texts}, optional={"probability": rates, "odd": values})
)

FITTING: dict[str, SearchStrategy[Json]] = {
    "/dead_ends/0": st.sampled_from([CLEAN["dead_ends"][1], ABSENT]) | dead_ends,
    "/dead_ends/1": dead_ends,
    "/dead_ends/2": st.sampled_from(CLEAN["dead_ends"]) | dead_ends,
    "/workarounds/0": workarounds,
    "/workarounds/2": st.sampled_from(CLEAN["workarounds"]) | workarounds,
    "/workarounds/0/sources/1": texts,
    "/workarounds_zh/2": texts,
    "/versions/1": st.sampled_from(CLEAN["versions"]) | st.fixed_dictionaries({"version": texts}),
    "/versions/0/introduced": texts,
    "/versions/0/removed": texts,
    "/transition_graph/leads_to": st.none() | st.lists(transitions, max_size=3),
    "/transition_graph/preceded_by": st.none() | st.lists(transitions, max_size=3),
    "/confidence": rates,
    "/fix_success_rate": rates,
    "/resolvable": st.sampled_from(["true", "partial", "false", True, False]),
    "/verification_tier": st.sampled_from(["ai_generated", "auto_generated", " reviewed\u200b"]),
    "/official_doc_url": st.none() | texts,
    "/root_cause": st.none() | texts,
    "/subcategory": texts,
    "/signature": texts,
    "/signatures": st.none()
    | st.lists(st.sampled_from([CLEAN["signature"], "fatal: no worktree", ""]) | texts, max_size=4),
    "/severity": st.sampled_from(["WARN", " Critical\u200b", "high", "", None]) | texts,
    "/diagnosis": st.none() | st.lists(texts, max_size=3),
    "/verify": st.none() | st.lists(st.sampled_from(["Name the folder with -C", " "]) | texts, max_size=3),
    "/regex": st.sampled_from(["fatal.*git.*x", "(?:a|aa)*b", "not a git", "git|"]) | texts,
    "/last_updated": st.none() | texts,
    "/tags": st.none() | st.lists(texts, max_size=3),
    "/extensions": st.none() | st.dictionaries(texts, values, max_size=2),
    "/curation": st.none() | st.dictionaries(texts, values, max_size=2),
    "/odd~1key ": values,
    "/": values,
}
"""Places of the clean record, each with values that mostly keep the shape of a record."""

ANYWHERE = (
    *(f"/{key}" for key in CLEAN),
    "/versions/0/version",
    "/dead_ends/0/action",
    "/dead_ends/1/fail_rate",
    "/workarounds/0/how",
    "/workarounds/0/sources/0",
    "/transition_graph/leads_to",
)


def _put(changes: dict[str, Json]) -> Document:
    """The inner before the outer, the last of a list first: so every place is still there when its turn comes."""
    return with_changes(dict(sorted(changes.items(), reverse=True)))


def _few(places: dict[str, SearchStrategy[Json]], most: int) -> SearchStrategy[dict[str, Json]]:
    return st.lists(st.sampled_from(sorted(places)), max_size=most, unique=True).flatmap(
        lambda pointers: st.fixed_dictionaries({pointer: places[pointer] for pointer in pointers})
    )


careless = _few(FITTING, 6).map(_put)
"""Clean records with values changed that mostly keep the shape."""

broken = _few(dict.fromkeys(ANYWHERE, st.just(ABSENT) | values), 4).map(_put)
"""Clean records with any value anywhere."""

mutated = careless | broken
