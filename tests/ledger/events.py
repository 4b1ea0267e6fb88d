"""Events for the specifications."""

from typing import Any

from hypothesis import strategies as st

from kb.ledger.event import KINDS, Event, action_of, made
from kb.model import Json

TEXT = f"sha256:{'1' * 64}"
OTHER_TEXT = f"sha256:{'2' * 64}"

_NEEDED: dict[str, dict[str, Json]] = {
    "outcome": {"worked": True, "target": {"item": "workaround", "position": 0, "action": action_of("Run it")}},
    "promote": {"tier": "human_reviewed"},
    "demote": {"tier": "ai_generated"},
    "merge": {"successor": "git/other"},
    "retract": {"retracts": "2026-11-01-0123456789ab"},
    "withdraw": {"reason": "it is wrong"},
    "deprecate": {"reason": "it is old"},
}


def event(kind: str = "confirm", **values: Json) -> Event:
    """A valid event of a kind about git/a, with some of its values changed."""
    return made(
        **{
            "kind": kind,
            "record": "git/a",
            "digest": TEXT,
            "at": "2026-11-01T12:00:00Z",
            "by": "person:Ada",
            **_NEEDED.get(kind, {}),
            **values,
        }
    )


def events(records: tuple[str, ...] = ("git/a",)) -> st.SearchStrategy[Event]:
    """Events of every kind, of a few days and authors, about one of two texts."""
    return st.builds(
        event,
        st.sampled_from([kind for kind in KINDS if kind != "retract"]),
        record=st.sampled_from(records),
        digest=st.sampled_from([TEXT, OTHER_TEXT]),
        at=st.sampled_from([f"2026-11-0{day}T12:00:00Z" for day in range(1, 6)]),
        by=st.sampled_from(["person:Ada", "person:Bob", "agent:one", "ci:nightly"]),
        note=st.sampled_from([None, "one", "two"]),
    )


@st.composite
def histories(draw: Any, records: tuple[str, ...] = ("git/a",)) -> list[Event]:  # noqa: ANN401 - hypothesis has no type
    """Events, some of which take back others, and some of which were taken back again."""
    known: list[Event] = draw(st.lists(events(records), max_size=8))
    for _ in range(draw(st.integers(0, 4)) if known else 0):
        target = draw(st.sampled_from(known))
        at = draw(st.sampled_from(["2026-11-02T12:00:00Z", "2026-11-06T12:00:00Z"]))
        known.append(event("retract", record=target.record, retracts=target.id, at=at))
    return known
