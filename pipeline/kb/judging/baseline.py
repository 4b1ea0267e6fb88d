"""The baseline: findings that were there already, so that only new ones fail `kb validate`."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from kb import aside, contract
from kb.errors import KbError
from kb.settings import text_of

SCHEMA = "baseline.v1"


class Entry(NamedTuple):
    """What a finding is known by: its record (or the file, where no id could be read), its code and its fingerprint."""

    record: str
    code: str
    fingerprint: str


Entries = Counter[Entry]
"""How often each is found: more than once only where several inputs claim one id."""


class BaselineComparison(NamedTuple):
    """Findings against a baseline: which are not in it, how many of its entries no longer occur, and notes."""

    new: list[bool]
    gone: int = 0
    notes: tuple[str, ...] = ()


def hold_against(
    path: Path | None, findings: Sequence[Entry], is_judged: Callable[[Entry], bool], *, write: bool
) -> BaselineComparison:
    """Separate new findings from known ones; with `write`, the baseline is first written so that all are known.

    `is_judged`: whether an entry would have been found again, were it still there: what was not judged now
    stays in the baseline and is not missed.

    Raises:
        KbError: the baseline cannot be read, or not be written.
    """
    if path is None:
        return BaselineComparison([True] * len(findings))
    counted = Entries(findings)
    entries = Entries() if write and not path.exists() else _read(path)
    notes = []
    if write:
        renewed = counted | Entries({entry: n for entry, n in entries.items() if not is_judged(entry)})
        _write(path, renewed)
        notes.append(
            f"wrote {path.name}: {renewed.total():,} findings,"
            f" {(renewed - entries).total():,} added, {(entries - renewed).total():,} taken out"
        )
        entries = renewed
    gone = sum(n for entry, n in (entries - counted).items() if is_judged(entry))
    if gone:
        are = "entry of the baseline is" if gone == 1 else "entries of the baseline are"
        notes.append(f"{gone:,} {are} fixed; `kb validate --write-baseline` shrinks it")
    return BaselineComparison(_beyond(entries, findings), gone, tuple(notes))


def _beyond(entries: Entries, findings: Iterable[Entry]) -> list[bool]:
    """Of each finding, whether it is not among the entries; one that occurs oftener than there is new from then on."""
    left = Entries(entries)
    new = []
    for entry in findings:
        left[entry] -= 1
        new.append(left[entry] < 0)
    return new


def _read(path: Path) -> Entries:
    """The entries of a baseline.

    Raises:
        KbError: it cannot be read, or is no baseline.
    """
    try:
        document = orjson.loads(text_of(path))
    except FileNotFoundError:
        raise KbError(f"{path.name}: no such baseline; `kb validate --write-baseline` writes one") from None
    except OSError as error:
        raise KbError(f"{path.name}: {_BROKEN} ({error.strerror}); {_REMEDY}") from None
    except ValueError as error:
        raise KbError(f"{path.name}: {_BROKEN} ({error}); {_REMEDY}") from None
    if not contract.accepts(document, SCHEMA):
        pointer, message = next(contract.violations(document, SCHEMA))
        raise KbError(f"{path.name}: {_BROKEN} ({pointer or 'the whole'}: {message}); {_REMEDY}")
    entries = Entries()
    for entry in document["findings"]:
        entries[Entry(entry["record"], entry["code"], entry["fingerprint"])] += entry["count"]
    return entries


_BROKEN = "cannot be read as a baseline"
_REMEDY = "restore it, or delete it and run `kb validate --write-baseline`"


def _write(path: Path, entries: Entries) -> None:
    """Write a baseline: sorted, an entry on a line, so that git shows what came and what went."""
    lines = [f"\n    {json.dumps({**entry._asdict(), 'count': count})}" for entry, count in sorted(entries.items())]
    text = f'{{\n  "version": 1,\n  "findings": [{",".join(lines)}\n  ]\n}}\n'
    aside.put(path, text.encode(), path.name)
