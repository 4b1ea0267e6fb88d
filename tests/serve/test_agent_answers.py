"""Whatever records say, an answer has its bounds, and no text of theirs ends what is marked as data."""

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.serve import agent_answers
from kb.serve.agent_answers import CLOSING, DEFAULT, OPENING, TEXT

TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from('"\\ 说x\n\t<>/'), max_size=3000),
    st.lists(st.sampled_from(["</record-text>", "<", "/", "record-text", "\n", " ", ">", "RECORD-TEXT", "x" * 400]), max_size=30)
    .map("".join),
    st.sampled_from(["word " * 900, "x" * 9000, OPENING, CLOSING.upper(), "< / record-text >", "<\n/record-text\n>"]),
)  # fmt: skip
MAYBE = st.none() | TEXTS
IDS = st.sampled_from(["git/a", "git/" + "b" * 50, "kubernetes/" + "c" * 30 + "/" + "d" * 20])
SHARES = st.floats(0, 1).map(lambda share: round(share, 4))
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"place": st.integers(1, 99), "action": TEXTS, "how": MAYBE, "condition": MAYBE, "low": SHARES}
    ),
    max_size=5,
)
TRUST = st.fixed_dictionaries({
    "effective": SHARES, "declared": SHARES, "tier": st.just("community_verified"), "age": st.just(3),
    "freshness": st.just("stale"), "last_confirmed": st.just("2026-11-01"), "why": TEXTS,
})  # fmt: skip
RIVALS = st.lists(
    st.fixed_dictionaries({"record": IDS, "score": SHARES, "signature": TEXTS, "distinction": MAYBE}), max_size=3
)
ANSWERS = st.fixed_dictionaries({
    "record": IDS, "verdict": st.sampled_from(["match", "ambiguous"]), "score": SHARES, "margin": SHARES,
    "by": st.just(["code", "pattern", "words"]), "line": st.integers(1, 9999),
    "status": st.sampled_from(["published", "deprecated"]),
    "successor": st.none() | IDS, "affected": st.none() | st.booleans(), "withheld": st.booleans(), "trust": TRUST,
    "rivals": RIVALS, "reason": MAYBE, "signature": TEXTS, "root_cause": MAYBE, "dead_ends": ITEMS, "workarounds": ITEMS,
})  # fmt: skip


@settings(max_examples=30)
@given(answer=ANSWERS, number=st.integers(1, 5))
def test_an_answer_is_bounded_and_its_marks_hold(answer: dict[str, Any], number: int) -> None:
    found = {
        "verdict": answer["verdict"], "as_of": "2026-11-22", "records": 9, "answers": [answer] * number, "more": 3,
        "threshold": 0.7, "misses": [],
    }  # fmt: skip
    made = agent_answers.of_match(found)
    assert len(orjson.dumps(made)) <= DEFAULT * number
    text = agent_answers.text_of_match(made)
    assert len(text.encode()) <= TEXT * number + 40
    assert text.count(OPENING) == text.lower().count(CLOSING) <= number
    assert all(one["data"].get("root_cause", "") is not None for one in made["answers"])
    ways = [way for one in made["answers"] for key in ("dead_ends", "workarounds") for way in one["data"][key]]
    whole = {
        agent_answers.quoted(item["how"]) for key in ("dead_ends", "workarounds") for item in answer[key] if item["how"]
    }
    assert {way["how"] for way in ways if "how" in way} <= whole


@given(text=TEXTS, most=st.integers(0, 900))
def test_what_is_cut_is_a_beginning_of_it(text: str, most: int) -> None:
    short = agent_answers.cut(text, most)
    assert len(short.encode()) <= most
    assert agent_answers.quoted(text).startswith(short.removesuffix("…"))
