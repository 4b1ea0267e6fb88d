"""RAT: rates, probabilities and confidences."""

import re
from collections.abc import Iterator
from decimal import Decimal

from kb.model import Document, Json, Severity
from kb.rules.base import At, Found, Record, check, fix
from kb.words import show

_RATES = (
    "dead_ends/*/fail_rate",
    "workarounds/*/success_rate",
    "transition_graph/leads_to/*/probability",
    "transition_graph/preceded_by/*/probability",
    "transition_graph/frequently_confused_with/*/probability",
    "confidence",
    "fix_success_rate",
)

_KEYS = sorted({place.rpartition("/")[2] for place in _RATES})

_NUMBER = re.compile(r"\s*(\+?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)\s*(%?)\s*", re.ASCII)


def _rates(document: Document) -> Iterator[tuple[str, float | None]]:
    for i, item in enumerate(document["dead_ends"]):
        yield f"/dead_ends/{i}/fail_rate", item["fail_rate"]
    for i, item in enumerate(document["workarounds"]):
        yield f"/workarounds/{i}/success_rate", item["success_rate"]
    graph = document["transition_graph"]
    for key in ("leads_to", "preceded_by", "frequently_confused_with"):
        for i, entry in enumerate(graph[key]):
            yield f"/transition_graph/{key}/{i}/probability", entry["probability"]
    yield "/confidence", document["confidence"]
    yield "/fix_success_rate", document["fix_success_rate"]


@check(
    "RAT001",
    "rate-out-of-range",
    Severity.ERROR,
    locked=True,
    good=[{}, {"/confidence": 0}, {"/confidence": 1}, {"/fix_success_rate": None}],
    bad=[
        {"/dead_ends/0/fail_rate": 85},
        {"/confidence": -0.1},
        {"/fix_success_rate": 1.5},
        {"/confidence": 700},
        {"/workarounds/1/success_rate": 10},
        At(
            {"/transition_graph/leads_to/0": {"error_id": "git/dubious-ownership", "probability": 100}},
            "/transition_graph/leads_to/0/probability",
        ),
    ],
    version=2,
)
def rate_out_of_range(r: Record) -> Found:
    """Has every rate, probability and confidence in 0…1.

    85 may be 85 % or a slip of the hand; whether to divide is the author's to say, so nothing is repaired.
    """
    for pointer, rate in _rates(r.document):
        if rate is not None and not 0 <= rate <= 1:
            hint = f"; if it is a percentage, write {rate / 100:g}" if 1 < rate <= 100 else ""
            yield pointer, f"{show(rate)} is not between 0 and 1{hint or '; correct it'}"


@fix(
    "RAT002",
    "rate-as-text",
    Severity.INFO,
    at=_RATES,
    says="{before} is text; write {after}",
    screen=rf'"(?:{"|".join(_KEYS)})":"',
    good=[{}, {"/fix_success_rate": None}],
    bad=[
        ({"/confidence": "0.9"}, {"/confidence": 0.9}),
        ({"/dead_ends/0/fail_rate": "90%"}, {"/dead_ends/0/fail_rate": 0.9}),
        ({"/workarounds/0/success_rate": " 95 % "}, {"/workarounds/0/success_rate": 0.95}),
    ],
)
def rate_as_text(value: Json) -> Json:
    """Writes rates as numbers.

    "0.9" becomes 0.9 and "90%" becomes 0.9, in decimal arithmetic, so exactly. Words ("high", "about 90%") are not
    numbers and are left to SCH002.
    """
    if not isinstance(value, str):
        return value
    match = _NUMBER.fullmatch(value)
    if not match or len(value) > 24:
        return value
    number = Decimal(match[1])
    return float(number / 100 if match[2] else number)


@check(
    "RAT003",
    "fix-rate-unsupported",
    Severity.WARNING,
    good=[
        {},
        {"/fix_success_rate": None},
        {"/fix_success_rate": 0.95},
        {"/fix_success_rate": 0.99, "/workarounds/0/success_rate": None, "/workarounds/1/success_rate": None},
    ],
    bad=[{"/fix_success_rate": 0.99}, At({"/workarounds/0/success_rate": None}, "/fix_success_rate")],
)
def fix_rate_unsupported(r: Record) -> Found:
    """Claims no `fix_success_rate` above its best workaround's `success_rate`.

    Nothing in the record could bring such a rate about.
    """
    claimed, rates = r.document["fix_success_rate"], _success_rates(r)
    if claimed is not None and rates and claimed > max(rates):
        yield (
            "/fix_success_rate",
            f"{claimed} is above the best workaround's {max(rates)}; lower it, or add what works better",
        )


