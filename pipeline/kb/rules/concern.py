"""What a change of kb, of its rules or of the settings affects: which records have to be judged again, and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kb.rules import catalogue
from kb.rules.base import Stage

Judged = Mapping[str, Any]
"""What a run judged with: `version` of kb, `rules` as code → [version, severity, stage], `settings` by their names, what is
`suppressed` as [record, code, reason], each entry under `suppress`, held or not, as [record, code, until], and the digest
of each mapping under `formats`."""


class Concern(NamedTuple):
    """Reasons to judge again: every record, those with a finding of a code, or none, where a reason concerns no record alone."""

    every: tuple[str, ...]
    by_code: Mapping[str, str]
    none: tuple[str, ...]


_TOGETHER = frozenset({Stage.CORPUS, Stage.LEDGER, Stage.SETTINGS})
"""The stages that every run goes through anew."""

_OF_EVERY_RECORD = frozenset({"trust.ceiling_by_sources", "trust.ceiling_by_tier"})
"""Settings that the curation block of a record is made from, whatever rules are run."""

_OF_NO_RECORD = frozenset({"trust.prior_weight", "trust.time_to_live"})
"""Settings that only the figures of the store are made from."""


_CHECKS_OF_EVENTS = frozenset({"LED005", "LED006"})
"""Rules that set an event aside: it decides nothing then, so that they are about its record too."""


def concern(was: Judged, now: Judged) -> Concern:
    """The records that the difference between two runs affects."""
    every: list[str] = []
    none: list[str] = []
    deciding = _CHECKS_OF_EVENTS if was["ledger"] or now["ledger"] else frozenset()
    by_code = {}
    if was["version"] != now["version"]:
        every.append(f"the records were judged by kb {was['version']}, this is {now['version']}")
    every += _formats(was["formats"], now["formats"])
    for code, reason, some in _rules(was["rules"], now["rules"]):
        if _stage(code, now, was) in _TOGETHER:
            (every if code in deciding else none).append(reason)
        elif some:
            by_code[code] = reason
        else:
            every.append(reason)
    otherwise = list(_suppressed_otherwise(was["suppressed"], now["suppressed"]))
    if was["suppress"] != now["suppress"] and not otherwise:
        none.append("the entries under [[suppress]] changed")
    for code in otherwise:
        if code in deciding:
            every.append(f"a suppression of {code} changed, or came to its end")
        elif _stage(code, now, was) in {None, *_TOGETHER}:
            none.append(f"a suppression of {code} changed")
        else:
            by_code.setdefault(code, f"a suppression of {code} changed, or came to its end")
    for name in sorted(was["settings"].keys() | now["settings"].keys()):
        if was["settings"].get(name) != now["settings"].get(name):
            reason, concerns = _setting(name, now["rules"])
            (every if concerns else none).append(reason)
    return Concern(tuple(every), by_code, tuple(none))


def _formats(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Each mapping that changed: it may read another thing in any record, or another file."""
    for file in sorted(was.keys() | now.keys()):
        if was.get(file) != now.get(file):
            yield f"{file} {'is gone' if file not in now else 'changed' if file in was else 'is new'}"


def _stage(code: str, *judged: Judged) -> Stage | None:
    """The stage of a rule; None if it was not run either time."""
    return next((Stage(one["rules"][code][2]) for one in judged if code in one["rules"]), None)


def _rules(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Each rule that changed, with the change in words, and whether only records with a finding of it are concerned."""
    for code in sorted(was.keys() | now.keys()):
        old, new = was.get(code), now.get(code)
        if old == new:
            continue
        if new is None:
            yield code, f"{code} is no longer run", True
        elif old is None:
            yield code, f"{code} is run now", False
        elif old[0] != new[0]:
            yield code, f"{code} is of another version", False
        else:
            yield code, f"{code} is {_LEVELS[new[1]]} now", True


_LEVELS = {"error": "an error", "warning": "a warning", "info": "an info"}


def _suppressed_otherwise(was: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> Iterator[str]:
    """The codes of which not the same is suppressed, for the same reasons."""
    for code in sorted({code for _, code, _ in [*was, *now]}):
        if [entry for entry in was if entry[1] == code] != [entry for entry in now if entry[1] == code]:
            yield code


def _setting(name: str, run: Mapping[str, Any]) -> tuple[str, bool]:
    """Why a changed setting matters, and whether to every record."""
    rules = [rule for rule in catalogue().values() if name in rule.reads]
    readers = [rule for rule in rules if rule.code in run]
    alone = [rule.code for rule in readers if rule.stage not in _TOGETHER]
    if name in _OF_EVERY_RECORD:
        return f"every record's evidence ceiling is made from `{name}`, which changed", True
    if alone:
        *most, last = alone
        codes = f"{', '.join(most)} and {last} read" if most else f"{last} reads"
        return f"{codes} `{name}`, which changed", True
    known = bool(rules) or name in _OF_NO_RECORD
    return f"`{name}` changed", not known
