"""What holds of any input whatever. `python -m tests.torture.fuzz --from N --count M` tries those inputs and tells the faults.

Numbers are inputs (see inputs.py), so a range is tried again where it stopped, and a number that failed is a case.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import orjson

from kb import contract
from kb.curate.record import curate_some
from kb.model import Curated, Document, Incoming, Rejected
from kb.rules.ruleset import RuleSet
from kb.settings import Settings
from kb.sources.edit import carried_out, edits
from kb.sources.formats import SHIPPED
from tests.conftest import body, default_rules, incoming
from tests.torture.inputs import made

SCHEMA = "record.curated.v1"

SOME = 32

LONGEST = 500
"""Characters of a finding's message, at most."""

Outcome = Curated | Rejected


class Unscreened(RuleSet):
    """The same rules, each of them run on every record."""

    def candidates(self, compact: bytes) -> frozenset[str]:
        del compact
        return frozenset(self.rules)


@cache
def _unscreened() -> RuleSet:
    return Unscreened(Settings())


def faults(numbers: Sequence[int], every: int = 1) -> Iterator[str]:
    """What does not hold of some inputs, a line each; what raises is looked for one by one.

    They are judged without screens, too, where the first number is a multiple of `every`.
    """
    try:
        yield from _faults(numbers, every)
    except Exception as error:  # noqa: BLE001 - whatever is raised is a fault
        if len(numbers) == 1:
            yield f"{numbers[0]}: raises {type(error).__name__}: {error}"[:400]
        else:
            for number in numbers:
                yield from faults([number], every)


def _faults(numbers: Sequence[int], every: int) -> Iterator[str]:
    raws = [made(number) for number in numbers]
    batch = [incoming(raw) for raw in raws]
    outcomes = curate_some(batch, default_rules())
    if len(outcomes) != len(batch):
        yield f"{numbers}: {len(batch)} inputs, {len(outcomes)} outcomes"
    everything = outcomes if numbers[0] % every else curate_some(batch, _unscreened())
    again = dict(_again(outcomes))
    after = dict(_after_fix(batch, outcomes))
    for place, (number, outcome) in enumerate(zip(numbers, outcomes, strict=True)):
        for what in (
            *_of(outcome),
            *_screens(outcome, everything[place]),
            *_stays(outcome, again.get(place)),
            *_fixed(outcome, after.get(place)),
        ):
            yield f"{number}: {what}"


def _of(outcome: Outcome) -> Iterator[str]:
    """One outcome: rejected for a reason, or a document that its schema accepts."""
    errors = [f.code for f in outcome.findings if f.code in default_rules().errors]
    if isinstance(outcome, Rejected) != bool(errors):
        yield f"{type(outcome).__name__}, with the errors {errors}"
    for finding in outcome.findings:
        if len(finding.message.splitlines()) != 1 or len(finding.message) > LONGEST:
            yield f"{finding.code}: its message is not one line of bounded length: {finding.message[:200]!r}"
    if isinstance(outcome, Curated):
        # as it is written, and read again
        document = orjson.loads(orjson.dumps(outcome.document))
        if document != outcome.document:
            yield "what is published is no JSON"
        if not contract.accepts(document, SCHEMA):
            yield f"the curated record does not fit its schema: {next(contract.violations(document, SCHEMA))}"


def _told(outcome: Outcome) -> tuple[object, ...]:
    published = orjson.dumps(body(outcome.document)) if isinstance(outcome, Curated) else b""
    return type(outcome), published, sorted(map(repr, outcome.findings)), sorted(map(repr, outcome.changes))


def _screens(one: Outcome, other: Outcome) -> Iterator[str]:
    if _told(one) != _told(other):
        codes = Counter(f.code for f in one.findings), Counter(f.code for f in other.findings)
        yield f"screens change what is found: {codes[0] - codes[1]} {codes[1] - codes[0]}"


def _again(outcomes: Sequence[Outcome]) -> Iterator[tuple[int, Outcome]]:
    """What becomes of what was curated, curated again."""
    places = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Curated)]
    curated = [orjson.dumps(outcome.document) for outcome in outcomes if isinstance(outcome, Curated)]
    yield from zip(places, curate_some([incoming(raw) for raw in curated], default_rules()), strict=True)


def _stays(once: Outcome, again: Outcome | None) -> Iterator[str]:
    if not isinstance(once, Curated):
        return
    if not isinstance(again, Curated):
        yield f"what is curated is rejected the second time: {[f.code for f in again.findings] if again else ()}"
    elif again.changes:
        yield f"what is curated is changed the second time: {again.changes[0]}"[:300]
    elif _values(again.document) != _values(once.document):
        yield "what is curated comes out otherwise the second time"


def _values(document: Document) -> bytes:
    return orjson.dumps(body(document))


def _after_fix(batch: Sequence[Incoming], outcomes: Sequence[Outcome]) -> Iterator[tuple[int, Outcome]]:
    """What becomes of native records after the edits of `kb fix`."""
    places, raws = [], []
    for place, (one, outcome) in enumerate(zip(batch, outcomes, strict=True)):
        if outcome.changes and SHIPPED.of(contract.read(one.raw), None) is None:
            places.append(place)
            raws.append(carried_out(one.raw, edits(one.raw, outcome.changes)))
    yield from zip(places, curate_some([incoming(raw) for raw in raws], default_rules()), strict=True)


def _fixed(before: Outcome, after: Outcome | None) -> Iterator[str]:
    if after is None:
        return
    if after.changes:
        yield f"after its fixes there is something to fix: {after.changes[0]}"[:300]
    elif type(before) is not type(after):
        yield "a fix makes another thing of it than ingest"
    elif (
        isinstance(before, Curated)
        and isinstance(after, Curated)
        and _values(before.document) != _values(after.document)
    ):
        yield "a fixed record says other than what ingest publishes"


def run(span: tuple[int, int], every: int = 1) -> tuple[list[str], float]:
    """The faults of a range, and the longest time that one of its inputs took, as far as that is told by batches."""
    found: list[str] = []
    longest = 0.0
    for first in range(span[0], span[1], SOME):
        start = time.process_time()
        numbers = range(first, min(first + SOME, span[1]))
        found += faults(numbers, every)
        longest = max(longest, (time.process_time() - start) / len(numbers))
    return found, longest


def main() -> None:
    """Try a range of inputs over some processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    last = asked.first + asked.count
    step = max(min(2_000, asked.count // asked.jobs), 1)
    spans = [(first, min(first + step, last)) for first in range(asked.first, last, step)]
    total = 0
    with ProcessPoolExecutor(asked.jobs, get_context("spawn")) as pool:
        for (_, end), (found, longest) in zip(spans, pool.map(run, spans), strict=True):
            total += len(found)
            for line in found:
                print(line)
            print(f"{end - asked.first:,} inputs, {total} faults, {longest:.3f} s each at most", file=sys.stderr)
    print(f"fuzzed {asked.count:,} inputs from {asked.first}: {total} faults")
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