@check(
    "RAT004",
    "resolvable-inconsistent",
    Severity.WARNING,
    reads=("resolvable",),
    good=[
        {},
        {"/resolvable": "partial", "/fix_success_rate": 0.7, "/workarounds/0/success_rate": 0.6},
        {"/resolvable": "true", "/fix_success_rate": 0.5},
        {"/resolvable": "true", "/fix_success_rate": 1},
        {"/resolvable": "partial", "/fix_success_rate": 0.1},
        {"/resolvable": "partial", "/fix_success_rate": 0.95},
        {"/resolvable": "false", "/fix_success_rate": 0.3},
        {"/resolvable": "false", "/fix_success_rate": 0},
        {"/resolvable": "false", "/fix_success_rate": None},
        {"/resolvable": "false", "/fix_success_rate": 1.5},
        {"/resolvable": "true", "/fix_success_rate": -0.5},
    ],
    bad=[
        {"/resolvable": "false"},
        At({"/resolvable": "partial", "/fix_success_rate": 0.05}, "/resolvable"),
        At({"/resolvable": "partial", "/fix_success_rate": 1}, "/resolvable"),
        At({"/fix_success_rate": 0}, "/resolvable"),
        At({"/fix_success_rate": 0.2, "/workarounds/0/success_rate": 0.2}, "/resolvable"),
    ],
)
def resolvable_inconsistent(r: Record) -> Found:
    """Has a `resolvable` that its `fix_success_rate` supports.

    The thresholds are settings, in the table `resolvable` of kb.toml.
    """
    rate, resolvable, limits = r.document["fix_success_rate"], r.document["resolvable"], r.settings.resolvable
    if rate is None:
        return
    low, high = {
        "true": (limits.true_at_least, 1.0),
        "partial": (limits.partial_at_least, limits.partial_at_most),
        "false": (0.0, limits.false_at_most),
    }[resolvable]
    if 0 <= rate <= 1 and not low <= rate <= high:
        yield (
            "/resolvable",
            f'"{resolvable}" goes with a fix_success_rate from {low:g} to {high:g}, not {rate:g}; correct one of the two',
        )


@check(
    "RAT005",
    "rates-all-alike",
    Severity.INFO,
    good=[
        {},
        {"/dead_ends": [], "/workarounds/1/success_rate": 0.95},
        {
            "/dead_ends/0/fail_rate": None,
            "/dead_ends/1/fail_rate": None,
            "/workarounds/0/success_rate": None,
            "/workarounds/1/success_rate": None,
        },
    ],
    bad=[
        At(
            {"/dead_ends/0/fail_rate": 0.9, "/workarounds/0/success_rate": 0.9, "/workarounds/1/success_rate": 0.9},
            "/dead_ends",
        ),
        At(
            {
                "/dead_ends": [],
                "/workarounds/1/success_rate": 0.95,
                "/workarounds/2": {"action": "Ask the one who cloned it", "success_rate": 0.95},
            },
            "/workarounds",
        ),
    ],
)
def rates_all_alike(r: Record) -> Found:
    """Does not give three or more actions all one rate.

    Measured rates differ; a column of equal ones was filled in.
    """
    rates = [item["fail_rate"] for item in r.dead_ends] + [item["success_rate"] for item in r.workarounds]
    if len(rates) >= 3 and rates[0] is not None and len(set(rates)) == 1:
        yield (
            "/dead_ends" if r.dead_ends else "/workarounds",
            f"{rates[0]} is the rate of all {len(rates)} actions; give each its own, or null",
        )


@fix(
    "RAT006",
    "resolvable-as-boolean",
    Severity.INFO,
    at=("resolvable",),
    says="{before} is a boolean; write {after}",
    screen=r'"resolvable":(?:true|false)',
    good=[{}],
    bad=[
        ({"/resolvable": True}, {"/resolvable": "true"}),
        (
            {"/resolvable": False, "/fix_success_rate": 0.1, "/workarounds/0/success_rate": 0.1},
            {"/resolvable": "false"},
        ),
    ],
)
def resolvable_as_boolean(value: Json) -> Json:
    """Writes `resolvable` as "true", "partial" or "false".

    There are three answers, so the type is text.
    """
    return ("true" if value else "false") if isinstance(value, bool) else value


@check(
    "RAT007",
    "fix-rate-below-worst",
    Severity.INFO,
    good=[
        {},
        {"/fix_success_rate": None},
        {"/fix_success_rate": 0.92},
        {"/fix_success_rate": 0.6, "/workarounds/0/success_rate": None, "/workarounds/1/success_rate": None},
    ],
    bad=[{"/fix_success_rate": 0.6}, At({"/workarounds/1/success_rate": None}, "/fix_success_rate")],
)
def fix_rate_below_worst(r: Record) -> Found:
    """Claims no `fix_success_rate` below its worst workaround's.

    If even the worst one works more often, the total cannot be lower, unless the workarounds hold for few cases; then
    their conditions should say so.
    """
    claimed, rates = r.document["fix_success_rate"], _success_rates(r)
    if claimed is not None and rates and claimed < min(rates):
        yield (
            "/fix_success_rate",
            f"{claimed} is below the worst workaround's {min(rates)}; raise it, or add conditions",
        )


def _success_rates(r: Record) -> list[float]:
    return [item["success_rate"] for item in r.workarounds if item["success_rate"] is not None]
