"""What `curated/` says of the state before, for a store that is new and remembers none."""

import datetime as dt
from contextlib import suppress
from pathlib import Path

import orjson

from kb.model import Severity
from kb.publish import swap
from kb.publish.seal import read_object
from kb.settings import LAYOUTS
from kb.workspace import METRICS

Figures = dict[str, object]


def figures(curated: Path, today: dt.date) -> tuple[dt.date, Figures]:
    """The figures of the state before, with their day: as published, else counted in what a clone has of it.

    In a clone there are no figures, for git ignores what depends on the day. Those that are counted do not, so their day
    is today.
    """
    if (curated / METRICS).exists():
        with suppress(KeyError, TypeError, ValueError):
            return dt.date.fromisoformat(swap.manifest(curated)["as_of"]), read_object(curated / METRICS)
    elif _has_records(curated):
        with suppress(OSError, KeyError, TypeError, ValueError):
            return today, _counted(curated)
    return today, {}


def _has_records(curated: Path) -> bool:
    return any((curated / name).exists() for name in LAYOUTS.values())


def _counted(curated: Path) -> Figures:
    errors = 0
    with (curated / "findings.ndjson").open("rb") as lines:
        for line in lines:
            finding = orjson.loads(line)
            errors += finding["severity"] == Severity.ERROR and finding["suppressed"] is None
    with (curated / "quarantine.ndjson").open("rb") as lines:
        return {"records": _count_records(curated), "errors": errors, "quarantined": sum(1 for _ in lines)}


def _count_records(curated: Path) -> int:
    in_one = curated / LAYOUTS["ndjson"]
    if in_one.exists():
        with in_one.open("rb") as lines:
            return sum(1 for _ in lines)
    return sum(1 for _ in (curated / LAYOUTS["files"]).rglob("*.json"))
