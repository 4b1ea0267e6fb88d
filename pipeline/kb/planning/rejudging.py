"""What of a base has to be judged again, because the rules, the settings or kb itself are not what they were."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kb.render.text import count
from kb.rules.concern import Concern, concern
from kb.rules.ruleset import RuleSet
from kb.sources import file_of
from kb.store import KnownFile, Store


class Again(NamedTuple):
    """Every record, or what is `concerned`: by file, as path and position in the base.

    `reasons` is None where it is unknown what the records were judged with. `decided` are the ids of the records about which
    events came or went.
    """

    rejudged: bool
    every: bool
    concerned: Mapping[str, set[tuple[str, int]]]
    reasons: Concern | None
    decided: frozenset[str] = frozenset()

    def notes(self, known: Mapping[str, KnownFile]) -> Iterator[str]:
        """Which records are judged again, and why."""
        if not self.rejudged:
            return
        if self.reasons is None:
            yield "kb.duckdb has an outdated schema, so every record is judged again"
            return
        every, by_code, none = self.reasons
        if every:
            number = sum(file.records for file in known.values())
            yield f"{_some([*every, *by_code.values()])}: {_judged_again(number)}"
        elif by_code or self.decided:
            number = sum(map(len, self.concerned.values()))
            about = [f"decisions about {count(len(self.decided), 'record')} came or went"] if self.decided else []
            yield f"{_some([*by_code.values(), *about])}: {_judged_again(number)}"
        if none:
            yield f"{_some(none)}: no record has to be judged again for that"


def since(base: Store | None, last: Mapping[str, Any] | None, rules: RuleSet) -> Again:
    """What changed since the last run of a base; `last` is None where its tables are not those of this kb."""
    if last is None:
        rejudged = base is not None and bool(base.roots())
        return Again(rejudged, rejudged, {}, None)
    was, now = json.loads(last["judged"]), rules.judged()
    if was.keys() != now.keys():  # of a kb that noted less, or more
        return Again(rejudged=True, every=True, concerned={}, reasons=None)
    reasons = concern(was, now)
    decided = _decided_otherwise(base, rules) if base is not None and was["ledger"] != now["ledger"] else frozenset()
    concerned: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    if base is not None and not reasons.every:
        found = base.inputs_with(reasons.by_code) if reasons.by_code else []
        for path, position in (*found, *(base.inputs_called(decided) if decided else ())):
            concerned[file_of(path)].add((path, position))
    return Again(was != now, bool(reasons.every), dict(concerned), reasons, decided)


def _decided_otherwise(base: Store, rules: RuleSet) -> frozenset[str]:
    """The records about which there are other events now than the base was made with."""
    was, now = base.events_by_record(), rules.ledger.by_record
    return frozenset(
        name
        for name in was.keys() | now.keys()
        if was.get(name, set()) != {event.digest for event in now.get(name, ())}
    )


def _judged_again(number: int) -> str:
    return f"{count(number, 'record')} {'is' if number == 1 else 'are'} judged again"


def _some(reasons: Sequence[str]) -> str:
    shown = list(reasons[:3])
    return "; ".join([*shown, count(len(reasons) - 3, "more change")] if len(reasons) > 3 else shown)
