"""The base that an ingest builds upon: as kb left it, or to be made anew from what it was made from.

The store is a cache. What another program changed in it is not built upon, and not looked for piece by piece either.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from kb import store
from kb.errors import KbError
from kb.publish import seal, swap
from kb.store import Store
from kb.workspace import Workspace

History = Mapping[str, Sequence[tuple[Any, ...]]]


class Found(NamedTuple):
    """The base, if it can be built upon; else which paths it was made from, in which formats, and the notes to show.

    `history` is what it alone knew, where that is as kb left it.
    """

    base: Store | None
    roots: Sequence[str] = ()
    forms: Mapping[str, str] = {}
    history: History | None = None
    notes: Sequence[str] = ()


@contextmanager
def found(workspace: Workspace) -> Iterator[Found]:
    """What there is of a base.

    Raises:
        KbError: in its place lies what kb did not make, or what another program holds open.
    """
    state = swap.standing(workspace)
    if not state.store.exists():
        yield Found(None)
    elif state.is_the_same:
        with store.read(state.store, any_layout=True) as base:
            yield Found(base)
    else:
        state.check_own()
        yield _to_be_made_anew(state)


def notes_of(base: Store) -> dict[str, Any]:
    """What is noted beside the store for the day on which it has to be made anew."""
    forms = {file.path: file.form for file in base.known_files().values() if file.form is not None}
    return {"roots": base.roots(), "forms": forms, "history": _digest(base.history())}


def _to_be_made_anew(state: swap.Standing) -> Found:
    roots, history = _read_from_store(state)
    noted = state.seal.get("history")
    is_known = noted is not None
    trusted = history is not None and _digest(history) == noted
    is_lost = is_known and not trusted
    lost = "; its history of earlier runs was changed too, so that is lost" if is_lost else ""
    return Found(
        None,
        state.seal["roots"] if is_known else roots,
        state.seal["forms"] if is_known else {},
        history if trusted else None,
        [f"kb.duckdb {_why(state)}; made anew from raw/{lost}"],
    )


def _why(state: swap.Standing) -> str:
    if "head" not in state.seal:
        return "has no seal of kb (.kb/seal), so it is unknown who wrote it last"
    if state.is_changed or state.seal["layout"] == seal.layout():
        return swap.changed(state)
    return "has an outdated schema"


def _read_from_store(state: swap.Standing) -> tuple[list[str], History | None]:
    """The paths that the store was made from, and its history, each as far as it can be read."""
    roots: list[str] = []
    try:
        with store.read(state.store, any_layout=True) as base:
            roots = base.roots()
            return roots, base.history()
    except (KbError, store.Error):
        return roots, None


def _digest(history: History) -> str:
    return hashlib.sha256(repr(sorted(history.items())).encode()).hexdigest()
