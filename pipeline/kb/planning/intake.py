"""Standard input as a file of raw/."""

import re
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kb import sources
from kb.errors import KbError, StoppedError
from kb.judging.given import suffix_of
from kb.publish import swap
from kb.sources.containers import RECORDS
from kb.workspace import Workspace

_HEAD = 1 << 20
_ENDS = (".ndjson", ".json")


@contextmanager
def receive(workspace: Workspace, stream: IO[bytes], name: str) -> Iterator[list[Path]]:
    """Keep what comes in on a stream as `raw/<name>.ndjson` or `.json`, so that curated/ depends on raw/ alone.

    A suffix that the name has already is left out. A file of that name, with either suffix, is replaced only if the base
    was made from it, for then nothing is lost that was not ingested. Where the body refuses what came in, it is put back.
    Yields the file, and the one of the other suffix in whose place it is, both to be ingested.

    Raises:
        KbError: the name is no file name, the file is there and was never ingested, or the stream is empty.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", name):
        raise KbError(f"--as {name}: name it with letters, digits, `.`, `_`, `-` and `/`")
    name = next((name.removesuffix(suffix) for suffix in RECORDS if name.endswith(suffix)), name)
    head = stream.read(_HEAD)
    suffix = suffix_of(head)
    target = workspace.raw / f"{name}{suffix}"
    known = _ingested(workspace)
    rivals = [
        path
        for path in (target.with_name(f"{target.name.removesuffix(suffix)}{end}") for end in _ENDS)
        if path.exists()
    ]
    for there in rivals:
        if sources.name_of(there, workspace) not in known:
            shown = there.relative_to(workspace.root)
            raise KbError(
                f"{shown}: holds something that was never ingested; move it, or choose another name with --as"
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file:
            file.write(head)
            shutil.copyfileobj(stream, file, _HEAD)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    aside = {there.replace(there.with_name(f".{there.name}.before")): there for there in rivals}
    draft.replace(target)
    try:
        yield [target, *(there for there in rivals if there != target)]
    except StoppedError:
        raise
    except KbError as error:
        if aside:
            target.replace(draft)
            for before, there in aside.items():
                before.replace(there)
            kept = draft.relative_to(workspace.root)
            were = " and ".join(str(there.relative_to(workspace.root)) for there in rivals)
            error.args = (f"{error}; {were} is as it was, and what came in is kept in {kept}",)
        raise
    finally:
        for before in aside:
            before.unlink(missing_ok=True)


def _ingested(workspace: Workspace) -> Container[str]:
    """The names of the files that the base was made from."""
    if not workspace.store.exists():
        return ()
    with swap.reading(workspace) as base:
        return base.known_files()
