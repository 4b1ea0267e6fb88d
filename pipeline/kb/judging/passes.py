"""The one order in which records are judged over a store in the making, whoever asks for it: ingest, validate or fix.

Each record by itself, in as many processes as are wanted; then what is gone leaves the store, those that want one id
contest it, the outcomes are loaded, and the corpus rules judge all of them together.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from kb import engine
from kb.curate import spool
from kb.judging.request import Request
from kb.model import Incoming
from kb.rules.ruleset import RuleSet
from kb.store.build import Demoted, Draft, Moved


class Leaving(NamedTuple):
    """Inputs that leave the store, as (path, position), and those that only move; `is_aged`: the time to live changed."""

    dropped: Sequence[tuple[str, int]]
    moved: Sequence[Moved] = ()
    is_aged: bool = False


class Caller(NamedTuple):
    """What the caller provides: what leaves the store, where bytes are, and what is done in the meantime.

    `leaving` is asked once every record was read; `with_bytes` finds the bytes of records that lose their id;
    `meanwhile` is done while workers are busy with the last of them.
    """

    leaving: Callable[[], Leaving]
    with_bytes: Callable[[list[Demoted]], list[tuple[Demoted, bytes]]]
    meanwhile: Callable[[], object] = lambda: None


def judge(
    draft: Draft,
    incoming: Iterable[Incoming],
    rules: RuleSet,
    request: Request,
    folder: Path,
    caller: Caller,
) -> tuple[int, list[Demoted]]:
    """Judge records over a store that has begun: how many there were, and which of the base a corpus rule rejects.

    `folder` is made for what became of them, and is gone afterwards.
    """
    folder.mkdir()
    count = engine.run(incoming, rules, folder, request.processes, request.tick, caller.meanwhile)
    request.step("loading")
    gone = caller.leaving()
    draft.prune(gone.dropped, gone.moved)
    if gone.is_aged:
        draft.age_anew()
    draft.demote(caller.with_bytes(draft.contest(folder)))
    draft.load(spool.slices(folder))
    shutil.rmtree(folder)
    request.step("comparing")
    return count, draft.judge_together(rules, request.as_of)
