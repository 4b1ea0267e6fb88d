"""`kb gate`: does the base keep the limits in its settings?"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from kb import reports
from kb.errors import KbError
from kb.publish import swap
from kb.render.text import count
from kb.reports import Options
from kb.results import GateResult, Verdict
from kb.rules import ruleset
from kb.settings import Limits, without_records
from kb.store import Store
from kb.workspace import Workspace


def gate(workspace: Workspace, as_of: dt.date) -> GateResult:
    """Check the figures of the base against every limit in `[gate]` of the settings, in their order.

    Raises:
        KbError: there is no base, a limit is for a domain that no record has, or a setting means no rule.
    """
    ruleset.of(workspace, as_of)  # refuses what every other command refuses
    limits = workspace.settings.gate
    with swap.reading(workspace) as base:
        _check_domains(base, list(limits.domain))
        verdicts = list(_held(base, limits, Options(as_of), "the whole base"))
        for tier, of_tier in limits.tier.items():
            verdicts += _held(base, of_tier, Options(as_of, tier=tier), f"tier {tier}")
        for domain, of_domain in limits.domain.items():
            verdicts += _held(base, of_domain, Options(as_of, domain), f"domain {domain}")
        return GateResult(as_of, tuple(verdicts))


def _check_domains(base: Store, domains: list[str]) -> None:
    for fault in without_records("gate.domain", domains, base.domains() if domains else []):
        raise KbError(fault)


def _held(base: Store, limits: Limits, options: Options, scope: str) -> Iterator[Verdict]:
    bounds = {name: value for name, value in limits._asdict().items() if isinstance(value, int | float)}
    if bounds:
        figures = reports.figures(base, options)
        if "max_new_errors" in bounds:
            figures |= reports.new_errors(base, options)
        for name, bound in bounds.items():
            yield Verdict(name, scope, figures[name.partition("_")[2]], bound, _why(name, figures))


def _why(name: str, f: dict[str, Any]) -> str:
    """Where a figure comes from, in words."""
    if name == "max_new_errors":
        errors = count(f["errors"], "error")
        if f["new_errors"] is None:
            return f"{errors}, no state before is known"
        return errors if f["before"] is None else f"{errors}, {f['before']:,} in the state before"
    records = count(f["records"], "record")
    return {
        "max_stale_share": f"{f['stale'] + f['never_confirmed']:,} of {records} stale or never confirmed",
        "min_mean_effective_confidence": f"the mean of {records}",
        "max_quarantined_share": f"{f['quarantined']:,} of {f['records'] + f['quarantined']:,} records rejected",
    }[name]
